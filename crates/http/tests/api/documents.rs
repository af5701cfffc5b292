//! The OpenAPI document and its rendering.

use std::{collections::BTreeSet, env, fs, path::Path};

use serde_json::Value;

use crate::{
    client::{Answer, Mocks},
    contract::document,
};

/// Each operation with its name, for messages.
fn named_operations() -> impl Iterator<Item = (String, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, operations)| {
        let operations = operations.as_object().unwrap().iter();
        operations.map(move |(method, operation)| {
            (format!("{} {path}", method.to_uppercase()), operation)
        })
    })
}

/// The media types of a request or an answer.
fn contents(body: &Value) -> impl Iterator<Item = (&String, &Value)> {
    body["content"].as_object().into_iter().flatten()
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = serde_json::to_string_pretty(&todo_http::openapi()).unwrap() + "\n";
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == made,
        "docs/openapi.json is out of date; write it anew: \
         UPDATE_DOCS=1 cargo test -p todo-http --test api the_committed_document"
    );
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_is() {
    let document = document();
    let tags: Vec<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut names = BTreeSet::new();
    for (operation, it) in named_operations() {
        let name = it["operationId"].as_str();
        assert!(name.is_some_and(|name| names.insert(name)), "{operation}: `operation_id`");
        assert!(it["summary"].is_string(), "{operation}: a first line of its documentation");
        let tag = it["tags"].as_array().and_then(|tags| tags.first());
        assert!(tag.is_some_and(|tag| tags.contains(&tag)), "{operation}: a `tag` with a meaning");
    }
}

#[test]
fn every_request_and_every_answer_has_an_example() {
    let has_example = |content: &Value| {
        content.get("example").is_some() || content["examples"].as_object().is_some()
    };
    for (operation, it) in named_operations() {
        let answers = it["responses"].as_object().unwrap().iter();
        let bodies = answers.map(|(status, answer)| (status.as_str(), answer));
        for (place, body) in bodies.chain([("requestBody", &it["requestBody"])]) {
            for (media_type, content) in contents(body) {
                assert!(
                    has_example(content),
                    "{operation}: {place} as {media_type} has no example: give each field that \
                     has to be there an `example`, or the whole type one"
                );
            }
        }
    }
}

/// Operations that find nothing to do where there is no such conversation.
const UNKNOWN_IS_204: [&str; 2] =
    ["POST /api/{user_id}/chat/{id}/stop", "GET /api/{user_id}/chat/{id}/stream"];

#[test]
fn every_operation_names_the_problems_it_can_be_answered_with() {
    for (operation, it) in named_operations() {
        let mut statuses = vec!["500"];
        if it["security"].as_array().is_some_and(|schemes| !schemes.is_empty()) {
            statuses.extend(["401", "429", "503"]);
        }
        let parameters = it["parameters"].as_array().into_iter().flatten();
        for parameter in parameters {
            statuses.push(match parameter["in"].as_str().unwrap() {
                "path" if parameter["name"] == "user_id" => "403",
                "path" if UNKNOWN_IS_204.contains(&operation.as_str()) => continue,
                "path" => "404",
                // A bad one is no session.
                "cookie" => continue,
                _ => "422",
            });
        }
        if it.get("requestBody").is_some() {
            statuses.extend(["400", "408", "413", "415", "422"]);
        }
        for status in statuses {
            let answer = &it["responses"][status];
            assert!(
                contents(answer).any(|(media_type, _)| media_type == "application/problem+json"),
                "{operation} does not name its problems with {status}: see `problems!`"
            );
        }
        let answers = it["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{operation}");
    }
}

#[test]
fn every_header_of_an_answer_is_described_once_for_all() {
    let described = document()["components"]["headers"].as_object().unwrap();
    for (operation, it) in named_operations() {
        for (status, answer) in it["responses"].as_object().unwrap() {
            let headers = answer["headers"].as_object().unwrap();
            assert!(headers.contains_key("X-Request-Id"), "{operation} {status}");
            for (name, header) in headers {
                let reference = format!("#/components/headers/{name}");
                assert!(
                    header["$ref"] == reference && described.contains_key(name),
                    "{operation} {status}: say in openapi/headers.rs what `{name}` is"
                );
            }
        }
    }
}

#[test]
fn no_parameter_can_be_null() {
    for (operation, it) in named_operations() {
        for parameter in it["parameters"].as_array().into_iter().flatten() {
            let text = parameter["schema"].to_string();
            assert!(!text.contains("\"null\""), "{operation}: {}", parameter["name"]);
        }
    }
}

#[test]
fn the_manual_shows_every_route() {
    let manual = include_str!("../../../../docs/API.md");
    for route in todo_http::route_table() {
        let heading = format!("`{} {}`", route.method, route.path);
        assert!(manual.contains(&heading), "{heading}");
    }
}

#[test]
fn every_schema_that_is_referred_to_exists() {
    let document = document();
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn the_document_is_served_as_it_is_made() {
    let answer = Mocks::default().serve().get("/openapi.json").await;
    assert_eq!(answer.body["openapi"], "3.1.0");
    assert_eq!(answer.body, *document());
}

#[tokio::test]
async fn the_rendered_document_loads_nothing_from_elsewhere() {
    let client = Mocks::default().serve();
    let redirect = client.get("/docs").await;
    assert_eq!((redirect.status, redirect.header("location")), (308, Some("/docs/")));
    let page = client.get("/docs/").await;
    assert_eq!(page.status, 200);
    let html = page.body.as_str().unwrap();
    for asset in
        html.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css"))
    {
        assert!(!asset.contains("//"), "{asset}");
        let path = format!("/docs/{}", asset.trim_start_matches("./"));
        assert_eq!(client.get(&path).await.status, 200, "{path}");
    }
    let start = client.get("/docs/swagger-initializer.js").await;
    let start = start.body.as_str().unwrap();
    assert!(start.contains("\"/openapi.json\"") && !start.contains("http"), "{start}");
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_the_manual_that_explains_it() {
    let client = Mocks::default().serve();
    let problem = client.get("/nowhere").await;
    let (page, code) = problem.body["type"].as_str().unwrap().split_once('#').unwrap();
    let manual: Answer = client.get(page).await;
    assert!(manual.body.as_str().unwrap().contains(code));
    let missing = client.get("/docs/nothing.js").await;
    assert_eq!(missing.problem(), (404, "route_not_found"));
}
