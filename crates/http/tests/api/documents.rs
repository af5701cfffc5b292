//! The OpenAPI document and its rendering.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    client::{Answer, Mocks},
    contract::document,
};

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().unwrap().values();
    paths.flat_map(|path| path.as_object().unwrap().values())
}

#[test]
fn the_document_changes_only_on_purpose() {
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!("openapi", *document());
    });
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_is() {
    let document = document();
    let names: BTreeSet<_> =
        operations(document).map(|o| o["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), operations(document).count());
    assert!(operations(document).all(|o| o["summary"].is_string() && o["tags"].is_array()));
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
