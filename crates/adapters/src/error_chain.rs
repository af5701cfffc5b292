//! What lies below an error.

use std::error::Error;

/// An error with its causes, from the outside in. Many libraries say in an error what its cause
/// says again: that is said once.
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Outer {
        text: &'static str,
        source: io::Error,
    }

    #[test]
    fn a_cause_is_told_once() {
        let chain = |text| error_chain(&Outer { text, source: io::Error::other("no route") });
        assert_eq!(chain("no connection"), "no connection: no route");
        assert_eq!(chain("no connection: no route"), "no connection: no route");
    }
}
