//! The endpoints beside chat, and what a trial key is told.

use serde_json::{Value, json};
use todo_testkit::cohere::Settings;

use crate::client::{Client, saying};

#[tokio::test]
async fn a_good_key_is_valid_and_a_bad_one_is_401() {
    let client =
        Client::with(Settings { api_key: Some("key".into()), ..Settings::default() }).await;
    let answer: Value =
        client.post("/v1/check-api-key").send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["valid"], true);
    assert!(answer["organization_id"].is_string() && answer["owner_id"].is_string());
    let bad = Client::with(Settings { api_key: Some("other".into()), ..Settings::default() }).await;
    assert_eq!(bad.post("/v1/check-api-key").send().await.unwrap().status(), 401);
    assert_eq!(bad.get("/v1/models").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_model_is_described_by_its_name() {
    let client = Client::new().await;
    let model = client.get("/v1/models/command-a-03-2025").send().await.unwrap();
    let model: Value = model.json().await.unwrap();
    assert_eq!(
        (&model["name"], &model["context_length"]),
        (&json!("command-a-03-2025"), &json!(288_000))
    );
    assert_eq!(model["endpoints"], json!(["chat"]));
    assert!(model["features"].as_array().unwrap().contains(&json!("tools")));
    for gone in ["command-r-plus", "gpt-4"] {
        let answer = client.get(&format!("/v1/models/{gone}")).send().await.unwrap();
        assert_eq!(answer.status(), 404);
        assert!(answer.text().await.unwrap().contains(gone));
    }
}

#[tokio::test]
async fn the_models_come_in_pages() {
    let client = Client::new().await;
    let (mut names, mut token) = (Vec::new(), Some(String::new()));
    while let Some(next) = token {
        let page = if next.is_empty() { next } else { format!("&page_token={next}") };
        let path = format!("/v1/models?endpoint=chat&page_size=4{page}");
        let page: Value = client.get(&path).send().await.unwrap().json().await.unwrap();
        let models = page["models"].as_array().unwrap();
        names.extend(models.iter().map(|model| model["name"].as_str().unwrap().to_owned()));
        token = page["next_page_token"].as_str().map(str::to_owned);
    }
    assert!(names.len() > 4 && names.contains(&"command-r7b-12-2024".to_owned()), "{names:?}");
    let embed = client.get("/v1/models?endpoint=embed").send().await.unwrap();
    assert_eq!(embed.json::<Value>().await.unwrap(), json!({ "models": [] }));
    for wrong in ["page_size=0", "page_size=1001", "page_size=x"] {
        let answer = client.get(&format!("/v1/models?{wrong}")).send().await.unwrap();
        assert_eq!(answer.status(), 400);
    }
}

#[tokio::test]
async fn a_trial_key_has_twenty_chats_a_minute_and_is_told_so() {
    let client = Client::with(Settings { trial: true, ..Settings::default() }).await;
    for remaining in (0..20).rev() {
        let response = client.chat(&saying("hello")).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-endpoint-monthly-call-limit"), "1000");
        assert_eq!(header("x-trial-endpoint-call-limit"), "20");
        assert_eq!(header("x-trial-endpoint-call-remaining"), remaining.to_string());
        assert_eq!(header("num_tokens"), "1");
    }
    let response = client.chat(&saying("hello")).await;
    assert_eq!(response.status(), 429);
    assert!(!response.headers().contains_key("x-trial-endpoint-call-remaining"));
    assert!(response.text().await.unwrap().contains("limited to 20 API calls / minute"));
    assert_eq!(client.get("/v1/models").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn another_path_is_not_found() {
    let client = Client::new().await;
    let response = client.post("/v1/chat").json(&saying("hello")).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert!(response.headers().contains_key("x-debug-trace-id"));
}
