//! Questions of turns, and their decisions, as streams.

use serde_json::{Value, json};
use todo_testkit::{
    app::Visitor,
    model::{Line, ScriptedModel, call, say},
    on_both_stores,
};

use crate::reader::{Follower, types};

const CHAT: &str = "ECvKOARmGNNRAwPJ";

/// Calls that delete four of the tasks that [`add_tasks`] adds.
fn delete_in_two_calls() -> Line {
    call([
        ("delete_tasks", json!({ "task_ids": [1, 2] })),
        ("delete_tasks", json!({ "task_ids": [3, 4] })),
    ])
}

async fn add_tasks(user: &Visitor) {
    for number in 1..=5 {
        user.add_task(&json!({ "title": format!("task {number}") })).await;
    }
}

fn say_in_chat(text: &str) -> Value {
    let parts = json!([{ "type": "text", "text": text }]);
    json!({ "id": CHAT, "messages": [{ "id": text, "role": "user", "parts": parts }] })
}

async fn loaded(user: &Visitor) -> Value {
    user.get(&format!("/api/me/chat/{CHAT}")).await.expect(200)
}

on_both_stores! {
    async fn a_turn_that_asks_requests_one_approval(app) {
        let app = app.model(ScriptedModel::new([say("Hi."), delete_in_two_calls()])).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada).await;
        let follower = Follower::new(&app, &ada);
        follower.post(&say_in_chat("hi")).await.rest().await;
        assert_eq!(loaded(&ada).await["status"], "idle");
        let asked = follower.post(&say_in_chat("delete")).await.rest().await;
        assert_eq!(types(&asked), [
            "start", "start-step", "reasoning-start", "reasoning-delta", "reasoning-end",
            "tool-input-available", "tool-input-available", "tool-approval-request",
            "tool-approval-request", "finish-step", "finish",
        ]);
        assert_eq!(asked[7]["toolCallId"], asked[5]["toolCallId"]);
        assert_eq!(asked[8]["toolCallId"], asked[6]["toolCallId"]);
        let action = &asked[7]["approvalId"];
        assert_eq!(&asked[8]["approvalId"], action);
        assert_eq!((&asked[10]["finishReason"], &asked[10]["messageMetadata"]["status"]), (&json!("tool-calls"), &json!("waiting")));
        let again = follower.get(&format!("/api/me/chat/{CHAT}/stream")).await.rest().await;
        assert_eq!(again, asked);

        let chat = loaded(&ada).await;
        assert_eq!(chat["status"], "waiting");
        let question = chat["messages"].as_array().unwrap().last().unwrap();
        assert_eq!((&question["id"], &question["metadata"]["status"]), (&asked[0]["messageId"], &json!("waiting")));
        for part in [&question["parts"][2], &question["parts"][3]] {
            assert_eq!((&part["state"], &part["approval"]), (&json!("approval-requested"), &json!({ "id": action })));
            assert!(part["input"].is_object() && part.get("output").is_none(), "{part}");
        }
        let page = ada.get(&format!("/api/me/chat/{CHAT}?limit=1")).await;
        let earlier = page.next_page().unwrap();
        assert_eq!(page.expect(200)["status"], "waiting");
        assert_eq!(ada.get(&earlier).await.expect(200)["status"], "waiting");
    }

    async fn a_loaded_conversation_shows_what_was_denied_and_what_was_done(app) {
        let model = ScriptedModel::new([delete_in_two_calls(), say("I left them."), delete_in_two_calls(), say("Gone.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada).await;
        let follower = Follower::new(&app, &ada);
        for (text, decision) in [("first", "reject"), ("second", "approve")] {
            let asked = follower.post(&say_in_chat(text)).await.rest().await;
            let action = asked[7]["approvalId"].as_str().unwrap();
            let path = format!("/api/me/actions/{action}/{decision}");
            ada.send(reqwest::Method::POST, &path, &[], None).await.expect(200);
            let chat = loaded(&ada).await;
            assert_eq!(chat["status"], "idle");
            let answer = chat["messages"].as_array().unwrap().last().unwrap();
            assert_eq!((&answer["id"], &answer["metadata"]["status"]), (&asked[0]["messageId"], &json!("completed")));
            let replay = follower.get(&format!("/api/me/chat/{CHAT}/stream")).await.rest().await;
            let kinds = types(&replay);
            for part in [&answer["parts"][2], &answer["parts"][3]] {
                if decision == "reject" {
                    let denied = json!({ "id": action, "approved": false });
                    assert_eq!((&part["state"], &part["approval"]), (&json!("output-denied"), &denied));
                    assert_eq!(kinds[7..11], ["tool-approval-request", "tool-output-denied", "tool-approval-request", "tool-output-denied"]);
                } else {
                    assert_eq!((&part["state"], part.get("approval")), (&json!("output-available"), None));
                    assert_eq!(kinds[7..9], ["tool-output-available", "tool-output-available"]);
                }
            }
        }
    }
}
