//! Conversations by what was said in them, over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::json;
use todo_testkit::{app::Visitor, on_both_stores};

async fn titles(user: &Visitor, query: &str) -> Vec<String> {
    let found = user.get(&format!("/api/me/conversations?{query}")).await.expect(200);
    found.as_array().unwrap().iter().map(|it| it["title"].as_str().unwrap().to_owned()).collect()
}

on_both_stores! {
    async fn a_conversation_is_found_by_what_was_said_in_it(app) {
        let app = app.start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        let first = ada.say("add buy milk").await;
        ada.say("add call the dentist").await;
        ben.say("add buy milk").await;
        assert_eq!(titles(&ada, "q=MILK").await, ["add buy milk"]);
        assert_eq!(titles(&ada, "q=added+task").await, ["add call the dentist", "add buy milk"], "answers count, too");
        assert_eq!(titles(&ada, "q=taxes").await, [""; 0]);
        let path = format!("/api/me/conversations/{}", first["conversation_id"].as_str().unwrap());
        ada.patch(&path, &json!({ "title": "Groceries" })).await.expect(200);
        assert_eq!(titles(&ada, "q=grocer").await, ["Groceries"]);
        let on = json!({ "message": "add pay taxes", "conversation_id": first["conversation_id"] });
        ada.post("/api/me/chat", &on).await.expect(200);
        assert_eq!(titles(&ada, "q=taxes").await, ["Groceries"]);
    }

    async fn a_search_is_paged_like_the_list(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for n in 0..5 {
            ada.say(&format!("add milk {n}")).await;
            ada.say(&format!("add bread {n}")).await;
        }
        let mut page = ada.get("/api/me/conversations?q=milk&limit=2").await;
        let mut seen = 0;
        loop {
            let next = page.next_page();
            seen += page.expect(200).as_array().unwrap().len();
            let Some(next) = next else { break };
            page = ada.get(&next).await;
        }
        assert_eq!(seen, 5);
    }
}
