//! The offline assistant, driven as a turn drives it: it calls tools, reads their results, and
//! answers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

#[path = "offline/adding.rs"]
mod adding;
#[path = "offline/answers.rs"]
mod answers;
#[path = "offline/changing.rs"]
mod changing;
#[path = "offline/chat.rs"]
mod chat;
#[path = "offline/completing.rs"]
mod completing;
#[path = "offline/doubts.rs"]
mod doubts;
#[path = "offline/follow_ups.rs"]
mod follow_ups;
#[path = "offline/listings.rs"]
mod listings;
#[path = "offline/phrasings.rs"]
mod phrasings;
#[path = "offline/properties.rs"]
mod properties;
#[path = "offline/slips.rs"]
mod slips;
#[path = "offline/tagging.rs"]
mod tagging;
#[path = "offline/titles.rs"]
mod titles;
#[path = "offline/tools.rs"]
mod tools;
#[path = "offline/unclear.rs"]
mod unclear;
#[path = "offline/undoing.rs"]
mod undoing;
#[path = "offline/utterances.rs"]
mod utterances;
