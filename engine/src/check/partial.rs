//! What can be said for sure of a file that was read in part. Its mistakes of syntax are told beside; what is missing may
//! stand in the lines that could not be read, so nothing is said to be missing here.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::Source;

use super::{CheckError, Library, ParsedFile, check};

/// Mistakes of what stands there, whatever else does.
const SURE: &[&str] = &[
    "RB0103", "RB0107", "RB0108", "RB0109", "RB0110", "RB0111", "RB0117", "RB0121", "RB0123", "RB0124", "RB0125", "RB0126", "RB0127", "RB0130", "RB0131",
    "RB0132", "RB0133", "RB0138", "RB0139", "RB0145", "RB0146", "RB0147", "RB0148", "RB0149",
];

/// A name that is declared nowhere, if it stands nowhere else in the file.
const UNKNOWN: &[&str] = &[CheckError::UNKNOWN_ACTION, "RB0102", "RB0104"];

/// The findings of the check that no mistake of syntax, `told` already, can be the cause of.
pub fn check_beside(main: ParsedFile, library: &mut dyn Library, told: &[Diagnostic]) -> Vec<Diagnostic> {
    let source = main.source.clone();
    let Err(found) = check(main, library) else { return Vec::new() };
    let line = |at: usize| source.line_column(at).0;
    let broken: Vec<usize> = told.iter().filter(|d| d.severity == Severity::Error).map(|d| line(d.span.start)).collect();
    let here = |d: &Diagnostic| d.span.source == source.id && !broken.contains(&line(d.span.start));
    found.into_iter().filter(|d| here(d) && is_sure(d, &source)).collect()
}

fn is_sure(diagnostic: &Diagnostic, source: &Source) -> bool {
    let of_a_template = diagnostic.code.starts_with("RB02");
    of_a_template || SURE.contains(&diagnostic.code) || UNKNOWN.contains(&diagnostic.code) && stands_once(diagnostic, &source.text)
}

fn stands_once(diagnostic: &Diagnostic, text: &str) -> bool {
    let Some(name) = text.get(diagnostic.span.start..diagnostic.span.end).filter(|name| !name.is_empty()) else { return false };
    let in_a_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let whole = |at: &usize| !in_a_word(text[..*at].chars().next_back()) && !in_a_word(text[at + name.len()..].chars().next());
    text.match_indices(name).map(|(at, _)| at).filter(whole).count() == 1
}
