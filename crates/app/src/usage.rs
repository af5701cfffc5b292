//! What a user took of models, what that costs, and what is left of today's budget.

use std::{fmt, sync::Arc};

use todo_domain::{
    Cost, DailyUsage, Date, ModelIdentity, ModelPrices, ModelUsage, Timestamp, TokenBudget,
    TokensSpent, UsageSpan, UserId,
    ports::{Clock, StoreError, UsageStore},
};

/// What answers took, and what that costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PricedUsage {
    /// What they took.
    pub usage: ModelUsage,
    /// What it costs; `None` where a model with tokens has no known price.
    pub cost: Option<Cost>,
}

impl PricedUsage {
    fn of<'a>(parts: impl Iterator<Item = &'a Self> + Clone) -> Self {
        Self {
            usage: parts.clone().map(|part| part.usage).sum(),
            cost: parts.map(|part| part.cost).sum(),
        }
    }
}

/// What was taken on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageDay {
    /// The day in UTC.
    pub day: Date,
    /// Of all models together.
    pub total: PricedUsage,
    /// Of each model, by name; none where nothing was taken.
    pub models: Vec<(ModelIdentity, PricedUsage)>,
}

/// How much of today's budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetState {
    /// The budget.
    pub budget: TokenBudget,
    /// How many tokens were spent today. The last answer may have gone beyond the budget.
    pub spent: u64,
    /// When there will be a whole one again.
    pub resets_at: Timestamp,
}

/// What a user took of models on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// Every day that was asked for, in order.
    pub days: Vec<UsageDay>,
    /// Of all days together.
    pub total: PricedUsage,
    /// Today's budget; `None` where there is none.
    pub budget: Option<BudgetState>,
}

/// Tells users what they took of models.
#[derive(Clone)]
pub struct UsageReports {
    store: Arc<dyn UsageStore>,
    clock: Arc<dyn Clock>,
    prices: Arc<ModelPrices>,
    budget: Option<TokenBudget>,
}

impl fmt::Debug for UsageReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageReports").field("budget", &self.budget).finish_non_exhaustive()
    }
}

impl UsageReports {
    /// Reports from this store, by these prices. The budget is that of the chat
    /// ([`ChatSettings`](crate::ChatSettings)).
    #[must_use]
    pub fn new(
        store: Arc<dyn UsageStore>,
        clock: Arc<dyn Clock>,
        prices: ModelPrices,
        budget: Option<TokenBudget>,
    ) -> Self {
        Self { store, clock, prices: Arc::new(prices), budget }
    }

    /// The day on which what is taken now counts.
    #[must_use]
    pub fn today(&self) -> Date {
        TokensSpent::day_of(self.clock.now())
    }

    /// What a user took on some days.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn report(&self, user: UserId, span: UsageSpan) -> Result<UsageReport, StoreError> {
        let (days, total) = priced_days(self.store.usage(user, span).await?, span, &self.prices);
        Ok(UsageReport { days, total, budget: self.budget(user).await? })
    }

    async fn budget(&self, user: UserId) -> Result<Option<BudgetState>, StoreError> {
        let Some(budget) = self.budget else { return Ok(None) };
        let now = self.clock.now();
        let today = self.store.usage(user, UsageSpan::day(TokensSpent::day_of(now))).await?;
        let today: ModelUsage = today.into_iter().map(|daily| daily.usage).sum();
        let resets_at = TokenBudget::resets_at(now);
        Ok(Some(BudgetState { budget, spent: today.tokens.total(), resets_at }))
    }
}

/// Every day of a span with what was taken on it, and all of them together. What was taken is in the
/// order of the days.
pub(crate) fn priced_days(
    taken: Vec<DailyUsage>,
    span: UsageSpan,
    prices: &ModelPrices,
) -> (Vec<UsageDay>, PricedUsage) {
    let mut taken = taken.into_iter().peekable();
    let days = span.days().map(|day| {
        let of_day = std::iter::from_fn(|| taken.next_if(|daily| daily.day == day));
        let models: Vec<_> = of_day.map(|daily| priced(daily, prices)).collect();
        UsageDay { day, total: PricedUsage::of(models.iter().map(|(_, usage)| usage)), models }
    });
    let days: Vec<_> = days.collect();
    let total = PricedUsage::of(days.iter().map(|day| &day.total));
    (days, total)
}

fn priced(daily: DailyUsage, prices: &ModelPrices) -> (ModelIdentity, PricedUsage) {
    let DailyUsage { identity, usage, .. } = daily;
    let cost = prices.cost(&identity.model, usage.tokens);
    (identity, PricedUsage { usage, cost })
}
