//! The way in: from a source to its tree and its diagnostics.

use crate::ast::File;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, SourceId, Span};
use crate::syntax_error::{Errors, SyntaxError};
use crate::{native, yaml};

/// The largest file that is read, in bytes. The largest real procedure that was tried has 40 kB.
pub(crate) const SIZE: usize = 1 << 20;

/// A tree, and everything that is wrong with the text it was read from, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    pub file: File,
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    Native,
    Yaml,
}

/// The spelling that a file's name announces: YAML for `.yaml` and `.yml`, native for all else.
#[must_use]
pub fn spelling_of(path: &str) -> Spelling {
    match path.rsplit_once('.') {
        Some((_, "yaml" | "yml")) => Spelling::Yaml,
        _ => Spelling::Native,
    }
}

/// Reads a file in the spelling that its name announces.
#[must_use]
pub fn parse(source: &Source) -> Parsed {
    parse_as(source, spelling_of(&source.path))
}

/// Reads a file in the given spelling. Never panics, whatever the text.
#[must_use]
pub fn parse_as(source: &Source, spelling: Spelling) -> Parsed {
    let mut errors = Errors::default();
    if source.text.len() > SIZE {
        let span = Span::new(source.id, 0, 0);
        errors.push(SyntaxError::FileTooLarge { span, limit: SIZE });
        return parsed(File::default(), &errors);
    }
    // One is enough to say so: a file with many is no text.
    if let Some(at) = source.text.find('\0') {
        errors.push(SyntaxError::NulByte { span: Span::new(source.id, at, at + 1) });
    }
    let file = match spelling {
        Spelling::Native => native::parse(source, &mut errors),
        Spelling::Yaml => yaml::parse(source, &mut errors),
    };
    let nothing = file.imports.is_empty() && file.actions.is_empty() && file.runbooks.is_empty();
    if nothing && !errors.list.iter().any(SyntaxError::is_error) {
        let span = Span::new(source.id, 0, 0);
        errors.push(SyntaxError::EmptyFile { span });
    }
    parsed(file, &errors)
}

fn parsed(file: File, errors: &Errors) -> Parsed {
    let mut diagnostics: Vec<_> = errors.list.iter().map(SyntaxError::diagnostic).collect();
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    Parsed { file, diagnostics }
}

/// Takes bytes as a source, if they are UTF-8; else says where the first wrong byte stands. The diagnostic's span
/// counts in the file's bytes.
#[expect(clippy::result_large_err, reason = "asked once a file, and the caller shows it")]
pub fn read_utf8(id: SourceId, path: &str, bytes: Vec<u8>) -> Result<Source, Diagnostic> {
    String::from_utf8(bytes).map(|text| Source { id, path: path.to_owned(), text }).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        SyntaxError::NotUtf8 { span: Span::new(id, at, at + 1), byte }.diagnostic()
    })
}
