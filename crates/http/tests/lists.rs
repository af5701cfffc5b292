//! Pages of tasks, conversations and messages.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use serde_json::{Value, json};
use todo_testkit::{
    app::Visitor,
    clock::FixedClock,
    model::{ScriptedModel, say},
    on_both_stores,
};

/// Follows `Link: …; rel="next"` to the end.
async fn all_pages(user: &Visitor, first: &str) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut next = Some(first.to_owned());
    while let Some(path) = next {
        let answer = user.get(&path).await;
        next = answer.next_page();
        pages.push(answer.expect(200).as_array().unwrap().clone());
        assert!(pages.len() < 50, "pages without end");
    }
    pages
}

on_both_stores! {
    async fn every_order_of_tasks_is_complete_without_repetition(app) {
        let clock = FixedClock::at("2026-11-22T09:00:00Z");
        let app = app.clock(clock.clone()).start().await;
        let ada = app.sign_up("ada").await;
        let priorities = ["low", "medium", "high"];
        for n in 0..23 {
            let due = (n % 4 > 0).then(|| format!("2026-12-{:02}", 1 + n % 7));
            ada.add_task(&json!({ "title": format!("t{n}"), "priority": priorities[n % 3], "due": due })).await;
            clock.advance(Duration::from_secs((n % 2) as u64));
        }
        for (sort, key) in [("created_at", "created_at"), ("updated_at", "updated_at"), ("due", "due"), ("priority", "priority")] {
            let mut ids = Vec::new();
            for sort in [sort.to_owned(), format!("-{sort}")] {
                let pages = all_pages(&ada, &format!("/api/me/tasks?sort={sort}&limit=5")).await;
                assert_eq!(pages.len(), 5, "{sort}");
                let tasks = pages.concat();
                let mut seen: Vec<_> = tasks.iter().map(|task| task["id"].as_i64().unwrap()).collect();
                ids.push(seen.clone());
                seen.sort_unstable();
                assert_eq!(seen, (1..=23).collect::<Vec<_>>(), "{sort}");
                let dues: Vec<_> = tasks.iter().map(|task| task[key].is_null()).collect();
                assert!(dues.is_sorted(), "{sort}: what has no due date comes last");
            }
            if key != "due" {
                ids[1].reverse();
                assert_eq!(ids[0], ids[1], "{sort}");
            }
        }
    }

    async fn filters_combine(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for (title, priority, due) in [("a", "high", "2026-12-01"), ("b", "high", "2026-12-02"), ("c", "low", "2026-12-02"), ("d", "high", "2026-12-03T10:00:00Z")] {
            ada.add_task(&json!({ "title": title, "priority": priority, "due": due })).await;
        }
        ada.post("/api/me/tasks/1/complete", &json!({})).await.expect(200);
        let titles = async |query: &str| {
            let tasks = ada.get(&format!("/api/me/tasks?{query}")).await.expect(200);
            tasks.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect::<String>()
        };
        assert_eq!(titles("").await, "dcba");
        assert_eq!(titles("sort=created_at").await, "abcd");
        assert_eq!(titles("status=pending&priority=high").await, "db");
        assert_eq!(titles("due_after=2026-12-02&due_before=2026-12-02").await, "cb");
        assert_eq!(titles("due_after=2026-12-03").await, "d");
        assert_eq!(titles("q=A").await, "a");
    }

    async fn conversations_come_latest_first_without_messages_and_a_rename_is_kept(app) {
        let clock = FixedClock::at("2026-11-22T09:00:00Z");
        let app = app.clock(clock.clone()).model(ScriptedModel::endless(say("ok"))).start().await;
        let ada = app.sign_up("ada").await;
        let mut ids = Vec::new();
        for n in 0..7 {
            ids.push(ada.say(&format!("talk {n}")).await["conversation_id"].as_str().unwrap().to_owned());
            clock.advance(Duration::from_secs(1));
        }
        let renamed = ada.patch(&format!("/api/me/conversations/{}", ids[3]), &json!({ "title": " Plans " })).await.expect(200);
        assert_eq!(renamed["title"], "Plans");
        clock.advance(Duration::from_secs(1));
        ada.post("/api/me/chat", &json!({ "message": "more", "conversation_id": ids[0] })).await.expect(200);
        let all = all_pages(&ada, "/api/me/conversations?limit=3").await.concat();
        let order: Vec<_> = all.iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(order, [0, 3, 6, 5, 4, 2, 1].map(|n: usize| ids[n].clone()));
        assert!(all.iter().all(|c| c.get("messages").is_none()));
        assert_eq!(all[1]["title"], "Plans");
    }

    async fn a_long_conversation_opens_with_its_latest_fifty_and_pages_back_to_its_first(app) {
        let app = app.model(ScriptedModel::endless(say("ok"))).start().await;
        let ada = app.sign_up("ada").await;
        let id = ada.say("message 0").await["conversation_id"].clone();
        for n in 1..30 {
            ada.post("/api/me/chat", &json!({ "message": format!("message {n}"), "conversation_id": id })).await.expect(200);
        }
        let path = format!("/api/me/conversations/{}", id.as_str().unwrap());
        let open = ada.get(&path).await.expect(200);
        let shown = open["messages"].as_array().unwrap();
        assert_eq!((shown.len(), &shown[0]["content"], &shown[48]["content"]), (50, &json!("message 5"), &json!("message 29")));
        let pages = all_pages(&ada, &format!("{path}/messages?limit=25")).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 10]);
        assert_eq!(pages[2][9]["content"], "message 0");
    }

    async fn a_task_made_while_somebody_pages_is_neither_skipped_nor_shown_twice(app) {
        let app = app.start().await;
        let ada = app.sign_up("ada").await;
        for n in 0..10 {
            ada.add_task(&json!({ "title": format!("t{n}") })).await;
        }
        let first = ada.get("/api/me/tasks?limit=5").await;
        let next = first.next_page().unwrap();
        let mut ids: Vec<_> = first.expect(200).as_array().unwrap().iter().map(|t| t["id"].as_i64().unwrap()).collect();
        ada.add_task(&json!({ "title": "late" })).await;
        for page in all_pages(&ada, &next).await {
            ids.extend(page.iter().map(|t| t["id"].as_i64().unwrap()));
        }
        assert_eq!(ids, (1..=10).rev().collect::<Vec<_>>());
    }
}
