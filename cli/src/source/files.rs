//! Files read for a program, each once, and those that could not be read.

use std::io::Read;
use std::path::{Path, PathBuf};

use grammar::Parsed;
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, SourceId, Span};

/// One byte above what the parser takes: it says the rest.
const MOST: u64 = (1 << 20) + 1;

/// The code of a file that can't be read at all.
pub(super) const UNREADABLE: &str = "RB0900";

/// Every file read so far. A file that can't be read stands here with an empty text, so that its diagnostic has a
/// place.
#[derive(Debug, Default)]
pub(crate) struct Files {
    sources: Vec<Source>,
    canonical: Vec<PathBuf>,
}

/// Why there is no source.
#[derive(Debug)]
pub(crate) struct Unread(pub(crate) Box<Diagnostic>);

impl Files {
    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Reads a file and keeps it; the same file comes back with the same id.
    ///
    /// # Errors
    /// A diagnostic without a text: not there, a folder, not UTF-8, not readable.
    pub(crate) fn read(&mut self, path: &Path) -> Result<Source, Unread> {
        let canonical = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if let Some(known) = self.canonical.iter().position(|p| *p == canonical) {
            return Ok(self.sources[known].clone());
        }
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        let shown = path.display().to_string();
        let (text, diagnostic) = match bytes(path) {
            Err(why) => (String::new(), unreadable(id, &shown, &why)),
            Ok(bytes) => {
                let drawn = drawable(&bytes);
                match grammar::read_utf8(id, &shown, bytes) {
                    Ok(source) => {
                        self.keep(source.clone(), canonical);
                        return Ok(source);
                    }
                    Err(diagnostic) => (drawn, diagnostic),
                }
            }
        };
        self.keep(Source { id, path: shown, text }, PathBuf::new());
        Err(Unread(Box::new(diagnostic)))
    }

    /// Reads and parses. The diagnostics are those of this file alone.
    pub(crate) fn parse(&mut self, path: &Path) -> Result<(Source, Parsed), Unread> {
        let source = self.read(path)?;
        let parsed = grammar::parse(&source);
        Ok((source, parsed))
    }

    fn keep(&mut self, source: Source, canonical: PathBuf) {
        self.sources.push(source);
        self.canonical.push(canonical);
    }
}

/// The text with a `?` for each byte that is none, so that every place stays where it is.
fn drawable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    if path.is_dir() {
        return Err("it is a folder".to_owned());
    }
    let file = std::fs::File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => e.to_string(),
    })?;
    let mut bytes = Vec::new();
    // A device or a pipe has no end; a file of this size is refused anyway.
    file.take(MOST).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}

fn unreadable(id: SourceId, path: &str, why: &str) -> Diagnostic {
    let help = if why.contains("folder") {
        format!("name a file in it, or `runbook lint {path}` for all of them")
    } else {
        "check the path; it is relative to the folder you are in".to_owned()
    };
    Diagnostic {
        code: UNREADABLE,
        severity: Severity::Error,
        message: format!("{path} can't be read: {why}"),
        span: Span::new(id, 0, 0),
        label: String::new(),
        related: Vec::new(),
        help: Some(help),
        fix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_a_missing_file_and_wrong_bytes_are_diagnostics() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut files = Files::default();
        let mut why = |path: &Path| files.read(path).err().map(|u| u.0.message).unwrap_or_default();
        assert!(why(folder.path()).ends_with("it is a folder"));
        assert!(why(&folder.path().join("none.runbook")).ends_with("no such file"));
        std::fs::write(folder.path().join("bad.runbook"), b"run\xffbook")?;
        assert!(!why(&folder.path().join("bad.runbook")).is_empty());
        Ok(())
    }
}
