//! How many requests somebody may make.

use std::{num::NonZeroU32, ops::RangeInclusive, time::Duration};

use todo_domain::Quota;
use todo_http::{LimitSettings, TrustedProxy};

use super::Variables;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Reads what is limited, and who is believed about where a request comes from.
///
/// - `RATE_LIMIT_PER_SECOND`: requests of a user, or of an address without a valid token. 1 to
///   1000, default 10.
/// - `RATE_LIMIT_BURST`: how many more may come at once. 0 to 10000, default 20.
/// - `CHAT_RATE_LIMIT_PER_MINUTE`: messages of a user. 1 to 1000, default 20.
/// - `SIGNUP_RATE_LIMIT_PER_HOUR`: sign-ups from an address. 1 to 10000, default 20.
/// - `TRUSTED_PROXIES`: addresses and networks, separated by commas. Default: none.
///
/// Of each of the rates, 0 or `off` means that there is no such limit.
pub(super) fn read(variables: &mut Variables) -> LimitSettings {
    let per_second = rate(variables, "RATE_LIMIT_PER_SECOND", 10, 1..=1000);
    let burst = variables.whole("RATE_LIMIT_BURST", 20, 0..=10_000);
    if per_second.is_none() && variables.text("RATE_LIMIT_BURST").is_some() {
        variables.fault("RATE_LIMIT_BURST", "has no effect: RATE_LIMIT_PER_SECOND is off");
    }
    let chat = rate(variables, "CHAT_RATE_LIMIT_PER_MINUTE", 20, 1..=1000);
    let sign_up = rate(variables, "SIGNUP_RATE_LIMIT_PER_HOUR", 20, 1..=10_000);
    LimitSettings {
        requests: per_second.map(|rate| Quota::per_second(rate, burst)),
        chat: chat.map(|rate| Quota::per(MINUTE, rate)),
        sign_up: sign_up.map(|rate| Quota::per(HOUR, rate)),
        trusted_proxies: trusted_proxies(variables),
    }
}

fn rate(
    variables: &mut Variables,
    name: &'static str,
    default: u32,
    bounds: RangeInclusive<u32>,
) -> Option<NonZeroU32> {
    let (least, most) = (bounds.start(), bounds.end());
    let expected = format!("a whole number from {least} to {most}, or 0 or off for no limit");
    variables.parsed(name, NonZeroU32::new(default), &expected, |value| {
        if value.eq_ignore_ascii_case("off") {
            return Some(None);
        }
        let rate = value.parse().ok().filter(|rate| *rate == 0 || bounds.contains(rate))?;
        Some(NonZeroU32::new(rate))
    })
}

fn trusted_proxies(variables: &mut Variables) -> Vec<TrustedProxy> {
    let mut proxies = Vec::new();
    for (index, entry) in variables.list("TRUSTED_PROXIES").iter().enumerate() {
        match entry.parse::<TrustedProxy>() {
            Ok(proxy) => proxies.push(proxy),
            Err(error) => {
                variables.fault("TRUSTED_PROXIES", format!("entry {} {error}", index + 1));
            }
        }
    }
    proxies
}
