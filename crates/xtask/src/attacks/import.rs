//! One account imports a file that is as large as it may be.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    LINES,
    bystander::{be_bystander, sign_up},
    full_list,
};
use crate::{Result, service::Service};

/// Longer than any import takes.
const LONGEST: Duration = Duration::from_secs(600);
/// What the service may still use of memory once it is over, in bytes.
const MEMORY: u64 = 200 << 20;

/// Attacks this service.
pub(super) fn attack(service: &Service) -> Result {
    let (attacker, other) = (sign_up(service, "trudy")?, sign_up(service, "eve")?);
    // Of three bytes each.
    let list = full_list(&"\u{0905}".repeat(2_000), "urgent")?;
    let over = AtomicBool::new(false);
    let (took, waits) = thread::scope(|scope| {
        let import = scope.spawn(|| {
            let begun = Instant::now();
            let done =
                service.expect_of(200, "POST", "/api/me/import", Some(&attacker), (LINES, &list));
            over.store(true, Ordering::Relaxed);
            done.map(|_| begun.elapsed()).map_err(|error| error.to_string())
        });
        let waits = be_bystander(service, &other, &over, LONGEST);
        (import.join(), waits)
    });
    let took = took.map_err(|_| "the import panicked")??;
    let (waits, memory) = (waits?, service.memory()?);
    let megabytes = |bytes: u64| bytes >> 20;
    println!(
        "{} MiB imported in {:.1} s; memory now {} MiB, at most {} MiB",
        list.len() >> 20,
        took.as_secs_f64(),
        megabytes(memory.now),
        megabytes(memory.peak),
    );
    println!("meanwhile: {waits}");
    if memory.now > MEMORY {
        return Err(format!("{} MiB of memory stay in use", megabytes(memory.now)).into());
    }
    waits.check()
}
