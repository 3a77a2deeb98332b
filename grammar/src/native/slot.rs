//! Whether an expression can be written at a place of the native form, which the grammar itself says.

use pest::Parser as _;

use super::{Rule, RunbookParser, balance};
use crate::source::SourceId;
use crate::syntax_error::Errors;

/// Where an expression may stand, and what ends it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// To the end of the line.
    Line,
    /// Up to `on`.
    Condition,
    /// Between commas, in brackets.
    Item,
    /// A literal, a name with what belongs to it, or something in brackets.
    Operand,
}

/// Does the grammar take the whole of `text` at this place?
pub(crate) fn takes(slot: Slot, text: &str) -> bool {
    let rule = match slot {
        Slot::Line => Rule::expression,
        Slot::Condition => Rule::condition,
        Slot::Item => Rule::item,
        Slot::Operand => Rule::operand,
    };
    // What is deeper than the limit must not reach the parser.
    let mut errors = Errors::default();
    let balanced = balance::balance(text, SourceId::default(), &mut errors).parseable && errors.list.is_empty();
    balanced && RunbookParser::parse(rule, text).is_ok_and(|mut pairs| pairs.next().is_some_and(|pair| pair.as_span().end() == text.len()))
}
