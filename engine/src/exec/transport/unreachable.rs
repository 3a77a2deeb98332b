//! Why a host can't be reached, in plain words, read from what `ssh` said.

use std::io;

/// A host that can't be reached. Nothing was done there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreachable {
    #[error(
        "the host key of {host} has changed, so it may be another machine. If it was reinstalled, remove its old key with `ssh-keygen -R` and compare the new one. ssh said: {said}"
    )]
    HostKeyChanged { host: String, said: String },
    #[error("the host key of {host} is not known here. Connect once by hand (`{by}`), compare the key and accept it. ssh said: {said}")]
    HostKeyUnknown { host: String, by: String, said: String },
    #[error("{host} lets us in with none of our keys. Check user name, key and agent (`{by}` must work without a question). ssh said: {said}")]
    PermissionDenied { host: String, by: String, said: String },
    #[error("the name {host} can't be resolved. Check its spelling, the ssh configuration and the name server. ssh said: {said}")]
    UnknownHost { host: String, said: String },
    #[error("{host} refuses connections: is sshd running there, and is the port right? ssh said: {said}")]
    Refused { host: String, said: String },
    #[error("{host} does not answer in time: is it up, and is a firewall between? ssh said: {said}")]
    TimedOut { host: String, said: String },
    #[error("`{host}` is not a host name: it may not be empty, begin with `-`, or have white space in it")]
    BadName { host: String },
    #[error("`{program}` can't be started on this machine: {source}")]
    NoProgram { program: String, source: io::Error },
    #[error("the folder for connection sockets can't be made under {folder}: {source}")]
    NoSocketFolder { folder: String, source: io::Error },
    #[error("the connection to {host} is closed. ssh said: {said}")]
    Closed { host: String, said: String },
    #[error("{host} opens no more sessions on this connection (MaxSessions of its sshd). ssh said: {said}")]
    NoMoreSessions { host: String, said: String },
    #[error("no connection to {host}. ssh said: {said}")]
    Other { host: String, said: String },
}

impl Unreachable {
    /// Reads what `ssh` printed when it could not connect. `by`: what a person would type to try it.
    pub(super) fn from_ssh(host: &str, by: &str, printed: &str) -> Self {
        let (host, by) = (host.to_owned(), by.to_owned());
        let said = plain(printed);
        let has = |words: &[&str]| words.iter().any(|word| printed.contains(word));
        if has(&["REMOTE HOST IDENTIFICATION HAS CHANGED", "HOST IDENTIFICATION HAS CHANGED"]) {
            Self::HostKeyChanged { host, said }
        } else if has(&["Host key verification failed", "host key is known for"]) {
            Self::HostKeyUnknown { host, by, said }
        } else if has(&["Permission denied", "Too many authentication failures"]) {
            Self::PermissionDenied { host, by, said }
        } else if has(&["Could not resolve hostname", "Name or service not known"]) {
            Self::UnknownHost { host, said }
        } else if has(&["Connection refused"]) {
            Self::Refused { host, said }
        } else if has(&["timed out", "No route to host", "Network is unreachable"]) {
            Self::TimedOut { host, said }
        } else {
            Self::Other { host, said }
        }
    }

    /// Is it this machine's fault, not the host's?
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::BadName { .. } | Self::NoProgram { .. } | Self::NoSocketFolder { .. })
    }

    /// Might it go away by itself? Wrong keys and names don't.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::TimedOut { .. } | Self::Closed { .. } | Self::NoMoreSessions { .. } | Self::Other { .. })
    }
}

/// The telling lines, without ssh's frame of at-signs.
fn plain(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('@')).collect();
    let tail = lines.len().saturating_sub(4);
    if lines.is_empty() { "nothing".into() } else { lines[tail..].join(" / ") }
}
