//! Which day an instant is on: that of whoever reads, and what is overdue.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use reqwest::Method;
use serde_json::{Value, json};
use todo_testkit::{app::Visitor, clock::FixedClock, on_both_stores};

async fn lives_in(user: &Visitor, zone: &str) {
    user.patch("/api/auth/me", &json!({ "timezone": zone })).await.expect(200);
}

/// The numbers of the tasks of a list.
async fn listed(user: &Visitor, query: &str) -> Vec<i64> {
    let tasks = user.get(&format!("/api/me/tasks?{query}")).await.expect(200);
    tasks.as_array().unwrap().iter().map(|task| task["id"].as_i64().unwrap()).collect()
}

/// What the assistant answers.
async fn told(user: &Visitor, question: &str) -> String {
    user.say(question).await["message"].as_str().unwrap().to_owned()
}

async fn add(user: &Visitor, title: &str, due: &str) -> Value {
    user.add_task(&json!({ "title": title, "due": due })).await
}

on_both_stores! {
    async fn a_task_is_found_under_the_day_that_its_reader_sees(app) {
        let app = app.clock(FixedClock::at("2026-11-28T13:32:00Z")).start().await;
        let ada = app.sign_up("ada").await;
        lives_in(&ada, "America/Bogota").await;
        add(&ada, "call grandma", "2026-12-24T23:30").await;
        assert!(told(&ada, "what is due on december 24?").await.contains("call grandma"));
        assert_eq!(listed(&ada, "due_before=2026-12-24").await, [1]);
        lives_in(&ada, "Asia/Tokyo").await;
        assert!(!told(&ada, "what is due on december 24?").await.contains("call grandma"));
        let answer = told(&ada, "what is due on december 25?").await;
        assert!(answer.contains("call grandma (due Friday 25 December at 13:30)"), "{answer}");
        assert_eq!(listed(&ada, "due_after=2026-12-25").await, [1]);
        assert_eq!(listed(&ada, "due_after=2026-12-25&due_before=2026-12-25&sort=due").await, [1]);
        assert_eq!(listed(&ada, "due_before=2026-12-24").await, [0; 0]);
    }

    async fn what_is_due_today_has_what_is_due_at_a_time_today(app) {
        let app = app.clock(FixedClock::at("2026-11-28T10:00:00Z")).start().await;
        let ada = app.sign_up("ada").await;
        lives_in(&ada, "Pacific/Auckland").await;
        // It is the 28th, 23:00 there; at 11:46 of that day it was the 27th in UTC.
        add(&ada, "dentist", "2026-11-28T11:46").await;
        add(&ada, "bed", "2026-11-28T23:30").await;
        add(&ada, "breakfast", "2026-11-29T00:30").await;
        let answer = told(&ada, "what's due today?").await;
        assert!(answer.contains("dentist") && answer.contains("bed"), "{answer}");
        assert!(!answer.contains("breakfast"), "{answer}");
    }

    async fn the_time_zone_of_one_message_is_of_that_message_alone(app) {
        let app = app.clock(FixedClock::at("2026-11-28T13:32:00Z")).start().await;
        let ada = app.sign_up("ada").await;
        let add = json!({ "message": "add call on december 25 at 3:00am", "timezone": "Asia/Tokyo" });
        ada.post("/api/me/chat", &add).await.expect(200);
        assert_eq!(ada.tasks().await[0]["due"], "2026-12-24T18:00:00.000000Z");
        assert_eq!(listed(&ada, "due_after=2026-12-24&due_before=2026-12-24").await, [1]);
        assert!(told(&ada, "what is due on december 24?").await.contains("18:00"));
        let ask = |zone: &str| json!({ "message": "what is due on december 25?", "timezone": zone });
        let in_tokyo = ada.post("/api/me/chat", &ask("Asia/Tokyo")).await.expect(200);
        assert!(in_tokyo["message"].as_str().unwrap().contains("03:00"), "{in_tokyo}");
        let at_home = ada.post("/api/me/chat", &ask("UTC")).await.expect(200);
        assert!(!at_home["message"].as_str().unwrap().contains("call"), "{at_home}");
    }

    async fn overdue_begins_at_the_due_time_and_with_the_day_after(app) {
        let app = app.clock(FixedClock::at("2026-11-28T13:32:00Z")).start().await;
        let ada = app.sign_up("ada").await;
        lives_in(&ada, "Europe/Berlin").await;
        for (title, due) in [
            ("two hours ago", "2026-11-28T12:32"),
            ("today", "2026-11-28"),
            ("yesterday", "2026-11-27"),
            ("in an hour", "2026-11-28T15:32"),
            ("done", "2026-11-27"),
        ] {
            add(&ada, title, due).await;
        }
        ada.post("/api/me/tasks/5/complete", &json!({})).await.expect(200);
        assert_eq!(listed(&ada, "overdue=true&sort=due").await, [3, 1]);
        assert_eq!(listed(&ada, "overdue=true&due_after=2026-11-28").await, [1]);
        assert_eq!(listed(&ada, "overdue=true&status=completed").await, [0; 0]);
        assert_eq!(listed(&ada, "overdue=false").await, [5, 4, 3, 2, 1]);
        let answer = told(&ada, "what's overdue?").await;
        let expected = "You have 2 overdue tasks:\n\
                        - 3: yesterday (was due Friday 27 November)\n\
                        - 1: two hours ago (was due Saturday 28 November at 12:32)";
        assert_eq!(answer, expected);
        lives_in(&ada, "Pacific/Auckland").await;
        assert_eq!(listed(&ada, "overdue=true&sort=-due").await, [1, 2, 3]);
    }

    async fn what_is_due_at_the_same_moment_comes_by_number(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for due in ["2026-12-24T21:00:00+02:00", "2026-12-24T18:00:00Z", "2026-12-24T19:00:00Z", "2026-12-25T04:00:00+09:00", "2026-12-24T20:00:00+01:00"] {
            add(&ada, due, due).await;
        }
        for (sort, expected) in [("due", [2, 1, 3, 4, 5]), ("-due", [5, 4, 3, 1, 2])] {
            assert_eq!(listed(&ada, &format!("sort={sort}")).await, expected);
            let mut page = ada.get(&format!("/api/me/tasks?sort={sort}&limit=1")).await;
            for id in expected {
                let next = page.next_page();
                assert_eq!(page.expect(200)[0]["id"], id, "{sort}");
                let Some(next) = next else { break };
                page = ada.get(&next).await;
            }
        }
    }

    async fn an_imported_task_is_due_at_its_instant_whatever_day_is_said_beside_it(app) {
        let app = app.clock(FixedClock::at("2026-11-28T13:32:00Z")).start().await;
        let (ada, ben) = (app.sign_up("ada").await, app.sign_up("ben").await);
        lives_in(&ada, "Asia/Tokyo").await;
        add(&ada, "call grandma", "2026-12-25T13:30").await;
        let export = ada.get("/api/me/export").await.text;
        let file = export.replace(r#""due_day":"2026-12-25""#, r#""due_day":"2031-01-01""#);
        assert_ne!(file, export);
        let lines = [("content-type", "application/x-ndjson")];
        let import = ben.send(Method::POST, "/api/me/import", &lines, Some(file.into_bytes())).await;
        import.expect(200);
        assert_eq!(ben.tasks().await, ada.tasks().await);
        lives_in(&ben, "Asia/Tokyo").await;
        assert_eq!(listed(&ben, "due_after=2026-12-25&due_before=2026-12-25").await, [1]);
        assert_eq!(listed(&ben, "due_after=2026-12-26").await, [0; 0]);
        let answer = told(&ben, "what is due on december 25?").await;
        assert!(answer.contains("call grandma (due Friday 25 December at 13:30)"), "{answer}");
    }

    async fn pages_by_due_date_go_on_where_they_were_when_the_reader_moves(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for due in ["2026-12-24", "2026-12-24T08:00", "2026-12-24T20:00", "2026-12-25", "2026-12-26"] {
            add(&ada, due, due).await;
        }
        assert_eq!(listed(&ada, "sort=due").await, [1, 2, 3, 4, 5]);
        let first = ada.get("/api/me/tasks?sort=due&limit=2").await;
        let next = first.next_page().unwrap();
        lives_in(&ada, "Asia/Tokyo").await;
        let rest = ada.get(&next.replace("limit=2", "limit=9")).await.expect(200);
        let ids: Vec<_> = rest.as_array().unwrap().iter().map(|task| task["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, [4, 3, 5]);
    }
}
