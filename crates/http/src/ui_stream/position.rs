//! Positions in the stream of a turn, which `Last-Event-ID` brings back.
//!
//! A chunk counts 1, and a piece of text as many as it has bytes. So a position means the same
//! whether a text came in many pieces, while the turn ran, or comes whole, from its record.

use std::{fmt, str::FromStr};

use todo_domain::{TurnFence, TurnId};

use super::chunk::Chunk;

/// The id of an event: what has been read with it, of which attempt at which turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventId {
    turn: TurnId,
    attempt: i32,
    position: Position,
}

/// How much of a stream has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// So much.
    At(u64),
    /// All of it, up to the end of the turn.
    End,
}

/// The text is no id of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAnEventId;

impl EventId {
    pub(super) fn new(fence: &TurnFence, position: Position) -> Self {
        Self { turn: fence.turn_id, attempt: fence.attempt, position }
    }

    /// What has been read of this attempt; nothing if the id is of another one.
    pub(super) fn position_in(self, fence: &TurnFence) -> Position {
        let is_same = (self.turn, self.attempt) == (fence.turn_id, fence.attempt);
        if is_same { self.position } else { Position::At(0) }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-", self.turn, self.attempt)?;
        match self.position {
            Position::At(position) => write!(f, "{position}"),
            Position::End => f.write_str("end"),
        }
    }
}

impl FromStr for EventId {
    type Err = NotAnEventId;

    fn from_str(text: &str) -> Result<Self, NotAnEventId> {
        let mut parts = text.rsplitn(3, '-');
        let mut part = || parts.next().ok_or(NotAnEventId);
        let (position, attempt, turn) = (part()?, part()?, part()?);
        let position = match position {
            "end" => Position::End,
            number => Position::At(number.parse().map_err(|_| NotAnEventId)?),
        };
        Ok(Self {
            turn: turn.parse().map_err(|_| NotAnEventId)?,
            attempt: attempt.parse().map_err(|_| NotAnEventId)?,
            position,
        })
    }
}

/// Counts the chunks of a stream, and leaves out those that have been read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counter {
    read: u64,
    counted: u64,
}

impl Counter {
    /// For somebody who has read so much.
    pub(super) fn after(read: u64) -> Self {
        Self { read, counted: 0 }
    }

    /// Counts a chunk. What is to be sent of it, and the position after it; `None` if all of it has
    /// been read.
    pub(super) fn count(&mut self, chunk: Chunk) -> Option<(Chunk, u64)> {
        let before = self.counted;
        self.counted += size(&chunk);
        if self.counted <= self.read {
            return None;
        }
        let chunk = match chunk {
            Chunk::TextDelta { id, delta } => {
                let read = usize::try_from(self.read.saturating_sub(before)).unwrap_or(usize::MAX);
                let from = (0..=read.min(delta.len())).rev().find(|at| delta.is_char_boundary(*at));
                Chunk::TextDelta { id, delta: delta[from.unwrap_or(0)..].to_owned() }
            }
            whole => whole,
        };
        Some((chunk, self.counted))
    }

    /// Sees to it that at least the last of these chunks, which end the stream, is sent.
    pub(super) fn leave_unread(&mut self, ending: &[Chunk]) {
        let end = self.counted + ending.iter().map(size).sum::<u64>();
        if self.read >= end {
            self.read = self.counted;
        }
    }
}

/// How much a chunk counts.
pub(super) fn size(chunk: &Chunk) -> u64 {
    match chunk {
        Chunk::TextDelta { delta, .. } => delta.len() as u64,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: &str = "01a20502-a9f0-777e-be05-d462bea2ba2d";

    fn text(delta: &str) -> Chunk {
        Chunk::TextDelta { id: "t1".into(), delta: delta.into() }
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        for text in [format!("{TURN}-1-7"), format!("{TURN}-12-end")] {
            assert_eq!(text.parse::<EventId>().unwrap().to_string(), text);
        }
        for text in ["", "7", "-1-7", TURN, &format!("{TURN}-1"), &format!("{TURN}-1--7"), "é-1-2"]
        {
            assert_eq!(text.parse::<EventId>(), Err(NotAnEventId), "{text}");
        }
    }

    #[test]
    fn wherever_a_text_was_cut_the_rest_of_it_follows() {
        let whole = "Grüße, 2 tasks";
        for read in 0..=whole.len() {
            let mut counter = Counter::after(1 + read as u64);
            assert_eq!(counter.count(Chunk::StartStep), None);
            let rest = counter.count(text(whole));
            if read == whole.len() {
                assert_eq!(rest, None);
            } else if whole.is_char_boundary(read) {
                assert_eq!(rest, Some((text(&whole[read..]), 1 + whole.len() as u64)));
            }
        }
    }

    #[test]
    fn who_has_read_nothing_is_sent_everything() {
        let mut counter = Counter::after(0);
        assert_eq!(counter.count(Chunk::StartStep), Some((Chunk::StartStep, 1)));
        assert_eq!(counter.count(text("ab")), Some((text("ab"), 3)));
        assert_eq!(counter.count(Chunk::FinishStep), Some((Chunk::FinishStep, 4)));
    }
}
