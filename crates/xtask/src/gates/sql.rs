//! What SQL made by formatting looks like. Values belong into parameters.

/// These take a statement as text.
const STATEMENTS: [&str; 3] = ["sql_query(", "batch_execute(", "simple_query("];
const FORMATTING: [&str; 3] = ["format!(", "write!(", "concat("];
const KEYWORDS: [&str; 11] = [
    "select ", "insert into", "update ", "delete from", "where ", "order by", "create ", "alter ",
    "drop ", "pragma ", "set ",
];

/// Tests make databases to try things on, and end their file.
const TESTS: &str = "\n#[cfg(test)]\nmod tests {\n";

/// The lines where a statement is not a fixed text.
pub(super) fn find(source: &str) -> Vec<(usize, String)> {
    let source = source.split(TESTS).next().unwrap_or(source);
    let mut found = Vec::new();
    for call in STATEMENTS {
        for argument in arguments(source, call).filter(|argument| !is_fixed(argument.text)) {
            found.push((argument.line, format!("{call}…) wants a literal or a constant")));
        }
    }
    for argument in arguments(source, "sql::<") {
        let text = argument.text.split_once(">(").map_or("", |(_, text)| text.trim_start());
        if !is_fixed(text) {
            found.push((argument.line, "sql(…) wants a literal or a constant".to_owned()));
        }
    }
    for call in FORMATTING {
        for argument in arguments(source, call) {
            let text = argument.text.split(';').next().unwrap_or_default().to_ascii_lowercase();
            if KEYWORDS.iter().any(|keyword| starts_a_string(&text, keyword)) {
                found.push((argument.line, format!("{call}…) makes SQL, use parameters")));
            }
        }
    }
    found.sort();
    found
}

struct Argument<'a> {
    line: usize,
    text: &'a str,
}

/// What follows each mention of `call` outside of comments.
fn arguments<'a>(source: &'a str, call: &'a str) -> impl Iterator<Item = Argument<'a>> {
    source.match_indices(call).filter_map(move |(at, _)| {
        let before = &source[..at];
        let line = before.rsplit('\n').next().unwrap_or(before);
        let is_comment = line.trim_start().starts_with("//");
        // `into_sql::<…>` binds a value.
        let is_call = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let text = source[at + call.len()..].trim_start();
        (is_call && !is_comment).then(|| Argument { line: before.matches('\n').count() + 1, text })
    })
}

/// Literals, constants, and texts that are part of the program.
fn is_fixed(argument: &str) -> bool {
    let name: String =
        argument.chars().take_while(|c| c.is_ascii_alphanumeric() || "_:#".contains(*c)).collect();
    let last = name.rsplit("::").next().unwrap_or_default();
    argument.starts_with('"')
        || argument.starts_with("r\"")
        || argument.starts_with("r#")
        || argument.starts_with("include_str!(")
        || (!last.is_empty() && last.chars().all(|c| !c.is_ascii_lowercase()))
}

fn starts_a_string(text: &str, keyword: &str) -> bool {
    text.match_indices(keyword).any(|(at, _)| text[..at].trim_end().ends_with('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str) -> Vec<usize> {
        find(source).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn fixed_statements_are_fine() {
        let source = r##"
            sql_query("SELECT 1").bind::<Text, _>(title);
            sql_query(r#"SELECT "id""#);
            sql_query(
                LOCK_USER,
            );
            sql_query(statements::LOCK_USER);
            conn.batch_execute(include_str!("pragmas.sql"));
            dsl::sql::<Bool>("true");
            sql::<Bool>(
                "EXISTS (SELECT 1)",
            );
            now.into_sql::<Instant>();
            // sql_query(&text) would be wrong
            tracing::warn!("update failed: {error}");
            format!("cannot select {name}");
        "##;
        assert_eq!(lines(source), [0; 0]);
    }

    #[test]
    fn tests_may_make_statements_and_what_is_before_them_may_not() {
        let source = "sql_query(&text);\n#[cfg(test)]\nmod tests {\n    sql_query(&text);\n}\n";
        assert_eq!(lines(source), [1]);
    }

    #[test]
    fn statements_made_at_run_time_are_found() {
        let source = r#"
            sql_query(&text);
            sql_query(
                format!("SELECT {column} FROM tasks"));
            let order = format!("ORDER BY {column}");
            conn.batch_execute(&statement);
            dsl::sql::<Bool>(&condition);
            write!(text, "WHERE id = {id}");
        "#;
        assert_eq!(lines(source), [2, 3, 4, 5, 6, 7, 8]);
    }
}
