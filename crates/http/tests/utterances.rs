//! What people say to the offline assistant, and what comes of it, on both stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::{Value, json};
use todo_testkit::{app::Visitor, clock::FixedClock, on_both_stores, utterances::{self, Utterance}};

async fn give(user: &Visitor, tasks: &[Value]) {
    for task in tasks {
        let mut new = task.clone();
        let fields = new.as_object_mut().unwrap();
        let number = fields.remove("id").unwrap();
        let status = fields.remove("status").unwrap();
        assert_eq!(user.add_task(&new).await["id"], number);
        if status == "completed" {
            user.post(&format!("/api/me/tasks/{number}/complete"), &json!({})).await.expect(200);
        }
    }
}

/// What a case compares of a task.
fn told(task: &Value) -> Value {
    let due = task["due"].as_str().map(|due| due[..10].to_owned());
    json!({ "id": task["id"], "title": task["title"].as_str().unwrap().to_lowercase(), "priority": task["priority"], "status": task["status"], "due": due })
}

async fn holds(user: &Visitor, case: &Utterance) {
    let before: Vec<_> = user.tasks().await.iter().map(told).collect();
    let answer = user.say(&case.say).await;
    let after: Vec<_> = user.tasks().await.iter().map(told).collect();
    case.check(&before, &after, answer["message"].as_str().unwrap())
        .unwrap_or_else(|fault| panic!("{:?}: {fault}\n{answer:#}", case.say));
}

on_both_stores! {
    async fn every_utterance_holds(app) {
        let app = app.clock(FixedClock::at(utterances::NOW)).start().await;
        for (number, case) in utterances::all().iter().enumerate() {
            let user = app.sign_up(&format!("user{number}")).await;
            give(&user, &case.given).await;
            holds(&user, case).await;
        }
    }
}
