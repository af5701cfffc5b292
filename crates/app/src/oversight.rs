//! What operators see of all users together.

use std::{fmt, sync::Arc};

use todo_domain::{
    ModelPrices, UsageSpan,
    ports::{OversightStore, RunningTurn, StoreError},
};

use crate::{PricedUsage, UsageDay, usage::priced_days};

/// What all users together took of models on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllUsage {
    /// Every day that was asked for, in order.
    pub days: Vec<UsageDay>,
    /// Of all days together.
    pub total: PricedUsage,
}

/// Shows operators what goes on. Nothing that anybody wrote is among it.
#[derive(Clone)]
pub struct Oversight {
    store: Arc<dyn OversightStore>,
    prices: Arc<ModelPrices>,
}

impl fmt::Debug for Oversight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oversight").finish_non_exhaustive()
    }
}

impl Oversight {
    /// How many running turns are shown at most.
    pub const MAX_TURNS: u32 = 100;

    /// Over this store, by these prices.
    #[must_use]
    pub fn new(store: Arc<dyn OversightStore>, prices: ModelPrices) -> Self {
        Self { store, prices: Arc::new(prices) }
    }

    /// What all users together took on some days.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn usage(&self, span: UsageSpan) -> Result<AllUsage, StoreError> {
        let (days, total) = priced_days(self.store.usage_of_all(span).await?, span, &self.prices);
        Ok(AllUsage { days, total })
    }

    /// The turns that run, in whichever process, the longest running first: [`Self::MAX_TURNS`] at
    /// most.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn running_turns(&self) -> Result<Vec<RunningTurn>, StoreError> {
        self.store.running_turns(Self::MAX_TURNS).await
    }
}
