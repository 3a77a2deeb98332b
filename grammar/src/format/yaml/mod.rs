//! The YAML printer: the tree becomes keys and items (`head`, `piece`, `fields`, their values by `value`), comments are
//! put to them, and `render` lays them out with the scalars that `scalar` spells.

mod fields;
mod head;
mod piece;
mod render;
mod scalar;
mod shape;
mod value;

use std::collections::BTreeSet;

use super::attach::attach;
use super::extent::Extents;
use super::origin::Origin;
use crate::ast::File;
use crate::source::{SourceId, Span};
use crate::syntax_error::{Errors, SyntaxError};
use shape::{Shape, Unit};
use value::Values;

/// Turns the tree into units. It takes trees apart by name, so that a field that is new is missed by the compiler.
struct Builder<'a> {
    values: Values<'a>,
}

/// # Errors
/// What YAML can't say.
pub(super) fn print(file: &File, origin: Origin<'_>, extents: &Extents) -> Result<String, Errors> {
    let mut builder = Builder { values: Values { origin, errors: Errors::default() } };
    let mut root = builder.file(file);
    twice(&root, super::first_span(file).source, &mut builder.values.errors);
    if !builder.values.errors.list.is_empty() {
        return Err(builder.values.errors);
    }
    attach(&mut root, extents, origin.text.unwrap_or_default(), origin.is_yaml());
    Ok(render::file(&root, origin.is_yaml()))
}

/// The native form has lines where YAML has keys, and a key is there once: whose names are given twice is mistaken, and
/// is told so here, since the reader would say it of a text that nobody has seen.
fn twice(unit: &Unit, source: SourceId, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for inner in &unit.inside {
        if let Shape::Key(name, _) = &inner.shape
            && !seen.insert(name.as_str())
        {
            let at = inner.own.first().map_or_else(|| Span::new(source, 0, 0), |at| Span::new(source, at.start, at.end));
            errors.push(SyntaxError::Unwritable { span: at, what: "two of one name", form: "YAML", help: "give one of them another name" });
        }
        twice(inner, source, errors);
    }
}
