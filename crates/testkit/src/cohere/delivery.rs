//! How an answer reaches the client: at once or slowly, whole or cut, in pieces of any size.

use std::{collections::VecDeque, future, io, time::Duration};

use actix_web::web::Bytes;
use futures_util::{Stream, stream};

/// How to send an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Delivery {
    pub(super) first_byte: FirstByte,
    /// Between two events.
    pub(super) gap: Duration,
    pub(super) ending: Ending,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) enum FirstByte {
    #[default]
    AtOnce,
    After(Duration),
    Never,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) enum Ending {
    #[default]
    Whole,
    /// In good order, but too early.
    NoMessageEnd,
    /// The connection breaks in the middle of an event.
    Cut,
    /// Half of the events, then nothing more.
    Stall,
}

impl Delivery {
    /// Waits until the headers may be sent.
    pub(super) async fn before_headers(&self) {
        match self.first_byte {
            FirstByte::AtOnce => {}
            FirstByte::After(wait) => tokio::time::sleep(wait).await,
            FirstByte::Never => future::pending().await,
        }
    }

    /// Sends frames: the events of a stream, or the one and only body of a blocking answer.
    pub(super) fn send(
        &self,
        frames: Vec<String>,
        split: bool,
    ) -> impl Stream<Item = io::Result<Bytes>> + use<> {
        let parts: VecDeque<Part> = self.parts(frames, split).into();
        stream::unfold(parts, |mut parts| async move {
            loop {
                match parts.pop_front()? {
                    Part::Bytes(bytes) => return Some((Ok(bytes), parts)),
                    Part::Pause(time) => tokio::time::sleep(time).await,
                    Part::Flush => tokio::task::yield_now().await,
                    Part::Stall => future::pending().await,
                    Part::Cut => {
                        let error = io::Error::new(io::ErrorKind::ConnectionReset, "cut on demand");
                        return Some((Err(error), parts));
                    }
                }
            }
        })
    }

    fn parts(&self, mut frames: Vec<String>, split: bool) -> Vec<Part> {
        let last = match self.ending {
            Ending::Whole => None,
            // Of a stream, `message-end` and `[DONE]` are missing; of a blocking answer, half.
            Ending::NoMessageEnd if frames.len() > 1 => {
                frames.truncate(frames.len() - 2);
                None
            }
            Ending::NoMessageEnd => {
                frames.iter_mut().for_each(halve);
                None
            }
            Ending::Cut => {
                frames.truncate(frames.len() / 2 + 1);
                frames.last_mut().into_iter().for_each(halve);
                Some(Part::Cut)
            }
            Ending::Stall => {
                frames.truncate(frames.len() / 2);
                Some(Part::Stall)
            }
        };
        let gap = (!self.gap.is_zero()).then_some(Part::Pause(self.gap));
        let mut parts = Vec::new();
        for frame in frames {
            if split {
                parts.extend(pieces(&frame).flat_map(|piece| [Part::Bytes(piece), Part::Flush]));
            } else {
                parts.push(Part::Bytes(frame.into()));
            }
            parts.extend(gap.clone());
        }
        // What came before the break is to reach the client.
        parts.extend(last.into_iter().flat_map(|last| [Part::Flush, last]));
        parts
    }
}

#[derive(Debug, Clone)]
enum Part {
    Bytes(Bytes),
    Pause(Duration),
    /// Lets the server write what it has before it gets more.
    Flush,
    Stall,
    Cut,
}

fn halve(frame: &mut String) {
    *frame = frame.chars().take(frame.chars().count() / 2).collect();
}

/// Cuts a frame in the middle, and in the middle of each of its characters that has one.
fn pieces(frame: &str) -> impl Iterator<Item = Bytes> + use<> {
    let mut cuts: Vec<usize> =
        frame.char_indices().filter(|(_, c)| !c.is_ascii()).map(|(at, _)| at + 1).collect();
    cuts.push(frame.len() / 2);
    cuts.push(frame.len());
    cuts.sort_unstable();
    let bytes = Bytes::from(frame.to_owned());
    let mut start = 0;
    cuts.into_iter()
        .map(move |end| {
            let piece = bytes.slice(start..end);
            start = end;
            piece
        })
        .filter(|piece| !piece.is_empty())
}
