//! Nodes as plain data, for files that are no runbooks.

use super::events;
use super::node::{Node, Value};
use crate::data::{Data, Datum, Field};
use crate::source::Source;
use crate::syntax_error::Errors;

pub(crate) fn data(source: &Source, errors: &mut Errors) -> Vec<Datum> {
    events::load(source, false, errors).documents.into_iter().map(datum).collect()
}

fn datum(node: Node) -> Datum {
    let value = match node.value {
        Value::Nothing | Value::Refused => Data::Nothing,
        Value::Scalar(scalar) => Data::Scalar { text: scalar.text.text, plain: scalar.plain },
        Value::List(items) => Data::List(items.into_iter().map(datum).collect()),
        Value::Map(entries) => {
            Data::Map(entries.into_iter().map(|entry| Field { key: entry.key.text, at: entry.key.span, value: datum(entry.value) }).collect())
        }
    };
    Datum { value, span: node.span }
}
