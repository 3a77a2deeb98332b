//! The folder of a control socket, locked by the process that made it for as long as it lives.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    sync::Once,
};

use super::Unreachable;
use super::sweep::{DIGITS, NAME, Unlocked, locked, sweep};

/// A socket's path ends at 108 bytes, and ssh adds 17 while it makes it.
const SOCKET_LIMIT: usize = 80;

/// A folder with the socket of one ssh master. Dropped, it is gone: a master without its socket takes no new sessions, and
/// ends a minute after its last one.
#[derive(Debug)]
pub(super) struct SocketFolder {
    path: PathBuf,
    /// The folder itself, locked; where its file system has no locks, it is never swept.
    _lock: Option<File>,
}

impl SocketFolder {
    /// A new folder of our own, mode 0700, short enough for a socket. The first of a process sweeps up what others left.
    pub(super) fn new(wanted: Option<&Path>) -> Result<Self, Unreachable> {
        static SWEPT: Once = Once::new();
        let tmp = Path::new("/tmp");
        let is_fit = |dir: &&Path| dir.as_os_str().len() + NAME.len() + DIGITS + 3 < SOCKET_LIMIT && fs::metadata(dir).is_ok_and(|m| m.mode() & 0o700 == 0o700);
        let parent = wanted.filter(is_fit).unwrap_or(tmp);
        SWEPT.call_once(|| sweep(parent));
        let failed = |source: io::Error| Unreachable::NoSocketFolder { folder: parent.display().to_string(), source };
        loop {
            let path = parent.join(format!("{NAME}{:016x}", getrandom::u64().map_err(|e| failed(io::Error::other(e.to_string())))?));
            DirBuilder::new().mode(0o700).create(&path).map_err(failed)?;
            match locked(&path) {
                Ok(lock) => return Ok(Self { path, _lock: Some(lock) }),
                // Somebody swept it up before it was locked.
                Err(Unlocked::Taken) => {}
                Err(Unlocked::NoLocks) => return Ok(Self { path, _lock: None }),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
