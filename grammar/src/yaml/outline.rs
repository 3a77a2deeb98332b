//! The outline of a YAML file, from its nodes.

use super::events;
use super::node::{Entry, Node, Value};
use crate::outline::{Outline, Unit};
use crate::source::{Source, Span};
use crate::syntax_error::Errors;
use crate::word::{PIECES, Word};

/// Keys whose value holds pieces or declarations, each of them a unit.
const HOLDERS: &[Word] = &[Word::Steps, Word::Parallel, Word::Params, Word::Targets, Word::Facts];

/// Keys that the native form writes into a piece's header.
const HEADER: &[Word] = &[
    Word::Title,
    Word::Question,
    Word::On,
    Word::Release,
    Word::In,
    Word::Batch,
    Word::Pause,
    Word::From,
    Word::To,
    Word::With,
    Word::Runbook,
    Word::Type,
    Word::Default,
    Word::Cmd,
];

pub(crate) fn outline(source: &Source, errors: &mut Errors) -> Outline {
    let loaded = events::load(source, true, errors);
    let mut outline = Outline { comments: loaded.comments, units: Vec::new() };
    for document in &loaded.documents {
        node(document, &mut outline);
    }
    outline
}

fn node(node: &Node, outline: &mut Outline) {
    match &node.value {
        Value::Map(entries) => map(entries, outline),
        Value::List(items) => items.iter().for_each(|item| self::node(item, outline)),
        Value::Nothing | Value::Refused | Value::Scalar(_) => {}
    }
}

fn map(entries: &[Entry], outline: &mut Outline) {
    let word = |entry: &Entry| Word::read(&entry.key.text);
    // The header of a piece is its first key with those that the native form writes beside it.
    let head = entries.first().filter(|first| word(first).is_some_and(|w| PIECES.contains(&w) || matches!(w, Word::Runbook | Word::Action)));
    let is_loop = head.and_then(word) == Some(Word::For);
    for entry in entries {
        let key = entry.key.span;
        let holds = word(entry).is_some_and(|word| HOLDERS.contains(&word));
        let end = if holds { key.end } else { entry.value.span.end.max(key.end) };
        let span = Span::new(key.source, key.start, end);
        let in_header = word(entry).is_some_and(|w| HEADER.contains(&w) || (is_loop && w == Word::Tolerate));
        let begins = head.filter(|_| in_header).map_or(key.start, |head| head.key.span.start);
        outline.units.push(Unit { begins, span });
        node(&entry.value, outline);
    }
}
