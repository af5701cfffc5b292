//! Conversations with Cohere's model: what it is sent, and what comes of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use todo_testkit::{
    app::{TestApp, Visitor},
    cohere::{CohereSimulator, Scenario, Settings},
    on_both_stores,
};

/// Somebody in a conversation.
struct Talk {
    person: Visitor,
    conversation: Option<Value>,
}

impl Talk {
    fn of(person: Visitor) -> Self {
        Self { person, conversation: None }
    }

    /// Says something; returns the tools that were called step by step.
    async fn say(&mut self, message: &str) -> Vec<Vec<String>> {
        let mut body = json!({ "message": message });
        if let Some(conversation) = &self.conversation {
            body["conversation_id"] = conversation.clone();
        }
        let answer = self.person.post("/api/me/chat", &body).await.expect(200);
        assert_eq!(answer["engine"], "cohere");
        assert!(answer["usage"]["output_tokens"].as_u64().unwrap() > 0, "{answer}");
        self.conversation = Some(answer["conversation_id"].clone());
        let turn = format!("/api/me/turns/{}", answer["turn_id"].as_str().unwrap());
        let turn = self.person.get(&turn).await.expect(200);
        let steps = turn["steps"].as_array().unwrap();
        steps.iter().map(|step| names(&step["tool_calls"])).collect()
    }
}

fn names(calls: &Value) -> Vec<String> {
    let calls = calls.as_array().unwrap();
    calls.iter().map(|call| call["name"].as_str().unwrap().to_owned()).collect()
}

/// How often the model was sent this as a user's words, and how many messages came before them.
fn place_of(words: &str, request: &Value) -> (usize, usize) {
    let messages = request["messages"].as_array().unwrap();
    let is_it = |message: &Value| message["role"] == "user" && message["content"] == words;
    let history = messages.iter().skip(1).take_while(|message| !is_it(message)).count();
    (messages.iter().filter(|message| is_it(message)).count(), history)
}

on_both_stores! {
    async fn turns_of_one_two_and_three_steps_and_of_none(app) {
        let cohere = CohereSimulator::start().await;
        let app = app.model(cohere.model()).start().await;
        let mut talk = Talk::of(app.sign_up("ada").await);
        for (message, steps) in [
            ("add tasks: milk, bread, eggs", vec![vec!["add_task", "add_task", "add_task"]]),
            ("delete the milk task", vec![vec!["list_tasks"], vec!["delete_tasks"]]),
            ("add tea, then show my list, then complete it", vec![vec!["add_task"], vec!["list_tasks"], vec!["complete_tasks"]]),
            ("hello", vec![]),
        ] {
            let before = cohere.chats().len();
            assert_eq!(talk.say(message).await, steps, "{message}");
            let requests = cohere.chats().split_off(before);
            assert_eq!(requests.len(), steps.len() + 1, "{message}");
            for request in requests {
                assert_eq!(place_of(message, &request.body).0, 1, "{message}");
            }
        }
        assert!(cohere.refused().is_empty(), "{:?}", cohere.refused());
        let tasks = talk.person.tasks().await;
        let tasks: Vec<_> = tasks.iter().map(|task| (task["title"].as_str().unwrap(), task["status"].as_str().unwrap())).collect();
        assert_eq!(tasks, [("bread", "pending"), ("eggs", "pending"), ("tea", "completed")]);
    }

    async fn a_long_conversation_is_sent_with_its_last_twenty_messages(app) {
        let cohere = CohereSimulator::start().await;
        let app = app.model(cohere.model()).start().await;
        let mut talk = Talk::of(app.sign_up("ada").await);
        for number in 1..=13 {
            let message = format!("add item {number}");
            talk.say(&message).await;
            let last = cohere.chats().pop().unwrap();
            assert_eq!(place_of(&message, &last.body), (1, (2 * (number - 1)).min(20)));
        }
        assert!(cohere.refused().is_empty(), "{:?}", cohere.refused());
    }

    async fn calls_that_make_no_sense_are_told_to_the_model_and_never_refused(app) {
        let cohere = CohereSimulator::start().await;
        let app = app.model(cohere.model()).start().await;
        let ada = app.sign_up("ada").await;
        for (scenario, raw, replayed) in [
            (Scenario::EmptyArguments, json!(""), "{}"),
            (Scenario::NullArguments, json!("null"), "{}"),
            (Scenario::BrokenArguments, json!("{\"status\": \"pen"), "{}"),
            (Scenario::ListArguments, json!("[1, 2]"), "{}"),
            (Scenario::UnknownTool, json!({ "size": "large" }), "{\"size\": \"large\"}"),
        ] {
            cohere.always(scenario);
            let answer = ada.say("go").await;
            assert_eq!(answer["tool_calls"][0]["arguments"], raw, "the ledger keeps what came");
            let last = cohere.chats().pop().unwrap().body;
            assert_eq!(last["messages"][2]["tool_calls"][0]["function"]["arguments"], replayed, "{scenario:?}");
            assert_eq!(last["messages"][3]["role"], "tool");
        }
        assert!(cohere.refused().is_empty(), "{:?}", cohere.refused());
    }

    async fn of_fifty_calls_sixteen_are_carried_out_and_all_are_answered(app) {
        let cohere = CohereSimulator::start().await;
        cohere.always(Scenario::FiftyCalls);
        let app = app.model(cohere.model()).start().await;
        let ada = app.sign_up("ada").await;
        let answer = ada.say("go").await;
        let calls = answer["tool_calls"].as_array().unwrap();
        assert_eq!((calls.len(), calls.iter().filter(|call| call["ok"] == true).count()), (50, 16));
        assert!(cohere.refused().is_empty(), "{:?}", cohere.refused());
    }
}

/// How long a hundred people wait who all ask at once, when the model takes two seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_turns_at_once_do_not_wait_for_each_other() {
    const PEOPLE: usize = 100;
    let settings = Settings { delay: Duration::from_secs(2), ..Settings::default() };
    let cohere = CohereSimulator::start_with(settings).await;
    let app = TestApp::postgres().await.database_parameters("pool_size=20");
    let app = app.model(cohere.model()).start().await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(app.sign_up(&format!("ada{number}")).await);
    }
    let started = Instant::now();
    let turns = people.into_iter().map(|person| async move { person.say("hello").await });
    let turns: Vec<_> = turns.map(tokio::spawn).collect();
    for turn in turns {
        assert_eq!(turn.await.unwrap()["engine"], "cohere");
    }
    let took = started.elapsed();
    assert_eq!(cohere.chats().len(), PEOPLE);
    // Twenty at a time, were a connection held by each, would be ten seconds.
    assert!(took < Duration::from_secs(8), "{took:?}");
}

/// Asks for the details until they are not those.
async fn details_after(app: &TestApp, before: &str) -> Value {
    for _ in 0..1_000 {
        let details = app.stranger().get("/health/detailed").await.expect(200);
        if details["cohere"]["status"] != before {
            return details;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Value::Null
}

#[tokio::test(flavor = "multi_thread")]
async fn cohere_is_asked_how_it_is_in_nobody_s_way_and_costs_nothing() {
    let cohere = CohereSimulator::start().await;
    let app = TestApp::sqlite().model_health(cohere.model()).start().await;
    assert_eq!(details_after(&app, "unknown").await["cohere"]["status"], "healthy");
    for _ in 0..10 {
        app.stranger().get("/health/detailed").await.expect(200);
    }
    let asked: Vec<_> = cohere.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/v1/models/command-a-03-2025"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cohere_that_says_nothing_keeps_no_one_waiting() {
    let cohere = CohereSimulator::start().await;
    cohere.always(Scenario::Stall);
    let app = TestApp::sqlite().model_health(cohere.model()).start().await;
    let started = Instant::now();
    let details = app.stranger().get("/health/detailed").await.expect(200);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(
        (&details["status"], &details["cohere"]["status"]),
        (&json!("healthy"), &json!("unknown"))
    );
}
