//! Labs of real hosts (`tests/lab/lab.sh`): each test has one for itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use super::desk::{Desk, Ran};
use super::scratch::search_path;
use super::walk::{Answers, walk};

/// Two at a time, since a test of hosts mostly waits for them.
static SLOTS: [Mutex<()>; 2] = [Mutex::new(()), Mutex::new(())];

/// A slot that is free. A test that failed leaves it as good as one that passed: every test starts from fresh disks.
fn slot() -> (usize, MutexGuard<'static, ()>) {
    loop {
        for (number, slot) in SLOTS.iter().enumerate() {
            match slot.try_lock() {
                Ok(taken) => return (number, taken),
                Err(TryLockError::Poisoned(taken)) => return (number, PoisonError::into_inner(taken)),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Booted hosts as they were provisioned. Dropped, they are off and nothing of them is left.
pub struct Lab {
    folder: PathBuf,
    /// Where images and layers are kept, for all slots.
    cache: PathBuf,
    tag: String,
    cast: &'static str,
    _slot: MutexGuard<'static, ()>,
}

impl Lab {
    /// The hosts of the Matomo restart.
    pub fn up() -> Self {
        Self::of("restart")
    }

    /// A cast of `lab.sh`.
    pub fn of(cast: &'static str) -> Self {
        let (number, taken) = slot();
        let cache = std::env::var_os("LAB").map_or_else(|| PathBuf::from("/var/tmp/runbook-lab"), PathBuf::from);
        let tag = std::env::var("LAB_TAG").unwrap_or_else(|_| "rblab".to_owned());
        let lab = match number {
            0 => Self { folder: cache.clone(), cache, tag, cast, _slot: taken },
            _ => Self { folder: cache.join("second"), cache, tag: tag + "2", cast, _slot: taken },
        };
        lab.run(&["down"]);
        lab.run(&["up"]);
        lab
    }

    fn script() -> PathBuf {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/lab/lab.sh")).to_owned()
    }

    /// The lab's hosts are the kernel's, so they are root's: a plain user's tests go through sudo.
    pub fn command(&self) -> Command {
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
        let mut command = if is_root { Command::new(Self::script()) } else { Command::new("sudo") };
        if !is_root {
            command.args(["-n", "--preserve-env=LAB,LAB_CACHE,LAB_TAG,LAB_CAST"]).arg(Self::script());
        }
        command.env("PATH", search_path()).env("LAB", &self.folder).env("LAB_CACHE", &self.cache);
        command.env("LAB_TAG", &self.tag).env("LAB_CAST", self.cast).stdin(Stdio::null());
        command
    }

    /// One word of `lab.sh`, of a host that may be out of reach: whether it succeeded.
    pub fn tries(&self, args: &[&str]) -> bool {
        self.command().args(args).output().is_ok_and(|output| output.status.success())
    }

    /// One word of `lab.sh`; it must succeed.
    pub fn run(&self, args: &[&str]) -> String {
        let output = self.command().args(args).output().expect("the lab's script runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "lab.sh {args:?}: {said}");
        said
    }

    /// What a command on a host prints; it must succeed.
    pub fn ssh(&self, host: &str, command: &str) -> String {
        self.run(&["ssh", host, command]).trim().to_owned()
    }

    /// What a command on the control host prints; it must succeed.
    pub fn exec(&self, command: &[&str]) -> String {
        self.run(&[&["exec"], command].concat()).trim().to_owned()
    }

    pub fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// `runbook` on the control host, with the state of a desk.
    pub fn runbook_command(&self, desk: &Desk, args: &[String]) -> Command {
        let mut command = self.command();
        command.arg("exec").arg("env").arg("-i");
        command.arg(format!("PATH={}", search_path())).arg(format!("HOME={}", desk.home().display())).arg(format!("RUNBOOK_STATE={}", desk.state().display()));
        command.arg(env!("CARGO_BIN_EXE_runbook")).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn runbook(&self, desk: &Desk, args: &[String]) -> Ran {
        let output = self.runbook_command(desk, args).output().expect("the binary runs");
        Ran {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs it, says yes to whatever is waited for, as the command itself tells how, and resumes, until it ends or this is
    /// waited for.
    pub fn walk(&self, desk: &Desk, args: &[String], until: &str) -> Ran {
        walk(self, desk, args, until, &[])
    }

    /// The same; of some of what is asked more than a yes is wanted.
    pub fn walk_with(&self, desk: &Desk, args: &[String], until: &str, answers: Answers<'_>) -> Ran {
        walk(self, desk, args, until, answers)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Not `run`: a panic here would hide the test's own.
        let _ = self.command().arg("down").output();
    }
}
