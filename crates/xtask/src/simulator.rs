//! The simulator of Cohere, for tools that let the service talk to a model.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::{Result, service::program};

/// The simulator of Cohere as a process. It ends when dropped.
pub(crate) struct Simulator {
    process: Child,
    /// What to configure instead of `https://api.cohere.com`.
    pub(crate) url: String,
}

impl Simulator {
    /// Starts it on a free port with these arguments.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        let mut process = Command::new(program("cohere-simulator")?)
            .args(["--port", "0"])
            .args(arguments)
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
