//! Ends that are not good.

use serde_json::Value;
use todo_testkit::{
    cohere::{CohereSimulator, InjectedFault, Scenario},
    process::Service,
};

use crate::chat::{Machine, binary};

async fn machine(cohere: &CohereSimulator) -> Machine {
    let base_url = cohere.base_url();
    Machine::with(&[("COHERE_API_KEY", "co-hunter2"), ("COHERE_BASE_URL", &base_url)])
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_turn_it_leaves_a_list_that_goes_on() {
    let cohere = CohereSimulator::start().await;
    cohere.script([Scenario::Stall]);
    let machine = machine(&cohere).await;
    let mut child = machine.start(&["add buy milk"]);
    while cohere.chats().is_empty() {
        tokio::task::yield_now().await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let out = machine.chat(&["--json", "/conversations"]).ok();
    let conversations: Value = serde_json::from_str(&out).unwrap();
    let id = conversations[0]["id"].as_str().unwrap();
    machine.chat(&["--conversation", id, "add buy milk"]).ok();
    assert_eq!(machine.chat(&["/tasks"]).ok().lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_fails_tells_why_and_what_was_done_all_the_same() {
    let cohere = CohereSimulator::start().await;
    let machine = machine(&cohere).await;
    cohere.always(InjectedFault::Unauthorized);
    let err = machine.chat(&["hello"]).err(1);
    assert!(err.contains("(provider_auth)") && !err.contains("hunter2"), "{err}");
    let said = machine.chat(&["--json", "hello"]);
    let problem: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &problem["code"]), (Some(1), &"provider_auth".into()));
    assert!(problem["turn_id"].is_string(), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_it_waits_for_the_turn_that_runs() {
    let cohere = CohereSimulator::start().await;
    cohere.always(Scenario::SlowFirstByte);
    let machine = machine(&cohere).await;
    let child = machine.start(&["add buy milk"]);
    while cohere.chats().is_empty() {
        tokio::task::yield_now().await;
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1), "nobody was answered");
    cohere.always(Scenario::Text);
    assert_eq!(machine.chat(&["/tasks"]).ok().lines().count(), 1, "the turn has ended: {output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_the_turn_of_a_service_where_nobody_reads_along() {
    let cohere = CohereSimulator::start().await;
    cohere.script([Scenario::Stall]);
    let home = machine(&cohere).await;
    let service = Service::start(binary(), &home.variables());
    let ada = service.stranger().sign_up("ada").await;
    let away = Machine::with(&[("CHATBOT_TOKEN", ada.token.as_deref().unwrap())]);
    let child = away.start(&["--url", service.base_url(), "--json", "hello"]);
    while cohere.chats().is_empty() {
        tokio::task::yield_now().await;
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap();
    let problem: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &problem["code"]), (Some(1), &"turn_cancelled".into()));
    let turn = format!("/api/me/turns/{}", problem["turn_id"].as_str().unwrap());
    assert_eq!(ada.get(&turn).await.expect(200)["status"], "cancelled");
}
