//! Where a round is played: a desk, its hosts, and how each fault strikes there.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::effects::{Name, Way, of_attempt};
use super::fault::{Fault, Strike};
use super::lab::{LabFleet, SHARED};
use super::line::Line;
use super::processes::{at_home, below, boots, jobs, signal};
use crate::harness::desk::Desk;
use crate::harness::scratch::{Scratch, run, user};
use crate::harness::sshd::Sshd;

pub const BOXES: [&str; 2] = ["box1", "box2"];
const LOCKS: &str = "/var/tmp/runbook.locks";
/// Small disks: enough for a journal, soon full.
const SMALL: &str = "size=4m,mode=700";

/// Hosts behind lines that can be cut, for one round after the other.
pub struct Fleet {
    sshd: Sshd,
    lines: Vec<Line>,
    pub config: PathBuf,
    _scratch: Scratch,
}

impl Fleet {
    pub fn start() -> Self {
        let sshd = Sshd::start(&BOXES);
        let lines: Vec<Line> = BOXES.iter().map(|name| Line::to(sshd.port(name))).collect();
        let scratch = Scratch::new("line");
        let config = scratch.join("config");
        let mut text = String::new();
        for (name, line) in BOXES.iter().zip(&lines) {
            text.push_str(&format!("Host {name}\n  Port {}\n", line.port));
        }
        // The first word on a thing is the one that counts.
        text.push_str(&format!("Match all\nInclude {}\n", sshd.config().display()));
        fs::write(&config, text).expect("an ssh configuration");
        Self { sshd, lines, config, _scratch: scratch }
    }
}

/// The hosts of a round.
pub enum Ground<'a> {
    Here(&'a mut Fleet),
    Lab(&'a LabFleet),
}

/// How a fault ends.
#[derive(Debug, Clone)]
enum Heal {
    StartSshd(usize),
    Mend(usize),
    Go(Vec<u32>),
    Empty(PathBuf),
    Clock,
    Lab(Fault, usize),
}

pub struct Place<'a> {
    pub desk: Desk,
    ground: Ground<'a>,
    heals: Vec<(Instant, Heal)>,
    mounts: Vec<PathBuf>,
    faked: bool,
    /// What hosts that restarted had under way when they went down.
    pub forgotten: Vec<(Way, Name)>,
    down: Vec<Down>,
}

/// A host that restarts, until it is back.
struct Down {
    nr: usize,
    /// Those that end now.
    boots: BTreeSet<String>,
    seen: BTreeSet<(Way, Name)>,
}

impl<'a> Place<'a> {
    pub fn new(ground: Ground<'a>, strikes: &[Strike]) -> Self {
        let mut place = Self { desk: Desk::new(), ground, heals: Vec::new(), mounts: Vec::new(), faked: false, forgotten: Vec::new(), down: Vec::new() };
        let has = |fault| strikes.iter().any(|strike| strike.fault == fault);
        place.faked = has(Fault::Clock);
        if has(Fault::FullJournal) {
            place.mount(place.desk.state());
        }
        if has(Fault::FullJobs) && matches!(place.ground, Ground::Here(_)) {
            for home in place.homes() {
                place.mount(home.join(".local/state/runbook"));
            }
        }
        place.set_clock("+0");
        place
    }

    /// What this machine can't do, with the reason.
    pub fn cannot(fault: Fault, in_lab: bool) -> Option<&'static str> {
        match fault {
            fault if in_lab && !fault.is_of_the_lab() => Some("the lab's hosts have processes of their own"),
            Fault::Reboot | Fault::PowerCut if !in_lab => Some("it is of the lab of real hosts: FIRE_LAB=1"),
            Fault::FullJournal | Fault::FullJobs if user() != "root" => Some("small disks are mounted by root"),
            Fault::Clock if faketime().is_none() => Some("libfaketime is not installed"),
            _ => None,
        }
    }

    /// What the highest mark of a lock says; none where there is no mark.
    pub fn lock(&self, name: &str) -> Option<String> {
        let (_, highest) = marks(name).into_iter().max().filter(|_| matches!(self.ground, Ground::Here(_)))?;
        fs::read_link(highest).ok().map(|says| says.display().to_string())
    }

    /// Takes the marks of a lock away that nobody uses any more.
    pub fn forget_lock(&self, name: &str) {
        for (_, mark) in marks(name) {
            let _ = fs::remove_file(&mark);
            let _ = fs::remove_file(format!("{}.by", mark.display()));
        }
    }

    fn mount(&mut self, at: PathBuf) {
        fs::create_dir_all(&at).expect("a folder for a small disk");
        run("mount", ["-t", "tmpfs", "-o", SMALL, "tmpfs", &at.to_string_lossy()]);
        self.mounts.push(at);
    }

    /// Where commands say what they do.
    pub fn folder(&self) -> PathBuf {
        match &self.ground {
            Ground::Here(_) => self.desk.path(""),
            Ground::Lab(_) => PathBuf::from(SHARED),
        }
    }

    pub fn effects(&self) -> PathBuf {
        self.folder().join("effects")
    }

    /// What is struck where processes and lines are this machine's own.
    fn here(&mut self) -> &mut Fleet {
        match &mut self.ground {
            Ground::Here(fleet) => fleet,
            Ground::Lab(_) => panic!("that fault is none of the lab's"),
        }
    }

    /// The home of the desk, which is the local host's, and those of the boxes.
    fn homes(&self) -> Vec<PathBuf> {
        let home = |name: &&str| match &self.ground {
            Ground::Here(fleet) => fleet.sshd.home(name),
            Ground::Lab(lab) => lab.home(name),
        };
        std::iter::once(self.desk.home()).chain(BOXES.iter().map(home)).collect()
    }

    pub fn config(&self) -> &Path {
        match &self.ground {
            Ground::Here(fleet) => &fleet.config,
            Ground::Lab(lab) => &lab.config,
        }
    }

    /// The binary, under a clock that can be set where the round has a fault of it.
    pub fn command(&self) -> Command {
        let mut command = match &self.ground {
            Ground::Here(_) => self.desk.command(),
            Ground::Lab(lab) => lab.command(&self.desk),
        };
        if let Some(library) = faketime().filter(|_| self.faked) {
            command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", self.desk.path("clock"));
            command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        command
    }

    fn set_clock(&self, by: &str) {
        fs::write(self.desk.path("clock"), by).expect("a clock");
    }

    /// Strikes; none when there is nothing that it could hit now. What it returns are the attempts that may be forgotten.
    pub fn strike(&mut self, strike: &Strike, engine: u32) -> Option<Vec<(Way, Name)>> {
        let homes: Vec<String> = self.homes().iter().map(|home| home.display().to_string()).collect();
        let desk = &homes[..1];
        let box_nr = strike.which % BOXES.len();
        let mut forgotten = Vec::new();
        if strike.fault.restarts() {
            let home = &self.homes()[box_nr + 1];
            self.down.push(Down { nr: box_nr, boots: boots(home), seen: BTreeSet::new() });
            self.see_what_goes_down();
        }
        if let Ground::Lab(lab) = &self.ground
            && let Some(could) = lab.strike(strike, BOXES[box_nr])
        {
            if !could {
                return None;
            }
            self.later(strike.lasts, Heal::Lab(strike.fault, box_nr));
            return Some(Vec::new());
        }
        match strike.fault {
            Fault::Engine => signal("KILL", [engine]),
            Fault::Term => signal("TERM", [engine]),
            Fault::Master => some(at_home(desk).into_iter().filter(|p| p.name == "ssh").map(|p| p.pid)).map(|pids| signal("KILL", pids))?,
            Fault::Channel => {
                // The shells that serve, not the jobs: those are in sessions of their own.
                let jobs: Vec<u32> = self.homes().iter().flat_map(|home| jobs(home)).map(|job| job.keeper).collect();
                let shells = at_home(&homes).into_iter().filter(|p| matches!(p.name.as_str(), "sh" | "dash") && !jobs.contains(&p.pid));
                let heads: Vec<u32> = shells.filter(|p| is_head(p.pid)).map(|p| p.pid).collect();
                signal("KILL", [*heads.get(strike.which % heads.len().max(1))?]);
            }
            Fault::Keeper | Fault::Group => {
                let jobs: Vec<_> = self.homes().iter().flat_map(|home| jobs(home)).collect();
                let job = jobs.get(strike.which % jobs.len().max(1))?;
                signal("KILL", [job.keeper]);
                if let Some(group) = job.group.filter(|_| strike.fault == Fault::Group) {
                    // The keeper is dead first, so that it can't write down how the job ended.
                    kill_group(group);
                }
                forgotten.extend(of_attempt(&job.name));
            }
            Fault::Drop if strike.which.is_multiple_of(3) => self.here().sshd.drop_connections(BOXES[box_nr]),
            Fault::Drop => self.here().lines.iter().for_each(Line::hang_up),
            Fault::Sshd => {
                self.here().sshd.stop(BOXES[box_nr]);
                self.later(strike.lasts, Heal::StartSshd(box_nr));
            }
            Fault::Cut | Fault::LongCut => {
                self.here().lines[box_nr].cut(true);
                self.later(strike.lasts, Heal::Mend(box_nr));
            }
            Fault::Delay | Fault::Loss => {
                let (delay, loss) = if strike.fault == Fault::Delay { (20 + strike.which as u64 % 200, 0) } else { (0, 30) };
                self.here().lines[box_nr].wear(delay, loss);
                self.later(strike.lasts, Heal::Mend(box_nr));
            }
            Fault::StopEngine => self.stop(vec![engine], strike.lasts),
            Fault::StopMaster => {
                let masters = some(at_home(desk).into_iter().filter(|p| p.name == "ssh").map(|p| p.pid))?;
                self.stop(masters, strike.lasts);
            }
            Fault::StopHost => {
                let server = self.here().sshd.server(BOXES[box_nr]);
                let there = at_home(&homes[box_nr + 1..box_nr + 2]).into_iter().chain(server.into_iter().flat_map(below)).map(|p| p.pid);
                self.stop(there.chain(server).collect(), strike.lasts);
            }
            Fault::StopAll => {
                let servers: Vec<u32> = BOXES.iter().filter_map(|name| self.here().sshd.server(name)).collect();
                let sessions = servers.iter().flat_map(|pid| below(*pid));
                let all = at_home(&homes).into_iter().chain(sessions).map(|p| p.pid).chain(servers.iter().copied()).collect();
                self.stop(all, strike.lasts);
            }
            Fault::FullJournal => self.fill(self.desk.state(), strike.lasts),
            Fault::FullJobs => {
                let homes = self.homes();
                self.fill(homes[strike.which % homes.len()].join(".local/state/runbook"), strike.lasts);
            }
            Fault::Reboot | Fault::PowerCut => return None,
            Fault::Clock => {
                self.set_clock("-2h");
                self.later(strike.lasts, Heal::Clock);
            }
        }
        Some(forgotten)
    }

    fn later(&mut self, after: Duration, heal: Heal) {
        self.heals.push((Instant::now() + after, heal));
    }

    fn stop(&mut self, pids: Vec<u32>, lasts: Duration) {
        signal("STOP", pids.iter().copied());
        self.later(lasts, Heal::Go(pids));
    }

    fn fill(&mut self, disk: PathBuf, lasts: Duration) {
        let filler = disk.join("filler");
        if let Ok(mut file) = fs::OpenOptions::new().create(true).append(true).open(&filler) {
            while file.write_all(&[0; 4096]).is_ok() {}
        }
        self.later(lasts, Heal::Empty(filler));
    }

    /// What a host has under way that goes down: its marks outlast it, until the run is over and takes them away.
    fn see_what_goes_down(&mut self) {
        let homes = self.homes();
        for down in &mut self.down {
            let gone = jobs(&homes[down.nr + 1]).into_iter().filter(|job| down.boots.is_empty() || down.boots.contains(&job.boot));
            for one in gone.filter_map(|job| of_attempt(&job.name)) {
                if down.seen.insert(one.clone()) {
                    self.forgotten.push(one);
                }
            }
        }
    }

    /// Ends what has lasted long enough.
    pub fn heal_what_is_due(&mut self) {
        self.see_what_goes_down();
        let now = Instant::now();
        let (due, rest) = std::mem::take(&mut self.heals).into_iter().partition(|(when, _)| *when <= now);
        self.heals = rest;
        let due: Vec<(Instant, Heal)> = due;
        due.into_iter().for_each(|(_, heal)| self.heal(heal));
    }

    pub fn heal_all(&mut self) {
        for (_, heal) in std::mem::take(&mut self.heals) {
            self.heal(heal);
        }
    }

    fn heal(&mut self, heal: Heal) {
        match heal {
            Heal::StartSshd(nr) => {
                if self.here().sshd.server(BOXES[nr]).is_none() {
                    self.here().sshd.start_again(BOXES[nr]);
                }
            }
            Heal::Mend(nr) => {
                self.here().lines[nr].cut(false);
                self.here().lines[nr].wear(0, 0);
            }
            Heal::Go(pids) => signal("CONT", pids),
            Heal::Empty(filler) => {
                // Nothing could be written there, not even the filler.
                let _ = fs::remove_file(filler);
            }
            Heal::Clock => self.set_clock("+0"),
            Heal::Lab(fault, nr) => {
                if let Ground::Lab(lab) = &self.ground {
                    lab.heal(fault, BOXES[nr]);
                    if fault.restarts() {
                        self.see_what_goes_down();
                        self.down.retain(|down| down.nr != nr);
                    }
                }
            }
        }
    }

    /// The job folders that are left.
    pub fn left_behind(&self) -> Vec<String> {
        let folders = self.homes().into_iter().flat_map(|home| fs::read_dir(home.join(".local/state/runbook/jobs")).into_iter().flatten().flatten());
        folders.map(|entry| entry.path().display().to_string()).collect()
    }

    /// Keeps the folders of a round that failed, for whoever looks for the reason.
    pub fn keep(self) -> PathBuf {
        let kept = self.desk.path("");
        for (name, home) in BOXES.iter().zip(self.homes().into_iter().skip(1)) {
            run("cp", ["-a".as_ref(), home.as_os_str(), kept.join(name).as_os_str()]);
        }
        if self.mounts.contains(&self.desk.state()) {
            run("cp", ["-a".as_ref(), self.desk.state().as_os_str(), kept.join("state").as_os_str()]);
        }
        self.desk.keep();
        kept
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.heal_all();
        // In the lab all hosts say `/root`, as this machine does: only the desk's are ours to end.
        let homes: Vec<String> = self.homes().iter().map(|home| home.display().to_string()).collect();
        for _ in 0..20 {
            let left = at_home(&homes);
            if left.is_empty() {
                break;
            }
            for master in left.iter().filter(|p| p.name == "ssh") {
                remove_socket(master.pid);
            }
            signal("KILL", left.iter().map(|p| p.pid));
            std::thread::sleep(Duration::from_millis(5));
        }
        match &mut self.ground {
            Ground::Here(fleet) => fleet.lines.iter().for_each(Line::hang_up),
            Ground::Lab(lab) => {
                lab.all_up();
                let _ = fs::remove_file(Path::new(SHARED).join("effects"));
            }
        }
        for mount in &self.mounts {
            let _ = Command::new("umount").arg("-l").arg(mount).status();
        }
        for home in self.homes().iter().skip(1) {
            let _ = fs::remove_dir_all(home.join(".local"));
        }
    }
}

/// The numbered marks of a lock.
fn marks(name: &str) -> Vec<(u64, PathBuf)> {
    let all = fs::read_dir(LOCKS).into_iter().flatten().flatten().map(|entry| entry.path());
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix(name)?.strip_prefix('.')?.parse().ok();
    all.filter_map(|path| Some((number(&path)?, path))).collect()
}

fn some(pids: impl Iterator<Item = u32>) -> Option<Vec<u32>> {
    Some(pids.collect::<Vec<u32>>()).filter(|pids| !pids.is_empty())
}

/// The first shell of a channel, not one of those that it has begun: its parent is no shell.
fn is_head(pid: u32) -> bool {
    let parent = fs::read_to_string(format!("/proc/{pid}/stat")).ok().and_then(|stat| stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned));
    let name = parent.and_then(|parent| fs::read_to_string(format!("/proc/{parent}/comm")).ok());
    name.is_some_and(|name| !matches!(name.trim(), "sh" | "dash" | "bash" | "setsid"))
}

fn kill_group(group: u32) {
    let _ = Command::new("sh").args(["-c", &format!("kill -9 -{group}")]).stderr(std::process::Stdio::null()).status();
}

/// A killed engine leaves the folder of its master's socket: its own `Drop` never came.
fn remove_socket(master: u32) {
    let line = fs::read(format!("/proc/{master}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).into_owned();
    let socket = line.split(['\0', ' ']).find(|word| word.starts_with("/tmp/rb-") && word.ends_with("/s"));
    if let Some((folder, _)) = socket.and_then(|socket| socket.rsplit_once('/')).filter(|(folder, _)| folder.len() > "/tmp/rb-".len()) {
        let _ = fs::remove_dir_all(folder);
    }
}

fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("faketime/libfaketime.so.1")).find(|path| path.is_file())
}
