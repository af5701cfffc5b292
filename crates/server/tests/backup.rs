//! Copies of the SQLite database, made and restored by the binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::json;
use tempfile::TempDir;
use todo_testkit::{app::Visitor, process::Service};

const BINARY: &str = env!("CARGO_BIN_EXE_chatbot-api");
const SECRET: (&str, &str) = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");

/// A data directory and what is done in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn data(&self) -> String {
        self.path("data").to_str().unwrap().to_owned()
    }

    fn database(&self) -> PathBuf {
        self.path("data/todo.sqlite")
    }

    fn start(&self) -> Service {
        Service::start(Path::new(BINARY), &[("DATA_DIR", &self.data()), SECRET])
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(arguments).env_clear().env("DATA_DIR", self.data());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn backup(&self, to: &Path) -> Output {
        self.run(&["backup", to.to_str().unwrap()])
    }

    fn restore(&self, from: &Path, options: &[&str]) -> Output {
        self.run(&[&["restore", from.to_str().unwrap()], options].concat())
    }

    /// The names in the data directory.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("data")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[track_caller]
fn told(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(err));
    String::from_utf8(out.clone()).unwrap()
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A service that was used and stopped, and a copy of what it left.
async fn used(tasks: usize) -> (Place, PathBuf, Visitor) {
    let place = Place::new();
    let service = place.start();
    let ada = service.stranger().sign_up("ada").await;
    for n in 1..=tasks {
        ada.add_task(&json!({ "title": format!("task {n}") })).await;
    }
    ada.say("what is left today?").await;
    service.kill();
    let copy = place.path("copy.sqlite");
    told(&place.backup(&copy));
    (place, copy, ada)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_people_write_is_one_moment_of_the_service() {
    let place = Place::new();
    let service = place.start();
    let ada = service.stranger().sign_up("ada").await;
    let writing = tokio::spawn({
        let ada = ada.clone();
        async move {
            let mut written = 0;
            while ada.try_post("/api/me/tasks", &json!({ "title": "x" })).await.is_some() {
                written += 1;
            }
            written
        }
    });
    let copy = place.path("copy.sqlite");
    while ada.tasks().await.len() < 10 {}
    let output = tokio::task::spawn_blocking({
        let mut command = place.command(&["backup", copy.to_str().unwrap()]);
        move || command.output().unwrap()
    });
    let output = told(&output.await.unwrap());
    assert!(output.starts_with("backed up users: 1, tasks: "), "{output}");
    assert!(output.contains("is not in it"), "{output}");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    service.kill();
    let written: usize = writing.await.unwrap();

    let elsewhere = Place::new();
    told(&elsewhere.restore(&copy, &[]));
    let service = elsewhere.start();
    let numbers: Vec<_> =
        ada.at(service.base_url()).tasks().await.iter().map(|it| it["id"].as_u64()).collect();
    let expected: Vec<_> = (1..=numbers.len() as u64).map(Some).collect();
    assert_eq!(numbers, expected);
    assert!(numbers.len() >= 10 && numbers.len() <= written, "{} of {written}", numbers.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_replaced_on_request_only_and_kept_beside() {
    let (place, copy, ada) = used(2).await;
    let service = place.start();
    ada.at(service.base_url()).add_task(&json!({ "title": "later" })).await;
    let running = refused(&place.restore(&copy, &["--replace"]));
    assert!(running.contains("is in use by another process"), "{running}");
    service.kill();
    let taken = refused(&place.restore(&copy, &[]));
    assert!(taken.contains("--replace"), "{taken}");

    let output = told(&place.restore(&copy, &["--replace"]));
    let former = output.lines().find_map(|line| line.strip_prefix("the former database is "));
    let former = PathBuf::from(former.unwrap());
    assert_eq!(fs::metadata(place.database()).unwrap().permissions().mode() & 0o777, 0o600);
    let service = place.start();
    assert_eq!(ada.at(service.base_url()).tasks().await.len(), 2);
    service.kill();

    let old = Place::new();
    fs::create_dir(old.path("data")).unwrap();
    fs::rename(former, old.database()).unwrap();
    let service = old.start();
    assert_eq!(ada.at(service.base_url()).tasks().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signed_out_after_the_backup_stays_signed_out_after_the_restore() {
    let place = Place::new();
    let start = || Service::start(Path::new(BINARY), &[("DATA_DIR", &place.data())]);
    let service = start();
    let ada = service.stranger().sign_up("ada").await;
    let copy = place.path("copy.sqlite");
    told(&place.backup(&copy));
    ada.post("/api/auth/signout", &json!({})).await.expect(204);
    let late = service.stranger().sign_up("late").await;
    service.kill();

    let output = told(&place.restore(&copy, &["--replace"]));
    assert!(output.contains("the former secret of access tokens is "), "{output}");
    assert!(output.contains("no JWT_PREVIOUS_SECRETS"), "{output}");
    let service = start();
    // Has the number that was given to somebody else after the backup.
    service.stranger().sign_up("grace").await;
    for former in [&ada, &late] {
        let answer = former.at(service.base_url()).get("/api/me/tasks").await;
        answer.expect_problem(401, "invalid_token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_into_another_file_leaves_the_secret_of_the_running_service_alone() {
    let place = Place::new();
    let other = place.path("other.sqlite");
    let url = format!("sqlite://{}", other.display());
    let data = place.data();
    for of_service in [None, Some(format!("sqlite://{}", place.path("own.sqlite").display()))] {
        let mut variables = vec![("DATA_DIR", data.as_str())];
        variables.extend(of_service.as_deref().map(|url| ("DATABASE_URL", url)));
        let service = Service::start(Path::new(BINARY), &variables);
        let ada = service.stranger().sign_up("ada").await;
        let copy = place.path("copy.sqlite");
        let mut backup = place.command(&["backup", copy.to_str().unwrap()]);
        told(&backup.envs(variables.clone()).output().unwrap());

        let mut restore = place.command(&["restore", copy.to_str().unwrap()]);
        let output = told(&restore.env("DATABASE_URL", &url).output().unwrap());

        assert!(output.contains("jwt_secret is used with another database"), "{output}");
        assert!(output.contains("another DATA_DIR"), "{output}");
        assert!(place.path("data/jwt_secret").exists());
        service.kill();
        let service = Service::start(Path::new(BINARY), &variables);
        ada.at(service.base_url()).get("/api/me/tasks").await.expect(200);
        service.kill();
        fs::remove_file(&copy).unwrap();
        fs::remove_file(&other).unwrap();
        fs::remove_dir_all(place.path("data")).unwrap();
    }
}

/// Only root may give files away; whoever else runs this sees that the mode stays.
#[tokio::test(flavor = "multi_thread")]
async fn what_root_restores_belongs_to_the_service_as_before() {
    const SERVICE: u32 = 54_321;
    let (place, copy, _) = used(1).await;
    let of = |path: &Path| {
        let file = fs::metadata(path).unwrap();
        (file.uid(), file.gid())
    };
    let is_root = of(&copy).0 == 0;
    let owner = if is_root { (SERVICE, SERVICE) } else { of(&copy) };
    if is_root {
        for path in [place.path("data"), place.database()] {
            chown(path, Some(SERVICE), Some(SERVICE)).unwrap();
        }
    }
    fs::set_permissions(place.database(), fs::Permissions::from_mode(0o640)).unwrap();

    told(&place.restore(&copy, &["--replace"]));

    assert_eq!(fs::metadata(place.database()).unwrap().mode() & 0o777, 0o640);
    assert_eq!(of(&place.database()), owner);

    // Where nothing was, everything that is made has the owner of the directory.
    let elsewhere = Place::new();
    if is_root {
        chown(elsewhere.0.path(), Some(SERVICE), Some(SERVICE)).unwrap();
    }
    told(&elsewhere.restore(&copy, &[]));
    for path in ["data", "data/todo.sqlite", "data/todo.sqlite.lock"] {
        assert_eq!(of(&elsewhere.path(path)), owner, "{path}");
    }
    assert_eq!(fs::metadata(elsewhere.database()).unwrap().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_foreign_or_newer_is_refused_and_changes_nothing() {
    let (place, copy, _) = used(200).await;
    let before = fs::read(place.database()).unwrap();
    let broken = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(&copy).unwrap();
        change(&mut bytes);
        let path = place.path(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let page = broken("page", &|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4096].fill(0xff);
    });
    let cut = broken("cut", &|bytes| bytes.truncate(bytes.len() / 2));
    let text = broken("text", &|bytes| *bytes = b"just a text, and no database at all".to_vec());
    let empty = broken("empty", &|bytes| bytes.clear());
    for (file, expected) in [
        (page, "is damaged"),
        (cut, "is damaged"),
        (text, "is damaged"),
        (empty, "is no database of this service"),
        (place.path("none"), "can't use"),
    ] {
        let reason = refused(&place.restore(&file, &["--replace"]));
        assert!(reason.contains(expected), "{}: {reason}", file.display());
    }
    assert!(before == fs::read(place.database()).unwrap(), "the database has changed");
    assert_eq!(place.files(), ["todo.sqlite", "todo.sqlite.lock"]);
}

/// Another text of the same length in place of one that is there.
fn replace(bytes: &mut [u8], text: &str, by: &str) {
    assert_eq!(text.len(), by.len());
    let places = 0..=bytes.len() - text.len();
    let found: Vec<_> = places.filter(|at| bytes[*at..].starts_with(text.as_bytes())).collect();
    assert!(!found.is_empty(), "no {text}");
    for at in found {
        bytes[at..at + by.len()].copy_from_slice(by.as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_the_file_of_another_program_is_refused_and_leaves_it_as_it_is() {
    let (place, copy, _) = used(1).await;
    let mut theirs = fs::read(&copy).unwrap();
    replace(&mut theirs, "__diesel_schema_migrations", "__others_schema_migrations");
    // By these bytes it keeps no write-ahead log.
    theirs[18..20].fill(1);
    let directory = place.path("theirs");
    fs::create_dir(&directory).unwrap();
    let file = directory.join("theirs.sqlite");
    fs::write(&file, &theirs).unwrap();

    let mut backup = place.command(&["backup", place.path("other").to_str().unwrap()]);
    backup.env("DATABASE_URL", format!("sqlite://{}", file.display()));
    let reason = refused(&backup.output().unwrap());

    assert!(reason.contains("is no database of this service"), "{reason}");
    assert!(theirs == fs::read(&file).unwrap(), "the file has changed");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "something lies beside it");
    assert!(!place.path("other").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_refuses_tables_that_are_not_those_of_the_service_and_says_what_differs() {
    let (place, copy, _) = used(1).await;
    let before = fs::read(place.database()).unwrap();
    for (text, by, named) in [
        ("turns_one_running", "turns_two_running", "has the index \"turns_two_running\""),
        // By a name that only SQLite gives, it is none of anybody's.
        ("turns_one_running", "sqlite_xx_running", "lacks the index turns_one_running"),
        ("tasks_title_check", "tasks_style_check", "table tasks is defined in another way"),
    ] {
        let mut bytes = fs::read(&copy).unwrap();
        replace(&mut bytes, text, by);
        let altered = place.path("altered");
        fs::write(&altered, bytes).unwrap();
        let reason = refused(&place.restore(&altered, &["--replace"]));
        assert!(reason.contains(named), "{reason}");
    }
    assert!(before == fs::read(place.database()).unwrap(), "the database has changed");
    assert_eq!(place.files(), ["todo.sqlite", "todo.sqlite.lock"]);
}

#[test]
fn a_backup_overwrites_nothing_and_needs_a_database() {
    let place = Place::new();
    let copy = place.path("copy.sqlite");
    let missing = refused(&place.backup(&copy));
    assert!(missing.contains("there is no database"), "{missing}");
    place.start().kill();
    fs::write(&copy, "mine").unwrap();
    let exists = refused(&place.backup(&copy));
    assert!(exists.contains("nothing is overwritten"), "{exists}");
    assert_eq!(fs::read(&copy).unwrap(), b"mine");
    let url = ("DATABASE_URL", "postgres://u:hunter2@db/todo");
    for verb in ["backup", "restore"] {
        let mut command = place.command(&[verb, "file"]);
        let reason = refused(&command.env(url.0, url.1).output().unwrap());
        assert!(reason.contains("pg_dump") && !reason.contains("hunter2"), "{reason}");
    }
}
