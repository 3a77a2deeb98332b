//! The hosts, and each tool's way to run so many steps on some of them.

use std::fmt::Write as _;
use std::io::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "../../tests/harness/scratch.rs"]
#[expect(dead_code, unreachable_pub, reason = "the tests need more of it")]
mod scratch;
#[path = "../../tests/harness/sshd.rs"]
#[expect(dead_code, unreachable_pub, reason = "the tests need more of it")]
mod sshd;

use sshd::Sshd;

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) hosts: Vec<String>,
    /// With the key exchange that both sides choose by themselves, and with a cheap one that an operator may set.
    config: PathBuf,
    config_cheap: PathBuf,
    /// Stops the servers.
    _sshd: Sshd,
}

impl World {
    pub(crate) fn new(hosts: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let hosts: Vec<String> = (1..=hosts).map(|number| format!("h{number:03}")).collect();
        let sshd = Sshd::start(&hosts.iter().map(String::as_str).collect::<Vec<_>>());
        let (config, config_cheap) = (sshd.config().to_owned(), folder.path().join("cheap"));
        std::fs::write(&config_cheap, format!("KexAlgorithms curve25519-sha256\nInclude {}\n", config.display()))?;
        Ok(Self { folder, hosts, config, config_cheap, _sshd: sshd })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self, cheap: bool) -> &Path {
        if cheap { &self.config_cheap } else { &self.config }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file of the benchmark");
        path
    }

    /// `runbook run` of so many steps on all of these hosts; here, without any.
    pub(crate) fn runbook(&self, name: &str, steps: usize, hosts: &[String], cheap: bool) -> Command {
        let on = if hosts.is_empty() { "local" } else { "web" };
        let target = if hosts.is_empty() { "" } else { "  target web\n" };
        let steps: String = (1..=steps).map(|n| format!("  step s{n} {{ run `true`; undo none \"it does nothing\" }}\n")).collect();
        let file = self.file(&format!("{name}.runbook"), &format!("runbook bench.{name} {{\n{target}  on {on}\n  shell \"sh\"\n{steps}}}\n"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command.arg("run").arg(file).env("RUNBOOK_STATE", self.path("state")).env("HOME", self.folder.path());
        if !hosts.is_empty() {
            command.arg("--ssh-config").arg(self.config(cheap)).arg("--target").arg(format!("web={}", hosts.join(",")));
        }
        command
    }

    /// A script with `$1`: the configuration of ssh, and behind it the hosts.
    pub(crate) fn script(&self, text: &str, hosts: &[String], cheap: bool) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text, "bench"]).arg(self.config(cheap)).args(hosts).env("HOME", self.folder.path());
        command
    }

    /// A script that takes the hosts from its standard input, in place of its arguments.
    pub(crate) fn each(&self, side_by_side: usize, script: &str, hosts: &[String], cheap: bool) -> Command {
        let each = format!("config=$1 each=$2; shift 2; export config; printf '%s\\n' \"$@\" | xargs -P {side_by_side} -n 1 sh -c \"$each\" each");
        let mut command = Command::new("sh");
        command.args(["-c", &each, "bench"]).arg(self.config(cheap)).arg(script).args(hosts).env("HOME", self.folder.path());
        command
    }

    pub(crate) fn pdsh(&self, hosts: &[String]) -> Option<Command> {
        let program = scratch::search_path().split(':').map(|folder| Path::new(folder).join("pdsh")).find(|path| path.is_file())?;
        let mut command = Command::new(program);
        command.args(["-R", "ssh", "-f", "64", "-w", &hosts.join(","), "true"]);
        command.env("PDSH_SSH_ARGS_APPEND", format!("-F {}", self.config(false).display())).env("HOME", self.folder.path());
        Some(command)
    }

    pub(crate) fn pyinfra(&self, hosts: &[String], steps: usize) -> Option<Command> {
        let program = venv("pyinfra")?;
        let steps = "server.shell(name=\"nothing\", commands=[\"true\"])\n".repeat(steps);
        let deploy = self.file(&format!("deploy{}.py", steps.len()), &format!("from pyinfra.operations import server\n{steps}"));
        let inventory = if hosts == ["@local"] {
            "@local".to_owned()
        } else {
            let data = format!("{{\"ssh_config_file\": \"{}\", \"ssh_strict_host_key_checking\": \"no\"}}", self.config(false).display());
            let all: String = hosts.iter().map(|host| format!("    (\"{host}\", {data}),\n")).collect();
            self.file(&format!("hosts{}.py", hosts.len()), &format!("hosts = [\n{all}]\n")).display().to_string()
        };
        let mut command = Command::new(program);
        command.arg("-y").arg(inventory).arg(deploy).env("HOME", self.folder.path()).current_dir(self.folder.path());
        Some(command)
    }

    pub(crate) fn ansible(&self, hosts: &[String], steps: usize, cheap: bool) -> Option<Command> {
        let program = venv("ansible-playbook")?;
        // All hosts are this machine, and have the Python that it was installed with.
        let mut inventory = format!("[all:vars]\nansible_python_interpreter={}\n[all]\n", venv("python3")?.display());
        for host in hosts {
            let _ = writeln!(inventory, "{host}{}", if host == "localhost" { " ansible_connection=local" } else { "" });
        }
        let inventory = self.file(&format!("inventory{}", hosts.len()), &inventory);
        let tasks = "    - ansible.builtin.command: \"true\"\n".repeat(steps);
        let play = self.file(&format!("play{steps}.yml"), &format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}"));
        let mut command = Command::new(program);
        command.args(["-f", "50", "-i"]).arg(inventory).arg(play).current_dir(self.folder.path());
        // The masters end by themselves, long before the next round.
        let args = format!("-F {} -o ControlMaster=auto -o ControlPersist=2s", self.config(cheap).display());
        command.env("ANSIBLE_SSH_ARGS", args).env("ANSIBLE_PIPELINING", "1").env("ANSIBLE_LOCALHOST_WARNING", "0").env("LANG", "C.UTF-8");
        command.env("HOME", self.folder.path());
        Some(command)
    }
}

/// A program that `bench/run` has installed.
fn venv(program: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench-venv/bin").join(program);
    path.is_file().then_some(path)
}
