//! Between those who log and whoever reads the log: a queue of bounded length, and one thread that
//! writes. So nobody waits for a reader who does not read: lines that find no room are dropped,
//! counted, and reported once there is room again.
//!
//! (`tracing-appender` has such a queue, and prints to the standard output when it ends with a full
//! one: where nobody reads, the process would never end.)

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// How many lines may wait: some megabytes.
const LONGEST: usize = 10_000;

/// Takes lines, one with each call of [`write_all`](Write::write_all), and never blocks.
#[derive(Clone, Debug)]
pub(crate) struct LineQueue {
    lines: SyncSender<Vec<u8>>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicU64,
    dropped: AtomicU64,
    written: Mutex<u64>,
    progress: Condvar,
}

impl LineQueue {
    /// A queue before `out`, on a thread of its own. `tell_dropped` is given how many lines were
    /// dropped since it was last called, whenever the queue is empty.
    ///
    /// # Errors
    /// When there can be no such thread.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        tell_dropped: impl Fn(u64) + Send + 'static,
    ) -> io::Result<Self> {
        Self::of_length(LONGEST, out, tell_dropped)
    }

    fn of_length(
        length: usize,
        out: impl Write + Send + 'static,
        tell_dropped: impl Fn(u64) + Send + 'static,
    ) -> io::Result<Self> {
        let (lines, waiting) = sync_channel(length);
        let counts = Arc::new(Counts::default());
        let theirs = Arc::clone(&counts);
        let work = move || write_lines(&waiting, out, &theirs, tell_dropped);
        thread::Builder::new().name("log".to_owned()).spawn(work)?;
        Ok(Self { lines, counts })
    }

    /// How many lines were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything is written that was logged before, not longer than this.
    pub(super) fn flush(&self, longest: Duration) {
        let accepted = self.counts.accepted.load(Ordering::Acquire);
        let is_behind = |written: &mut u64| *written < accepted;
        let mut written = self.counts.written();
        self.counts.progress.wait_while_for(&mut written, is_behind, longest);
    }
}

impl Write for LineQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let count = match self.lines.try_send(line.to_vec()) {
            Ok(()) => &self.counts.accepted,
            Err(_) => &self.counts.dropped,
        };
        count.fetch_add(1, Ordering::Release);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Counts {
    fn written(&self) -> MutexGuard<'_, u64> {
        self.written.lock()
    }
}

fn write_lines(
    waiting: &Receiver<Vec<u8>>,
    mut out: impl Write,
    counts: &Counts,
    tell_dropped: impl Fn(u64),
) {
    let mut reported = 0;
    loop {
        let line = match waiting.try_recv() {
            Ok(line) => line,
            Err(TryRecvError::Empty) => {
                let dropped = counts.dropped.load(Ordering::Relaxed);
                if dropped > reported {
                    tell_dropped(dropped - reported);
                    reported = dropped;
                }
                let Ok(line) = waiting.recv() else { return };
                line
            }
            Err(TryRecvError::Disconnected) => return,
        };
        // Whoever read has gone: nobody reads the count.
        drop(out.write_all(&line).and_then(|()| out.flush()));
        *counts.written() += 1;
        counts.progress.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    /// Writes a line whenever it may.
    struct Reader {
        may_read: Receiver<()>,
        read: Sender<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.may_read.recv().map_err(io::Error::other)?;
            self.read.send(line.to_vec()).map_err(io::Error::other)?;
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_and_lines_that_find_no_room_are_counted_and_told_of() {
        let (lets_read, may_read) = channel();
        let (read, lines) = channel();
        let (tell, reported) = channel();
        let tell_dropped = move |count| tell.send(count).unwrap();
        let queue = LineQueue::of_length(4, Reader { may_read, read }, tell_dropped).unwrap();
        for number in 0..1000 {
            queue.clone().write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        // One may be in the reader's hands besides.
        assert!((995..=996).contains(&queue.dropped()), "{}", queue.dropped());
        queue.flush(Duration::ZERO);
        for _ in 0..1000 - queue.dropped() {
            lets_read.send(()).unwrap();
        }
        assert_eq!(lines.recv_timeout(LONG).unwrap(), b"line 0\n");
        assert_eq!(reported.recv_timeout(LONG).unwrap(), queue.dropped());
    }

    #[test]
    fn a_flush_waits_for_all_that_was_logged_before() {
        let (lets_read, may_read) = channel();
        let (read, lines) = channel();
        let mut queue = LineQueue::of_length(100, Reader { may_read, read }, |_| {}).unwrap();
        for _ in 0..50 {
            queue.write_all(b"line\n").unwrap();
            lets_read.send(()).unwrap();
        }
        queue.flush(LONG);
        assert_eq!(lines.try_iter().count(), 50);
    }
}
