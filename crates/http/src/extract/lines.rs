//! Bodies of JSON lines, which are read piece by piece.

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{self, Bytes},
};
use futures_util::{FutureExt, StreamExt, future::LocalBoxFuture};
use tokio::time::timeout_at;

use super::json::check_head;
use crate::{
    error::{ApiError, Code},
    pace::{MinimumPace, Pace},
};

/// The media type of JSON lines.
pub(crate) const JSON_LINES: &str = "application/x-ndjson";

/// How large a body of JSON lines may be, in bytes; the server's to set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MaxLines(pub(crate) usize);

/// A body of JSON lines, on its way.
pub(crate) struct Lines {
    payload: web::Payload,
    max_bytes: usize,
    bytes: usize,
    pace: Pace,
}

impl FromRequest for Lines {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bounds = request.app_data().copied().zip(request.app_data().copied());
        let checked = bounds
            .ok_or_else(|| ApiError::internal("a body is read without bounds"))
            .and_then(|(MaxLines(max_bytes), minimum): (_, MinimumPace)| {
                check_head(request, &[JSON_LINES], max_bytes)
                    .map_err(|refusal| explained(refusal, max_bytes))?;
                Ok((max_bytes, minimum))
            });
        let payload = web::Payload::from_request(request, payload);
        async move {
            let (max_bytes, minimum) = checked?;
            let payload = payload.await.map_err(|_| ApiError::new(Code::BadRequest))?;
            Ok(Self { payload, max_bytes, bytes: 0, pace: minimum.begin() })
        }
        .boxed_local()
    }
}

impl Lines {
    /// The next piece, which begins and ends anywhere; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        self.pace.goes_on();
        let piece = timeout_at(self.pace.deadline(), self.payload.next()).await;
        let Some(piece) = piece.map_err(|_| too_slow())? else { return Ok(None) };
        let piece = piece.map_err(|_| ApiError::new(Code::BadRequest))?;
        self.pace.travelled(piece.len());
        self.bytes += piece.len();
        if self.bytes > self.max_bytes {
            return Err(explained(ApiError::new(Code::BodyTooLarge), self.max_bytes));
        }
        Ok(Some(piece))
    }
}

fn too_slow() -> ApiError {
    ApiError::new(Code::RequestTimeout).with_detail(format!(
        "The body arrived too slowly: {} bytes a second are the least, and `ARCHIVE_TIMEOUT` is the \
         most that all of it may take.",
        MinimumPace::BYTES_PER_SECOND
    ))
}

fn explained(refusal: ApiError, max_bytes: usize) -> ApiError {
    match refusal.code() {
        Code::BodyTooLarge => {
            refusal.with_detail(format!("The body is larger than {max_bytes} bytes."))
        }
        Code::UnsupportedMediaType => refusal.with_detail(
            "The body must be sent as `Content-Type: application/x-ndjson`, without \
             Content-Encoding.",
        ),
        _ => refusal,
    }
}
