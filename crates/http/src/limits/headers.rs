//! The headers that tell callers their limits, as draft-ietf-httpapi-ratelimit-headers-10 writes
//! them.

use std::{fmt::Display, time::Duration};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use todo_domain::{Limit, LimitDecision, LimitRule};

/// Tells what is left.
pub(crate) const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// Tells what there is.
pub(crate) const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Tells the limits that a request was counted by, and what they decided.
pub(super) fn tell(headers: &mut HeaderMap, limits: &[Limit], decisions: &[LimitDecision]) {
    let policies = limits.iter().filter_map(policy);
    let states =
        limits.iter().zip(decisions).filter_map(|(limit, decision)| state(limit, *decision));
    insert(headers, RATELIMIT_POLICY, policies);
    insert(headers, RATELIMIT, states);
}

fn policy(limit: &Limit) -> Option<String> {
    let LimitRule::Quota(quota) = limit.rule else { return None };
    let (capacity, window) = (quota.capacity(), seconds(quota.window()));
    Some(format!(r#""{}";q={capacity};w={window}"#, limit.name))
}

fn state(limit: &Limit, decision: LimitDecision) -> Option<String> {
    let (remaining, reset) = match decision {
        LimitDecision::Allowed { remaining, reset, .. } => (remaining, reset),
        LimitDecision::Refused { retry_after } => (0, retry_after),
        LimitDecision::Exempt => return None,
    };
    Some(format!(r#""{}";r={remaining};t={}"#, limit.name, seconds(reset)))
}

fn seconds(duration: Duration) -> impl Display {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

fn insert(headers: &mut HeaderMap, name: HeaderName, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if let Ok(value) = HeaderValue::from_str(&items.join(", ")) {
        headers.insert(name, value);
    }
}
