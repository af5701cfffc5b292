//! What each refusal means and what is done about it: the table of Cohere's errors, row by row.

use serde_json::json;

use super::*;

const UNAVAILABLE: ModelFailure = ModelFailure::Unavailable { retry_after: None };
const RATE_LIMITED: ModelFailure = ModelFailure::RateLimited { retry_after: None };

fn fault(status: u16, body: &str) -> AttemptError {
    let refusal =
        Rejection::new(StatusCode::from_u16(status).unwrap(), &Said::read(body.as_bytes()));
    AttemptError::refused(refusal, None, String::new())
}

fn message(text: &str) -> String {
    json!({ "id": "8d74", "message": text }).to_string()
}

#[test]
fn what_can_not_get_better_is_given_up_at_once() {
    for (status, body, failure) in [
        (400, message("invalid request: temperature"), ModelFailure::RejectedRequest),
        (401, message("invalid api token"), ModelFailure::Auth),
        (402, message("Please add or update your payment method"), ModelFailure::Auth),
        (403, "<html>Forbidden</html>".into(), ModelFailure::Auth),
        (404, message("model 'x' not found"), ModelFailure::ModelNotFound),
        (413, String::new(), ModelFailure::RejectedRequest),
        (422, message("unknown field: parameter 'index'"), ModelFailure::RejectedRequest),
        (429, message("limited to 1000 API calls / month"), ModelFailure::QuotaExhausted),
        (429, message("past the per-month request limit"), ModelFailure::QuotaExhausted),
        (498, message("unsafe"), ModelFailure::RejectedRequest),
        (499, message("request cancelled"), UNAVAILABLE),
        (501, message("not implemented"), UNAVAILABLE),
        (302, String::new(), UNAVAILABLE),
    ] {
        let fault = fault(status, &body);
        assert_eq!((fault.failure, fault.again), (failure, Again::Never), "{status} {body}");
    }
}

#[test]
fn what_may_get_better_is_tried_again() {
    let sampled =
        json!({ "message": "invalid tool generation", "error_type": "INVALID_TOOL_GENERATION" });
    for (status, body, failure) in [
        (408, String::new(), UNAVAILABLE),
        (422, sampled.to_string(), ModelFailure::InvalidAnswer),
        (422, message("No valid tool call or response generated"), ModelFailure::InvalidAnswer),
        (429, message("past the per minute request limit"), RATE_LIMITED),
        (429, "slow down".into(), RATE_LIMITED),
        (500, message("internal"), UNAVAILABLE),
        (502, "<html>Bad Gateway</html>".into(), UNAVAILABLE),
        (503, "upstream connect error".into(), UNAVAILABLE),
        (504, String::new(), UNAVAILABLE),
    ] {
        let fault = fault(status, &body);
        assert_eq!((fault.failure, fault.again), (failure, Again::AfterBackoff), "{status} {body}");
    }
}

#[test]
fn a_provider_that_says_when_is_asked_again_then_and_the_user_is_told() {
    let wait = Duration::from_secs(7);
    let fault = AttemptError::refused(Rejection::RateLimit, Some(wait), String::new());
    assert_eq!(fault.again, Again::After(wait));
    assert_eq!(fault.into_error(true).failure.retry_after(), Some(wait));
}

#[test]
fn the_lack_of_time_is_the_failure_only_where_time_was_what_ran_out() {
    let stalled = AttemptError::stalled().into_error(true);
    assert_eq!(stalled.failure, ModelFailure::DeadlineExceeded);
    assert_eq!(AttemptError::stalled().into_error(false).failure, UNAVAILABLE);
    assert_eq!(fault(503, "").into_error(true).failure, UNAVAILABLE);
}

fn wait(name: &'static str, value: &str) -> Option<Duration> {
    let headers = HeaderMap::from_iter([(
        reqwest::header::HeaderName::from_static(name),
        value.parse().unwrap(),
    )]);
    retry_after(&headers, "2026-11-22T10:00:00Z".parse().unwrap())
}

#[test]
fn retry_after_comes_in_seconds_milliseconds_or_as_a_date() {
    for (name, value, seconds) in [
        ("retry-after", "3", 3.0),
        ("retry-after", "0", 0.0),
        ("retry-after", " 1.5 ", 1.5),
        ("retry-after", "Sun, 22 Nov 2026 10:00:09 GMT", 9.0),
        ("retry-after", "Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("retry-after", "86400", 60.0),
        ("retry-after-ms", "250", 0.25),
    ] {
        assert_eq!(wait(name, value), Some(Duration::from_secs_f64(seconds)), "{value}");
    }
}

#[test]
fn a_retry_after_that_makes_no_sense_is_ignored() {
    for value in ["", "soon", "-1", "NaN", "inf", "Sun, 99 Nov 2026 10:00:09 GMT"] {
        assert_eq!(wait("retry-after", value), None, "{value}");
    }
}
