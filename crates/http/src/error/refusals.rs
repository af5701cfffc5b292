//! Which code each error of a value has, and with which numbers. Bounds are those of the domain.

use todo_domain::{
    ArchiveFault, Batch, BatchError, DueError, EmailError, IdError, PageLimit, PageLimitError,
    Password, PasswordError, Priority, Tag, TagError, Tags, TagsError, TaskSort, TaskStatus,
    TextError, TimeError, TooManyTags, UnknownPriority, UnknownTaskSort, UnknownTaskStatus,
    UsageSpan, UsageSpanError,
};

use super::{Cause, Fault, FieldError, Refusal};

/// One of several texts.
pub(crate) fn one_of<T: ToString>(values: impl IntoIterator<Item = T>) -> Cause {
    Cause::OneOf { values: values.into_iter().map(|value| value.to_string()).collect() }
}

impl Refusal for TextError {
    fn cause(&self) -> Cause {
        match *self {
            Self::Blank => Cause::Blank,
            Self::TooLong { max, actual } => Cause::TooLong { max, length: actual },
            Self::Nul => Cause::InvalidCharacter,
        }
    }
}

impl Refusal for PasswordError {
    fn cause(&self) -> Cause {
        match *self {
            Self::TooShort { actual: length } => {
                Cause::TooShort { min: Password::MIN_CHARS, length }
            }
            Self::TooLong { actual: length } => Cause::TooLong { max: Password::MAX_CHARS, length },
        }
    }
}

impl Refusal for EmailError {
    fn cause(&self) -> Cause {
        Cause::InvalidFormat { format: "email" }
    }
}

impl Refusal for DueError {
    fn cause(&self) -> Cause {
        Cause::InvalidFormat { format: "day-or-time" }
    }
}

impl Refusal for TimeError {
    fn cause(&self) -> Cause {
        let format = match self {
            Self::NotATimestamp => "date-time",
            Self::UnknownTimeZone => "time-zone",
        };
        Cause::InvalidFormat { format }
    }
}

impl Refusal for IdError {
    fn cause(&self) -> Cause {
        match self {
            Self::NotANumber => Cause::OutOfRange { min: Self::MIN_NUMBER, max: i64::MAX },
            Self::NotAUuid => Cause::InvalidFormat { format: "uuid" },
        }
    }
}

impl Refusal for UnknownPriority {
    fn cause(&self) -> Cause {
        one_of(Priority::ALL)
    }
}

impl Refusal for UnknownTaskStatus {
    fn cause(&self) -> Cause {
        one_of(TaskStatus::ALL)
    }
}

impl Refusal for UnknownTaskSort {
    fn cause(&self) -> Cause {
        one_of(TaskSort::all())
    }
}

impl Refusal for TagError {
    fn cause(&self) -> Cause {
        match *self {
            Self::Blank => Cause::Blank,
            Self::TooLong { actual: length } => Cause::TooLong { max: Tag::MAX_CHARS, length },
            Self::Character | Self::OnlySigns => Cause::InvalidCharacter,
        }
    }
}

impl Refusal for TooManyTags {
    fn cause(&self) -> Cause {
        Cause::TooMany { max: Tags::MAX }
    }
}

impl Refusal for TagsError {
    fn cause(&self) -> Cause {
        match self {
            Self::Tag(error) => error.cause(),
            Self::TooMany(error) => error.cause(),
        }
    }
}

impl Refusal for BatchError {
    fn cause(&self) -> Cause {
        match self.actual {
            0 => Cause::TooFew { min: 1 },
            _ => Cause::TooMany { max: Batch::MAX },
        }
    }
}

impl Refusal for PageLimitError {
    fn cause(&self) -> Cause {
        Cause::OutOfRange { min: PageLimit::MIN.get().into(), max: PageLimit::MAX.get().into() }
    }
}

impl Refusal for UsageSpanError {
    fn cause(&self) -> Cause {
        match self {
            Self::Reversed { .. } => Cause::SpanReversed,
            Self::TooLong { .. } => Cause::SpanTooLong { max: UsageSpan::MAX_DAYS },
        }
    }
}

impl FieldError {
    /// What is wrong with a line of an import.
    pub(super) fn of_line(line: u64, fault: &ArchiveFault) -> Self {
        let cause = match fault {
            ArchiveFault::NoTrailer => Cause::CutOff { line },
            ArchiveFault::TooMany { max, .. } => Cause::TooManyRecords { line, max: *max },
            _ => Cause::InvalidLine { line },
        };
        Self::new(&format!("line {line}"), Fault::new(cause, fault.to_string()))
    }
}
