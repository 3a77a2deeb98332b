//! The machine that the engine runs on: the same shell, the same keeper, no network.

use std::ffi::OsString;
use std::process::Stdio;

use tokio::process::Command;

use super::{Pipe, Unreachable};

/// How the local shell is started: in a process group of its own, so that a person's Ctrl-C and a closed terminal, which
/// signal the foreground group, reach the engine and not the keeper. Its jobs get a session of their own.
#[derive(Debug, Clone)]
pub struct LocalShell {
    pub program: String,
    pub args: Vec<String>,
    /// Added to the engine's own environment.
    pub env: Vec<(String, String)>,
    /// Taken out of it.
    pub without: Vec<OsString>,
}

impl Default for LocalShell {
    fn default() -> Self {
        Self { program: "/bin/sh".into(), args: Vec::new(), env: Vec::new(), without: Vec::new() }
    }
}

impl LocalShell {
    pub(super) fn spawn(&self) -> Result<Pipe, Unreachable> {
        let mut shell = Command::new(&self.program);
        for name in &self.without {
            shell.env_remove(name);
        }
        let mut child = shell
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|source| Unreachable::NoProgram { program: self.program.clone(), source })?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Unreachable::Other { host: "local".into(), said: "the shell has no pipes".into() });
        };
        Ok(Pipe { stdin: Box::pin(stdin), stdout: Box::pin(stdout), holder: Box::new(child) })
    }
}
