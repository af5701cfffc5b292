//! `docs/API.md` can be followed: its commands run in their order against the service, each is
//! answered with the status that the page says, and together they use every operation there is.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    Result,
    packages::{Package, install},
    process::{find, run},
    scratch::Scratch,
    service::{Service, has_succeeded, program},
};

const PAGE: &str = "docs/API.md";
const DOCUMENT: &str = "docs/openapi.json";
/// What the page takes as the service's address.
const BASE: &str = "BASE=http://127.0.0.1:8000";

/// The section whose commands are an operator's, with its empty line.
const OPERATORS: &str = "\n## Operators\n";
/// Whom the page makes one.
const OPERATOR: &str = "grace@example.org";

/// Keeps the headers of each answer, in the order of the commands.
const CURL: &str = r#"#!/bin/sh
number=$(ls "$ANSWERS" | wc -l)
exec "$CURL" --dump-header "$ANSWERS/$(printf %03d "$number")" "$@"
"#;

/// Runs the commands of the page.
pub(crate) fn manual() -> Result {
    for name in ["bash", "curl", "jq"] {
        if find(name).is_none() {
            let package =
                Package { name, programs: name, apt: name, dnf: name, apk: name, brew: name };
            install(&package)?;
        }
    }
    let program = program("chatbot-api")?;
    let (of_users, of_operators) = for_whom(&fs::read_to_string(PAGE)?)?;
    let data = Scratch::new("manual-data")?;
    let directory = data.path().to_str().ok_or("the temporary directory has no name")?;
    let start = || {
        let variables = [("RATE_LIMIT_PER_SECOND", "0"), ("DATA_DIR", directory)];
        Service::start_program(&program, &variables)
    };
    let metrics = |service: &Service| service.expect(200, "GET", "/metrics", None, "");

    let service = start()?;
    let mut answers = Sandbox::new(of_users.len())?.run(&of_users, &service.url())?;
    let mut told = vec![metrics(&service)?];
    drop(service);
    let mut promote = Command::new(&program);
    promote.args(["user", "promote", OPERATOR]).env_clear().env("DATA_DIR", directory);
    run(&mut promote)?;
    let service = start()?;
    answers += Sandbox::new(of_operators.len())?.run(&of_operators, &service.url())?;
    told.push(metrics(&service)?);

    let operations = operations(&serde_json::from_str(&fs::read_to_string(DOCUMENT)?)?);
    let mut missing = operations.clone();
    missing.retain(|(method, route)| !told.iter().any(|told| has_succeeded(told, method, route)));
    println!("{answers} answers, {} operations", operations.len());
    match missing.is_empty() && !operations.is_empty() {
        true => Ok(()),
        false => Err(format!("{PAGE} has no command for {missing:?}").into()),
    }
}

/// The examples for users, and those for operators. Each part sets the service's address itself.
fn for_whom(page: &str) -> Result<(Vec<Example>, Vec<Example>)> {
    let missing = || format!("{PAGE} has no {OPERATORS:?}, or nothing after it");
    let (before, rest) = page.split_once(OPERATORS).ok_or_else(missing)?;
    let (operators, after) = rest.split_once("\n## ").ok_or_else(missing)?;
    let lines = |text: &str| text.matches('\n').count();
    let removed = "\n".repeat(lines(OPERATORS) + lines(operators));
    let users = format!("{before}{removed}\n## {after}");
    let mut operators = examples(operators)?;
    let lines_before = lines(before) + lines(OPERATORS);
    operators.iter_mut().for_each(|example| example.line += lines_before);
    Ok((examples(&users)?, operators))
}

/// Methods and templates of all routes that the document describes.
fn operations(document: &Value) -> Vec<(String, String)> {
    let mut operations = Vec::new();
    for (route, methods) in document["paths"].as_object().into_iter().flatten() {
        let methods = methods.as_object().into_iter().flatten();
        let methods = methods.filter(|(_, operation)| operation["responses"].is_object());
        operations.extend(methods.map(|(method, _)| (method.to_uppercase(), route.clone())));
    }
    operations
}

/// A block of commands.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    /// Where they begin, counted from 1.
    line: usize,
    commands: String,
    /// The statuses of the answers in their order; the last one is that of all that follow.
    statuses: Vec<u16>,
}

impl Example {
    /// # Errors
    /// When the answers have other statuses than the page says.
    fn compare(&self, answered: &[u16]) -> Result {
        let Self { line, statuses, .. } = self;
        let said = |at: usize| statuses.get(at).or(statuses.last());
        let is_as_said = answered.len() >= statuses.len()
            && answered.iter().enumerate().all(|(at, status)| said(at) == Some(status));
        match is_as_said {
            true => Ok(()),
            false => Err(format!("{PAGE}:{line}: says {statuses:?}, is {answered:?}").into()),
        }
    }
}

/// The `sh` blocks of the page, with what the text behind each says of its answers.
///
/// # Errors
/// When it says nothing, or there is no block.
fn examples(page: &str) -> Result<Vec<Example>> {
    let mut examples: Vec<Example> = Vec::new();
    let mut line = 0;
    // Text and blocks take turns.
    for (at, part) in page.split("\n```").enumerate() {
        line += 1;
        let silent = examples.last_mut().filter(|it| it.statuses.is_empty());
        if let (1, Some(commands)) = (at % 2, part.strip_prefix("sh\n")) {
            let commands = commands.to_owned();
            examples.push(Example { line: line + 1, commands, statuses: Vec::new() });
        } else if let (0, Some(example)) = (at % 2, silent) {
            let section = part.split("\n#").next().unwrap_or_default();
            example.statuses = section.lines().find_map(statuses).unwrap_or_default();
        }
        line += part.matches('\n').count();
    }
    let is_silent = |it: &&Example| it.statuses.is_empty() && it.commands.contains("curl");
    match examples.iter().find(is_silent) {
        Some(silent) => Err(format!("{PAGE}:{}: what is the answer?", silent.line).into()),
        None if examples.is_empty() => Err(format!("{PAGE} has no commands").into()),
        None => Ok(examples),
    }
}

/// "Answer, 200 …", or "Answers, 201 and 204 …".
fn statuses(line: &str) -> Option<Vec<u16>> {
    let rest = line.strip_prefix("Answer, ").or_else(|| line.strip_prefix("Answers, "))?;
    let words = rest.split([' ', ',', ':', '.', ';']).filter(|word| *word != "and");
    Some(words.map_while(|word| word.parse().ok()).collect())
}

/// A directory to work in, with a `curl` that keeps the headers of its answers.
struct Sandbox(Scratch);

impl Sandbox {
    fn new(examples: usize) -> Result<Self> {
        let sandbox = Self(Scratch::new("manual")?);
        for example in 0..examples {
            fs::create_dir_all(sandbox.answers(example))?;
        }
        fs::create_dir_all(sandbox.programs())?;
        let curl = sandbox.programs().join("curl");
        fs::write(&curl, CURL)?;
        fs::set_permissions(&curl, fs::Permissions::from_mode(0o755))?;
        Ok(sandbox)
    }

    fn programs(&self) -> PathBuf {
        self.0.path().join("programs")
    }

    fn answers(&self, example: usize) -> PathBuf {
        self.0.path().join("answers").join(example.to_string())
    }

    /// Runs all examples in one shell, and counts their answers.
    ///
    /// # Errors
    /// At the first answer that is not as the page says, with what the shell printed.
    fn run(&self, examples: &[Example], url: &str) -> Result<usize> {
        let mut script = String::new();
        for (at, example) in examples.iter().enumerate() {
            let answers = self.answers(at);
            script += &format!("export ANSWERS='{}'\n{}\n", answers.display(), example.commands);
        }
        if !script.contains(BASE) {
            return Err(format!("{PAGE} does not set {BASE}").into());
        }
        let script = script.replacen(BASE, &format!("BASE={url}"), 1);
        let mut path = vec![self.programs()];
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let output = Command::new("bash")
            .args(["-eu", "-c", &script])
            .env("PATH", env::join_paths(path)?)
            .env("CURL", find("curl").ok_or("there is no curl")?)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()?;
        let mut count = 0;
        let mut compared = Ok(());
        for (at, example) in examples.iter().enumerate() {
            let answered = self.answered(at)?;
            count += answered.len();
            compared = compared.and(example.compare(&answered));
        }
        if compared.is_err() || !output.status.success() {
            println!("{}", String::from_utf8_lossy(&output.stdout));
            println!("{}", String::from_utf8_lossy(&output.stderr));
        }
        compared?;
        match output.status.success() {
            true => Ok(count),
            false => Err(format!("{PAGE}: its commands fail: {}", output.status).into()),
        }
    }

    /// The statuses of the answers that an example got.
    fn answered(&self, example: usize) -> Result<Vec<u16>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.answers(example))? {
            files.push(entry?.path());
        }
        files.sort();
        let status = |file: &PathBuf| -> Result<u16> {
            let headers = fs::read_to_string(file)?;
            let line = headers.lines().rfind(|line| line.starts_with("HTTP/"));
            let status = line.and_then(|line| line.split(' ').nth(1));
            Ok(status.ok_or("an answer has no status")?.parse()?)
        };
        files.iter().map(status).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A\n\n```sh\nX=1\n```\n\n### B\n\n```sh\ncurl a\n```\n\nAnswers, 201 and 204, \
                        without a body.\n\n```json\n{}\n```\n";

    #[test]
    fn an_operators_commands_are_run_apart() {
        let page = format!("{PAGE}\n## Operators\n\n```sh\ncurl b\n```\n\nAnswer, 200.\n\n## C\n");
        let (users, operators) = for_whom(&page).unwrap();
        assert_eq!((users.len(), operators.len()), (2, 1));
        assert_eq!(operators[0].commands.as_str(), "curl b");
        assert_eq!(page.lines().nth(operators[0].line - 1), Some("curl b"));
        assert!(for_whom(PAGE).is_err());
    }

    #[test]
    fn the_text_behind_commands_says_the_statuses() {
        let examples = examples(PAGE).unwrap();
        assert_eq!(examples.len(), 2);
        assert_eq!((examples[0].line, examples[0].commands.as_str()), (4, "X=1"));
        assert_eq!((examples[1].line, examples[1].commands.as_str()), (10, "curl a"));
        assert_eq!(examples[1].statuses, [201, 204]);
    }

    #[test]
    fn commands_without_a_status_are_refused() {
        assert!(examples(&PAGE.replace("Answers", "Words")).is_err());
        let elsewhere = PAGE.replace("Answers", "### C\n\nAnswers");
        assert!(examples(&elsewhere).is_err());
        assert!(examples("# Nothing\n").is_err());
    }

    #[test]
    fn another_status_is_told_and_so_is_a_missing_answer() {
        let examples = examples(PAGE).unwrap();
        assert!(examples[1].compare(&[201, 204, 204]).is_ok());
        for other in [&[200, 204][..], &[201, 404], &[201], &[]] {
            assert!(examples[1].compare(other).is_err(), "{other:?}");
        }
    }
}
