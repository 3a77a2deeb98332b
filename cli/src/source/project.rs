//! Imports: files below the project's folder, and nowhere else.

use std::path::{Path, PathBuf};

use engine::check::{Library, LoadError, ParsedFile};
use grammar::diagnostic::Severity;
use grammar::source::Source;

use super::Files;
use super::files::UNREADABLE;
use super::uploads::{folder_of, found};

/// The root of a file's project.
pub(crate) fn root_of(file: &Path) -> PathBuf {
    let folder = file.canonicalize().ok().and_then(|f| f.parent().map(Path::to_owned)).unwrap_or_default();
    root_above(&folder)
}

/// The nearest folder, from this one up, that holds `.git`; else this one itself.
pub(crate) fn root_above(folder: &Path) -> PathBuf {
    folder.ancestors().find(|f| f.join(".git").exists()).unwrap_or(folder).to_owned()
}

/// What a program may import.
#[derive(Debug)]
pub(crate) struct Project<'a> {
    pub(crate) files: &'a Files,
    pub(crate) root: PathBuf,
}

impl Project<'_> {
    /// What a path means in a file, if it lies in the project. Links are followed first: what counts is where it really
    /// lies.
    fn beside(&self, path: &str, from: &Source) -> Result<PathBuf, LoadError> {
        let beside = folder_of(&from.path).join(path);
        let real = beside.canonicalize().map_err(|e| LoadError::Unreadable { why: said(&e) })?;
        if real.starts_with(&self.root) { Ok(beside) } else { Err(LoadError::Outside) }
    }
}

impl Library for Project<'_> {
    fn load(&mut self, path: &str, from: &Source) -> Result<ParsedFile, LoadError> {
        let beside = self.beside(path, from)?;
        let file = self.files.read(&beside).map_err(|unread| {
            if unread.0.code == UNREADABLE { LoadError::Unreadable { why: unread.0.message } } else { LoadError::Mistaken(vec![*unread.0]) }
        })?;
        let parsed = file.parsed();
        if parsed.diagnostics.iter().any(|d| d.severity == Severity::Error) {
            return Err(LoadError::Mistaken(parsed.diagnostics.clone()));
        }
        Ok(ParsedFile { source: file.source.clone(), file: parsed.file.clone() })
    }

    fn list(&mut self, folder: &str, from: &Source) -> Result<Vec<String>, LoadError> {
        let unreadable = |e: std::io::Error| LoadError::Unreadable { why: said(&e) };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.beside(folder, from)?).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if !entry.path().is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn find(&mut self, path: &str, from: &Source) -> Result<(), LoadError> {
        found(&folder_of(&from.path), path, &self.root).map(|_| ())
    }

    fn text(&mut self, path: &str, from: &Source) -> Result<String, LoadError> {
        let path = found(&folder_of(&from.path), path, &self.root)?;
        std::fs::read_to_string(path).map_err(|e| LoadError::Unreadable { why: said(&e) })
    }
}

pub(super) fn said(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::NotADirectory => "it is no folder".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_the_project_are_imported() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let project = folder.path().join("project");
        std::fs::create_dir_all(project.join(".git"))?;
        std::fs::create_dir_all(project.join("web"))?;
        std::fs::write(folder.path().join("secret.runbook"), "runbook a { }\n")?;
        std::os::unix::fs::symlink(folder.path().join("secret.runbook"), project.join("link.runbook"))?;
        let from = Source { id: grammar::source::SourceId(9), path: project.join("web/main.runbook").display().to_string(), text: String::new() };
        std::fs::write(&from.path, "")?;
        assert_eq!(root_of(Path::new(&from.path)), project.canonicalize()?);
        let files = Files::default();
        let mut library = Project { files: &files, root: project.canonicalize()? };
        assert!(matches!(library.load("../../secret.runbook", &from), Err(LoadError::Outside)));
        assert!(matches!(library.load("../link.runbook", &from), Err(LoadError::Outside)));
        assert!(matches!(library.load("none.runbook", &from), Err(LoadError::Unreadable { .. })));
        std::fs::create_dir_all(project.join("web/up/deeper"))?;
        std::fs::write(project.join("web/up/1.0.runbook"), "runbook a { }\n")?;
        std::os::unix::fs::symlink(folder.path(), project.join("out"))?;
        assert_eq!(library.list("up/", &from).unwrap_or_default(), ["1.0.runbook"]);
        assert!(matches!(library.list("../../", &from), Err(LoadError::Outside)));
        assert!(matches!(library.list("../out", &from), Err(LoadError::Outside)));
        assert!(matches!(library.list("up/1.0.runbook", &from), Err(LoadError::Unreadable { why }) if why == "it is no folder"));
        Ok(())
    }
}
