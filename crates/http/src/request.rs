//! What every request gets: an id, a span and a line in the log; and what every answer gets: that
//! id, and a body if it is an error.

use std::{panic::AssertUnwindSafe, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{self, BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        ConnectionType, Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use futures_util::FutureExt;
use percent_encoding::percent_decode_str;
use todo_domain::UserId;
use todo_metrics::HttpMetrics;
use tracing::{Instrument, Span, field::Empty};

use crate::{
    Api,
    error::{ApiError, Code},
    target,
    trace::RequestTrace,
    transport_security::{self, came_over_tls},
};

/// Names a request, in both directions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long path and query may be together, in bytes: several times what the longest search takes.
const MAX_TARGET: usize = 8 * 1024;
/// How long an id that came with a request may be.
const MAX_REQUEST_ID: usize = 128;

/// The outermost middleware but for the one that watches connections.
pub(crate) async fn handle(
    api: web::Data<Api>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request_id(&request).unwrap_or_else(|| api.ids.next().to_string());
    let mut log = AccessLog::start(&request, &id, &api);
    request.extensions_mut().insert(RequestSpan(log.span.clone()));
    request.extensions_mut().insert(RequestId(id.clone()));
    let is_head = request.method() == Method::HEAD;
    if is_head {
        // Routes know GET; the body is dropped on the way out.
        request.head_mut().method = Method::GET;
    }
    let wants_web_socket = wants_web_socket(request.headers());
    let answering = async move {
        check(&request)?;
        next.call(request).await
    };
    // A bug in one request is answered like any other error of ours.
    let answering = AssertUnwindSafe(answering).catch_unwind();
    let answering = answering.instrument(log.trace.span.clone()).instrument(log.span.clone());
    let outcome = answering.await;
    let outcome =
        outcome.unwrap_or_else(|_| Err(ApiError::internal("a request handler panicked").into()));
    match outcome {
        Ok(response) => {
            let (request, response) = response.into_parts();
            let mut response = log.finish(response.map_into_boxed_body(), &id, &api);
            if is_head && response.body().size() == BodySize::Stream {
                // The server would read it to its end, and the connection wait for that.
                response = response.set_body(BoxBody::new(body::None::new()));
            }
            Ok(ServiceResponse::new(request, response))
        }
        Err(error) => {
            let mut response = log.finish(HttpResponse::from_error(error), &id, &api);
            if wants_web_socket {
                // Nobody can tell where the next request would begin.
                response.head_mut().set_connection_type(ConnectionType::Close);
            }
            Err(InternalError::from_response("a request failed outside its route", response).into())
        }
    }
}

/// Refuses what no route answers.
fn check(request: &ServiceRequest) -> Result<(), ApiError> {
    let length = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if wants_web_socket(request.headers()) {
        return Err(ApiError::new(Code::UpgradeRefused));
    }
    if length > MAX_TARGET {
        return Err(ApiError::new(Code::UriTooLong));
    }
    if percent_decode_str(request.query_string()).decode_utf8().is_err() {
        return Err(ApiError::new(Code::BadRequest).with_detail("The query string is not UTF-8."));
    }
    Ok(())
}

/// Whether a request wants to go on as a WebSocket. The HTTP library then takes everything that
/// follows for its body, whatever length it tells; other protocols it lets pass, as RFC 9110 allows.
fn wants_web_socket(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::UPGRADE)
        .any(|protocols| protocols.as_bytes().trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

/// The id that came with the request, if it is a harmless one.
fn request_id(request: &ServiceRequest) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let accepted = (1..=MAX_REQUEST_ID).contains(&id.len()) && id.bytes().all(harmless);
    accepted.then(|| id.to_owned())
}

/// Tells the log who asks, once that is known.
pub(crate) fn record_user(request: &HttpRequest, user: UserId) {
    if let Some(RequestSpan(span)) = request.extensions().get() {
        span.record("user_id", user.get());
    }
}

/// The id of the request.
pub(crate) fn id_of(request: &HttpRequest) -> String {
    request.extensions().get().map(|RequestId(id)| id.clone()).unwrap_or_default()
}

/// What the request is called.
struct RequestId(String);

/// The span that the lines of a request have in common.
struct RequestSpan(Span);

/// Puts the headers on that every answer has, and writes errors out, ours and the framework's.
/// Tells the code of an error.
fn finish(
    mut response: HttpResponse,
    request_id: &str,
    trace_id: Option<&str>,
    over_tls: bool,
    api: &Api,
) -> (HttpResponse, Option<Code>) {
    if api.health.is_shutting_down() {
        // Whoever keeps the connection would find it closed under the next request.
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if over_tls {
        let value = HeaderValue::from_static(transport_security::ONE_YEAR);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }

    let foreign = foreign_error(&response);
    let own = response.error().and_then(|error| error.as_error::<ApiError>());
    let Some(error) = own.or(foreign.as_ref()) else {
        return (response, None);
    };
    error.log();
    let code = error.code();
    let status = code.status();
    let body = serde_json::to_vec(&error.problem(request_id, trace_id)).unwrap_or_default();
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    (response.set_body(BoxBody::new(body)), Some(code))
}

/// An error of the framework or of a library in it, which may have no body at all.
fn foreign_error(response: &HttpResponse) -> Option<ApiError> {
    let status = response.status();
    match response.error() {
        Some(error) if error.as_error::<ApiError>().is_some() => None,
        Some(error) if status.is_server_error() => Some(ApiError::internal(error.to_string())),
        Some(error) => Some(ApiError::new(status.into()).with_detail(error.to_string())),
        None => {
            let empty = matches!(response.body().size(), BodySize::None | BodySize::Sized(0));
            let failed = status.is_client_error() || status.is_server_error();
            (failed && empty).then(|| ApiError::new(status.into()))
        }
    }
}

/// One line for every request, when it is answered, or given up before; and the same as metrics.
struct AccessLog {
    /// Names method, route, user and status.
    span: Span,
    trace: RequestTrace,
    started: Instant,
    status: Option<StatusCode>,
    method: &'static str,
    /// The template and not the path: what people put into paths is theirs.
    route: String,
    metrics: HttpMetrics,
    over_tls: bool,
}

impl AccessLog {
    fn start(request: &ServiceRequest, id: &str, api: &Api) -> Self {
        let metrics = api.metrics.clone();
        let over_tls = came_over_tls(request.request(), api);
        let template = target::template(request.request());
        let route = template.clone().unwrap_or_else(|| "unknown".to_owned());
        let known_method = target::method(request.method());
        let method = known_method.unwrap_or(HttpMetrics::OTHER_METHOD);
        metrics.started();
        let span = tracing::info_span!(
            "request",
            request_id = id,
            trace_id = Empty,
            method,
            route,
            user_id = Empty,
            status = Empty,
            code = Empty,
        );
        let trace = span
            .in_scope(|| RequestTrace::start(request.headers(), known_method, template.as_deref()));
        span.record("trace_id", trace.id());
        Self {
            span,
            trace,
            started: Instant::now(),
            status: None,
            method,
            route,
            metrics,
            over_tls,
        }
    }

    /// Completes the answer and notes what it is.
    fn finish(&mut self, response: HttpResponse, request_id: &str, api: &Api) -> HttpResponse {
        let finish = || finish(response, request_id, self.trace.id(), self.over_tls, api);
        let (response, code) = self.span.in_scope(finish);
        self.span.record("code", code.map(Code::as_str));
        self.status = Some(response.status());
        self.trace.answered(response.status(), code.map(Code::as_str));
        response
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        let duration = self.started.elapsed();
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let status = self.status.map(|status| status.as_u16());
        self.metrics.ended(self.method, &self.route, status, duration);
        let _entered = self.span.enter();
        match self.status {
            Some(status) => {
                self.span.record("status", status.as_u16());
                tracing::info!(duration_ms, "Request answered");
            }
            None => tracing::info!(duration_ms, "Request abandoned"),
        }
    }
}
