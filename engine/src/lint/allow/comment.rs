//! One comment: prose, an allowance, or one that was meant to be.

use grammar::diagnostic::{Edit, Severity};
use grammar::source::{Source, Span};

use super::mistake::Mistake;
use crate::lint::{rules, shellcheck, similar_code};

/// What a comment says to the linter.
pub(super) enum Read {
    Prose,
    Allows { codes: Vec<(&'static str, Span)>, reason: String },
    Mistaken(Vec<Mistake>),
}

/// Words that other linters take, and that a person may write here.
const ELSEWHERE: [&str; 9] = ["nolint", "noqa", "ignore", "disable", "allow", "suppress", "runbook", "runbook-lint", "lint"];

/// Whether a text may hold a comment that is not prose: most files do not.
pub(super) fn may_speak(text: &str) -> bool {
    text.contains("lint:") || text.contains("RB03") || text.contains("Lint:") || text.contains("LINT:")
}

/// `text` is the comment from its `#` on, at `span`.
pub(super) fn read(text: &str, span: Span) -> Read {
    let mut words = Words { text, span, at: text.find(|c: char| c != '#').unwrap_or(text.len()) };
    let start = words.rest_start();
    let said = &text[start..];
    let speaks = said.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("lint:"));
    if !speaks {
        return if is_meant(said) { Read::Mistaken(vec![Mistake::NotUnderstood { at: span, found: first_word(said).to_owned() }]) } else { Read::Prose };
    }
    words.at = start + 5;
    match words.next() {
        Some(("allow", _)) => allows(words),
        found => {
            let (found, at) = found.unwrap_or(("", span));
            Read::Mistaken(vec![Mistake::NotUnderstood { at, found: found.to_owned() }])
        }
    }
}

/// A comment that names a rule and begins as other linters would have it.
fn is_meant(said: &str) -> bool {
    let word = first_word(said).to_lowercase();
    ELSEWHERE.iter().any(|known| word == *known) && said.split(|c: char| !c.is_ascii_alphanumeric()).any(looks_like_a_rule)
}

fn first_word(said: &str) -> &str {
    said.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default()
}

fn looks_like_a_rule(word: &str) -> bool {
    word.len() >= 3 && word.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("RB")) && word[2..].bytes().all(|b| b.is_ascii_digit())
}

fn allows(mut words: Words<'_>) -> Read {
    let (mut codes, mut mistakes) = (Vec::new(), Vec::new());
    let mut last = words.span;
    while let Some((word, at)) = words.peek().filter(|(word, _)| looks_like_a_rule(word)) {
        words.next();
        last = at;
        let known = rules().iter().map(|rule| (rule.code, rule.severity)).chain([(shellcheck::CODE, Severity::Warning)]);
        match known.into_iter().find(|(code, _)| code.eq_ignore_ascii_case(word)) {
            Some((code, Severity::Error)) => mistakes.push(Mistake::IsAnError { at, code }),
            Some((code, _)) if codes.iter().any(|(other, _)| *other == code) => mistakes.push(Mistake::Twice { at, code }),
            Some((code, _)) => codes.push((code, at)),
            None => mistakes.push(Mistake::NoRule { at, found: word.to_owned(), similar: similar_code(word) }),
        }
    }
    if codes.is_empty() && mistakes.is_empty() {
        let (found, at) = words.peek().unwrap_or(("", words.span));
        return Read::Mistaken(vec![Mistake::NoCode { at, found: found.to_owned() }]);
    }
    let reason = words.rest().trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | '-' | '–' | '—')).trim();
    if !reason.chars().any(char::is_alphabetic) {
        mistakes.push(Mistake::NoReason { at: last });
    }
    if mistakes.is_empty() { Read::Allows { codes, reason: reason.to_owned() } } else { Read::Mistaken(mistakes) }
}

/// The words of a comment, one after the other, with their places.
struct Words<'a> {
    text: &'a str,
    span: Span,
    at: usize,
}

impl<'a> Words<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn rest_start(&self) -> usize {
        let rest = self.rest();
        self.at + (rest.len() - rest.trim_start().len())
    }

    fn peek(&self) -> Option<(&'a str, Span)> {
        let rest = self.rest();
        let skipped = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | '(')).len();
        let word = rest[skipped..].split(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | ']' | ')' | '[' | '(')).next().unwrap_or_default();
        let start = self.span.start + self.at + skipped;
        (!word.is_empty()).then(|| (word, Span::new(self.span.source, start, start + word.len())))
    }

    fn next(&mut self) -> Option<(&'a str, Span)> {
        let (word, at) = self.peek()?;
        self.at = at.end - self.span.start;
        // What closed a bracket belongs to the codes, not to the reason.
        self.at += self.rest().len() - self.rest().trim_start_matches([']', ')']).len();
        Some((word, at))
    }
}

/// The comment taken out, with its line when it stands alone.
pub(super) fn without_comment(source: &Source, comment: Span) -> Option<Edit> {
    let before = source.text.get(..comment.start)?;
    let kept = before.trim_end_matches([' ', '\t']).len();
    let alone = before[..kept].ends_with('\n') || kept == 0;
    let after = source.text.get(comment.end..)?;
    let line_break = after.len() - after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).unwrap_or(after).len();
    let end = if alone { comment.end + line_break } else { comment.end };
    Some(Edit { span: Span::new(source.id, kept, end), text: String::new() })
}

/// One code of several taken out.
pub(super) fn without_code(source: &Source, code: Span) -> Option<Edit> {
    let after = source.text.get(code.end..)?;
    // With the comma or the space behind it; at the end of the list, with those before it.
    let behind = after.len() - after.trim_start_matches([',', ' ']).len();
    Some(Edit { span: Span::new(source.id, code.start, code.end + behind), text: String::new() })
}
