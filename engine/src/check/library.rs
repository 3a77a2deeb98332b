//! Imports: the files of a program, each once, and the tables of its actions and runbooks.

use std::collections::BTreeMap;

use grammar::ast::{Action, File, Runbook};
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, Text};

use super::error::CheckError;
use super::{call, order, stdlib};

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
}

#[derive(Debug, Clone)]
pub enum LoadError {
    /// Not there, not readable, not a file.
    Unreadable { why: String },
    /// It lies outside the project's folder.
    Outside,
    /// It was read, and its own mistakes stand in it.
    Mistaken(Vec<Diagnostic>),
}

/// A library without files: only the standard library can be used.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Library for NoFiles {
    fn load(&mut self, _path: &str, _from: &Source) -> Result<ParsedFile, LoadError> {
        Err(LoadError::Unreadable { why: "there are no files here".to_owned() })
    }
}

#[derive(Default)]
pub(super) struct Loaded {
    /// The main file first, then as imported.
    pub(super) files: Vec<ParsedFile>,
    pub(super) actions: BTreeMap<String, Action>,
    pub(super) runbooks: BTreeMap<String, Runbook>,
    pub(super) errors: Vec<Diagnostic>,
}

impl Loaded {
    /// `whole`: all of the standard library, also what the main file does not speak of.
    pub(super) fn new(main: ParsedFile, library: &mut dyn Library, whole: bool) -> Self {
        let mut loaded = Self::default();
        for source in stdlib::sources().filter(|s| whole || stdlib::is_spoken_of(s, &main.source.text)) {
            let parsed = grammar::parse(&source);
            loaded.errors.extend(parsed.diagnostics.into_iter().filter(|d| d.severity == Severity::Error));
            loaded.define(&parsed.file.actions);
        }
        let mut around = Vec::new();
        loaded.take(main, library, &mut around);
        loaded.errors.extend(order::recursions(&loaded.actions).into_iter().map(Into::into));
        loaded.errors.extend(call::circles(&loaded.runbooks).into_iter().map(Into::into));
        loaded
    }

    fn take(&mut self, file: ParsedFile, library: &mut dyn Library, around: &mut Vec<Source>) {
        let imports = file.file.imports.clone();
        let source = file.source.clone();
        self.define(&file.file.actions);
        self.define_runbooks(&file.file.runbooks);
        self.files.push(file);
        around.push(source.clone());
        for path in imports {
            match library.load(&path.text, &source) {
                Ok(other) => self.import(&path, other, library, around),
                Err(LoadError::Unreadable { why }) => self.errors.push(CheckError::ImportFailed { at: path.span, path: path.text.clone(), why }.into()),
                Err(LoadError::Outside) => self.errors.push(CheckError::ImportOutside { at: path.span, path: path.text.clone() }.into()),
                Err(LoadError::Mistaken(mistakes)) => {
                    if !mistakes.iter().all(|m| self.errors.contains(m)) {
                        self.errors.extend(mistakes);
                    }
                }
            }
        }
        around.pop();
    }

    fn import(&mut self, path: &Text, other: ParsedFile, library: &mut dyn Library, around: &mut Vec<Source>) {
        if let Some(start) = around.iter().position(|s| s.id == other.source.id) {
            let mut paths: Vec<String> = around[start..].iter().map(|s| s.path.clone()).collect();
            paths.push(other.source.path);
            self.errors.push(CheckError::ImportCycle { at: path.span, paths }.into());
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
