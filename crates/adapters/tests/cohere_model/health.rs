//! How Cohere is.

use todo_domain::ports::{ModelCondition, ModelHealth};

use super::{fixture::*, server::*};

const MODEL: &str = r#"{"name":"command-a-03-2025","endpoints":["chat"],"finetuned":false,
    "context_length":288000,"config":{"large":["and","internal"]}}"#;

async fn probe(scene: Scene) -> ModelCondition {
    let server = Server::start([scene]).await;
    let report = model(&server).probe().await;
    assert_eq!(server.calls(), 1, "{report:?}");
    assert_eq!(server.received()[0].line, "GET /v1/models/command-a-03-2025 HTTP/1.1");
    report.condition
}

#[tokio::test]
async fn each_way_not_to_be_well_has_a_name() {
    for (scene, condition) in [
        (status(200, MODEL), ModelCondition::Ready),
        (status(401, message("invalid api token")), ModelCondition::AuthRefused),
        (
            status(402, message("Please add or update your payment method")),
            ModelCondition::PaymentDue,
        ),
        (status(404, message("model not found")), ModelCondition::ModelNotFound),
        (status(200, r#"{"endpoints":["embed"]}"#), ModelCondition::ModelNotFound),
        (status(429, message("limited to 1000 API calls / month")), ModelCondition::QuotaExhausted),
        (status(429, message("per minute")), ModelCondition::RateLimited),
        (status(503, "upstream connect error"), ModelCondition::Unavailable),
        (status(200, "<html>Sign in to this network</html>"), ModelCondition::Unavailable),
        (nothing_but(Step::Hang), ModelCondition::Unavailable),
        (nothing_but(Step::Cut), ModelCondition::Unavailable),
    ] {
        assert_eq!(probe(scene.clone()).await, condition, "{scene:?}");
    }
}

#[tokio::test]
async fn a_deprecated_model_is_healthy_but_the_operator_learns_of_it() {
    let server =
        Server::start([status(200, r#"{"endpoints":["chat"],"is_deprecated":true}"#)]).await;
    let report = model(&server).check().await;
    assert_eq!(report.condition, ModelCondition::Ready);
    assert!(report.detail.contains("deprecated"));
}

#[tokio::test]
async fn a_key_is_checked_on_its_own() {
    for (scene, condition) in [
        (status(200, r#"{"valid":true,"organization_id":"o"}"#), ModelCondition::Ready),
        (status(200, r#"{"valid":false}"#), ModelCondition::AuthRefused),
        (status(401, message("invalid api token")), ModelCondition::AuthRefused),
        (status(500, ""), ModelCondition::Unavailable),
    ] {
        let server = Server::start([scene]).await;
        assert_eq!(model(&server).check_api_key().await.condition, condition);
        assert_eq!(server.received()[0].line, "POST /v1/check-api-key HTTP/1.1");
    }
}
