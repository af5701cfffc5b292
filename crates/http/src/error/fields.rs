//! What is wrong with which field of a request.

use serde::{Serialize, Serializer};

use super::{ApiError, Code, Fault};

/// What is wrong with one field, parameter or header, or with the body as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    #[serde(serialize_with = "name_or_body")]
    field: Option<String>,
    #[serde(flatten)]
    fault: Fault,
}

impl FieldError {
    pub(crate) fn new(field: &str, fault: impl Into<Fault>) -> Self {
        Self { field: Some(field.to_owned()), fault: fault.into() }
    }

    pub(crate) fn of_body(fault: Fault) -> Self {
        Self { field: None, fault }
    }
}

fn name_or_body<S: Serializer>(field: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(field.as_deref().unwrap_or("body"))
}

/// Gathers what is wrong with each field, so that all of it can be reported at once.
///
/// ```text
/// let name = self.name.required("name", fields, UserName::new);
/// let email = self.email.required("email", fields, |email| Email::new(&email));
/// Some(NewUser { name: name?, email: email? })
/// ```
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    /// How many faults are reported at once. More help nobody, and a small request must not have a large
    /// answer.
    pub(crate) const MAX_REPORTED: usize = 100;

    /// Notes what is wrong with a field.
    pub(crate) fn refuse(&mut self, field: &str, fault: impl Into<Fault>) {
        self.add([FieldError::new(field, fault)]);
    }

    /// Notes what is wrong with the whole of what has the fields.
    pub(crate) fn refuse_all(&mut self, fault: Fault) {
        self.add([FieldError::of_body(fault)]);
    }

    /// The value, or a note of what is wrong with it.
    pub(crate) fn parse<T, E: Into<Fault>>(
        &mut self,
        field: &str,
        parsed: Result<T, E>,
    ) -> Option<T> {
        parsed.map_err(|error| self.refuse(field, error)).ok()
    }

    /// The same for a parameter that may be absent: `Some(None)` when it is.
    pub(crate) fn parse_optional<'a, T, E: Into<Fault>>(
        &mut self,
        field: &str,
        text: Option<&'a str>,
        parse: impl FnOnce(&'a str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match text {
            None => Some(None),
            Some(text) => self.parse(field, parse(text)).map(Some),
        }
    }

    /// Reads something that has a path of its own: what is wrong with its fields is named by their
    /// path.
    pub(crate) fn below<T>(&mut self, path: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let mut fields = Self::default();
        let value = read(&mut fields);
        self.extend(path, fields.0);
        value
    }

    /// Adds what is wrong with the fields of something that has a path of its own.
    pub(crate) fn extend(&mut self, path: &str, errors: Vec<FieldError>) {
        self.add(errors.into_iter().map(|error| {
            let field = match &error.field {
                None => path.to_owned(),
                Some(field) => format!("{path}.{field}"),
            };
            FieldError { field: Some(field), ..error }
        }));
    }

    pub(crate) fn append(&mut self, Self(others): Self) {
        self.add(others);
    }

    fn add(&mut self, errors: impl IntoIterator<Item = FieldError>) {
        let left = Self::MAX_REPORTED.saturating_sub(self.0.len());
        self.0.extend(errors.into_iter().take(left));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, if nothing is wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, ApiError> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self.into()),
        }
    }
}

impl From<Fields> for ApiError {
    fn from(Fields(errors): Fields) -> Self {
        Self::new(Code::ValidationFailed).with_errors(errors)
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Fields(vec![error]).into()
    }
}
