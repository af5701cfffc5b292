//! New secrets at SIGHUP: under load, and without anybody noticing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use todo_testkit::{
    app::Visitor,
    cohere::{CohereSimulator, Settings},
    process::Service,
};

const TAKEN_OVER: &str = "new secrets were taken over";
const REFUSED: &str = "nothing was taken over";

fn secret(number: usize) -> String {
    format!("secret number {number:03} of this rotation")
}

/// A service whose secrets stand in a file.
struct Rotated {
    directory: TempDir,
    cohere: CohereSimulator,
    service: Service,
}

impl Rotated {
    async fn start(environment: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let cohere = CohereSimulator::start_with(Settings::default()).await;
        let file = directory.path().join("env");
        write(&file, environment);
        let variables = [
            ("DATA_DIR", directory.path().to_str().unwrap()),
            ("ENV_FILE", file.to_str().unwrap()),
            ("COHERE_BASE_URL", &cohere.base_url()),
        ];
        let service = Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), &variables);
        Self { service, directory, cohere }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Replaces the file, sends the signal, and waits until the log says this once more.
    async fn rotate(&self, environment: &str, expected: &str) {
        let count = || self.service.output().matches(expected).count();
        let before = count();
        write(&self.file("env"), environment);
        self.service.signal("HUP");
        while count() == before {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn last_key(&self) -> String {
        self.cohere.chats().last().unwrap().key.clone()
    }
}

/// At once, so that nobody reads half of it.
fn write(path: &Path, content: &str) {
    let new = path.with_extension("new");
    fs::write(&new, content).unwrap();
    fs::rename(new, path).unwrap();
}

async fn sign_in(service: &Service, name: &str) -> Visitor {
    let email = format!("{name}@example.org");
    let body = json!({ "email": email, "password": "correct horse" });
    let mut visitor = service.stranger();
    let account = visitor.post("/api/auth/signin", &body).await.expect(200);
    visitor.token = account["access_token"].as_str().map(str::to_owned);
    visitor
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_rotated_under_load_and_no_request_fails() {
    let environment = |number: usize| {
        let former: Vec<_> = (0..number).map(secret).collect();
        format!(
            "JWT_SECRET='{}'\nJWT_PREVIOUS_SECRETS='{}'\nCOHERE_API_KEY=key-{number}\n",
            secret(number),
            former.join(",")
        )
    };
    let rotated = Rotated::start(&environment(0)).await;
    let ada = rotated.service.stranger().sign_up("ada").await;
    ada.say("show my list").await;
    assert_eq!(rotated.last_key(), "key-0");
    let (stop, requests) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|number| {
            let (ada, stop, requests) = (ada.clone(), Arc::clone(&stop), Arc::clone(&requests));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    if number == 0 {
                        ada.say("show my list").await;
                    } else {
                        ada.get("/api/me/tasks").await.expect(200);
                    }
                    requests.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for number in 1..=5 {
        let served = requests.load(Ordering::Relaxed);
        rotated.rotate(&environment(number), TAKEN_OVER).await;
        sign_in(&rotated.service, "ada").await.get("/api/me/tasks").await.expect(200);
        while requests.load(Ordering::Relaxed) < served + 20 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    ada.say("show my list").await;
    assert_eq!(rotated.last_key(), "key-5");

    // The first secret is named no longer: what it signed is worth nothing any more.
    let bea = sign_in(&rotated.service, "ada").await;
    rotated
        .rotate(&format!("JWT_SECRET='{}'\nCOHERE_API_KEY=key-5\n", secret(5)), TAKEN_OVER)
        .await;
    ada.get("/api/me/tasks").await.expect_problem(401, "invalid_token");
    bea.get("/api/me/tasks").await.expect(200);
    let said = rotated.service.output();
    assert!(said.contains("JWT_SECRET") && said.contains("COHERE_API_KEY"), "{said}");
    assert!(!said.contains("secret number") && !said.contains("key-"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_wrong_changes_nothing_and_is_told_by_name() {
    let right = format!("JWT_SECRET='{}'\nCOHERE_API_KEY=key-0\n", secret(0));
    let rotated = Rotated::start(&right).await;
    let ada = rotated.service.stranger().sign_up("ada").await;
    rotated.rotate("JWT_SECRET=hunter2\nCOHERE_API_KEY=key-1\n", REFUSED).await;
    fs::remove_file(rotated.file("env")).unwrap();
    let refused = || rotated.service.output().matches(REFUSED).count();
    let before = refused();
    rotated.service.signal("HUP");
    while refused() == before {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    ada.say("show my list").await;
    assert_eq!(rotated.last_key(), "key-0");
    sign_in(&rotated.service, "ada").await.get("/api/me/tasks").await.expect(200);
    let said = rotated.service.output();
    let errors: Vec<_> = said.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(errors[0].contains("JWT_SECRET") && errors[1].contains("ENV_FILE"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_settings_need_a_restart_and_are_named() {
    let rotated = Rotated::start("COHERE_API_KEY=key-0\nCHAT_TIMEOUT=20\n").await;
    let changed = "COHERE_API_KEY=key-1\nCHAT_TIMEOUT=0.1\nLOG_LEVEL=debug\n";
    rotated.rotate(changed, "need a restart").await;
    let said = rotated.service.output();
    let warning = said.lines().find(|line| line.contains("need a restart")).unwrap();
    assert!(warning.contains("WARN") && warning.contains("CHAT_TIMEOUT, LOG_LEVEL"), "{warning}");
    assert!(!warning.contains("COHERE_API_KEY"), "{warning}");
    rotated.rotate("COHERE_API_KEY=key-1\nCHAT_TIMEOUT=20\n", "no secret has changed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_a_file_of_its_own_is_read_again() {
    let (directory, cohere) = (TempDir::new().unwrap(), CohereSimulator::start().await);
    let key = directory.path().join("key");
    write(&key, "key-0\n");
    let variables = [
        ("DATA_DIR", directory.path().to_str().unwrap()),
        ("COHERE_API_KEY_FILE", key.to_str().unwrap()),
        ("COHERE_BASE_URL", &cohere.base_url()),
    ];
    let service = Service::start(Path::new(env!("CARGO_BIN_EXE_chatbot-api")), &variables);
    let ada = service.stranger().sign_up("ada").await;
    ada.say("show my list").await;
    write(&key, "key-1\n");
    // The service made this one itself.
    write(&directory.path().join("jwt_secret"), &secret(1));
    service.signal("HUP");
    service.prints(TAKEN_OVER).await;
    ada.get("/api/me/tasks").await.expect_problem(401, "invalid_token");
    sign_in(&service, "ada").await.say("show my list").await;
    let keys: Vec<_> = cohere.chats().into_iter().map(|chat| chat.key).collect();
    assert_eq!((keys.first(), keys.last()), (Some(&"key-0".to_owned()), Some(&"key-1".to_owned())));
}
