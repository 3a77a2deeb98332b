//! The YAML printer: the tree becomes keys and items (`head`, `piece`, `fields`, their values by `value`), comments are
//! put to them, and `render` lays them out with the scalars that `scalar` spells.

mod fields;
mod head;
mod piece;
mod render;
mod scalar;
mod shape;
mod value;

use super::attach::attach;
use super::extent::Extents;
use super::origin::Origin;
use crate::ast::File;
use crate::syntax_error::Errors;
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
    if !builder.values.errors.list.is_empty() {
        return Err(builder.values.errors);
    }
    attach(&mut root, extents, origin.text.unwrap_or_default(), origin.is_yaml());
    Ok(render::file(&root, origin.is_yaml()))
}
