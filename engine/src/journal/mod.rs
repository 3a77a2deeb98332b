//! The journal: append-only, hash-chained, durable before anything that depends on it.
//!
//! One SQLite file (`journal.db`, WAL, `synchronous=FULL`: one flush a commit) holds every run of a state folder;
//! [`output`] keeps what commands printed beside it. A line's hash covers the line before it, so a change or a
//! reorder shows. An append is compare-and-swap on the sequence number and the head: two processes that write one
//! run at once can't both win, and the loser reads what the winner wrote.

mod access;
pub mod chain;
pub mod files;
pub mod lock;
pub mod output;
mod past;
pub mod run;
pub mod store;
#[cfg(test)]
mod tests;

pub use past::{Past, PastRun};
pub use run::{Durable, Journal};
pub use store::{RunRow, Store};

use std::path::PathBuf;

use thiserror::Error;

/// What can go wrong between the engine and its state folder.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error("the journal in {} can't be used: {cause}", path.display())]
    Store {
        path: PathBuf,
        #[source]
        cause: rusqlite::Error,
    },
    #[error("{} can't be used: {cause}", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("{} is on a network file system ({kind}), where locks and flushes can't be trusted; set RUNBOOK_STATE to a folder on a local disk", path.display())]
    NetworkFolder { path: PathBuf, kind: &'static str },
    #[error("{} can't hold runs (its mode is {mode:o}): {why}", path.display())]
    Access { path: PathBuf, mode: u32, why: String },
    #[error("{} was written by a newer runbook (format {found}, this one knows {known}); nothing was changed, use the newer one", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// The file system is full: the event is not on disk, so nothing that depends on it was sent.
    #[error("no space is left for the journal in {}: the run stopped before its next command; make room, then resume", path.display())]
    Full { path: PathBuf },
    /// Someone else appended first.
    #[error("another process wrote to this run at the same moment")]
    Behind,
    #[error("no run `{name}` here; `runbook runs` lists them")]
    NoSuchRun { name: String },
    #[error("`{name}` is the beginning of several runs: {}", runs.join(", "))]
    Ambiguous { name: String, runs: Vec<String> },
    #[error("event {seq} of run {run} can't be read: {why}")]
    Unreadable { run: String, seq: u64, why: String },
    #[error("{} has changed since the plan was drawn a moment ago; run it again", path.display())]
    FileChanged { path: PathBuf },
    #[error("run {run} refers to {hash}, which is not in the journal as it was written")]
    MissingPin { run: String, hash: String },
    #[error("run {run} is driven by another process: {holder}")]
    Held { run: String, holder: String },
}

impl JournalError {
    /// Names the folder in what SQLite said.
    pub(crate) fn store(path: impl Into<PathBuf>) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.into();
        move |cause| match cause.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full { path },
            _ => Self::Store { path, cause },
        }
    }

    pub(crate) fn folder(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |cause| if cause.kind() == std::io::ErrorKind::StorageFull { Self::Full { path } } else { Self::Folder { path, cause } }
    }
}
