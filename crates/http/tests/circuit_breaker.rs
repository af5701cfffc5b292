//! A provider that is down, or asked too much: what users are told, and that it is left alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use serde_json::{Value, json};
use todo_testkit::{
    app::{Answer, TestApp, TestAppBuilder, Visitor},
    cohere::{CircuitBreakerSettings, CohereSimulator, Cue, InjectedFault, Scenario},
    on_both_stores,
};
use tokio::task::JoinSet;

const LONG: Duration = Duration::from_secs(30);

async fn start(
    app: TestAppBuilder,
    breaker: CircuitBreakerSettings,
) -> (CohereSimulator, TestApp, Visitor) {
    let cohere = CohereSimulator::start().await;
    let app = app.model(cohere.guarded_model(breaker)).start().await;
    let ada = app.sign_up("ada").await;
    (cohere, app, ada)
}

fn message() -> Value {
    json!({ "message": "add milk" })
}

/// The same where `/health/detailed` knows of the provider, which has been found well.
async fn start_watched(breaker: CircuitBreakerSettings) -> (CohereSimulator, TestApp, Visitor) {
    let cohere = CohereSimulator::start().await;
    let model = cohere.guarded_model(breaker);
    let app = TestApp::sqlite().model(model.clone()).model_health(model).start().await;
    let ada = app.sign_up("ada").await;
    let well = json!(["healthy", "healthy", "closed"]);
    while health(&app).await != well {
        tokio::task::yield_now().await;
    }
    (cohere, app, ada)
}

/// How the service says it is, how Cohere was when asked, and where the breaker stands: with 200.
async fn health(app: &TestApp) -> Value {
    let health = app.stranger().get("/health/detailed").await.expect(200);
    json!([health["status"], health["cohere"]["status"], health["cohere"]["breaker"]])
}

/// Checks that this tells to come back within the pause.
fn expect_pause(answer: Answer) -> Value {
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=LONG.as_secs()).contains(&wait), "{wait}");
    answer.expect_problem(503, "provider_unavailable")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_left_alone_degrades_the_service_although_it_was_well_when_asked() {
    let breaker =
        CircuitBreakerSettings { failures: 3, pause: LONG, ..CircuitBreakerSettings::default() };
    let (cohere, app, ada) = start_watched(breaker).await;
    cohere.always(InjectedFault::Overloaded);
    ada.post("/api/me/chat", &message()).await.expect_problem(503, "provider_unavailable");
    assert_eq!(health(&app).await, json!(["degraded", "healthy", "open"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_pause_the_health_says_so_and_an_answer_makes_it_well_again() {
    let pause = Duration::from_millis(100);
    let breaker =
        CircuitBreakerSettings { failures: 3, pause, ..CircuitBreakerSettings::default() };
    let (cohere, app, ada) = start_watched(breaker).await;
    cohere.script([Cue::from(InjectedFault::Overloaded).times(3)]);
    ada.post("/api/me/chat", &message()).await.expect_problem(503, "provider_unavailable");
    while health(&app).await != json!(["degraded", "healthy", "half_open"]) {
        tokio::task::yield_now().await;
    }
    ada.say("add milk").await;
    assert_eq!(health(&app).await, json!(["healthy", "healthy", "closed"]));
}

on_both_stores! {
    async fn a_provider_that_is_down_is_left_alone_and_users_are_told_when_to_come_back(app) {
        let breaker = CircuitBreakerSettings { failures: 3, pause: LONG, ..CircuitBreakerSettings::default() };
        let (cohere, _app, ada) = start(app, breaker).await;
        cohere.always(InjectedFault::Overloaded);
        ada.post("/api/me/chat", &message()).await.expect_problem(503, "provider_unavailable");
        assert_eq!(cohere.chats().len(), 3);
        for _ in 0..3 {
            expect_pause(ada.post("/api/me/chat", &message()).await);
        }
        assert_eq!(cohere.chats().len(), 3, "nothing reaches it");
        assert_eq!(ada.get("/api/me/tasks").await.status, 200, "the lists work without it");
    }

    async fn a_turn_that_has_done_something_and_then_is_held_back_tells_what_it_has_done(app) {
        let breaker = CircuitBreakerSettings { failures: 2, pause: LONG, ..CircuitBreakerSettings::default() };
        let (cohere, _app, ada) = start(app, breaker).await;
        cohere.script([Cue::default()]);
        cohere.always(InjectedFault::Overloaded);
        let problem = expect_pause(ada.post("/api/me/chat", &message()).await);
        assert_eq!(cohere.chats().len(), 1 + 2);
        assert_eq!(problem["tool_calls"][0]["result"]["task"]["title"], "milk", "{problem}");
        assert_eq!(ada.tasks().await.len(), 1);
        let turn = format!("/api/me/turns/{}", problem["turn_id"].as_str().unwrap());
        let turn = ada.get(&turn).await.expect(200);
        assert_eq!((&turn["status"], &turn["code"]), (&json!("failed"), &json!("provider_unavailable")));
    }

    async fn when_the_provider_is_back_the_talk_goes_on(app) {
        let pause = Duration::from_millis(100);
        let breaker = CircuitBreakerSettings { failures: 3, pause, ..CircuitBreakerSettings::default() };
        let (cohere, _app, ada) = start(app, breaker).await;
        cohere.script([Cue::from(InjectedFault::Overloaded).times(3)]);
        ada.post("/api/me/chat", &message()).await.expect_problem(503, "provider_unavailable");
        let mut answer = ada.post("/api/me/chat", &message()).await;
        while answer.status == 503 {
            answer = ada.post("/api/me/chat", &message()).await;
        }
        answer.expect(200);
        let others = [ada.say("show my list"), ada.say("show my list")];
        futures_util::future::join_all(others).await;
    }

    async fn seven_users_who_take_all_there_is_leave_a_place_to_the_eighth(app) {
        const CALLS: usize = 128;
        let breaker = CircuitBreakerSettings { concurrency: CALLS as u32, queue: 64, ..CircuitBreakerSettings::default() };
        let cohere = CohereSimulator::start().await;
        let app = app.model(cohere.guarded_model(breaker)).database_timeout(LONG).start().await;
        let (eighth, mut seven) = (app.sign_up("ada").await, Vec::new());
        for number in 0..7 {
            seven.push(app.sign_up(&format!("user{number}")).await);
        }
        let mut crowd = JoinSet::new();
        for user in seven {
            // All of them together want more calls than there are, and more than may wait besides.
            for _ in 0..28 {
                let user = user.clone();
                crowd.spawn(async move {
                    let hello = json!({ "message": "hello [[simulate:stall]]" });
                    user.try_post("/api/me/chat", &hello).await
                });
            }
        }
        // With an eighth of all calls each, nobody gets one more.
        while cohere.chats().len() < CALLS * 7 / 8 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(eighth.say("add milk").await["tool_calls"][0]["ok"], true);
    }

    async fn more_turns_than_may_wait_are_turned_away_and_the_others_are_answered(app) {
        let breaker = CircuitBreakerSettings { concurrency: 1, queue: 1, longest_wait: LONG, ..CircuitBreakerSettings::default() };
        let (cohere, _app, ada) = start(app, breaker).await;
        // Its answer has begun, and takes its time.
        cohere.script([Cue::from(Scenario::Slow).lasting(Duration::from_millis(300))]);
        let talk = |text: &str| {
            let (ada, text) = (ada.clone(), json!({ "message": text }));
            tokio::spawn(async move { ada.post("/api/me/chat", &text).await })
        };
        let first = talk("hello");
        while cohere.chats().is_empty() {
            tokio::task::yield_now().await;
        }
        let others = ["show my list", "show my list"].map(talk);
        let (turned_away, _, rest) = futures_util::future::select_all(others).await;
        let turned_away = turned_away.unwrap();
        assert_eq!(turned_away.header("retry-after"), "1");
        turned_away.expect_problem(503, "provider_busy");
        assert_eq!(cohere.chats().len(), 1);
        first.await.unwrap().expect(200);
        for waiting in rest {
            waiting.await.unwrap().expect(200);
        }
    }
}
