//! What secrets look like.

/// A text that starts a secret, and what follows it there.
struct Pattern {
    what: &'static str,
    start: &'static str,
    /// At least so many of letters, digits, `-` and `_`.
    length: usize,
}

const PATTERNS: [Pattern; 12] = [
    Pattern { what: "an AWS access key", start: "AKIA", length: 16 },
    Pattern { what: "a GitHub token", start: "ghp_", length: 36 },
    Pattern { what: "a GitHub token", start: "github_pat_", length: 40 },
    Pattern { what: "a GitLab token", start: "glpat-", length: 20 },
    Pattern { what: "a Slack token", start: "xoxb-", length: 20 },
    Pattern { what: "a Stripe key", start: "sk_live_", length: 20 },
    Pattern { what: "a Google API key", start: "AIza", length: 35 },
    Pattern { what: "an OpenAI key", start: "sk-", length: 40 },
    Pattern { what: "a Cohere key", start: "COHERE_API_KEY=", length: 30 },
    Pattern { what: "a JWT secret", start: "JWT_SECRET=", length: 32 },
    Pattern { what: "an access token", start: "eyJhbGciOi", length: 40 },
    Pattern { what: "a private key", start: "PRIVATE KEY-----", length: 0 },
];

/// Whether the file is one that people keep secrets in.
pub(super) fn is_environment_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name != ".env.example" && (name == ".env" || name.starts_with(".env."))
}

/// The lines that hold what looks like a secret.
pub(super) fn find(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for pattern in &PATTERNS {
            if pattern.is_in(line) {
                found.push((index + 1, format!("looks like {}", pattern.what)));
            }
        }
    }
    found
}

impl Pattern {
    fn is_in(&self, line: &str) -> bool {
        if self.length == 0 {
            // The armour of a PEM file has a line of its own.
            return line.trim_start().starts_with("-----BEGIN") && line.contains(self.start);
        }
        line.match_indices(self.start).any(|(at, start)| {
            let is_word_start = !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            let is_key = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
            let rest = &line[at + start.len()..];
            is_word_start && rest.chars().take_while(is_key).count() >= self.length
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_where_they_stand() {
        let key = "a1B2".repeat(10);
        for secret in [
            format!("AKIA{key}"),
            format!("url = \"https://ghp_{key}@example.org\""),
            format!("export JWT_SECRET={key}"),
            ["-----BEGIN RSA PRIVATE", "KEY-----"].join(" "),
        ] {
            assert_eq!(find(&format!("first\n{secret}\n")).len(), 1, "{secret}");
            assert_eq!(find(&format!("first\n{secret}\n"))[0].0, 2);
        }
    }

    #[test]
    fn talking_about_keys_is_no_secret() {
        for line in ["JWT_SECRET=$(openssl rand -hex 32)", "COHERE_API_KEY=", "task-force sk-1"] {
            assert_eq!(find(line), [], "{line}");
        }
    }

    #[test]
    fn an_environment_file_is_secret_unless_it_is_the_example() {
        assert!(is_environment_file("deploy/.env"));
        assert!(is_environment_file(".env.production"));
        assert!(!is_environment_file(".env.example"));
        assert!(!is_environment_file("src/environment.rs"));
    }
}
