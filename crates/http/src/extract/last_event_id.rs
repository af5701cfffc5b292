//! The event of a stream after which a client wants to go on.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderName};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ui_stream::EventId;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The header that names the last event that was read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct LastEventId {
    /// The id of the last event that was read. One that is not of this turn is ignored.
    #[param(
        rename = "Last-Event-ID",
        value_type = String,
        required = false,
        example = "01a20502-a9f0-777e-be05-d462bea2ba2d-1-2"
    )]
    last: Option<String>,
}

/// The same for clients that can't set headers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AfterQuery {
    /// The same as `Last-Event-ID`, which goes before it.
    after: Option<String>,
}

impl LastEventId {
    /// The event. An id that was never given out names none: such a client gets all events.
    pub(crate) fn or(self, query: AfterQuery) -> Option<EventId> {
        self.last.or(query.after)?.parse().ok()
    }
}

impl FromRequest for LastEventId {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let last = request.headers().get(LAST_EVENT_ID).and_then(|value| value.to_str().ok());
        ready(Ok(Self { last: last.map(str::to_owned) }))
    }
}
