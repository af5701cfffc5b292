//! What people say to the offline assistant, and what comes of it, on both stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use todo_testkit::{UTTERANCES, app::Visitor, clock::FixedClock, on_both_stores};

/// When it is due as the table has it: without the fraction of a second.
fn due(task: &Value) -> Value {
    task["due"].as_str().map(|due| due.replace(".000000Z", "Z")).into()
}

/// What a case says about a task, by number.
async fn tasks(user: &Visitor) -> BTreeMap<i64, Value> {
    let told = |task: &Value| json!({ "title": task["title"], "priority": task["priority"], "status": task["status"], "due": due(task) });
    user.tasks().await.iter().map(|task| (task["id"].as_i64().unwrap(), told(task))).collect()
}

async fn give(user: &Visitor, given: &[Value]) {
    for task in given {
        let mut new = task.clone();
        let status = new.as_object_mut().unwrap().remove("status").unwrap();
        let id = new.as_object_mut().unwrap().remove("id").unwrap();
        assert_eq!(user.add_task(&new).await["id"], id);
        if status == "completed" {
            user.post(&format!("/api/me/tasks/{id}/complete"), &json!({})).await.expect(200);
        }
    }
}

/// Says something in the conversation of an earlier answer, or in a new one.
async fn say(user: &Visitor, message: &Value, earlier: Option<&Value>) -> Value {
    let mut body = json!({ "message": message });
    if let Some(earlier) = earlier {
        body["conversation_id"] = earlier["conversation_id"].clone();
    }
    user.post("/api/me/chat", &body).await.expect(200)
}

/// Puts the fields of a case into a task.
fn change(task: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().unwrap() {
        task[name] = value.clone();
    }
}

fn expected(mut tasks: BTreeMap<i64, Value>, case: &Value) -> BTreeMap<i64, Value> {
    let next = tasks.len() as i64 + 1;
    for (id, fields) in case["changed"].as_object().into_iter().flatten() {
        let task = tasks.get_mut(&id.parse().unwrap()).unwrap();
        change(task, fields);
    }
    for id in case["deleted"].as_array().into_iter().flatten() {
        tasks.remove(&id.as_i64().unwrap());
    }
    for (id, fields) in (next..).zip(case["created"].as_array().into_iter().flatten()) {
        let mut task = json!({ "priority": "medium", "status": "pending", "due": null });
        change(&mut task, fields);
        tasks.insert(id, task);
    }
    tasks
}

on_both_stores! {
    async fn every_utterance_has_the_effect_people_mean(app) {
        let table: Value = serde_json::from_str(UTTERANCES).unwrap();
        let app = app.clock(FixedClock::at(table["now"].as_str().unwrap())).start().await;
        let cases = table["cases"].as_array().unwrap();
        assert!(cases.len() >= 40, "{} cases", cases.len());
        for (number, case) in cases.iter().enumerate() {
            let user = app.sign_up(&format!("user{number}")).await;
            if let Some(zone) = case.get("time_zone") {
                user.patch("/api/auth/me", &json!({ "timezone": zone })).await.expect(200);
            }
            let given = case.get("given").unwrap_or(&table["given"]);
            give(&user, given.as_array().unwrap()).await;
            let expected = expected(tasks(&user).await, case);
            let mut said = Vec::new();
            for message in case["before"].as_array().into_iter().flatten().chain([&case["say"]]) {
                said.push(say(&user, message, said.last()).await);
            }
            let answer = said.last().unwrap()["message"].to_string();
            assert_eq!(tasks(&user).await, expected, "{case}: {answer}");
            for word in case["mentions"].as_array().into_iter().flatten() {
                assert!(answer.contains(word.as_str().unwrap()), "{case}: {answer}");
            }
            for word in case["omits"].as_array().into_iter().flatten() {
                assert!(!answer.contains(word.as_str().unwrap()), "{case}: {answer}");
            }
        }
    }
}
