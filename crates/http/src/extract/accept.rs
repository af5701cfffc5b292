//! What a client wants to be answered with.

use actix_web::{HttpRequest, http::header};

/// Whether it is the weight of what is not acceptable: `q=0`, with up to three zeros after a point
/// (RFC 9110, section 12.4.2).
fn is_zero_weight(parameter: &str) -> bool {
    let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    weight.is_some_and(|weight| weight.parse() == Ok(0.0))
}

/// Whether the client asks for server-sent events by name.
pub(crate) fn wants_event_stream(request: &HttpRequest) -> bool {
    let accepted = request.headers().get_all(header::ACCEPT);
    let accepted = accepted.filter_map(|value| value.to_str().ok());
    let mut types = accepted.flat_map(|value| value.split(','));
    types.any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        essence.eq_ignore_ascii_case("text/event-stream") && !parts.any(is_zero_weight)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_stream_is_wanted_by_who_names_it_unless_with_no_weight() {
        for (accept, expected) in [
            ("text/event-stream", true),
            ("application/json, Text/Event-Stream; q=0.5", true),
            ("text/event-stream;charset=utf-8;q=1", true),
            ("text/event-stream;q=0", false),
            ("text/event-stream; Q=0.000, application/json", false),
            ("text/*", false),
            ("*/*", false),
        ] {
            let request = TestRequest::get().insert_header((header::ACCEPT, accept));
            assert_eq!(wants_event_stream(&request.to_http_request()), expected, "{accept}");
        }
    }
}
