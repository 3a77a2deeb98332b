//! The YAML spelling.
use crate::{ast::File, source::Source, syntax_error::Errors};
pub(crate) fn parse(_source: &Source, _errors: &mut Errors) -> File {
    File::default()
}
