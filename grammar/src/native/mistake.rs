//! What is wrong with a line that the grammar couldn't read, or not to its end.
//!
//! The line is read once more, strictly: where that stops, and what was expected there, is the mistake.

use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};

use super::entry::Entry;
use super::expected::{self, human};
use super::{Lowering, Rule, RunbookParser};
use crate::gathered::Gathered;
use crate::syntax_error::{SyntaxError, suggest};
use crate::word::{PIECES, Place, Word};

impl Lowering<'_> {
    /// A line that begins with no keyword, or with one whose line can't be read.
    pub(super) fn explain_unknown(&mut self, entry: &Entry<'_>, place: Place) {
        let (start, end) = entry.line();
        let line = &self.text[start..end];
        let length = line.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(line.len());
        let word = &line[..length];
        let known = place.native();
        match Word::read(word).filter(|word| !word.form().is_empty()) {
            Some(word) if known.contains(&word) => self.explain_line(start, end, Some(word)),
            Some(word) => {
                let span = self.span(start, start + length);
                self.errors.push(SyntaxError::MisplacedWord { span, word, place });
            }
            None if word.is_empty() => {
                let (found, length) = found(line);
                let span = self.span(start, start + length);
                let expected = format!("a word that begins a line of {}", place.described());
                self.errors.push(SyntaxError::Unexpected { span, expected, found, help: None });
            }
            None => {
                let texts: Vec<_> = known.iter().map(|word| word.text()).collect();
                let suggestion = suggest(word, texts.iter().copied());
                let span = self.span(start, start + length);
                let known = if place == Place::File { texts } else { Vec::new() };
                self.errors.push(SyntaxError::UnknownWord { span, found: word.to_owned(), place: place.described().to_owned(), suggestion, known });
            }
        }
        self.skim(entry, place);
    }

    /// A line that was read, with something behind it that has no meaning there.
    pub(super) fn explain_leftover(&mut self, entry: &Entry<'_>, place: Place) {
        let (start, _) = entry.line();
        for leftover in &entry.leftover {
            let (from, end) = (leftover.as_span().start(), leftover.as_span().end());
            let behind_block = entry.block.as_ref().is_some_and(|block| block.as_span().end() <= from);
            if behind_block || place == Place::Env {
                let (found, length) = found(&self.text[from..end]);
                let span = self.span(from, from + length);
                let expected = "the end of the line".to_owned();
                self.errors.push(SyntaxError::Unexpected { span, expected, found, help: None });
            } else {
                let letters = self.text[start..end].find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(0);
                self.explain_line(start, end, Word::read(&self.text[start..start + letters]));
            }
        }
    }

    /// Anything but `NAME = value` in `env`.
    pub(super) fn explain_binding(&mut self, entry: &Entry<'_>) {
        let (start, end) = entry.line();
        let (found, length) = found(&self.text[start..end.max(start + 1).min(self.text.len())]);
        let span = self.span(start, start + length);
        let help = Some("write: env { NAME = value }".to_owned());
        self.errors.push(SyntaxError::Unexpected { span, expected: "`NAME = value`".to_owned(), found, help });
    }

    /// Leftovers and a block behind a line that has neither.
    pub(super) fn refuse_rest(&mut self, entry: &Entry<'_>, place: Place, word: Word) {
        if !entry.leftover.is_empty() {
            self.explain_leftover(entry, place);
        }
        if let Some(block) = &entry.block {
            let start = block.as_span().start();
            let span = self.span(start, start + 1);
            self.errors.push(SyntaxError::UnwantedBlock { span, word });
        }
    }

    /// Looks through the block of something that was not understood, for the mistakes in it alone.
    pub(super) fn skim(&mut self, entry: &Entry<'_>, place: Place) {
        let entries = entry.entries();
        let pieces = entries
            .iter()
            .filter_map(|inner| inner.head.as_ref())
            .any(|head| PIECES.iter().any(|piece| head.as_str().strip_prefix(piece.text()).is_some_and(|rest| rest.starts_with([' ', '\t']))));
        let guessed = match (place, pieces) {
            (Place::File, _) => Place::Runbook,
            (_, true) => Place::Boundary,
            // A step or a gate or something else: what its lines are is unknown too.
            (_, false) => return,
        };
        let mut nothing = Gathered::boxed();
        for inner in entries {
            self.field(inner, guessed, &mut nothing);
        }
    }

    fn explain_line(&mut self, start: usize, end: usize, word: Option<Word>) {
        let line = &self.text[start..end];
        let Err(error) = RunbookParser::parse(Rule::strict, line) else { return };
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at.min(line.len()),
        };
        let rules = match error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives,
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        let at = at + (line[at..].len() - line[at..].trim_start_matches([' ', '\t', '\r']).len());
        let (found, length) = found(&line[at..]);
        let opens_block = word.is_some_and(|word| word.form().ends_with("{ … }"));
        let help = hint(&rules, &line[at..at + length], word);
        let span = self.span(start + at, start + at + length);
        self.errors.push(SyntaxError::Unexpected { span, expected: one_of(&rules, opens_block), found, help });
    }
}

/// What stands at the beginning of `rest`, in words and in bytes.
fn found(rest: &str) -> (String, usize) {
    let Some(first) = rest.chars().next().filter(|c| *c != '\n') else {
        return ("the end of the line".to_owned(), 0);
    };
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
    match first {
        '"' => ("a text".to_owned(), quoted(rest, '"')),
        '`' => ("a command".to_owned(), quoted(rest, '`')),
        _ if word > 0 => (format!("`{}`", &rest[..word]), word),
        c => (format!("`{c}`"), c.len_utf8()),
    }
}

fn quoted(rest: &str, mark: char) -> usize {
    let line = rest.find('\n').unwrap_or(rest.len());
    rest[1..line].find(mark).map_or(line, |at| at + 2)
}

fn one_of(rules: &[Rule], opens_block: bool) -> String {
    let mut names: Vec<&str> = Vec::new();
    for rule in rules {
        let wanted = if opens_block && matches!(rule, Rule::line_end | Rule::EOI) { &["`{`"] } else { human(*rule) };
        for name in wanted {
            if !names.contains(name) {
                names.push(name);
            }
        }
    }
    // The end of a line is expected in most places, and least of all meant.
    names.sort_by_key(|name| matches!(*name, "the end of the line" | "`{`"));
    match names.as_slice() {
        [] => "something else".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn hint(rules: &[Rule], found: &str, word: Option<Word>) -> Option<String> {
    let is_word = found.starts_with(|c: char| c.is_alphanumeric());
    let keywords = rules.iter().filter_map(|rule| expected::keyword(*rule));
    if let Some(meant) = suggest(found, keywords).filter(|_| is_word) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let wants = |rule| rules.contains(&rule);
    if is_word && wants(Rule::text) && !wants(Rule::on_clause) && !wants(Rule::line_end) && !wants(Rule::EOI) {
        return Some(format!("text stands in double quotes: \"{found}\""));
    }
    if found.starts_with('"') && wants(Rule::command) && !wants(Rule::condition) {
        return Some("a command stands in backticks: `…`".to_owned());
    }
    let form = word.map(Word::form).filter(|form| !form.is_empty())?;
    let operator = found.starts_with(['|', '+', '-', '*', '/', '%', '<', '>', '=', '!', '~']);
    if operator && (wants(Rule::line_end) || wants(Rule::EOI)) {
        return Some(format!("an expression stands in parentheses here: ( … ). Write: {form}"));
    }
    Some(format!("write: {form}"))
}
