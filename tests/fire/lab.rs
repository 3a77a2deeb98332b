//! Real hosts for a round: they reboot, lose their power, their network, their disk. One round at a time.
//!
//! The effect log is one file for all of them, laid into each host from outside: so it has one order, and no fault of a
//! host takes it away.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::fault::{Fault, Strike};
use super::place::BOXES;
use crate::harness::desk::Desk;
use crate::harness::lab::Lab;
use crate::harness::scratch::{run, search_path};

/// Where commands find the effect log, on every machine.
pub const SHARED: &str = "/var/tmp/runbook-fire";

pub struct LabFleet {
    lab: Lab,
    pub config: PathBuf,
}

impl LabFleet {
    pub fn up() -> Self {
        let lab = Lab::up();
        let fleet = Self { config: PathBuf::from(lab.file("ssh/config")), lab };
        fs::create_dir_all(SHARED).expect("a folder");
        for name in BOXES {
            fleet.lab.run(&["off", name]);
            let there = fleet.root(name).join(SHARED.trim_start_matches('/'));
            fs::create_dir_all(&there).expect("a folder in the host");
            run("mount", ["--bind", SHARED, &there.to_string_lossy()]);
            fleet.lab.run(&["boot", name]);
        }
        fleet.all_up();
        fleet
    }

    fn root(&self, name: &str) -> PathBuf {
        PathBuf::from(self.lab.file(&format!("h/{name}/root")))
    }

    pub fn home(&self, name: &str) -> PathBuf {
        self.root(name).join("root")
    }

    pub fn all_up(&self) {
        for name in BOXES {
            self.lab.run(&["boot", name]);
            self.lab.run(&["heal", name]);
            self.lab.run(&["wait", name]);
        }
    }

    /// `lab.sh exec` becomes the command, so the process that is started is the engine.
    pub fn command(&self, desk: &Desk) -> Command {
        let mut command = self.lab.command();
        command.args(["exec", "env", "-i"]).arg(format!("PATH={}", search_path())).arg(format!("HOME={}", desk.home().display()));
        command.arg(format!("RUNBOOK_STATE={}", desk.state().display())).arg(env!("CARGO_BIN_EXE_runbook"));
        command
    }

    /// Strikes a host, and says whether it could. None where a fault is not one of hosts.
    pub fn strike(&self, strike: &Strike, name: &str) -> Option<bool> {
        let words: &[&str] = match strike.fault {
            Fault::Reboot => &["reboot", name],
            Fault::PowerCut => &["powercut", name],
            Fault::Cut | Fault::LongCut => &["cut", name],
            Fault::Loss => &["loss", name, "0.3"],
            Fault::Delay => &["wan", name, "100", "50"],
            Fault::StopHost => &["freeze", name],
            Fault::FullJobs => &["resize", name, "full"],
            Fault::Sshd => &["ssh", name, "systemctl restart ssh"],
            _ => return None,
        };
        Some(self.lab.tries(words))
    }

    pub fn heal(&self, fault: Fault, name: &str) {
        match fault {
            Fault::Reboot => {
                self.lab.run(&["wait", name]);
            }
            Fault::PowerCut => {
                self.lab.run(&["boot", name]);
                self.lab.run(&["heal", name]);
                self.lab.run(&["wait", name]);
            }
            Fault::StopHost => drop(self.lab.tries(&["thaw", name])),
            Fault::FullJobs => drop(self.lab.tries(&["resize", name, "2g"])),
            Fault::Sshd => {}
            _ => drop(self.lab.tries(&["heal", name])),
        }
    }
}

impl Drop for LabFleet {
    fn drop(&mut self) {
        for name in BOXES {
            let there = self.root(name).join(SHARED.trim_start_matches('/'));
            let _ = Command::new("umount").arg("-l").arg(there).status();
        }
        let _ = fs::remove_dir_all(Path::new(SHARED));
    }
}
