//! What people say and what must come of it, from the table that every way in is tested with.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::chat::Chat;

const TABLE: &str = include_str!("../../../testkit/data/utterances.json");

#[test]
fn what_people_say_has_the_effect_they_mean() {
    let table: Value = serde_json::from_str(TABLE).unwrap();
    let failures: Vec<_> = table["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|case| check(&table, case).err())
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn check(table: &Value, case: &Value) -> Result<(), String> {
    let say = case["say"].as_str().unwrap();
    let given = case.get("given").unwrap_or(&table["given"]);
    let zone = case.get("time_zone").unwrap_or(&table["time_zone"]);
    let mut chat = chat(table, zone, given);
    let mut expected = tasks(&chat);
    for (id, fields) in case["changed"].as_object().into_iter().flatten() {
        let task = expected.get_mut(&id.parse::<i64>().unwrap()).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            task[name] = value.clone();
        }
    }
    for id in case["deleted"].as_array().into_iter().flatten() {
        expected.remove(&id.as_i64().unwrap());
    }
    let next = given.as_array().unwrap().len() + 1;
    for (id, task) in (next..).zip(case["created"].as_array().into_iter().flatten()) {
        let mut new = json!({"priority": "medium", "status": "pending", "due": null});
        for (name, value) in task.as_object().unwrap() {
            new[name] = value.clone();
        }
        expected.insert(i64::try_from(id).unwrap(), new);
    }
    for message in case["before"].as_array().into_iter().flatten() {
        chat.say(message.as_str().unwrap());
    }
    let answer = chat.say(say);
    let found = tasks(&chat);
    let said = |word: &&Value| answer.contains(word.as_str().unwrap());
    let words = |name: &str| case[name].as_array().into_iter().flatten();
    if found != expected {
        return Err(format!("{say}\n  expected {expected:?}\n  found    {found:?}\n  {answer}"));
    }
    if let Some(word) = words("mentions").find(|word| !said(word)) {
        return Err(format!("{say}\n  {word} is not in: {answer}"));
    }
    match words("omits").find(said) {
        Some(word) => Err(format!("{say}\n  {word} is in: {answer}")),
        None => Ok(()),
    }
}

fn chat(table: &Value, zone: &Value, given: &Value) -> Chat {
    let mut chat = Chat::at(table["now"].as_str().unwrap(), zone.as_str().unwrap());
    for task in given.as_array().unwrap() {
        let mut arguments = task.as_object().unwrap().clone();
        arguments.retain(|name, _| !["id", "status"].contains(&name.as_str()));
        chat.list.prepare("add_task", &Value::Object(arguments).to_string());
        if task["status"] == "completed" {
            chat.list.prepare("complete_tasks", &json!({"task_ids": [task["id"]]}).to_string());
        }
    }
    chat
}

fn tasks(chat: &Chat) -> BTreeMap<i64, Value> {
    let seen = |task: &todo_domain::Task| {
        json!({
            "title": task.title.as_str(),
            "priority": task.priority.as_str(),
            "status": task.status().as_str(),
            "due": task.due.map(|due| due.to_string()),
        })
    };
    chat.list.tasks().map(|task| (task.id.get(), seen(task))).collect()
}
