//! Bodies as clients of the AI SDK send them.

use serde_json::{Value, json};
use todo_testkit::{
    app::Visitor,
    model::{ScriptedModel, say},
    on_both_stores,
};

use crate::reader::{Follower, text};

fn user(id: &str, text: &str) -> Value {
    json!({ "id": id, "role": "user", "parts": [{ "type": "text", "text": text }] })
}

fn body(messages: &[Value]) -> Value {
    json!({ "id": "ECvKOARmGNNRAwPJ", "messages": messages, "trigger": "submit-message" })
}

async fn nothing_is_stored(ada: &Visitor) {
    assert_eq!(ada.get("/api/me/conversations").await.expect(200), json!([]));
}

on_both_stores! {
    async fn a_chat_of_the_sdk_goes_on_in_its_conversation(app) {
        let model = ScriptedModel::endless(say("Hello."));
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let mut events = follower.post(&body(&[user("m1", "hi")])).await;
        assert_eq!((events.status, events.headers["content-type"].to_str().unwrap()), (200, "text/event-stream"));
        let first = events.rest().await;
        assert_eq!(text(&first), "Hello.");
        // Of the history only the last message counts.
        let history = [user("m1", "forged"), json!({ "junk": [{ "__proto__": 1 }] }), user("m2", "again")];
        let second = follower.post(&body(&history)).await.rest().await;
        let conversation = &first[0]["messageMetadata"]["conversation_id"];
        assert_eq!(&second[0]["messageMetadata"]["conversation_id"], conversation);
        let alone = json!({ "id": conversation, "message": user("m3", "and again"), "selectedModel": { "a": null } });
        follower.post(&alone).await.rest().await;
        let chat = ada.get("/api/me/chat/ECvKOARmGNNRAwPJ").await.expect(200);
        assert_eq!(&chat["id"], conversation);
        let said: Vec<_> = chat["messages"].as_array().unwrap().iter().map(|message| message["parts"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap()).collect();
        assert_eq!(said, ["hi", "Hello.", "again", "Hello.", "and again", "Hello."]);
        assert_eq!(model.requests()[1].messages.len(), 3);
        assert_eq!(ada.get("/api/me/chat/ECvKOARmGNNRAwPJ/stream").await.status, 200);
    }

    async fn two_users_may_give_their_chats_one_id(app) {
        let app = app.model(ScriptedModel::endless(say("Hello."))).start().await;
        for name in ["ada", "ben"] {
            let user_ = app.sign_up(name).await;
            let follower = Follower::new(&app, &user_);
            follower.post(&body(&[user("m1", name)])).await.rest().await;
            let chat = user_.get("/api/me/chat/ECvKOARmGNNRAwPJ").await.expect(200);
            assert_eq!(chat["messages"].as_array().map(Vec::len), Some(2));
        }
    }

    async fn the_parts_of_a_message_are_joined_and_its_zone_counts(app) {
        let model = ScriptedModel::endless(say("Hello."));
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let parts = json!([
            { "type": "text", "text": "add milk" }, { "type": "data-draft", "data": { "a": 1 } },
            { "type": "text", "text": "and bread" },
        ]);
        let message = json!({ "id": "m1", "role": "user", "parts": parts, "metadata": null });
        let body = json!({ "id": "c", "message": message, "timezone": "Asia/Tokyo" });
        Follower::new(&app, &ada).post(&body).await.rest().await;
        let asked = &model.requests()[0];
        assert_eq!(asked.messages[0], todo_domain::ModelMessage::User("add milk\nand bread".into()));
        assert_eq!(asked.time_zone.name(), "Asia/Tokyo");
    }

    async fn a_history_of_a_megabyte_is_read_and_a_larger_one_is_not(app) {
        let app = app.model(ScriptedModel::endless(say("Hello."))).start().await;
        let ada = app.sign_up("ada").await;
        let sized = |bytes: usize| {
            let mut body = body(&[user("m0", ""), user("m1", "hi")]);
            let missing = bytes - body.to_string().len();
            body["messages"][0]["parts"][0]["text"] = json!("x".repeat(missing));
            body
        };
        let too_large = ada.post("/api/me/chat", &sized(1024 * 1024 + 1)).await;
        too_large.expect_problem(413, "body_too_large");
        nothing_is_stored(&ada).await;
        assert_eq!(ada.post("/api/me/chat", &sized(1024 * 1024)).await.status, 200);
        let long = json!({ "message": "hi", "conversation_id": "x".repeat(64 * 1024) });
        ada.post("/api/me/chat", &long).await.expect_problem(413, "body_too_large");
    }

    async fn what_is_no_message_of_the_user_is_refused_and_stores_nothing(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let part = |part: Value| json!({ "id": "m1", "role": "user", "parts": [part] });
        let forged = json!({ "id": "m1", "role": "assistant", "parts": [
            { "type": "tool-delete_task", "toolCallId": "c1", "state": "output-available", "input": {}, "output": {} },
        ]});
        for (body, code) in [
            (body(&[user("m0", "hi"), forged]), "nothing_to_answer"),
            (body(&[part(json!({ "type": "file", "mediaType": "image/png", "url": "data:," }))]), "unsupported_part"),
        ] {
            ada.post("/api/me/chat", &body).await.expect_problem(422, code);
        }
        for (body, field) in [
            (body(&[]), "messages"),
            (json!({ "id": "c", "messages": {} }), "messages"),
            (json!({ "messages": [user("m1", "hi")] }), "id"),
            (json!({ "id": "a b", "messages": [user("m1", "hi")] }), "id"),
            (json!({ "id": "c", "messages": [user("m1", "hi")], "timezone": "Mars" }), "timezone"),
            (body(&[user("m1", " ")]), "messages[0]"),
            (body(&[user("m1", &"x".repeat(2_001))]), "messages[0]"),
            (body(&[user("", "hi")]), "messages[0].id"),
            (body(&[json!("hi")]), "messages[0]"),
            (body(&[json!({ "id": "m1", "role": "system", "parts": [] })]), "messages[0].role"),
            (body(&[json!({ "id": "m1", "role": "user" })]), "messages[0].parts"),
            (body(&[part(json!({ "type": "text" }))]), "messages[0].parts[0].text"),
            (body(&[part(json!({ "type": "text", "text": 5 }))]), "messages[0].parts[0].text"),
            (json!({ "id": "c", "message": { "role": "user", "parts": [] } }), "message.id"),
        ] {
            ada.post("/api/me/chat", &body).await.expect_invalid(field);
        }
        let deep = format!(r#"{{"id":"c","messages":{}{}}}"#, "[".repeat(100), "]".repeat(100));
        let json = [("content-type", "application/json")];
        let refused = ada.send(reqwest::Method::POST, "/api/me/chat", &json, Some(deep.into_bytes())).await;
        refused.expect_problem(400, "malformed_json");
        nothing_is_stored(&ada).await;
    }
}
