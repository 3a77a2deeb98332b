//! What went wrong, for the person at the keyboard: what, in which state things are now, and what to type next.

use engine::exec::driver::DriveError;
use engine::journal::JournalError;
use engine::report::tone::Tone;

use crate::out::Out;

/// An exit status (semantics, "Exit statuses").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

pub(crate) const DONE: Status = Status(0);
pub(crate) const FAILED: Status = Status(1);
pub(crate) const USAGE: Status = Status(2);
pub(crate) const PARKED: Status = Status(3);
pub(crate) const REFUSED: Status = Status(7);
pub(crate) const INTERRUPTED: Status = Status(130);

impl From<Status> for std::process::ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.0)
    }
}

/// Why a command could not do what it was told to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) what: String,
    /// What to type or to change, one a line.
    pub(crate) help: Vec<String>,
    pub(crate) status: Status,
}

impl Complaint {
    pub(crate) fn new(status: Status, what: impl Into<String>) -> Self {
        Self { what: what.into(), help: Vec::new(), status }
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(USAGE, what)
    }

    pub(crate) fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }

    pub(crate) fn tell(&self, out: &Out) {
        let mut lines = self.what.lines();
        out.must(&format!("{} {}", out.paint(Tone::Bad, "error:"), lines.next().unwrap_or_default()));
        lines.for_each(|line| out.must(&format!("       {line}")));
        for line in &self.help {
            out.must(&format!("{} {line}", out.paint(Tone::Ask, " help:")));
        }
    }
}

impl From<JournalError> for Complaint {
    fn from(error: JournalError) -> Self {
        let status = match error {
            JournalError::NoSuchRun { .. } | JournalError::Ambiguous { .. } => USAGE,
            JournalError::Full { .. } => PARKED,
            _ => FAILED,
        };
        let complaint = Self::new(status, error.to_string());
        match error {
            JournalError::Held { run, .. } => {
                complaint.help(format!("runbook show {run}   where it stands; its process takes answers by `runbook approve` and `runbook reject`"))
            }
            JournalError::Full { .. } => {
                complaint.help("nothing was sent that is not in the journal; jobs that were under way keep their results on their targets")
            }
            _ => complaint,
        }
    }
}

impl From<DriveError> for Complaint {
    fn from(error: DriveError) -> Self {
        match error {
            DriveError::Journal(journal) => journal.into(),
            DriveError::Final { ref run, .. } => Self::new(FAILED, error.to_string()).help(format!("runbook show {run}   what it did")),
            DriveError::Keeper(_) => Self::new(FAILED, error.to_string()).help("runbook show last   where the run stands"),
            DriveError::Doubtful(ref doubt) => {
                Self::new(FAILED, error.to_string()).help(format!("runbook verify {}   every signature, and whose it is", doubt.run))
            }
            DriveError::Unsigned { .. } => Self::new(REFUSED, error.to_string()).help(crate::run::signing::HOW),
            DriveError::Illegal(_) => Self::new(FAILED, error.to_string()).help("runbook verify last   whether the journal was changed"),
        }
    }
}
