//! A hundred people talk at once (S55).

use serde_json::json;
use todo_testkit::{
    app::TestApp,
    model::{ScriptedModel, say},
};

/// All of them are at the model at the same moment, over twenty connections to the database, of
/// which none is in use then. So a model that takes a second costs all of them that second together,
/// and not one after another.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_people_wait_for_the_model_at_the_same_time_and_hold_no_connection() {
    const PEOPLE: usize = 100;
    let (model, gate) = ScriptedModel::gated((0..PEOPLE).map(|_| say("Hello.")));
    let app = TestApp::postgres().await.database_parameters("pool_size=20");
    let app = app.model(model.clone()).start().await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(app.sign_up(&format!("ada{number}")).await);
    }
    let ada = people[0].clone();
    let turns = people.into_iter().map(|person| async move { person.say("hello").await });
    let turns: Vec<_> = turns.map(tokio::spawn).collect();
    for _ in 0..PEOPLE {
        gate.asked().await;
    }
    assert_eq!((model.times_asked(), app.chat.running()), (PEOPLE, PEOPLE));
    assert_eq!(app.store.pool().in_use(), 0);
    // Nobody who does something else meanwhile waits for them.
    ada.add_task(&json!({ "title": "milk" })).await;
    for _ in 0..PEOPLE {
        gate.release();
    }
    for turn in turns {
        assert_eq!(turn.await.unwrap()["message"], "Hello.");
    }
}
