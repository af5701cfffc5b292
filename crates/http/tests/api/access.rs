//! Who may call what.

use reqwest::Method;
use serde_json::{Value, json};
use todo_http::{Access, Route, route_table};

use crate::client::{Answer, Client, Mocks, now, signed, token_of};

/// A request to the route, for what is this user's, with a body that nobody could read.
fn request(client: &Client, route: &Route, user: &str) -> reqwest::RequestBuilder {
    let id =
        if route.path.contains("/tasks/") { "1" } else { "00000000-0000-7000-8000-000000000001" };
    let path = route.path.replace("{user_id}", user).replace("{id}", id);
    let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
    client.anonymous(method, &path).header("content-type", "application/json").body("{")
}

fn guarded() -> impl Iterator<Item = Route> {
    route_table().into_iter().filter(|route| route.access == Access::Token)
}

#[test]
fn only_these_routes_are_public() {
    let public = route_table().into_iter().filter(|route| route.access == Access::Public);
    let public: Vec<_> = public.map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(
        public,
        [
            "POST /api/auth/signup", "POST /api/auth/signin", "GET /api/auth/options",
            "POST /api/auth/machine", "POST /api/auth/refresh", "GET /health", "GET /health/ready",
            "GET /health/detailed", "GET /metrics", "GET /openapi.json", "GET /docs/errors",
        ]
    );
    let document: Value =
        serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().keys());
    let methods = ["get", "post", "put", "patch", "delete"];
    let documented = operations.filter(|key| methods.contains(&key.as_str()));
    assert_eq!(route_table().len(), documented.count());
}

#[tokio::test]
async fn every_other_route_rejects_a_request_without_a_token_before_it_looks_at_anything_else() {
    let client = Mocks::default().serve();
    for route in guarded() {
        let answer = Answer::of(request(&client, &route, "me")).await;
        assert_eq!(answer.problem(), (401, "missing_token"), "{route:?}");
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="todo""#));
    }
}

#[tokio::test]
async fn every_other_route_rejects_a_foreign_token_and_one_whose_user_is_gone() {
    let client = Mocks::default().serve();
    let seconds = now().as_microsecond() / 1_000_000;
    let claims = json!({ "sub": "1", "exp": seconds + 60 });
    let foreign = signed(&claims, "the secret of somebody else, quite another");
    for token in [foreign, token_of(3), "x".to_owned()] {
        for route in guarded() {
            let request = request(&client, &route, "me").bearer_auth(&token);
            let answer = Answer::of(request).await;
            assert_eq!(answer.problem(), (401, "invalid_token"), "{route:?}");
            let challenge = r#"Bearer realm="todo", error="invalid_token""#;
            assert_eq!(answer.header("www-authenticate"), Some(challenge));
        }
    }
}

#[tokio::test]
async fn every_route_of_a_user_rejects_everybody_else() {
    let client = Mocks::default().serve();
    let of_a_user = guarded().filter(|route| route.path.contains("{user_id}"));
    for route in of_a_user {
        for named in ["1", "3", "0", "-2", "+2", "02", "2.0", "ada", "auth", "ME", "%20me"] {
            let request = request(&client, &route, named).bearer_auth(token_of(2));
            assert_eq!(
                Answer::of(request).await.problem(),
                (403, "forbidden"),
                "{route:?} {named}"
            );
        }
    }
}

#[tokio::test]
async fn a_user_is_named_by_number_or_as_me() {
    let client = Mocks::default().serve();
    for named in ["1", "me", "%6De"] {
        // A malformed number of a task is beyond authorisation already.
        let answer = client.get(&format!("/api/{named}/tasks/x")).await;
        assert_eq!(answer.problem(), (404, "task_not_found"), "{named}");
    }
}

#[tokio::test]
async fn a_token_comes_alone_and_under_its_scheme() {
    let client = Mocks::default().serve();
    let get = || client.anonymous(Method::GET, "/api/auth/me");
    let token = token_of(1);
    let lower = Answer::of(get().header("authorization", format!("bearer {token}"))).await;
    assert_eq!(lower.status, 200);
    for other in [format!("Basic {token}"), token.clone(), "Bearer".to_owned(), String::new()] {
        let answer = Answer::of(get().header("authorization", &other)).await;
        assert_eq!(answer.problem(), (401, "missing_token"), "{other}");
    }
    let twice = get().bearer_auth(&token).bearer_auth(&token);
    assert_eq!(Answer::of(twice).await.problem(), (401, "invalid_token"));
}
