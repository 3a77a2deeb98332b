//! What killed engines leave: the folders of their control sockets, which nobody holds locked any more.

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::MetadataExt,
    path::Path,
};

/// `rb-` and sixteen hexadecimal digits.
pub(super) const NAME: &str = "rb-";
pub(super) const DIGITS: usize = 16;

/// Why a folder can't be locked.
pub(super) enum Unlocked {
    /// Another process has it, or it is gone.
    Taken,
    NoLocks,
}

/// The lock of a folder that is still there then.
pub(super) fn locked(path: &Path) -> Result<File, Unlocked> {
    let folder = File::open(path).map_err(|_| Unlocked::Taken)?;
    match folder.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Unlocked::Taken),
        Err(TryLockError::Error(_)) => return Err(Unlocked::NoLocks),
    }
    let ours = folder.metadata().map_err(|_| Unlocked::NoLocks)?;
    match fs::symlink_metadata(path) {
        Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => Ok(folder),
        _ => Err(Unlocked::Taken),
    }
}

/// Removes the folders of this user whose process is gone. What can't be looked at stays.
pub(super) fn sweep(parent: &Path) {
    let us = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix(NAME)).unwrap_or_default();
        if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        // Of the entry itself: a link of that name is followed nowhere.
        let is_ours = entry.metadata().is_ok_and(|m| m.is_dir() && m.uid() == us && m.mode() & 0o077 == 0);
        if is_ours && let Ok(_lock) = locked(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::socket::SocketFolder;
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    #[test]
    fn only_what_a_dead_process_of_this_user_left_is_swept_up() {
        let room = tempfile::tempdir().expect("a folder");
        let made = |name: &str, mode: u32| {
            let path = room.path().join(name);
            fs::create_dir(&path).expect("a folder");
            fs::write(path.join("log"), "").expect("a file in it");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
            path
        };
        let left = made("rb-0123456789abcdef", 0o700);
        let lives = SocketFolder::new(Some(room.path())).expect("a folder");
        let open_to_all = made("rb-0123456789abcde0", 0o755);
        let others = [made("rb-desk-4711-1", 0o700), made("rb-0123456789ab", 0o700), made("precious", 0o700)];
        let link = room.path().join("rb-0123456789abcde1");
        symlink(&others[2], &link).expect("a link");
        sweep(room.path());
        assert!(!left.exists(), "its process is gone");
        for stays in others.iter().map(PathBuf::as_path).chain([lives.path(), &open_to_all, &link]) {
            assert!(stays.exists(), "{}", stays.display());
        }
        assert!(others[2].join("log").exists(), "a link is not followed");
        let path = lives.path().to_owned();
        drop(lives);
        assert!(!path.exists(), "a process that ends by itself leaves nothing");
    }
}
