//! An export on its way to a client, which may be slow, or may not be entitled to it any more.

use std::{cell::Cell, rc::Rc, time::Duration};

use actix_web::{
    HttpRequest,
    rt::{self, task::JoinHandle},
    web::Bytes,
};
use futures_util::{Stream, stream};
use todo_app::Export;
use tokio::time::{Instant, sleep_until};

use super::StillGood;
use crate::{
    connection,
    error::ApiError,
    pace::{MinimumPace, Pace},
};

/// How much is handed over at once, in bytes: a client that takes less is seen to go on.
const PIECE: usize = 32 * 1024;

/// How often it is looked whether a client still goes on.
const LOOK: Duration = Duration::from_millis(500);

/// What the rest of an export is instead of its lines. The client sees that there is no end.
#[derive(Debug, thiserror::Error)]
#[error("the export was broken off")]
pub(super) struct BrokenOff;

/// An export on its way.
pub(super) struct Sending {
    export: Export,
    /// The rest of a page.
    rest: Bytes,
    /// What was handed over last.
    piece: usize,
    pace: Rc<Cell<Pace>>,
    connection: Rc<connection::Sending>,
    token: StillGood,
    watch: JoinHandle<()>,
}

impl Sending {
    /// Begins to send.
    pub(super) fn begin(
        export: Export,
        request: &HttpRequest,
        token: StillGood,
    ) -> Result<Self, ApiError> {
        let minimum = request.app_data::<MinimumPace>();
        let minimum =
            minimum.ok_or_else(|| ApiError::internal("an export is sent without bounds"))?;
        let pace = Rc::new(Cell::new(minimum.begin()));
        let connection = Rc::new(connection::Sending::of(request));
        let watch = rt::spawn(break_off_when_slow(Rc::clone(&pace), Rc::clone(&connection)));
        Ok(Self { export, rest: Bytes::new(), piece: 0, pace, connection, token, watch })
    }

    /// The lines, piece by piece. A client that reads slowly has the next page wait, and an error
    /// breaks the body off.
    pub(super) fn stream(self) -> impl Stream<Item = Result<Bytes, BrokenOff>> {
        stream::try_unfold(self, |mut sending| async move {
            let piece = sending.next().await.map_err(|error| {
                let code = error.code().as_str();
                tracing::info!(code, "An export was broken off");
                BrokenOff
            })?;
            Ok(piece.map(|piece| (piece, sending)))
        })
    }

    /// The next piece. The client has taken the one before.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        self.connection.goes_on();
        self.change_pace(|pace, piece| pace.travelled(piece));
        self.token.check().await?;
        if self.rest.is_empty() {
            match self.export.next().await? {
                Some(lines) => self.rest = lines.into(),
                None => return Ok(None),
            }
        }
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        self.piece = piece.len();
        self.change_pace(|pace, _| pace.goes_on());
        Ok(Some(piece))
    }

    fn change_pace(&self, change: impl FnOnce(&mut Pace, usize)) {
        let mut pace = self.pace.get();
        change(&mut pace, self.piece);
        self.pace.set(pace);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Nobody asks for the next piece while the client takes nothing, so this looks at it from aside.
async fn break_off_when_slow(pace: Rc<Cell<Pace>>, connection: Rc<connection::Sending>) {
    loop {
        let (now, deadline) = (Instant::now(), pace.get().deadline());
        if deadline <= now {
            break;
        }
        sleep_until(deadline.min(now + LOOK)).await;
    }
    tracing::info!("An export was broken off: its reader is too slow");
    connection.break_off();
}
