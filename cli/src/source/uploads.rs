//! Files that a runbook uploads: below the project's folder, pinned by what is in them now.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use engine::check::LoadError;
use engine::journal::files::hash_of;
use engine::plan::ProjectFiles;
use engine::plan::model::PinnedFile;
use grammar::source::SourceId;

use super::Files;
use super::project::said;

/// Each file is read once, however many hosts it goes to.
#[derive(Debug)]
pub(crate) struct Uploads {
    /// The folder of each source.
    folders: Vec<PathBuf>,
    root: PathBuf,
    pinned: RefCell<BTreeMap<PathBuf, PinnedFile>>,
}

impl Uploads {
    pub(crate) fn new(files: &Files, root: PathBuf) -> Self {
        let folders = files.sources().iter().map(|source| folder_of(&source.path)).collect();
        Self { folders, root, pinned: RefCell::default() }
    }

    /// Where the content of a hash was read.
    pub(crate) fn path_of(&self, hash: &str) -> Option<PathBuf> {
        self.pinned.borrow().iter().find(|(_, file)| file.hash == hash).map(|(path, _)| path.clone())
    }
}

impl ProjectFiles for Uploads {
    fn pin(&self, path: &str, from: SourceId) -> Result<PinnedFile, LoadError> {
        let folder = self.folders.get(from.0 as usize).cloned().unwrap_or_default();
        let path = found(&folder, path, &self.root)?;
        if let Some(known) = self.pinned.borrow().get(&path) {
            return Ok(known.clone());
        }
        let file = File::open(&path).map_err(|e| unreadable(&e))?;
        let executable = file.metadata().map_err(|e| unreadable(&e))?.permissions().mode() & 0o100 != 0;
        let (hash, size) = hash_of(file, |_| Ok(())).map_err(|e| unreadable(&e))?;
        let pinned = PinnedFile { hash, size, executable };
        self.pinned.borrow_mut().insert(path, pinned.clone());
        Ok(pinned)
    }
}

pub(super) fn folder_of(source: &str) -> PathBuf {
    Path::new(source).parent().unwrap_or(Path::new("")).to_owned()
}

/// A regular file below the project's folder. Links are followed first: what counts is where the file really lies.
pub(super) fn found(folder: &Path, path: &str, root: &Path) -> Result<PathBuf, LoadError> {
    let real = match folder.join(path).canonicalize() {
        Ok(real) => real,
        // What is not there may lead out all the same.
        Err(_) if !plain(folder, path).starts_with(root) => return Err(LoadError::Outside),
        Err(e) => return Err(unreadable(&e)),
    };
    if !real.starts_with(root) {
        return Err(LoadError::Outside);
    }
    let kind = std::fs::metadata(&real).map_err(|e| unreadable(&e))?.file_type();
    let why = if kind.is_dir() {
        "it is a folder: upload its files one by one, or pack them into one"
    } else if !kind.is_file() {
        "it is no regular file"
    } else {
        return Ok(real);
    };
    Err(LoadError::Unreadable { why: why.to_owned() })
}

/// The path without its dots, as far as it can be told without the file.
fn plain(folder: &Path, path: &str) -> PathBuf {
    // A runbook that is named without a folder lies in this one.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut plain = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

fn unreadable(error: &std::io::Error) -> LoadError {
    LoadError::Unreadable { why: said(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_below_the_project_are_uploaded() -> std::io::Result<()> {
        let outer = tempfile::tempdir()?;
        let root = outer.path().canonicalize()?.join("project");
        std::fs::create_dir_all(root.join("web/files"))?;
        std::fs::write(root.join("web/files/a.conf"), "a")?;
        std::fs::write(outer.path().join("secret"), "s")?;
        std::os::unix::fs::symlink("../../secret", root.join("web/link"))?;
        std::os::unix::fs::symlink("files/a.conf", root.join("web/inner"))?;
        let web = root.join("web");
        for (path, fine) in [("files/a.conf", true), ("inner", true), ("../web/files/a.conf", true)] {
            assert_eq!(found(&web, path, &root).is_ok(), fine, "{path}");
        }
        for path in ["../../secret", "../../none", "files/../../../none", "/none", "link", "/etc/passwd", "/proc/self/environ"] {
            assert!(matches!(found(&web, path, &root), Err(LoadError::Outside)), "{path}");
        }
        for path in ["files", "none", "files/a.conf/x"] {
            assert!(matches!(found(&web, path, &root), Err(LoadError::Unreadable { .. })), "{path}");
        }
        Ok(())
    }
}
