//! Ids as Cohere makes them.

use rand::seq::IndexedRandom;

/// Digits and letters without `i l o u`.
const CALL_ID_ALPHABET: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A UUIDv4, of answers and errors.
pub(super) fn uuid() -> String {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string()
}

/// The id of a call of this tool.
pub(super) fn call_id(tool: &str) -> String {
    let mut rng = rand::rng();
    let tail = (0..12).filter_map(|_| CALL_ID_ALPHABET.choose(&mut rng)).copied().map(char::from);
    format!("{tool}_{}", tail.collect::<String>())
}

/// What Cohere's support asks for.
pub(super) fn trace_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
