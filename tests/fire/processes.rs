//! The processes of a round, found by where their home is.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Debug, Clone)]
pub struct Process {
    pub pid: u32,
    pub parent: u32,
    /// The name of its program.
    pub name: String,
    pub home: String,
}

/// All processes whose home is one of these.
pub fn at_home(homes: &[String]) -> Vec<Process> {
    every().filter(|process| homes.contains(&process.home)).collect()
}

/// Those that a process has begun, and what they have begun.
pub fn below(root: u32) -> Vec<Process> {
    let all: Vec<Process> = every().collect();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for process in all.iter().filter(|process| process.parent == parent) {
            parents.push(process.pid);
            found.push(process.clone());
        }
    }
    found
}

fn every() -> impl Iterator<Item = Process> {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| read(name.parse().ok()?))
}

fn read(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = stat.rsplit_once(')')?;
    let words: Vec<&str> = tail.split_whitespace().collect();
    // A dead one that nobody has waited for is no process any more.
    if words.first() == Some(&"Z") {
        return None;
    }
    let mut environment = Vec::new();
    // Another user's, or gone in this moment: then it has no home that we know.
    let _ = fs::File::open(format!("/proc/{pid}/environ")).and_then(|mut file| file.read_to_end(&mut environment));
    let home = environment.split(|byte| *byte == 0).find_map(|variable| variable.strip_prefix(b"HOME="));
    Some(Process {
        pid,
        parent: words.get(1)?.parse().ok()?,
        name: head.split_once('(')?.1.to_owned(),
        home: String::from_utf8_lossy(home.unwrap_or_default()).into_owned(),
    })
}

/// One `kill` for all, so that they are hit at one moment.
pub fn signal(signal: &str, pids: impl IntoIterator<Item = u32>) {
    let pids: Vec<String> = pids.into_iter().map(|pid| pid.to_string()).collect();
    if !pids.is_empty() {
        // One of them may have ended by itself.
        let _ = Command::new("kill").arg(format!("-{signal}")).args(pids).stderr(Stdio::null()).status();
    }
}

/// A job of which a target's marks say that it has begun and not ended.
#[derive(Debug, Clone)]
pub struct Job {
    pub name: String,
    pub keeper: u32,
    pub group: Option<u32>,
    /// The boot that it began in.
    pub boot: String,
}

/// The jobs under way below a home.
pub fn jobs(home: &Path) -> Vec<Job> {
    let mut found = Vec::new();
    for run in fs::read_dir(home.join(".local/state/runbook/jobs")).into_iter().flatten().flatten() {
        let marks: Vec<String> = fs::read_dir(run.path()).into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
        for mark in &marks {
            let Some((name, said)) = mark.split_once(".go=") else { continue };
            if marks.iter().any(|m| *m == format!("{name}.end")) {
                continue;
            }
            let Some(keeper) = said.split(':').next().and_then(|pid| pid.parse().ok()) else { continue };
            let group = marks.iter().find_map(|m| m.strip_prefix(&format!("{name}.pg="))).and_then(|pid| pid.parse().ok());
            let boot = said.rsplit(':').next().unwrap_or_default().to_owned();
            found.push(Job { name: name.to_owned(), keeper, group, boot });
        }
    }
    found
}

/// The boots in which jobs below a home began, those that have ended among them.
pub fn boots(home: &Path) -> BTreeSet<String> {
    let runs = fs::read_dir(home.join(".local/state/runbook/jobs")).into_iter().flatten().flatten();
    let marks = runs.flat_map(|run| fs::read_dir(run.path()).into_iter().flatten().flatten()).filter_map(|entry| entry.file_name().into_string().ok());
    marks.filter_map(|mark| Some(mark.split_once(".go=")?.1.rsplit(':').next()?.to_owned())).collect()
}
