//! What the model says on demand.

use serde_json::{Value, json};
use todo_testkit::cohere::{Cue, Reply, Scenario, Verdict};

use crate::client::{Client, asking, in_the_middle, saying};

async fn plays(scenario: Scenario, body: &Value) -> Value {
    let client = Client::new().await;
    client.simulator.script([scenario]);
    let (status, answer) = client.answer(body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn arguments_of(scenario: Scenario) -> String {
    let answer = plays(scenario, &asking("hello")).await;
    assert_eq!(answer["finish_reason"], "TOOL_CALL");
    answer["message"]["tool_calls"][0]["function"]["arguments"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn arguments_may_be_of_any_kind() {
    assert_eq!(arguments_of(Scenario::OneCall).await, r#"{"title":"sample"}"#);
    assert_eq!(arguments_of(Scenario::EmptyArguments).await, "");
    assert_eq!(arguments_of(Scenario::NullArguments).await, "null");
    assert_eq!(arguments_of(Scenario::ListArguments).await, "[1,2]");
    assert_eq!(arguments_of(Scenario::BrokenArguments).await, r#"{"status": "pen"#);
}

#[tokio::test]
async fn a_tool_that_nobody_offered_is_called_beside_one_that_was() {
    let answer = plays(Scenario::UnknownTool, &asking("hello")).await;
    let calls = &answer["message"]["tool_calls"];
    assert_eq!(calls[0]["function"]["name"], "order_pizza");
    assert_eq!(calls[1]["function"]["name"], "list_tasks");
}

#[tokio::test]
async fn after_its_calls_a_scenario_ends_with_a_text() {
    let client = Client::new().await;
    for (scenario, finish) in [
        (Scenario::OneCall, "COMPLETE"),
        (Scenario::TwoCalls, "COMPLETE"),
        (Scenario::FiftyCalls, "COMPLETE"),
        (Scenario::EmptyArguments, "COMPLETE"),
        (Scenario::ThreeSteps, "TOOL_CALL"),
        (Scenario::EndlessCalls, "TOOL_CALL"),
    ] {
        client.simulator.always(scenario);
        let (_, answer) = client.answer(&in_the_middle()).await;
        assert_eq!(answer["finish_reason"], finish, "{scenario:?}");
    }
}

#[tokio::test]
async fn an_answer_cut_by_the_token_limit_says_so() {
    let text = plays(Scenario::TruncatedText, &asking("hello")).await;
    assert_eq!(text["finish_reason"], "MAX_TOKENS");
    assert_eq!(text["message"]["content"][0]["text"], "I am a simulated model. Ask me to add");
    let call = plays(Scenario::TruncatedArguments, &asking("hello")).await;
    assert_eq!(call["finish_reason"], "MAX_TOKENS");
    let arguments = call["message"]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
    assert!(arguments.starts_with('{') && !arguments.ends_with('}'), "{arguments}");
}

#[tokio::test]
async fn the_request_s_own_token_limit_cuts_as_well() {
    let client = Client::new().await;
    let mut body = saying("hello");
    body["max_tokens"] = 3.into();
    let (_, answer) = client.answer(&body).await;
    assert_eq!(answer["finish_reason"], "MAX_TOKENS");
    assert_eq!(answer["message"]["content"][0]["text"], "I am a");
}

#[tokio::test]
async fn a_model_that_runs_out_of_time_says_so() {
    let answer = plays(Scenario::TimedOut, &saying("hello")).await;
    assert_eq!(answer["finish_reason"], "TIMEOUT");
}

#[tokio::test]
async fn the_script_is_played_in_order_and_then_the_planner_answers() {
    let client = Client::new().await;
    let call = Reply::calls([("list_tasks", json!({ "status": "all" }))]);
    client.simulator.script([Cue::from(Reply::text("One.")).times(2), call.into()]);
    for expected in ["One.", "One."] {
        let message = client.message(&asking("hello")).await;
        assert_eq!(message["content"][0]["text"], expected);
    }
    let message = client.message(&asking("hello")).await;
    assert_eq!(message["tool_calls"][0]["function"]["name"], "list_tasks");
    let message = client.message(&asking("hello")).await;
    assert!(message["content"][0]["text"].as_str().unwrap().starts_with("I am a simulated model"));
}

#[tokio::test]
async fn a_header_or_the_message_itself_may_ask_for_a_scenario() {
    let client = Client::new().await;
    let marked = client.message(&asking("hello [[simulate: two-calls ]]")).await;
    assert_eq!(marked["tool_calls"].as_array().unwrap().len(), 2);
    let request = client.post("/v2/chat").json(&asking("hello"));
    let response = request.header("x-simulate", "thinking, slow=1").send().await.unwrap();
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["message"]["content"][0]["type"], "thinking");
    assert_eq!(client.simulator.refused(), []);
}

#[tokio::test]
async fn a_marker_is_not_part_of_what_was_said() {
    let client = Client::new().await;
    let message = client.message(&asking("add milk [[simulate:slow=1]]")).await;
    let arguments = &message["tool_calls"][0]["function"]["arguments"];
    assert_eq!(arguments, r#"{"title":"milk"}"#);
}

#[tokio::test]
async fn a_scenario_that_does_not_exist_is_refused() {
    let client = Client::new().await;
    for marker in ["sta11", "slow=soon", "stall*x", ""] {
        let (status, answer) = client.answer(&saying(&format!("[[simulate:{marker}]]"))).await;
        assert_eq!(status, 400);
        assert!(answer["message"].as_str().unwrap().starts_with("x-simulate: "), "{answer}");
    }
}

#[tokio::test]
async fn a_forced_tool_is_called_and_a_forbidden_one_is_not() {
    let client = Client::new().await;
    let mut forced = asking("hello");
    forced["tool_choice"] = "REQUIRED".into();
    assert!(client.message(&forced).await["tool_calls"].is_array());
    let mut forbidden = asking("add milk");
    forbidden["tool_choice"] = "NONE".into();
    assert!(client.message(&forbidden).await["content"].is_array());
    let verdicts: Vec<_> = client.simulator.chats().into_iter().map(|r| r.verdict).collect();
    assert_eq!(verdicts, [Verdict::Answered, Verdict::Answered]);
}
