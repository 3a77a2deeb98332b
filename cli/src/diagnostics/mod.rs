//! Diagnostics for people and for scripts. `human` and its `excerpt` alone know miette.

pub(crate) mod codes;
mod excerpt;
mod human;
mod json;

use engine::check::stdlib;
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::Source;

pub(crate) use human::Drawing;
pub(crate) use json::report;

use crate::out::Out;

/// How many of each there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

impl Tally {
    pub(crate) fn of(diagnostics: &[Diagnostic]) -> Self {
        let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
        Self { errors: count(Severity::Error), warnings: count(Severity::Warning) }
    }

    /// `2 errors, 1 warning`; empty when there are none.
    pub(crate) fn words(self) -> String {
        let some = [(self.errors, "error"), (self.warnings, "warning")].into_iter().filter(|(number, _)| *number > 0);
        some.map(|(number, noun)| engine::report::words::count(number, noun)).collect::<Vec<_>>().join(", ")
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

/// The source that a span points into.
fn source_of(sources: &[Source], id: grammar::source::SourceId) -> Option<&Source> {
    sources.iter().find(|s| s.id == id)
}
