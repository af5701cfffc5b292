//! What the log tells of a failure, and what it keeps to itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    io,
    sync::{Arc, Mutex},
};

use todo_contract::{LEASE, Stores, at, uuid};
use todo_domain::{
    ConversationId, MessageId, MessageText, TurnId,
    ports::{BeginTurn, ConversationRef, StoreErrorKind},
};
use todo_testkit::database::TestDatabase;
use tracing::Instrument;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_error_is_told_with_its_request_and_without_values() {
    let log = Log::default();
    tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).init();
    let place = TestDatabase::postgres().await;
    let stores = Stores::of(place.open().await.stores());
    let ada = stores.user("ada").await;
    let turn = BeginTurn {
        user_id: ada,
        conversation: ConversationRef::New(ConversationId::new(uuid())),
        turn_id: TurnId::new(uuid()),
        message_id: MessageId::new(uuid()),
        answer_id: MessageId::new(uuid()),
        text: MessageText::new("my secret wish").unwrap(),
        now: at(0),
        lease: LEASE,
        history: 20,
        budget: None,
        keyed: None,
        decides: None,
    };
    let twice = async {
        stores.turns.begin(turn.clone()).await.unwrap();
        let conversation = ConversationRef::New(ConversationId::new(uuid()));
        stores.turns.begin(BeginTurn { conversation, ..turn }).await.unwrap_err()
    };
    let error = twice.instrument(tracing::info_span!("request", request_id = "r-42")).await;
    assert_eq!(error.kind, StoreErrorKind::Constraint);
    let told = log.text();
    let line = told.lines().find(|line| line.contains("Database error")).unwrap();
    assert!(line.contains("ERROR") && line.contains("r-42"), "{line}");
    assert!(line.contains("turn.begin") && line.contains("turns_pkey"), "{line}");
    assert!(!told.contains("secret") && !told.contains("ada@"), "{told}");
}
