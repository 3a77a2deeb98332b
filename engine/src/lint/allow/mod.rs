//! `# lint: allow RB0306 the reason`: a comment that lets one finding stand where it is.
//!
//! It covers the field or the header that it stands at, no more, and only warnings: what is an error is refused by a run
//! as well, whatever a comment says. The reason is required. One that is wrong or covers nothing is a finding itself.

mod comment;
mod mistake;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, Span};
use grammar::{Outline, Unit};

use comment::{Read, read};
use mistake::Mistake;

/// Of findings about such comments.
pub(super) const CODES: [&str; 4] = ["RB0390", "RB0391", "RB0392", "RB0393"];

/// What is allowed at one place. A comment with two codes is two of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    pub code: &'static str,
    pub reason: String,
    /// The code in the comment.
    pub at: Span,
    comment: Span,
    covers: Vec<Span>,
}

/// All that a file allows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allowances {
    list: Vec<Allowance>,
    /// What is wrong with its comments.
    pub mistakes: Vec<Diagnostic>,
}

impl Allowances {
    /// Reads the comments of a file.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        let mut found = Self::default();
        // To read a file for its outline costs as much as to parse it.
        if !comment::may_speak(&source.text) {
            return found;
        }
        let outline = grammar::outline(source);
        for comment in &outline.comments {
            let text = source.text.get(comment.start..comment.end).unwrap_or_default();
            match read(text, *comment) {
                Read::Prose => {}
                Read::Mistaken(mistakes) => found.mistakes.extend(mistakes.into_iter().map(Mistake::diagnostic)),
                Read::Allows { codes, reason } => {
                    let covers = covered(source, &outline, *comment);
                    found.list.extend(codes.into_iter().map(|(code, at)| Allowance {
                        code,
                        reason: reason.clone(),
                        at,
                        comment: *comment,
                        covers: covers.clone(),
                    }));
                }
            }
        }
        found
    }

    /// The comment that lets a finding of this file stand.
    #[must_use]
    pub fn for_finding(&self, finding: &Diagnostic) -> Option<&Allowance> {
        let place = finding.span;
        let covers = |span: &Span| span.source == place.source && span.start <= place.start && place.start <= span.end;
        self.list.iter().filter(|_| finding.severity != Severity::Error).find(|a| a.code == finding.code && a.covers.iter().any(covers))
    }

    /// What the comments allow that nobody found. `used`: the places ([`Allowance::at`]) of those that were needed.
    /// A code that was not asked about can't be said to be needed by nothing.
    #[must_use]
    pub fn unused(&self, source: &Source, used: &BTreeSet<Span>, was_asked: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        let idle = |a: &&Allowance| !used.contains(&a.at) && was_asked(a.code);
        let unused = self.list.iter().filter(idle);
        unused
            .map(|allowance| {
                // A comment goes as a whole when nothing in it is needed.
                let whole = self.list.iter().filter(|other| other.comment == allowance.comment).all(|other| idle(&other));
                let mistake = Mistake::Unused { at: allowance.at, code: allowance.code, stands_at_something: !allowance.covers.is_empty() };
                let mut finding = mistake.diagnostic();
                let edit = if whole { comment::without_comment(source, allowance.comment) } else { comment::without_code(source, allowance.at) };
                finding.mend(if whole { "take the comment out" } else { "take the code out" }, edit);
                finding
            })
            .collect()
    }
}

/// Where the findings stand that a comment may allow: its line, or else the next one with something on it, and the
/// fields and headers there.
fn covered(source: &Source, outline: &Outline, comment: Span) -> Vec<Span> {
    let text = source.text.as_str();
    let own = line_of(text, comment.start);
    let is_alone = text[own.0..comment.start].trim().is_empty();
    let Some(line) = (if is_alone { next_line(text, outline, own.1) } else { Some(own) }) else { return Vec::new() };
    let on_line = |at: usize| line.0 <= at && at < line.1.max(line.0 + 1);
    let begins = |unit: &&Unit| on_line(unit.begins);
    // Behind the last line of a command: three backticks can't be followed by it on the first.
    let ends = |unit: &&Unit| !is_alone && on_line(unit.span.end.saturating_sub(1));
    let units = outline.units.iter().filter(|unit| begins(unit) || ends(unit)).map(|unit| unit.span);
    std::iter::once(Span::new(comment.source, line.0, line.1)).chain(units).collect()
}

/// Where the line of `at` begins, and where its text ends.
fn line_of(text: &str, at: usize) -> (usize, usize) {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    (start, text[at..].find('\n').map_or(text.len(), |end| at + end))
}

/// The first line behind `end` that is neither blank nor a comment.
fn next_line(text: &str, outline: &Outline, end: usize) -> Option<(usize, usize)> {
    let mut at = end;
    while at < text.len() {
        let line = line_of(text, at + 1);
        let indent = text[line.0..line.1].len() - text[line.0..line.1].trim_start().len();
        let first = line.0 + indent;
        if first < line.1 && outline.comments.binary_search_by_key(&first, |comment| comment.start).is_err() {
            // A brace alone ends what stands before: nothing comes here that could be meant.
            return (!text[first..line.1].starts_with('}')).then_some(line);
        }
        at = line.1;
    }
    None
}
