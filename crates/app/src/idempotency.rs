//! What makes two requests the same.

use sha2::{Digest, Sha256};
use todo_domain::RequestDigest;

/// The digest of a request that consists of these parts. Parts are distinguished: `["ab", "c"]` is not
/// `["a", "bc"]`.
pub fn request_digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> RequestDigest {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    RequestDigest::new(digest.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_are_the_same_request_and_others_are_not() {
        let of = |parts: &[&str]| request_digest(parts.iter().map(|part| part.as_bytes()));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ab", ""]));
    }
}
