//! Who may read and write a state folder: its owner alone, or a group as well. The folder itself says which. One that its
//! group may write, with the setgid bit so that what is made in it belongs to that group, is shared; all that is made in
//! it then is the group's too. Any other is private, whatever the umask of the process.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::Access as May;

use super::JournalError;

const GROUP_WRITES: u32 = 0o020;
const SETGID: u32 = 0o2000;
const OTHERS_WRITE: u32 = 0o002;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access {
    is_shared: bool,
}

impl Access {
    /// # Errors
    /// Everybody may write there, its group may and what is made in it would not be the group's, or this user may not.
    pub(crate) fn of(folder: &Path) -> Result<Self, JournalError> {
        let mode = fs::metadata(folder).map_err(JournalError::folder(folder))?.mode();
        let refuse = |why: &str| Err(JournalError::Access { path: folder.to_owned(), mode: mode & 0o7777, why: why.to_owned() });
        if mode & OTHERS_WRITE != 0 {
            return refuse("everybody may write there, so nobody could trust what it says: `chmod o-w` it");
        }
        let is_shared = mode & GROUP_WRITES != 0;
        if is_shared && mode & SETGID == 0 {
            return refuse("its group may write there, and what one of them makes the others could not read: `chmod g+s` it, or `chmod g-w`");
        }
        if rustix::fs::access(folder, May::WRITE_OK | May::EXEC_OK).is_err() {
            return refuse("you may not write there; a folder for a team belongs to a group of theirs and has the mode 2770");
        }
        Ok(Self { is_shared })
    }

    /// Makes the folders below a state folder that are not there.
    pub(crate) fn make_folders(self, root: &Path, below: &[&str]) -> Result<std::path::PathBuf, JournalError> {
        let mut path = root.to_owned();
        for name in below {
            path.push(name);
            if !path.is_dir() {
                self.make_folder(&path).map_err(JournalError::folder(&path))?;
            }
        }
        Ok(path)
    }

    fn make_folder(self, path: &Path) -> std::io::Result<()> {
        let make = |path: &Path| DirBuilder::new().mode(0o700).recursive(true).create(path);
        if !self.is_shared {
            return make(path);
        }
        // It comes to be with its mode, as a file does.
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        make(&draft)?;
        self.open_up(&draft, 0o2770)?;
        fs::rename(&draft, path).or_else(|error| {
            fs::remove_dir(&draft)?;
            if path.is_dir() { Ok(()) } else { Err(error) }
        })
    }

    /// Opens a file and makes it where it is not there.
    pub(crate) fn open(self, path: &Path, how: &OpenOptions) -> std::io::Result<File> {
        match how.open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            opened => return opened,
        }
        if !self.is_shared {
            return how.clone().create(true).mode(0o600).open(path);
        }
        // It comes to be with its mode: nobody may find it closed in between.
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        drop(OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?);
        self.open_up(&draft, 0o660)?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => how.open(path),
        }
    }

    /// SQLite makes its own files beside the journal and opens them up a moment later. In a shared folder the first comes
    /// alone, so that no other user finds them closed; held until it is dropped.
    pub(crate) fn alone(self, folder: &Path) -> Result<Option<File>, JournalError> {
        if !self.is_shared {
            return Ok(None);
        }
        let path = self.make_folders(folder, &["locks"])?.join(".opening");
        let file = self.open(&path, OpenOptions::new().read(true).write(true)).map_err(JournalError::folder(&path))?;
        file.lock().map_err(JournalError::folder(&path))?;
        Ok(Some(file))
    }

    /// A umask would have the last word when it is made.
    fn open_up(self, path: &Path, mode: u32) -> std::io::Result<()> {
        fs::set_permissions(path, Permissions::from_mode(mode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(mode)).expect("its mode");
        folder
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").mode() & 0o7777
    }

    #[test]
    fn what_is_made_in_a_private_folder_is_its_owners_and_in_a_shared_one_the_groups() {
        for (root, folders, files) in [(0o700, 0o700, 0o600), (0o755, 0o700, 0o600), (0o2770, 0o2770, 0o660)] {
            let root = folder(root);
            let access = Access::of(root.path()).expect("it may be used");
            let below = access.make_folders(root.path(), &["a", "b"]).expect("folders");
            let path = below.join("file");
            access.open(&path, OpenOptions::new().append(true)).expect("a file");
            access.open(&path, OpenOptions::new().append(true)).expect("and again");
            assert_eq!((mode(&root.path().join("a")), mode(&below), mode(&path)), (folders, folders, files));
        }
    }

    #[test]
    fn a_folder_that_anybody_may_write_or_whose_group_could_not_read_on_is_refused() {
        for (root, word) in [(0o777, "everybody"), (0o2777, "everybody"), (0o770, "g+s")] {
            let refused = Access::of(folder(root).path()).expect_err("refused").to_string();
            assert!(refused.contains(word), "{refused}");
        }
    }
}
