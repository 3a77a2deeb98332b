//! Which files and which runbook a person means.

use std::path::{Path, PathBuf};

use crate::complaint::Complaint;

/// `FILE` or `FILE#NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) file: PathBuf,
    pub(crate) runbook: Option<String>,
}

/// Reads `FILE#NAME`; a file whose own name has a `#` is taken as it is.
pub(crate) fn find(argument: &str, runbook: Option<&str>) -> Named {
    let whole = PathBuf::from(argument);
    let named = |file: PathBuf, name: Option<&str>| Named { file, runbook: runbook.or(name).map(str::to_owned) };
    match argument.rsplit_once('#') {
        Some((file, name)) if !whole.exists() && !file.is_empty() && !name.is_empty() => named(PathBuf::from(file), Some(name)),
        _ => named(whole, None),
    }
}

/// A file that is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) path: PathBuf,
    /// A person named it; otherwise it was found in a folder.
    pub(crate) by_name: bool,
}

/// The files that `lint PATH…` means: files as they are, folders with every runbook below them.
///
/// # Errors
/// A folder can't be read, or holds no runbook.
pub(crate) fn runbook_files(paths: &[PathBuf]) -> Result<Vec<Meant>, Complaint> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut found = Vec::new();
            walk(path, &mut found)?;
            if found.is_empty() {
                return Err(Complaint::usage(format!("no runbook is in {}", path.display())).help("runbooks end in `.runbook` or `.runbook.yaml`"));
            }
            files.extend(found.into_iter().map(|path| Meant { path, by_name: false }));
        } else {
            files.push(Meant { path: path.clone(), by_name: true });
        }
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Complaint> {
    let unreadable = |e: std::io::Error| Complaint::usage(format!("{} can't be read: {e}", folder.display()));
    let mut entries = std::fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder == Path::new(".") { PathBuf::from(entry.file_name()) } else { entry.path() };
        // Hidden: an editor's own, `.git`, and the like.
        if name.starts_with('.') {
            continue;
        }
        // A link to a folder may lead round in a circle, and a pipe or a device would be read for ever.
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            if name != "target" && name != "node_modules" {
                walk(&path, files)?;
            }
        } else if is_runbook(&name) && may_be_read(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// A regular file, or a link to one. A link that leads nowhere is left to be told of.
fn may_be_read(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |there| there.is_file())
}

fn is_runbook(name: &str) -> bool {
    [".runbook", ".runbook.yaml", ".runbook.yml"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runbook_is_picked_behind_a_hash_or_by_option() {
        assert_eq!(find("a.runbook#b.c", None), Named { file: "a.runbook".into(), runbook: Some("b.c".to_owned()) });
        assert_eq!(find("a.runbook", Some("x")), Named { file: "a.runbook".into(), runbook: Some("x".to_owned()) });
        assert_eq!(find("a.runbook", None).runbook, None);
    }

    #[test]
    fn a_folder_is_walked_in_order_without_what_is_hidden_made_or_leads_in_a_circle() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        for name in
            ["b/x.runbook", "a.runbook.yaml", ".git/a.runbook", ".hidden.runbook", "target/a.runbook", "node_modules/m/a.runbook", "b/notes.md", "c.runbook"]
        {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
            std::fs::write(path, "")?;
        }
        std::os::unix::fs::symlink("..", folder.path().join("b/round"))?;
        std::os::unix::fs::symlink("..", folder.path().join("b/round.runbook"))?;
        std::os::unix::fs::symlink("x.runbook", folder.path().join("b/y.runbook"))?;
        std::os::unix::fs::symlink("nowhere", folder.path().join("b/z.runbook"))?;
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("b/zero.runbook"))?;
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket.runbook"))?;
        let found = runbook_files(&[folder.path().to_owned()]).map(|files| files.into_iter().map(|f| f.path).collect::<Vec<_>>());
        let expected: Vec<PathBuf> =
            ["a.runbook.yaml", "b/x.runbook", "b/y.runbook", "b/z.runbook", "c.runbook"].iter().map(|name| folder.path().join(name)).collect();
        assert_eq!(found.ok(), Some(expected));
        Ok(())
    }

    #[test]
    fn only_runbooks_are_taken_from_a_folder() {
        assert!(is_runbook("a.runbook") && is_runbook("a.runbook.yaml"));
        assert!(!is_runbook("a.yaml") && !is_runbook("notes.md"));
    }
}
