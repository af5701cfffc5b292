//! A client's tool loop around a todo list.

use serde_json::{Value, json};
use todo_testkit::todo_list::TodoList;

use crate::client::{Client, saying};

/// What a turn came to: the tools called in each step, and the answer.
pub(crate) struct Turn {
    pub(crate) steps: Vec<Vec<String>>,
    pub(crate) answer: String,
}

/// Says this to the simulator, and does what it wants until it answers.
pub(crate) async fn turn(list: &mut TodoList, client: &Client, text: &str) -> Turn {
    let mut body = saying(text);
    body["citation_options"] = json!({ "mode": "OFF" });
    body["tools"] = TodoList::tools()
        .iter()
        .map(|spec| {
            json!({ "type": "function", "function": {
                "name": spec.name,
                "description": spec.description,
                "parameters": serde_json::from_str::<Value>(&spec.parameters).unwrap(),
            } })
        })
        .collect();
    let mut steps = Vec::new();
    loop {
        let message = client.message(&body).await;
        let Some(calls) = message["tool_calls"].as_array().cloned() else {
            let answer = message["content"][0]["text"].as_str().unwrap().to_owned();
            return Turn { steps, answer };
        };
        steps.push(calls.iter().map(called).collect());
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(message);
        messages.extend(calls.iter().map(|call| result(list, call)));
    }
}

fn result(list: &mut TodoList, call: &Value) -> Value {
    let text = |place: &str| call.pointer(place).unwrap().as_str().unwrap();
    let told = list.call(text("/function/name"), text("/function/arguments"));
    json!({ "role": "tool", "tool_call_id": text("/id"), "content": told })
}

fn called(call: &Value) -> String {
    call["function"]["name"].as_str().unwrap().to_owned()
}
