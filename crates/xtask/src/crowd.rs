//! `cargo xtask crowd`: a thousand people are answered at the same time, each through a stream of
//! their own, by a model that thinks for five seconds, over a pool of twenty connections.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    attacks::sign_up,
    postgres::{Postgres, TestDatabase},
    service::{Service, build, build_release},
    simulator::Simulator,
};

const PEOPLE: usize = 1_000;
/// How many sign up at the same time.
const QUEUES: usize = 8;
/// How long the model thinks, in milliseconds. A turn asks it twice.
const THINKS: &str = "slow-first-byte=5000";
/// A client that is sent nothing for so long gives up.
const SILENCE: Duration = Duration::from_secs(60);

/// Builds the service and measures. Anything but a whole answer for everybody is an error.
pub(crate) fn crowd(arguments: &[String]) -> Result {
    let release = match arguments {
        [] => false,
        [option] if option == "--release" => true,
        _ => return Err(format!("unknown: {}", arguments.join(" ")).into()),
    };
    let program = if release { build_release() } else { build() }?;
    let simulator = Simulator::start(&["--cue", THINKS])?;
    let postgres = Postgres::find()?;
    let database = TestDatabase::create(&postgres)?;
    let url = database.url.replace("pool_size=8", "pool_size=20");
    if !url.contains("pool_size=20") {
        return Err(format!("no pool to set in {url}").into());
    }
    let service = Service::start_program(
        &program,
        &[
            ("DATABASE_URL", &url),
            ("JWT_SECRET", "the secret of a service that lives for a minute"),
            ("CHAT_ENGINE", "cohere"),
            ("COHERE_API_KEY", "any"),
            ("COHERE_BASE_URL", &simulator.url),
            ("PROVIDER_CONCURRENCY", "2000"),
            ("CHAT_TIMEOUT", "60"),
            ("RATE_LIMIT_PER_SECOND", "0"),
            ("CHAT_RATE_LIMIT_PER_MINUTE", "0"),
            ("SIGNUP_RATE_LIMIT_PER_HOUR", "0"),
        ],
    )?;
    let tokens = sign_up_all(&service)?;
    println!("{PEOPLE} accounts; memory: {:.1} MB", megabytes(service.memory()?.now));
    let begun = Instant::now();
    let streams = all_at_once(&service, &tokens)?;
    println!("{PEOPLE} streams of two requests to the model each: {:?}", begun.elapsed());
    for (what, waits) in [
        ("to the first byte", streams.iter().map(|it| it.begun).collect()),
        ("to the first text", streams.iter().map(|it| it.text).collect()),
        ("to the end", streams.iter().map(|it| it.ended).collect()),
    ] {
        print_waits(what, waits);
    }
    let memory = service.memory()?;
    println!("memory: {:.1} MB, at most {:.1} MB", megabytes(memory.now), megabytes(memory.peak));
    let tasks = tokens.iter().map(|token| {
        let tasks = service.expect(200, "GET", "/api/me/tasks", Some(token), "")?;
        Ok(tasks.matches(r#""title":"buy milk""#).count())
    });
    match tasks.collect::<Result<Vec<_>>>()?.iter().filter(|tasks| **tasks != 1).count() {
        0 => Ok(()),
        wrong => Err(format!("{wrong} people do not have their one task").into()),
    }
}

fn sign_up_all(service: &Service) -> Result<Vec<String>> {
    let part = |queue: usize| {
        let people = (queue..PEOPLE).step_by(QUEUES);
        let tokens = people.map(|person| sign_up(service, &format!("person{person}")));
        tokens.collect::<Result<Vec<_>>>().map_err(|error| error.to_string())
    };
    let tokens = thread::scope(|scope| {
        let queues: Vec<_> = (0..QUEUES).map(|queue| scope.spawn(move || part(queue))).collect();
        queues.into_iter().map(|queue| queue.join().map_err(|_| "a panic")?).collect()
    });
    let tokens: std::result::Result<Vec<Vec<_>>, String> = tokens;
    Ok(tokens?.concat())
}

/// When a stream said what, from its request on.
struct Stream {
    begun: Duration,
    text: Duration,
    ended: Duration,
}

fn all_at_once(service: &Service, tokens: &[String]) -> Result<Vec<Stream>> {
    let start = Barrier::new(tokens.len());
    let streams = thread::scope(|scope| {
        let clients = tokens.iter().map(|token| {
            let start = &start;
            let client = move || {
                start.wait();
                follow(service.address(), token).map_err(|error| error.to_string())
            };
            thread::Builder::new().stack_size(128 << 10).spawn_scoped(scope, client)
        });
        let clients: std::io::Result<Vec<_>> = clients.collect();
        let clients = clients.map_err(|error| error.to_string())?;
        clients.into_iter().map(|client| client.join().map_err(|_| "a panic")?).collect()
    });
    let streams: std::result::Result<Vec<_>, String> = streams;
    Ok(streams?)
}

/// Says something and reads the answer to its end.
fn follow(address: &str, token: &str) -> Result<Stream> {
    const BODY: &str = r#"{"message": "add buy milk"}"#;
    let asked = Instant::now();
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(SILENCE))?;
    write!(
        connection,
        "POST /api/me/chat HTTP/1.0\r\nContent-Type: application/json\r\n\
         Accept: text/event-stream\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    )?;
    let (mut begun, mut text, mut finished) = (None, None, false);
    let mut said = String::new();
    for line in BufReader::new(connection).lines() {
        let line = line?;
        begun.get_or_insert_with(|| asked.elapsed());
        if line.contains(r#""type":"text-delta""#) {
            text.get_or_insert_with(|| asked.elapsed());
        }
        finished |= line.contains(r#""finishReason":"stop""#);
        said.push_str(&line);
    }
    match (begun, text) {
        (Some(begun), Some(text)) if finished => Ok(Stream { begun, text, ended: asked.elapsed() }),
        _ => Err(format!("no whole answer: {said}").into()),
    }
}

fn print_waits(what: &str, mut waits: Vec<Duration>) {
    waits.sort_unstable();
    let millis =
        |percent: usize| waits[(waits.len() * percent / 100).min(waits.len() - 1)].as_millis();
    println!(
        "{what}: median {} ms, 99 of 100 {} ms, last {} ms",
        millis(50),
        millis(99),
        millis(100)
    );
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
