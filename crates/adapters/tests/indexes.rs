//! With 100,000 rows of everything, no list and no lookup reads more than it shows.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use todo_contract::{LEASE, Stores, call, number, tags, titled};
use todo_domain::{
    ConversationId, PageLimit, SearchText, TaskAction, TaskChange, TaskFilter, TaskOutcome,
    TaskQuery, TaskRefusal, TaskStatus, Total, TurnFence, TurnId, UsageSpan, UserId, UserLimit,
    UserLimits,
    ports::{BeginOutcome, ConversationRef},
};
use todo_testkit::database::TestDatabase;
use tokio_postgres::Client;
use uuid::Uuid;

/// 2,000 users, of whom 20 have 5,000 tasks and 5,000 conversations each, and 100 messages in 50 of
/// these. Foreign keys hold by construction and are not checked row by row.
const ROWS: &str = "
    SET session_replication_role = replica;
    INSERT INTO users (email, name, password_hash, time_zone, last_task_number, created_at, updated_at)
        SELECT 'user' || n || '@example.org', 'Ada', 'x', 'UTC', 5000, now(), now()
        FROM generate_series(1, 2000) n;
    INSERT INTO tasks (user_id, id, title, priority, status, due_day, due_at, search_text, version,
                       created_at, updated_at, completed_at, tags)
        SELECT u, n, 'task ' || n, n % 3, (n % 10 = 0)::int,
               CASE WHEN n % 4 > 0 THEN DATE '2026-01-01' + n % 400 END,
               CASE WHEN n % 4 > 1 THEN TIMESTAMPTZ '2026-01-01' + n % 400 * INTERVAL '25 hours' END,
               'task ' || n || chr(31), 1, TIMESTAMPTZ '2026-01-01' + n * INTERVAL '1 minute',
               TIMESTAMPTZ '2026-02-01' + n * INTERVAL '1 minute',
               CASE WHEN n % 10 = 0 THEN TIMESTAMPTZ '2026-02-01' END,
               ',tag' || n % 50 || ','
        FROM generate_series(1, 20) u, generate_series(1, 5000) n;
    INSERT INTO conversations (user_id, id, title, last_message_seq, created_at, updated_at)
        SELECT u, lpad(to_hex(n), 32, '0')::uuid, 'talk', 100, TIMESTAMPTZ '2026-01-01',
               TIMESTAMPTZ '2026-01-01' + n * INTERVAL '1 minute'
        FROM generate_series(1, 20) u, generate_series(1, 5000) n;
    INSERT INTO turns (user_id, id, conversation_id, status, attempt, lease_until, started_at, finished_at)
        SELECT user_id, id, id, 'completed', 1, now(), now(), now() FROM conversations;
    INSERT INTO actions (user_id, id, turn_id, attempt, step, expires_at, time_zone, calls, decision)
        SELECT user_id, id, id, 1, 1, now(), 'UTC', '[]', 'closed' FROM turns;
    INSERT INTO partial_answers (user_id, turn_id, body) SELECT user_id, id, 'I will ' FROM turns;
    INSERT INTO messages (user_id, conversation_id, seq, id, role, body, turn_id, created_at)
        SELECT u, lpad(to_hex(c * 50), 32, '0')::uuid, n,
               lpad(to_hex(c * 1000 + n), 32, '0')::uuid,
               CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END, 'words',
               lpad(to_hex(c * 50), 32, '0')::uuid, TIMESTAMPTZ '2026-01-01' + n * INTERVAL '1 minute'
        FROM generate_series(1, 20) u, generate_series(1, 50) c, generate_series(1, 100) n;
    INSERT INTO model_usage (user_id, day, engine, model, calls, input_tokens, output_tokens)
        SELECT u, DATE '2026-01-01' + n, 'cohere', 'model ' || m, 5, 1500, 100
        FROM generate_series(1, 500) u, generate_series(1, 100) n, generate_series(1, 2) m;
";

async fn large() -> (TestDatabase, Client) {
    let place = TestDatabase::postgres().await;
    let client = place.client().await;
    client.batch_execute(ROWS).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    (place, client)
}

fn ada() -> UserId {
    UserId::new(7).unwrap()
}

/// One that has messages.
fn talk() -> Uuid {
    Uuid::from_u128(50)
}

/// How often each index was read, and each table without one.
async fn reads(client: &Client) -> BTreeSet<(String, i64)> {
    let query = "SELECT indexrelname::text, idx_scan FROM pg_stat_user_indexes
        UNION ALL SELECT 'all of ' || relname, seq_scan FROM pg_stat_user_tables
        WHERE relname <> '__diesel_schema_migrations'";
    client.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
    let rows = client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Which indexes some work reads, through connections of its own: they tell when they close.
async fn used(
    place: &TestDatabase,
    client: &Client,
    work: impl AsyncFnOnce(Stores),
) -> BTreeSet<String> {
    let before = reads(client).await;
    let database = place.open().await;
    work(Stores::of(database.stores())).await;
    database.close();
    let others = "SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while !client.query(others, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let after = reads(client).await;
    after.difference(&before).map(|(name, _)| name.clone()).collect()
}

/// A list in some order, from its beginning and from somewhere in its middle.
async fn list(stores: &Stores, sort: &str, filter: TaskFilter) {
    let limit = PageLimit::new(50).unwrap();
    let query = TaskQuery {
        filter,
        sort: sort.parse().unwrap(),
        limit,
        after: None,
        total: Total::Counted,
        zone: "America/Bogota".parse().unwrap(),
    };
    let first = stores.list(ada(), query.clone()).await;
    stores.list(ada(), TaskQuery { after: first.next, ..query }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn among_100_000_rows_every_query_finds_its_index() {
    let (place, client) = large().await;
    task_lists_use_an_index_for_each_order(&place, &client).await;
    lists_by_due_date_read_days_and_instants_in_order(&place, &client).await;
    tags_are_looked_for_among_the_users_own_tasks(&place, &client).await;
    tasks_are_found_by_their_key(&place, &client).await;
    conversations_and_messages_are_listed_by_index(&place, &client).await;
    a_search_reads_nobody_elses_messages(&place, &client).await;
    a_new_task_in_a_long_list_is_counted_by_index(&place, &client).await;
    usage_is_read_by_its_key(&place, &client).await;
    operators_read_by_day_and_the_turns_that_run(&place, &client).await;
    turns_scan_no_large_table(&place, &client).await;
    running_turns_are_found_by_their_index(&place, &client).await;
    the_indexes_of_the_deployment_guide_are_there_and_used(&client).await;
}

async fn task_lists_use_an_index_for_each_order(place: &TestDatabase, client: &Client) {
    for (sort, index) in [
        ("created_at", "tasks_by_creation"),
        ("-created_at", "tasks_by_creation"),
        ("updated_at", "tasks_by_update"),
        ("-updated_at", "tasks_by_update"),
        ("due", "tasks_by_first_day"),
        ("-due", "tasks_by_last_day"),
        ("priority", "tasks_by_priority"),
        ("-priority", "tasks_by_priority"),
    ] {
        let used = used(place, client, async |stores| {
            list(&stores, sort, TaskFilter::default()).await;
        })
        .await;
        assert!(used.contains(index), "{sort}: {used:?}");
        assert!(!used.contains("all of tasks"), "{sort}: {used:?}");
    }
    let status = Some(TaskStatus::Completed);
    let done = TaskFilter { status, ..TaskFilter::default() };
    let used_by_done = used(place, client, async |stores| {
        list(&stores, "-created_at", done).await;
    })
    .await;
    assert_eq!(used_by_done, ["tasks_by_status".to_owned()].into());
}

/// Days and instants each by an index in their order, also where few of them are asked for.
async fn lists_by_due_date_read_days_and_instants_in_order(place: &TestDatabase, client: &Client) {
    let day = "2026-06-15".parse().ok();
    let on_a_day = TaskFilter { due_after: day, due_before: day, ..TaskFilter::default() };
    let overdue = TaskFilter { overdue: true, ..TaskFilter::default() };
    for filter in [TaskFilter::default(), on_a_day, overdue] {
        for (sort, days) in [("due", "tasks_by_first_day"), ("-due", "tasks_by_last_day")] {
            let used = used(place, client, async |stores| {
                let query = TaskQuery {
                    filter: filter.clone(),
                    sort: sort.parse().unwrap(),
                    zone: "America/Bogota".parse().unwrap(),
                    ..TaskQuery::default()
                };
                stores.list(ada(), query).await;
            })
            .await;
            let expected = [days.to_owned(), "tasks_by_due_time".to_owned()];
            assert_eq!(used, expected.into(), "{sort} {filter:?}");
        }
    }
}

async fn tags_are_looked_for_among_the_users_own_tasks(place: &TestDatabase, client: &Client) {
    let filter = TaskFilter { tags: tags("tag7"), ..TaskFilter::default() };
    let used = used(place, client, async |stores| {
        list(&stores, "-created_at", filter).await;
        assert_eq!(stores.tasks.tags(ada()).await.unwrap().len(), 50);
    })
    .await;
    assert!(!used.contains("all of tasks"), "{used:?}");
}

async fn tasks_are_found_by_their_key(place: &TestDatabase, client: &Client) {
    let one = used(place, client, async |stores| {
        stores.get(ada(), number(4711)).await;
        stores.act(ada(), number(4711), TaskAction::Complete).await;
    })
    .await;
    assert_eq!(one, ["tasks_pkey".to_owned(), "users_pkey".to_owned()].into());
}

async fn conversations_and_messages_are_listed_by_index(place: &TestDatabase, client: &Client) {
    let conversations = used(place, client, async |stores| {
        let limit = PageLimit::default();
        let page = stores.conversations.list(ada(), limit, None).await.unwrap();
        stores.conversations.list(ada(), limit, page.next).await.unwrap();
    })
    .await;
    assert_eq!(conversations, ["conversations_by_update".to_owned()].into());

    let messages = used(place, client, async |stores| {
        let (id, limit) = (ConversationId::new(talk()), PageLimit::default());
        let open = stores.conversations.open(ada(), id, limit).await.unwrap().unwrap();
        assert_eq!(open.1.messages.len(), 50);
        stores.conversations.messages(ada(), id, limit, open.1.next).await.unwrap();
    })
    .await;
    assert_eq!(messages, ["conversations_pkey".to_owned(), "messages_pkey".to_owned()].into());
}

async fn a_search_reads_nobody_elses_messages(place: &TestDatabase, client: &Client) {
    // In every message, in some, in none.
    for (said, found) in [("words", 50), ("talk", 50), ("taxes", 0)] {
        let used = used(place, client, async |stores| {
            let (text, limit) = (SearchText::new(said).unwrap(), PageLimit::default());
            let page = stores.conversations.search(ada(), text, limit, None).await.unwrap();
            assert_eq!(page.conversations.len(), found, "{said}");
        })
        .await;
        assert!(!used.iter().any(|name| name.starts_with("all of")), "{said}: {used:?}");
    }
}

async fn a_new_task_in_a_long_list_is_counted_by_index(place: &TestDatabase, client: &Client) {
    let full = used(place, client, async |_| {
        let limit = |things| UserLimit::new(things).unwrap();
        let few = UserLimits { tasks: limit(5_000), conversations: limit(5_000) };
        let stores = Stores::of(place.open_holding(few).await.stores());
        let outcome = stores.change(ada(), TaskChange::Create(titled("milk"))).await;
        assert_eq!(outcome, TaskOutcome::Refused(TaskRefusal::LimitReached { max: few.tasks }));
        let new = ConversationRef::New(ConversationId::new(todo_contract::uuid()));
        let refused = stores.say(ada(), new, "hello", LEASE).await;
        assert!(matches!(refused, BeginOutcome::ConversationLimitReached { .. }), "{refused:?}");
    })
    .await;
    assert!(!full.iter().any(|name| name.starts_with("all of")), "{full:?}");
}

async fn usage_is_read_by_its_key(place: &TestDatabase, client: &Client) {
    let used = used(place, client, async |stores| {
        let last = "2026-04-02".parse().unwrap();
        let span = UsageSpan::new("2026-01-01".parse().ok(), None, last).unwrap();
        assert_eq!(stores.usage.usage(ada(), span).await.unwrap().len(), 2 * 91);
    })
    .await;
    assert_eq!(used, ["model_usage_pkey".to_owned()].into());
}

async fn operators_read_by_day_and_the_turns_that_run(place: &TestDatabase, client: &Client) {
    let used = used(place, client, async |stores| {
        let span = UsageSpan::day("2026-01-02".parse().unwrap());
        let taken = stores.oversight.usage_of_all(span).await.unwrap();
        assert_eq!(taken.iter().map(|daily| daily.usage.calls).collect::<Vec<_>>(), [2500, 2500]);
        assert_eq!(stores.oversight.running_turns(100).await.unwrap(), []);
    })
    .await;
    let expected = ["model_usage_by_day".to_owned(), "turns_one_running".to_owned()];
    assert_eq!(used, expected.into());
}

async fn turns_scan_no_large_table(place: &TestDatabase, client: &Client) {
    let turn = used(place, client, async |stores| {
        let conversation = ConversationRef::Existing(ConversationId::new(talk()));
        let begun = stores.say(ada(), conversation, "hello", LEASE).await;
        let BeginOutcome::Begun(turn) = begun else { panic!("{begun:?}") };
        assert_eq!(turn.history.len(), 20);
        let create = TaskChange::Create(titled("milk"));
        stores.recorded(&turn, 1, vec![call(create)]).await;
        stores.finish(&turn, "Done.").await;
        stores.turns.turn(ada(), TurnId::new(talk())).await.unwrap();
    })
    .await;
    let scanned: Vec<_> = turn.iter().filter(|name| name.starts_with("all of")).collect();
    // The ledger is empty here, and reading nothing is quicker than any index.
    let small = ["all of effects", "all of tool_calls", "all of turn_steps"];
    assert!(scanned.iter().all(|name| small.contains(&name.as_str())), "{scanned:?}");
}

/// However many turns their users have had.
async fn running_turns_are_found_by_their_index(place: &TestDatabase, client: &Client) {
    let looked = used(place, client, async |stores| {
        let fence = TurnFence {
            user_id: ada(),
            conversation_id: ConversationId::new(talk()),
            turn_id: TurnId::new(talk()),
            attempt: 1,
        };
        assert_eq!(stores.turns.fenced_off(vec![fence]).await.unwrap(), [fence]);
    })
    .await;
    assert!(looked.contains("turns_one_running"), "{looked:?}");
    assert!(!looked.contains("turns_pkey") && !looked.contains("all of turns"), "{looked:?}");
}

/// The guide's own list (S43, S44, S45): an index by its definition, and a query that needs it. A
/// key's prefix counts as an index.
const GUIDE: [(&str, &str); 7] = [
    ("conversations USING btree (user_id, id", "SELECT id FROM conversations WHERE user_id = 7"),
    (
        "conversations USING btree (user_id, updated_at DESC",
        "SELECT * FROM conversations WHERE user_id = 7 ORDER BY updated_at DESC LIMIT 50",
    ),
    (
        "messages USING btree (user_id, conversation_id, seq",
        "SELECT * FROM messages
         WHERE user_id = 7 AND conversation_id = '00000000-0000-0000-0000-000000000032'
         ORDER BY seq DESC LIMIT 50",
    ),
    (
        "messages USING btree (user_id, conversation_id, created_at, seq",
        "SELECT * FROM messages
         WHERE user_id = 7 AND conversation_id = '00000000-0000-0000-0000-000000000032'
         ORDER BY created_at DESC, seq DESC LIMIT 50",
    ),
    (
        "tasks USING btree (user_id, id",
        "SELECT * FROM tasks WHERE user_id = 7 ORDER BY id LIMIT 50",
    ),
    (
        "tasks USING btree (user_id, status",
        "SELECT count(*) FROM tasks WHERE user_id = 7 AND status = 1",
    ),
    (
        "tasks USING btree (user_id, priority",
        "SELECT count(*) FROM tasks WHERE user_id = 7 AND priority = 2",
    ),
];

async fn the_indexes_of_the_deployment_guide_are_there_and_used(client: &Client) {
    for (definition, query) in GUIDE {
        let find = "SELECT indexname::text FROM pg_indexes WHERE strpos(indexdef, $1) > 0";
        let index: String = client.query_one(find, &[&definition]).await.unwrap().get(0);
        let plan = client.query(&format!("EXPLAIN {query}"), &[]).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(&index), "{definition}\n{query}\n{plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("Sort"), "{query}\n{plan}");
    }
}
