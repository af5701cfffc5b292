//! The web page: its committed build is what a build makes, and people can do with it what it is for, in
//! a browser, on both engines.

use std::{env, path::PathBuf, process::Command};

use crate::{
    Result, npm,
    packages::{Package, install},
    postgres::{Postgres, TestDatabase},
    process::{find, run, tool_directory},
    service::{self, Service},
    simulator::Simulator,
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
    let program = service::build()?;
    npm::install(PAGE)?;
    let built = tool_directory("web-build")?;
    run(npm::npm(PAGE)?.args(["run", "--silent", "build"]).env("OUT_DIR", &built))?;
    run(Command::new("node").args(["check/build.js", "dist"]).arg(&built).current_dir(PAGE))?;

    let chromium = chromium()?;
    let check = |script: &str, service: &Service| {
        let mut node = Command::new("node");
        node.arg(format!("check/{script}.js")).current_dir(PAGE);
        node.env("BASE_URL", service.url()).env("CHROMIUM", &chromium);
        node
    };
    let pictures = match env::var_os("UPDATE_DOCS") {
        Some(_) => env::current_dir()?.join("docs/pictures"),
        None => tool_directory("pictures")?,
    };
    println!("--- SQLite");
    let service = Service::start(&LIMITS)?;
    run(check("journeys", &service).env("STANDS_ALONE", "true"))?;
    run(&mut check("survive", &service))?;
    let mut shoot = check("pictures", &service);
    shoot.arg(&pictures);
    if env::var_os("UPDATE_DOCS").is_some() {
        shoot.args(DOCUMENTED);
    }
    run(&mut shoot)?;
    drop(service);

    println!("--- a simulated model");
    let simulator = Simulator::start(&[])?;
    let model = [
        ("CHAT_ENGINE", "cohere"),
        ("COHERE_API_KEY", "any"),
        ("COHERE_BASE_URL", simulator.url.as_str()),
    ];
    let service = Service::start(&[&LIMITS[..], &model].concat())?;
    run(&mut check("model", &service))?;
    drop(service);

    let postgres = if private_postgres { Postgres::private() } else { Postgres::find() }?;
    println!("--- PostgreSQL: {}", postgres.description);
    let database = TestDatabase::create(&postgres)?;
    let variables = [("DATABASE_URL", database.url.as_str()), ("JWT_SECRET", JWT_SECRET)];
    let service = Service::start(&[&LIMITS[..], &variables].concat())?;
    run(check("journeys", &service).env("STANDS_ALONE", "false"))?;
    let mut operator = check("operator", &service);
    operator.env("CHATBOT_API", program.canonicalize()?).env("DATABASE_URL", &database.url);
    if env::var_os("UPDATE_DOCS").is_none() {
        operator.env("PICTURES", &pictures);
    }
    run(&mut operator)
}

/// The browser of the system, which is installed if there is none.
fn chromium() -> Result<PathBuf> {
    let there = || ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find);
    if there().is_none() {
        install(&CHROMIUM)?;
    }
    Ok(there().ok_or("the package brought no Chromium")?)
}
