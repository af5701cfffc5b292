//! Column types that are stored differently by the two engines: one Rust type for both.

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{
        Pg,
        data_types::{PgDate, PgTimestamp},
    },
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, Binary, Date as SqlDate, Text, Timestamptz, Uuid as PgUuid},
    sqlite::Sqlite,
};
use jiff::{ToSpan, civil::Date};
use todo_domain::Timestamp;
use uuid::Uuid;

/// A UUID: `uuid` in PostgreSQL, its 16 bytes in SQLite. Both order it by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = PgUuid)]
#[diesel(sql_type = Binary)]
pub(crate) struct SqlUuid(pub(crate) Uuid);

impl ToSql<PgUuid, Pg> for SqlUuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<PgUuid, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<PgUuid, Pg> for SqlUuid {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <Uuid as FromSql<PgUuid, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Binary, Sqlite> for SqlUuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<Binary, Sqlite> for SqlUuid {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

/// An instant: `timestamptz` in PostgreSQL, microseconds since 1970 in SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamptz)]
#[diesel(sql_type = BigInt)]
pub(crate) struct SqlTimestamp(pub(crate) Timestamp);

/// PostgreSQL counts microseconds from 2000-01-01T00:00:00Z.
const PG_EPOCH_MICROSECOND: i64 = 946_684_800_000_000;

impl ToSql<Timestamptz, Pg> for SqlTimestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let value = PgTimestamp(self.0.as_microsecond() - PG_EPOCH_MICROSECOND);
        ToSql::<Timestamptz, Pg>::to_sql(&value, &mut out.reborrow())
    }
}

impl FromSql<Timestamptz, Pg> for SqlTimestamp {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let PgTimestamp(microsecond) = FromSql::<Timestamptz, Pg>::from_sql(value)?;
        let microsecond = microsecond.saturating_add(PG_EPOCH_MICROSECOND);
        Ok(Self(Timestamp::from_microsecond(microsecond)?))
    }
}

impl ToSql<BigInt, Sqlite> for SqlTimestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_microsecond());
        Ok(IsNull::No)
    }
}

impl FromSql<BigInt, Sqlite> for SqlTimestamp {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let microsecond = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        Ok(Self(Timestamp::from_microsecond(microsecond)?))
    }
}

/// PostgreSQL counts days from here.
const PG_EPOCH_DAY: Date = Date::constant(2000, 1, 1);

fn pg_date(day: Date) -> PgDate {
    PgDate((day - PG_EPOCH_DAY).get_days())
}

/// A day: `date` in PostgreSQL, ISO 8601 text in SQLite, which sorts alike from the year 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = SqlDate)]
#[diesel(sql_type = Text)]
pub(crate) struct SqlDay(pub(crate) Date);

impl ToSql<SqlDate, Pg> for SqlDay {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<SqlDate, Pg>::to_sql(&pg_date(self.0), &mut out.reborrow())
    }
}

impl FromSql<SqlDate, Pg> for SqlDay {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let PgDate(days) = FromSql::<SqlDate, Pg>::from_sql(value)?;
        Ok(Self(PG_EPOCH_DAY.checked_add(days.days())?))
    }
}

impl ToSql<Text, Sqlite> for SqlDay {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<Text, Sqlite> for SqlDay {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(<String as FromSql<Text, Sqlite>>::from_sql(value)?.parse()?))
    }
}

/// A position in an order by day, where tasks without a day stand after all others: at one end of
/// time or the other, depending on the direction. Only ever compared with, never read.
#[derive(Debug, Clone, Copy, AsExpression)]
#[diesel(sql_type = SqlDate)]
#[diesel(sql_type = Text)]
pub(crate) enum SqlDayKey {
    BeforeAll,
    On(Date),
    AfterAll,
}

impl ToSql<SqlDate, Pg> for SqlDayKey {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        // PostgreSQL writes infinite dates as the ends of the integers.
        let value = match *self {
            Self::BeforeAll => PgDate(i32::MIN),
            Self::On(day) => pg_date(day),
            Self::AfterAll => PgDate(i32::MAX),
        };
        ToSql::<SqlDate, Pg>::to_sql(&value, &mut out.reborrow())
    }
}

impl ToSql<Text, Sqlite> for SqlDayKey {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        // As texts these sort before and after every ISO 8601 day; the schema writes the same.
        match *self {
            Self::BeforeAll => out.set_value("-infinity"),
            Self::On(day) => out.set_value(day.to_string()),
            Self::AfterAll => out.set_value("infinity"),
        }
        Ok(IsNull::No)
    }
}
