//! Cohere's model against a server that plays a script byte by byte, faults included.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod cohere_model {
    mod answers;
    mod circuit_breaker;
    mod faults;
    mod fixture;
    mod health;
    mod secrets;
    mod server;
    mod time;
}
