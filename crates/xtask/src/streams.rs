//! The AI SDK, unmodified and in both majors that are in use, reads the chat's streams: the page's
//! chat that `docs/API.md` shows is compiled with each, and talks to the service. Cohere is simulated,
//! and so it says whatever a stream must endure.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::{
    Result, npm,
    process::run,
    service::{Service, program},
};

/// The npm package with the page's chat, and the script that checks.
const CHECK: &str = "crates/xtask/streams";
/// The names under which the package has the SDK.
const SDKS: [&str; 2] = ["ai", "ai6"];

/// Compiles the page's chat with each version of the SDK, and runs the script with it.
pub(crate) fn streams() -> Result {
    let service = program("chatbot-api")?;
    let simulator = Simulator::start()?;
    npm::install(CHECK)?;
    run(npm::npm(CHECK)?.args(["run", "--silent", "build"]))?;
    let service = Service::start_program(
        &service,
        &[
            ("CHAT_ENGINE", "cohere"),
            ("COHERE_API_KEY", "any"),
            ("COHERE_BASE_URL", &simulator.url),
            ("RATE_LIMIT_PER_SECOND", "0"),
            ("CHAT_RATE_LIMIT_PER_MINUTE", "0"),
        ],
    )?;
    for sdk in SDKS {
        let mut node = Command::new("node");
        run(node.args(["check.js", sdk]).current_dir(CHECK).env("BASE_URL", service.url()))?;
    }
    Ok(())
}

/// The simulator of Cohere as a process. It ends when dropped.
struct Simulator {
    process: Child,
    url: String,
}

impl Simulator {
    fn start() -> Result<Self> {
        let mut process = Command::new(program("cohere-simulator")?)
            .args(["--port", "0", "--split-chunks"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("the simulator has no output")?;
        let mut simulator = Self { process, url: String::new() };
        let mut output = BufReader::new(output).lines();
        let line = output.next().ok_or("the simulator does not start")??;
        simulator.url = line.rsplit(' ').next().unwrap_or_default().to_owned();
        // It would stop at a full pipe.
        std::thread::spawn(move || output.for_each(drop));
        Ok(simulator)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
