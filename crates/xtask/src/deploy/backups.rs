//! Backups as `deploy/backup` makes them: whole or not there, and good for a restore.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    check::{Check, Depth, Verdict},
    cluster::{self, ask},
    daemon::{signal, until},
    roles::Prepared,
    tools::Tools,
};
use crate::{
    Result,
    process::run,
    service::{Service, text},
};

pub(super) const CHECK: Check = Check {
    name: "backups",
    what: "backup.sh leaves a whole file or none, whatever happens; restore.sh and drill.sh bring \
           every row back",
    depth: Depth::Quick,
    run: check,
};

/// Rows that make a dump last long enough to be stopped in its middle.
const ROWS: &str = "
    insert into users (email, name, password_hash, time_zone, created_at, updated_at)
    select 'u' || i || '@example.org', 'U', 'x', 'UTC', now(), now() from generate_series(1, 600) i;
    insert into tasks
      (user_id, id, title, priority, status, search_text, version, created_at, updated_at)
    select i / 100 + 1, i % 100 + 1, md5(i::text), 1, 0, md5(i::text), 1, now(), now()
    from generate_series(0, 59999) i;";

fn check(_: &Tools) -> Result<Verdict> {
    let prepared = Prepared::new("backups", "")?;
    ask(&prepared.owner(), ROWS)?;
    let service = prepared.service(&[])?;
    let token = sign_up(&service, "ada")?;
    service.expect(
        200,
        "POST",
        "/api/me/chat",
        Some(&token),
        r#"{"message": "add 牛乳を買う 🥛"}"#,
    )?;

    let script = Script { prepared: &prepared, url: prepared.owner() };
    let backup = makes_a_backup(&script)?;
    let disk = leaves_nothing_behind(&script)?;
    removes_its_own_old_files(&script)?;
    let drilled = drills_beside_a_writer(&script, &service, &token)?;
    restores(&script, service, &backup)?;
    Verdict::passed(
        cluster::version()?,
        format!("7 failures left no file, among them {disk}; {drilled}"),
    )
}

/// The scripts with their surroundings.
struct Script<'a> {
    prepared: &'a Prepared,
    url: String,
}

impl Script<'_> {
    fn directory(&self, name: &str) -> PathBuf {
        self.prepared.scratch.path().join(name)
    }

    fn backup(&self, directory: &str) -> Command {
        let mut command = Command::new("deploy/backup/backup.sh");
        command
            .env("DATABASE_URL", &self.url)
            .env("BACKUP_DIR", self.directory(directory))
            .stdin(Stdio::null());
        command
    }

    fn restore(&self, arguments: &[&str], file: &Path) -> Result<Output> {
        let mut command = Command::new("deploy/backup/restore.sh");
        let command = command.args(arguments).arg(file).env("DATABASE_URL", &self.url);
        Ok(command.stdin(Stdio::null()).output()?)
    }

    /// What is in the database, as `checksums.sql` tells it.
    fn checksums(&self) -> Result<String> {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--dbname", &self.url])
            .args(["--file", "deploy/backup/checksums.sql"]);
        crate::process::output(&mut psql).ok_or_else(|| "checksums.sql fails".into())
    }
}

fn sign_up(service: &Service, name: &str) -> Result<String> {
    let account = format!(
        r#"{{"name": "{name}", "email": "{name}@example.org", "password": "correct horse battery"}}"#
    );
    let answer = service.expect(201, "POST", "/api/auth/signup", None, &account)?;
    Ok(text(&answer, "access_token")?.to_owned())
}

/// The only file of a directory that must have one.
fn only_file(directory: &Path) -> Result<PathBuf> {
    let entries: Vec<_> = fs::read_dir(directory)?.collect::<std::io::Result<_>>()?;
    match entries.as_slice() {
        [entry] => Ok(entry.path()),
        others => Err(format!("{} has {} files", directory.display(), others.len()).into()),
    }
}

/// The URL as the service takes it, password and all, and where node_exporter finds what came of it.
fn makes_a_backup(script: &Script<'_>) -> Result<PathBuf> {
    let metrics = script.prepared.scratch.directory("metrics")?;
    let url = script.prepared.cluster.superuser("chatbot_db");
    let url = url.replace("postgres://", "postgresql+asyncpg://")
        + "?pool_size=20&sslmode=prefer&max_overflow=0";
    run(script.backup("good").env("DATABASE_URL", url).env("BACKUP_METRICS_DIR", &metrics))?;
    let file = only_file(&script.directory("good"))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let pattern: String = name.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if pattern != "chatbot_00000000_000000.sql.gz" {
        return Err(format!("the backup is called {name}").into());
    }
    let written = fs::read_to_string(metrics.join("chatbot_backup.prom"))?;
    if !written.contains("\nchatbot_backup_last_success_timestamp_seconds 1") {
        return Err(format!("the metrics are\n{written}").into());
    }
    Ok(file)
}

/// Each failure ends with another code than 0, and with nothing in the directory. Says how the disk
/// was full.
fn leaves_nothing_behind(script: &Script<'_>) -> Result<&'static str> {
    let cluster = &script.prepared.cluster;
    let missing = cluster.superuser("chatbot_nowhere");
    let wrong = cluster.url("chatbot_owner", "wrong", "chatbot_db");
    let unreachable = "postgres://chatbot_owner@127.0.0.1:1/chatbot_db".to_owned();
    for (what, url, reason) in [
        ("database-missing", missing, "does not exist"),
        ("wrong-password", wrong, "password authentication failed"),
        ("server-away", unreachable, "refused"),
        ("not-a-url", "chatbot_db".to_owned(), "must begin with postgres://"),
    ] {
        let done = script.backup(what).env("DATABASE_URL", url).output()?;
        failed(what, &done, reason)?;
        is_empty(&script.directory(what))?;
    }

    let disk = fills_the_disk(script)?;
    for signal_name in ["TERM", "KILL"] {
        is_stopped(script, signal_name)?;
    }
    Ok(disk)
}

/// A backup of 1.6 MB on a file system of 512 KB; where nothing may be mounted, with files bounded to
/// that size instead. Says which it was.
fn fills_the_disk(script: &Script<'_>) -> Result<&'static str> {
    let full = script.prepared.scratch.directory("disk-full")?;
    let run_in = |command: &mut Command, bound: &str| {
        let backup = "deploy/backup/backup.sh; code=$?; ls -A \"$BACKUP_DIR\"; exit $code";
        let command = command.args(["sh", "-c"]).arg(format!("{bound} || exit 99; {backup}"));
        command.env("DATABASE_URL", &script.url).env("BACKUP_DIR", &full).output()
    };
    let mut unshare = Command::new("unshare");
    if !crate::process::is_root() {
        unshare.arg("--map-root-user");
    }
    let mount = "mount -t tmpfs -o size=512k tmpfs \"$BACKUP_DIR\"";
    let mut how = "a full disk";
    let mut done = run_in(unshare.arg("--mount"), mount)?;
    if done.status.code() == Some(99) || both(&done).contains("unshare") {
        how = "files of 512 KB at most in place of a full disk, since nothing may be mounted here";
        done = run_in(&mut Command::new("env"), "ulimit -f 1024")?;
    }
    failed("disk-full", &done, "backup.sh: ")?;
    match done.stdout.is_empty() {
        true => Ok(how),
        false => Err(format!("disk-full: {}", both(&done)).into()),
    }
}

/// Stopped in its middle, by somebody who waits or by somebody who does not.
fn is_stopped(script: &Script<'_>, signal_name: &str) -> Result {
    let directory = script.directory(&format!("stopped-by-{signal_name}"));
    let mut child = script
        .backup(&format!("stopped-by-{signal_name}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    until("the backup begins", Duration::from_secs(30), || {
        fs::read_dir(&directory).is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.metadata().is_ok_and(|it| it.len() > 0))
        })
    })?;
    signal(child.id(), signal_name)?;
    let status = child.wait()?;
    if status.success() {
        return Err(format!("a backup that was stopped by {signal_name} has succeeded").into());
    }
    let backups = || -> Result<Vec<String>> {
        let names = fs::read_dir(&directory)?.flatten();
        Ok(names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
    };
    if backups()?.iter().any(|name| name.starts_with("chatbot_")) {
        return Err(format!("stopped by {signal_name}, it left {:?}", backups()?).into());
    }
    if signal_name == "TERM" {
        return is_empty(&directory);
    }
    // Nobody could clean up. Its dump may live a little longer; then the next backup does.
    until("the next backup", Duration::from_secs(30), || {
        script.backup("stopped-by-KILL").output().is_ok_and(|done| done.status.success())
    })?;
    only_file(&directory).map(drop)
}

fn is_empty(directory: &Path) -> Result {
    let left: Vec<_> = match fs::read_dir(directory) {
        Ok(entries) => entries.flatten().map(|entry| entry.file_name()).collect(),
        Err(_) => Vec::new(),
    };
    if left.is_empty() { Ok(()) } else { Err(format!("{}: {left:?}", directory.display()).into()) }
}

fn failed(what: &str, done: &Output, reason: &str) -> Result {
    if done.status.success() || !both(done).contains(reason) {
        return Err(format!("{what}: {}, without {reason:?}:\n{}", done.status, both(done)).into());
    }
    Ok(())
}

fn both(done: &Output) -> String {
    let said = [done.stdout.as_slice(), done.stderr.as_slice()].concat();
    String::from_utf8_lossy(&said).into_owned()
}

/// After a success it removes what it wrote more than 30 days ago, and nothing else.
fn removes_its_own_old_files(script: &Script<'_>) -> Result {
    let directory = script.prepared.scratch.directory("old")?;
    let kept = [
        ("chatbot_20260101_000000.sql.gz", 29),
        ("chatbot_20260101_000000.sql", 400),
        ("chatbot_2026_000000.sql.gz", 400),
        ("other_20260101_000000.sql.gz", 400),
        ("chatbot_20260101_000000.sql.gz.asc", 400),
    ];
    let gone = ("chatbot_20260102_000000.sql.gz", 31);
    for (name, days) in kept.iter().chain([&gone]) {
        let age = format!("{days} days ago");
        run(Command::new("touch").args(["-d", &age]).arg(directory.join(name)))?;
    }
    // Somebody else's, though they are called as ours are.
    let foreign = ["chatbot_20260103_000000.sql.gz", "kept/chatbot_20260103_000000.sql.gz"];
    fs::create_dir_all(directory.join(foreign[0]))?;
    fs::create_dir_all(directory.join("kept"))?;
    for name in foreign {
        run(Command::new("touch").args(["-d", "400 days ago"]).arg(directory.join(name)))?;
    }
    let failing =
        script.backup("old").env("DATABASE_URL", "postgres://x@127.0.0.1:1/x").output()?;
    if failing.status.success() || !directory.join(gone.0).exists() {
        return Err("a backup that failed has removed an old one".into());
    }
    run(&mut script.backup("old"))?;
    let lost = kept.iter().find(|(name, _)| !directory.join(name).exists());
    if let Some((name, days)) = lost {
        return Err(format!("{name} of {days} days ago was removed").into());
    }
    if directory.join(gone.0).exists() {
        return Err(format!("{} of 31 days ago is still there", gone.0).into());
    }
    if let Some(name) = foreign.iter().find(|name| !directory.join(name).exists()) {
        return Err(format!("{name}, which is no backup of this directory, was removed").into());
    }
    Ok(())
}

/// The drill compares with what it dumped, though somebody writes meanwhile.
fn drills_beside_a_writer(script: &Script<'_>, service: &Service, token: &str) -> Result<String> {
    let mut drill = Command::new("deploy/backup/drill.sh")
        .env("DATABASE_URL", &script.url)
        .env("DRILL_URL", script.prepared.cluster.superuser("postgres"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut written = 0;
    while drill.try_wait()?.is_none() {
        let task = r#"{"title": "written meanwhile"}"#;
        service.expect(201, "POST", "/api/me/tasks", Some(token), task)?;
        written += 1;
        thread::sleep(Duration::from_millis(20));
    }
    let done = drill.wait_with_output()?;
    let said = both(&done);
    let times = said.lines().last().unwrap_or_default().to_owned();
    if !done.status.success() || !said.contains("\ntasks|60") || written == 0 {
        return Err(
            format!("drill.sh: {}, {written} written meanwhile\n{said}", done.status).into()
        );
    }
    let left = script
        .prepared
        .cluster
        .ask("postgres", "select count(*) from pg_database where datname like 'chatbot_drill%'")?;
    if left != "0" {
        return Err("drill.sh has left its database".into());
    }
    Ok(format!("drill of 60,000 rows beside {written} writes: {times}"))
}

/// A restore that is refused or fails changes nothing; one that succeeds brings the rows back, for a
/// service that goes on.
fn restores(script: &Script<'_>, service: Service, backup: &Path) -> Result {
    let damaged = script.prepared.scratch.path().join("damaged.sql.gz");
    let bytes = fs::read(backup)?;
    fs::write(&damaged, bytes.get(..bytes.len() / 2).unwrap_or_default())?;
    failed("a running service", &script.restore(&["--replace"], backup)?, "is connected")?;
    drop(service);
    until("the service's connections end", Duration::from_secs(30), || {
        let connected = "select count(*) from pg_stat_activity where usename = 'chatbot_user'";
        script.prepared.cluster.ask("postgres", connected).is_ok_and(|count| count == "0")
    })?;
    // A running service writes by itself: it folds the texts of rows that others have put there.
    let before = script.checksums()?;
    failed("a damaged file", &script.restore(&["--replace"], &damaged)?, "is damaged")?;
    let tables = "select count(*) from pg_tables where schemaname = 'public' \
                  and tablename <> '__diesel_schema_migrations'";
    let tables = script.prepared.cluster.ask("chatbot_db", tables)?;
    failed("without --replace", &script.restore(&[], backup)?, &format!("{tables} tables"))?;
    // Its last statement fails, after all others.
    let broken = script.prepared.scratch.path().join("broken.sql.gz");
    run(Command::new("sh")
        .args([
            "-c",
            "{ gzip -dc \"$0\"; echo 'select 1/0;'; \
                echo '-- PostgreSQL database dump complete'; } | gzip > \"$1\"",
        ])
        .arg(backup)
        .arg(&broken))?;
    failed("a failing file", &script.restore(&["--replace"], &broken)?, "is as it was")?;
    if script.checksums()? != before {
        return Err("a restore that failed has changed the database".into());
    }

    let started = Instant::now();
    let done = script.restore(&["--replace"], backup)?;
    if !done.status.success() {
        return Err(format!("restore.sh: {}\n{}", done.status, both(&done)).into());
    }
    println!("restored in {:.1} s", started.elapsed().as_secs_f64());
    let sums = script.checksums()?;
    if !sums.contains("\ntasks|60001|") || !sums.contains("\nusers|601|") {
        return Err(format!("the rows are not those of the backup:\n{sums}").into());
    }
    let service = script.prepared.service(&[])?;
    service.expect(200, "GET", "/health/ready", None, "")?;
    let signed_in = r#"{"email": "ada@example.org", "password": "correct horse battery"}"#;
    let answer = service.expect(200, "POST", "/api/auth/signin", None, signed_in)?;
    let tasks =
        service.expect(200, "GET", "/api/me/tasks", Some(text(&answer, "access_token")?), "")?;
    if !tasks.contains("牛乳を買う 🥛") {
        return Err(format!("the task is not back: {tasks}").into());
    }
    // Numbers that were given stay given.
    sign_up(&service, "ben").map(drop)
}
