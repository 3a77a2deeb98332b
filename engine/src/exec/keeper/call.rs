//! What is asked of a target, and what it answers.

use std::time::Duration;

use zeroize::Zeroizing;

pub use crate::outcome::{Ended, Exit, Identity, Shell};

/// One command with everything that it needs. Values travel beside the script, never in it and never in argv.
#[derive(Debug, Clone)]
pub struct Call {
    /// Refers to its values as `${name}`; its syntax was checked before the run.
    pub script: String,
    /// Set as unexported shell variables before the script, in this order. No NUL.
    pub values: Vec<(String, String)>,
    /// Exported.
    pub env: Vec<(String, Zeroizing<String>)>,
    pub cwd: Option<String>,
    /// `sudo -n -H -u user`.
    pub user: Option<String>,
    pub shell: Shell,
    /// What a changing command has and a guard has not.
    pub pipefail: bool,
    pub stdin: Option<Vec<u8>>,
    /// What must stand in no file: masked in what it prints, before that is kept on the target. The longest first.
    pub masks: Vec<Zeroizing<String>>,
    /// What it prints is itself a secret: it goes from memory to the channel, and its errors nowhere.
    pub hush: bool,
    /// It reads what was staged for its attempt (`Keeper::stage`) instead.
    pub staged: bool,
    pub timeout: Duration,
    /// Bytes a stream that are kept; the rest is counted and thrown away.
    pub output_limit: u64,
}

/// What became of an attempt that nobody watched (semantics K4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Ended(Ended),
    /// Voided: it never began and never will.
    Never,
    /// Its keeper is alive: follow it with `attach`.
    Running,
    /// No keeper, but its process group lives.
    Orphaned,
    /// Nothing lives, no status was kept.
    Lost,
    /// Another boot of the host since it began.
    Rebooted,
    /// The host remembers nothing of this run any more.
    Forgotten,
    /// Ended before the command was reached as its user: sudo, setsid or cwd refused. Nothing to undo.
    NeverReached {
        why: String,
    },
}

/// Which of a command's streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

/// Where output goes as it comes.
pub trait Sink: Send {
    fn write(&mut self, stream: Stream, bytes: &[u8]);
}
