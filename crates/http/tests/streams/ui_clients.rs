//! Bodies as clients of the AI SDK send them.

use serde_json::{Value, json};
use todo_domain::ModelFailure;
use todo_testkit::{
    app::Visitor,
    model::{Line, ScriptedModel, call, say},
    on_both_stores,
};

use crate::reader::{Follower, text};

fn user(id: &str, text: &str) -> Value {
    json!({ "id": id, "role": "user", "parts": [{ "type": "text", "text": text }] })
}

fn add(title: &str) -> Line {
    call([("add_task", json!({ "title": title }))])
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

    async fn a_message_that_comes_again_is_followed_and_not_answered_twice(app) {
        let (model, gate) = ScriptedModel::gated([add("milk"), say("Added.")]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let mut again = body(&[user("m1", "add milk")]);
        let mut first = follower.post(&again).await;
        let start = first.until("start").await;
        again["trigger"] = json!("regenerate-message");
        let mut second = follower.post(&again).await;
        assert_eq!(second.until("start").await, start);
        gate.release();
        gate.release();
        let (all, same) = (first.rest().await, second.rest().await);
        assert_eq!(all, same);
        let mut later = follower.post(&again).await;
        assert_eq!(later.headers["idempotent-replayed"], "true");
        assert_eq!(later.until("start").await["messageId"], start["messageId"]);
        assert_eq!(text(&later.rest().await), text(&all));
        let edited = ada.post("/api/me/chat", &body(&[user("m1", "add bread")])).await;
        edited.expect_problem(422, "idempotency_key_reused");
        assert_eq!((ada.tasks().await.len(), model.times_asked()), (1, 2));
    }

    async fn a_failed_message_that_comes_again_shows_what_was_done_once(app) {
        let fail = Line::Fail(ModelFailure::Unavailable { retry_after: None });
        let app = app.model(ScriptedModel::new([add("milk"), fail, say("Added.")])).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let message = body(&[user("m1", "add milk")]);
        let failed = follower.post(&message).await.rest().await;
        assert_eq!(failed.last().unwrap()["type"], "error");
        let all = follower.post(&message).await.rest().await;
        assert_eq!(all[0]["messageId"], failed[0]["messageId"]);
        let outputs = all.iter().filter(|chunk| chunk["type"] == "tool-output-available").count();
        assert_eq!((outputs, all.last().unwrap()["type"].as_str()), (1, Some("finish")));
        assert!(text(&all).ends_with("Added."));
        assert_eq!(ada.tasks().await.len(), 1);
    }

    async fn a_chat_of_the_sdk_is_stopped_by_its_own_id(app) {
        let (model, gate) = ScriptedModel::gated([say("Hello.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let mut events = follower.post(&body(&[user("m1", "hi")])).await;
        events.until("start").await;
        gate.asked().await;
        let stopped = ada.post("/api/me/chat/ECvKOARmGNNRAwPJ/stop", &json!({})).await.expect(202);
        assert_eq!(stopped["status"], "cancelled");
        let rest = events.rest().await;
        assert_eq!(rest[rest.len() - 2]["type"], "abort");
        assert_eq!(rest.last().unwrap()["finishReason"], "other");
        let again = follower.post(&body(&[user("m1", "hi")])).await.rest().await;
        assert_eq!(again.last().unwrap()["finishReason"], "other");
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
