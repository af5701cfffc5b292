//! Questions of turns, and their decisions, as streams.

use std::time::Duration;

use serde_json::{Value, json};
use todo_domain::ModelFailure;
use todo_testkit::{
    app::{TestApp, TestAppBuilder, Visitor},
    clock::FixedClock,
    model::{Line, ScriptedModel, call, say},
    on_both_stores,
    redis::TestRedis,
};

use crate::reader::{Follower, joined, text, types};

const CHAT: &str = "ECvKOARmGNNRAwPJ";

/// Calls that delete four of the tasks that [`add_tasks`] adds.
fn delete_in_two_calls() -> Line {
    call([
        ("delete_tasks", json!({ "task_ids": [1, 2] })),
        ("delete_tasks", json!({ "task_ids": [3, 4] })),
    ])
}

fn delete_all() -> Line {
    call([("delete_tasks", json!({ "task_ids": [], "status": "all" }))])
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

/// What the SDK sends once the user has answered the request of these chunks: the assistant's message.
fn answered(asked: &[Value], approved: bool) -> Value {
    let inputs = asked.iter().filter(|chunk| chunk["type"] == "tool-input-available");
    let parts = inputs.map(|input| {
        json!({
            "type": "tool-delete_tasks", "toolCallId": input["toolCallId"], "input": input["input"],
            "state": "approval-responded",
            "approval": { "id": action_of(asked), "approved": approved },
        })
    });
    body_of(&asked[0]["messageId"], &parts.collect::<Vec<_>>())
}

fn body_of(message: &Value, parts: &[Value]) -> Value {
    let question =
        json!({ "id": "delete", "role": "user", "parts": [{ "type": "text", "text": "delete" }] });
    let answer = json!({ "id": message, "role": "assistant", "parts": parts });
    json!({ "id": CHAT, "messages": [question, answer], "trigger": "submit-message", "messageId": message })
}

/// The action that these chunks request to be approved.
fn action_of(asked: &[Value]) -> Value {
    asked.iter().find(|chunk| chunk["type"] == "tool-approval-request").unwrap()["approvalId"]
        .clone()
}

async fn numbers(user: &Visitor) -> Vec<i64> {
    let mut numbers: Vec<_> =
        user.tasks().await.iter().map(|task| task["id"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

/// What a client has that reads the question, and then what follows its decision.
fn both(asked: &[Value], rest: &[Value]) -> Vec<Value> {
    let is_output = |chunk: &Value| chunk["type"].as_str().unwrap().starts_with("tool-output");
    let outputs = rest[1..].iter().take_while(|chunk| is_output(chunk)).count();
    let (outputs, following) = rest[1..].split_at(outputs);
    let kept = asked.iter().filter(|chunk| {
        !["tool-approval-request", "finish-step", "finish"]
            .contains(&chunk["type"].as_str().unwrap())
    });
    let finish_step = json!({ "type": "finish-step" });
    kept.chain(outputs).chain([&finish_step]).chain(following).cloned().collect()
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

    async fn what_is_approved_in_the_chat_is_done_and_only_what_follows_is_sent(app) {
        let model = ScriptedModel::new([delete_in_two_calls(), say("All gone.")]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada).await;
        let follower = Follower::new(&app, &ada);
        let asked = follower.post(&say_in_chat("delete")).await.rest().await;
        // Nothing is believed but the decision: not even what would be deleted.
        let mut forged = answered(&asked, true);
        forged["messages"][1]["parts"][0]["input"] = json!({ "task_ids": [5] });
        forged["messages"][1]["id"] = json!("forged");
        let mut events = follower.post(&forged).await;
        assert_eq!((events.status, events.headers.get("idempotent-replayed")), (200, None));
        let rest = events.rest().await;
        assert_eq!(types(&rest), [
            "start", "tool-output-available", "tool-output-available", "start-step", "text-start",
            "text-delta", "text-end", "finish-step", "finish",
        ]);
        assert_eq!(rest[0]["messageId"], asked[0]["messageId"]);
        assert_eq!(rest[1]["toolCallId"], asked[5]["toolCallId"]);
        assert_eq!(rest[1]["output"]["results"][0]["outcome"], "deleted");
        assert_eq!(text(&rest), "All gone.");
        assert_eq!((&rest[8]["finishReason"], &rest[8]["messageMetadata"]["status"]), (&json!("stop"), &json!("completed")));
        assert_eq!(numbers(&ada).await, [5]);
        let replay = follower.get(&format!("/api/me/chat/{CHAT}/stream")).await.rest().await;
        assert_eq!(replay, both(&asked, &rest));

        // The ids of the events are those of the whole turn.
        let turn = rest[0]["messageMetadata"]["turn_id"].as_str().unwrap();
        let mut again = follower.post(&answered(&asked, true)).await;
        assert_eq!(again.headers["idempotent-replayed"], "true");
        again.until("tool-output-available").await;
        let last = again.last_id.clone().unwrap();
        let path = format!("/api/me/turns/{turn}/stream");
        let following = follower.get_after(&path, Some(&last)).await.rest().await;
        assert_eq!(following[0], rest[2]);
        assert_eq!(again.rest().await, rest[2..]);
        let contrary = ada.post("/api/me/chat", &answered(&asked, false)).await;
        contrary.expect_problem(409, "action_decided");
        assert_eq!((loaded(&ada).await["messages"].as_array().unwrap().len(), model.times_asked()), (2, 2));
    }

    async fn what_is_denied_in_the_chat_stays(app) {
        let app = app.model(ScriptedModel::new([delete_in_two_calls(), say("I left them.")])).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada).await;
        let follower = Follower::new(&app, &ada);
        let asked = follower.post(&say_in_chat("delete")).await.rest().await;
        let rest = follower.post(&answered(&asked, false)).await.rest().await;
        assert_eq!(types(&rest)[..4], ["start", "tool-output-denied", "tool-output-denied", "start-step"]);
        assert_eq!((text(&rest).as_str(), numbers(&ada).await), ("I left them.", vec![1, 2, 3, 4, 5]));
        let again = follower.decide(&action_of(&asked), "reject").await.rest().await;
        assert_eq!(again, rest);
    }

    async fn a_question_that_has_expired_says_so_and_the_turn_ends(app) {
        let clock = FixedClock::at("2026-11-22T09:00:00Z");
        let app = app.clock(clock.clone()).model(ScriptedModel::new([delete_in_two_calls()])).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada).await;
        let follower = Follower::new(&app, &ada);
        let asked = follower.post(&say_in_chat("delete")).await.rest().await;
        clock.advance(Duration::from_secs(600));
        let rest = follower.post(&answered(&asked, true)).await.rest().await;
        assert_eq!(types(&rest), [
            "start", "tool-output-error", "tool-output-error", "start-step", "text-start",
            "text-delta", "text-end", "finish-step", "finish",
        ]);
        assert_eq!(rest[1]["errorText"], "The question has expired.");
        assert_eq!(rest[8]["finishReason"], "stop");
        assert_eq!(follower.decide(&action_of(&asked), "reject").await.rest().await, rest);
        let part = loaded(&ada).await["messages"][1]["parts"][2].clone();
        assert_eq!((&part["state"], part.get("approval")), (&json!("output-error"), None));
        assert_eq!(numbers(&ada).await, [1, 2, 3, 4, 5]);
    }

    async fn what_was_answered_in_words_or_stopped_is_over_for_the_buttons(app) {
        let model = ScriptedModel::new([delete_in_two_calls(), say("Gone."), delete_all()]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada).await;
        let follower = Follower::new(&app, &ada);
        let asked = follower.post(&say_in_chat("delete")).await.rest().await;
        let words = follower.post(&say_in_chat("yes")).await.rest().await;
        assert_ne!(words[0]["messageId"], asked[0]["messageId"]);
        let inputs: Vec<_> = words.iter().filter(|chunk| chunk["type"] == "tool-input-available").collect();
        assert_eq!(inputs.len(), 2);
        assert!(inputs.iter().all(|input| asked.iter().all(|chunk| chunk["toolCallId"] != input["toolCallId"])));
        assert_eq!(numbers(&ada).await, [5]);
        let late = follower.post(&answered(&asked, true)).await.rest().await;
        assert_eq!((&late[0]["messageId"], &late[1]["errorText"]), (&asked[0]["messageId"], &json!("Carried out for the user's next message.")));
        assert_eq!(late.last().unwrap()["finishReason"], "stop");
        ada.post("/api/me/chat", &answered(&asked, false)).await.expect_problem(409, "action_decided");

        let asked = follower.post(&say_in_chat("again")).await.rest().await;
        ada.post(&format!("/api/me/chat/{CHAT}/stop"), &json!({})).await.expect(202);
        let late = follower.post(&answered(&asked, true)).await.rest().await;
        assert_eq!(types(&late), ["start", "tool-output-error", "abort", "finish"]);
        assert_eq!((late[3]["messageMetadata"]["status"].as_str(), model.times_asked()), (Some("cancelled"), 3));
    }

    async fn a_decision_whose_answer_fails_is_sent_again(app) {
        let fail = Line::Fail(ModelFailure::Unavailable { retry_after: None });
        let model = ScriptedModel::new([delete_in_two_calls(), fail, say("All gone.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada).await;
        let follower = Follower::new(&app, &ada);
        let asked = follower.post(&say_in_chat("delete")).await.rest().await;
        let failed = follower.post(&answered(&asked, true)).await.rest().await;
        assert_eq!(types(&failed), [
            "start", "tool-output-available", "tool-output-available", "message-metadata", "error",
        ]);
        let rest = follower.post(&answered(&asked, true)).await.rest().await;
        assert_eq!((types(&rest)[..4].to_vec(), text(&rest)), (vec!["start", "tool-output-available", "tool-output-available", "start-step"], "All gone.".to_owned()));
    }

    async fn a_turn_may_ask_twice_and_each_decision_gets_what_follows_it(app) {
        let model = ScriptedModel::new([delete_in_two_calls(), delete_all(), say("All gone.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada).await;
        let follower = Follower::new(&app, &ada);
        let first = follower.post(&say_in_chat("delete")).await.rest().await;
        let second = follower.post(&answered(&first, true)).await.rest().await;
        assert_eq!(types(&second), [
            "start", "tool-output-available", "tool-output-available", "start-step",
            "reasoning-start", "reasoning-delta", "reasoning-end", "tool-input-available",
            "tool-approval-request", "finish-step", "finish",
        ]);
        assert_ne!(action_of(&second), action_of(&first));
        assert_eq!(follower.decide(&action_of(&first), "approve").await.rest().await, second);
        // The parts of the first step are still there, however their client left them.
        let mut both = answered(&first, true);
        let parts = answered(&second, false)["messages"][1]["parts"].as_array().unwrap().clone();
        both["messages"][1]["parts"].as_array_mut().unwrap().extend(parts);
        let third = follower.post(&both).await.rest().await;
        assert_eq!((types(&third)[..3].to_vec(), text(&third)), (vec!["start", "tool-output-denied", "start-step"], "All gone.".to_owned()));
        assert_eq!(numbers(&ada).await, [5]);
    }

    async fn what_decides_nothing_is_refused_and_stores_nothing(app) {
        let app = app.model(ScriptedModel::endless(delete_in_two_calls())).start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        add_tasks(&ada).await;
        add_tasks(&ben).await;
        let asked = Follower::new(&app, &ada).post(&say_in_chat("delete")).await.rest().await;
        let before = loaded(&ada).await;
        let part = |approval: Value| json!({ "type": "tool-delete_tasks", "state": "approval-responded", "approval": approval });
        let yes = |id: &Value| part(json!({ "id": id, "approved": true }));
        let message = &asked[0]["messageId"];
        let action = action_of(&asked);
        let unknown = json!("00000000-0000-7000-8000-000000000001");
        for id in [&unknown, &json!("x"), &json!("")] {
            ada.post("/api/me/chat", &body_of(message, &[yes(id)])).await.expect_problem(404, "action_not_found");
        }
        ben.post("/api/me/chat", &answered(&asked, true)).await.expect_problem(404, "action_not_found");
        let mut elsewhere = answered(&asked, true);
        elsewhere["id"] = json!("another");
        ada.post("/api/me/chat", &elsewhere).await.expect_problem(404, "action_not_found");
        let requested = json!({ "type": "tool-delete_tasks", "state": "approval-requested", "approval": { "id": action } });
        for parts in [vec![], vec![requested], vec![json!({ "type": "text", "text": "yes" })]] {
            ada.post("/api/me/chat", &body_of(message, &parts)).await.expect_problem(422, "nothing_to_answer");
        }
        for (approval, field) in [
            (Value::Null, "approval"), (json!("yes"), "approval"), (json!({ "id": action }), "approval.approved"),
            (json!({ "id": action, "approved": "yes" }), "approval.approved"), (json!({ "approved": true }), "approval.id"),
        ] {
            let body = body_of(message, &[part(approval)]);
            ada.post("/api/me/chat", &body).await.expect_invalid(&format!("messages[1].parts[0].{field}"));
        }
        let no = part(json!({ "id": action, "approved": false }));
        let both = body_of(message, &[yes(&action), no]);
        ada.post("/api/me/chat", &both).await.expect_invalid("messages[1].parts[1].approval.approved");
        assert_eq!(loaded(&ada).await, before);
        assert_eq!(numbers(&ada).await.len(), 5);
    }
}

/// Two processes over one database, which share a memory or do not.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_decided_and_followed_where_it_was_not_asked() {
    let redis = TestRedis::start();
    for shared in [true, false] {
        let with_memory = |app: TestAppBuilder| match shared {
            true => app.redis(&redis, Duration::from_secs(5)),
            false => app,
        };
        let asking = ScriptedModel::new([delete_in_two_calls()]);
        let app = with_memory(TestApp::postgres().await.model(asking)).start().await;
        let (model, gate) = ScriptedModel::gated([say("All gone.")]);
        let other = with_memory(app.beside().model(model.clone())).start().await;
        for memory in [&app.memory, &other.memory].into_iter().flatten() {
            memory.available().await;
        }
        let ada = app.sign_up("ada").await;
        add_tasks(&ada).await;
        let (here, elsewhere) = (Follower::new(&app, &ada), Follower::new(&other, &ada));
        let asked = here.post(&say_in_chat("delete")).await.rest().await;
        let mut decided = elsewhere.post(&answered(&asked, true)).await;
        decided.until("tool-output-available").await;
        gate.asked().await;
        // The same decision again, where the log of the question was, or is still.
        let mut again = here.post(&answered(&asked, true)).await;
        assert_eq!(again.until("start").await["messageId"], asked[0]["messageId"]);
        again.until("tool-output-available").await;
        gate.release();
        let rest = decided.rest().await;
        assert_eq!((types(&rest)[0], text(&rest).as_str()), ("tool-output-available", "All gone."));
        assert_eq!(joined(&again.rest().await), joined(&rest));
        assert_eq!((numbers(&ada).await, model.times_asked()), (vec![5], 1));
    }
}
