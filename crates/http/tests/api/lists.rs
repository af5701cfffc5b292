//! Lists: filters, orders, pages.

use serde_json::json;
use todo_domain::{
    Conversation, ConversationCursor, ConversationId, ConversationTitle, Message, MessageCursor,
    PageLimit, Priority, Role, TaskFilter, TaskPage, TaskQuery, TaskSort, TaskStatus, Total,
    ports::{ConversationPage, MessagePage},
};

use crate::client::{Answer, Mocks, now, task, user, uuid};

/// The path and query of the next page.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let (path, rest) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
    assert_eq!(rest, "; rel=\"next\"");
    Some(path.to_owned())
}

#[tokio::test]
async fn a_list_without_parameters_is_the_newest_fifty() {
    let mut mocks = Mocks::default();
    mocks.tasks.expect_list().withf(|_, asked, _| *asked == TaskQuery::default()).returning(
        |_, _, _| Ok(TaskPage { tasks: vec![task(2), task(1)], total: None, next: None }),
    );
    let answer = mocks.serve().get("/api/me/tasks").await;
    let ids: Vec<_> = answer.body.as_array().unwrap().iter().map(|task| &task["id"]).collect();
    assert_eq!((answer.status, ids), (200, vec![&json!(2), &json!(1)]));
    assert_eq!(next(&answer), None);
}

#[tokio::test]
async fn every_parameter_reaches_the_store_and_the_next_page_keeps_them() {
    let sort: TaskSort = "-due".parse().unwrap();
    let position = sort.cursor_of(&task(7));
    let query = TaskQuery {
        filter: TaskFilter {
            status: Some(TaskStatus::Pending),
            priority: Some(Priority::High),
            tags: "a_b,home".parse().unwrap(),
            text: Some(todo_domain::SearchText::new("50% of_it & more").unwrap()),
            due_before: Some("2026-11-30".parse().unwrap()),
            due_after: Some("2026-11-01".parse().unwrap()),
            overdue: true,
        },
        sort,
        limit: PageLimit::new(2).unwrap(),
        after: None,
        total: Total::Unasked,
        zone: user(1).time_zone,
    };
    let mut mocks = Mocks::default();
    let (first, second) = (query.clone(), TaskQuery { after: Some(position), ..query });
    let page = |next| TaskPage { tasks: vec![task(7)], total: None, next };
    mocks
        .tasks
        .expect_list()
        .withf(move |_, asked, _| *asked == first)
        .return_once(move |_, _, _| Ok(page(Some(position))));
    mocks
        .tasks
        .expect_list()
        .withf(move |_, asked, _| *asked == second)
        .return_once(move |_, _, _| Ok(page(None)));
    let client = mocks.serve();
    let path = "/api/me/tasks?status=pending&priority=high&tag=%23Home,a_b&q=50%25+of_it+%26+more\
                &due_before=2026-11-30&due_after=2026-11-01&overdue=true&sort=-due&limit=2";
    let second = next(&client.get(path).await).unwrap();
    assert!(second.starts_with("/api/me/tasks?status=pending&priority=high&"), "{second}");
    let last = client.get(&second).await;
    assert_eq!((last.status, next(&last)), (200, None));
}

#[tokio::test]
async fn a_cursor_of_another_order_or_another_list_is_refused() {
    let mut mocks = Mocks::default();
    let position = TaskSort::default().cursor_of(&task(7));
    mocks.tasks.expect_list().returning(move |_, _, _| {
        Ok(TaskPage { tasks: vec![], total: None, next: Some(position) })
    });
    let client = mocks.serve();
    let link = next(&client.get("/api/me/tasks?sort=-created_at").await).unwrap();
    assert_eq!(client.get(&link).await.status, 200);
    let cursor = link.split_once("cursor=").unwrap().1;
    for path in [
        format!("/api/me/tasks?sort=created_at&cursor={cursor}"),
        format!("/api/me/tasks?sort=-updated_at&cursor={cursor}"),
        format!("/api/me/conversations?cursor={cursor}"),
        format!("/api/me/conversations/{}/messages?cursor={cursor}", uuid::<ConversationId>(1)),
    ] {
        let answer = client.get(&path).await;
        assert_eq!((answer.status, answer.fields()), (422, vec!["cursor"]), "{path}");
    }
}

#[tokio::test]
async fn conversations_are_listed_without_their_messages() {
    let conversation = Conversation {
        id: uuid(4),
        title: ConversationTitle::new("Work").unwrap(),
        created_at: now(),
        updated_at: now(),
    };
    let position = ConversationCursor { updated_at: now(), id: conversation.id };
    let mut mocks = Mocks::default();
    mocks
        .conversations
        .expect_list()
        .withf(move |_, limit, after| {
            limit.get() == 1 && after.is_none_or(|after| after == position)
        })
        .returning(move |_, _, after| {
            let next = after.is_none().then_some(position);
            Ok(ConversationPage { conversations: vec![conversation.clone()], next })
        });
    let client = mocks.serve();
    let first = client.get("/api/1/conversations?limit=1").await;
    assert_eq!(
        first.body,
        json!([{
            "id": "00000000-0000-7000-8000-000000000004", "title": "Work",
            "created_at": "2026-11-22T09:00:00.000000Z", "updated_at": "2026-11-22T09:00:00.000000Z",
        }])
    );
    let last = client.get(&next(&first).unwrap()).await;
    assert_eq!((last.status, next(&last)), (200, None));
}

#[tokio::test]
async fn a_cursor_of_a_search_belongs_to_that_search() {
    let position = ConversationCursor { updated_at: now(), id: uuid(4) };
    let mut mocks = Mocks::default();
    mocks.conversations.expect_list().returning(move |_, _, _| {
        Ok(ConversationPage { conversations: vec![], next: Some(position) })
    });
    mocks
        .conversations
        .expect_search()
        .withf(move |_, text, _, after| {
            text.as_str().eq_ignore_ascii_case("50% off")
                && after.is_none_or(|after| after == position)
        })
        .returning(move |_, _, _, _| {
            Ok(ConversationPage { conversations: vec![], next: Some(position) })
        });
    let client = mocks.serve();
    let searched = next(&client.get("/api/me/conversations?q=50%25+Off").await).unwrap();
    assert_eq!(client.get(&searched).await.status, 200);
    let listed = next(&client.get("/api/me/conversations").await).unwrap();
    let cursor = |link: &str| link.split_once("cursor=").unwrap().1.to_owned();
    let again = format!("/api/me/conversations?q=50%25+OFF&cursor={}", cursor(&searched));
    assert_eq!(client.get(&again).await.status, 200);
    for path in [
        format!("/api/me/conversations?cursor={}", cursor(&searched)),
        format!("/api/me/conversations?q=milk&cursor={}", cursor(&searched)),
        format!("/api/me/conversations?q=50%25+off&cursor={}", cursor(&listed)),
    ] {
        let answer = client.get(&path).await;
        assert_eq!((answer.status, answer.fields()), (422, vec!["cursor"]), "{path}");
    }
}

#[tokio::test]
async fn messages_are_paged_from_the_latest_back() {
    let message = |position| Message {
        id: uuid(position as u64),
        position: MessageCursor::new(position),
        role: Role::User,
        text: "hi".into(),
        turn_id: uuid(9),
        created_at: now(),
    };
    let mut mocks = Mocks::default();
    mocks.conversations.expect_messages().returning(move |_, _, _, before| {
        Ok(Some(match before.map(MessageCursor::get) {
            None => MessagePage { messages: vec![message(2)], next: Some(MessageCursor::new(2)) },
            Some(2) => MessagePage { messages: vec![message(1)], next: None },
            other => panic!("{other:?}"),
        }))
    });
    let client = mocks.serve();
    let path = "/api/me/conversations/00000000-0000-7000-8000-000000000004/messages";
    let first = client.get(path).await;
    assert_eq!(
        first.body,
        json!([{
            "id": "00000000-0000-7000-8000-000000000002", "role": "user", "content": "hi",
            "turn_id": "00000000-0000-7000-8000-000000000009",
            "created_at": "2026-11-22T09:00:00.000000Z",
        }])
    );
    let last = client.get(&next(&first).unwrap()).await;
    assert_eq!(last.body[0]["id"], "00000000-0000-7000-8000-000000000001");
    assert_eq!(next(&last), None);
}
