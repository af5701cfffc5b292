//! Clients that hang up in the middle of a chat.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use todo_testkit::{
    app::{TestApp, Visitor},
    model::{Line, ScriptedModel, say},
    on_both_stores, until,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Counts panics anywhere in the process; this file is a process of its own.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            report(panic);
        }));
    });
}

/// Sends a chat request and resets the connection once the model has been asked so often by
/// whomever.
async fn hang_up(app: &TestApp, user: &Visitor, model: &ScriptedModel, after_questions: usize) {
    let address = app.base_url().trim_start_matches("http://");
    let body = json!({ "message": "add buy milk" }).to_string();
    let token = user.token.as_deref().unwrap();
    let request = format!(
        "POST /api/me/chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    while model.times_asked() < after_questions {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stream.set_zero_linger().unwrap();
}

/// How the turns of all conversations stand; each conversation has one.
async fn statuses_of_turns(user: &Visitor) -> Vec<String> {
    let mut statuses = Vec::new();
    let conversations = user.get("/api/me/conversations?limit=100").await.expect(200);
    for conversation in conversations.as_array().unwrap() {
        let path = format!("/api/me/conversations/{}", conversation["id"].as_str().unwrap());
        let open = user.get(&path).await.expect(200);
        let turn = open["messages"][0]["turn_id"].as_str().unwrap();
        let turn = user.get(&format!("/api/me/turns/{turn}")).await.expect(200);
        statuses.push(turn["status"].as_str().unwrap().to_owned());
    }
    statuses
}

on_both_stores! {
    /// Every third client leaves at once, whether or not its request has arrived; of the others the
    /// first leaves when the model is asked for the first time, the next one when it is asked again …
    /// By then their own turns are anywhere between begin and finish.
    async fn a_hundred_hang_ups_leave_no_panic_no_connection_and_no_open_turn(app) {
        count_panics();
        let thinking = Line::After(Duration::from_millis(80), Box::new(say("ok")));
        let model = ScriptedModel::endless(thinking);
        // This is about clients that leave, not about a database that is too slow for a hundred.
        let app = app.model(model.clone()).database_timeout(Duration::from_secs(30));
        let app = Arc::new(app.start().await);
        let users = [app.sign_up("ada").await, app.sign_up("bob").await];
        let hang_ups = (0..100).map(|n: usize| {
            let (app, user, model) = (Arc::clone(&app), users[n % 2].clone(), Arc::clone(&model));
            let after_questions = if n.is_multiple_of(3) { 0 } else { n / 3 * 2 + n % 3 };
            tokio::spawn(async move { hang_up(&app, &user, &model, after_questions).await })
        });
        for hang_up in hang_ups.collect::<Vec<_>>() {
            hang_up.await.unwrap();
        }
        // What had arrived before its client left is begun all the same, a moment later.
        until("every turn has ended", async || {
            let mut statuses = Vec::new();
            for user in &users {
                statuses.extend(statuses_of_turns(user).await);
            }
            statuses.len() >= 66 && statuses.iter().all(|status| status == "completed")
        })
        .await;
        until("nothing runs and all connections are idle", async || {
            app.chat.running() == 0 && app.store.pool().in_use() == 0
        })
        .await;
        assert_eq!(PANICS.load(Ordering::SeqCst), 0);
    }
}
