//! `signers`: a file that is there, and of which each line names one person.

use std::collections::BTreeMap;

use grammar::source::Span;

use super::error::CheckError;
use super::library::{Library, LoadError, ParsedFile};
use super::walk::Checker;
use crate::signers::{Signers, mistakes};

impl Checker<'_> {
    /// Reads the files of allowed signers, by the places where their paths are written.
    pub(super) fn read_signers(&mut self, files: &[ParsedFile], library: &mut dyn Library) -> BTreeMap<Span, Signers> {
        let mut read = BTreeMap::new();
        for file in files {
            for path in file.file.runbooks.iter().filter_map(|runbook| runbook.signers.as_ref()) {
                let at = path.span;
                let path = path.text.clone();
                match library.text(&path, &file.source) {
                    Ok(text) => {
                        for mistake in mistakes(&text) {
                            self.error(CheckError::SignersMistaken { at, path: path.clone(), line: mistake.line, why: mistake.why });
                        }
                        read.insert(at, Signers { path, text });
                    }
                    Err(LoadError::Mistaken(mistakes)) => self.errors.extend(mistakes),
                    Err(error) => self.error(CheckError::SignersUnreadable { at, path, why: error.to_string() }),
                }
            }
        }
        read
    }
}
