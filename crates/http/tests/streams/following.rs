//! What a follower reads, from wherever it begins.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use todo_domain::{ModelFailure, ports::ChatModel};
use todo_testkit::{
    app::TestApp,
    model::{Line, ScriptedModel, call, say},
    on_both_stores,
    redis::TestRedis,
    until,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::reader::{Cut, Follower, joined, text, types};

/// How long Redis may take on a busy machine.
const PATIENT: Duration = Duration::from_secs(5);

fn add(title: &str) -> Line {
    call([("add_task", json!({ "title": title }))])
}

fn path_of(start: &Value) -> String {
    format!("/api/me/turns/{}/stream", start["messageMetadata"]["turn_id"].as_str().unwrap())
}

fn chat_of(start: &Value) -> String {
    format!("/api/me/chat/{}", start["messageMetadata"]["conversation_id"].as_str().unwrap())
}

/// Says something and asks for a stream, of which nothing has been read.
async fn post_chat(base_url: &str, token: &str, message: &str) -> TcpStream {
    let body = json!({ "message": message }).to_string();
    let request = format!(
        "POST /api/me/chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\naccept: text/event-stream\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let address = base_url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

on_both_stores! {
    async fn a_turn_is_followed_from_the_message_to_the_answer(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let mut events = follower.say("add buy milk").await;
        assert_eq!(events.status, 200);
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-cache, no-transform"),
            ("x-accel-buffering", "no"),
            ("x-vercel-ai-ui-message-stream", "v1"),
        ] {
            assert_eq!(events.headers[name], value);
        }
        let chunks = events.rest().await;
        let joined = joined(&chunks);
        assert_eq!(types(&joined), [
            "start", "start-step", "tool-input-available", "tool-output-available", "finish-step",
            "start-step", "text-start", "text-delta", "text-end", "finish-step", "finish",
        ]);
        assert_eq!(joined[2]["input"], json!({ "title": "buy milk" }));
        assert_eq!(joined[3]["output"]["outcome"], "created");
        let conversation = joined[0]["messageMetadata"]["conversation_id"].as_str().unwrap();
        let open = ada.get(&format!("/api/me/conversations/{conversation}")).await.expect(200);
        assert_eq!(open["messages"][1]["id"], joined[0]["messageId"]);
        assert_eq!(open["messages"][1]["content"], text(&chunks));
    }

    async fn live_and_afterwards_the_same_is_read_from_every_position(app) {
        let script = [add("milk"), call([("complete_task", json!({ "task_id": 9 }))]), say("Grüße, added.")];
        let app = app.model(ScriptedModel::new(script)).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let mut events = follower.say("go").await;
        let (mut live, mut ids) = (Vec::new(), Vec::new());
        while let Some(chunk) = events.next().await.unwrap() {
            live.push(chunk);
            ids.push(events.last_id.clone().unwrap());
        }
        assert_eq!(live.pop(), Some(json!("[DONE]")));
        let path = path_of(&live[0]);
        assert_eq!(follower.get(&path).await.rest().await, joined(&live));
        assert_eq!(follower.get(&format!("{}/stream", chat_of(&live[0]))).await.rest().await, joined(&live));
        for (read, id) in (1..live.len()).zip(&ids) {
            let rest = follower.get_after(&path, Some(id)).await.rest().await;
            assert_eq!(joined(&rest), joined(&live[read..]), "after {id}");
            let by_query = follower.get(&format!("{path}?after={id}")).await.rest().await;
            assert_eq!(by_query, rest);
        }
        // Nothing comes after the last one, which is what ends an EventSource.
        assert_eq!(follower.get_after(&path, ids.last().map(String::as_str)).await.status, 204);
        let other = ids[1].replace(&ids[1][..8], "00000000");
        for unknown in ["", "x", "7", other.as_str(), &ids[1].replace("-1-2", "-2-2"), &ids[1].replace("-1-2", "-1-9999")] {
            let all = follower.get_after(&path, Some(unknown)).await.rest().await;
            assert_eq!(types(&all).first(), Some(&"start"), "after {unknown}");
        }
    }

    async fn text_is_sent_as_the_model_says_it(app) {
        let (model, gate) = ScriptedModel::gated([Line::Pieces(vec!["Hel".into(), "lo, ".into(), "you.".into()])]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let mut events = Follower::new(&app, &ada).say("hi").await;
        for piece in ["Hel", "lo, ", "you."] {
            gate.release();
            assert_eq!(events.until("text-delta").await["delta"], piece);
        }
        gate.release();
        assert_eq!(types(&events.rest().await), ["text-end", "finish-step", "finish"]);
    }

    async fn who_comes_in_the_middle_reads_from_the_beginning_and_goes_on(app) {
        let (model, gate) = ScriptedModel::gated([add("milk"), say("Added.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let mut first = follower.say("add milk").await;
        // The stream begins before the model is asked.
        let start = first.until("start").await;
        gate.release();
        first.until("finish-step").await;
        let read = first.last_id.clone().unwrap();
        let mut second = follower.get(&format!("{}/stream", chat_of(&start))).await;
        assert_eq!(second.until("start").await, start);
        second.until("finish-step").await;
        let mut third = follower.get_after(&path_of(&start), Some(&read)).await;
        // A position that was never given out.
        let (attempt, _) = read.rsplit_once('-').unwrap();
        let mut fourth = follower.get_after(&path_of(&start), Some(&format!("{attempt}-9999"))).await;
        assert_eq!(fourth.until("start").await, start);
        // It goes on although nobody may be reading.
        drop(first);
        gate.release();
        let rest = second.rest().await;
        assert_eq!(types(&rest), ["start-step", "text-start", "text-delta", "text-end", "finish-step", "finish"]);
        assert_eq!(third.rest().await, rest);
    }

    async fn a_stream_asked_for_by_head_leaves_its_connection_free(app) {
        let (model, gate) = ScriptedModel::gated([say("Hello.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let mut events = Follower::new(&app, &ada).say("hi").await;
        let path = path_of(&events.until("start").await);
        let request = |method: &str, path: &str, connection: &str| {
            let token = ada.token.as_deref().unwrap();
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: {connection}\r\n\r\n")
        };
        let both = request("HEAD", &path, "keep-alive") + &request("GET", "/api/me/tasks", "close");
        let address = app.base_url().trim_start_matches("http://");
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(both.as_bytes()).await.unwrap();
        let mut answers = String::new();
        // The model has not answered yet.
        timeout(Duration::from_secs(10), connection.read_to_string(&mut answers)).await.unwrap().unwrap();
        let (head, get) = answers.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
        assert!(get.starts_with("HTTP/1.1 200") && get.ends_with("[]"), "{get}");
        gate.release();
        events.rest().await;
    }

    async fn a_stream_shows_signs_of_life_while_the_model_thinks(app) {
        let (model, gate) = ScriptedModel::gated([say("Hello.")]);
        // A silent connection would be closed after two seconds.
        let app = app.model(model).keep_alive(Duration::ZERO).request_timeout(Duration::from_secs(2));
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let mut connection = post_chat(app.base_url(), ada.token.as_deref().unwrap(), "hi").await;
        let mut read = Vec::new();
        for _ in 0..2 {
            let (silent_since, known) = (Instant::now(), read.len());
            while !String::from_utf8_lossy(&read[known..]).contains(": heartbeat\n\n") {
                assert!(silent_since.elapsed() < PATIENT, "{}", String::from_utf8_lossy(&read));
                connection.read_buf(&mut read).await.unwrap();
            }
        }
        gate.release();
        connection.read_to_end(&mut read).await.unwrap();
        let read = String::from_utf8(read).unwrap();
        assert!(read.contains("Hello.") && read.contains("[DONE]"), "{read}");
    }

    async fn a_reader_who_reads_nothing_slows_no_turn(app) {
        // Many times what the buffers of a connection hold, as each comes in a chunk of its own.
        let words = vec!["a".to_owned(); 30_000];
        let app = app.model(ScriptedModel::new([Line::Pieces(words.clone())])).start().await;
        let ada = app.sign_up("ada").await;
        let connection = post_chat(app.base_url(), ada.token.as_deref().unwrap(), "hi").await;
        until("a conversation has begun", async || {
            !ada.get("/api/me/conversations").await.expect(200).as_array().unwrap().is_empty()
        })
        .await;
        let conversations = ada.get("/api/me/conversations").await.expect(200);
        let path = format!("/api/me/conversations/{}", conversations[0]["id"].as_str().unwrap());
        let messages = async || ada.get(&path).await.expect(200)["messages"].take();
        until("the turn does without its reader", async || {
            messages().await.as_array().unwrap().len() == 2
        })
        .await;
        drop(connection);
        let turn = messages().await[1]["turn_id"].take();
        let path = format!("/api/me/turns/{}/stream", turn.as_str().unwrap());
        let chunks = Follower::new(&app, &ada).get(&path).await.rest().await;
        assert_eq!(text(&chunks), words.concat());
    }

    async fn a_turn_whose_reader_leaves_is_carried_on(app) {
        let (model, gate) = ScriptedModel::gated([add("milk"), say("Added.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let mut events = follower.say("add milk").await;
        let start = events.until("start").await;
        drop(events);
        gate.release();
        gate.release();
        let all = follower.get(&path_of(&start)).await.rest().await;
        assert_eq!(text(&all), "I will call tools.Added.");
        assert_eq!(ada.tasks().await.len(), 1);
    }

    async fn a_turn_that_waits_for_a_whole_answer_can_be_followed_as_well(app) {
        let (model, gate) = ScriptedModel::gated([add("milk"), say("Added.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let answer = tokio::spawn({ let ada = ada.clone(); async move { ada.say("add milk").await } });
        gate.asked().await;
        let conversations = ada.get("/api/me/conversations").await.expect(200);
        let chat = format!("/api/me/chat/{}/stream", conversations[0]["id"].as_str().unwrap());
        let mut events = follower.get(&chat).await;
        gate.release();
        gate.release();
        let chunks = events.rest().await;
        assert_eq!(text(&chunks), "I will call tools.Added.");
        assert_eq!(chunks[0]["messageId"], answer.await.unwrap()["message_id"]);
    }

    async fn a_turn_that_fails_says_so_at_the_end_and_again_later(app) {
        let script = [add("milk"), Line::Fail(ModelFailure::Unavailable { retry_after: None })];
        let app = app.model(ScriptedModel::new(script)).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let mut events = follower.say("add milk").await;
        let mut live = events.rest().await;
        let end = live.split_off(live.len() - 2);
        assert_eq!(end[0]["messageMetadata"]["status"], "failed");
        assert_eq!(end[0]["messageMetadata"]["problem"]["code"], "provider_unavailable");
        assert_eq!(end[0]["messageMetadata"]["problem"]["request_id"], events.headers["x-request-id"].to_str().unwrap());
        assert_eq!(end[1], json!({ "type": "error", "errorText": "The language model can't be reached. Try again." }));
        let path = path_of(&live[0]);
        let replayed = follower.get(&path).await.rest().await;
        assert_eq!(replayed[..replayed.len() - 2], live);
        assert_eq!(replayed.last(), end.last());
        assert_eq!(follower.get_after(&path, events.last_id.as_deref()).await.status, 204);
    }

    async fn a_loaded_conversation_has_what_its_streams_had(app) {
        let broken = call([("sing", json!({})), ("add_task", json!({ "title": "bread" }))]);
        let script = [add("milk"), say("Added."), broken, Line::Fail(ModelFailure::Auth)];
        let app = app.model(ScriptedModel::new(script)).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let first = follower.say("add milk").await.rest().await;
        let conversation = first[0]["messageMetadata"]["conversation_id"].clone();
        let body = json!({ "message": "sing", "conversation_id": conversation });
        let second = follower.post(&body).await.rest().await;
        let chat = ada.get(&chat_of(&first[0])).await.expect(200);
        assert_eq!((&chat["id"], &chat["title"], &chat["status"]), (&conversation, &json!("add milk"), &json!("idle")));
        let messages = chat["messages"].as_array().unwrap();
        let roles: Vec<_> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
        assert_eq!(messages[0]["parts"], json!([{ "type": "text", "text": "add milk" }]));
        assert_eq!(messages[1]["id"], first[0]["messageId"]);
        assert_eq!(messages[1]["metadata"]["status"], "completed");
        let kinds = |message: &Value| -> Vec<String> {
            message["parts"].as_array().unwrap().iter().map(|part| part["type"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(kinds(&messages[1]), ["step-start", "reasoning", "tool-add_task", "step-start", "text"]);
        assert_eq!(messages[1]["parts"][4], json!({ "type": "text", "text": "Added.", "state": "done" }));
        assert_eq!(messages[3]["id"], second[0]["messageId"]);
        assert_eq!(messages[3]["metadata"]["problem"], json!({ "code": "provider_auth" }));
        assert_eq!(kinds(&messages[3]), ["step-start", "reasoning", "tool-sing", "tool-add_task"]);
        assert_eq!(messages[3]["parts"][2]["state"], "output-error");
        assert_eq!(messages[3]["parts"][3]["state"], "output-available");
        let page = ada.get(&format!("{}?limit=2", chat_of(&first[0]))).await;
        let earlier = ada.get(&page.next_page().unwrap()).await.expect(200);
        assert_eq!(earlier["messages"], json!(messages[..1]));
        assert!(!chat.to_string().contains("null"));
    }

    async fn a_running_turn_has_no_part_in_a_loaded_conversation_but_its_question(app) {
        let (model, gate) = ScriptedModel::gated([add("milk"), say("Added.")]);
        let app = app.model(model).start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let mut events = follower.say("add milk").await;
        let start = events.until("start").await;
        gate.release();
        events.until("finish-step").await;
        let chat = ada.get(&chat_of(&start)).await.expect(200);
        assert_eq!((&chat["status"], chat["messages"].as_array().map(Vec::len)), (&json!("running"), Some(1)));
        gate.release();
        events.rest().await;
    }

    async fn nobody_follows_what_is_not_theirs_or_is_not_there(app) {
        let app = app.start().await;
        let (ada, eve) = (app.sign_up("ada").await, app.sign_up("eve").await);
        let start = Follower::new(&app, &ada).say("add milk").await.rest().await.remove(0);
        let (turn, chat) = (path_of(&start), chat_of(&start));
        eve.get(&turn).await.expect_problem(404, "turn_not_found");
        eve.get(&chat).await.expect_problem(404, "conversation_not_found");
        assert_eq!(eve.get(&format!("{chat}/stream")).await.status, 204);
        for unknown in ["never-used", "a.b", "ä"] {
            assert_eq!(ada.get(&format!("/api/me/chat/{unknown}/stream")).await.status, 204, "{unknown}");
            ada.get(&format!("/api/me/chat/{unknown}")).await.expect_problem(404, "conversation_not_found");
        }
        ada.get("/api/me/turns/x/stream").await.expect_problem(404, "turn_not_found");
    }

    async fn a_turn_that_could_not_begin_is_a_problem_and_no_stream(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        let follower = Follower::new(&app, &ada);
        let body = json!({ "message": "hi", "conversation_id": "00000000-0000-7000-8000-000000000001" });
        let refused = follower.post(&body).await;
        assert_eq!((refused.status, refused.headers["content-type"].to_str().unwrap()), (404, "application/problem+json"));
        assert_eq!(refused.json().await["code"], "conversation_not_found");
        assert_eq!(follower.say(" ").await.status, 422);
    }
}

/// Two processes over one database, without a memory that they share.
#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_followed_step_by_step_where_it_does_not_run() {
    let (model, gate) = ScriptedModel::gated([add("milk"), add("bread"), say("Added.")]);
    let app = TestApp::postgres().await.model(model).start().await;
    let idle: Arc<dyn ChatModel> = ScriptedModel::endless(say("unused"));
    let other = app.beside().model(idle).start().await;
    let ada = app.sign_up("ada").await;
    let mut events = Follower::new(&app, &ada).say("add milk").await;
    let start = events.until("start").await;
    let elsewhere = Follower::new(&other, &ada);
    let mut followed = elsewhere.get(&format!("{}/stream", chat_of(&start))).await;
    assert_eq!(followed.until("start").await, start);
    gate.release();
    events.until("finish-step").await;
    assert_eq!(followed.until("tool-input-available").await["input"]["title"], "milk");
    gate.release();
    assert_eq!(followed.until("tool-input-available").await["input"]["title"], "bread");
    gate.release();
    assert_eq!(text(&followed.rest().await), "Added.");
}

/// Two processes that share a memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_followed_word_by_word_where_it_does_not_run_over_redis() {
    let redis = TestRedis::start();
    let words = vec!["Hel".into(), "lo, ".into(), "you.".into()];
    let (model, gate) = ScriptedModel::gated([add("milk"), Line::Pieces(words)]);
    let app = TestApp::postgres().await.model(model).redis(&redis, PATIENT).start().await;
    let idle: Arc<dyn ChatModel> = ScriptedModel::endless(say("unused"));
    let other = app.beside().model(idle).redis(&redis, PATIENT).start().await;
    for memory in [&app.memory, &other.memory] {
        memory.as_ref().unwrap().available().await;
    }
    let ada = app.sign_up("ada").await;
    let mut events = Follower::new(&app, &ada).say("add milk").await;
    let start = events.until("start").await;
    gate.release();
    events.until("finish-step").await;
    let mut followed = Follower::new(&other, &ada).get(&path_of(&start)).await;
    assert_eq!(followed.until("start").await, start);
    assert_eq!(followed.until("tool-output-available").await["output"]["outcome"], "created");
    for word in ["Hel", "lo, ", "you."] {
        gate.release();
        assert_eq!(followed.until("text-delta").await["delta"], word);
    }
    gate.release();
    assert_eq!(types(&followed.rest().await), ["text-end", "finish-step", "finish"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_has_ended_is_read_from_its_record_over_redis_too() {
    let redis = TestRedis::start();
    let app = TestApp::postgres().await.model(ScriptedModel::endless(say("Hello.")));
    let app = app.redis(&redis, PATIENT).start().await;
    let idle: Arc<dyn ChatModel> = ScriptedModel::endless(say("unused"));
    let other = app.beside().model(idle).redis(&redis, PATIENT).start().await;
    for memory in [&app.memory, &other.memory] {
        memory.as_ref().unwrap().available().await;
    }
    let ada = app.sign_up("ada").await;
    let mut events = Follower::new(&app, &ada).say("hi").await;
    let start = events.until("start").await;
    let path = path_of(&start);
    // To the end of the copy: it is there from now on.
    let mut followed = Follower::new(&other, &ada).get(&path).await;
    followed.rest().await;
    events.rest().await;
    let end = events.last_id.as_deref();
    let followers = [&app, &other].map(|app| Follower::new(app, &ada));
    for follower in &followers {
        assert_eq!(follower.get_after(&path, end).await.status, 204);
    }
    let conversation = start["messageMetadata"]["conversation_id"].as_str().unwrap();
    ada.delete(&format!("/api/me/conversations/{conversation}")).await.expect(204);
    for follower in &followers {
        assert_eq!(follower.get_after(&path, end).await.status, 404);
    }
}

/// An event can't be written, and the ones before it are still there.
#[tokio::test(flavor = "multi_thread")]
async fn a_follower_whose_redis_is_full_follows_again_by_the_record() {
    let redis = TestRedis::start();
    let (model, gate) = ScriptedModel::gated([add("milk"), say("Added.")]);
    let app = TestApp::postgres().await.model(model).redis(&redis, PATIENT).start().await;
    let idle: Arc<dyn ChatModel> = ScriptedModel::endless(say("unused"));
    let other = app.beside().model(idle).redis(&redis, PATIENT).start().await;
    for memory in [&app.memory, &other.memory] {
        memory.as_ref().unwrap().available().await;
    }
    let ada = app.sign_up("ada").await;
    let mut events = Follower::new(&app, &ada).say("add milk").await;
    let start = events.until("start").await;
    let elsewhere = Follower::new(&other, &ada);
    let mut followed = elsewhere.get(&path_of(&start)).await;
    followed.until("start").await;
    redis.set_full(true);
    gate.release();
    // Long before the list would expire.
    let cut = timeout(Duration::from_secs(10), followed.next()).await;
    assert_eq!(cut.unwrap(), Err(Cut));
    let mut again = elsewhere.get(&path_of(&start)).await;
    gate.release();
    assert_eq!(text(&again.rest().await), "I will call tools.Added.");
    events.rest().await;
}

/// It stops while a turn is followed through it.
#[tokio::test(flavor = "multi_thread")]
async fn a_follower_whose_redis_stops_follows_again_by_the_record() {
    let redis = TestRedis::start();
    let (model, gate) = ScriptedModel::gated([add("milk"), say("Added.")]);
    let app = TestApp::postgres().await.model(model).redis(&redis, PATIENT).start().await;
    let idle: Arc<dyn ChatModel> = ScriptedModel::endless(say("unused"));
    let other = app.beside().model(idle).redis(&redis, PATIENT).start().await;
    for memory in [&app.memory, &other.memory] {
        memory.as_ref().unwrap().available().await;
    }
    let ada = app.sign_up("ada").await;
    let mut events = Follower::new(&app, &ada).say("add milk").await;
    let start = events.until("start").await;
    let elsewhere = Follower::new(&other, &ada);
    let mut followed = elsewhere.get(&path_of(&start)).await;
    followed.until("start").await;
    redis.stop();
    assert_eq!(followed.next().await, Err(Cut));
    let mut again = elsewhere.get(&path_of(&start)).await;
    gate.release();
    gate.release();
    assert_eq!(text(&again.rest().await), "I will call tools.Added.");
    assert_eq!(text(&events.rest().await), "I will call tools.Added.");
}
