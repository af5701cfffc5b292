//! How many requests somebody may make, through the whole service. Time stands still unless a test
//! puts the clock forward.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "limits/app.rs"]
mod app;
#[path = "limits/proxies.rs"]
mod proxies;
#[path = "limits/requests.rs"]
mod requests;
#[path = "limits/shared.rs"]
mod shared;
#[path = "limits/sign_in.rs"]
mod sign_in;
#[path = "limits/told.rs"]
mod told;
