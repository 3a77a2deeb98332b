//! The ssh master: started by ourselves, so that the user's own configuration decides about keys, jumps and agents;
//! the crate's builder would force its host-key options.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::Command;

use super::{Connector, Unreachable, socket::SocketFolder};
use crate::inventory::Way;

/// Longer than any sane ConnectTimeout through a jump host.
const PATIENCE: Duration = Duration::from_secs(60);

/// What every call of ssh gets: no terminal, no forwarding, no command of the configuration's own, no question.
const OPTIONS: [&str; 10] = [
    "RequestTTY=no",
    "RemoteCommand=none",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "BatchMode=yes",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "ControlMaster=yes",
    "ControlPersist=60",
    "ConnectionAttempts=1",
];

/// A running master and its socket's folder, which goes with it.
#[derive(Debug)]
pub(super) struct Master {
    pub(super) socket: PathBuf,
    folder: SocketFolder,
}

impl Master {
    pub(super) async fn start(connector: &Connector, host: &str, way: &Way) -> Result<Self, Unreachable> {
        let destination = way.destination(host);
        if destination.is_empty() || destination.starts_with('-') || destination.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(Unreachable::BadName { host: destination.into() });
        }
        let folder = SocketFolder::new(connector.socket_dir.as_deref())?;
        let master = Self { socket: folder.path().join("s"), folder };
        let log = master.log();
        let printed = fs::File::create(&log).map_err(|source| Unreachable::NoSocketFolder { folder: log.display().to_string(), source })?;
        let mut ssh = Command::new("ssh");
        // What the person at the terminal names comes before what an inventory does.
        if let Some(config) = connector.ssh_config.as_deref().or(way.config.as_deref().map(Path::new)) {
            ssh.arg("-F").arg(config);
        }
        if let Some(folder) = way.folder.as_ref().filter(|folder| Path::new(folder).is_dir()) {
            ssh.current_dir(folder);
        }
        for name in &connector.local.without {
            ssh.env_remove(name);
        }
        ssh.args(["-T", "-N", "-f", "-n"]).arg("-S").arg(&master.socket);
        for option in OPTIONS {
            ssh.arg("-o").arg(option);
        }
        // Of each option ssh takes the first that it is given: a way can't change those above.
        ssh.args(way.words());
        // The log is a file, because the master in the background would hold a pipe open.
        ssh.arg("--").arg(destination).stdin(Stdio::null()).stdout(Stdio::null()).stderr(printed).process_group(0).kill_on_drop(true);
        let status = tokio::time::timeout(PATIENCE, ssh.status()).await;
        let said = fs::read_to_string(&log).unwrap_or_default();
        match status {
            Ok(Ok(status)) if status.success() => Ok(master),
            Ok(Ok(_)) => Err(Unreachable::from_ssh(host, &by_hand(way, host), &said)),
            Ok(Err(source)) => Err(Unreachable::NoProgram { program: "ssh".into(), source }),
            Err(_) => Err(Unreachable::TimedOut { host: host.into(), said: format!("nothing within {} s", PATIENCE.as_secs()) }),
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(super) fn said(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        log.lines().last().unwrap_or("nothing").to_owned()
    }
}

/// What a person would type to try it.
fn by_hand(way: &Way, host: &str) -> String {
    let config = way.config.iter().flat_map(|config| ["-F".to_owned(), config.clone()]);
    let words = config.chain(way.words()).chain([way.destination(host).to_owned()]);
    format!("ssh {} true", shell_words::join(words))
}
