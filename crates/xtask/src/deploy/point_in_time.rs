//! Point-in-time recovery with pgBackRest: a mistake is taken back, and the loss of the machine costs
//! no more than what was not archived yet.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    check::{Check, Depth, Verdict},
    cluster::{Cluster, SUPERUSER_PASSWORD, ask, give, unprivileged},
    daemon::until,
    roles::Prepared,
    tools::{Tools, number},
};
use crate::{
    Result,
    packages::{Package, install},
    process::{find, output, run},
    scratch::Scratch,
};

pub(super) const CHECK: Check = Check {
    name: "point-in-time",
    what: "pgBackRest brings back the moment before a mistake, and all but the last seconds of a lost \
           machine",
    depth: Depth::Full,
    run: check,
};

const PACKAGE: Package = Package {
    name: "pgBackRest",
    programs: "pgbackrest",
    apt: "pgbackrest",
    dnf: "pgbackrest",
    apk: "pgbackrest",
    brew: "pgbackrest",
};
const REPOSITORY: &str = "deploy/pgbackrest/pgbackrest.conf";
const ARCHIVING: &str = "deploy/pgbackrest/archive.conf";
/// Instead of a minute, so that the drill is short.
const ARCHIVE_TIMEOUT: u64 = 5;

fn check(_: &Tools) -> Result<Verdict> {
    if find("pgbackrest").is_none() {
        install(&PACKAGE)?;
    }
    // Its name has to be known before the server's configuration can name its files.
    let directory =
        std::env::temp_dir().join(format!("chatbot-point-in-time-{}", std::process::id()));
    let configuration = directory.join("pgbackrest.conf");
    let archiving = replaced(
        &fs::read_to_string(ARCHIVING)?,
        &[
            ("pgbackrest --", &format!("pgbackrest --config={} --", configuration.display())),
            ("archive_timeout = 60", &format!("archive_timeout = {ARCHIVE_TIMEOUT}")),
        ],
    )?;
    let sockets = std::env::temp_dir().join(format!("chatbot-sockets-{}", std::process::id()));
    fs::create_dir_all(&sockets)?;
    give(&sockets)?;
    let settings = format!("{archiving}\nunix_socket_directories = '{}'\n", sockets.display());
    let prepared = Prepared::new("point-in-time", &settings)?;
    let drilled = drill(&prepared, &configuration, &sockets);
    fs::remove_dir_all(&sockets)?;
    let said = output(Command::new("pgbackrest").arg("version")).ok_or("it tells no version")?;
    Verdict::passed(format!("pgBackRest {}", number(&said)), drilled?)
}

fn drill(prepared: &Prepared, configuration: &Path, sockets: &Path) -> Result<String> {
    let Prepared { cluster, scratch } = prepared;
    let repository = scratch.directory("repository")?;
    give(&repository)?;
    let own = scratch.directory("pgbackrest")?;
    give(&own)?;
    let text = replaced(
        &fs::read_to_string(REPOSITORY)?,
        &[
            ("/var/lib/pgbackrest", &repository.display().to_string()),
            ("/var/lib/postgresql/15/main", &cluster.data.display().to_string()),
            (
                "[global]",
                &format!("[global]\nlog-path={0}\nlock-path={0}\nspool-path={0}", own.display()),
            ),
        ],
    )?;
    let local = format!("pg1-port={}\npg1-socket-path={}\n", cluster.port, sockets.display());
    fs::write(configuration, text + &local)?;
    let tool = Tool { configuration: configuration.to_owned() };
    tool.run(&["stanza-create"])?;
    let started = Instant::now();
    tool.run(&["--type=full", "backup"])?;
    let backup = started.elapsed().as_secs_f64();

    let (writing, owner) = (prepared.user(), prepared.owner());
    ask(&writing, USER)?;
    (1..=100).try_for_each(|number| write(&writing, number))?;
    let moment = ask(&owner, "select now()")?;
    thread::sleep(Duration::from_millis(200));
    // Somebody forgets the where clause, and the service goes on.
    ask(&writing, "delete from tasks")?;

    // Writes go on for longer than the archive may lag, then the machine is gone.
    let started = Instant::now();
    let mut acknowledged = Vec::new();
    for number in 1001.. {
        if started.elapsed() > Duration::from_secs(2 * ARCHIVE_TIMEOUT + 2) {
            break;
        }
        write(&writing, number)?;
        acknowledged.push((number, Instant::now()));
        thread::sleep(Duration::from_millis(20));
    }
    let lost_at = Instant::now();
    cluster.kill()?;

    let restored = tool.restore(scratch, "latest", &["--type=default"])?;
    let recovered = lost_at.elapsed().as_secs_f64();
    let last: u64 = restored.ask("chatbot_db", "select max(id) from tasks")?.parse()?;
    let (_, last_kept) =
        acknowledged.iter().find(|(number, _)| *number == last).ok_or("no write")?;
    let lost = lost_at.duration_since(*last_kept).as_secs_f64();
    if lost > ARCHIVE_TIMEOUT as f64 + 3.0 {
        return Err(format!("{lost:.1} s of writes are lost").into());
    }
    let gapless = format!("select count(*) = {} from tasks where id > 1000", last - 1000);
    if restored.ask("chatbot_db", &gapless)? != "t" {
        return Err("writes before the last one are missing".into());
    }
    drop(restored);

    let target = format!("--target={moment}");
    let before =
        tool.restore(scratch, "before", &["--type=time", &target, "--target-action=promote"])?;
    let kept = before.ask("chatbot_db", "select count(*), max(id) from tasks")?;
    if kept != "100|100" {
        return Err(format!("before the mistake there were 100 tasks, not {kept}").into());
    }
    Ok(format!(
        "full backup {backup:.1} s; machine lost: back after {recovered:.1} s without the last \
         {lost:.1} s (archive_timeout {ARCHIVE_TIMEOUT} s); the moment before a mistake: 100 of 100 rows"
    ))
}

const USER: &str = "insert into users
    (email, name, password_hash, time_zone, created_at, updated_at)
    values ('ada@example.org', 'Ada', 'x', 'UTC', now(), now())";

fn write(url: &str, number: u64) -> Result {
    let sql = format!(
        "insert into tasks
           (user_id, id, title, priority, status, search_text, version, created_at, updated_at)
         values (1, {number}, 'a', 1, 0, 'a', 1, now(), now())"
    );
    ask(url, &sql).map(drop)
}

/// The text with each of these replaced; one that is not there is a fault of the file.
fn replaced(text: &str, changes: &[(&str, &str)]) -> Result<String> {
    let mut text = text.to_owned();
    for (from, to) in changes {
        if !text.contains(from) {
            return Err(format!("the file has no {from:?}").into());
        }
        text = text.replace(from, to);
    }
    Ok(text)
}

struct Tool {
    configuration: PathBuf,
}

impl Tool {
    fn run(&self, arguments: &[&str]) -> Result {
        let mut command = Command::new("pgbackrest");
        command
            .arg(format!("--config={}", self.configuration.display()))
            .arg("--stanza=chatbot")
            .args(arguments)
            .env("PGPASSWORD", SUPERUSER_PASSWORD)
            .stdin(Stdio::null());
        run(unprivileged(&mut command)?)
    }

    /// A server of its own with what the repository holds.
    fn restore(&self, scratch: &Scratch, name: &str, arguments: &[&str]) -> Result<Cluster> {
        let directory = scratch.directory(name)?;
        give(&directory)?;
        let data = directory.join("data");
        fs::create_dir_all(&data)?;
        give(&data)?;
        let path = format!("--pg1-path={}", data.display());
        self.run(&[&["restore", path.as_str()], arguments].concat())?;
        let cluster = Cluster::start(directory, data, "archive_mode = off")?;
        until("the recovery ends", Duration::from_secs(60), || {
            cluster.ask("postgres", "select pg_is_in_recovery()").is_ok_and(|it| it == "f")
        })?;
        Ok(cluster)
    }
}
