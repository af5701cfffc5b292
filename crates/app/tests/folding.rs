//! Folding texts of before: what fails is tried with less, and holds up nobody else.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use todo_app::Folding;
use todo_domain::{
    UserId,
    ports::{FoldingStore, StoreError, StoreErrorKind},
};

/// Three users with some rows each. Those of the second can't be read but one at a time, and the last
/// of them not at all.
struct Store {
    rows: Mutex<[u64; 3]>,
    asked: Mutex<Vec<(i64, u32)>>,
    failure: StoreErrorKind,
}

impl Store {
    fn new(failure: StoreErrorKind) -> Arc<Self> {
        Arc::new(Self { rows: Mutex::new([2, 3, 4]), asked: Mutex::default(), failure })
    }
}

#[async_trait]
impl FoldingStore for Store {
    async fn next_to_fold(&self, after: Option<UserId>) -> Result<Option<UserId>, StoreError> {
        let rows = *self.rows.lock().unwrap();
        let after = after.map_or(0, UserId::get) as usize;
        let next = rows.iter().enumerate().skip(after).find(|(_, rows)| **rows > 0);
        Ok(next.map(|(place, _)| UserId::new(place as i64 + 1).unwrap()))
    }

    async fn fold_some(&self, user: UserId, characters: u32) -> Result<Option<u64>, StoreError> {
        self.asked.lock().unwrap().push((user.get(), characters));
        let mut rows = self.rows.lock().unwrap();
        let rows = &mut rows[user.get() as usize - 1];
        if user.get() == 2 && (characters > 1 || *rows == 1) {
            return Err(StoreError::new(self.failure, "unreadable"));
        }
        let folded = (*rows).min(2);
        *rows -= folded;
        Ok((folded > 0).then_some(folded))
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_that_can_not_be_folded_is_left_and_holds_up_nobody() {
    let store = Store::new(StoreErrorKind::Corrupt);
    let mut folding = Folding::new(Arc::clone(&store) as Arc<dyn FoldingStore>);
    assert_eq!(folding.fold_all().await.unwrap(), 2 + 2 + 4);
    let asked = store.asked.lock().unwrap().clone();
    let second: Vec<u32> =
        asked.iter().filter(|(user, _)| *user == 2).map(|(_, characters)| *characters).collect();
    assert!(second.is_sorted_by(|one, next| *next == one / 2 || one == next), "{second:?}");
    assert_eq!(second.last(), Some(&1));
    // And then it is not tried without end.
    assert_eq!(folding.fold_all().await.unwrap(), 0);
    assert_eq!(*store.asked.lock().unwrap(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_asked_again_later() {
    let store = Store::new(StoreErrorKind::Unavailable);
    let mut folding = Folding::new(Arc::clone(&store) as Arc<dyn FoldingStore>);
    folding.fold_all().await.unwrap_err();
    let asked = store.asked.lock().unwrap().len();
    folding.fold_all().await.unwrap_err();
    assert!(store.asked.lock().unwrap().len() > asked, "it is not asked again");
}
