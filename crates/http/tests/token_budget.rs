//! How many of the provider's tokens a user may spend in a day.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use serde_json::json;
use todo_domain::TokenBudget;
use todo_testkit::{
    clock::FixedClock,
    model::{ScriptedModel, say},
    on_both_stores,
};

on_both_stores! {
    async fn whoever_has_spent_the_tokens_of_the_day_is_told_when_there_are_more(app) {
        // Each answer costs 15 tokens.
        let clock = FixedClock::at("2026-11-28T23:50:00Z");
        let model = ScriptedModel::new([say("One."), say("Two."), say("Three."), say("Four.")]);
        let app = app.model(model.clone()).clock(clock.clone());
        let app = app.token_budget(TokenBudget::new(30).unwrap()).start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        ada.say("hello").await;
        ada.say("hello").await;

        let message = json!({ "message": "hello" });
        let refused = ada.post("/api/me/chat", &message).await;
        assert_eq!(refused.header("retry-after"), "600");
        let problem = refused.expect_problem(429, "budget_spent");
        assert!(problem["detail"].as_str().unwrap().contains("30 tokens"), "{problem}");
        assert_eq!(model.times_asked(), 2, "nobody was asked");
        let conversations = ada.get("/api/me/conversations").await.expect(200);
        assert_eq!(conversations.as_array().unwrap().len(), 2, "nothing was stored");
        ada.add_task(&json!({ "title": "buy milk" })).await;
        ben.say("hello").await;

        // Another time zone is no other day.
        ada.patch("/api/auth/me", &json!({ "timezone": "Pacific/Auckland" })).await.expect(200);
        ada.post("/api/me/chat", &message).await.expect_problem(429, "budget_spent");
        clock.advance(Duration::from_secs(600));
        ada.say("hello").await;
    }

    async fn deleting_conversations_brings_no_tokens_back(app) {
        let app = app.model(ScriptedModel::new([say("One.")]));
        let app = app.token_budget(TokenBudget::new(15).unwrap()).start().await;
        let ada = app.sign_up("ada").await;
        let said = ada.say("hello").await;
        let id = said["conversation_id"].as_str().unwrap();
        ada.delete(&format!("/api/me/conversations/{id}")).await.expect(204);
        let message = json!({ "message": "hello" });
        ada.post("/api/me/chat", &message).await.expect_problem(429, "budget_spent");
    }
}
