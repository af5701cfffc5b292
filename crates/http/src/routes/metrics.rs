//! For Prometheus.

use std::{error::Error, sync::Arc};

use actix_web::{HttpResponse, get, web};

use crate::{
    Api, OperatorPages,
    error::{ApiError, Code},
    openapi::problems,
};

/// Version 0.0.4 of Prometheus's text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

problems!(MetricsProblems: ; RouteNotFound);

/// What `GET /metrics` answers with.
pub trait MetricsPage: Send + Sync {
    /// Every metric in Prometheus's text format. It may block.
    ///
    /// # Errors
    /// When the metrics contradict each other.
    fn render(&self) -> Result<String, Box<dyn Error + Send + Sync>>;
}

/// What is measured, for Prometheus
///
/// There is nothing here under `METRICS_ENABLED=false`, nor under `METRICS_ADDRESS`, which names the
/// address where they are shown instead.
#[utoipa::path(
    operation_id = "getMetrics",
    tag = "health",
    responses(
        (
            status = 200, description = "Every metric", body = String, content_type = "text/plain",
            example = "# TYPE chat_requests_total counter\n",
        ),
        MetricsProblems,
    ),
)]
#[get("/metrics")]
pub(crate) async fn metrics(
    api: web::Data<Api>,
    pages: web::Data<OperatorPages>,
) -> Result<HttpResponse, ApiError> {
    let page = match **pages {
        OperatorPages::Here => api.metrics_page.as_ref().map(Arc::clone),
        OperatorPages::Elsewhere => None,
    };
    let Some(page) = page else {
        return Err(ApiError::new(Code::RouteNotFound));
    };
    let rendered = web::block(move || page.render()).await;
    let rendered = rendered.map_err(|error| ApiError::internal(error.to_string()))?;
    let text = rendered.map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(TEXT_FORMAT).body(text))
}
