//! A team on one control host: several OS users, and a state folder that belongs to a group of theirs.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::desk::{Ran, Running};
use super::scratch::{Scratch, kill_by_environment, run, search_path};
use super::sshd::Sshd;

/// Users that every Debian has and nobody logs in as.
pub const ADA: &str = "games";
pub const BO: &str = "daemon";
pub const CY: &str = "bin";
/// The group of all of them here.
const GROUP: &str = "mail";

/// Dropped, all of it is gone.
#[derive(Debug)]
pub struct Team {
    scratch: Scratch,
}

impl Team {
    pub fn new() -> Self {
        let team = Self { scratch: Scratch::new("team") };
        team.mode(".", 0o755);
        for (folder, mode) in [("work", 0o777), ("state", 0o2770)] {
            std::fs::create_dir(team.scratch.join(folder)).expect("a folder of the team");
            team.mode(folder, mode);
        }
        run("sudo", ["-n", "chgrp", GROUP, &team.state()]);
        // chgrp may take the bit away.
        run("sudo", ["-n", "chmod", "2770", &team.state()]);
        for user in [ADA, BO, CY] {
            let home = team.home(user);
            std::fs::create_dir(&home).expect("a home");
            run("sudo", ["-n", "chown", user, &home]);
        }
        // The folder that it was built in may be closed to others.
        std::fs::copy(env!("CARGO_BIN_EXE_runbook"), team.scratch.join("runbook")).expect("the binary");
        team.mode("runbook", 0o755);
        team
    }

    fn mode(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.scratch.join(name), std::fs::Permissions::from_mode(mode)).expect("a mode");
    }

    pub fn state(&self) -> String {
        self.scratch.join("state").display().to_string()
    }

    pub fn home(&self, user: &str) -> String {
        self.scratch.join(format!("home-{user}")).display().to_string()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.scratch.join("work").join(name)
    }

    /// Writes a file that all of them can read and write.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a file of the team");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("its mode");
        path.display().to_string()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The command as one of them would type it. It becomes that user in place, so that it can be killed by its id.
    pub fn command(&self, user: &str) -> Command {
        self.command_in(user, &self.state())
    }

    pub fn command_in(&self, user: &str, state: &str) -> Command {
        let is_root = run("id", ["-u"]).trim() == "0";
        let mut command = if is_root { Command::new("setpriv") } else { Command::new("sudo") };
        if !is_root {
            command.args(["-n", "--preserve-env=HOME,RUNBOOK_STATE", "setpriv"]);
        }
        command.env_clear().env("PATH", search_path()).env("HOME", self.home(user)).env("RUNBOOK_STATE", state);
        command.args(["--reuid", user, "--regid", GROUP, "--clear-groups", "--"]).arg(self.scratch.join("runbook"));
        command.current_dir(self.path("")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn runbook(&self, user: &str, args: &[&str]) -> Ran {
        let output = self.command(user).args(args).output().expect("the binary runs");
        Ran {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub fn start(&self, user: &str, args: &[&str]) -> Running {
        Running(self.command(user).args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs"))
    }

    /// What one of them needs to reach these hosts, all as the same user there: the path of a file for `--ssh-config`.
    pub fn reaches(&self, user: &str, hosts: &Sshd) -> String {
        let home = self.home(user);
        let config = std::fs::read_to_string(hosts.config()).expect("an ssh configuration");
        let mut own = String::new();
        for line in config.lines() {
            // The key and the known hosts lie in a folder that only the tester can enter.
            let moved = ["IdentityFile", "UserKnownHostsFile"].iter().find_map(|word| Some((*word, line.trim().strip_prefix(word)?.trim())));
            match moved {
                Some((word, path)) => {
                    let copy = format!("{home}/{word}");
                    run("sudo", ["-n", "install", "-m", "600", "-o", user, path, &copy]);
                    own.push_str(&format!("  {word} {copy}\n"));
                }
                None => own.push_str(&format!("{line}\n")),
            }
        }
        let file = format!("ssh-{user}");
        self.file(&file, &own)
    }

    /// The newest run as one of them sees it.
    pub fn show(&self, user: &str) -> serde_json::Value {
        let ran = self.runbook(user, &["show", "last", "--format", "json"]);
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        for user in [ADA, BO, CY] {
            kill_by_environment(&format!("HOME={}", self.home(user)));
        }
        // What other users made in it, a plain user could not take away.
        run("sudo", ["-n", "find", &self.scratch.path().display().to_string(), "-mindepth", "1", "-delete"]);
    }
}
