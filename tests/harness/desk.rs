//! Somebody's desk: a folder with runbooks, a state folder, a home, and the `runbook` command.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::scratch::{Scratch, kill_by_environment, search_path};

/// Dropped, all of it is gone.
#[derive(Debug)]
pub struct Desk {
    scratch: Scratch,
}

impl Drop for Desk {
    /// A job that outlived its engine would wait for ever for what nobody here does any more.
    fn drop(&mut self) {
        kill_by_environment(&format!("HOME={}", self.home().display()));
    }
}

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit status; -1 when a signal ended it.
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Desk {
    pub fn new() -> Self {
        let scratch = Scratch::new("desk");
        for folder in ["home", "state", "work"] {
            std::fs::create_dir_all(scratch.join(folder)).expect("a folder of the desk");
        }
        Self { scratch }
    }

    /// Leaves the folder where it is.
    pub fn keep(&self) {
        self.scratch.keep();
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.scratch.join("work").join(name)
    }

    pub fn state(&self) -> PathBuf {
        self.scratch.join("state")
    }

    pub fn home(&self) -> PathBuf {
        self.scratch.join("home")
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the desk");
        std::fs::write(&path, content).expect("a file of the desk");
        path
    }

    /// The runbooks of a runbook's folder, and of those in it: it may import them, or go through them.
    pub fn copy_beside(&self, runbook: &str) {
        let path = Path::new(runbook);
        self.copy_runbooks(path.parent().expect("a folder"), Path::new(""), path);
    }

    fn copy_runbooks(&self, folder: &Path, to: &Path, but: &Path) {
        for entry in folder.read_dir().expect("the folder").flatten() {
            let (path, to) = (entry.path(), to.join(entry.file_name()));
            if path.is_dir() {
                self.copy_runbooks(&path, &to, but);
            } else if path.to_string_lossy().ends_with(".runbook") && path != but {
                self.file(&to.to_string_lossy(), std::fs::read(&path).expect("a runbook"));
            }
        }
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The command with nothing of the tester's environment but the path.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .current_dir(self.scratch.join("work"))
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", self.home())
            .env("RUNBOOK_STATE", self.state())
            // What another program says differs from version to version.
            .env("RUNBOOK_SHELLCHECK", "")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub fn runbook<A: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        let output = self.command().args(args).output().expect("the binary runs");
        Ran {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts it and leaves it running.
    pub fn start<A: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Running {
        let said = std::fs::File::create(self.said()).expect("a file of the desk");
        Running(self.command().args(args).stdout(Stdio::null()).stderr(said).spawn().expect("the binary runs"))
    }

    /// What the last one that was started says of its troubles.
    fn said(&self) -> PathBuf {
        self.scratch.join("said")
    }

    /// Waits until the newest run is in this state, and fails with all that is known of it.
    pub fn until_it_is(&self, state: &str) {
        let began = Instant::now();
        loop {
            let shown = self.runbook(["show", "last", "--format", "json"]);
            let is = serde_json::from_str::<serde_json::Value>(&shown.out).unwrap_or_default();
            if is["state"] == state {
                return;
            }
            if began.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(self.said()).unwrap_or_default();
                panic!("it is not {state}: {shown:?}\nIt said: {said}\n{}", self.runbook(["log", "last"]).out);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The newest run's events, as JSON.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let ran = self.runbook(["log", "last", "--format", "json"]);
        assert_eq!(ran.status, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap_or_else(|_| ran.out.lines().map(|line| serde_json::from_str(line).expect("an event")).collect())
    }

    /// The newest run's state, in one word.
    pub fn word(&self) -> String {
        let ran = self.runbook(["show", "last", "--format", "json"]);
        let shown: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        shown["state"].as_str().unwrap_or_default().to_owned()
    }

    /// What `step` is in the newest run.
    pub fn stage(&self, step: &str) -> String {
        self.step(step)["state"].as_str().unwrap_or_default().to_owned()
    }

    /// How often `step` was sent in the newest run.
    pub fn attempts(&self, step: &str) -> u64 {
        self.step(step)["attempts"].as_u64().unwrap_or_default()
    }

    fn step(&self, step: &str) -> serde_json::Value {
        let ran = self.runbook(["show", "last", "--format", "json"]);
        let shown: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        let steps = shown["steps"].as_array().expect("steps");
        steps.iter().find(|s| s["id"] == step).unwrap_or_else(|| panic!("no step {step} in {shown}")).clone()
    }
}

/// A process of the binary. Dropped, it is killed.
#[derive(Debug)]
pub struct Running(pub Child);

impl Running {
    /// SIGKILL: it can't say goodbye.
    pub fn kill(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub fn wait(&mut self) -> i32 {
        self.0.wait().expect("it was started").code().unwrap_or(-1)
    }

    /// Its exit status, and the most memory that it ever had, in KiB.
    pub fn measured(&mut self) -> (i32, u64) {
        let status = format!("/proc/{}/status", self.0.id());
        let mut most = 0;
        loop {
            let peak = std::fs::read_to_string(&status).unwrap_or_default();
            let kib = peak.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
            most = most.max(kib.unwrap_or(0));
            if let Some(status) = self.0.try_wait().expect("it was started") {
                return (status.code().unwrap_or(-1), most);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until something is so, and fails after a minute with what was waited for.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(PAUSE);
    }
}
