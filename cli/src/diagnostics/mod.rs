//! Diagnostics for people and for scripts, one format a file. `human` and its `excerpt` alone know miette.

pub(crate) mod codes;
mod excerpt;
mod github;
mod human;
mod json;
mod junit;
mod place;
#[cfg(test)]
mod sample;
mod sarif;

use std::collections::HashMap;

use engine::check::stdlib;
use engine::report::words::count;
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, SourceId};

pub(crate) use human::Drawing;
pub(crate) use place::Sources;

use crate::lint::Outcome;
use crate::out::Out;

/// Findings of one file that are drawn before the rest is only counted.
const DRAWN: usize = 50;

/// A form that programs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    Json,
    Sarif,
    Github,
    Junit,
}

/// All of an outcome.
pub(crate) fn report(form: Machine, sources: &Sources, outcome: &Outcome, denies_warnings: bool) -> String {
    match form {
        Machine::Json => json::report(sources, outcome),
        Machine::Sarif => sarif::report(sources, outcome),
        Machine::Github => github::report(sources, outcome),
        Machine::Junit => junit::report(sources, outcome, denies_warnings),
    }
}

/// How many of each there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) infos: usize,
}

impl Tally {
    pub(crate) fn of(diagnostics: &[Diagnostic]) -> Self {
        let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
        Self { errors: count(Severity::Error), warnings: count(Severity::Warning), infos: count(Severity::Info) }
    }

    /// `2 errors, 1 warning, 1 note`; empty when there are none.
    pub(crate) fn words(self) -> String {
        let some = [(self.errors, "error"), (self.warnings, "warning"), (self.infos, "note")].into_iter().filter(|(number, _)| *number > 0);
        some.map(|(number, noun)| count(number, noun)).collect::<Vec<_>>().join(", ")
    }
}

/// Draws each finding on standard error.
pub(crate) fn draw(out: &Out, sources: &[Source], diagnostics: &[Diagnostic]) {
    let drawing = Drawing::for_screen(out);
    let sources: Vec<Source> = sources.iter().cloned().chain(stdlib::sources()).collect();
    for diagnostic in diagnostics {
        out.must(drawing.draw(&sources, diagnostic).trim_end());
        out.must("");
    }
}

/// Draws what was found for a person at a screen. Of a file with very many findings the first ones are enough, unless
/// all are asked for.
pub(crate) fn draw_outcome(out: &Out, sources: &Sources, findings: &[Diagnostic]) {
    let drawing = Drawing::for_screen(out);
    let most = if out.is_verbose() { usize::MAX } else { DRAWN };
    let mut left: HashMap<SourceId, usize> = HashMap::new();
    for finding in findings {
        *left.entry(finding.span.source).or_default() += 1;
    }
    let mut drawn: HashMap<SourceId, usize> = HashMap::new();
    for finding in findings {
        let id = finding.span.source;
        let so_far = drawn.entry(id).or_default();
        *so_far += 1;
        if *so_far <= most {
            out.must(drawing.draw(sources.all(), finding).trim_end());
            out.must("");
        } else if *so_far == left.get(&id).copied().unwrap_or_default() {
            let path = sources.get(id).map_or("this file", |source| source.path.as_str());
            out.must(&format!("… and {} more in {path}; `-v` shows all", *so_far - most));
            out.must("");
        }
    }
}

/// The source that a span points into.
fn source_of(sources: &[Source], id: SourceId) -> Option<&Source> {
    sources.iter().find(|s| s.id == id)
}
