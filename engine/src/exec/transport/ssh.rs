//! A host behind ssh: one master connection, many shells over it.

use std::sync::Arc;

use openssh::{Session, Stdio};

use super::{Connector, Pipe, Unreachable, master::Master};
use crate::inventory::Way;

/// An ssh master of ours with its multiplexed sessions.
#[derive(Debug)]
pub struct SshConnection {
    host: String,
    /// As ssh was told it.
    destination: String,
    session: Arc<Session>,
    master: Master,
}

impl SshConnection {
    pub(super) async fn open(connector: &Connector, host: &str, way: &Way) -> Result<Self, Unreachable> {
        let master = Master::start(connector, host, way).await?;
        let session = Arc::new(Session::resume_mux(master.socket.clone().into_boxed_path(), None));
        Ok(Self { host: host.to_owned(), destination: way.destination(host).to_owned(), session, master })
    }

    /// `sh`: one plain word, which every login shell understands.
    pub(super) async fn shell(&self) -> Result<Pipe, Unreachable> {
        let mut command = Arc::clone(&self.session).arc_raw_command("sh");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().await.map_err(|error| self.because(&error))?;
        let (Some(stdin), Some(stdout)) = (child.stdin().take(), child.stdout().take()) else {
            return Err(Unreachable::Other { host: self.host.clone(), said: "the shell has no pipes".into() });
        };
        Ok(Pipe { stdin: Box::pin(stdin), stdout: Box::pin(stdout), holder: Box::new(child) })
    }

    /// Nothing but this connection is used: without it there is no other way in, and no configuration is read.
    pub(super) fn by_hand(&self) -> Vec<String> {
        let socket = self.master.socket.display().to_string();
        let words =
            ["ssh", "-t", "-F", "none", "-S", &socket, "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o", "LogLevel=ERROR", "--", &self.destination];
        words.map(str::to_owned).to_vec()
    }

    fn because(&self, error: &openssh::Error) -> Unreachable {
        let host = self.host.clone();
        match error {
            openssh::Error::SshMux(mux) if mux.to_string().contains("refused") => Unreachable::NoMoreSessions { host, said: mux.to_string() },
            _ => Unreachable::Closed { host, said: format!("{error}; {}", self.master.said()) },
        }
    }

    pub(super) async fn close(self) {
        if let Ok(session) = Arc::try_unwrap(self.session) {
            let _ = session.close().await;
        }
    }
}
