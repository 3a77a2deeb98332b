//! A folder and its processes, both gone when it is dropped.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A new folder that only this user can enter. Its path is short: sockets in it have 107 bytes in all.
#[derive(Debug)]
pub struct Scratch(PathBuf, AtomicBool);

impl Scratch {
    pub fn new(what: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("rb-{what}-{}-{number}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => return Self(folder, AtomicBool::new(false)),
                // Left by a killed test whose process id has come round again.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => panic!("{}: {error}", folder.display()),
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// It stays when this is dropped.
    pub fn keep(&self) {
        self.1.store(true, Ordering::Relaxed);
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.1.load(Ordering::Relaxed) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// Runs a program to its end; its output, or a panic with everything that it said.
pub fn run(program: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
    let mut command = Command::new(program);
    command.args(args).env("PATH", search_path()).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}; see tests/install.sh"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}{complained}", output.status);
    said
}

/// Servers lie in the administrator's folders, which a plain user's path leaves out.
pub fn search_path() -> String {
    let own = std::env::var("PATH").unwrap_or_default();
    format!("{own}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")
}

/// The full path of a program: sshd insists on it.
pub fn which(program: &str) -> PathBuf {
    search_path()
        .split(':')
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{program} is not installed; see tests/install.sh"))
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
    listener.local_addr().expect("a bound address").port()
}

pub fn user() -> String {
    run("id", ["-un"]).trim().to_owned()
}

/// Waits until `ready` says so; false when the process ended before, or the time did.
pub fn comes_up(child: &mut Child, within: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while started.elapsed() < within {
        if ready() {
            return true;
        }
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// Ends every process whose environment holds `KEY=value`, wherever its parents went.
pub fn kill_by_environment(entry: &str) {
    for _ in 0..50 {
        let found: Vec<String> = processes().filter(|pid| environment_has(pid, entry)).collect();
        if found.is_empty() {
            return;
        }
        kill(&found);
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Ends the children of a process, not the process.
pub fn kill_children(parent: u32) {
    kill(&children(parent));
}

/// The process ids of its children.
pub fn children(parent: u32) -> Vec<String> {
    processes().filter(|pid| parent_of(pid) == Some(parent)).collect()
}

/// Whether some process has this in its command line.
pub fn is_running(word: &str) -> bool {
    let line = |pid: String| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    processes().map(line).any(|line| String::from_utf8_lossy(&line).contains(word))
}

fn kill(pids: &[String]) {
    if !pids.is_empty() {
        let _ = Command::new("kill").arg("-9").args(pids).stderr(Stdio::null()).status();
    }
}

fn processes() -> impl Iterator<Item = String> {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.into_string().ok()).filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

fn environment_has(pid: &str, entry: &str) -> bool {
    let mut text = Vec::new();
    let read = fs::File::open(format!("/proc/{pid}/environ")).and_then(|mut file| file.read_to_end(&mut text));
    read.is_ok() && text.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes())
}

/// The fourth field of `stat`; the second is the name, in parentheses, and may hold anything.
fn parent_of(pid: &str) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
