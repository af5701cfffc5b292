//! How fast imports write, so that others get their turn.

use std::sync::Arc;

use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// Lets the imports of this process write one part at a time, and leaves the database to others
/// after each for as long as it took.
#[derive(Clone, Default)]
pub(super) struct Pacing(Arc<Mutex<Option<Instant>>>);

impl Pacing {
    /// Writes a part when it is its turn.
    pub(super) async fn write<R>(&self, part: impl Future<Output = R>) -> R {
        let mut next = self.0.lock().await;
        if let Some(next) = *next {
            sleep_until(next).await;
        }
        let begin = Instant::now();
        let written = part.await;
        *next = Some(Instant::now() + begin.elapsed());
        written
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn parts_of_all_imports_take_half_of_the_time_together() {
        let (pacing, begin) = (Pacing::default(), Instant::now());
        let import = async || {
            for _ in 0..5 {
                pacing.write(async { sleep(Duration::from_millis(100)).await }).await;
            }
        };
        tokio::join!(import(), import());
        assert_eq!(begin.elapsed(), Duration::from_millis(1_900));
    }
}
