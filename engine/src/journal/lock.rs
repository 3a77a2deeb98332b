//! One driver a run (promise J5): a lock on a file, let go by the kernel when its process ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::JournalError;
use super::access::Access;

/// Looks, 10 ms apart, until who has taken a lock has signed it.
const SIGNING: usize = 50;

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
                return Err(JournalError::Held { run: run.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(cause)) => return Err(failed()(cause)),
        }
        let words = format!("{}\n{who}", std::process::id());
        file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(words.as_bytes())).map_err(failed())?;
        Ok(Self { _file: file })
    }
}

/// Who has the lock. It is taken first and signed then: in between there is nothing, or the name of one who is gone. The
/// lock is what counts, so one who never signs is the holder all the same.
fn holder(file: &mut File) -> String {
    let mut words = String::new();
    for _ in 0..SIGNING {
        words.clear();
        let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut words));
        let is_there = |pid: &str| pid.parse().ok().and_then(Pid::from_raw).is_some_and(|pid| !matches!(test_kill_process(pid), Err(Errno::SRCH)));
        if read.is_ok() && words.split_once('\n').is_some_and(|(pid, who)| is_there(pid) && !who.is_empty()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    words.split_once('\n').map_or("nobody knows who", |(_, who)| who.trim()).to_owned()
}

/// Whether there is a process of this number on this machine.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    // Not permitted means that it is there, and somebody else's.
    !matches!(test_kill_process(pid), Err(Errno::SRCH))
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
