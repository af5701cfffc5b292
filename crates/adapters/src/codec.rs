//! What is kept as JSON outside of columns: images of tasks and results of calls in the ledger, the
//! calls of actions, answers to repeated requests, lines of exports, events of running turns, and
//! cached lists. Such JSON is written and read nowhere else.
//!
//! **Compatibility.** What any earlier version wrote is read. A version may add fields that are
//! absent by default; it does not rename, remove or reinterpret one. Fields that are not known are
//! skipped, so that an earlier version reads what a later one wrote, as far as it knows it: two
//! versions share a database, a Redis and files during an update. A kind that earlier versions do
//! not know is written in a form that they take for one that they know. An export says its version,
//! which rises when an older service must not read a file. Cached lists live for a minute under
//! keys of their version, and are the only exception. Files of earlier exports are in
//! `tests/exports/`.
//!
//! Other stores may write their ledger with the functions here.

#[cfg(feature = "databases")]
mod action;
#[cfg(feature = "databases")]
mod answer;
mod archive;
mod call;
mod call_result;
#[cfg(all(feature = "databases", feature = "redis"))]
mod list_prefix;
mod task;
mod task_list;
mod turn;
#[cfg(feature = "redis")]
mod turn_event;

use std::{
    fmt::{self, Display},
    marker::PhantomData,
    str::FromStr,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
};

pub use self::archive::JsonLines;
pub use self::call_result::{call_result_from_json, call_result_to_json};
pub use self::task::{task_from_json, task_to_json};
pub use self::task_list::recordable;

#[cfg(feature = "databases")]
pub(crate) use self::action::{action_calls_from_json, action_calls_to_json};
#[cfg(feature = "databases")]
pub(crate) use self::answer::{
    batch_from_json, batch_to_json, import_answer_from_json, import_answer_to_json,
};
#[cfg(all(feature = "databases", feature = "redis"))]
pub(crate) use self::list_prefix::{list_prefix_from_json, list_prefix_to_json};
#[cfg(feature = "redis")]
pub(crate) use self::turn_event::{turn_event_from_json, turn_event_to_json};

/// Why JSON is not what a version of this code would have written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} {rule}")]
pub struct InvalidJson {
    /// The part that is wrong.
    pub part: &'static str,
    /// A phrase to put after that, which does not quote the value.
    pub rule: String,
}

/// The value of a part.
fn part<T, E: Display>(part: &'static str, parsed: Result<T, E>) -> Result<T, InvalidJson> {
    parsed.map_err(|error| InvalidJson { part, rule: error.to_string() })
}

/// The JSON of a part.
fn to_json(name: &'static str, value: &impl Serialize) -> Result<String, InvalidJson> {
    part(name, serde_json::to_string(value))
}

/// The part that has this JSON. What serde says of it may quote a value, and is dropped.
fn from_json<'json, T: Deserialize<'json>>(
    name: &'static str,
    json: &'json str,
) -> Result<T, InvalidJson> {
    part(name, serde_json::from_str(json).map_err(|_| "must be JSON that this service wrote"))
}

/// A value as the text that it prints and parses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsText<T>(pub(crate) T);

impl<T: Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for AsText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| de::Error::custom("not what it should be"))
    }
}

/// Reads a list, and none that is too long to its end: what is short on a line takes many times as
/// much memory.
fn at_most<'de, const MAX: usize, D, T>(list: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    list.deserialize_seq(AtMost::<MAX, T>(PhantomData))
}

struct AtMost<const MAX: usize, T>(PhantomData<T>);

impl<'de, const MAX: usize, T: Deserialize<'de>> Visitor<'de> for AtMost<MAX, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() == MAX {
                return Err(de::Error::invalid_length(MAX + 1, &self));
            }
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests;
