//! From the syntax tree to a checked program: names resolved, types known, libraries brought in. Every mistake is found
//! before any is reported. A [`Program`] can't be made in another way.

mod blocks;
mod call;
mod down;
mod error;
mod fleet;
mod gate;
mod library;
mod lock;
pub(crate) mod merged;
mod names;
mod notify;
pub(crate) mod order;
mod partial;
pub mod reference;
pub(crate) mod series;
mod signers;
pub mod stdlib;
mod step;
#[cfg(test)]
mod tests;
mod transfer;
pub(crate) mod values;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{Action, Runbook};
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, SourceId, Span, Text};

use crate::plan::template::{Advice, Reading};
use crate::signers::Signers;

pub(crate) use call::is_reckoned;
pub use error::CheckError;
pub(crate) use gate::{APPROVERS, AT_ONCE, bad_approver, is_user};
pub use library::{Import, Library, LoadError, NoFiles, ParsedFile, Update};
pub(crate) use lock::{LOCKS, bad_lock};
pub use names::RESERVED;
pub(crate) use names::similar;
pub use partial::check_beside;

/// A file of runbooks or of actions, with all that it imports, whose every name has a meaning and whose types fit.
#[derive(Debug, Clone)]
pub struct Program {
    /// The runbook that is meant, by the place of its name.
    main: Option<Span>,
    /// Those that stand in the file itself, in its order.
    own: Vec<Span>,
    runbooks: BTreeMap<String, Runbook>,
    series: BTreeMap<Span, Vec<Update>>,
    actions: BTreeMap<String, Action>,
    imports: Vec<Import>,
    sources: Vec<Source>,
    used: BTreeSet<Span>,
    advice: Vec<Advice>,
    readings: BTreeMap<Span, Reading>,
    asked: BTreeSet<String>,
    signers: BTreeMap<Span, Signers>,
}

impl Program {
    /// The runbook that is meant: the first of the file, until [`Self::choose`] says otherwise. `None`: the file holds
    /// actions only.
    #[must_use]
    pub fn runbook(&self) -> Option<&Runbook> {
        self.runbook_at(self.main?)
    }

    /// The runbook whose name stands there.
    #[must_use]
    pub fn runbook_at(&self, name: Span) -> Option<&Runbook> {
        let updates = self.series.values().flatten().map(|update| &update.runbook);
        self.runbooks.values().chain(updates).find(|runbook| runbook.name.span == name)
    }

    /// Every runbook that can be called, by its name: those of the file, and of the files that it imports.
    #[must_use]
    pub fn runbooks(&self) -> &BTreeMap<String, Runbook> {
        &self.runbooks
    }

    /// What a `series` goes through, in its order: up by versions, or down, each runbook turned round. `folder` is where its folder is written.
    #[must_use]
    pub fn updates(&self, folder: Span) -> &[Update] {
        self.series.get(&folder).map_or(&[], Vec::as_slice)
    }

    /// The runbooks that stand in the file itself, in its order, by the places of their names.
    #[must_use]
    pub fn own_runbooks(&self) -> &[Span] {
        &self.own
    }

    /// Another of its runbooks is meant. False: there is none of this name.
    pub fn choose(&mut self, name: &str) -> bool {
        let at = self.runbooks.get(name).map(|runbook| runbook.name.span);
        at.is_some_and(|at| self.choose_at(at))
    }

    /// The same by the place of its name: the runbooks of a series have no names of their own.
    pub fn choose_at(&mut self, name: Span) -> bool {
        let is_there = self.runbook_at(name).is_some();
        if is_there {
            self.main = Some(name);
        }
        is_there
    }

    /// The runbook that is meant, and every one that it calls, directly or not, by the places of their names.
    #[must_use]
    pub fn reachable(&self) -> Vec<Span> {
        let mut found: Vec<&Runbook> = self.runbook().into_iter().collect();
        let mut known: BTreeSet<Span> = found.iter().map(|runbook| runbook.name.span).collect();
        let mut next = 0;
        while let Some(runbook) = found.get(next) {
            for called in call::called(runbook, &self.runbooks, &self.series) {
                if known.insert(called.name.span) {
                    found.push(called);
                }
            }
            next += 1;
        }
        found.into_iter().map(|runbook| runbook.name.span).collect()
    }

    /// Every action that it can use, the standard library's among them.
    #[must_use]
    pub fn actions(&self) -> &BTreeMap<String, Action> {
        &self.actions
    }

    /// Every import of its files.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        &self.imports
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

    /// The file of allowed signers whose path is written there.
    pub(crate) fn signers(&self, path: Span) -> Option<&Signers> {
        self.signers.get(&path)
    }

    /// Whether some `succeeded` asks about a step of this id.
    pub(crate) fn asks_about(&self, step: &str) -> bool {
        self.asked.contains(step)
    }

    /// A command as its shell will read it.
    pub(crate) fn reading(&self, command: &Text) -> Option<&Reading> {
        self.readings.get(&command.span)
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
    let mut checker = walk::Checker::new(&loaded.actions, &loaded.runbooks, &loaded.series);
    checker.irreversible = call::irreversible(&loaded.actions, &loaded.runbooks, &loaded.series);
    checker.errors = loaded.errors;
    for action in loaded.actions.values().filter(|a| !stdlib::is_standard(a.name.span.source)) {
        checker.action(action);
    }
    for runbook in loaded.files.iter().flat_map(|f| &f.file.runbooks) {
        checker.runbook(runbook);
    }
    for update in loaded.down.iter().filter_map(|folder| loaded.series.get(folder)).flatten() {
        checker.runbook(&update.runbook);
    }
    checker.find_uploads(&loaded.files, id, library);
    let signers = checker.read_signers(&loaded.files, library);
    let own: Vec<Span> = loaded.files.iter().filter(|f| f.source.id == id).flat_map(|f| &f.file.runbooks).map(|r| r.name.span).collect();
    let (mut errors, used) = (checker.errors, checker.used);
    let (advice, readings, asked) = (checker.advice, checker.readings, checker.asked);
    if errors.iter().any(|e| e.severity == Severity::Error) {
        errors.sort_by_key(|e| (e.span.source, e.span.start));
        errors.dedup();
        return Err(errors);
    }
    let sources = loaded.files.into_iter().map(|f| f.source).collect();
    Ok(Program {
        main: own.first().copied(),
        own,
        runbooks: loaded.runbooks,
        series: loaded.series,
        actions: loaded.actions,
        imports: loaded.imports,
        sources,
        used,
        advice,
        readings,
        asked,
        signers,
    })
}
