//! Which metrics an expression of Prometheus names.

use std::collections::BTreeSet;

/// What a list of labels in parentheses may follow.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const OPERATORS: [&str; 5] = ["and", "or", "unless", "bool", "offset"];

/// The names of metrics in an expression, without labels, functions, durations and texts.
pub(super) fn metric_names(expression: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            rest = after(rest.get(1..).unwrap_or_default(), '"');
        } else if first == '{' {
            rest = after(rest, '}');
        } else if first == '[' {
            rest = after(rest, ']');
        } else if first.is_ascii_digit() {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
        } else if first.is_ascii_alphabetic() || first == '_' {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (name, following) = rest.split_at(end);
            rest = following;
            if BEFORE_LABELS.contains(&name) {
                rest = after(rest, ')');
            } else if !OPERATORS.contains(&name) && !is_called(rest) {
                names.insert(name.to_owned());
            }
        } else {
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    names
}

/// Whether a function or an aggregation ends here: arguments follow, or first labels.
fn is_called(rest: &str) -> bool {
    let rest = rest.trim_start();
    ["(", "by ", "by(", "without ", "without("].iter().any(|it| rest.starts_with(it))
}

/// What comes after a character. Texts with braces are for no metric of ours.
fn after(text: &str, end: char) -> &str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::metric_names;

    #[test]
    fn metrics_are_told_from_functions_labels_and_durations() {
        for (expression, expected) in [
            ("up", vec!["up"]),
            (
                "histogram_quantile(0.95, sum by (le, route) (rate(a_bucket{x=\"y\"}[5m])))",
                vec!["a_bucket"],
            ),
            ("(sum(rate(a[5m])) or vector(0)) / b > 26 * 3600", vec!["a", "b"]),
            ("a / on (instance) group_left (job) b{c=~\"d.*\"}", vec!["a", "b"]),
            ("max by (x) (a) > 0", vec!["a"]),
            ("time() - a > bool 1e3", vec!["a"]),
        ] {
            let names = metric_names(expression);
            assert_eq!(
                names.iter().map(String::as_str).collect::<Vec<_>>(),
                expected,
                "{expression}"
            );
        }
    }
}
