//! The PostgreSQL the tests run on: the one that was named, the machine's own, or a private one.

mod binaries;
mod private;
mod probe;
mod test_database;

use std::{env, path::PathBuf};

pub(crate) use self::private::unprivileged_user;
use self::{
    binaries::Binaries,
    private::PrivateServer,
    probe::{OLDEST, answers, probe},
};
pub(crate) use self::{probe::authority, test_database::TestDatabase};
use crate::{
    Result,
    packages::{Package, install},
};

const PACKAGE: Package = Package {
    name: "PostgreSQL",
    programs: "initdb and postgres of version 15 or later",
    apt: "postgresql",
    dnf: "postgresql-server",
    apk: "postgresql",
    brew: "postgresql@17",
};

/// A server to run tests on. A private one stops when this is dropped.
pub(crate) struct Postgres {
    /// What `TEST_DATABASE_URL` becomes.
    pub(crate) url: String,
    /// Which server it is, for people.
    pub(crate) description: String,
    _server: Option<PrivateServer>,
}

impl Postgres {
    /// The server named by `TEST_DATABASE_URL`, else the one on 127.0.0.1:5432, else a private one.
    pub(crate) fn find() -> Result<Self> {
        if let Some(url) = env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty()) {
            let address = authority(&url);
            if !answers(&address) {
                return Err(format!("TEST_DATABASE_URL: nothing answers at {address}").into());
            }
            let description = format!("the one of TEST_DATABASE_URL at {address}");
            return Ok(Self { url, description, _server: None });
        }
        match probe("127.0.0.1:5432") {
            Ok(version) => Ok(Self {
                url: "postgres://postgres@127.0.0.1:5432/postgres".to_owned(),
                description: format!("the one running on 127.0.0.1:5432, version {version}"),
                _server: None,
            }),
            Err(reason) => {
                println!("No PostgreSQL for tests on 127.0.0.1:5432: {reason}");
                Self::private()
            }
        }
    }

    /// A private server, made of the machine's binaries, which are installed if there are none.
    pub(crate) fn private() -> Result<Self> {
        let binaries = installed()?;
        let server = PrivateServer::start(&binaries)?;
        Ok(Self {
            url: format!("postgres://postgres@127.0.0.1:{}/postgres", server.port),
            description: format!(
                "a private one on 127.0.0.1:{}, version {}, from {}",
                server.port,
                server.version,
                binaries.directory.display()
            ),
            _server: Some(server),
        })
    }
}

/// Where the programs of the server lie that is installed, or is installed now: all of them, where
/// those in the search path may be links to a few.
pub(crate) fn programs() -> Result<PathBuf> {
    let server = installed()?.directory.join("postgres").canonicalize()?;
    Ok(server.parent().map(PathBuf::from).ok_or("postgres lies nowhere")?)
}

fn installed() -> Result<Binaries> {
    if let Some(binaries) = Binaries::find() {
        return Ok(binaries);
    }
    install(&PACKAGE)?;
    let missing =
        || format!("there is still no PostgreSQL {OLDEST} or later with initdb and postgres");
    Ok(Binaries::find().ok_or_else(missing)?)
}
