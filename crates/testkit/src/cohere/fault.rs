//! HTTP errors on demand: Cohere's, and those of the gateways before it.

use clap::ValueEnum;

use super::{checks, models, simulated_error};

/// An error answer instead of the model's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InjectedFault {
    /// Our request is malformed.
    #[value(name = "400")]
    BadRequest,
    /// The key is wrong.
    #[value(name = "401")]
    Unauthorized,
    /// The key is wrong, and the message repeats the whole `Authorization` header.
    #[value(name = "401-echo")]
    EchoedKey,
    /// The account has to pay first.
    #[value(name = "402")]
    PaymentRequired,
    /// A gateway's page.
    #[value(name = "403-html")]
    ForbiddenHtml,
    /// The model is gone.
    #[value(name = "404")]
    ModelRemoved,
    /// A field of our request is unknown.
    #[value(name = "422")]
    UnknownField,
    /// The model failed to write a tool call.
    #[value(name = "422-invalid-tool-generation")]
    InvalidToolGeneration,
    /// The model called undeclared tools only.
    #[value(name = "422-hallucinated-tools")]
    HallucinatedTools,
    /// The model came up with nothing.
    #[value(name = "422-no-valid-response")]
    NoValidResponse,
    /// The minute's requests are used up.
    #[value(name = "429-minute")]
    MinuteLimit,
    /// The minute's requests are used up, and a `Retry-After` says for how long (1 s).
    #[value(name = "429-retry-after")]
    RetryAfter,
    /// The minute's requests of a trial key are used up.
    #[value(name = "429-trial-minute")]
    TrialMinuteLimit,
    /// The month's requests are used up.
    #[value(name = "429-month")]
    MonthLimit,
    /// The month's requests of a trial key are used up.
    #[value(name = "429-trial-month")]
    TrialMonthLimit,
    /// A deny-listed token.
    #[value(name = "498")]
    Unsafe,
    /// Broken.
    #[value(name = "500")]
    ServerError,
    /// Broken, says a gateway's page.
    #[value(name = "500-html")]
    ServerErrorHtml,
    /// Broken, in a gateway's plain words.
    #[value(name = "500-text")]
    ServerErrorText,
    /// Overloaded.
    #[value(name = "503")]
    Overloaded,
    /// Overloaded, says a gateway's page.
    #[value(name = "503-html")]
    OverloadedHtml,
    /// Overloaded, in a gateway's plain words.
    #[value(name = "503-text")]
    OverloadedText,
    /// Too slow.
    #[value(name = "504")]
    GatewayTimeout,
}

/// An error answer's parts.
pub(super) struct FaultAnswer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl InjectedFault {
    /// What it answers to a request with this `Authorization` header and this model.
    pub(super) fn answer(self, authorization: &str, model: &str) -> FaultAnswer {
        let json = |status, message: &str, error_type| FaultAnswer {
            status,
            content_type: "application/json",
            body: simulated_error::body(message, error_type).to_string(),
        };
        let html = |status, title: &str| FaultAnswer {
            status,
            content_type: "text/html",
            body: format!("<html><head><title>{title}</title></head><body>{title}</body></html>"),
        };
        let text = |status, body: &str| FaultAnswer {
            status,
            content_type: "text/plain",
            body: body.into(),
        };
        match self {
            Self::BadRequest => {
                json(400, "invalid request: all elements in history must have a message.", None)
            }
            Self::Unauthorized => json(401, "invalid api token", None),
            Self::EchoedKey => json(401, &format!("invalid api token: '{authorization}'"), None),
            Self::PaymentRequired => json(402, PAYMENT, None),
            Self::ForbiddenHtml => html(403, "403 Forbidden"),
            Self::ModelRemoved => json(404, &models::removed(model), None),
            Self::UnknownField => json(422, UNKNOWN_FIELD, None),
            Self::InvalidToolGeneration => {
                json(422, checks::INVALID_TOOL_GENERATION, Some("INVALID_TOOL_GENERATION"))
            }
            Self::HallucinatedTools => {
                json(422, checks::HALLUCINATED, Some("HALLUCINATED_ALL_TOOL_CALLS"))
            }
            Self::NoValidResponse => json(
                422,
                "No valid response generated. Try updating messages.",
                Some("NO_VALID_RESPONSE_GENERATED"),
            ),
            Self::MinuteLimit | Self::RetryAfter => json(429, MINUTE, None),
            Self::TrialMinuteLimit => json(429, TRIAL_MINUTE, None),
            Self::MonthLimit => json(429, MONTH, None),
            Self::TrialMonthLimit => json(429, TRIAL_MONTH, None),
            Self::Unsafe => json(498, "blocked input: please update your request", None),
            Self::ServerError => json(500, "internal server error, this has been reported", None),
            Self::ServerErrorHtml => html(500, "500 Internal Server Error"),
            Self::ServerErrorText => text(500, "Internal Server Error"),
            Self::Overloaded => json(503, "service unavailable, please try again later", None),
            Self::OverloadedHtml => html(503, "503 Service Temporarily Unavailable"),
            Self::OverloadedText => text(503, ENVOY),
            Self::GatewayTimeout => json(504, "gateway timeout", None),
        }
    }
}

const PAYMENT: &str = "Please add or update your payment method at \
    https://dashboard.cohere.com/billing?tab=payment to continue";
const UNKNOWN_FIELD: &str = "unknown field: parameter 'index' is not a valid field. For proper \
    usage, please refer to https://docs.cohere.com/reference/chat";
const MINUTE: &str = "You are past the per minute request limit, please wait and try again later.";
const MONTH: &str = "You are past the per-month request limit for this model, please wait and \
    try again later.";
pub(super) const TRIAL_MINUTE: &str = "You are using a Trial key, which is limited to 20 API \
    calls / minute. You can continue to use the Trial key for free or upgrade to a Production key \
    with higher rate limits at 'https://dashboard.cohere.com/api-keys'.";
pub(super) const TRIAL_MONTH: &str = "You are using a Trial key, which is limited to 1000 API \
    calls / month. You can continue to use the Trial key for free or upgrade to a Production key \
    with higher rate limits at 'https://dashboard.cohere.com/api-keys'.";
const ENVOY: &str = "upstream connect error or disconnect/reset before headers. reset reason: \
    connection failure";
