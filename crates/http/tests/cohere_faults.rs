//! Whatever Cohere does wrong: what the user gets, what is kept, and that the talk goes on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use serde_json::json;
use todo_testkit::{
    app::{TestApp, TestAppBuilder, Visitor},
    cohere::{CohereSimulator, Cue, InjectedFault, Scenario, model_at, slow_retrying_model_at},
    on_both_stores,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// What a user gets, and how often Cohere was asked in vain.
struct Failure {
    status: u16,
    code: &'static str,
    /// `Retry-After`; empty without it.
    retry_after: &'static str,
    calls: usize,
}

const fn failure(status: u16, code: &'static str, calls: usize) -> Failure {
    Failure { status, code, retry_after: "", calls }
}

/// A turn whose first step is fine, and whose second question goes wrong from the first time on.
/// Then the conversation goes on.
async fn fails(cohere: &CohereSimulator, ada: &Visitor, cue: impl Into<Cue>, expected: Failure) {
    let before = cohere.chats().len();
    cohere.script([Cue::default()]);
    cohere.always(cue);
    let answer = ada.post("/api/me/chat", &json!({ "message": "add milk" })).await;
    cohere.always(Cue::default());
    assert_eq!(answer.header("retry-after"), expected.retry_after, "{}", expected.code);
    let problem = answer.expect_problem(expected.status, expected.code);
    assert_eq!(cohere.chats().len() - before, 1 + expected.calls, "{}", expected.code);

    let told = &problem["tool_calls"][0];
    assert_eq!(told["result"]["task"]["title"], "milk", "{problem}");
    let turn = format!("/api/me/turns/{}", problem["turn_id"].as_str().unwrap());
    let turn = ada.get(&turn).await.expect(200);
    assert_eq!((&turn["status"], &turn["code"]), (&json!("failed"), &json!(expected.code)));
    assert_eq!(turn["steps"].as_array().unwrap().len(), 1);
    assert_eq!(turn["steps"][0]["tool_calls"][0]["effects"][0]["after"]["title"], "milk");

    let conversation = &problem["conversation_id"];
    let messages = format!("/api/me/conversations/{}/messages", conversation.as_str().unwrap());
    let kept = ada.get(&messages).await.expect(200);
    let kept: Vec<_> = kept.as_array().unwrap().iter().map(|m| &m["content"]).collect();
    assert_eq!(kept, ["add milk"]);
    let next = json!({ "message": "show my list", "conversation_id": conversation });
    let next = ada.post("/api/me/chat", &next).await.expect(200);
    assert!(next["message"].as_str().unwrap().contains("milk"), "{next}");
}

/// A turn in which Cohere fails so many times, and is fine then.
async fn recovers(cohere: &CohereSimulator, ada: &Visitor, cue: impl Into<Cue>, times: u32) {
    let (before, tasks) = (cohere.chats().len(), ada.tasks().await.len());
    cohere.script([Cue::default(), cue.into().times(times)]);
    let answer = ada.say("add milk").await;
    assert_eq!(answer["tool_calls"][0]["ok"], true, "{answer}");
    assert_eq!(cohere.chats().len() - before, 2 + times as usize);
    assert_eq!(ada.tasks().await.len() - tasks, 1, "what was done is done once");
}

/// Passes connections on to the simulator.
async fn forward(listener: TcpListener, base_url: String) {
    let address = base_url.trim_start_matches("http://").to_owned();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(&address).await.unwrap();
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
    }
}

async fn start(app: TestAppBuilder) -> (CohereSimulator, TestApp, Visitor) {
    let cohere = CohereSimulator::start().await;
    let app = app.model(cohere.model()).start().await;
    let ada = app.sign_up("ada").await;
    (cohere, app, ada)
}

on_both_stores! {
    async fn what_only_the_operator_can_mend_is_asked_once(app) {
        let (cohere, _app, ada) = start(app).await;
        for (fault, code) in [
            (InjectedFault::BadRequest, "provider_rejected_request"),
            (InjectedFault::UnknownField, "provider_rejected_request"),
            (InjectedFault::Unsafe, "provider_rejected_request"),
            (InjectedFault::Unauthorized, "provider_auth"),
            (InjectedFault::EchoedKey, "provider_auth"),
            (InjectedFault::PaymentRequired, "provider_auth"),
            (InjectedFault::ForbiddenHtml, "provider_auth"),
            (InjectedFault::ModelRemoved, "provider_model_not_found"),
        ] {
            fails(&cohere, &ada, fault, failure(502, code, 1)).await;
        }
    }

    async fn a_spent_month_is_not_waited_for(app) {
        let (cohere, _app, ada) = start(app).await;
        for fault in [InjectedFault::MonthLimit, InjectedFault::TrialMonthLimit] {
            fails(&cohere, &ada, fault, failure(503, "provider_quota_exhausted", 1)).await;
        }
    }

    async fn a_spent_minute_is_waited_for_and_the_user_learns_how_long(app) {
        let (cohere, _app, ada) = start(app).await;
        for fault in [InjectedFault::MinuteLimit, InjectedFault::TrialMinuteLimit] {
            recovers(&cohere, &ada, fault, 2).await;
            let limited = failure(503, "provider_rate_limited", 3);
            fails(&cohere, &ada, fault, Failure { retry_after: "10", ..limited }).await;
        }
        let limited = failure(503, "provider_rate_limited", 3);
        fails(&cohere, &ada, InjectedFault::RetryAfter, Failure { retry_after: "1", ..limited }).await;
    }

    async fn an_outage_is_tried_three_times(app) {
        let (cohere, _app, ada) = start(app).await;
        for fault in [
            InjectedFault::ServerError, InjectedFault::ServerErrorHtml, InjectedFault::ServerErrorText, InjectedFault::Overloaded,
            InjectedFault::OverloadedHtml, InjectedFault::OverloadedText, InjectedFault::GatewayTimeout,
        ] {
            recovers(&cohere, &ada, fault, 1).await;
            fails(&cohere, &ada, fault, failure(503, "provider_unavailable", 3)).await;
        }
    }

    async fn an_accident_of_the_model_is_tried_three_times_and_nothing_is_done_twice(app) {
        let (cohere, _app, ada) = start(app).await;
        for cue in [
            Cue::from(Scenario::CutMidFrame), Scenario::NoMessageEnd.into(), Scenario::StreamError.into(),
            InjectedFault::InvalidToolGeneration.into(), InjectedFault::HallucinatedTools.into(), InjectedFault::NoValidResponse.into(),
        ] {
            recovers(&cohere, &ada, cue.clone(), 1).await;
            fails(&cohere, &ada, cue, failure(502, "model_answer_invalid", 3)).await;
        }
    }

    async fn calls_that_are_cut_off_are_not_carried_out(app) {
        let (cohere, _app, ada) = start(app).await;
        fails(&cohere, &ada, Scenario::TruncatedArguments, failure(502, "model_truncated", 1)).await;
        assert_eq!(ada.tasks().await.len(), 1);
    }

    async fn calls_without_end_are_ended(app) {
        let (cohere, _app, ada) = start(app).await;
        cohere.always(Scenario::EndlessCalls);
        let problem = ada.post("/api/me/chat", &json!({ "message": "go" })).await.expect_problem(502, "turn_step_limit");
        assert_eq!(problem["tool_calls"].as_array().unwrap().len(), 6);
        assert_eq!(cohere.chats().len(), 7);
        assert!(cohere.refused().is_empty());
    }

    async fn a_stall_is_tried_again(app) {
        let cohere = CohereSimulator::start().await;
        let app = app.model(cohere.impatient_model()).start().await;
        let ada = app.sign_up("ada").await;
        for scenario in [Scenario::Stall, Scenario::StallBetweenEvents] {
            recovers(&cohere, &ada, scenario, 1).await;
        }
    }

    async fn stalls_without_end_end_with_the_time_of_the_turn(app) {
        let cohere = CohereSimulator::start().await;
        let app = app.model(cohere.impatient_model()).chat_timeout(Duration::from_millis(2_500)).start().await;
        let ada = app.sign_up("ada").await;
        for scenario in [Scenario::Stall, Scenario::StallBetweenEvents] {
            let started = Instant::now();
            fails(&cohere, &ada, scenario, failure(504, "turn_timeout", 3)).await;
            assert!(started.elapsed() > Duration::from_millis(2_400));
        }
    }

    async fn an_answer_that_comes_slowly_but_steadily_is_waited_for(app) {
        let cohere = CohereSimulator::start().await;
        let app = app.model(cohere.impatient_model()).start().await;
        let ada = app.sign_up("ada").await;
        cohere.always(Scenario::Slow);
        let started = Instant::now();
        ada.say("hello").await;
        assert!(started.elapsed() > Duration::from_secs(1), "longer than an attempt may take to begin");
        assert_eq!(cohere.chats().len(), 1);
    }

    async fn nobody_at_the_address_at_first_is_asked_again(app) {
        let cohere = CohereSimulator::start().await;
        // Bound but not listening: the port is ours and refuses.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let app = app.model(slow_retrying_model_at(&format!("http://{address}"))).start().await;
        let ada = app.sign_up("ada").await;
        let asking = tokio::spawn({ let ada = ada.clone(); async move { ada.say("add milk").await } });
        while ada.get("/api/me/conversations").await.expect(200).as_array().unwrap().is_empty() {}
        tokio::time::sleep(Duration::from_millis(50)).await;
        let forwarding = tokio::spawn(forward(socket.listen(8).unwrap(), cohere.base_url()));
        assert_eq!(asking.await.unwrap()["tool_calls"][0]["ok"], true);
        assert_eq!(ada.tasks().await.len(), 1);
        forwarding.abort();
    }

    async fn nobody_at_the_address_is_an_outage(app) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let app = app.model(model_at(&format!("http://{free}"))).start().await;
        let ada = app.sign_up("ada").await;
        ada.post("/api/me/chat", &json!({ "message": "hi" })).await.expect_problem(503, "provider_unavailable");
    }

    async fn an_address_that_names_nobody_is_an_outage(app) {
        let app = app.model(model_at("http://cohere.invalid")).start().await;
        let ada = app.sign_up("ada").await;
        ada.post("/api/me/chat", &json!({ "message": "hi" })).await.expect_problem(503, "provider_unavailable");
    }
}
