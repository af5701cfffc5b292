//! What is an export, and what is none.

use crate::{
    ConversationTitle, Email, MessageId, NewTask, Role, TaskRefusal, TaskTitle, TokenUsage,
};

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond(second * 1_000_000).unwrap()
}

fn uuid(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

fn header() -> ArchiveRecord {
    let user = User {
        id: crate::UserId::new(1).unwrap(),
        email: Email::new("ada@example.org").unwrap(),
        name: UserName::new("Ada").unwrap(),
        time_zone: TimeZone::UTC,
        created_at: at(0),
        token_epoch: crate::TokenEpoch::default(),
        disabled_at: None,
        operator_since: None,
    };
    ArchiveRecord::Header(ArchiveHeader { exported_at: at(9), user })
}

fn task(number: i64) -> Task {
    let new = NewTask::titled(TaskTitle::new("milk").unwrap());
    new.decide(TaskId::new(number).unwrap(), at(1)).unwrap().task().clone()
}

fn talk(n: u128) -> ArchiveRecord {
    ArchiveRecord::Conversation(Conversation {
        id: ConversationId::new(uuid(n)),
        title: ConversationTitle::new("talk").unwrap(),
        created_at: at(1),
        updated_at: at(2),
    })
}

fn turn(n: u128, home: u128) -> Turn {
    Turn {
        id: TurnId::new(uuid(n)),
        conversation_id: ConversationId::new(uuid(home)),
        status: TurnStatus::Completed,
        answer_id: Some(MessageId::new(uuid(100 + n))),
        identity: None,
        usage: TokenUsage::default(),
        steps: Vec::new(),
        started_at: at(1),
        finished_at: Some(at(2)),
        undo: None,
        undone_by: None,
        action: None,
        partial_answer: None,
    }
}

fn said(n: u128, home: u128, turn: u128) -> ArchiveRecord {
    let message = Message {
        id: MessageId::new(uuid(n)),
        position: MessageCursor::new(9),
        role: Role::User,
        text: "hi".into(),
        turn_id: TurnId::new(uuid(turn)),
        created_at: at(1),
    };
    ArchiveRecord::Message(ConversationId::new(uuid(home)), message)
}

/// Reads these after a header, and a trailer that counts them.
fn read(records: Vec<ArchiveRecord>) -> Result<(ArchivePart, ArchiveSummary), ArchiveFault> {
    let mut counts = ArchiveCounts::default();
    let mut reader = ArchiveReader::new(at(100), UserLimits::default());
    reader.read(header())?;
    for record in records {
        counts.count(&record);
        reader.read(record)?;
    }
    reader.read(ArchiveRecord::Trailer(counts))?;
    reader.finish()
}

#[test]
fn a_whole_export_is_put_together() {
    let records = vec![
        ArchiveRecord::Task(task(7)),
        talk(1),
        ArchiveRecord::Turn(turn(5, 1)),
        said(8, 1, 5),
        said(9, 1, 5),
    ];
    let (part, summary) = read(records).unwrap();
    assert_eq!(summary.last_task_number, 7);
    let counts = ArchiveCounts { tasks: 1, conversations: 1, turns: 1, messages: 2 };
    assert_eq!(summary.counts, counts);
    assert_eq!((part.tasks.len(), part.conversations.len(), part.turns.len()), (1, 1, 1));
    let positions = part.messages.iter().map(|(_, message)| message.position.get());
    assert_eq!(positions.collect::<Vec<_>>(), [1, 2]);
}

/// What was handed out is checked against all the same.
#[test]
fn an_export_is_handed_out_in_parts_and_checked_as_a_whole() {
    let mut reader = ArchiveReader::new(at(100), UserLimits::default());
    for record in [header(), ArchiveRecord::Task(task(7)), talk(1), said(8, 1, 5)] {
        reader.read(record).unwrap();
    }
    let first = reader.take_part();
    assert_eq!((first.tasks.len(), first.conversations.len(), first.messages.len()), (1, 1, 1));
    assert_eq!(reader.take_part(), ArchivePart::default());
    assert_eq!(reader.read(ArchiveRecord::Task(task(7))), Err(ArchiveFault::Duplicate("task")));
    reader.read(said(9, 1, 5)).unwrap();
    let second = reader.take_part();
    assert_eq!(second.messages[0].1.position.get(), 2);
}

#[test]
fn an_export_has_a_beginning_and_an_end() {
    let nothing = ArchiveReader::new(at(0), UserLimits::default());
    assert_eq!(nothing.finish(), Err(ArchiveFault::NoHeader));
    let mut headless = ArchiveReader::new(at(0), UserLimits::default());
    assert_eq!(headless.read(talk(1)), Err(ArchiveFault::NoHeader));
    let mut cut = ArchiveReader::new(at(0), UserLimits::default());
    cut.read(header()).unwrap();
    assert_eq!(cut.read(header()), Err(ArchiveFault::SecondHeader));
    assert_eq!(cut.finish(), Err(ArchiveFault::NoTrailer));
    let mut ended = ArchiveReader::new(at(0), UserLimits::default());
    ended.read(header()).unwrap();
    let wrong = ArchiveCounts { tasks: 1, ..ArchiveCounts::default() };
    assert_eq!(ended.read(ArchiveRecord::Trailer(wrong)), Err(ArchiveFault::WrongCounts));
    ended.read(ArchiveRecord::Trailer(ArchiveCounts::default())).unwrap();
    assert_eq!(ended.read(talk(1)), Err(ArchiveFault::AfterTrailer));
}

#[test]
fn nothing_is_there_twice_and_nothing_belongs_to_nothing() {
    let task = || ArchiveRecord::Task(task(1));
    let turn = |n, home| ArchiveRecord::Turn(turn(n, home));
    for (records, fault) in [
        (vec![task(), task()], ArchiveFault::Duplicate("task")),
        (vec![talk(1), talk(1)], ArchiveFault::Duplicate("conversation")),
        (vec![talk(1), turn(5, 1), turn(5, 1)], ArchiveFault::Duplicate("turn")),
        (vec![talk(1), said(8, 1, 5), said(8, 1, 5)], ArchiveFault::Duplicate("message")),
        (vec![turn(5, 1), talk(1)], ArchiveFault::NoConversation),
        (vec![talk(1), said(8, 2, 5)], ArchiveFault::NoConversation),
        (vec![talk(1), talk(2), turn(5, 1), said(8, 2, 5)], ArchiveFault::ForeignTurn),
        (vec![talk(1), talk(2), said(8, 2, 5), turn(5, 1)], ArchiveFault::ForeignTurn),
    ] {
        assert_eq!(read(records), Err(fault));
    }
}

#[test]
fn a_message_may_outlive_the_record_of_its_turn() {
    assert!(read(vec![talk(1), said(8, 1, 5)]).is_ok());
}

#[test]
fn an_account_has_its_bounds() {
    let tasks = (1..=10_001).map(|number| ArchiveRecord::Task(task(number)));
    let fault = ArchiveFault::TooMany { kind: "task", max: 10_000 };
    assert_eq!(read(tasks.collect()), Err(fault));
    let fault = ArchiveFault::TooMany { kind: "conversation", max: 1_000 };
    assert_eq!(read((1..=1_001).map(talk).collect()), Err(fault));
}

#[test]
fn a_task_must_fit_into_a_list_that_goes_on() {
    let number = task(ArchiveReader::MAX_NUMBER + 1);
    let version = Task { version: TaskVersion::new(i64::MAX), ..task(1) };
    let none = Task { version: TaskVersion::new(0), ..task(1) };
    let backwards = Task { updated_at: at(0), ..task(1) };
    let ancient = Task { created_at: at(-100_000_000_000), ..task(1) };
    for task in [number, version, none, backwards, ancient] {
        let fault = read(vec![ArchiveRecord::Task(task)]).unwrap_err();
        assert!(matches!(fault, ArchiveFault::Value { .. }), "{fault}");
    }
}

#[test]
fn a_turn_that_ran_is_interrupted_and_others_have_ended() {
    let running = Turn { status: TurnStatus::Running, finished_at: None, ..turn(5, 1) };
    let (part, _) = read(vec![talk(1), ArchiveRecord::Turn(running)]).unwrap();
    let turn_read = &part.turns[0];
    assert_eq!(turn_read.status, TurnStatus::Interrupted);
    assert_eq!(turn_read.finished_at, Some(at(100)));
    let endless = Turn { finished_at: None, ..turn(5, 1) };
    let fault = read(vec![talk(1), ArchiveRecord::Turn(endless)]).unwrap_err();
    assert_eq!(fault.to_string(), "finished_at is required of a turn that does not run");
}

#[test]
fn a_turn_has_no_more_than_one_that_was_carried_out() {
    let step = |number, calls| TurnStep {
        number,
        plan: None,
        reasoning: None,
        identity: crate::ModelIdentity { engine: "e".into(), model: "m".into() },
        usage: TokenUsage::default(),
        calls: vec![call(); calls],
    };
    let read = |steps| read(vec![talk(1), ArchiveRecord::Turn(Turn { steps, ..turn(5, 1) })]);
    assert!(read((1..=6).map(|number| step(number, 128)).collect()).is_ok());
    let fault = read((1..=7).map(|number| step(number, 1)).collect()).unwrap_err();
    assert_eq!(fault.to_string(), "steps must be at most 6");
    let fault = read(vec![step(1, 129)]).unwrap_err();
    assert_eq!(fault.to_string(), "calls must be at most 128 of a step");
}

fn call() -> crate::RecordedCall {
    crate::RecordedCall {
        id: "a".into(),
        name: "list_tasks".into(),
        arguments: "{}".into(),
        result: CallResult::Outcome(TaskRefusal::NotFound(TaskId::new(1).unwrap()).into()),
        duration: std::time::Duration::ZERO,
    }
}
