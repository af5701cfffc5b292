//! The process is killed in the middle of turns and started again.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

use std::{collections::HashSet, path::Path, sync::Arc, time::Duration};

use serde_json::{Value, json};
use todo_testkit::{
    app::Visitor,
    database::TestDatabase,
    process::{Service, on_postgres},
};
use tokio::sync::Semaphore;

const KILLS: u32 = 30;
const TALKERS: usize = 6;
/// Longer than any lease: `CHAT_TIMEOUT` and twice `DATABASE_TIMEOUT`, on a busy machine.
const LONGEST_LEASE: Duration = Duration::from_secs(30);

fn start(variables: &[(&str, &str)]) -> Service {
    let mut all = vec![("CHAT_TIMEOUT", "5"), ("DATABASE_TIMEOUT", "2")];
    all.extend_from_slice(variables);
    Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), &all)
}

/// Says the same until the service is gone, and counts the answers.
async fn talk(user: Visitor, answers: Arc<Semaphore>) {
    let message = json!({ "message": "Add 3 tasks: wash dishes, do laundry, call dad" });
    while user.try_post("/api/me/chat", &message).await.is_some() {
        answers.add_permits(1);
    }
}

/// All rows of a list, page by page.
async fn all(user: &Visitor, first: &str) -> Vec<Value> {
    let (mut all, mut path) = (Vec::new(), Some(first.to_owned()));
    while let Some(page) = path {
        let answer = user.get(&page).await;
        path = answer.next_page();
        all.extend(answer.expect(200).as_array().unwrap().iter().cloned());
    }
    all
}

/// What the ledger says.
#[derive(Default, Debug)]
struct Ledger {
    completed: usize,
    interrupted: usize,
    running: usize,
    /// Conversations with a turn that was not completed.
    broken_off: HashSet<String>,
    /// The tasks that were made, in order.
    made: Vec<i64>,
}

/// Reads every turn and checks that none has half a step.
async fn ledger(user: &Visitor) -> Ledger {
    let mut ledger = Ledger::default();
    for conversation in all(user, "/api/me/conversations?limit=100").await {
        let id = conversation["id"].as_str().unwrap();
        let messages = all(user, &format!("/api/me/conversations/{id}/messages")).await;
        let turns: HashSet<_> = messages.iter().map(|m| m["turn_id"].as_str().unwrap()).collect();
        for turn in turns {
            let turn = user.get(&format!("/api/me/turns/{turn}")).await.expect(200);
            for step in turn["steps"].as_array().unwrap() {
                let calls = step["tool_calls"].as_array().unwrap();
                assert!(calls.len() == 3 || calls.len() == 1, "half a step: {turn}");
                ledger.made.extend(
                    calls.iter().map(|call| call["effects"][0]["task_id"].as_i64().unwrap()),
                );
            }
            match turn["status"].as_str().unwrap() {
                "completed" => ledger.completed += 1,
                "interrupted" => ledger.interrupted += 1,
                "running" => ledger.running += 1,
                // It ran out of time, between two steps as well.
                "failed" => {}
                other => panic!("{other}: {turn}"),
            }
            if turn["status"] != "completed" {
                ledger.broken_off.insert(id.to_owned());
            }
        }
    }
    ledger.made.sort_unstable();
    ledger
}

/// Goes on with a conversation, if need be after the lease of the turn that broke off.
async fn carry_on(user: &Visitor, conversation: &str) {
    let chat = json!({ "message": "add carry on", "conversation_id": conversation });
    user.chat_in_turn(&chat, LONGEST_LEASE).await.0.expect(200);
}

/// `settled` waits for what the last process had begun and the database goes on with.
async fn crash_again_and_again(variables: &[(&str, &str)], settled: impl AsyncFn()) {
    let service = start(variables);
    let user = service.stranger().sign_up("ada").await;
    service.kill();
    for round in 0..KILLS {
        let service = start(variables);
        let user = user.at(service.base_url());
        let answers = Arc::new(Semaphore::new(0));
        let talk = |_| tokio::spawn(talk(user.clone(), Arc::clone(&answers)));
        let talkers: Vec<_> = (0..TALKERS).map(talk).collect();
        // At the moment of an answer the other turns are anywhere.
        let heard = answers.acquire_many(1 + round % 7).await;
        service.kill();
        drop(heard);
        for talker in talkers {
            talker.await.unwrap();
        }
    }
    settled().await;
    let service = start(variables);
    let user = user.at(service.base_url());
    let found = ledger(&user).await;
    let tasks = all(&user, "/api/me/tasks?sort=created_at&limit=100").await;
    let mut numbers: Vec<_> = tasks.iter().map(|task| task["id"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(found.made, numbers, "every task is in the ledger, once");
    assert!(
        found.completed > 0 && !found.broken_off.is_empty(),
        "no kill hit a turn: {} completed",
        found.completed
    );
    for id in &found.broken_off {
        carry_on(&user, id).await;
    }
    let end = ledger(&user).await;
    assert_eq!((end.running, end.interrupted), (0, found.running + found.interrupted));
    println!("{KILLS} kills: {} turns completed, {} interrupted", end.completed, end.interrupted);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_no_crash_leaves_half_a_step_and_every_conversation_goes_on() {
    let data = tempfile::tempdir().unwrap();
    crash_again_and_again(&[("DATA_DIR", data.path().to_str().unwrap())], async || ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_no_crash_leaves_half_a_step_and_every_conversation_goes_on() {
    let database = TestDatabase::postgres().await;
    let url = database.url();
    let variables = on_postgres(&url);
    // The server may be amid the last COMMIT of a process that is gone.
    let client = database.client().await;
    let settled = async || {
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        while client.query_one(others, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    crash_again_and_again(&variables, settled).await;
}
