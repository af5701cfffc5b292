//! Which crate may depend on which, checked over what cargo knows. `docs/ARCHITECTURE.md` draws it.

use std::{error::Error, fs, path::Path};

use cargo_metadata::{DependencyKind, MetadataCommand};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One crate of the workspace names another crate in its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    /// For tests alone.
    dev: bool,
}

impl Edge {
    fn new(from: &str, to: &str) -> Self {
        Self { from: from.to_owned(), to: to.to_owned(), dev: false }
    }

    fn dev(from: &str, to: &str) -> Self {
        Self { dev: true, ..Self::new(from, to) }
    }
}

/// Every crate of the workspace and the others it may use. Dependencies point inward.
const INWARD: [(&str, &[&str]); 12] = [
    ("todo-domain", &[]),
    ("todo-contract", &["todo-domain"]),
    ("todo-metrics", &[]),
    ("todo-app", &["todo-domain", "todo-metrics"]),
    ("todo-adapters", &["todo-domain", "todo-metrics"]),
    ("todo-offline", &["todo-domain"]),
    ("todo-http", &["todo-domain", "todo-app", "todo-metrics"]),
    ("todo-web", &["todo-http"]),
    (
        "todo-service",
        &["todo-domain", "todo-app", "todo-adapters", "todo-offline", "todo-http", "todo-metrics"],
    ),
    ("chatbot-api", &OUTERMOST),
    ("todo-testkit", &OUTERMOST),
    ("xtask", &[]),
];

/// What starts the service may use all of it, but has no assistant of its own.
const OUTERMOST: [&str; 7] = [
    "todo-domain", "todo-app", "todo-adapters", "todo-http", "todo-metrics", "todo-service",
    "todo-web",
];

/// The start of a library's name, and where it has its home.
const HOMES: [(&str, &[&str]); 10] = [
    ("diesel-async", &["todo-adapters"]),
    ("diesel_migrations", &["todo-adapters"]),
    // Tests make databases of their own, and look into them.
    ("diesel", &["todo-adapters", "todo-testkit"]),
    ("deadpool", &["todo-adapters"]),
    ("libsqlite3-sys", &["todo-adapters"]),
    ("redis", &["todo-adapters"]),
    ("tokio-postgres", &["todo-adapters", "todo-testkit"]),
    // The terminal talks to services that run elsewhere.
    ("reqwest", &["todo-adapters", "chatbot-api", "todo-testkit"]),
    ("actix", &["todo-http", "chatbot-api", "todo-testkit"]),
    ("config", &["chatbot-api"]),
];

/// What is for tests alone, and may be used in those of any crate.
const OF_TESTS: [&str; 2] = ["todo-contract", "todo-testkit"];
/// Four of them are the Unicode tables that texts are compared, checked and cut by.
const MAX_DOMAIN_DEPENDENCIES: usize = 10;

/// Says for each edge that breaks a rule which rule that is.
fn violations(edges: &[Edge]) -> Vec<String> {
    let mut found: Vec<String> = edges.iter().filter_map(violation).collect();
    let of_domain = edges.iter().filter(|edge| edge.from == "todo-domain" && !edge.dev);
    let count = of_domain.count();
    if count > MAX_DOMAIN_DEPENDENCIES {
        found.push(format!(
            "todo-domain has {count} dependencies, more than {MAX_DOMAIN_DEPENDENCIES}"
        ));
    }
    found
}

fn violation(edge: &Edge) -> Option<String> {
    let Edge { from, to, dev } = edge;
    let Some((_, inner)) = INWARD.iter().find(|(name, _)| name == from) else {
        return Some(format!("{from} is new: say in this test what it may depend on"));
    };
    if OF_TESTS.contains(&to.as_str()) && !dev {
        return Some(format!("{from} → {to}: for tests alone"));
    }
    let in_workspace = INWARD.iter().any(|(name, _)| name == to);
    let is_of_tests = OF_TESTS.contains(&to.as_str()) || to == from;
    let in_tests = *dev && from != "xtask" && is_of_tests;
    if in_workspace && !inner.contains(&to.as_str()) && !in_tests {
        return Some(format!("{from} → {to}: dependencies point inward only"));
    }
    if from == "todo-domain" && !dev && ["serde", "tokio"].iter().any(|it| to.starts_with(it)) {
        return Some(format!("{from} → {to}: the domain has neither serde nor a runtime"));
    }
    let home = HOMES.iter().find(|(name, _)| belongs_to(to, name));
    let (name, homes) = home?;
    let may_test_with_it = *dev && *name == "reqwest";
    if homes.contains(&from.as_str()) || may_test_with_it {
        return None;
    }
    Some(format!("{from} → {to}: {name} is at home in {} only", homes.join(", ")))
}

/// `diesel` means `diesel-async` and `diesel_migrations` as well, and `actix` also
/// `tracing-actix-web`; but `config` is one word.
fn belongs_to(library: &str, name: &str) -> bool {
    library == name
        || library.starts_with(&format!("{name}-"))
        || library.split(['-', '_']).any(|word| word == name)
}

fn edges_of_the_workspace() -> Result<Vec<Edge>> {
    let metadata = MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()?;
    let edges = metadata.packages.iter().flat_map(|package| {
        package.dependencies.iter().map(|dependency| Edge {
            from: package.name.to_string(),
            to: dependency.name.clone(),
            dev: dependency.kind == DependencyKind::Development,
        })
    });
    Ok(edges.collect())
}

/// Path and text of the Rust files under a directory, deeply.
fn sources(directory: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    Ok(found)
}

/// Unit tests that used the testkit would see every type of their crate twice.
fn users_of_testkit(sources: &[(String, String)]) -> Vec<&str> {
    let uses = |(path, text): &&(String, String)| {
        path.contains("/src/") && !path.contains("/testkit/") && text.contains("todo_testkit")
    };
    sources.iter().filter(uses).map(|(path, _)| path.as_str()).collect()
}

#[test]
fn dependencies_point_inward_and_libraries_stay_at_home() {
    let edges = edges_of_the_workspace().unwrap();

    assert!(edges.contains(&Edge::new("todo-app", "todo-domain")), "{edges:?}");
    assert_eq!(violations(&edges), [""; 0]);
}

#[test]
fn the_testkit_is_used_from_tests_folders_only() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();

    assert!(sources.iter().any(|(path, _)| path.ends_with("domain/src/lib.rs")));
    assert_eq!(users_of_testkit(&sources), [""; 0]);
}

#[test]
fn a_forbidden_edge_is_found() {
    for (edge, rule) in [
        (Edge::new("todo-domain", "todo-app"), "point inward"),
        (Edge::new("todo-app", "todo-adapters"), "point inward"),
        (Edge::new("todo-app", "todo-http"), "point inward"),
        (Edge::new("todo-adapters", "todo-app"), "point inward"),
        (Edge::new("todo-http", "todo-adapters"), "point inward"),
        (Edge::new("todo-adapters", "todo-offline"), "point inward"),
        (Edge::new("todo-offline", "todo-adapters"), "point inward"),
        (Edge::dev("todo-http", "todo-adapters"), "point inward"),
        (Edge::new("todo-testkit", "chatbot-api"), "point inward"),
        (Edge::new("todo-http", "todo-service"), "point inward"),
        (Edge::new("todo-service", "chatbot-api"), "point inward"),
        (Edge::new("xtask", "todo-domain"), "point inward"),
        (Edge::dev("xtask", "todo-testkit"), "point inward"),
        (Edge::new("chatbot-api", "todo-testkit"), "for tests alone"),
        (Edge::new("todo-testkit", "todo-contract"), "for tests alone"),
        (Edge::new("todo-contract", "todo-adapters"), "point inward"),
        (Edge::new("todo-domain", "serde_json"), "neither serde nor a runtime"),
        (Edge::new("todo-domain", "tokio-util"), "neither serde nor a runtime"),
        (Edge::new("todo-http", "diesel"), "todo-adapters, todo-testkit only"),
        (Edge::new("chatbot-api", "diesel-async"), "todo-adapters only"),
        (Edge::new("todo-testkit", "diesel_migrations"), "todo-adapters only"),
        (Edge::dev("todo-app", "deadpool"), "todo-adapters only"),
        (Edge::new("chatbot-api", "libsqlite3-sys"), "todo-adapters only"),
        (Edge::new("todo-http", "redis"), "todo-adapters only"),
        (Edge::new("chatbot-api", "tokio-postgres"), "todo-adapters, todo-testkit only"),
        (Edge::new("todo-app", "reqwest"), "todo-adapters, chatbot-api, todo-testkit only"),
        (Edge::new("todo-app", "actix-web"), "todo-http"),
        (Edge::new("todo-adapters", "tracing-actix-web"), "todo-http"),
        (Edge::new("todo-http", "config"), "chatbot-api only"),
        (Edge::new("todo-extra", "todo-domain"), "is new"),
    ] {
        let found = violations(std::slice::from_ref(&edge));
        assert!(found.len() == 1 && found[0].contains(rule), "{edge:?}: {found:?}");
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    let allowed = [
        Edge::new("chatbot-api", "todo-adapters"),
        Edge::dev("todo-app", "todo-testkit"),
        Edge::dev("todo-domain", "todo-testkit"),
        Edge::dev("todo-adapters", "todo-contract"),
        Edge::dev("todo-http", "reqwest"),
        Edge::new("todo-testkit", "tokio-postgres"),
        Edge::new("todo-http", "utoipa-actix-web"),
        Edge::new("todo-app", "tokio"),
    ];
    assert_eq!(violations(&allowed), [""; 0]);
}

#[test]
fn an_eleventh_dependency_of_the_domain_is_found() {
    let mut edges: Vec<_> = (1..=10).map(|n| Edge::new("todo-domain", &format!("a{n}"))).collect();
    edges.push(Edge::dev("todo-domain", "proptest"));
    assert_eq!(violations(&edges), [""; 0]);

    edges.push(Edge::new("todo-domain", "a11"));
    assert_eq!(violations(&edges), ["todo-domain has 11 dependencies, more than 10"]);
}

#[test]
fn a_unit_test_with_the_testkit_is_found() {
    let source = |path: &str| (path.to_owned(), "use todo_testkit::TestApp;".to_owned());
    let sources = [
        source("crates/app/src/chat.rs"),
        source("crates/app/tests/chat.rs"),
        source("crates/testkit/src/lib.rs"),
    ];

    assert_eq!(users_of_testkit(&sources), ["crates/app/src/chat.rs"]);
}

/// Whether a source lets unsafe code pass, in all of it or in one item.
fn expects_unsafe_code(text: &str) -> bool {
    let text: String = text.chars().filter(|it| !it.is_whitespace()).collect();
    let levels = ["expect", "allow", "warn"].map(|level| format!("[{level}("));
    levels.iter().any(|level| {
        text.match_indices(level.as_str()).any(|(start, _)| {
            let end = text[start..].find(']').map_or(text.len(), |length| start + length);
            text[start..end].contains("unsafe_code")
        })
    })
}

#[test]
fn unsafe_code_is_found_in_a_file_and_in_an_item() {
    // Put together here, so that this file is none of them.
    let attribute = |sign: &str, level: &str, lints: &str| format!("{sign}[{level}({lints})]");
    let lints = ["unsafe", "code"].join("_");
    for source in [
        attribute("#!", "allow", &lints),
        attribute("#", "allow", &lints),
        attribute("#", "expect", &format!("\n    {lints},\n    reason = \"it calls C\"\n")),
        attribute("#", "expect", &format!("clippy::panic, {lints}")),
    ] {
        assert!(expects_unsafe_code(&source), "{source}");
    }
    let denied = attribute("#!", "deny", &lints);
    assert!(!expects_unsafe_code(&denied) && !expects_unsafe_code("#[allow(clippy::panic)]"));
}

/// The lints deny it, and whoever expects it says so here, too.
#[test]
fn unsafe_code_is_in_one_file() -> Result<()> {
    const FILE: &str = "adapters/src/storage/engine/sqlite/interrupt.rs";
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let mut found = Vec::new();
    let mut directories = vec![crates.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                if expects_unsafe_code(&text) {
                    found.push(path.strip_prefix(&crates)?.display().to_string());
                }
            }
        }
    }
    assert_eq!(found, [FILE]);
    Ok(())
}
