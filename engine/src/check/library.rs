//! Imports: the files of a program, each once, and the tables of its actions and runbooks.

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{Action, File, Runbook};
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, SourceId, Span, Text};
use thiserror::Error;

use super::down::Turning;
use super::error::CheckError;
use super::{call, order, series, stdlib};

/// One file, read and parsed.
#[derive(Debug, Clone)]
pub struct ParsedFile {
    pub source: Source,
    pub file: File,
}

/// Reads what is imported. The engine itself opens no file.
pub trait Library {
    /// `path` as written, relative to the file `from`. The same file always comes with the same source id.
    ///
    /// # Errors
    /// Why it can't be had.
    fn load(&mut self, path: &str, from: &Source) -> Result<ParsedFile, LoadError>;

    /// The names of the files in a folder, in any order. `folder` as written, relative to the file `from`.
    ///
    /// # Errors
    /// Why it can't be had.
    fn list(&mut self, folder: &str, from: &Source) -> Result<Vec<String>, LoadError>;

    /// Whether a file can be uploaded; `path` as for [`Self::load`].
    ///
    /// # Errors
    /// Why it can't be had.
    fn find(&mut self, path: &str, from: &Source) -> Result<(), LoadError>;

    /// The content of a text file that is no runbook; `path` as for [`Self::load`].
    ///
    /// # Errors
    /// Why it can't be had.
    fn text(&mut self, _path: &str, _from: &Source) -> Result<String, LoadError> {
        Err(LoadError::Unreadable { why: "there are no files here".to_owned() })
    }
}

#[derive(Debug, Clone, Error)]
pub enum LoadError {
    /// Not there, not readable, not a file.
    #[error("{why}")]
    Unreadable { why: String },
    /// It lies outside the project's folder.
    #[error("it lies outside the project's folder")]
    Outside,
    /// It was read, and its own mistakes stand in it.
    #[error("there are mistakes in it")]
    Mistaken(Vec<Diagnostic>),
}

/// A library without files: only the standard library can be used.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Library for NoFiles {
    fn load(&mut self, _path: &str, _from: &Source) -> Result<ParsedFile, LoadError> {
        Err(LoadError::Unreadable { why: "there are no files here".to_owned() })
    }

    fn list(&mut self, _folder: &str, _from: &Source) -> Result<Vec<String>, LoadError> {
        Err(LoadError::Unreadable { why: "there are no files here".to_owned() })
    }

    fn find(&mut self, _path: &str, _from: &Source) -> Result<(), LoadError> {
        Err(LoadError::Unreadable { why: "there are no files here".to_owned() })
    }
}

/// The runbook of a series that brings its system up to a version.
#[derive(Debug, Clone)]
pub struct Update {
    pub version: String,
    pub runbook: Runbook,
}

/// One `import`: where it is written, and the file that it brings in.
#[derive(Debug, Clone)]
pub struct Import {
    pub path: Text,
    pub file: SourceId,
}

#[derive(Default)]
pub(super) struct Loaded {
    /// The main file first, then as imported.
    pub(super) files: Vec<ParsedFile>,
    pub(super) actions: BTreeMap<String, Action>,
    pub(super) runbooks: BTreeMap<String, Runbook>,
    /// What a `series` goes through, in its order, by the place of its folder.
    pub(super) series: BTreeMap<Span, Vec<Update>>,
    /// The folders of those that go down.
    pub(super) down: BTreeSet<Span>,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) imports: Vec<Import>,
    /// What of the standard library is there.
    standard: BTreeSet<SourceId>,
}

impl Loaded {
    /// `whole`: all of the standard library, also what the main file does not speak of.
    pub(super) fn new(main: ParsedFile, library: &mut dyn Library, whole: bool) -> Self {
        let mut loaded = Self::default();
        // A file of the standard library itself, being linted: it stands in for the copy that is compiled in.
        loaded.standard.extend(stdlib::all().iter().filter(|standard| standard.is_text(&main.source.text)).map(stdlib::Standard::id));
        loaded.standard(|standard| whole || standard.is_spoken_of(&main.source.text));
        let mut around = Vec::new();
        loaded.take(main, library, &mut around);
        loaded.turn();
        loaded.errors.extend(order::recursions(&loaded.actions).into_iter().map(Into::into));
        loaded.errors.extend(call::endless(&loaded.runbooks, &loaded.series).into_iter().map(Into::into));
        loaded
    }

    /// What a series goes down by is what its runbooks say of their undo.
    fn turn(&mut self) {
        let mut turning = Turning::default();
        let down: Vec<(Span, Span)> = self.files.iter().flat_map(|file| &file.file.runbooks).flat_map(|runbook| call::down(&runbook.body)).collect();
        for (folder, from) in down {
            self.down.insert(folder);
            if let Some(updates) = self.series.get_mut(&folder) {
                updates.reverse();
                for update in updates {
                    update.runbook = turning.runbook(&update.runbook, from, &self.actions);
                }
            }
        }
        self.errors.extend(turning.errors.into_iter().map(Into::into));
        self.actions.extend(turning.actions);
    }

    /// Brings in those files of the standard library that are wanted and not there yet.
    fn standard(&mut self, wanted: impl Fn(&stdlib::Standard) -> bool) {
        for standard in stdlib::all().iter().filter(|standard| wanted(standard)) {
            if self.standard.insert(standard.id()) {
                let (file, mistakes) = standard.parsed();
                self.errors.extend(mistakes.iter().filter(|d| d.severity == Severity::Error).cloned());
                self.define(&file.actions);
            }
        }
    }

    fn take(&mut self, file: ParsedFile, library: &mut dyn Library, around: &mut Vec<Source>) {
        self.define_runbooks(&file.file.runbooks);
        self.take_update(file, library, around);
    }

    /// A file whose runbooks can't be called by their names.
    fn take_update(&mut self, file: ParsedFile, library: &mut dyn Library, around: &mut Vec<Source>) {
        let imports = file.file.imports.clone();
        let folders: Vec<Text> = file.file.runbooks.iter().flat_map(|r| call::folders(&r.body)).cloned().collect();
        let source = file.source.clone();
        self.standard(|standard| standard.is_spoken_of(&source.text));
        self.define(&file.file.actions);
        self.files.push(file);
        around.push(source.clone());
        for path in imports {
            match library.load(&path.text, &source) {
                Ok(other) => {
                    self.imports.push(Import { path: path.clone(), file: other.source.id });
                    self.import(&path, other, library, around);
                }
                Err(LoadError::Unreadable { why }) => self.errors.push(CheckError::ImportFailed { at: path.span, path: path.text.clone(), why }.into()),
                Err(LoadError::Outside) => self.errors.push(CheckError::ImportOutside { at: path.span, path: path.text.clone() }.into()),
                Err(LoadError::Mistaken(mistakes)) => self.mistaken(mistakes),
            }
        }
        for folder in folders {
            let updates = self.updates(&folder, &source, library);
            self.series.insert(folder.span, updates);
        }
        around.pop();
    }

    fn mistaken(&mut self, mistakes: Vec<Diagnostic>) {
        if !mistakes.iter().all(|m| self.errors.contains(m)) {
            self.errors.extend(mistakes);
        }
    }

    /// The runbooks of a folder, each of which is named by its version.
    fn updates(&mut self, folder: &Text, source: &Source, library: &mut dyn Library) -> Vec<Update> {
        let unreadable = |why| CheckError::SeriesUnreadable { at: folder.span, folder: folder.text.clone(), why };
        let names = match library.list(&folder.text, source) {
            Ok(names) => names,
            Err(error) => {
                self.errors.push(unreadable(error.to_string()).into());
                return Vec::new();
            }
        };
        let (files, mistakes) = series::by_version(folder, names);
        self.errors.extend(mistakes.into_iter().map(Into::into));
        let mut updates = Vec::new();
        for (version, name) in files {
            let path = format!("{}/{name}", folder.text.trim_end_matches('/'));
            match library.load(&path, source) {
                Err(LoadError::Mistaken(mistakes)) => self.mistaken(mistakes),
                Err(error) => self.errors.push(unreadable(format!("{name}: {error}")).into()),
                Ok(file) => {
                    match file.file.runbooks.as_slice() {
                        [runbook] => updates.push(Update { version, runbook: runbook.clone() }),
                        others => self.errors.push(CheckError::SeriesFile { at: folder.span, name, count: others.len() }.into()),
                    }
                    if !self.files.iter().any(|f| f.source.id == file.source.id) {
                        // It may import the file with the series: what files hold is one thing, who calls whom another.
                        self.take_update(file, library, &mut Vec::new());
                    }
                }
            }
        }
        updates
    }

    fn import(&mut self, path: &Text, other: ParsedFile, library: &mut dyn Library, around: &mut Vec<Source>) {
        if let Some(start) = around.iter().position(|s| s.id == other.source.id) {
            let mut paths: Vec<String> = around[start..].iter().map(|s| s.path.clone()).collect();
            paths.push(other.source.path);
            // Told from its smallest position, whichever file was read first.
            let inside: Vec<SourceId> = around[start..].iter().map(|s| s.id).collect();
            let part = |import: &&Import| inside.contains(&import.path.span.source) && inside.contains(&import.file);
            let mut places: Vec<Span> = self.imports.iter().filter(part).map(|import| import.path.span).chain([path.span]).collect();
            places.sort_unstable();
            places.dedup();
            let at = places.remove(0);
            self.errors.push(CheckError::ImportCycle { at, others: places, paths }.into());
        } else if !self.files.iter().any(|f| f.source.id == other.source.id) {
            self.take(other, library, around);
        }
    }

    fn define(&mut self, actions: &[Action]) {
        for action in actions {
            match self.actions.get(&action.name.value) {
                Some(first) => {
                    let first = first.name.span;
                    let standard = stdlib::is_standard(first.source);
                    self.errors.push(CheckError::DuplicateAction { at: action.name.span, first, name: action.name.value.clone(), standard }.into());
                }
                None => {
                    self.actions.insert(action.name.value.clone(), action.clone());
                }
            }
        }
    }

    fn define_runbooks(&mut self, runbooks: &[Runbook]) {
        for runbook in runbooks {
            match self.runbooks.get(&runbook.name.value) {
                Some(first) => {
                    let first = first.name.span;
                    self.errors.push(CheckError::DuplicateRunbook { at: runbook.name.span, first, name: runbook.name.value.clone() }.into());
                }
                None => {
                    self.runbooks.insert(runbook.name.value.clone(), runbook.clone());
                }
            }
        }
    }
}
