//! Steps: carried out once, recorded exactly.

use todo_domain::{
    CallOperation, CallResult, Change, Date, Due, DueChange, NewTask, PageLimit, Priority,
    RecordedCall, Rejection, RejectionCode, TagChange, Tags, TaskAction, TaskChange,
    TaskDescription, TaskDone, TaskIds, TaskOutcome, TaskPatch, TaskQuery, TaskRefusal, TaskTarget,
    TaskVersion, TimeZone, Total,
    ports::{PreparedCall, RunStep, StepOutcome, StoreErrorKind},
};

use super::{ChatStores, TurnStores, call, identity, number, step, tags, titled, tokens};

fn create(title: &str) -> PreparedCall {
    call(TaskChange::Create(titled(title)))
}

fn act(id: i64, action: TaskAction) -> PreparedCall {
    call(TaskChange::act(number(id), action))
}

fn rejected(code: RejectionCode, message: &str) -> PreparedCall {
    let rejection = Rejection { code, message: message.into() };
    PreparedCall { operation: Err(rejection), ..create("unused") }
}

fn outcome(call: &RecordedCall) -> &TaskOutcome {
    match &call.result {
        CallResult::Outcome(outcome) => outcome,
        other => unreachable!("{other:?}"),
    }
}

/// Runs a step, and checks that the ledger and a replay tell the same story.
async fn run(stores: &TurnStores, calls: Vec<PreparedCall>) -> Vec<RecordedCall> {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "do it").await;
    let recorded = stores.recorded(&turn, 1, calls.clone()).await;
    assert_eq!(recorded.len(), calls.len());
    assert_eq!(stores.recorded(&turn, 1, calls).await, recorded);
    assert_eq!(stores.turn(&turn).await.steps[0].calls, recorded);
    recorded
}

fn full() -> NewTask {
    let zone: TimeZone = "Asia/Tokyo".parse().unwrap_or(TimeZone::UTC);
    NewTask {
        description: TaskDescription::new("“two” litres\n\\ 🥛").ok(),
        priority: Priority::High,
        // In Tokyo it is the 28th by then.
        due: Due::parse("2026-11-27T20:00:00.000001Z", &zone).ok(),
        tags: tags("home,übung"),
        ..titled("buy milk")
    }
}

/// With images of all fields, the day of a due instant included.
pub async fn every_change_is_recorded_exactly(stores: TurnStores) {
    let patch = TaskPatch {
        priority: Some(Priority::Low),
        due: DueChange::Set(Due::Day(Date::constant(1, 1, 1))),
        description: Change::Clear,
        tags: TagChange::Set(tags("work")),
        ..TaskPatch::default()
    };
    let calls = vec![
        call(TaskChange::Create(full())),
        act(1, TaskAction::Update(patch)),
        act(1, TaskAction::Complete),
        act(1, TaskAction::Reopen),
        act(1, TaskAction::Delete),
    ];
    let recorded = run(&stores, calls).await;
    let effects: Vec<_> = recorded.iter().flat_map(RecordedCall::effects).collect();
    assert_eq!(effects.len(), 5);
    for pair in effects.windows(2) {
        assert_eq!(pair[0].after, pair[1].before);
    }
    assert_eq!(effects[0].after.as_ref().and_then(|task| task.due), full().due);
    assert_eq!(effects[4].before.as_ref().map(|task| &task.tags), Some(&tags("work")));
}

/// With what the model was shown.
pub async fn every_look_is_recorded_exactly(stores: TurnStores) {
    let limit = PageLimit::new(1).expect("a limit");
    let list = |sort: &str| {
        let sort = sort.parse().expect("a sort");
        call(CallOperation::List(TaskQuery {
            sort,
            limit,
            total: Total::Counted,
            ..TaskQuery::default()
        }))
    };
    let calls = vec![
        call(TaskChange::Create(full())),
        create("bread"),
        call(CallOperation::Get(number(1))),
        list("created_at"),
        list("-updated_at"),
        list("due"),
        list("-due"),
        list("priority"),
    ];
    let recorded = run(&stores, calls).await;
    assert!(matches!(outcome(&recorded[2]), TaskOutcome::Found(task) if task.id == number(1)));
    for listed in &recorded[3..] {
        let CallResult::Listed(page) = &listed.result else { unreachable!("{listed:?}") };
        assert_eq!((page.tasks.len(), page.total), (1, Some(2)));
        assert!(page.next.is_some());
    }
}

/// Nothing to do, nothing there, another version.
pub async fn every_refusal_is_recorded_exactly(stores: TurnStores) {
    let old = TaskTarget { id: number(1), if_version: TaskVersion::new(9).into() };
    let many = TagChange::Set(tags("a,b,c,d,e,f,g,h,i,j"));
    let another = TagChange::adjust(tags("k"), Tags::default()).expect("a change");
    let tagged = |tags| TaskAction::Update(TaskPatch { tags, ..TaskPatch::default() });
    let calls = vec![
        create("milk"),
        act(1, TaskAction::Update(TaskPatch::default())),
        act(1, TaskAction::Reopen),
        act(1, TaskAction::Complete),
        act(1, TaskAction::Complete),
        call(TaskChange::act(old, TaskAction::Delete)),
        call(CallOperation::Get(number(99))),
        rejected(RejectionCode::UnknownTool, "no such tool"),
        rejected(RejectionCode::InvalidArguments, "title: must not be blank \u{0} \"'"),
        rejected(RejectionCode::NotExecuted, ""),
        act(1, tagged(many)),
        act(1, tagged(another)),
    ];
    let recorded = run(&stores, calls).await;
    let effects = recorded.iter().flat_map(RecordedCall::effects).count();
    assert_eq!(effects, 3);
    assert!(matches!(outcome(&recorded[1]), TaskOutcome::Done(TaskDone::Unchanged(_))));
    assert!(matches!(outcome(&recorded[2]), TaskOutcome::Done(TaskDone::AlreadyPending(_))));
    assert!(matches!(outcome(&recorded[4]), TaskOutcome::Done(TaskDone::AlreadyCompleted(_))));
    assert!(matches!(outcome(&recorded[5]), TaskOutcome::Refused(TaskRefusal::VersionMismatch(_))));
    assert_eq!(outcome(&recorded[6]), &TaskOutcome::Refused(TaskRefusal::NotFound(number(99))));
    assert!(matches!(outcome(&recorded[11]), TaskOutcome::Refused(TaskRefusal::TooManyTags(_))));
}

/// In the order in which it names them; one that is refused stops none of the others.
pub async fn a_call_that_names_several_tasks_has_an_outcome_for_each(stores: TurnStores) {
    let each = |numbers: &[i64], action| {
        let tasks = TaskIds::new(numbers.iter().map(|it| number(*it))).expect("numbers");
        call(CallOperation::Each { tasks, action })
    };
    let calls = vec![
        create("milk"),
        create("bread"),
        create("gone"),
        act(2, TaskAction::Complete),
        each(&[3, 9, 2, 1], TaskAction::Complete),
        each(&[8, 9], TaskAction::Reopen),
        each(&[3, 1], TaskAction::Delete),
        call(CallOperation::List(TaskQuery::default())),
    ];
    let recorded = run(&stores, calls).await;
    let CallResult::Each(outcomes) = &recorded[4].result else { unreachable!("{recorded:?}") };
    let [
        TaskOutcome::Done(TaskDone::Completed { after: third, .. }),
        TaskOutcome::Refused(TaskRefusal::NotFound(missing)),
        TaskOutcome::Done(TaskDone::AlreadyCompleted(second)),
        TaskOutcome::Done(TaskDone::Completed { after: first, .. }),
    ] = &outcomes[..]
    else {
        unreachable!("{outcomes:?}")
    };
    let numbers = [third.id, *missing, second.id, first.id];
    assert_eq!(numbers, [3, 9, 2, 1].map(number));
    let changed = |call: &RecordedCall| call.effects().map(|effect| effect.task_id).collect();
    let changed: Vec<Vec<_>> = recorded[4..7].iter().map(changed).collect();
    assert_eq!(changed, [vec![number(3), number(1)], vec![], vec![number(3), number(1)]]);
    let CallResult::Listed(page) = &recorded[7].result else { unreachable!("{recorded:?}") };
    assert_eq!(page.tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [number(2)]);
}

/// JSON or not. Only U+0000 is left out, which no database could keep.
pub async fn what_the_model_wrote_is_kept_character_by_character(stores: TurnStores) {
    let texts = ["{\"title\":  \"a\\u0000b\"}", "not JSON \\ ' \" $1", "", "{\"ü\": \"🐘\"}\n\t"];
    let calls = texts.map(|arguments| PreparedCall {
        arguments: arguments.into(),
        ..rejected(RejectionCode::InvalidArguments, "no")
    });
    let recorded = run(&stores, calls.to_vec()).await;
    let kept: Vec<_> = recorded.iter().map(|call| call.arguments.as_str()).collect();
    assert_eq!(kept, texts);
}

/// In every text a model writes.
pub async fn nul_characters_are_left_out(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "do it").await;
    let nul = PreparedCall {
        id: "c\0all".into(),
        name: "to\0ol".into(),
        arguments: "{\0}".into(),
        ..create("milk")
    };
    let step = RunStep {
        plan: Some("pl\0an".into()),
        reasoning: Some("rea\0soning".into()),
        ..step(&turn, 1, vec![nul])
    };
    let outcome = stores.turns.run_step(step).await.expect("works");
    let kept = stores.turn(&turn).await.steps.remove(0);
    assert_eq!(
        (kept.plan.as_deref(), kept.reasoning.as_deref()),
        (Some("plan"), Some("reasoning"))
    );
    assert_eq!((kept.calls[0].id.as_str(), kept.calls[0].name.as_str()), ("call", "tool"));
    assert_eq!(kept.calls[0].arguments, "{}");
    assert_eq!(outcome, StepOutcome::Recorded(kept.calls));
}

/// Plan, reasoning, model, cost, and the calls in order.
pub async fn a_turn_tells_its_steps_in_order(stores: TurnStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "do it").await;
    let first = stores.recorded(&turn, 1, vec![create("a"), create("b"), create("c")]).await;
    let bare = RunStep { plan: None, reasoning: Some("Hm.".into()), ..step(&turn, 2, vec![]) };
    stores.turns.run_step(bare).await.expect("works");
    let recorded_turn = stores.turn(&turn).await;
    assert_eq!(recorded_turn.steps.iter().map(|step| step.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(recorded_turn.steps[0].calls, first);
    let ids: Vec<_> = first
        .iter()
        .filter_map(|call| call.effects().next())
        .map(|effect| effect.task_id)
        .collect();
    assert_eq!(ids, [number(1), number(2), number(3)]);
    assert_eq!(recorded_turn.steps[0].plan.as_deref(), Some("I will look."));
    assert_eq!(
        (recorded_turn.steps[1].plan.as_deref(), recorded_turn.steps[1].calls.len()),
        (None, 0)
    );
    assert_eq!(recorded_turn.steps[1].reasoning.as_deref(), Some("Hm."));
    assert_eq!(
        (&recorded_turn.steps[0].identity, recorded_turn.steps[0].usage),
        (&identity(), tokens(7, 3))
    );
    assert_eq!((recorded_turn.identity, recorded_turn.usage), (Some(identity()), tokens(14, 6)));
}

/// Whoever does not know whether it was committed may ask again.
pub async fn a_step_asked_for_again_is_not_carried_out_again(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    let first = stores.recorded(&turn, 1, vec![create("milk")]).await;
    let again = stores.recorded(&turn, 1, vec![create("milk"), create("bread")]).await;
    assert_eq!(again, first);
    assert_eq!(stores.list(ada, TaskQuery::default()).await.tasks.len(), 1);
    assert_eq!(stores.turn(&turn).await.usage, tokens(7, 3));
}

/// Whatever is looked at is looked at often, and kept for ever.
pub async fn a_list_is_kept_as_it_was_shown_and_no_longer(stores: ChatStores) {
    let ada = stores.user("ada").await;
    for _ in 0..60 {
        let description = TaskDescription::new("\"ü\n".repeat(400)).ok();
        stores.add(ada, NewTask { description, ..titled(&"title ".repeat(20)) }).await;
    }
    let turn = stores.begin(ada, "show my tasks").await;
    let query = TaskQuery { total: Total::Counted, ..TaskQuery::default() };
    let list = || call(CallOperation::List(query.clone()));
    let recorded = stores.recorded(&turn, 1, vec![list(), create("bread"), list()]).await;
    assert_eq!(stores.recorded(&turn, 1, vec![]).await, recorded);
    assert_eq!(stores.turn(&turn).await.steps[0].calls, recorded);
    for (listed, total) in [(&recorded[0], 60), (&recorded[2], 61)] {
        let CallResult::Listed(page) = &listed.result else { unreachable!("{listed:?}") };
        assert_eq!(page.total, Some(total));
        let text = |task: &todo_domain::Task| {
            task.title.as_str().len() + task.description.as_ref().map_or(0, |it| it.as_str().len())
        };
        let kept: usize = page.tasks.iter().map(text).sum();
        assert!((4_000..=8_192).contains(&kept), "{kept} bytes");
        for task in page.tasks.iter().filter_map(|task| task.description.as_ref()) {
            assert_eq!(task.as_str().chars().count(), 201);
            assert!(task.as_str().ends_with('…'));
        }
    }
}

/// A step without calls is a step, too.
pub async fn an_empty_step_asked_for_again_stays_empty(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    assert_eq!(stores.recorded(&turn, 1, vec![]).await, []);
    assert_eq!(stores.recorded(&turn, 1, vec![create("milk")]).await, []);
    assert_eq!(stores.list(ada, TaskQuery::default()).await.tasks.len(), 0);
}

/// Numbers are foreseeable, so a model may use one at once.
pub async fn a_call_sees_what_earlier_calls_of_its_step_did(stores: TurnStores) {
    let calls = vec![
        create("milk"),
        act(1, TaskAction::Complete),
        call(CallOperation::List(TaskQuery::default())),
        act(1, TaskAction::Delete),
        call(CallOperation::Get(number(1))),
        call(CallOperation::List(TaskQuery::default())),
    ];
    let recorded = run(&stores, calls).await;
    assert!(matches!(outcome(&recorded[1]), TaskOutcome::Done(TaskDone::Completed { .. })));
    let CallResult::Listed(page) = &recorded[2].result else { unreachable!("{recorded:?}") };
    assert!(page.tasks[0].completed_at.is_some());
    assert_eq!(outcome(&recorded[4]), &TaskOutcome::Refused(TaskRefusal::NotFound(number(1))));
    let CallResult::Listed(page) = &recorded[5].result else { unreachable!("{recorded:?}") };
    assert_eq!(page.tasks, []);
}

/// And the numbers it took are free again.
pub async fn a_step_that_breaks_a_rule_leaves_nothing_behind(stores: ChatStores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "do it").await;
    let due = Some(Due::Day(Date::constant(-1, 1, 1)));
    let impossible = call(TaskChange::Create(NewTask { due, ..titled("long ago") }));
    let step = step(&turn, 1, vec![create("milk"), impossible]);
    let error = stores.turns.run_step(step).await.expect_err("there is no such year");
    assert_eq!(error.kind, StoreErrorKind::Constraint);
    assert_eq!(stores.turn(&turn).await.steps, []);
    assert_eq!(stores.list(ada, TaskQuery::default()).await.tasks.len(), 0);
    let recorded = stores.recorded(&turn, 1, vec![create("milk")]).await;
    assert_eq!(recorded[0].effects().next().map(|effect| effect.task_id), Some(number(1)));
}

/// A step reaches only its user's tasks.
pub async fn a_step_can_not_touch_another_users_tasks(stores: ChatStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let bens = stores.add(ben, titled("Ben's")).await;
    let turn = stores.begin(ada, "delete 1").await;
    let recorded = stores.recorded(&turn, 1, vec![act(1, TaskAction::Delete)]).await;
    assert_eq!(outcome(&recorded[0]), &TaskOutcome::Refused(TaskRefusal::NotFound(number(1))));
    assert_eq!(stores.list(ben, TaskQuery::default()).await.tasks, [bens]);
}
