//! The service and its Redis, as an operator sees them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use todo_testkit::{app::Visitor, process::Service, redis::TestRedis};

const TIMEOUT: Duration = Duration::from_secs(30);

fn service(redis_url: &str, more: &[(&str, &str)]) -> (Service, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    let own = [("DATA_DIR", data.path().to_str().unwrap()), ("REDIS_URL", redis_url)];
    let binary = Path::new(env!("CARGO_BIN_EXE_chatbot-api"));
    (Service::start(binary, &[&own, more].concat()), data)
}

/// Asks for the list until there is an entry for it.
async fn until_used(redis: &TestRedis, user: &Visitor) {
    let started = Instant::now();
    while redis.command(&["EXISTS", "todo:conversations:1:user:1"]) == "0" {
        user.get("/api/me/conversations").await.expect(200);
        assert!(started.elapsed() < TIMEOUT, "Redis is not used");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < TIMEOUT, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_once_and_so_is_its_end() {
    let redis = TestRedis::stopped();
    let (service, _data) = service(&redis.url(), &[]);
    let ada = service.stranger().sign_up("ada").await;
    for n in 0..3 {
        ada.say(&format!("add task {n}")).await;
        ada.get("/api/me/conversations").await.expect(200);
        redis.restart();
        until_used(&redis, &ada).await;
        redis.stop();
    }
    let log = service.output();
    assert_eq!(log.matches("Redis is away").count(), 1, "{log}");
    assert_eq!(log.matches("Redis is back").count(), 1, "{log}");
    assert!(log.contains("WARNING") || log.contains("WARN"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_reached_through_tls_with_a_certificate_the_system_trusts() {
    let authority = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&authority).unwrap().pem();
    let redis = TestRedis::with_tls(&certificate, &authority.serialize_pem());
    let trusted = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(trusted.path(), &certificate).unwrap();
    let url = redis.url();
    let roots = [("SSL_CERT_FILE", trusted.path().to_str().unwrap()), ("REDIS_TIMEOUT", "1")];
    let (trusting, _data) = service(&url, &roots);
    let ada = trusting.stranger().sign_up("ada").await;
    until_used(&redis, &ada).await;
    let (distrusting, _other_data) = service(&url, &[]);
    until("the certificate is refused", || {
        let log = distrusting.output();
        log.lines().any(|line| line.contains("Redis is away") && line.contains("certificate"))
    });
}
