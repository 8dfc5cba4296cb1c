//! What the host says of a request, read strictly: a misspelt name is an error, never a default.

use super::evidence::Stated;
use crate::attribute::{AttributeId, Source, Type, Value};
use crate::country::Country;
use crate::json;
use crate::limits;
use std::fmt;

/// A request's context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(pub(super) Stated);

/// Why a context cannot be read. A misuse by the caller, not something that a person sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextError {
    /// Longer than the limit.
    TooLarge,
    /// Not strict JSON.
    Json(json::JsonError),
    /// Not an object.
    NotAnObject,
    /// No such field.
    UnknownField(String),
    /// A field of the wrong type.
    WrongType {
        /// Which.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

impl ContextError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "context.too_large",
            Self::Json(_) => "context.json",
            Self::NotAnObject => "context.not_an_object",
            Self::UnknownField(_) => "context.unknown_field",
            Self::WrongType { .. } => "context.type",
        }
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "the context is longer than {} bytes", limits::CONTEXT_BYTES),
            Self::Json(error) => write!(f, "the context is not strict JSON: {error}"),
            Self::NotAnObject => f.write_str("the context is not an object"),
            Self::UnknownField(name) => {
                write!(
                    f,
                    "`{name}` is not a field of the context; known are {}",
                    known().collect::<Vec<_>>().join(", ")
                )
            }
            Self::WrongType { field, expected } => write!(f, "the context's `{field}` must be {expected}"),
        }
    }
}

impl std::error::Error for ContextError {}

impl Context {
    /// Reads a JSON object such as `{"country":"DE"}`. A value that is no known country is kept as unusable.
    ///
    /// # Errors
    /// A field that does not exist or is of the wrong type.
    pub fn parse(text: &str) -> Result<Self, ContextError> {
        if text.len() > limits::CONTEXT_BYTES {
            return Err(ContextError::TooLarge);
        }
        let value = json::parse(text.as_bytes(), json::Limits::UNTRUSTED).map_err(ContextError::Json)?;
        let members = value.as_object().ok_or(ContextError::NotAnObject)?;
        let stated = members.iter().map(|(name, value)| {
            let id = AttributeId::lookup(&format!("context.{name}"))
                .ok_or_else(|| ContextError::UnknownField(name.chars().take(64).collect()))?;
            Ok((id, read(id, value)?))
        });
        Ok(Self(Stated(stated.collect::<Result<_, ContextError>>()?)))
    }
}

fn read(id: AttributeId, value: &json::Value) -> Result<Option<Value>, ContextError> {
    let wrong = |expected| {
        let field = id.name().strip_prefix("context.").unwrap_or_default();
        ContextError::WrongType { field, expected }
    };
    match (id.attribute().kind, value) {
        (Type::Bool, json::Value::Bool(value)) => Ok(Some(Value::Bool(*value))),
        (Type::Bool, _) => Err(wrong("true or false")),
        (Type::Country, json::Value::String(code)) => Ok(Country::parse(code).map(Value::Country)),
        (Type::Country, _) => Err(wrong("a country code, such as \"DE\"")),
        (Type::Word(words), json::Value::String(word)) => {
            Ok(words.contains(&word.as_str()).then(|| Value::Text(word.clone())))
        }
        (_, json::Value::String(text)) => Ok((!text.is_empty()).then(|| Value::Text(text.clone()))),
        _ => Err(wrong("text")),
    }
}

fn known() -> impl Iterator<Item = &'static str> {
    AttributeId::all()
        .filter(|id| id.attribute().source == Source::Context)
        .filter_map(|id| id.name().strip_prefix("context."))
}
