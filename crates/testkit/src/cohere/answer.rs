//! An HTTP answer in the making.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde_json::Value;

use super::{
    delivery::Delivery,
    fault::InjectedFault,
    ids,
    log::{RecordedRequest, Verdict},
    simulated_error::SimulatedError,
    stage::Stage,
    trial::Allowance,
};

#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, HeaderValue)>,
    frames: Vec<String>,
    delivery: Delivery,
    delay: Duration,
    verdict: Verdict,
}

impl Answer {
    pub(super) fn json(body: &Value) -> Self {
        Self::new(200, "application/json", vec![body.to_string()], Verdict::Answered)
    }

    pub(super) fn stream(frames: Vec<String>) -> Self {
        Self::new(200, "text/event-stream", frames, Verdict::Answered)
    }

    /// Because of the request.
    pub(super) fn refused(error: SimulatedError) -> Self {
        let status = error.status.as_u16();
        let body = error.body().to_string();
        let verdict = Verdict::Refused { status, message: error.message };
        Self::new(status, "application/json", vec![body], verdict)
    }

    /// Because of the script, in Cohere's words.
    pub(super) fn failed(error: &SimulatedError) -> Self {
        let status = error.status.as_u16();
        let body = error.body().to_string();
        Self::new(status, "application/json", vec![body], Verdict::Failed { status })
    }

    /// Because of the script, in whatever form.
    pub(super) fn fault(
        fault: InjectedFault,
        lasting: Option<Duration>,
        http: &HttpRequest,
        model: &str,
    ) -> Self {
        let authorization = http.headers().get(header::AUTHORIZATION);
        let authorization = authorization.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let answer = fault.answer(authorization, model);
        let verdict = Verdict::Failed { status: answer.status };
        let made = Self::new(answer.status, answer.content_type, vec![answer.body], verdict);
        if fault == InjectedFault::RetryAfter {
            let wait = lasting.unwrap_or(Duration::from_secs(1));
            made.header("retry-after", wait.as_secs())
        } else {
            made
        }
    }

    fn new(status: u16, content_type: &'static str, frames: Vec<String>, verdict: Verdict) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            frames,
            delivery: Delivery::default(),
            delay: Duration::ZERO,
            verdict,
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// What a trial key is told in good answers.
    pub(super) fn allowance(self, allowance: Option<Allowance>) -> Self {
        match allowance {
            None => self,
            Some(Allowance { per_month, per_minute, remaining }) => self
                .header("x-endpoint-monthly-call-limit", per_month)
                .header("x-trial-endpoint-call-limit", per_minute)
                .header("x-trial-endpoint-call-remaining", remaining),
        }
    }

    pub(super) fn delivered(self, delivery: Delivery) -> Self {
        Self { delivery, ..self }
    }

    pub(super) fn delayed(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Records the request with what became of it, and answers it.
    pub(super) async fn send(self, stage: &Stage, http: &HttpRequest, body: Value) -> HttpResponse {
        let trace_id = ids::trace_id();
        stage.record(RecordedRequest {
            path: http.path().to_owned(),
            key: key_of(http),
            body,
            verdict: self.verdict,
            traceparent: http
                .headers()
                .get("traceparent")
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            trace_id: trace_id.clone(),
        });
        tokio::time::sleep(self.delay).await;
        self.delivery.before_headers().await;
        let status = StatusCode::from_u16(self.status).expect("statuses are written out here");
        let mut response = HttpResponse::build(status);
        response.content_type(self.content_type).insert_header(("x-debug-trace-id", trace_id));
        for header in self.headers {
            response.insert_header(header);
        }
        response.streaming(self.delivery.send(self.frames, stage.settings.split_chunks))
    }
}

fn key_of(http: &HttpRequest) -> String {
    let header = http.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    header
        .and_then(|value| value.split_once(' '))
        .map(|(_, key)| key.to_owned())
        .unwrap_or_default()
}
