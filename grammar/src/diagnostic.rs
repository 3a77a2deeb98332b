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
    /// The change that mends it, where it can be known.
    pub fix: Option<Fix>,
}

/// A change of the source that mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, in the imperative: "put `--` before it".
    pub title: String,
    /// The mended runbook does the same as before. An unsafe fix is applied only where a person asks for unsafe ones.
    pub safe: bool,
    /// They do not overlap.
    pub edits: Vec<Edit>,
}

/// New text in place of a span; an empty span is an insertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

impl Diagnostic {
    /// Offers a change after which the runbook does the same as before. Nothing is offered without an edit: what can't
    /// be written in the file's spelling has no fix.
    pub fn mend(&mut self, title: impl Into<String>, edits: impl IntoIterator<Item = Edit>) -> &mut Self {
        self.offer(title.into(), true, edits.into_iter().collect())
    }

    /// Offers a change that a person must look at: it may do something else than before.
    pub fn mend_unsafely(&mut self, title: impl Into<String>, edits: impl IntoIterator<Item = Edit>) -> &mut Self {
        self.offer(title.into(), false, edits.into_iter().collect())
    }

    fn offer(&mut self, title: String, safe: bool, mut edits: Vec<Edit>) -> &mut Self {
        edits.sort_by_key(|edit| (edit.span.source, edit.span.start, edit.span.end));
        if !edits.is_empty() {
            self.fix = Some(Fix { title, safe, edits });
        }
        self
    }
}
