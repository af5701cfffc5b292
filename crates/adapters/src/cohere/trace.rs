//! What a trace tells of a question: one span after OpenTelemetry's conventions for generative AI,
//! and below it one for each attempt, after those for HTTP clients. Nothing of what is said in it.
//! Numbers are signed: a tracer takes others for text.

use opentelemetry::{
    Array, Context, KeyValue, StringValue, Value, global, propagation::Injector,
    trace::TraceContextExt,
};
use reqwest::{RequestBuilder, StatusCode};
use todo_domain::{ModelAnswer, ModelError};
use tracing::{Instrument, Span, field::Empty};
use url::Url;

use super::{CohereSettings, attempt_error::AttemptError, events::FinishReason};

const TRACEPARENT: &str = "traceparent";

/// The span of one question, all attempts and the waits between them included.
pub(super) fn question(settings: &CohereSettings, max_tokens: u32) -> Span {
    let model = settings.model.as_str();
    tracing::info_span!(
        "chat",
        otel.kind = "client",
        otel.name = format!("chat {model}"),
        otel.status_code = Empty,
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = "cohere",
        gen_ai.request.model = model,
        gen_ai.request.temperature = settings.temperature.get(),
        gen_ai.request.max_tokens = i64::from(max_tokens),
        gen_ai.request.stream = true,
        gen_ai.response.model = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        server.address = settings.base_url.host_str(),
        server.port = settings.base_url.port_or_known_default().map(i64::from),
        error.type = Empty,
    )
}

/// What became of the question of this span.
pub(super) fn answered(question: &Span, answer: &Result<ModelAnswer, ModelError>) {
    match answer {
        Ok(answer) => {
            question.record("gen_ai.response.model", answer.identity.model.as_str());
            question.record("gen_ai.usage.input_tokens", signed(answer.usage.input_tokens));
            question.record("gen_ai.usage.output_tokens", signed(answer.usage.output_tokens));
        }
        Err(error) => fail(question, error.failure.code().as_str()),
    }
}

/// Why the answer to a question ended. It goes to the span of the question, which only its context
/// can name: `tracing` knows no lists.
pub(super) fn finished(question: &Context, reason: &FinishReason) {
    let reasons = vec![StringValue::from(name_of(reason))];
    let reasons = Value::Array(Array::String(reasons));
    question.span().set_attribute(KeyValue::new("gen_ai.response.finish_reasons", reasons));
}

/// One attempt that may be made; `resends` counts those before it.
pub(super) async fn attempt<T>(
    url: &Url,
    resends: u32,
    attempt: impl Future<Output = Result<T, AttemptError>>,
) -> Result<T, AttemptError> {
    let span = tracing::info_span!(
        "POST",
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = "POST",
        http.request.resend_count = (resends > 0).then_some(i64::from(resends)),
        http.response.status_code = Empty,
        server.address = url.host_str(),
        server.port = url.port_or_known_default().map(i64::from),
        url.full = url.as_str(),
        error.type = Empty,
    );
    let outcome = attempt.instrument(span.clone()).await;
    if let Err(fault) = &outcome {
        fail(&span, fault.failure.code().as_str());
    }
    outcome
}

/// The attempt that is under way was answered with this status.
pub(super) fn responded(status: StatusCode) {
    Span::current().record("http.response.status_code", i64::from(status.as_u16()));
}

/// Names the trace to the provider (W3C Trace Context). What else came with a client's request,
/// such as its `tracestate`, is none of the provider's business.
pub(super) fn propagate(request: RequestBuilder) -> RequestBuilder {
    struct Traceparent(Option<String>);

    impl Injector for Traceparent {
        fn set(&mut self, key: &str, value: String) {
            if key == TRACEPARENT {
                self.0 = Some(value);
            }
        }
    }

    let mut traceparent = Traceparent(None);
    global::get_text_map_propagator(|propagator| propagator.inject(&mut traceparent));
    match traceparent.0 {
        Some(value) => request.header(TRACEPARENT, value),
        None => request,
    }
}

fn fail(span: &Span, error_type: &str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error_type);
}

fn signed(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

/// As Cohere spells it. A reason that is not known may be any text.
const fn name_of(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Complete => "COMPLETE",
        FinishReason::StopSequence => "STOP_SEQUENCE",
        FinishReason::ToolCall => "TOOL_CALL",
        FinishReason::MaxTokens => "MAX_TOKENS",
        FinishReason::Error => "ERROR",
        FinishReason::Timeout => "TIMEOUT",
        FinishReason::Other(_) => "OTHER",
    }
}
