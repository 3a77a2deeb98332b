//! `upload` and `download`: paths that can be meant, files that are there, fields that fit.

use grammar::ast::{Fields, Operand};
use grammar::source::{Source, SourceId, Text};

use super::error::CheckError;
use super::library::{Library, LoadError, ParsedFile};
use super::walk::{Checker, Place};
use crate::plan::template::Prose;
use crate::value::Type;

impl Checker<'_> {
    pub(super) fn upload(&mut self, src: &Text, to: &Text, fields: &Fields, here: &Place) {
        self.path(src, "what an `upload` takes", here);
        self.path(to, "where an `upload` goes", here);
        self.no_command(fields, "a step that uploads");
        // What an action or the whole depends on is told when the plan is drawn.
        if !here.in_action {
            self.known_early(&Operand::Literal(src.clone()), "what an `upload` takes", here);
        }
        if Prose::compile(src).is_ok_and(|prose| prose.expressions().next().is_none()) {
            self.uploads.push(src.clone());
        }
    }

    pub(super) fn download(&mut self, src: &Text, to: &Text, fields: &Fields, here: &Place) {
        self.path(src, "what a `download` takes", here);
        self.path(to, "where a `download` goes", here);
        self.no_command(fields, "a step that downloads");
    }

    fn path(&mut self, text: &Text, what: &str, here: &Place) {
        self.operand(&Operand::Literal(text.clone()), &Type::Path, what, here);
        if text.text.ends_with('/') {
            self.error(CheckError::BadPlace { at: text.span, path: text.text.clone(), why: "it names a folder" });
        } else if text.text.starts_with('~') {
            self.error(CheckError::BadPlace { at: text.span, path: text.text.clone(), why: "`~` stands for no folder here" });
        }
    }

    /// Fields that speak of a command.
    fn no_command(&mut self, fields: &Fields, place: &'static str) {
        if let Some(stdin) = &fields.stdin {
            self.error(CheckError::MisplacedField { at: stdin.span, field: "stdin", place, help: "the file is all that crosses: give `stdin` to a `run`" });
        }
    }

    /// Looks for the files whose paths are written out.
    pub(super) fn find_uploads(&mut self, files: &[ParsedFile], main: SourceId, library: &mut dyn Library) {
        let source = |id: SourceId| -> Option<&Source> { files.iter().map(|f| &f.source).find(|s| s.id == id) };
        for src in std::mem::take(&mut self.uploads) {
            let Some(from) = source(src.span.source).or_else(|| source(main)) else { continue };
            let path = src.text.replace("\\{{", "{{");
            match library.find(&path, from) {
                Ok(()) => {}
                Err(LoadError::Outside) => self.error(CheckError::UploadOutside { at: src.span, path }),
                Err(LoadError::Unreadable { why }) => self.error(CheckError::UploadUnreadable { at: src.span, path, why }),
                Err(LoadError::Mistaken(mistakes)) => self.errors.extend(mistakes),
            }
        }
    }
}
