//! Several changes, all of them or none.

use todo_domain::{
    Batch, BatchOutcome, BatchRefusal, IdempotencyKey, KeyedRequest, RequestDigest, TaskAction,
    TaskChange, TaskDone, TaskPatch, TaskQuery, TaskRefusal, TaskTarget, TaskTitle, TaskVersion,
    UserId,
};

use super::{TaskStores, at, number, titled, user_limits};

fn create(title: &str) -> TaskChange {
    TaskChange::Create(titled(title))
}

fn act(id: i64, action: TaskAction) -> TaskChange {
    TaskChange::Act { target: number(id).into(), action }
}

fn rename(id: i64, title: &str) -> TaskChange {
    let title = TaskTitle::new(title).ok();
    act(id, TaskAction::Update(TaskPatch { title, ..TaskPatch::default() }))
}

async fn run(
    stores: &TaskStores,
    user: UserId,
    changes: Vec<TaskChange>,
) -> Result<Batch<TaskDone>, BatchRefusal> {
    let batch = Batch::new(changes).expect("a batch");
    stores.tasks.change(user, batch, at(5)).await.expect("the store works")
}

/// The same as a request with a key.
async fn run_once(
    stores: &TaskStores,
    user: UserId,
    (key, number): (&str, u8),
    changes: Vec<TaskChange>,
) -> BatchOutcome {
    let (key, digest) =
        (IdempotencyKey::new(key).expect("a key"), RequestDigest::new([number; 32]));
    let (batch, request) = (Batch::new(changes).expect("a batch"), KeyedRequest { key, digest });
    let done = stores.tasks.change_once(user, batch, request, at(5)).await;
    done.expect("the store works")
}

async fn done(stores: &TaskStores, user: UserId, changes: Vec<TaskChange>) -> Vec<TaskDone> {
    run(stores, user, changes).await.expect("nothing is refused").into_vec()
}

async fn titles(stores: &TaskStores, user: UserId) -> Vec<String> {
    let query = TaskQuery { sort: "created_at".parse().expect("a sort"), ..TaskQuery::default() };
    let tasks = stores.list(user, query).await.tasks;
    tasks.iter().map(|task| format!("{} {}", task.id, task.title)).collect()
}

/// New tasks have the next numbers, in order.
pub async fn a_batch_tells_what_came_of_each_change(stores: TaskStores) {
    let ada = stores.user("ada").await;
    stores.add(ada, titled("milk")).await;
    let changes = vec![create("bread"), act(1, TaskAction::Complete), create("jam")];
    let outcomes = done(&stores, ada, changes).await;
    let created = |done: &TaskDone| match done {
        TaskDone::Created { after } => after.id.get(),
        other => unreachable!("{other:?}"),
    };
    assert_eq!((created(&outcomes[0]), created(&outcomes[2])), (2, 3));
    assert!(matches!(outcomes[1], TaskDone::Completed { .. }));
    assert_eq!(titles(&stores, ada).await, ["1 milk", "2 bread", "3 jam"]);
    assert_eq!(stores.add(ada, titled("tea")).await.id, number(4));
}

/// Those it created included.
pub async fn a_change_sees_what_earlier_changes_of_its_batch_did(stores: TaskStores) {
    let ada = stores.user("ada").await;
    stores.add(ada, titled("milk")).await;
    let second = TaskTarget { id: number(1), if_version: TaskVersion::new(2).into() };
    let changes = vec![
        rename(1, "oat milk"),
        TaskChange::Act { target: second, action: TaskAction::Complete },
        act(1, TaskAction::Complete),
        create("bread"),
        rename(2, "rye bread"),
        act(2, TaskAction::Delete),
        create("jam"),
    ];
    let outcomes = done(&stores, ada, changes).await;
    assert!(
        matches!(&outcomes[2], TaskDone::AlreadyCompleted(task) if task.version == TaskVersion::new(3))
    );
    assert!(
        matches!(&outcomes[5], TaskDone::Deleted { before } if before.title.as_str() == "rye bread")
    );
    assert_eq!(titles(&stores, ada).await, ["1 oat milk", "3 jam"]);
}

/// Whatever the reason, and wherever it is.
pub async fn a_batch_with_one_change_that_can_not_be_done_changes_nothing(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let milk = stores.add(ada, titled("milk")).await;
    let old = TaskTarget { id: number(1), if_version: TaskVersion::new(7).into() };
    let old = TaskChange::Act { target: old, action: TaskAction::Delete };
    for (changes, index, refusal) in [
        (
            vec![
                create("bread"),
                rename(1, "oat milk"),
                act(9, TaskAction::Complete),
                create("jam"),
            ],
            2,
            TaskRefusal::NotFound(number(9)),
        ),
        (vec![old, create("bread")], 0, TaskRefusal::VersionMismatch(milk.clone())),
        (
            vec![act(1, TaskAction::Delete), act(1, TaskAction::Reopen)],
            1,
            TaskRefusal::NotFound(number(1)),
        ),
    ] {
        assert_eq!(run(&stores, ada, changes).await, Err(BatchRefusal { index, refusal }));
        assert_eq!(stores.get(ada, number(1)).await, Some(milk.clone()));
        assert_eq!(titles(&stores, ada).await, ["1 milk"]);
    }
    assert_eq!(stores.add(ada, titled("tea")).await.id, number(2), "no number was taken");
}

/// To the last free number and not beyond, unless the batch makes room itself.
pub async fn a_batch_fills_a_list_and_no_more(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let max = user_limits().tasks;
    for milk in [10, 98] {
        done(&stores, ada, vec![create("milk"); milk]).await;
    }
    let refused = run(&stores, ada, vec![create("bread"); 3]).await;
    let refusal = TaskRefusal::LimitReached { max };
    assert_eq!(refused, Err(BatchRefusal { index: 2, refusal }));
    let mut replacing = vec![create("bread"); 2];
    replacing.extend([act(1, TaskAction::Delete), create("bread")]);
    done(&stores, ada, replacing).await;
    let refused = run(&stores, ada, vec![create("bread")]).await;
    assert!(matches!(refused, Err(BatchRefusal { index: 0, .. })));
}

/// A batch reaches only its user's tasks.
pub async fn a_batch_can_not_touch_another_users_tasks(stores: TaskStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let bens = stores.add(ben, titled("Ben's")).await;
    let refused = run(&stores, ada, vec![act(1, TaskAction::Delete)]).await;
    let refusal = TaskRefusal::NotFound(number(1));
    assert_eq!(refused, Err(BatchRefusal { index: 0, refusal }));
    assert_eq!(stores.list(ben, TaskQuery::default()).await.tasks, [bens]);
}

/// Whatever became of the tasks meanwhile.
pub async fn a_batch_with_a_key_is_carried_out_once(stores: TaskStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let changes = || {
        let (complete, reopen) = (act(1, TaskAction::Complete), act(1, TaskAction::Reopen));
        vec![
            create("milk"),
            rename(1, "oat milk"),
            complete.clone(),
            complete,
            reopen,
            create("x"),
            act(2, TaskAction::Delete),
        ]
    };
    let first = run_once(&stores, ada, ("k", 1), changes()).await;
    let BatchOutcome::Done(outcomes) = first else { unreachable!("{first:?}") };
    stores.act(ada, number(1), TaskAction::Delete).await;
    for _ in 0..2 {
        let again = run_once(&stores, ada, ("k", 1), changes()).await;
        assert_eq!(again, BatchOutcome::Replayed(outcomes.clone()));
    }
    assert_eq!(titles(&stores, ada).await, Vec::<String>::new());
    let other = run_once(&stores, ada, ("k", 2), vec![create("bread")]).await;
    assert_eq!(other, BatchOutcome::KeyReused);
    assert!(matches!(
        run_once(&stores, ben, ("k", 2), vec![create("bread")]).await,
        BatchOutcome::Done(_)
    ));
    assert!(matches!(
        run_once(&stores, ada, ("l", 2), vec![create("bread")]).await,
        BatchOutcome::Done(_)
    ));
    assert_eq!(titles(&stores, ada).await, ["3 bread"]);
}

/// So that it may succeed when it is sent again.
pub async fn a_refused_batch_does_not_use_up_its_key(stores: TaskStores) {
    let ada = stores.user("ada").await;
    let changes = || vec![create("bread"), act(1, TaskAction::Complete)];
    for _ in 0..2 {
        let refused = run_once(&stores, ada, ("k", 1), vec![act(1, TaskAction::Complete)]).await;
        assert!(
            matches!(refused, BatchOutcome::Refused(BatchRefusal { index: 0, .. })),
            "{refused:?}"
        );
    }
    let done = run_once(&stores, ada, ("k", 2), changes()).await;
    assert!(matches!(done, BatchOutcome::Done(_)), "{done:?}");
}
