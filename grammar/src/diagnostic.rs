//! What every stage says of a mistake. Stages keep their own error types, one variant a mistake, and turn them into
//! this at their edge; the command line draws it.

use crate::source::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
    Info,
}

/// One mistake: what, where, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// `RB` and four digits; stable.
    pub code: &'static str,
    pub severity: Severity,
    /// One line, without the place.
    pub message: String,
    pub span: Span,
    /// A few words at the place itself.
    pub label: String,
    /// Other places that matter, each with its words.
    pub related: Vec<(Span, String)>,
    /// What to write instead, or to do next.
    pub help: Option<String>,
}
