//! The outline of a native file: comments as they were met when its quotes were looked over, units from what pest found.

use pest::Parser as _;

use super::balance::balance;
use super::entry::Entry;
use super::{Pair, Rule, RunbookParser};
use crate::outline::{Outline, Unit};
use crate::source::{Source, Span};
use crate::syntax_error::Errors;

pub(crate) fn outline(source: &Source, errors: &mut Errors) -> Outline {
    let balance = balance(&source.text, source.id, errors);
    let mut outline = Outline { comments: balance.comments, units: Vec::new() };
    if balance.parseable
        && let Ok(pairs) = RunbookParser::parse(Rule::file, &source.text[..balance.sound_until])
    {
        add(Entry::all(pairs.flat_map(Pair::into_inner)), source, &mut outline.units);
    }
    outline
}

fn add(entries: Vec<Entry<'_>>, source: &Source, units: &mut Vec<Unit>) {
    for entry in entries {
        let (start, end) = entry.line();
        let written = source.text.get(start..end).unwrap_or_default().trim_end();
        units.push(Unit { begins: start, span: Span::new(source.id, start, start + written.len()) });
        add(entry.entries(), source, units);
    }
}
