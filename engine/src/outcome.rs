//! Words that the plan, the decider and the world share: how a command ended, who a host is.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shell {
    #[default]
    Bash,
    Sh,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    Code(i32),
    /// Killed by this signal, or the shell said 128 + signal.
    Signal(i32),
    /// The deadline came first. `settled`: nothing of its process group is left.
    TimedOut {
        settled: bool,
    },
    /// A person stopped it.
    Stopped {
        settled: bool,
    },
}

impl Exit {
    /// Exit status 0.
    #[must_use]
    pub fn is_success(&self) -> bool {
        *self == Self::Code(0)
    }

    /// Whether anything of the command may still be alive.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::TimedOut { settled: false } | Self::Stopped { settled: false })
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal(signal) => write!(f, "ended by signal {signal}"),
            Self::TimedOut { settled: true } => f.write_str("timed out; its processes are gone"),
            Self::TimedOut { settled: false } => f.write_str("timed out; some of its processes are still alive"),
            Self::Stopped { settled: true } => f.write_str("stopped by a person; its processes are gone"),
            Self::Stopped { settled: false } => f.write_str("stopped by a person; some of its processes are still alive"),
        }
    }
}

/// A command's end, with what it printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub exit: Exit,
    /// Bytes printed, also those beyond the limit where that is known.
    pub out_bytes: u64,
    pub err_bytes: u64,
    /// True when output was cut at the limit or by a full disk.
    pub cut: bool,
    /// Processes of its group that were left alive after a normal end.
    pub left_behind: u32,
}

impl From<Exit> for Ended {
    /// An end without output.
    fn from(exit: Exit) -> Self {
        Self { exit, out_bytes: 0, err_bytes: 0, cut: false, left_behind: 0 }
    }
}

/// Who a host is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Identity {
    /// `/etc/machine-id`, empty where there is none.
    pub machine_id: String,
    pub boot_id: String,
    /// The random life mark in the run's folder on this host.
    pub life: String,
    pub bash: bool,
    /// Whether something there reckons SHA-256.
    #[serde(default)]
    pub sums: bool,
}

/// What is wrong with a host that answers with this machine id, where the run began with `was`.
#[must_use]
pub fn stranger(was: &str, now: &str) -> Option<String> {
    let shown = |id: &str| if id.is_empty() { "unknown".to_owned() } else { id.to_owned() };
    (was != now).then(|| format!("another machine answers: its id is {} and was {} when the run began", shown(now), shown(was)))
}
