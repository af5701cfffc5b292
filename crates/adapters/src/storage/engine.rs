//! The two database engines. Each module holds what is an engine's own and mounts the queries of
//! `sql/`, which are written once and compiled for each.

#[expect(clippy::duplicate_mod, reason = "the queries are written once and mounted per engine")]
pub(crate) mod postgres;
#[expect(clippy::duplicate_mod, reason = "the queries are written once and mounted per engine")]
pub(crate) mod sqlite;
