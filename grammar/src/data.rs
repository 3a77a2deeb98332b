//! A YAML file that is no runbook: an inventory. The same reader with the same refusals (tags, anchors, aliases, merge
//! keys), and every value with its place.

use crate::diagnostic::Diagnostic;
use crate::read::SIZE;
use crate::source::{Source, Span};
use crate::syntax_error::{Errors, SyntaxError};
use crate::yaml;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    pub value: Content,
    pub span: Span,
    /// One of the tags that were allowed.
    pub tag: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// `null`, `~`, or nothing at all.
    Nothing,
    /// `plain`: it was written without quotes.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Datum>),
    /// No key stands twice.
    Map(Vec<Field>),
}

/// A key of a mapping with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub key: String,
    pub at: Span,
    pub value: Datum,
}

impl Datum {
    /// In words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Content::Nothing => "nothing",
            Content::Scalar { .. } => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        }
    }
}

/// Reads the documents of a file, and everything that is wrong with its YAML.
#[must_use]
pub fn data(source: &Source) -> (Vec<Datum>, Vec<Diagnostic>) {
    data_with_tags(source, &[])
}

/// The same, where texts may have these tags.
#[must_use]
pub fn data_with_tags(source: &Source, tags: &[&str]) -> (Vec<Datum>, Vec<Diagnostic>) {
    let mut errors = Errors::default();
    let documents = if source.text.len() > SIZE {
        errors.push(SyntaxError::FileTooLarge { span: Span::new(source.id, 0, 0), limit: SIZE });
        Vec::new()
    } else {
        yaml::data(source, tags, &mut errors)
    };
    let mut diagnostics: Vec<_> = errors.list.iter().map(SyntaxError::diagnostic).collect();
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    (documents, diagnostics)
}
