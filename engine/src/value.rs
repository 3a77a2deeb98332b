//! The language's types and values. One type a name; a value is read by its declared type, never guessed.

mod computed;
mod names;
pub mod pattern;
mod read;
mod secret;
pub mod version;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use read::ReadError;
pub use secret::SecretText;
pub use words::WordError;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    String,
    Int,
    Float,
    Bool,
    Duration,
    Size,
    Percent,
    Path,
    Url,
    Host,
    Version,
    Date,
    DateTime,
    Json,
    Secret,
    List(Box<Type>),
    /// `T?`: may be left out and is then `none`.
    Optional(Box<Type>),
}

/// A value of the language, as it stands in the journal. A secret's text is never serialized.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    None,
    String(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Whole seconds.
    Duration(u64),
    /// Bytes.
    Size(u64),
    Percent(f64),
    Version(String),
    /// ISO 8601.
    Date(String),
    DateTime(String),
    Json(serde_json::Value),
    List(Vec<Value>),
    /// One value a host, for what was read on a set of hosts.
    PerHost(BTreeMap<String, Value>),
    /// Serializing it is an error, not a mask: what asks for that has a mistake in it.
    #[serde(skip)]
    Secret(SecretText),
}
