//! What commands printed, beside the journal: `output/RUN/ATTEMPT.out` and `.err`, as it came.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::JournalError;
use super::access::Access;

/// The two streams of one attempt. Writing starts over when an attempt is followed again from its first byte.
#[derive(Debug)]
pub struct OutputFiles {
    out: File,
    err: File,
    path: PathBuf,
}

/// Where an attempt's two streams lie: output and errors.
#[must_use]
pub fn paths(folder: &Path, run: &str, attempt: &str) -> [PathBuf; 2] {
    ["out", "err"].map(|stream| folder.join("output").join(run).join(format!("{attempt}.{stream}")))
}

impl OutputFiles {
    /// Opens both files, to go on behind what is there.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn open(folder: &Path, run: &str, attempt: &str) -> Result<Self, JournalError> {
        let access = Access::of(folder)?;
        let folder = access.make_folders(folder, &["output", run])?;
        let open = |stream: &str| {
            let path = folder.join(format!("{attempt}.{stream}"));
            access.open(&path, OpenOptions::new().append(true)).map_err(JournalError::folder(path))
        };
        Ok(Self { out: open("out")?, err: open("err")?, path: folder.join(attempt) })
    }

    /// Forgets what is there.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn clear(&self) -> Result<(), JournalError> {
        self.out.set_len(0).and_then(|()| self.err.set_len(0)).map_err(JournalError::folder(&self.path))
    }

    /// Bytes that are there already: where a re-attached stream goes on.
    #[must_use]
    pub fn lengths(&self) -> (u64, u64) {
        let length = |file: &File| file.metadata().map_or(0, |m| m.len());
        (length(&self.out), length(&self.err))
    }

    /// # Errors
    /// The disk is full, or the folder is gone.
    pub fn write_out(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        self.out.write_all(bytes).map_err(JournalError::folder(&self.path))
    }

    /// # Errors
    /// The disk is full, or the folder is gone.
    pub fn write_err(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        self.err.write_all(bytes).map_err(JournalError::folder(&self.path))
    }
}

/// One attempt's output, whole; empty where there is none.
///
/// # Errors
/// It is there and can't be read.
pub fn read(folder: &Path, run: &str, attempt: &str, stream: &str) -> Result<Vec<u8>, JournalError> {
    read_beginning(folder, run, attempt, stream, usize::MAX)
}

/// How many bytes there are by now.
#[must_use]
pub fn length(folder: &Path, run: &str, attempt: &str, stream: &str) -> u64 {
    std::fs::metadata(path_of(folder, run, attempt, stream)).map_or(0, |file| file.len())
}

/// At most so many bytes from a place on; empty where there is none yet.
///
/// # Errors
/// It is there and can't be read.
pub fn read_from(folder: &Path, run: &str, attempt: &str, stream: &str, from: u64, most: usize) -> Result<Vec<u8>, JournalError> {
    let path = path_of(folder, run, attempt, stream);
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.take(most as u64).read_to_end(&mut bytes)
    });
    match read {
        Ok(_) => Ok(bytes),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(JournalError::folder(path)(e)),
    }
}

fn path_of(folder: &Path, run: &str, attempt: &str, stream: &str) -> PathBuf {
    folder.join("output").join(run).join(format!("{attempt}.{stream}"))
}

/// The same as [`read`], and at most so many bytes of it.
///
/// # Errors
/// It is there and can't be read.
pub fn read_beginning(folder: &Path, run: &str, attempt: &str, stream: &str, most: usize) -> Result<Vec<u8>, JournalError> {
    read_from(folder, run, attempt, stream, 0, most)
}
