//! One driver a run (promise J5): a lock on a file, let go by the kernel when its process ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::JournalError;
use super::access::Access;

/// Held for as long as it lives.
#[derive(Debug)]
pub struct DriverLock {
    _file: File,
}

impl DriverLock {
    /// Takes the lock of a run, or says who has it.
    ///
    /// # Errors
    /// [`JournalError::Held`] with the holder's own words.
    pub fn take(folder: &Path, run: &str, who: &str) -> Result<Self, JournalError> {
        let access = Access::of(folder)?;
        let path = access.make_folders(folder, &["locks"])?.join(run);
        let failed = || JournalError::folder(path.clone());
        let mut file = access.open(&path, OpenOptions::new().read(true).write(true)).map_err(failed())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The lock is what counts; a holder whose name can't be read is still the holder.
                let _ = file.read_to_string(&mut holder);
                return Err(JournalError::Held { run: run.to_owned(), holder: holder.trim().to_owned() });
            }
            Err(TryLockError::Error(cause)) => return Err(failed()(cause)),
        }
        file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(who.as_bytes())).map_err(failed())?;
        Ok(Self { _file: file })
    }
}

/// Makes the state folder where there is none.
pub(crate) fn make_private_folder(folder: &Path) -> Result<(), JournalError> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(JournalError::folder(folder))
}

/// Locks and flushes on these mean less than they say.
pub(crate) fn refuse_network_folder(folder: &Path) -> Result<(), JournalError> {
    let known: [(i64, &'static str); 7] =
        [(0x6969, "NFS"), (0x517b, "SMB"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB2"), (0x0102_1997, "9P"), (0x5346_414f, "AFS"), (0x00c3_6400, "Ceph")];
    let found = rustix::fs::statfs(folder).map_err(|e| JournalError::folder(folder)(e.into()))?.f_type;
    match known.iter().find(|(magic, _)| *magic == found & 0xffff_ffff) {
        Some((_, kind)) => Err(JournalError::NetworkFolder { path: folder.to_owned(), kind }),
        None => Ok(()),
    }
}
