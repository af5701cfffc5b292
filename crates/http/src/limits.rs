//! How many requests somebody may make: counted before anything else is done about a request, for
//! every route but those of [`EXEMPT`].

mod client_address;
mod headers;
mod keys;

pub use client_address::{TrustedProxy, TrustedProxyError};

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use actix_web::{
    Error, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web,
};
use arc_swap::ArcSwap;
use secrecy::SecretString;
use todo_app::SignInOrigin;
use todo_domain::{
    Email, Limit, LimitDecision, LimitKey, LimitRule, Quota,
    ports::{Charge, LimitStore},
};
use todo_metrics::LimitMetrics;

pub(crate) use self::client_address::ClientAddress;
use self::keys::LimitKeys;
use crate::{
    Api,
    auth::accepted_user,
    error::{ApiError, Code},
    target,
};

pub(crate) use headers::{RATELIMIT, RATELIMIT_POLICY};

/// Paths that are asked by machines, or read by people who don't know the limits yet. What is below
/// them is exempt as well.
const EXEMPT: &[&str] = &["/assets", "/c", "/health", "/metrics", "/openapi.json", "/docs"];

/// Whether requests for this path are not counted.
pub(crate) fn is_exempt(path: &str) -> bool {
    // Of the page itself nothing is below: that would be every path that begins with two slashes.
    path == "/"
        || EXEMPT.iter().any(|root| {
            path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

/// Which limits there are. By default there are none.
#[derive(Debug, Clone, Default)]
pub struct LimitSettings {
    /// Requests: of each user, and of each address where a request shows no token that is accepted.
    pub requests: Option<Quota>,
    /// Messages to the chat and decisions, of each user.
    pub chat: Option<Quota>,
    /// Sign-ups, from each address.
    pub sign_up: Option<Quota>,
    /// Who is believed about where a request comes from.
    pub trusted_proxies: Vec<TrustedProxy>,
}

/// The limits of a service that sets none itself.
impl LimitSettings {
    /// Requests a second (`RATE_LIMIT_PER_SECOND`).
    pub const REQUESTS_PER_SECOND: u32 = 10;
    /// How many more may come at once (`RATE_LIMIT_BURST`).
    pub const BURST: u32 = 20;
    /// Messages a minute (`CHAT_RATE_LIMIT_PER_MINUTE`).
    pub const MESSAGES_PER_MINUTE: u32 = 20;
    /// Sign-ups an hour (`SIGNUP_RATE_LIMIT_PER_HOUR`).
    pub const SIGN_UPS_PER_HOUR: u32 = 20;
}

/// Limits requests.
#[derive(Clone)]
pub struct Limits {
    settings: LimitSettings,
    store: Arc<dyn LimitStore>,
    keys: Arc<ArcSwap<LimitKeys>>,
    metrics: LimitMetrics,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Limits {
    /// These limits, counted there. Addresses are counted by keys that only those who have the
    /// secret can make: all instances that count together must have the same.
    #[must_use]
    pub fn new(
        settings: LimitSettings,
        store: Arc<dyn LimitStore>,
        secret: &SecretString,
        metrics: LimitMetrics,
    ) -> Self {
        let keys = Arc::new(ArcSwap::from_pointee(LimitKeys::new(secret)));
        Self { settings, store, keys, metrics }
    }

    /// From now on this secret makes the keys, for every clone, and what was counted under the
    /// former ones is forgotten (S26).
    pub fn replace_secret(&self, secret: &SecretString) {
        self.keys.store(Arc::new(LimitKeys::new(secret)));
    }

    /// Who is believed about where a request comes from.
    pub(crate) fn trusted_proxies(&self) -> &[TrustedProxy] {
        &self.settings.trusted_proxies
    }

    /// From where somebody tries to sign in to this account.
    pub(crate) fn sign_in_origin(&self, request: &HttpRequest, email: &Email) -> SignInOrigin {
        let address = self.client_address(request);
        let keys = self.keys.load();
        SignInOrigin {
            account: keys.account(email),
            address: keys.address(address),
            account_at_address: keys.account_at_address(email, address),
        }
    }

    /// Whether this peer is a proxy that is believed about its clients.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        client_address::is_trusted(peer, &self.settings.trusted_proxies)
    }

    /// Where a request comes from, named as it is counted by.
    pub(crate) fn address_of(&self, request: &HttpRequest) -> LimitKey {
        self.keys.load().address(self.client_address(request))
    }

    fn client_address(&self, request: &HttpRequest) -> ClientAddress {
        ClientAddress::of(request, &self.settings.trusted_proxies)
    }

    /// What this request counts by.
    async fn charges(&self, api: &Api, request: &ServiceRequest) -> Vec<Charge> {
        let path = target::path(request.request());
        if is_exempt(path) {
            return Vec::new();
        }
        let LimitSettings { requests, chat, sign_up, .. } = &self.settings;
        let template = target::template(request.request());
        // Whoever signs in or up is nobody yet, whatever token comes along: otherwise each account
        // of an address would bring it as many more guesses.
        let counts_users = !matches!(template.as_deref(), Some(SIGN_UP_PATH | SIGN_IN_PATH))
            && (requests.is_some() || chat.is_some());
        let user = if counts_users { accepted_user(api, request.request()).await } else { None };
        let address = || self.address_of(request.request());
        let caller = user.map_or_else(address, LimitKeys::user);
        let mut charges = Vec::new();
        let mut charge = |name, quota: &Option<Quota>, key: LimitKey| {
            charges.extend(quota.map(|quota| {
                let limit = Limit { name, rule: LimitRule::Quota(quota) };
                Charge { limit, key, exemption: None }
            }));
        };
        charge(DEFAULT, requests, caller);
        match (request.method(), template.as_deref(), user) {
            (
                &Method::POST,
                Some(
                    "/api/{user_id}/chat"
                    | "/api/{user_id}/actions/{id}/approve"
                    | "/api/{user_id}/actions/{id}/reject",
                ),
                Some(user),
            ) => {
                charge(CHAT, chat, LimitKeys::user(user));
            }
            (&Method::POST, Some(SIGN_UP_PATH), _) => charge(SIGN_UP, sign_up, address()),
            _ => {}
        }
        charges
    }
}

const SIGN_UP_PATH: &str = "/api/auth/signup";
const SIGN_IN_PATH: &str = "/api/auth/signin";

const DEFAULT: &str = "default";
const CHAT: &str = "chat";
const SIGN_UP: &str = "sign_up";

/// The middleware.
pub(crate) async fn handle(
    api: web::Data<Api>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let limits = &api.limits;
    let charges = limits.charges(&api, &request).await;
    if charges.is_empty() {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let named: Vec<Limit> = charges.iter().map(|charge| charge.limit).collect();
    let decisions = limits.store.take(charges).await;
    let mut response = match refusal(&named, &decisions) {
        None => next.call(request).await?.map_into_boxed_body(),
        Some((limit, retry_after)) => {
            limits.metrics.refused(limit);
            let code = match limit {
                CHAT => Code::ChatRateLimited,
                SIGN_UP => Code::SignUpRateLimited,
                _ => Code::RateLimited,
            };
            request.error_response(ApiError::new(code).with_retry_after(retry_after))
        }
    };
    headers::tell(response.headers_mut(), &named, &decisions);
    Ok(response)
}

/// The limit that refuses, if one does, and when it will not any more.
fn refusal(limits: &[Limit], decisions: &[LimitDecision]) -> Option<(&'static str, Duration)> {
    let mut decided = limits.iter().zip(decisions);
    decided.find_map(|(limit, decision)| Some((limit.name, decision.retry_after()?)))
}
