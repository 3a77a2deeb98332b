//! The native spelling: `runbook.pest` finds the structure, the modules here turn it into the tree.
//!
//! First `balance` looks over quotes and brackets. Then pest reads the file, line by line, and never fails: lines that
//! it can't read are kept, and `mistake` finds out what was wrong with each.

mod balance;
mod block;
mod entry;
mod expected;
mod extents;
mod head;
mod mistake;
mod outline;
mod slot;
mod value;

pub(crate) use extents::extents;
pub(crate) use outline::outline;
pub(crate) use slot::{Slot, takes};

use pest::Parser as _;

use crate::ast::File;
use crate::source::Source;
use crate::syntax_error::{Errors, SyntaxError};
use crate::word::Place;

/// Made from `runbook.pest`, which is where the documentation of the rules stands.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "runbook.pest"]
    pub(super) struct RunbookParser;
}
use grammar::{Rule, RunbookParser};

type Pair<'a> = pest::iterators::Pair<'a, Rule>;

pub(crate) fn parse(source: &Source, errors: &mut Errors) -> File {
    let balance = balance::balance(&source.text, source.id, errors);
    if !balance.parseable {
        return File::default();
    }
    let text = &source.text[..balance.sound_until];
    let mut found = Errors::default();
    let mut lowering = Lowering { text, source, errors: &mut found };
    let file = lowering.file();
    // What was never closed was told already; the lines that it breaks are no mistakes of their own.
    let broken: Vec<_> = errors.list.iter().map(SyntaxError::span).collect();
    let echoes = |error: &SyntaxError| {
        let span = error.span();
        let cut_off = balance.sound_until < source.text.len() && span.end >= balance.sound_until;
        let (from, to) = (line_start(text, span.start), line_end(text, span.end));
        let told = broken.iter().any(|told| from <= told.start && told.start <= to);
        matches!(error, SyntaxError::Unexpected { .. } | SyntaxError::UnknownWord { .. } | SyntaxError::MissingBlock { .. }) && (cut_off || told)
    };
    errors.list.extend(found.list.into_iter().filter(|error| !echoes(error)));
    file
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len() + 1, |end| at + end)
}

/// Turns what pest found into the tree, and gathers every mistake on the way.
struct Lowering<'a> {
    text: &'a str,
    source: &'a Source,
    errors: &'a mut Errors,
}

impl Lowering<'_> {
    fn file(&mut self) -> File {
        let text = self.text;
        let mut file = File::default();
        match RunbookParser::parse(Rule::file, text) {
            Ok(pairs) => {
                for entry in entry::Entry::all(pairs.flat_map(Pair::into_inner)) {
                    self.file_entry(entry, &mut file);
                }
            }
            // The rule takes any text, so only pest's own guard against a deep stack leads here.
            Err(error) => {
                let at = match error.location {
                    pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
                };
                let span = self.span(at, at);
                self.errors.push(SyntaxError::NestedTooDeep { span, limit: balance::DEPTH });
            }
        }
        file
    }

    fn file_entry(&mut self, entry: entry::Entry<'_>, file: &mut File) {
        match entry.head.as_ref().map(Pair::as_rule) {
            Some(Rule::import) => self.import(entry, file),
            Some(Rule::action) => self.action(entry, file),
            Some(Rule::runbook) => self.runbook(entry, file),
            _ => self.field(entry, Place::File, &mut crate::gathered::Gathered::boxed()),
        }
    }
}
