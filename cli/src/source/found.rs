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

/// The files that `lint PATH…` means: files as they are, folders with every runbook below them.
///
/// # Errors
/// A folder can't be read, or holds no runbook.
pub(crate) fn runbook_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Complaint> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, &mut files)?;
            if files.len() == before {
                return Err(Complaint::usage(format!("no runbook is in {}", path.display())).help("runbooks end in `.runbook` or `.runbook.yaml`"));
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Complaint> {
    let unreadable = |e: std::io::Error| Complaint::usage(format!("{} can't be read: {e}", folder.display()));
    let mut entries = std::fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        // A link to a folder may lead round in a circle; hidden folders are not the project's text.
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
            walk(&path, files)?;
        } else if !kind.is_dir() && is_runbook(&name) {
            files.push(path);
        }
    }
    Ok(())
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
    fn only_runbooks_are_taken_from_a_folder() {
        assert!(is_runbook("a.runbook") && is_runbook("a.runbook.yaml"));
        assert!(!is_runbook("a.yaml") && !is_runbook("notes.md"));
    }
}
