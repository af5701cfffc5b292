//! Who may call the API: which web pages, and how often.

use std::{num::NonZeroU32, time::Duration};

use todo_domain::Quota;
use todo_http::{CorsOrigins, LimitSettings, Origin, TrustedProxy};

use super::{
    Variables,
    table::{
        CHAT_RATE_LIMIT_PER_MINUTE, CORS_ORIGINS, RATE_LIMIT_BURST, RATE_LIMIT_PER_SECOND,
        SIGNUP_RATE_LIMIT_PER_HOUR, TRUSTED_PROXIES,
    },
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Reads what is limited, and who is believed about where a request comes from.
pub(super) fn limits(variables: &mut Variables) -> LimitSettings {
    let per_second = variables.limit(RATE_LIMIT_PER_SECOND, LimitSettings::REQUESTS_PER_SECOND);
    let burst = variables.whole(RATE_LIMIT_BURST, LimitSettings::BURST);
    if per_second.is_none() && variables.is_set(RATE_LIMIT_BURST.name) {
        variables.fault(RATE_LIMIT_BURST.name, "has no effect: RATE_LIMIT_PER_SECOND is off");
    }
    let chat = variables.limit(CHAT_RATE_LIMIT_PER_MINUTE, LimitSettings::MESSAGES_PER_MINUTE);
    let sign_up = variables.limit(SIGNUP_RATE_LIMIT_PER_HOUR, LimitSettings::SIGN_UPS_PER_HOUR);
    let rate = |number: Option<u32>| number.and_then(NonZeroU32::new);
    LimitSettings {
        requests: rate(per_second).map(|rate| Quota::per_second(rate, burst)),
        chat: rate(chat).map(|rate| Quota::per(MINUTE, rate)),
        sign_up: rate(sign_up).map(|rate| Quota::per(HOUR, rate)),
        trusted_proxies: trusted_proxies(variables),
    }
}

fn trusted_proxies(variables: &mut Variables) -> Vec<TrustedProxy> {
    let mut proxies = Vec::new();
    for (index, entry) in variables.list(TRUSTED_PROXIES).iter().enumerate() {
        match entry.parse::<TrustedProxy>() {
            Ok(proxy) => proxies.push(proxy),
            Err(error) => {
                variables.fault(TRUSTED_PROXIES.name, format!("entry {} {error}", index + 1));
            }
        }
    }
    proxies
}

/// Which web pages of other origins may call the API: https, and with `debug` also http and `*`.
pub(super) fn origins(variables: &mut Variables, debug: bool) -> CorsOrigins {
    let mut any = false;
    let mut origins = Vec::new();
    for (index, entry) in variables.list(CORS_ORIGINS).iter().enumerate() {
        if entry == "*" && debug {
            any = true;
            continue;
        }
        match origin(entry, debug) {
            Ok(origin) => origins.push(origin),
            Err(problem) => {
                let problem = format!("entry {} {problem}", index + 1);
                variables.fault(CORS_ORIGINS.name, problem);
            }
        }
    }
    if any { CorsOrigins::Any } else { CorsOrigins::Listed(origins) }
}

fn origin(entry: &str, debug: bool) -> Result<Origin, String> {
    if entry == "*" {
        return Err("lets every web page in, which only DEBUG=true allows".to_owned());
    }
    let origin: Origin =
        entry.parse().map_err(|error: todo_http::OriginError| error.to_string())?;
    if origin.is_https() || debug {
        Ok(origin)
    } else {
        Err("must be https, only DEBUG=true allows http".to_owned())
    }
}
