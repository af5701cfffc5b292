//! What the log of this process says of replicas. Tests take turns, and so does it.

use std::{
    io,
    sync::{LazyLock, Mutex},
};

use tracing_subscriber::fmt::MakeWriter;

static TEXT: Mutex<String> = Mutex::new(String::new());

/// Begins to listen, with nothing heard yet.
pub(crate) fn listen() {
    static SUBSCRIBER: LazyLock<()> =
        LazyLock::new(|| tracing_subscriber::fmt().with_writer(Writer).with_ansi(false).init());
    LazyLock::force(&SUBSCRIBER);
    TEXT.lock().unwrap().clear();
}

/// What was heard: the lines on where reads go, and those that say that something failed.
pub(crate) fn heard() -> Vec<String> {
    let text = TEXT.lock().unwrap();
    let lines = text.lines().filter(|line| {
        line.contains("Reading from") || line.contains("ERROR") || line.contains("Late")
    });
    lines.map(str::to_owned).collect()
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TEXT.lock().unwrap().push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}
