//! Texts as people of all scripts and keyboards write them, over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use reqwest::Method;
use serde_json::{Value, json};
use todo_testkit::{
    app::{Answer, Visitor},
    on_both_stores,
};

const BLANK: [&str; 9] = [
    "\u{200b}", "\u{2060}", "\u{feff}", "\u{3164}", "\u{2800}", "\u{115f}", "\u{ffa0}", "\u{fe0f}",
    " \u{202e}\u{ad} ",
];

/// How many tasks there are of this query.
async fn tasks(user: &Visitor, parameter: &str, value: &str) -> usize {
    let pair =
        url::form_urlencoded::Serializer::new(String::new()).append_pair(parameter, value).finish();
    user.get(&format!("/api/me/tasks?{pair}")).await.expect(200).as_array().unwrap().len()
}

async fn import(user: &Visitor, file: &str) -> Answer {
    let headers = [("content-type", "application/x-ndjson")];
    user.send(Method::POST, "/api/me/import", &headers, Some(file.as_bytes().to_vec())).await
}

on_both_stores! {
    async fn letters_of_all_scripts_make_a_tag(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for (tag, kept) in [("हिन्दी", "हिन्दी"), ("ก้าวหน้า", "ก้าวหน้า"), ("cafe\u{301}", "café"), ("நன்றி", "நன்றி"), ("می\u{200c}خواهم", "می\u{200c}خواهم")] {
            let created = ada.add_task(&json!({ "title": "x", "tags": [tag] })).await;
            assert_eq!(created["tags"], json!([kept]));
            assert_eq!(tasks(&ada, "tag", tag).await, 1, "{tag}");
        }
        ada.say("add learn #हिन्दी").await;
        assert_eq!(tasks(&ada, "tag", "हिन्दी").await, 2);
        ada.say("add drink #cafe\u{301}").await;
        assert_eq!(tasks(&ada, "tag", "CAFÉ").await, 2);
    }

    async fn canonically_equal_texts_are_one_text(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let created = ada.add_task(&json!({ "title": "Cafe\u{301} cre\u{300}me", "tags": ["cafe\u{301}"] })).await;
        assert_eq!(created["title"], "Café crème");
        for query in ["café", "cafe\u{301}", "CAFE\u{301}", "CRÈME"] {
            assert_eq!(tasks(&ada, "q", query).await, 1, "{query}");
        }
        let answer = ada.say("complete CAFÉ CRE\u{300}ME").await;
        assert_eq!(ada.get("/api/me/tasks/1").await.expect(200)["status"], "completed", "{answer}");
        let long = "e\u{301}".repeat(200);
        assert_eq!(ada.add_task(&json!({ "title": long })).await["title"], "é".repeat(200));
    }

    async fn a_search_folds_case(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for title in ["ΑΓΟΡΑ ΚΟΣΜΟΣ", "Große Straße", "İstanbul", "ᏣᎳᎩ"] {
            ada.add_task(&json!({ "title": title })).await;
        }
        for query in ["ΚΟΣ", "κος", "αγορα", "STRASSE", "grosse", "istanbul", "ISTANBUL", "ꮳꮃꭹ"] {
            assert_eq!(tasks(&ada, "q", query).await, 1, "{query}");
        }
        ada.say("complete the STRASSE one").await;
        assert_eq!(ada.get("/api/me/tasks/2").await.expect(200)["status"], "completed");
    }

    async fn what_shows_nothing_is_blank(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        ada.add_task(&json!({ "title": "x", "description": "d" })).await;
        let conversation = ada.say("hello").await["conversation_id"].as_str().unwrap().to_owned();
        for blank in BLANK {
            ada.post("/api/me/tasks", &json!({ "title": blank })).await.expect_invalid("title");
            ada.patch("/api/me/tasks/1", &json!({ "title": blank })).await.expect_invalid("title");
            ada.post("/api/me/tasks", &json!({ "title": "x", "tags": [blank] })).await.expect_invalid("tags[0]");
            ada.post("/api/me/chat", &json!({ "message": blank })).await.expect_invalid("message");
            ada.patch("/api/auth/me", &json!({ "name": blank })).await.expect_invalid("name");
            let path = format!("/api/me/conversations/{conversation}");
            ada.patch(&path, &json!({ "title": blank })).await.expect_invalid("title");
        }
        assert_eq!(ada.tasks().await.len(), 1);
        let cleared = ada.patch("/api/me/tasks/1", &json!({ "description": BLANK[3] })).await.expect(200);
        assert_eq!(cleared["description"], Value::Null);
    }

    async fn a_title_of_a_conversation_ends_with_a_whole_character(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        ada.say(&"🇩🇪".repeat(300)).await;
        let list = ada.get("/api/me/conversations").await.expect(200);
        assert_eq!(list[0]["title"], "🇩🇪".repeat(29) + "…");
    }

    async fn an_import_may_begin_with_a_byte_order_mark_and_end_with_blank_lines(app) {
        let app = app.start().await;
        let (ada, ben, eve) = (app.sign_up("ada").await, app.sign_up("ben").await, app.sign_up("eve").await);
        ada.add_task(&json!({ "title": "milk" })).await;
        let file = ada.get("/api/me/export").await.text;
        let refused = import(&eve, &file.replacen('\n', "\n\n", 1)).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.text.contains("line 2"), "{}", refused.text);
        assert_eq!(import(&eve, &format!("\n{file}")).await.status, 422);
        import(&ben, &format!("\u{feff}{file}\r\n \n\n")).await.expect(200);
        assert_eq!(ben.tasks().await, ada.tasks().await);
        import(&eve, &format!("{file}\n\u{feff}")).await.expect_problem(422, "validation_failed");
    }

    async fn a_query_that_is_not_utf8_is_refused(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for query in ["q=%FF", "q=%C3", "q=a%FFb&limit=5", "%FF=1", "q=%ED%A0%80", "limit=%80"] {
            for list in ["tasks", "conversations", "tags", "export"] {
                ada.get(&format!("/api/me/{list}?{query}")).await.expect_problem(400, "bad_request");
            }
        }
        assert_eq!(tasks(&ada, "q", "é�").await, 0);
    }
}
