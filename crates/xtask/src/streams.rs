//! The AI SDK, unmodified and in both majors that are in use, reads the chat's streams: the page's
//! chat that `docs/API.md` shows is compiled with each, and talks to the service. Cohere is simulated,
//! and so it says whatever a stream must endure.

use std::process::Command;

use crate::{
    Result, npm,
    packages::{Package, install},
    process::{find, run},
    service::{Service, program},
    simulator::Simulator,
};

/// The npm package with the page's chat, and the script that checks.
const CHECK: &str = "crates/xtask/streams";
/// The names under which the package has the SDK.
const SDKS: [&str; 2] = ["ai", "ai6"];

const SQLITE: Package = Package {
    name: "sqlite3",
    programs: "sqlite3",
    apt: "sqlite3",
    dnf: "sqlite",
    apk: "sqlite",
    brew: "sqlite",
};

/// Compiles the page's chat with each version of the SDK, and runs the script with it.
pub(crate) fn streams() -> Result {
    let service = program("chatbot-api")?;
    let simulator = Simulator::start(&["--split-chunks"])?;
    npm::install(CHECK)?;
    // The check lets questions expire.
    if find("sqlite3").is_none() {
        install(&SQLITE)?;
    }
    run(npm::npm(CHECK)?.args(["run", "--silent", "build"]))?;
    let service = Service::start_program(
        &service,
        &[
            ("CHAT_ENGINE", "cohere"),
            ("COHERE_API_KEY", "any"),
            ("COHERE_BASE_URL", &simulator.url),
            ("RATE_LIMIT_PER_SECOND", "0"),
            ("CHAT_RATE_LIMIT_PER_MINUTE", "0"),
            ("SIGNUP_RATE_LIMIT_PER_HOUR", "0"),
        ],
    )?;
    for sdk in SDKS {
        let mut node = Command::new("node");
        let node = node.args(["check.js", sdk]).current_dir(CHECK);
        run(node.env("BASE_URL", service.url()).env("DATABASE", service.database()))?;
    }
    Ok(())
}
