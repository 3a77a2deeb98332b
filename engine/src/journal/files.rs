//! Files that a run carries, beside the journal until it is over: `files/RUN/HASH`, what it uploads, by content; and
//! `files/RUN/ATTEMPT.part` and `.whole`, what it has fetched and not put in place yet.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::JournalError;

/// Read and hashed at a time.
const PIECE: usize = 1 << 20;

/// Where a run keeps what it carries.
#[must_use]
pub fn folder(state: &Path, run: &str) -> PathBuf {
    state.join("files").join(run)
}

/// The content of a hash.
#[must_use]
pub fn content(state: &Path, run: &str, hash: &str) -> PathBuf {
    folder(state, run).join(hash)
}

/// SHA-256 and size of all that is read, passed on as it comes. Memory stays flat.
///
/// # Errors
/// Of reading, or of whoever takes it.
pub fn hash_of(mut from: impl Read, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(String, u64)> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut size = 0;
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => return Ok((hex(&digest.finalize()), size)),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        digest.update(&piece[..read]);
        take(&piece[..read])?;
        size += read as u64;
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Copies a file into the run's folder, whole and on disk, and only if it is still what `hash` says.
///
/// # Errors
/// It can't be read or written, or it has changed.
pub fn keep(state: &Path, run: &str, from: &Path, hash: &str) -> Result<(), JournalError> {
    let kept = content(state, run, hash);
    if kept.exists() {
        return Ok(());
    }
    let folder = folder(state, run);
    super::lock::make_private_folder(&folder)?;
    let part = folder.join("part");
    let source = File::open(from).map_err(JournalError::folder(from))?;
    let copied = || -> io::Result<String> {
        let mut copy = OpenOptions::new().write(true).create(true).truncate(true).open(&part)?;
        let (found, _) = hash_of(source, |bytes| copy.write_all(bytes))?;
        copy.sync_all()?;
        fs::rename(&part, &kept)?;
        File::open(&folder)?.sync_all()?;
        Ok(found)
    };
    let found = copied().map_err(JournalError::folder(&kept))?;
    if found == hash { Ok(()) } else { Err(JournalError::FileChanged { path: from.to_owned() }) }
}

/// A content that a run pins is there, as it was. `false`: it is not there.
///
/// # Errors
/// It is there and can't be read, or is another.
pub fn is_kept(state: &Path, run: &str, hash: &str) -> Result<bool, JournalError> {
    let path = content(state, run, hash);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(JournalError::folder(path)(e)),
    };
    let (found, _) = hash_of(file, |_| Ok(())).map_err(JournalError::folder(&path))?;
    if found == hash { Ok(true) } else { Err(JournalError::MissingPin { run: run.to_owned(), hash: hash.to_owned() }) }
}

/// The run is over: nothing of what it carried is needed any more.
pub fn let_go(state: &Path, run: &str) {
    // What can't be removed is only space.
    let _ = fs::remove_dir_all(folder(state, run));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_pinned_or_nothing() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let source = folder.path().join("a.conf");
        fs::write(&source, "one")?;
        let (hash, size) = hash_of(File::open(&source)?, |_| Ok(()))?;
        assert_eq!((hash.as_str(), size), ("7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed", 3));
        keep(folder.path(), "r1", &source, &hash)?;
        assert!(is_kept(folder.path(), "r1", &hash)?);
        fs::write(&source, "two")?;
        assert!(matches!(keep(folder.path(), "r2", &source, &hash), Err(JournalError::FileChanged { .. })));
        fs::write(content(folder.path(), "r1", &hash), "six")?;
        assert!(matches!(is_kept(folder.path(), "r1", &hash), Err(JournalError::MissingPin { .. })));
        let_go(folder.path(), "r1");
        assert!(!is_kept(folder.path(), "r1", &hash)?);
        Ok(())
    }
}
