//! The one loop: decide, record, send, take the answers in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use thiserror::Error;

use super::people::People;
use super::watch::Watch;
use crate::journal::{Journal, JournalError};
use crate::plan::model::Plan;
use crate::run::event::Purpose;
use crate::run::fold::IllegalEvent;
use crate::run::state::RunState;

/// How a process drives a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// `-F` of every ssh.
    pub ssh_config: Option<PathBuf>,
    /// Given beforehand by `--answer GATE=CHOICE`: by gate path.
    pub answers: BTreeMap<String, String>,
    /// Why the run may start outside its window.
    pub outside_window: Option<String>,
    /// Stay while a gate is open, though nobody can be asked here.
    pub wait: bool,
}

/// How a process left a run.
#[derive(Debug)]
pub struct Left {
    pub state: RunState,
    /// Ended by a signal, with jobs perhaps still running on their targets.
    pub interrupted: bool,
    /// The journal's last hash.
    pub head: String,
}

#[derive(Debug, Error)]
pub enum DriveError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the journal of this run does not fold: {0}; nothing was sent")]
    Illegal(#[from] IllegalEvent),
    #[error("run {run} is {state}: nothing can follow")]
    Final { run: String, state: &'static str },
}

/// Drives a run until it ends, waits for a person, or this process is told to go. The caller holds the driver's lock.
///
/// # Errors
/// The journal can't be written or read. Nothing was sent that is not in it.
pub async fn drive(_journal: Journal, _plan: Plan, _purpose: Purpose, _options: Options, _people: &dyn People, _watch: &mut dyn Watch) -> Result<Left, DriveError> {
    std::future::pending().await
}
