//! What a user took of models, and what it costs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use serde_json::{Value, json};
use todo_domain::{ModelPrices, TokenBudget};
use todo_testkit::{
    app::Visitor,
    clock::FixedClock,
    model::{ScriptedModel, call, say},
    on_both_stores,
};

/// An answer of the scripted model is this many tokens; so are its calls of tools.
const ANSWER: (u64, u64) = (10, 5);

fn prices(text: &str) -> ModelPrices {
    ModelPrices::from_iter([("script-1".to_owned(), text.parse().unwrap())])
}

async fn usage(of: &Visitor, query: &str) -> Value {
    of.get(&format!("/api/me/usage{query}")).await.expect(200)
}

fn sum(calls: u64, cost: Option<&str>) -> Value {
    let (read, written) = ANSWER;
    json!({
        "calls": calls,
        "input_tokens": calls * read,
        "output_tokens": calls * written,
        "cost_usd": cost,
    })
}

on_both_stores! {
    async fn a_user_sees_what_each_day_took_and_cost(app) {
        let clock = FixedClock::at("2026-11-28T23:59:00Z");
        let add = call([("add_task", json!({ "title": "milk" }))]);
        let model = ScriptedModel::new([add, say("Added."), say("Hello.")]);
        let app = app.model(model).clock(clock.clone()).prices(prices("0.15/0.60")).start().await;
        let ada = app.sign_up("ada").await;
        ada.say("add milk").await;
        clock.advance(Duration::from_secs(60));
        ada.say("hello").await;

        let told = usage(&ada, "?from=2026-11-27").await;
        // 10 x 0.15 + 5 x 0.60 = 4.5 millionths of a dollar for each answer.
        assert_eq!(told["total"], sum(3, Some("0.0000135")));
        let days = told["days"].as_array().unwrap();
        let day = |place: usize| days[place]["day"].as_str().unwrap();
        assert_eq!(days.len(), 3);
        assert_eq!([day(0), day(1), day(2)], ["2026-11-27", "2026-11-28", "2026-11-29"]);
        assert_eq!(days[0]["models"], json!([]));
        assert_eq!((&days[0]["calls"], &days[0]["cost_usd"]), (&json!(0), &json!("0")));
        assert_eq!((&days[1]["calls"], &days[1]["cost_usd"]), (&json!(2), &json!("0.000009")));
        let mut of_the_model = sum(1, Some("0.0000045"));
        of_the_model["engine"] = json!("scripted");
        of_the_model["model"] = json!("script-1");
        assert_eq!(days[2]["models"], json!([of_the_model]));
        assert_eq!(told["budget"], Value::Null);
    }

    async fn without_wishes_there_are_thirty_days_up_to_today_in_utc(app) {
        // In Berlin it is the next day already.
        let app = app.clock(FixedClock::at("2026-11-28T23:30:00Z")).start().await;
        let ada = app.sign_up("ada").await;
        ada.patch("/api/auth/me", &json!({ "timezone": "Europe/Berlin" })).await.expect(200);
        let told = usage(&ada, "").await;
        let days = told["days"].as_array().unwrap();
        assert_eq!((days.len(), days[29]["day"].as_str()), (30, Some("2026-11-28")));
        let told = usage(&ada, "?from=2026-08-29&to=2026-11-28").await;
        assert_eq!(told["days"].as_array().unwrap().len(), 92);
        assert_eq!(usage(&ada, "?to=2020-01-01").await["days"][0]["day"], "2019-12-03");
    }

    async fn the_offline_assistant_costs_nothing(app) {
        let offline = app.start().await;
        let ada = offline.sign_up("ada").await;
        ada.say("add milk").await;
        let total = &usage(&ada, "").await["total"];
        assert_eq!((&total["input_tokens"], &total["cost_usd"]), (&json!(0), &json!("0")));
        assert_eq!(total["calls"], 2);
    }

    async fn without_a_price_tokens_are_told_and_the_cost_is_not(app) {
        let app = app.model(ScriptedModel::new([say("Hello.")])).start().await;
        let ada = app.sign_up("ada").await;
        ada.say("hello").await;
        assert_eq!(usage(&ada, "").await["total"], sum(1, None));
    }

    async fn a_turn_that_fails_after_a_step_is_paid_for(app) {
        let looks = || call([("list_tasks", json!({}))]);
        let model = ScriptedModel::new((0..7).map(|_| looks()));
        let app = app.model(model).prices(prices("1/0")).start().await;
        let ada = app.sign_up("ada").await;
        let message = json!({ "message": "look, and look again" });
        ada.post("/api/me/chat", &message).await.expect_problem(502, "turn_step_limit");
        assert_eq!(usage(&ada, "").await["total"], sum(7, Some("0.00007")));
        // Deleting what was said brings nothing back.
        let conversations = ada.get("/api/me/conversations").await.expect(200);
        let id = conversations[0]["id"].as_str().unwrap();
        ada.delete(&format!("/api/me/conversations/{id}")).await.expect(204);
        assert_eq!(usage(&ada, "").await["total"], sum(7, Some("0.00007")));
    }

    async fn the_budget_of_today_is_told_with_what_is_spent_of_it(app) {
        let clock = FixedClock::at("2026-11-28T12:00:00Z");
        let model = ScriptedModel::new([say("One."), say("Two.")]);
        let app = app.model(model).clock(clock.clone());
        let app = app.token_budget(TokenBudget::new(100).unwrap()).start().await;
        let ada = app.sign_up("ada").await;
        ada.say("hello").await;
        let budget = |spent: u64, resets_at: &str| {
            json!({ "limit": 100, "spent": spent, "resets_at": resets_at })
        };
        // Whichever days are asked for.
        let told = usage(&ada, "?from=2026-01-01&to=2026-01-31").await;
        assert_eq!(told["budget"], budget(15, "2026-11-29T00:00:00.000000Z"));
        assert_eq!(told["total"]["calls"], 0);
        clock.advance(Duration::from_secs(12 * 60 * 60));
        assert_eq!(usage(&ada, "").await["budget"], budget(0, "2026-11-30T00:00:00.000000Z"));
    }

    async fn nobody_sees_what_another_took(app) {
        let app = app.model(ScriptedModel::endless(say("Hello."))).start().await;
        let (ada, eve) = (app.sign_up("ada").await, app.sign_up("eve").await);
        ada.say("hello").await;
        eve.get(&format!("/api/{}/usage", ada.id)).await.expect_problem(403, "forbidden");
        app.stranger().get("/api/me/usage").await.expect_problem(401, "missing_token");
        assert_eq!(usage(&eve, "").await["total"]["calls"], 0);
    }

    async fn days_that_are_none_or_too_many_are_refused_by_name(app) {
        let app = app.clock(FixedClock::at("2026-11-28T12:00:00Z")).start().await;
        let ada = app.sign_up("ada").await;
        for (query, field) in [
            ("from=yesterday", "from"),
            ("to=2026-02-30", "to"),
            ("to=2026-11-28T00:00:00Z", "to"),
            ("from=", "from"),
            ("from=2026-11-28&to=2026-11-27", "from"),
            ("from=2026-11-29", "from"),
            ("from=2026-08-28", "from"),
            ("from=2020-01-01&to=2026-01-01", "from"),
            ("day=2026-11-28", "day"),
        ] {
            ada.get(&format!("/api/me/usage?{query}")).await.expect_invalid(field);
        }
        let both = ada.get("/api/me/usage?from=x&to=y").await;
        let problem = both.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
        let long = ada.get("/api/me/usage?from=2026-08-28").await.expect(422);
        let message = long["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("92 days") && message.contains("2026-11-28"), "{message}");
    }
}
