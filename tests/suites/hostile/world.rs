//! Where a runbook runs: on this machine or behind an sshd, under each of three shells.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::harness::desk::{Desk, Ran};
use crate::harness::scratch::{run, search_path, which};
use crate::harness::sshd::Sshd;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    Dash,
    Bash,
    Busybox,
}

impl Shell {
    /// As a runbook says it: dash and busybox are `sh` on the machines that have them.
    pub fn word(self) -> &'static str {
        if self == Self::Bash { "bash" } else { "sh" }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Dash => "dash",
            Self::Bash => "bash",
            Self::Busybox => "busybox",
        }
    }
}

#[derive(Debug)]
pub struct World {
    pub desk: Desk,
    pub shell: Shell,
    /// As whom commands run, if not as who reaches the machine.
    pub user: Option<&'static str>,
    path: String,
    sshd: Option<Sshd>,
}

impl World {
    pub fn local(shell: Shell) -> Self {
        let desk = Desk::new();
        let path = path_with_sh(&desk.path("bin"), shell);
        Self { desk, shell, user: None, path, sshd: None }
    }

    /// There the keeper runs under this shell too.
    pub fn ssh(shell: Shell) -> Self {
        let desk = Desk::new();
        let path = path_with_sh(&desk.path("bin"), shell);
        let sshd = Sshd::start_with_path(&["box"], &path);
        Self { desk, shell, user: None, path: search_path(), sshd: Some(sshd) }
    }

    /// Commands run as somebody who may write into the desk's folders, so that a value that runs would be seen.
    pub fn by_another(self) -> Self {
        Self { user: Some("nobody"), ..self }
    }

    /// `runbook run FILE …` with the target `there`.
    pub fn run(&self, file: &Path, more: &[&str]) -> Ran {
        if self.user.is_some() {
            let work = self.desk.path("");
            run("chmod", ["-R".as_ref(), "a+rwX".as_ref(), work.as_path()]);
            run("chmod", ["a+x".as_ref(), work.parent().expect("the desk")]);
        }
        let mut command = self.desk.command();
        command.env("PATH", &self.path).arg("run").arg(file).args(more);
        if let Some(sshd) = &self.sshd {
            command.args(["--target", "there=box", "--ssh-config"]).arg(sshd.config());
        }
        let output = command.output().expect("the binary runs");
        Ran {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A search path on which `sh` is this shell; with busybox, the tools that the keeper uses are its own too.
fn path_with_sh(bin: &Path, shell: Shell) -> String {
    std::fs::create_dir_all(bin).expect("a folder of programs");
    let program = which(shell.program());
    let tools: &[&str] = if shell == Shell::Busybox {
        &["sh", "ln", "readlink", "setsid", "tee", "wc", "head", "tail", "sleep", "mkdir", "rm", "cat", "od", "id", "dd", "ls", "chmod"]
    } else {
        &["sh"]
    };
    for tool in tools {
        symlink(&program, bin.join(tool)).expect("a link");
    }
    format!("{}:{}", bin.display(), search_path())
}
