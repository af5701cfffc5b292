//! The chat asks before it deletes much.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use todo_domain::{ModelFailure, ModelMessage};
use todo_testkit::{
    app::{Answer, Visitor},
    clock::FixedClock,
    model::{Line, ScriptedModel, call, say},
    on_both_stores,
};

fn delete(ids: impl IntoIterator<Item = i64>) -> Line {
    call([("delete_tasks", json!({ "task_ids": ids.into_iter().collect::<Vec<_>>() }))])
}

fn delete_all() -> Line {
    call([("delete_tasks", json!({ "task_ids": [], "status": "all" }))])
}

async fn add_tasks(user: &Visitor, count: usize) {
    for number in 1..=count {
        user.add_task(&json!({ "title": format!("task {number}") })).await;
    }
}

async fn add_many(user: &Visitor, count: usize) {
    let operations = |from: usize| {
        let upto = count.min(from + 99);
        (from..=upto)
            .map(|number| json!({ "op": "create", "title": format!("task {number}") }))
            .collect::<Vec<_>>()
    };
    for from in (1..=count).step_by(100) {
        let body = json!({ "operations": operations(from) });
        user.post("/api/me/tasks:batch", &body).await.expect(200);
    }
}

async fn numbers(user: &Visitor) -> Vec<i64> {
    let mut numbers: Vec<_> =
        user.tasks().await.iter().map(|task| task["id"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

async fn decide(user: &Visitor, asked: &Value, decision: &str) -> Answer {
    let action = asked["action"]["id"].as_str().unwrap();
    user.send(Method::POST, &format!("/api/me/actions/{action}/{decision}"), &[], None).await
}

async fn go_on(user: &Visitor, earlier: &Value, message: &str) -> Value {
    let body = json!({ "message": message, "conversation_id": earlier["conversation_id"] });
    user.post("/api/me/chat", &body).await.expect(200)
}

async fn turn(user: &Visitor, answer: &Value) -> Value {
    user.get(&format!("/api/me/turns/{}", answer["turn_id"].as_str().unwrap())).await.expect(200)
}

on_both_stores! {
    async fn three_tasks_go_at_once_and_of_four_the_user_is_asked(app) {
        let model = ScriptedModel::new([delete([1, 2, 3]), say("Gone."), delete([4, 5, 6, 7])]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada, 7).await;
        let done = ada.say("delete 1, 2 and 3").await;
        assert_eq!((&done["status"], done.get("action")), (&json!("completed"), None));
        let asked = ada.say("delete 4 to 7").await;
        assert_eq!((&asked["status"], &asked["role"]), (&json!("waiting"), &json!("assistant")));
        let question = asked["message"].as_str().unwrap();
        assert!(question.starts_with("Shall I delete these 4 tasks for good?\n- 4: task 4\n"));
        let operation = &asked["action"]["operations"][0];
        assert_eq!(operation["name"], "delete_tasks");
        assert_eq!(operation["arguments"], json!({ "task_ids": [4, 5, 6, 7] }));
        assert_eq!(operation["tool_call_id"], asked["tool_calls"][0]["id"]);
        assert_eq!(operation["tasks"][3], json!({ "id": 7, "title": "task 7" }));
        let call = &asked["tool_calls"][0];
        assert_eq!((&call["ok"], &call["effects"]), (&json!(false), &json!([])));
        assert_eq!(call["result"]["action_id"], asked["action"]["id"]);
        assert_eq!(numbers(&ada).await, [4, 5, 6, 7]);
        let waiting = turn(&ada, &asked).await;
        assert_eq!((&waiting["status"], &waiting["action"]), (&json!("waiting"), &asked["action"]));
    }

    async fn what_is_approved_is_done_once_and_answered_like_the_chat(app) {
        let model = ScriptedModel::new([delete_all(), say("All gone.")]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada, 60).await;
        let asked = ada.say("delete everything").await;
        let answer = decide(&ada, &asked, "approve").await.expect(200);
        assert_eq!((&answer["status"], &answer["message"]), (&json!("completed"), &json!("All gone.")));
        for same in ["conversation_id", "turn_id", "message_id"] {
            assert_eq!(answer[same], asked[same], "{same}");
        }
        let call = &answer["tool_calls"][0];
        assert_eq!((&call["ok"], call["effects"].as_array().unwrap().len()), (&json!(true), 60));
        assert_eq!((&call["result"]["total"], &call["result"]["ok"]), (&json!(60), &json!(60)));
        assert_eq!(call["result"]["results"].as_array().unwrap().len(), 50);
        assert_eq!(numbers(&ada).await, [0; 0]);
        let told = model.requests()[1].messages.last().cloned();
        assert!(matches!(told, Some(ModelMessage::ToolResult { content, .. }) if content.contains("deleted")));

        let again = decide(&ada, &asked, "approve").await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.expect(200), answer);
        decide(&ada, &asked, "reject").await.expect_problem(409, "action_decided");
        assert_eq!(model.times_asked(), 2);
    }

    async fn what_is_rejected_stays(app) {
        let app = app.model(ScriptedModel::new([delete_all(), say("I left them.")])).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada, 2).await;
        let asked = ada.say("delete everything").await;
        let answer = decide(&ada, &asked, "reject").await.expect(200);
        assert_eq!(answer["message"], "I left them.");
        assert_eq!(answer["tool_calls"][0]["result"]["error"], "denied");
        decide(&ada, &asked, "approve").await.expect_problem(409, "action_decided");
        assert_eq!(numbers(&ada).await, [1, 2]);
    }

    async fn a_yes_in_words_is_enough_and_comes_once(app) {
        let model = ScriptedModel::new([delete_all(), say("All gone."), say("Hello.")]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada, 4).await;
        let asked = ada.say("delete everything").await;
        let body = json!({ "message": "Yes, please!", "conversation_id": asked["conversation_id"] });
        let send = || async {
            let headers = [("content-type", "application/json"), ("idempotency-key", "yes")];
            let body = Some(body.to_string().into_bytes());
            ada.send(Method::POST, "/api/me/chat", &headers, body).await
        };
        let answer = send().await.expect(200);
        assert_eq!(answer["message"], "All gone.");
        assert_ne!(answer["turn_id"], asked["turn_id"]);
        assert_ne!(answer["tool_calls"][0]["id"], asked["tool_calls"][0]["id"]);
        assert_eq!(answer["tool_calls"][0]["effects"].as_array().unwrap().len(), 4);
        assert_eq!(send().await.expect(200), answer, "the same message again");
        let closed = turn(&ada, &asked).await;
        assert_eq!((&closed["status"], closed.get("action")), (&json!("completed"), None));
        let conversation = asked["conversation_id"].as_str().unwrap();
        let said = ada.get(&format!("/api/me/conversations/{conversation}/messages")).await.expect(200);
        let texts: Vec<_> = said.as_array().unwrap().iter().rev().map(|it| &it["content"]).collect();
        assert_eq!(texts, [&json!("delete everything"), &asked["message"], &json!("Yes, please!"), &json!("All gone.")]);
        assert_eq!(numbers(&ada).await, [0; 0]);
    }

    async fn anything_but_a_clear_yes_leaves_the_tasks_alone(app) {
        let model = ScriptedModel::new([delete_all(), say("As you like."), say("It is gone.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada, 4).await;
        let asked = ada.say("delete everything").await;
        go_on(&ada, &asked, "yes, but keep the first").await;
        decide(&ada, &asked, "approve").await.expect_problem(410, "action_expired");
        go_on(&ada, &asked, "yes").await;
        assert_eq!(numbers(&ada).await, [1, 2, 3, 4]);
    }

    async fn a_question_expires(app) {
        let clock = FixedClock::at("2026-11-22T09:00:00Z");
        let app = app.clock(clock.clone()).model(ScriptedModel::new([delete_all()])).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada, 4).await;
        let asked = ada.say("delete everything").await;
        assert_eq!(asked["action"]["expires_at"], "2026-11-22T09:10:00.000000Z");
        clock.advance(Duration::from_secs(600));
        decide(&ada, &asked, "approve").await.expect_problem(410, "action_expired");
        assert_eq!(numbers(&ada).await, [1, 2, 3, 4]);
        assert_eq!(turn(&ada, &asked).await["status"], "completed");
    }

    async fn a_decision_whose_answer_failed_is_sent_again(app) {
        let script = [delete_all(), Line::Fail(ModelFailure::Unavailable { retry_after: None }), say("All gone.")];
        let app = app.model(ScriptedModel::new(script)).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada, 4).await;
        let asked = ada.say("delete everything").await;
        let problem = decide(&ada, &asked, "approve").await;
        let problem = problem.expect_problem(503, "provider_unavailable");
        assert_eq!(problem["tool_calls"][0]["effects"].as_array().unwrap().len(), 4);
        let answer = decide(&ada, &asked, "approve").await.expect(200);
        assert_eq!((&answer["message"], &answer["turn_id"]), (&json!("All gone."), &asked["turn_id"]));
    }

    async fn a_question_is_asked_again_under_its_key_and_can_be_stopped(app) {
        let app = app.model(ScriptedModel::new([delete_all()])).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada, 4).await;
        let send = || async {
            let headers = [("content-type", "application/json"), ("idempotency-key", "all")];
            let body = Some(br#"{"message": "delete everything"}"#.to_vec());
            ada.send(Method::POST, "/api/me/chat", &headers, body).await
        };
        let asked = send().await.expect(200);
        let again = send().await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.expect(200), asked);
        let conversation = asked["conversation_id"].as_str().unwrap();
        let stop = format!("/api/me/chat/{conversation}/stop");
        let stopped = ada.send(Method::POST, &stop, &[], None).await.expect(202);
        assert_eq!(stopped, json!({ "turn_id": asked["turn_id"], "status": "cancelled" }));
        decide(&ada, &asked, "approve").await.expect_problem(410, "action_expired");
        send().await.expect_problem(409, "turn_cancelled");
        assert_eq!(numbers(&ada).await, [1, 2, 3, 4]);
    }

    async fn nobody_decides_what_is_not_theirs_or_not_there(app) {
        let app = app.model(ScriptedModel::new([delete_all()])).start().await;
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        add_tasks(&ada, 4).await;
        let asked = ada.say("delete everything").await;
        for decision in ["approve", "reject"] {
            decide(&bob, &asked, decision).await.expect_problem(404, "action_not_found");
            for id in ["00000000-0000-7000-8000-000000000001", "x"] {
                let unknown = json!({ "action": { "id": id } });
                decide(&ada, &unknown, decision).await.expect_problem(404, "action_not_found");
            }
        }
        assert_eq!(turn(&ada, &asked).await["status"], "waiting");
    }

    async fn a_filter_that_matches_nothing_asks_nothing(app) {
        let completed = call([("delete_tasks", json!({ "task_ids": [], "status": "completed" }))]);
        let app = app.model(ScriptedModel::new([completed, say("There are none.")])).start().await;
        let ada = app.sign_up("ada").await;
        add_tasks(&ada, 2).await;
        let answer = ada.say("clear completed").await;
        assert_eq!((&answer["status"], &answer["message"]), (&json!("completed"), &json!("There are none.")));
        assert_eq!(answer["tool_calls"][0]["result"], json!({ "results": [] }));
    }

    async fn of_more_tasks_than_an_action_covers_the_model_is_told_the_number(app) {
        let model = ScriptedModel::new([delete_all(), say("Narrow it."), delete_all()]);
        let app = app.model(model.clone()).start().await;
        let ada = app.sign_up("ada").await;
        add_many(&ada, 501).await;
        let answer = ada.say("delete everything").await;
        assert_eq!((&answer["status"], &answer["message"]), (&json!("completed"), &json!("Narrow it.")));
        let result = &answer["tool_calls"][0]["result"];
        assert_eq!(result["error"], "not_executed");
        let told = result["message"].as_str().unwrap();
        assert!(told.contains("501 tasks") && told.contains("at most 500") && told.contains("narrow"), "{told}");
        let read = model.requests()[1].messages.last().cloned();
        assert!(matches!(read, Some(ModelMessage::ToolResult { content, .. }) if content.contains("501 tasks")));
        ada.send(Method::DELETE, "/api/me/tasks/1", &[], None).await.expect(204);
        let asked = ada.say("delete everything").await;
        assert_eq!(asked["action"]["operations"][0]["tasks"].as_array().unwrap().len(), 500);
        assert!(asked["message"].as_str().unwrap().starts_with("Shall I delete these 500 tasks for good?"));
    }

    async fn of_two_decisions_at_once_one_wins(app) {
        let pairs = [["approve", "approve"], ["reject", "reject"], ["approve", "reject"]];
        let done = Line::After(Duration::from_millis(300), Box::new(say("Done.")));
        let model = ScriptedModel::new(pairs.iter().flat_map(|_| [delete_all(), done.clone()]));
        let app = app.model(model.clone()).start().await;
        for (number, pair) in pairs.into_iter().enumerate() {
            let ada = app.sign_up(&format!("ada{number}")).await;
            add_tasks(&ada, 4).await;
            let asked = ada.say("delete everything").await;
            let [first, second] = pair.map(|decision| decide(&ada, &asked, decision));
            let (first, second) = tokio::join!(first, second);
            let (won, lost) = if first.status == 200 { (first, second) } else { (second, first) };
            let won = won.expect(200);
            if pair[0] == pair[1] {
                // It waits for the same answer, or has it.
                if lost.status == 409 {
                    assert_eq!(lost.header("retry-after"), "1");
                    lost.expect_problem(409, "turn_in_progress");
                } else {
                    assert_eq!(lost.expect(200), won);
                }
                let again = decide(&ada, &asked, pair[0]).await;
                assert_eq!(again.header("idempotent-replayed"), "true");
                assert_eq!(again.expect(200), won);
            } else {
                lost.expect_problem(409, "action_decided");
            }
            let is_done = won["tool_calls"][0]["ok"] == true;
            assert_eq!(numbers(&ada).await.len(), if is_done { 0 } else { 4 });
        }
        assert_eq!(model.times_asked(), 6);
    }

    async fn the_offline_assistant_says_what_came_of_a_yes_and_of_a_no(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for (by_id, words, said, left) in [
            ("reject", "no", "All right, I left everything as it is.", 5),
            ("approve", "yes", "Deleted", 0),
        ] {
            for in_words in [false, true] {
                let missing = 5 - numbers(&ada).await.len();
                add_tasks(&ada, missing).await;
                let asked = ada.say("delete everything").await;
                assert_eq!(asked["status"], "waiting", "{asked}");
                let answer = match in_words {
                    true => go_on(&ada, &asked, words).await,
                    false => decide(&ada, &asked, by_id).await.expect(200),
                };
                assert_eq!(numbers(&ada).await.len(), left);
                let message = answer["message"].as_str().unwrap();
                let expected = if in_words && left > 0 { "" } else { said };
                assert!(message.starts_with(expected), "{message}");
                // And the conversation goes on.
                let next = go_on(&ada, &asked, "add bread").await;
                assert_eq!(next["tool_calls"][0]["result"]["outcome"], "created", "{next}");
                let bread = next["tool_calls"][0]["result"]["task"]["id"].to_string();
                ada.send(Method::DELETE, &format!("/api/me/tasks/{bread}"), &[], None).await.expect(204);
            }
        }
    }
}
