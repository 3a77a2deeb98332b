//! The YAML spelling: `events` loads a tree of nodes with spans, the other modules read the runbook out of it.

mod align;
mod document;
mod events;
mod field;
mod node;
mod outline;
mod parts;
mod piece;
mod schema;
mod value;

pub(crate) use outline::outline;
pub use schema::schema;

use crate::ast::File;
use crate::source::Source;
use crate::syntax_error::{Errors, SyntaxError};

pub(crate) fn parse(source: &Source, errors: &mut Errors) -> File {
    let mut found = Errors::default();
    let loaded = events::load(source, false, &mut found);
    let mut file = File::default();
    let mut lowering = Lowering { source, errors: &mut found };
    for document in &loaded.documents {
        lowering.document(document, &mut file);
    }
    // What is missing in a file that was read in part may stand in the part that wasn't.
    let guess = |error: &SyntaxError| {
        !loaded.complete && matches!(error, SyntaxError::MissingPart { .. } | SyntaxError::EmptyStep { .. } | SyntaxError::EmptyValue { .. })
    };
    errors.list.extend(found.list.into_iter().filter(|error| !guess(error)));
    file
}

/// Turns nodes into the tree, and gathers every mistake on the way.
struct Lowering<'a> {
    source: &'a Source,
    errors: &'a mut Errors,
}
