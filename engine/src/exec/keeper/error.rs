//! What can go wrong between engine and keeper. Each says what, where, in what state that leaves things, what to do.

use crate::exec::transport::Unreachable;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeeperError {
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    #[error(
        "{host} lets us in, but what answers is not a shell{}. Nothing was run. Look for a forced command in its authorized_keys or sshd_config, or a login shell like nologin", said(.noise)
    )]
    NotAShell {
        host: String,
        noise: String,
        /// It closed, and did not only say nothing of ours.
        ended: bool,
    },
    #[error("the connection to {host} was lost and did not come back in time. What was started there goes on; ask for it with `resume`")]
    ConnectionLost { host: String },
    #[error("{host} no longer remembers this run: its folder or its life mark is gone, so nothing can be said about what was started there")]
    MemoryLost {
        host: String,
        /// Its machine id, where it said so.
        machine: String,
    },
    /// Nothing was asked of it.
    #[error("{why}. Look where the name {host} leads; when it leads to the machine of this run again, `resume` goes on")]
    Stranger { host: String, why: String },
    #[error(transparent)]
    Unsent(Box<KeeperError>),
    #[error(
        "{host} has seen this run driven further than this process knows (epoch {epoch}): another process drives it, or this journal is older than the run (a restored or copied state folder). Nothing was started; this process must stop"
    )]
    Fenced { host: String, epoch: u64 },
    #[error("{host} lacks what a keeper needs: {tools}. Nothing was changed")]
    Tools { host: String, tools: String },
    #[error("the run's folder on {host} can't be used: {why}. Nothing was changed; set XDG_STATE_HOME there, or free its disk")]
    Folder { host: String, why: String },
    #[error("{host} can't write down that a command begins: its disk is full or read-only. Nothing was started; free some space in the home of the login user")]
    CannotRecord { host: String },
    #[error("the file can't be put on {host}: the disk with the home of its login user is full or read-only. Nothing was started; free some space there")]
    CannotStage { host: String },
    #[error("the file that was to be sent can't be read any more: {why}. Nothing was started")]
    NothingToStage { why: String },
    #[error("{host} has no room for locks: {folder} can't be used, {why}. Let root make it there: `install -d -m 1777 {folder}`. Nothing was changed")]
    LockFolder { host: String, folder: String, why: String },
    #[error("nothing can be learned of {attempt} on {host}: it has no trace, and none can be made (disk full or read-only). Free some space there and resume")]
    CannotAsk { host: String, attempt: String },
    #[error("`sudo -n -H -u {user}` does not work on {host}: {why}. It must run without a password")]
    UserNotReached { host: String, user: String, why: String },
    #[error("the command was not reached on {host}, so it says neither yes nor no: {why}")]
    NotReached { host: String, why: String },
    #[error("the keeper on {host} answered out of turn: {what}. The outcome is unknown; `resume` asks for it")]
    Protocol { host: String, what: String },
    #[error("this command can't be sent: {why}")]
    BadCall { why: String },
}

impl KeeperError {
    /// Nothing was sent.
    pub(super) fn unsent(self) -> Self {
        Self::Unsent(Box::new(self))
    }

    /// Why nothing can be asked of the host now, where this is what it says.
    #[must_use]
    pub fn away(&self) -> Option<Away> {
        let is_stranger = match self {
            Self::Unreachable(why) if !why.is_ours() => false,
            Self::ConnectionLost { .. } => false,
            Self::Stranger { .. } => true,
            Self::Unsent(error) => return error.away(),
            _ => return None,
        };
        Some(Away { why: self.to_string(), is_stranger })
    }
}

/// A host of which nothing can be asked now, by whatever name or key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    pub why: String,
    /// Another machine answers in its place.
    pub is_stranger: bool,
}

fn said(noise: &str) -> String {
    if noise.trim().is_empty() { String::new() } else { format!(" (it said: {})", noise.trim()) }
}

/// What one channel can say of itself; the client adds the host, and tries again.
#[derive(Debug)]
pub(super) enum Broken {
    /// Closed, by whomever. Never a result.
    Lost,
    NotAShell {
        noise: String,
        ended: bool,
    },
    Protocol {
        what: String,
    },
}
