//! Another user of a service that is under attack: what they wait for.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    service::{Service, text},
};

/// They do something so often: chats are limited to 20 a minute.
const PAUSE: Duration = Duration::from_millis(250);
const CHAT_EVERY: usize = 16;
/// What they may wait, half of the time and 99 of 100 times.
const MEDIAN: Duration = Duration::from_millis(250);
const BOUND: Duration = Duration::from_secs(1);

/// What another user has waited for, in order of length.
pub(super) struct Waits(Vec<Duration>);

impl Waits {
    fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }

    /// Whether that is no longer than they may wait.
    pub(super) fn check(&self) -> Result {
        match (self.percentile(50), self.percentile(99)) {
            (median, _) if median > MEDIAN => Err(format!("the median is {median:?}").into()),
            (_, slow) if slow > BOUND => Err(format!("99 of 100 take up to {slow:?}").into()),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |percent| self.percentile(percent).as_millis();
        write!(
            f,
            "{} requests of another user, all well; median {} ms, 99 of 100 within {} ms, \
             the slowest {} ms",
            self.0.len(),
            millis(50),
            millis(99),
            millis(100)
        )
    }
}

/// Lists, writes and chats for a while. Anything but success is an error.
pub(super) fn be_bystander(
    service: &Service,
    token: &str,
    over: &AtomicBool,
    lasts: Duration,
) -> Result<Waits> {
    let (begun, mut waits) = (Instant::now(), Vec::new());
    let mut count = 0;
    while begun.elapsed() < lasts && !over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let token = Some(token);
        match count % CHAT_EVERY {
            0 => service.expect(
                200,
                "POST",
                "/api/me/chat",
                token,
                r#"{"message": "show my tasks"}"#,
            )?,
            it if it % 2 == 0 => service.expect(200, "GET", "/api/me/tasks", token, "")?,
            _ => service.expect(201, "POST", "/api/me/tasks", token, r#"{"title": "buy milk"}"#)?,
        };
        waits.push(asked.elapsed());
        count += 1;
        thread::sleep(PAUSE);
    }
    waits.sort_unstable();
    Ok(Waits(waits))
}

/// The token of a new account.
pub(crate) fn sign_up(service: &Service, name: &str) -> Result<String> {
    let account = format!(
        r#"{{"name": "Ada", "email": "{name}@example.org", "password": "correct horse battery"}}"#
    );
    let answer = service.expect(201, "POST", "/api/auth/signup", None, &account)?;
    Ok(text(&answer, "access_token")?.to_owned())
}
