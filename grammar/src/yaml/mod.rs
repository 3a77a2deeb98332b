//! The YAML spelling: `events` loads a tree of nodes with spans, the other modules read the runbook out of it.

mod align;
mod data;
mod document;
mod events;
mod extents;
mod field;
mod node;
mod outline;
mod parts;
mod piece;
mod schema;
mod value;

pub(crate) use data::data;
pub(crate) use extents::extents;
pub(crate) use outline::outline;
pub use schema::schema;

use crate::ast::File;
use crate::source::{Source, SourceId};
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

/// The scalar that stands at `path` of the only document, by the numbers of the entries and items on the way there.
/// `None` if the text is no such document.
pub(crate) fn scalar_at(text: &str, path: &[usize]) -> Option<String> {
    let source = Source { id: SourceId::default(), path: String::new(), text: text.to_owned() };
    let mut errors = Errors::default();
    let loaded = events::load(&source, false, &mut errors);
    let [document] = loaded.documents.as_slice() else { return None };
    let mut at = document;
    for &number in path {
        at = match &at.value {
            node::Value::Map(entries) => &entries.get(number)?.value,
            node::Value::List(items) => items.get(number)?,
            _ => return None,
        };
    }
    match &at.value {
        node::Value::Scalar(scalar) if errors.list.is_empty() && loaded.complete => Some(scalar.text.text.clone()),
        _ => None,
    }
}

/// Can a YAML file have this comment?
pub(crate) fn holds_comment(comment: &str) -> bool {
    let text = format!("{comment}\nk: v\n");
    let source = Source { id: SourceId::default(), path: String::new(), text };
    let mut errors = Errors::default();
    let loaded = events::load(&source, true, &mut errors);
    let whole = loaded.comments.as_slice().first().is_some_and(|at| at.end == comment.len());
    whole && errors.list.is_empty() && loaded.complete && loaded.documents.len() == 1
}

/// Turns nodes into the tree, and gathers every mistake on the way.
struct Lowering<'a> {
    source: &'a Source,
    errors: &'a mut Errors,
}
