//! A YAML value and where it stands.

use crate::source::{Span, Text};

#[derive(Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Value {
    /// Nothing was written, or it was refused and told already.
    Nothing,
    /// Refused and told already: no more is said of it.
    Refused,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug)]
pub(super) struct Scalar {
    /// Without the last line breaks of a block scalar.
    pub(super) text: Text,
    pub(super) plain: bool,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) value: Node,
}

#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Span,
}

impl Node {
    /// In words.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Nothing | Value::Refused => "nothing",
            Value::Scalar(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}
