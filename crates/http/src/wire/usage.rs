//! What somebody took of models.

use serde::{Deserialize, Serialize};
use todo_app::{BudgetState, PricedUsage, UsageDay, UsageReport};
use todo_domain::{Date, ModelIdentity, UsageSpan};
use utoipa::{IntoParams, ToSchema};

use super::{day, instant::instant};
use crate::error::Fields;

/// The query string of the usage.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// The first day, at most 91 before the last; without it there are 30 days.
    #[param(format = Date, example = "2026-11-01")]
    from: Option<String>,
    /// The last day; without it today in UTC.
    #[param(format = Date, example = "2026-11-30")]
    to: Option<String>,
}

impl UsageQuery {
    /// The days that are asked for.
    pub(crate) fn parse(self, today: Date, fields: &mut Fields) -> Option<UsageSpan> {
        let from = fields.parse_optional("from", self.from.as_deref(), day::of_query);
        let to = fields.parse_optional("to", self.to.as_deref(), day::of_query);
        fields.parse("from", UsageSpan::new(from?, to?, today))
    }
}

/// What your messages took of models, day by day.
#[derive(Serialize, ToSchema)]
pub(crate) struct Usage {
    total: UsageSum,
    /// Every day from the first to the last.
    #[schema(min_items = 1, max_items = 92)]
    days: Vec<DayUsage>,
    /// `null`: you may spend any number of tokens.
    #[schema(required)]
    budget: Option<Budget>,
}

/// What answers of models took.
#[derive(Serialize, ToSchema)]
pub(super) struct UsageSum {
    /// How many answers of models there were.
    #[schema(example = 2)]
    calls: u64,
    #[schema(example = 588)]
    input_tokens: u64,
    #[schema(example = 21)]
    output_tokens: u64,
    /// United States dollars, exactly; `null` where the price of a model is not known.
    #[schema(required, pattern = r"^[0-9]+(\.[0-9]{1,12})?$", example = "0.0001008")]
    cost_usd: Option<String>,
}

/// What was taken on a day.
#[derive(Serialize, ToSchema)]
pub(super) struct DayUsage {
    /// In UTC.
    #[schema(format = Date, example = "2026-11-28")]
    day: String,
    #[serde(flatten)]
    total: UsageSum,
    /// By engine and model; empty where nothing was taken.
    models: Vec<UsageOfModel>,
}

/// What was taken of a model.
#[derive(Serialize, ToSchema)]
struct UsageOfModel {
    #[schema(example = "cohere")]
    engine: String,
    #[schema(example = "command-r-08-2024")]
    model: String,
    #[serde(flatten)]
    usage: UsageSum,
}

/// How many tokens you may spend today, read and written together.
#[derive(Serialize, ToSchema)]
struct Budget {
    #[schema(minimum = 1, example = 200_000)]
    limit: u64,
    /// The last answer may have gone beyond the limit.
    #[schema(example = 609)]
    spent: u64,
    /// When there are as many again: midnight in UTC.
    #[schema(format = DateTime, example = "2026-11-29T00:00:00.000000Z")]
    resets_at: String,
}

impl From<UsageReport> for Usage {
    fn from(report: UsageReport) -> Self {
        Self {
            total: report.total.into(),
            days: report.days.into_iter().map(DayUsage::from).collect(),
            budget: report.budget.map(Budget::from),
        }
    }
}

impl From<PricedUsage> for UsageSum {
    fn from(PricedUsage { usage, cost }: PricedUsage) -> Self {
        Self {
            calls: usage.calls,
            input_tokens: usage.tokens.input_tokens,
            output_tokens: usage.tokens.output_tokens,
            cost_usd: cost.map(|cost| cost.to_string()),
        }
    }
}

impl From<UsageDay> for DayUsage {
    fn from(UsageDay { day, total, models }: UsageDay) -> Self {
        let models = models.into_iter().map(UsageOfModel::from).collect();
        Self { day: day.to_string(), total: total.into(), models }
    }
}

impl From<(ModelIdentity, PricedUsage)> for UsageOfModel {
    fn from((identity, usage): (ModelIdentity, PricedUsage)) -> Self {
        Self { engine: identity.engine, model: identity.model, usage: usage.into() }
    }
}

impl From<BudgetState> for Budget {
    fn from(state: BudgetState) -> Self {
        Self { limit: state.budget.get(), spent: state.spent, resets_at: instant(state.resets_at) }
    }
}
