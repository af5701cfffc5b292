//! A lock around `todo_domain::memory` does what every store must do, as far as it is one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use todo_contract::{ChatStores, PORTS, TurnStores, Users, at, user_limits};
use todo_domain::{
    UserId,
    memory::{InMemoryUserData, UserDataRepository, UserDataStore},
    ports::StoreError,
};

/// The ports whose cases run.
const RUN: [&str; 3] = ["tasks", "turns", "chat"];

/// Those whose cases do not, and why.
const LEFT_OUT: [(&str, &str); 8] = [
    ("constraints", "values have been checked, and nothing checks them again"),
    (
        "accounts",
        "who the users are is the service's own: the data begins with a user who is there",
    ),
    ("tokens", "so is how they are let in"),
    ("usage", "what each model cost on each day is not kept, only what the budget of today needs"),
    ("oversight", "a user's data knows no other user"),
    ("archives", "the rows are the export"),
    ("retention", "nothing is forgotten, for whoever has so much keeps it in a database"),
    ("service", "these need accounts, tokens or retention"),
];

/// Users in a map.
#[derive(Default)]
struct Memory(Mutex<HashMap<UserId, InMemoryUserData>>);

/// Users whose data is put together from its rows for each unit of work.
#[derive(Default)]
struct Rows(Memory);

impl Memory {
    fn with<T>(
        &self,
        user: UserId,
        work: impl FnOnce(&mut InMemoryUserData) -> T,
    ) -> Result<Option<T>, StoreError> {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(users.get_mut(&user).map(work))
    }

    fn add(&self) -> UserId {
        let mut users = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let user = UserId::new(users.len() as i64 + 1).unwrap();
        let zone = "Europe/Berlin".parse().unwrap();
        users.insert(user, InMemoryUserData::new(user_limits(), zone));
        user
    }
}

#[async_trait]
impl UserDataRepository for Memory {
    async fn change<T, W>(&self, user: UserId, work: W) -> Result<Option<T>, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut InMemoryUserData) -> T + Send + 'static,
    {
        self.with(user, work)
    }
}

#[async_trait]
impl UserDataRepository for Rows {
    async fn change<T, W>(&self, user: UserId, work: W) -> Result<Option<T>, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut InMemoryUserData) -> T + Send + 'static,
    {
        self.0.with(user, |data| {
            let rows = data.rows().into_values();
            *data = InMemoryUserData::from_rows(user, user_limits(), rows).unwrap();
            work(data)
        })
    }
}

#[async_trait]
impl Users for Memory {
    async fn user(&self, _name: &str) -> UserId {
        self.add()
    }
}

#[async_trait]
impl Users for Rows {
    async fn user(&self, _name: &str) -> UserId {
        self.0.add()
    }
}

async fn with_memory(case: impl AsyncFnOnce(ChatStores)) {
    case(stores(Memory::default())).await;
}

async fn with_rows(case: impl AsyncFnOnce(ChatStores)) {
    case(stores(Rows::default())).await;
}

/// Leases are counted from the times of the cases, so the clock is theirs.
fn stores(repository: impl UserDataRepository + Users + 'static) -> ChatStores {
    let users = Arc::new(repository);
    let store = Arc::new(UserDataStore::new(Arc::clone(&users), || at(0)));
    let (turns, tasks, conversations) = (Arc::clone(&store), Arc::clone(&store), store);
    ChatStores { turn_stores: TurnStores { users, turns }, tasks, conversations }
}

mod memory {
    todo_contract::contract_tests!(crate::with_memory: tasks turns chat);
}

mod rows {
    todo_contract::contract_tests!(crate::with_rows: tasks turns chat);
}

#[test]
fn each_port_is_run_or_there_is_a_reason_why_not() {
    let left_out = LEFT_OUT.map(|(port, _)| port);
    let named: BTreeSet<_> = RUN.into_iter().chain(left_out).collect();
    assert_eq!(named, BTreeSet::from(PORTS));
    assert_eq!(named.len(), RUN.len() + left_out.len());
}
