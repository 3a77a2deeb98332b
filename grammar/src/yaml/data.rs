//! Nodes as plain data, for files that are no runbooks.

use std::collections::HashMap;

use super::events;
use super::node::{Node, Value};
use crate::data::{Content, Datum, Field};
use crate::source::Source;
use crate::syntax_error::Errors;

pub(crate) fn data(source: &Source, tags: &[&str], errors: &mut Errors) -> Vec<Datum> {
    let loaded = events::load_with_tags(source, false, tags, errors);
    loaded.documents.into_iter().map(|node| datum(node, &loaded.tags)).collect()
}

fn datum(node: Node, tags: &HashMap<usize, String>) -> Datum {
    let value = match node.value {
        Value::Nothing | Value::Refused => Content::Nothing,
        Value::Scalar(scalar) => Content::Scalar { text: scalar.text.text, plain: scalar.plain },
        Value::List(items) => Content::List(items.into_iter().map(|item| datum(item, tags)).collect()),
        Value::Map(entries) => {
            Content::Map(entries.into_iter().map(|entry| Field { key: entry.key.text, at: entry.key.span, value: datum(entry.value, tags) }).collect())
        }
    };
    let tag = if matches!(value, Content::Scalar { .. } | Content::Nothing) { tags.get(&node.span.start).cloned() } else { None };
    Datum { value, span: node.span, tag }
}
