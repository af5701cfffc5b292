//! A turn as the UI message stream of the AI SDK: server-sent events that `useChat` reads unmodified.
//!
//! [`Encoder`] turns the events of a turn into [`Chunk`]s, [`position::Position`] numbers them, and
//! [`TurnStream`] sends them. [`message`] puts together what a client makes of them.

mod body;
mod chunk;
mod encoder;
mod json;
mod lacking;
mod message;
mod position;

pub(crate) use self::{
    body::{Heartbeat, TurnStream},
    message::UiChat,
    position::EventId,
};
