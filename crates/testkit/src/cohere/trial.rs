//! The limits of a trial key.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use actix_web::http::StatusCode;

use super::{
    fault::{TRIAL_MINUTE, TRIAL_MONTH},
    simulated_error::SimulatedError,
};

const PER_MONTH: u32 = 1_000;
const MINUTE: Duration = Duration::from_secs(60);

/// What has been used so far: per endpoint and minute, and in all.
#[derive(Debug, Default)]
pub(super) struct Trial {
    minutes: HashMap<&'static str, Minute>,
    month: u32,
}

#[derive(Debug)]
struct Minute {
    began: Instant,
    used: u32,
}

/// What the headers tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Allowance {
    pub(super) per_month: u32,
    pub(super) per_minute: u32,
    pub(super) remaining: u32,
}

impl Trial {
    /// Counts one call of an endpoint that may be called so often in a minute.
    pub(super) fn take(
        &mut self,
        endpoint: &'static str,
        per_minute: u32,
        now: Instant,
    ) -> Result<Allowance, SimulatedError> {
        if self.month >= PER_MONTH {
            return Err(SimulatedError::new(StatusCode::TOO_MANY_REQUESTS, TRIAL_MONTH));
        }
        let minute = self.minutes.entry(endpoint).or_insert(Minute { began: now, used: 0 });
        if now.duration_since(minute.began) >= MINUTE {
            *minute = Minute { began: now, used: 0 };
        }
        if minute.used >= per_minute {
            return Err(SimulatedError::new(StatusCode::TOO_MANY_REQUESTS, TRIAL_MINUTE));
        }
        minute.used += 1;
        self.month += 1;
        Ok(Allowance { per_month: PER_MONTH, per_minute, remaining: per_minute - minute.used })
    }
}
