//! From the syntax tree to a checked program: names resolved, types known, libraries brought in. Every mistake is found
//! before any is reported. A [`Program`] can't be made in another way.

mod blocks;
mod error;
mod gate;
mod library;
pub(crate) mod merged;
mod names;
pub(crate) mod order;
pub mod stdlib;
mod step;
#[cfg(test)]
mod tests;
pub(crate) mod values;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{Action, Runbook};
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, SourceId, Span};

use crate::plan::template::Advice;

pub use error::CheckError;
pub use library::{Library, LoadError, NoFiles, ParsedFile};
pub use names::RESERVED;
pub(crate) use names::similar;

/// A runbook, or a file of actions, whose every name has a meaning and whose types fit.
#[derive(Debug, Clone)]
pub struct Program {
    runbook: Option<Runbook>,
    actions: BTreeMap<String, Action>,
    sources: Vec<Source>,
    used: BTreeSet<Span>,
    advice: Vec<Advice>,
}

impl Program {
    /// `None`: the file holds actions only.
    #[must_use]
    pub fn runbook(&self) -> Option<&Runbook> {
        self.runbook.as_ref()
    }

    /// Every action that it can use, the standard library's among them.
    #[must_use]
    pub fn actions(&self) -> &BTreeMap<String, Action> {
        &self.actions
    }

    /// The files that it was read from, the main one first; not the standard library.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// One of them. `None` for the standard library's, which is not this program's to change.
    #[must_use]
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// Whether something uses the name that is declared here.
    #[must_use]
    pub fn uses(&self, declaration: Span) -> bool {
        self.used.contains(&declaration)
    }

    /// What its commands may do and a lint has a word about.
    #[must_use]
    pub fn advice(&self) -> &[Advice] {
        &self.advice
    }

    /// The actions that stand in the program's own files.
    pub fn own_actions(&self) -> impl Iterator<Item = &Action> {
        self.actions.values().filter(|a| !stdlib::is_standard(a.name.span.source))
    }
}

/// Checks a file with all that it imports.
///
/// # Errors
/// Every mistake, in the order of the files and of their text.
pub fn check(main: ParsedFile, library: &mut dyn Library) -> Result<Program, Vec<Diagnostic>> {
    // Most runbooks use little of the standard library, and to read it all costs more than to check them. Who names an
    // action that is not there gets a suggestion from all of it.
    match check_with(main.clone(), library, false) {
        Err(errors) if errors.iter().any(|e| e.code == CheckError::UNKNOWN_ACTION) => check_with(main, library, true),
        checked => checked,
    }
}

fn check_with(main: ParsedFile, library: &mut dyn Library, whole: bool) -> Result<Program, Vec<Diagnostic>> {
    let id = main.source.id;
    let loaded = library::Loaded::new(main, library, whole);
    let mut checker = walk::Checker::new(&loaded.actions);
    checker.errors = loaded.errors;
    for action in loaded.actions.values().filter(|a| !stdlib::is_standard(a.name.span.source)) {
        checker.action(action);
    }
    let runbooks: Vec<&Runbook> = loaded.files.iter().find(|f| f.source.id == id).map(|f| f.file.runbooks.iter().collect()).unwrap_or_default();
    for runbook in &runbooks {
        checker.runbook(runbook);
    }
    if let [first, second, ..] = runbooks.as_slice() {
        checker.error(CheckError::SeveralRunbooks { at: second.name.span, first: first.name.span });
    }
    let runbook = runbooks.first().map(|r| (*r).clone());
    let (mut errors, used) = (checker.errors, checker.used);
    let advice = checker.advice;
    if errors.iter().any(|e| e.severity == Severity::Error) {
        errors.sort_by_key(|e| (e.span.source, e.span.start));
        errors.dedup();
        return Err(errors);
    }
    Ok(Program { runbook, actions: loaded.actions, sources: loaded.files.into_iter().map(|f| f.source).collect(), used, advice })
}
