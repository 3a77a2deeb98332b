//! A file is replaced whole or not at all: written beside and moved into place.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Gives a file a new text. `before`: the text that the new one was made of; when the file has another by now, somebody
/// else is writing it.
///
/// # Errors
/// What hindered it; then the file is as it was.
pub(crate) fn replace(path: &Path, before: &str, after: &str) -> io::Result<()> {
    // Through a link to the file itself: the link stays.
    let path = path.canonicalize()?;
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it may not be written"));
    }
    let beside = beside(&path)?;
    let written = write(&beside, after).and_then(|()| fs::set_permissions(&beside, permissions)).and_then(|()| {
        if fs::read(&path)? != before.as_bytes() {
            return Err(io::Error::other("it was changed meanwhile: call again"));
        }
        fs::rename(&beside, &path)
    });
    if written.is_err() {
        // What can't be taken away is hidden, and in nobody's way.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Gives a file this text, whether it is there or not.
///
/// # Errors
/// What hindered it; then the file is as it was.
pub(crate) fn put(path: &Path, text: &str) -> io::Result<()> {
    match fs::read_to_string(path) {
        Ok(before) => replace(path, &before, text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let beside = beside(path)?;
            let written = write(&beside, text).and_then(|()| fs::rename(&beside, path));
            if written.is_err() {
                let _ = fs::remove_file(&beside);
            }
            written
        }
        Err(error) => Err(error),
    }
}

/// Hidden, so that nothing takes it for a runbook.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?.to_string_lossy();
    Ok(path.with_file_name(format!(".{name}.{}", std::process::id())))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_keeps_its_mode_and_a_link_leads_to_it_still() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let (file, link) = (folder.path().join("a.runbook"), folder.path().join("link.runbook"));
        fs::write(&file, "old")?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o750))?;
        std::os::unix::fs::symlink("a.runbook", &link)?;
        replace(&link, "old", "new")?;
        assert_eq!(fs::read_to_string(&file)?, "new");
        assert_eq!(fs::metadata(&file)?.permissions().mode() & 0o777, 0o750);
        assert!(fs::symlink_metadata(&link)?.is_symlink());
        assert_eq!(fs::read_dir(folder.path())?.count(), 2);
        Ok(())
    }

    #[test]
    fn a_file_that_somebody_else_changed_is_left_as_it_is() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("a.runbook");
        fs::write(&file, "theirs")?;
        assert!(replace(&file, "old", "new").is_err_and(|e| e.to_string().contains("meanwhile")));
        assert_eq!((fs::read_to_string(&file)?.as_str(), fs::read_dir(folder.path())?.count()), ("theirs", 1));
        Ok(())
    }

    #[test]
    fn a_file_that_may_not_be_written_is_left_as_it_is() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("a.runbook");
        fs::write(&file, "old")?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444))?;
        assert!(replace(&file, "old", "new").is_err());
        assert_eq!(fs::read_to_string(&file)?, "old");
        Ok(())
    }
}
