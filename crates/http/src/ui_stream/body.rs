//! The response: server-sent events, as they come.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, http::header, web::Bytes};
use futures_util::{Stream, stream};
use todo_app::chat::{FollowedTurn, StartedTurn};
use todo_domain::{TurnEnd, TurnEvent, TurnFence};
use todo_metrics::{HttpMetrics, OpenStream};
use tokio::time::timeout;

use super::{
    chunk::Chunk,
    encoder::Encoder,
    lacking::Lacking,
    position::{Counter, EventId, Position, size},
};
use crate::{connection, request};

/// How long a stream is silent at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heartbeat(Duration);

impl Heartbeat {
    /// Proxies close connections that are silent for longer.
    const LONGEST: Duration = Duration::from_secs(15);

    /// For a server that closes connections which are idle for so long: at most half of it.
    pub(crate) fn within(longest_idle: Duration) -> Self {
        Self(Self::LONGEST.min(longest_idle / 2))
    }
}

/// Says which protocol this is. No client looks at it, but tools do.
const PROTOCOL: (&str, &str) = ("X-Vercel-AI-UI-Message-Stream", "v1");

/// A turn to be sent.
pub(crate) struct TurnStream {
    turn: FollowedTurn,
    fence: TurnFence,
    encoder: Encoder,
    counter: Counter,
    lacking: Lacking,
    /// Events that are ready to be sent.
    ready: Vec<String>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// Everything has been sent, or is ready.
    Ended,
    /// It can't be followed any further.
    Lost,
}

/// The turn can't be followed any further, which a client sees as a lost connection.
#[derive(Debug, thiserror::Error)]
#[error("the stream of a turn was broken off")]
struct BrokenOff;

impl TurnStream {
    /// A turn that a request began, from its beginning, or of a decision what follows it; `None` if it
    /// has no event.
    pub(crate) async fn of(turn: StartedTurn, request: &HttpRequest) -> Option<Self> {
        Self::new(None, Lacking::after(turn.decided_step), turn.events, request).await
    }

    /// The rest of a turn for somebody who has read as far as `last`; `None` when nothing follows.
    pub(crate) async fn after(
        last: Option<EventId>,
        turn: FollowedTurn,
        request: &HttpRequest,
    ) -> Option<Self> {
        Self::new(last, Lacking::Everything, turn, request).await
    }

    async fn new(
        last: Option<EventId>,
        lacking: Lacking,
        mut turn: FollowedTurn,
        request: &HttpRequest,
    ) -> Option<Self> {
        let has_ended = turn.has_ended();
        let first = turn.next().await?;
        let TurnEvent::Begun(begun) = &first else { return None };
        let fence = begun.fence;
        let mut events = vec![first];
        while let Some(event) = turn.next_ready() {
            events.push(event);
        }
        let read = match last.map_or(Position::At(0), |last| last.position_in(&fence)) {
            Position::At(read) if is_beyond(read, &events, turn.is_live()) => 0,
            Position::At(read) => read,
            Position::End if has_ended => return None,
            Position::End => 0,
        };
        let mut stream = Self {
            turn,
            fence,
            encoder: Encoder::new(Some(request::id_of(request))),
            counter: Counter::after(read),
            lacking,
            ready: Vec::new(),
            state: State::Running,
        };
        events.into_iter().for_each(|event| stream.push(event));
        Some(stream)
    }

    /// The response, whose body ends with the turn.
    pub(crate) fn respond(self, request: &HttpRequest, metrics: &HttpMetrics) -> HttpResponse {
        let (connection, open) = (connection::Sending::of(request), metrics.stream_opened());
        let heartbeat = request.app_data().copied().unwrap_or(Heartbeat(Heartbeat::LONGEST));
        HttpResponse::Ok()
            .content_type("text/event-stream")
            .insert_header((header::CACHE_CONTROL, "no-cache, no-transform"))
            .insert_header(("X-Accel-Buffering", "no"))
            .insert_header(PROTOCOL)
            .streaming(self.stream(heartbeat, connection, open))
    }

    fn stream(
        self,
        heartbeat: Heartbeat,
        connection: connection::Sending,
        open: OpenStream,
    ) -> impl Stream<Item = Result<Bytes, BrokenOff>> {
        let start = (self, connection, open);
        stream::try_unfold(start, move |(mut turn, connection, open)| async move {
            let bytes = turn.next(heartbeat).await?;
            // The client has taken what came before.
            connection.goes_on();
            Ok(bytes.map(|bytes| (bytes, (turn, connection, open))))
        })
    }

    async fn next(&mut self, Heartbeat(longest): Heartbeat) -> Result<Option<Bytes>, BrokenOff> {
        loop {
            if let Some(bytes) = self.take_ready() {
                return Ok(Some(bytes));
            }
            match self.state {
                State::Running => {}
                State::Ended => return Ok(None),
                State::Lost => return Err(BrokenOff),
            }
            match timeout(longest, self.turn.next()).await {
                Ok(Some(event)) => self.push(event),
                Ok(None) => return Err(BrokenOff),
                Err(_) => return Ok(Some(Bytes::from_static(b": heartbeat\n\n"))),
            }
        }
    }

    /// All that is ready, as one piece.
    fn take_ready(&mut self) -> Option<Bytes> {
        let ready = std::mem::take(&mut self.ready);
        (!ready.is_empty()).then(|| ready.concat().into())
    }

    fn push(&mut self, event: TurnEvent) {
        let Ok(lacking) = self.lacking.of(&event) else {
            self.state = State::Lost;
            return;
        };
        let is_end = matches!(event, TurnEvent::Ended(_));
        let chunks = self.encoder.encode(event);
        if is_end {
            // What was read beyond this was never recorded: text of a turn without an answer.
            self.counter.leave_unread(&chunks);
        }
        let last = chunks.len();
        for (number, chunk) in (1..).zip(chunks) {
            if let Some((chunk, position)) = self.counter.count(chunk)
                && lacking.has(&chunk)
            {
                let is_last = is_end && number == last;
                let position = if is_last { Position::End } else { Position::At(position) };
                self.ready.push(frame(&chunk, EventId::new(&self.fence, position)));
            }
        }
        if is_end {
            self.ready.push("data: [DONE]\n\n".to_owned());
            self.state = State::Ended;
        }
    }
}

/// Whether nobody can have read so much of these events: a position that was never given out. Of a
/// turn that is followed by its record, and has no answer, more may have been read than was recorded.
fn is_beyond(read: u64, events: &[TurnEvent], is_live: bool) -> bool {
    let is_completed = matches!(events.last(), Some(TurnEvent::Ended(TurnEnd::Completed { .. })));
    if !is_completed && !is_live {
        return false;
    }
    let mut encoder = Encoder::new(None);
    let chunks = events.iter().cloned().flat_map(|event| encoder.encode(event));
    let given_out: u64 = chunks.map(|chunk| size(&chunk)).sum();
    // The last position of a completed turn is its end.
    read > given_out || is_completed && read == given_out
}

fn frame(chunk: &Chunk, id: EventId) -> String {
    // Chunks have only texts for keys: writing them can't fail.
    let json = serde_json::to_string(chunk).unwrap_or_default();
    format!("id: {id}\ndata: {json}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_never_silent_for_as_long_as_its_connection_may_be_idle() {
        let seconds = Duration::from_secs;
        assert_eq!(Heartbeat::within(seconds(85)), Heartbeat(seconds(15)));
        assert_eq!(Heartbeat::within(seconds(4)), Heartbeat(seconds(2)));
    }
}
