//! What is wrong with which field of a request.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, Code};

/// What is wrong with one field, parameter or header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The field of the body, the parameter of the query, or the header.
    #[schema(example = "title")]
    pub(crate) field: String,
    /// A phrase to put after its name.
    #[schema(example = "must not be blank")]
    pub(crate) message: String,
    /// With `batch_rejected`: the code that the operation alone would be answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "task_not_found")]
    pub(crate) code: Option<&'static str>,
}

impl FieldError {
    pub(crate) fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into(), code: None }
    }
}

/// Gathers what is wrong with each field, so that all of it can be told at once.
///
/// ```text
/// let mut fields = Fields::default();
/// let name = fields.parse("name", UserName::new(self.name));
/// let email = fields.parse("email", Email::new(&self.email));
/// let (Some(name), Some(email)) = (name, email) else { return Err(fields.into()) };
/// ```
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    /// The value, or a note of what is wrong with it.
    pub(crate) fn parse<T, E: ToString>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|error| self.0.push(FieldError::new(field, error.to_string()))).ok()
    }

    /// The same for a field that may be absent: `Some(None)` when it is.
    pub(crate) fn parse_optional<'a, T, E: ToString>(
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
}

impl Fields {
    /// Adds what is wrong with the fields of something that has a place of its own.
    pub(crate) fn extend(&mut self, place: &str, errors: Vec<FieldError>) {
        self.0.extend(errors.into_iter().map(|error| {
            let field = match error.field.as_str() {
                "body" => place.to_owned(),
                field => format!("{place}.{field}"),
            };
            FieldError { field, ..error }
        }));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
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
