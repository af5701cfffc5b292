//! A service that answers what a test says, request by request.

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// How long a request is waited for.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The turn of every message, and its conversation.
pub(crate) const TURN: &str = "019ab1b0-7d5c-7000-8000-3c1f4a5e6d7c";

/// It listens.
pub(crate) struct ScriptedService(TcpListener);

impl ScriptedService {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// Waits for the next request.
    pub(crate) fn next(&self) -> Exchange {
        let deadline = Instant::now() + TIMEOUT;
        let connection = loop {
            match self.0.accept() {
                Ok((connection, _)) => break connection,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                    assert!(Instant::now() < deadline, "no request comes");
                    sleep(Duration::from_millis(10));
                }
            }
        };
        connection.set_nonblocking(false).unwrap();
        connection.set_read_timeout(Some(TIMEOUT)).unwrap();
        let mut reader = BufReader::new(connection.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
        }
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Exchange { head, body, connection, sent: 0 }
    }
}

/// A request, and the connection for its answer, which ends when this is dropped.
pub(crate) struct Exchange {
    /// In lower case.
    pub(crate) head: String,
    /// `null` if there is none.
    pub(crate) body: Value,
    connection: TcpStream,
    sent: usize,
}

impl Exchange {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Method and path.
    pub(crate) fn what(&self) -> &str {
        self.head.split(" http/").next().unwrap()
    }

    /// What makes two messages the same: the key and what is said where.
    #[track_caller]
    pub(crate) fn message(&self) -> (String, Value) {
        assert_eq!(self.what(), "post /api/me/chat");
        (self.header("idempotency-key").unwrap().to_owned(), self.body.clone())
    }

    /// Ends the connection without an answer.
    pub(crate) fn cut(self) {}

    /// Answers with this, and with `Retry-After` where there is a number of seconds.
    pub(crate) fn answer(mut self, status: u16, retry_after: Option<u64>, body: &Value) {
        let body = body.to_string();
        let retry = retry_after.map(|seconds| format!("Retry-After: {seconds}\r\n"));
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nConnection: close\r\n\
             {}Content-Length: {}\r\n\r\n",
            retry.unwrap_or_default(),
            body.len()
        );
        self.connection.write_all((head + &body).as_bytes()).unwrap();
    }

    /// Refuses it for this reason.
    pub(crate) fn refuse(self, status: u16, code: &str, retry_after: Option<u64>) {
        let problem = json!({ "status": status, "code": code, "detail": "Not now." });
        self.answer(status, retry_after, &problem);
    }

    /// Goes on with the stream of the turn, from the event of this number if it begins.
    pub(crate) fn stream(&mut self, first: usize, chunks: &[&str]) {
        let mut stream = String::new();
        if self.sent == 0 {
            stream += "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
            self.sent = first;
        }
        for chunk in chunks {
            stream += &format!("id: {TURN}-1-{}\ndata: {chunk}\n\n", self.sent);
            self.sent += 1;
        }
        self.connection.write_all(stream.as_bytes()).unwrap();
    }
}

/// The first chunk of a turn.
pub(crate) fn start() -> String {
    let turn = json!({ "conversation_id": TURN, "turn_id": TURN });
    json!({ "type": "start", "messageId": "m", "messageMetadata": turn }).to_string()
}

/// The last one.
pub(crate) fn finish(status: &str) -> String {
    json!({ "type": "finish", "messageMetadata": { "status": status } }).to_string()
}

/// A piece of the answer.
pub(crate) fn text(text: &str) -> String {
    json!({ "type": "text-delta", "id": "t1", "delta": text }).to_string()
}

/// The whole answer.
pub(crate) fn reply(message: &str) -> Value {
    json!({ "conversation_id": TURN, "turn_id": TURN, "message": message, "tool_calls": [] })
}
