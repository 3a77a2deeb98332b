//! How a shell on a target is reached. A transport opens byte streams to `sh` and knows nothing of what is said there;
//! no status is ever taken from it.

mod local;
mod master;
mod socket;
mod ssh;
mod sweep;
mod unreachable;

use std::{any::Any, path::PathBuf, pin::Pin, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;

use crate::inventory::Way;

pub use local::LocalShell;
pub use ssh::SshConnection;
pub use unreachable::Unreachable;

/// Where commands run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    Local,
    /// `host`: as `ssh` takes it, `[user@]host`, an alias of the user's configuration, or `ssh://…`; or a name that an
    /// inventory gives, with its way.
    Ssh {
        host: String,
        way: Box<Way>,
    },
}

impl Target {
    /// A host that is reached by its own name.
    #[must_use]
    pub fn named(host: impl Into<String>) -> Self {
        Self::Ssh { host: host.into(), way: Box::default() }
    }

    /// What a person calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Local => "local",
            Self::Ssh { host, .. } => host,
        }
    }
}

/// What all connections of a run share.
#[derive(Debug, Clone, Default)]
pub struct Connector {
    /// `ssh -F FILE` instead of the user's own configuration.
    pub ssh_config: Option<PathBuf>,
    /// Where control sockets lie; `$XDG_RUNTIME_DIR` is a good one. `/tmp` when it is absent or too long.
    pub socket_dir: Option<PathBuf>,
    /// The shell of the local target.
    pub local: LocalShell,
    pub handshakes: Handshakes,
}

/// Handshakes at once: more than these only make each slower, and sshd turns some away.
const HANDSHAKES: usize = 16;

/// The places for handshakes of a run.
#[derive(Debug, Clone)]
pub struct Handshakes(Arc<Semaphore>);

impl Default for Handshakes {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(HANDSHAKES)))
    }
}

impl Connector {
    /// # Errors
    /// Says in plain words why a host can't be reached; nothing has been done there.
    pub async fn connect(&self, target: &Target) -> Result<Connection, Unreachable> {
        match target {
            Target::Local => Ok(Connection::Local(self.local.clone())),
            Target::Ssh { host, way } => {
                // Never closed, so one is always got.
                let _place = self.handshakes.0.acquire().await;
                Ok(Connection::Ssh(SshConnection::open(self, host, way).await?))
            }
        }
    }
}

/// A way to a target, over which shells are opened.
#[derive(Debug)]
pub enum Connection {
    Local(LocalShell),
    Ssh(SshConnection),
}

impl Connection {
    /// A new `sh` on the target.
    ///
    /// # Errors
    /// When the connection is gone, or the target opens no more sessions.
    pub async fn shell(&self) -> Result<Pipe, Unreachable> {
        match self {
            Self::Local(local) => local.spawn(),
            Self::Ssh(ssh) => ssh.shell().await,
        }
    }

    /// The command that gives a person a shell there, over this connection; none on this machine.
    #[must_use]
    pub fn by_hand(&self) -> Option<Vec<String>> {
        match self {
            Self::Local(_) => None,
            Self::Ssh(ssh) => Some(ssh.by_hand()),
        }
    }

    /// Ends the ssh master at once; otherwise it ends a minute after its last channel.
    pub async fn close(self) {
        if let Self::Ssh(ssh) = self {
            ssh.close().await;
        }
    }
}

/// The two ends of a shell: what it reads, what it says.
pub struct Pipe {
    pub stdin: Pin<Box<dyn AsyncWrite + Send>>,
    pub stdout: Pin<Box<dyn AsyncRead + Send>>,
    /// Kept for as long as the pipe is used.
    pub holder: Box<dyn Any + Send>,
}

impl std::fmt::Debug for Pipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pipe")
    }
}
