//! The native form's printer: the tree becomes lines with blocks (`head`, `piece`, `fields`, their values by `value`),
//! comments are put to them, and `render` lays them out.

mod fields;
mod head;
mod piece;
mod render;
mod shape;
mod value;

use super::attach::attach;
use super::extent::Extents;
use super::origin::Origin;
use crate::ast::File;
use crate::source::Span;
use crate::syntax_error::{Errors, SyntaxError};
use value::Values;

/// Turns the tree into units. It takes trees apart by name, so that a field that is new is missed by the compiler.
struct Builder<'a> {
    values: Values<'a>,
}

impl Builder<'_> {
    fn unwritable(&mut self, span: Span, what: &'static str, help: &'static str) {
        self.values.errors.push(SyntaxError::Unwritable { span, what, form: "the native form", help });
    }
}

/// # Errors
/// What the native form can't say.
pub(super) fn print(file: &File, origin: Origin<'_>, extents: &Extents) -> Result<String, Errors> {
    let mut builder = Builder { values: Values { origin, errors: Errors::default() } };
    let mut root = builder.file(file);
    if !builder.values.errors.list.is_empty() {
        return Err(builder.values.errors);
    }
    attach(&mut root, extents, origin.text.unwrap_or_default(), origin.is_yaml());
    Ok(render::file(&root))
}
