//! The web page: its committed build is what a build makes, and people can do with it what it is for, in
//! a browser, on both engines.

use std::{env, path::PathBuf, process::Command};

use crate::{
    Result, npm,
    packages::{Package, install},
    postgres::{Postgres, TestDatabase},
    process::{find, run, tool_directory},
    service::{self, Service},
};

/// The page's sources, and its npm package.
const PAGE: &str = "web";
/// The limits are for people, who are slower.
const LIMITS: [(&str, &str); 3] = [
    ("RATE_LIMIT_PER_SECOND", "0"),
    ("CHAT_RATE_LIMIT_PER_MINUTE", "0"),
    ("SIGNUP_RATE_LIMIT_PER_HOUR", "10000"),
];
/// Only this service knows it, and not for long.
const JWT_SECRET: &str = "the secret of a service that lives for a minute";

/// The pictures that the documentation shows; `UPDATE_DOCS=1` makes them anew.
const DOCUMENTED: [&str; 3] = ["light", "dark", "phone"];

const CHROMIUM: Package = Package {
    name: "Chromium",
    programs: "chromium",
    apt: "chromium",
    dnf: "chromium",
    apk: "chromium",
    brew: "chromium",
};

/// Builds the page anew, compares, and uses the committed one.
pub(crate) fn page(private_postgres: bool) -> Result {
    service::build()?;
    npm::install(PAGE)?;
    let built = tool_directory("web-build")?;
    run(npm::npm(PAGE)?.args(["run", "--silent", "build"]).env("OUT_DIR", &built))?;
    run(Command::new("node").args(["check/build.js", "dist"]).arg(&built).current_dir(PAGE))?;

    let chromium = chromium()?;
    let journeys = |service: &Service, stands_alone: &str| {
        run(Command::new("node")
            .arg("check/journeys.js")
            .current_dir(PAGE)
            .env("BASE_URL", service.url())
            .env("STANDS_ALONE", stands_alone)
            .env("CHROMIUM", &chromium))
    };
    println!("--- SQLite");
    let service = Service::start(&LIMITS)?;
    journeys(&service, "true")?;
    let mut pictures = Command::new("node");
    pictures.arg("check/pictures.js").current_dir(PAGE);
    match env::var_os("UPDATE_DOCS") {
        Some(_) => pictures.arg(env::current_dir()?.join("docs/pictures")).args(DOCUMENTED),
        None => pictures.arg(tool_directory("pictures")?),
    };
    run(pictures.env("BASE_URL", service.url()).env("CHROMIUM", &chromium))?;
    drop(service);
    let postgres = if private_postgres { Postgres::private() } else { Postgres::find() }?;
    println!("--- PostgreSQL: {}", postgres.description);
    let database = TestDatabase::create(&postgres)?;
    let variables = [("DATABASE_URL", database.url.as_str()), ("JWT_SECRET", JWT_SECRET)];
    journeys(&Service::start(&[&LIMITS[..], &variables].concat())?, "false")
}

/// The browser of the system, which is installed if there is none.
fn chromium() -> Result<PathBuf> {
    let there = || ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find);
    if there().is_none() {
        install(&CHROMIUM)?;
    }
    Ok(there().ok_or("the package brought no Chromium")?)
}
