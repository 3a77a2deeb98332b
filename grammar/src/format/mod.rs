//! From a tree to text: the canonical layout of both spellings, with the comments of the text that the tree was read
//! from.
//!
//! What is printed is read again and compared with the tree that it was printed from. A text that says something else,
//! or says it no more, is never given out.

mod attach;
pub(crate) mod extent;
mod native;
mod node;
mod origin;
mod rows;
mod yaml;

use crate::ast::File;
use crate::diagnostic::{Diagnostic, Severity};
use crate::read::{Spelling, parse_as};
use crate::source::{Source, SourceId, Span};
use crate::syntax_error::SyntaxError;
use extent::{Comment, Extents};
use origin::Origin;

/// A text in canonical layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    pub text: String,
    /// Comments that the other spelling can't hold, each with its place.
    pub lost: Vec<Diagnostic>,
}

/// The source in canonical layout.
///
/// # Errors
/// What is wrong with the source, if it can't be read.
pub fn format(source: &Source, spelling: Spelling) -> Result<Printed, Vec<Diagnostic>> {
    convert(source, spelling, spelling)
}

/// The source in the other spelling, in canonical layout.
///
/// # Errors
/// What is wrong with the source, or what of it the other spelling can't say.
pub fn convert(source: &Source, from: Spelling, to: Spelling) -> Result<Printed, Vec<Diagnostic>> {
    let parsed = parse_as(source, from);
    if parsed.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(parsed.diagnostics);
    }
    let mut extents = extents(source, from);
    let mut lost = Vec::new();
    if to == Spelling::Yaml && from != to {
        extents.comments.retain(|comment| keeps(*comment, source, &mut lost));
    }
    let origin = Origin { text: Some(&source.text), spelling: from };
    let text = printed(&parsed.file, origin, &extents, to)?;
    Ok(Printed { text, lost })
}

fn extents(source: &Source, spelling: Spelling) -> Extents {
    match spelling {
        Spelling::Native => crate::native::extents(source),
        Spelling::Yaml => crate::yaml::extents(source),
    }
}

/// A tree that was made, in canonical layout.
///
/// # Errors
/// What the spelling can't say.
pub fn print(file: &File, spelling: Spelling) -> Result<String, Vec<Diagnostic>> {
    printed(file, Origin { text: None, spelling }, &Extents::default(), spelling)
}

fn printed(file: &File, origin: Origin<'_>, extents: &Extents, to: Spelling) -> Result<String, Vec<Diagnostic>> {
    let text = match to {
        Spelling::Native => native::print(file, origin, extents),
        Spelling::Yaml => yaml::print(file, origin, extents),
    };
    let text = text.map_err(|errors| errors.list.iter().map(SyntaxError::diagnostic).collect::<Vec<_>>())?;
    reads_back(file, text, to)
}

/// The text, if it says what the tree says.
fn reads_back(file: &File, text: String, spelling: Spelling) -> Result<String, Vec<Diagnostic>> {
    let source = Source { id: SourceId::default(), path: String::new(), text };
    let read = parse_as(&source, spelling);
    let refused = read.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    let start = Span::new(first_span(file).source, 0, 0);
    let error = match refused {
        Some(refused) => SyntaxError::Unprintable { span: start, why: refused.message.clone() },
        None if read.file != *file => SyntaxError::Unprintable { span: start, why: "it would be read as something else".to_owned() },
        None => return Ok(source.text),
    };
    Err(vec![error.diagnostic()])
}

fn first_span(file: &File) -> Span {
    let names = file.runbooks.iter().map(|runbook| runbook.name.span).chain(file.actions.iter().map(|action| action.name.span));
    names.chain(file.imports.iter().map(|path| path.span)).next().unwrap_or_default()
}

/// A comment of the native form may hold characters that YAML allows nowhere.
fn keeps(comment: Comment, source: &Source, lost: &mut Vec<Diagnostic>) -> bool {
    let text = source.text.get(comment.at.start..comment.at.end).unwrap_or_default();
    let holds = crate::yaml::holds_comment(text);
    if !holds {
        let span = Span::new(source.id, comment.at.start, comment.at.end);
        lost.push(SyntaxError::CommentLost { span }.diagnostic());
    }
    holds
}
