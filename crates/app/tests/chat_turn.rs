//! The chat turn over a mocked store: what it writes when things go wrong.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use todo_app::{Chat, ChatError, ChatRequest, ChatSettings};
use todo_domain::{
    CallResult, ConversationId, FailureCode, Message, MessageCursor, MessageId, MessageText,
    ModelFailure, ModelMessage, NewTask, RecordedCall, Role, TaskId, TaskTitle, TimeZone,
    TokenUsage, Turn, TurnFence, TurnId, TurnStatus, UserId,
    ports::{
        BeginOutcome, Begun, ConversationRef, DeltaSink, EndOutcome, FinishTurn, HistoryEntry,
        MockIdGenerator, MockTurnStore, RunStep, StepOutcome, StoreError, StoreErrorKind,
    },
};
use todo_testkit::{
    clock::FixedClock,
    model::{Line, ScriptedModel, call, say},
};
use uuid::Uuid;

fn fence() -> TurnFence {
    TurnFence {
        user_id: UserId::new(1).unwrap(),
        conversation_id: ConversationId::new(Uuid::from_u128(7)),
        turn_id: TurnId::new(Uuid::from_u128(8)),
        attempt: 1,
    }
}

/// A store in which every turn begins.
fn store(history: Vec<HistoryEntry>) -> MockTurnStore {
    let mut store = MockTurnStore::new();
    store.expect_begin().returning(move |begin| {
        let begun = begin.begun(TimeZone::UTC, history.clone());
        Ok(BeginOutcome::Begun(Begun { fence: fence(), ..begun }))
    });
    store.expect_fenced_off().returning(|_| Ok(vec![]));
    store
}

fn chat(store: MockTurnStore, model: &Arc<ScriptedModel>, timeout: Duration) -> Chat {
    let mut ids = MockIdGenerator::new();
    ids.expect_next().returning(|| Uuid::from_u128(u128::from(todo_testkit::unique())));
    let settings = ChatSettings::new(timeout, Duration::from_secs(5));
    let clock = FixedClock::at("2026-11-22T09:00:00Z");
    Chat::builder(Arc::new(store), model.clone(), clock, Arc::new(ids)).settings(settings).build()
}

async fn send(store: MockTurnStore, script: Vec<Line>) -> Result<todo_app::ChatReply, ChatError> {
    send_to(store, &ScriptedModel::new(script)).await
}

async fn send_to(
    store: MockTurnStore,
    model: &Arc<ScriptedModel>,
) -> Result<todo_app::ChatReply, ChatError> {
    let text = MessageText::new("add milk").unwrap();
    chat(store, model, Duration::from_secs(30)).send(ChatRequest::new(fence().user_id, text)).await
}

fn broken(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "as the test wants it")
}

fn recorded(step: &RunStep) -> Vec<RecordedCall> {
    let new = NewTask::titled(TaskTitle::new("milk").unwrap());
    let created = new.decide(TaskId::new(1).unwrap(), step.now);
    let record = |call: &todo_domain::ports::PreparedCall| RecordedCall {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments: call.arguments.clone(),
        result: CallResult::Outcome(created.clone().into()),
        duration: Duration::ZERO,
    };
    step.calls.iter().map(record).collect()
}

fn finished(end: &FinishTurn) -> EndOutcome<Message> {
    EndOutcome::Ended(Message {
        id: end.message_id,
        position: MessageCursor::new(2),
        role: Role::Assistant,
        text: end.text.as_str().into(),
        turn_id: end.fence.turn_id,
        created_at: end.now,
    })
}

/// What is told on the way, in order.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl DeltaSink for Told {
    fn text(&self, delta: &str) {
        self.0.lock().unwrap().push(delta.to_owned());
    }

    fn begun(&self, turn: TurnId) {
        self.0.lock().unwrap().push(format!("begun {turn}"));
    }

    fn called(&self, call: &RecordedCall) {
        self.0.lock().unwrap().push(call.name.clone());
    }
}

fn add_milk() -> Line {
    call([("add_task", json!({ "title": "milk" }))])
}

fn failed(result: Result<todo_app::ChatReply, ChatError>) -> todo_app::FailedTurn {
    match result {
        Err(ChatError::Failed(failed)) => failed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_turn_asks_runs_the_calls_asks_again_and_answers() {
    let mut store =
        store(vec![HistoryEntry::User("hi".into()), HistoryEntry::Assistant("Hello!".into())]);
    store.expect_run_step().times(1).returning(|step| Ok(StepOutcome::Recorded(recorded(&step))));
    store.expect_finish().times(1).returning(|end| Ok(finished(&end)));
    let model = ScriptedModel::new([add_milk(), say("Added milk.")]);
    let reply = send_to(store, &model).await.unwrap();
    assert_eq!(reply.text.as_str(), "Added milk.");
    assert_eq!(reply.usage.input_tokens, 20);
    assert_eq!(reply.tool_calls[0].result["task"]["title"], "milk");
    let asked = &model.requests()[1].messages;
    assert_eq!(asked[2], ModelMessage::User("add milk".into()));
    assert_eq!(asked.iter().filter(|m| **m == ModelMessage::User("add milk".into())).count(), 1);
    assert!(
        matches!(&asked[3], ModelMessage::ToolCalls { plan: Some(_), calls, .. } if calls.len() == 1)
    );
    assert!(
        matches!(&asked[4], ModelMessage::ToolResult { content, .. } if content.contains("created"))
    );
}

#[tokio::test]
async fn whoever_reads_along_is_told_of_every_call_before_the_answer() {
    let mut store = store(vec![]);
    store.expect_run_step().times(1).returning(|step| Ok(StepOutcome::Recorded(recorded(&step))));
    store.expect_finish().times(1).returning(|end| Ok(finished(&end)));
    let model = ScriptedModel::new([add_milk(), say("Added milk.")]);
    let told = Arc::new(Told::default());
    let text = MessageText::new("add milk").unwrap();
    let request = ChatRequest { sink: told.clone(), ..ChatRequest::new(fence().user_id, text) };
    chat(store, &model, Duration::from_secs(30)).send(request).await.unwrap();
    let begun = format!("begun {}", fence().turn_id);
    assert_eq!(*told.0.lock().unwrap(), [begun.as_str(), "add_task", "Added milk."]);
}

#[tokio::test]
async fn a_step_the_database_gave_way_with_is_tried_again() {
    let mut store = store(vec![]);
    let mut tries = 0;
    store.expect_run_step().times(3).returning(move |step| {
        tries += 1;
        match tries {
            1 => Err(broken(StoreErrorKind::Contention)),
            2 => Err(broken(StoreErrorKind::Unavailable)),
            _ => Ok(StepOutcome::Recorded(recorded(&step))),
        }
    });
    store.expect_finish().times(1).returning(|end| Ok(finished(&end)));
    let reply = send(store, vec![add_milk(), say("Added.")]).await.unwrap();
    assert_eq!(reply.tool_calls.len(), 1);
}

#[tokio::test]
async fn a_step_that_breaks_a_constraint_fails_the_turn_at_once() {
    let mut store = store(vec![]);
    store.expect_run_step().times(1).returning(|_| Err(broken(StoreErrorKind::Constraint)));
    store.expect_finish().never();
    store
        .expect_fail()
        .withf(|end| end.code == FailureCode::Internal)
        .times(1)
        .returning(|_| Ok(EndOutcome::Ended(())));
    let failed = failed(send(store, vec![add_milk()]).await);
    assert_eq!(failed.code, FailureCode::Internal);
}

#[tokio::test]
async fn a_model_that_fails_after_a_step_leaves_the_step_in_the_answer() {
    let mut store = store(vec![]);
    store.expect_run_step().times(1).returning(|step| Ok(StepOutcome::Recorded(recorded(&step))));
    store.expect_fail().times(1).returning(|_| Ok(EndOutcome::Ended(())));
    store.expect_finish().never();
    let wait = Some(Duration::from_secs(7));
    let script = vec![add_milk(), Line::Fail(ModelFailure::RateLimited { retry_after: wait })];
    let failed = failed(send(store, script).await);
    assert_eq!((failed.code, failed.retry_after), (FailureCode::ProviderRateLimited, wait));
    assert_eq!(failed.tool_calls.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_thinks_too_long_fails_the_turn_at_its_deadline() {
    let mut store = store(vec![]);
    store
        .expect_fail()
        .withf(|end| end.code == FailureCode::TurnTimeout)
        .times(1)
        .returning(|_| Ok(EndOutcome::Ended(())));
    let slow = Line::After(Duration::from_secs(31), Box::new(say("Too late.")));
    let started = tokio::time::Instant::now();
    let failed = failed(send(store, vec![slow]).await);
    assert_eq!(failed.code, FailureCode::TurnTimeout);
    assert_eq!(started.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn a_turn_somebody_else_closed_is_stopped_and_writes_nothing_more() {
    let mut store = store(vec![]);
    store.expect_run_step().times(1).returning(|_| Ok(StepOutcome::FencedOff));
    store.expect_turn().returning(|_, _| Ok(None));
    store.expect_finish().never();
    store.expect_fail().never();
    let result = send(store, vec![add_milk()]).await;
    assert!(matches!(result, Err(ChatError::Stopped { .. })), "{result:?}");
}

/// A turn of the store's, whose status is this.
fn turn_of(id: TurnId, status: TurnStatus) -> Turn {
    Turn {
        id,
        conversation_id: fence().conversation_id,
        status,
        answer_id: None,
        identity: None,
        usage: TokenUsage::default(),
        steps: vec![],
        started_at: "2026-11-22T09:00:00Z".parse().unwrap(),
        finished_at: None,
        undo: None,
        undone_by: None,
        action: None,
        partial_answer: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_was_cancelled_elsewhere_drops_its_question_within_a_second() {
    let mut store = MockTurnStore::new();
    store.expect_begin().returning(|begin| {
        let begun = begin.begun(TimeZone::UTC, vec![]);
        Ok(BeginOutcome::Begun(Begun { fence: fence(), ..begun }))
    });
    store.expect_fenced_off().times(1).returning(|runners| {
        assert_eq!(runners, [fence()]);
        Ok(runners)
    });
    let usage = Arc::new(Mutex::new(TokenUsage::default()));
    let counted = Arc::clone(&usage);
    store.expect_fail().times(1).returning(move |end| {
        *counted.lock().unwrap() = end.usage;
        Ok(EndOutcome::FencedOff)
    });
    store.expect_turn().returning(|_, id| Ok(Some(turn_of(id, TurnStatus::Cancelled))));
    let slow = Line::After(Duration::from_secs(20), Box::new(say("Too late.")));
    let started = tokio::time::Instant::now();
    let result = send(store, vec![slow]).await;
    assert!(matches!(result, Err(ChatError::Cancelled { .. })), "{result:?}");
    assert_eq!(started.elapsed().as_secs(), 1);
    let usage = *usage.lock().unwrap();
    assert!(usage.input_tokens > 100, "the question counts: {usage:?}");
    assert_eq!(usage.output_tokens, 0);
}

/// The step was committed, its reply lost, and the turn cancelled before the next try.
#[tokio::test]
async fn a_cancelled_turn_names_every_call_that_ran() {
    let mut store = store(vec![]);
    let ran = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&ran);
    store.expect_run_step().times(1).returning(move |step| {
        let calls = recorded(&step);
        *kept.lock().unwrap() = Some(step.done(calls));
        Ok(StepOutcome::FencedOff)
    });
    store.expect_turn().returning(move |_, id| {
        let steps = ran.lock().unwrap().clone().into_iter().collect();
        Ok(Some(Turn { steps, ..turn_of(id, TurnStatus::Cancelled) }))
    });
    let result = send(store, vec![add_milk()]).await;
    let Err(ChatError::Cancelled { tool_calls, .. }) = result else { panic!("{result:?}") };
    assert_eq!(tool_calls.len(), 1);
}

#[tokio::test]
async fn an_end_whose_reply_was_lost_counts_once() {
    let mut store = store(vec![]);
    let mut tries = 0;
    store.expect_finish().times(2).returning(move |_| {
        tries += 1;
        if tries == 1 {
            Err(broken(StoreErrorKind::Unavailable))
        } else {
            Ok(EndOutcome::FencedOff)
        }
    });
    store.expect_turn().times(1).returning(|_, id| Ok(Some(turn_of(id, TurnStatus::Completed))));
    assert_eq!(send(store, vec![say("Hello.")]).await.unwrap().text.as_str(), "Hello.");
}

#[tokio::test]
async fn a_turn_whose_beginning_was_in_doubt_is_closed_behind_the_callers_back() {
    let mut store = MockTurnStore::new();
    let begun = Arc::new(Mutex::new(None));
    let (closed, closing) = tokio::sync::oneshot::channel();
    let seen = Arc::clone(&begun);
    store.expect_begin().return_once(move |begin| {
        *seen.lock().unwrap() = Some(begin.turn_id);
        Err(broken(StoreErrorKind::Unavailable))
    });
    store.expect_fail().return_once(move |end| {
        closed.send(end.fence.turn_id).unwrap();
        Ok(EndOutcome::Ended(()))
    });
    let result = send(store, vec![]).await;
    assert!(matches!(result, Err(ChatError::Store(_))), "{result:?}");
    assert_eq!(Some(closing.await.unwrap()), *begun.lock().unwrap());
}

#[tokio::test]
async fn a_bug_in_the_middle_fails_the_turn_and_does_not_leave_it_running() {
    let mut store = store(vec![]);
    store.expect_run_step().returning(|_| panic!("a bug"));
    store
        .expect_fail()
        .withf(|end| end.code == FailureCode::Internal)
        .times(1)
        .returning(|_| Ok(EndOutcome::Ended(())));
    assert_eq!(failed(send(store, vec![add_milk()]).await).code, FailureCode::Internal);
}

#[tokio::test]
async fn a_turn_that_fails_after_somebody_else_closed_it_is_stopped() {
    let mut store = store(vec![]);
    store.expect_fail().times(1).returning(|_| Ok(EndOutcome::FencedOff));
    store.expect_turn().returning(|_, _| Ok(None));
    let result = send(store, vec![Line::Fail(ModelFailure::Auth)]).await;
    assert!(matches!(result, Err(ChatError::Stopped { .. })), "{result:?}");
}

#[tokio::test]
async fn a_turn_that_can_not_begin_asks_no_model() {
    for (outcome, kind) in [
        (Ok(BeginOutcome::ConversationNotFound), "ConversationNotFound"),
        (Ok(BeginOutcome::UserNotFound), "UserNotFound"),
        (Err(StoreErrorKind::Unavailable), "Store"),
    ] {
        let mut store = MockTurnStore::new();
        store.expect_fail().returning(|_| Ok(EndOutcome::FencedOff));
        store.expect_begin().returning(move |begin| {
            assert!(matches!(begin.conversation, ConversationRef::New(_)));
            outcome.clone().map_err(broken)
        });
        let model = ScriptedModel::new([]);
        let error = send_to(store, &model).await.unwrap_err();
        assert!(format!("{error:?}").starts_with(kind), "{error:?}");
        assert!(model.requests().is_empty());
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_loses_the_answer_but_not_the_turn() {
    let mut store = store(vec![]);
    store.expect_finish().times(1).returning(|end| Ok(finished(&end)));
    let (model, gate) = ScriptedModel::gated([say("Hello.")]);
    let chat = chat(store, &model, Duration::from_secs(30));
    let text = MessageText::new("hi").unwrap();
    let caller = tokio::spawn({
        let chat = chat.clone();
        async move { chat.send(ChatRequest::new(fence().user_id, text)).await }
    });
    gate.asked().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(chat.running(), 1);
    gate.release();
    chat.shut_down().await;
    assert_eq!(chat.running(), 0);
}

#[tokio::test]
async fn the_ids_of_question_and_answer_are_made_when_the_turn_begins() {
    let mut store = MockTurnStore::new();
    let asked = Arc::new(Mutex::new(None::<(MessageId, MessageId)>));
    let seen = Arc::clone(&asked);
    store.expect_begin().returning(move |begin| {
        *seen.lock().unwrap() = Some((begin.message_id, begin.answer_id));
        Ok(BeginOutcome::Begun(begin.begun(TimeZone::UTC, vec![])))
    });
    store.expect_finish().returning(|end| Ok(finished(&end)));
    let reply = send(store, vec![say("Hello.")]).await.unwrap();
    let (question, answer) = asked.lock().unwrap().unwrap();
    assert_eq!(reply.message_id, answer);
    assert_ne!(question, answer);
}
