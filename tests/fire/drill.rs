//! A random runbook on a desk, without faults of its own: for tests that know what they strike.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::book::{Book, Does, Fails, Instance, Piece, Step};
use super::dice::Dice;
use super::effects::Effects;
use super::oracle::{Oracle, Past};
use super::text::text;
use crate::harness::desk::{Desk, Ran};
use crate::harness::scratch::run;

pub struct Drill {
    pub desk: Desk,
    book: Book,
    oracle: Oracle,
    past: Past,
    config: Option<PathBuf>,
}

impl Drill {
    /// The first book from this seed on that ends well, and on the way back, too. With `parks`, a step behind all of it fails for good, outside
    /// any boundary: the run parks with all that it did standing.
    pub fn new(seed: u64, hosts: &[&str], config: Option<&Path>, parks: bool) -> Self {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let books = (seed..).map(|seed| Book::random(&mut Dice::new(seed), &hosts));
        let mut book = books.into_iter().find(ends_well).expect("many books end well");
        if parks {
            let last = Step { fails: Fails::Always, ..Step::plain("s99".to_owned(), vec!["local".to_owned()]) };
            book.pieces.push(Piece::Step(last));
        }
        let desk = Desk::new();
        desk.file("book.runbook", text(&book));
        let past = Past { drivers: 2, ..Past::default() };
        Self { desk, oracle: Oracle::new(&book), book, past, config: config.map(Path::to_owned) }
    }

    /// The first one of which an undo fails at first, and nothing else: a rollback gets stuck on its way.
    pub fn that_gets_stuck(seed: u64, hosts: &[&str]) -> Self {
        let mut drill = Self::new(seed, hosts, None, true);
        let instances = drill.book.instances();
        let undone = instances.iter().filter(|i| i.step.undone && !i.is_scope).nth(1).expect("two that can be undone");
        let id = undone.step.id.clone();
        drill.book.for_each_step(&mut |step| step.undo_fails |= step.id == id);
        drill.desk.file("book.runbook", text(&drill.book));
        drill.oracle = Oracle::new(&drill.book);
        drill
    }

    /// The first step that has an effect: what a rollback can stop behind.
    pub fn first(&self) -> String {
        self.book.instances().iter().find(|i| !i.is_scope).map(|i| i.step.id.clone()).expect("a step")
    }

    pub fn args(&self) -> Vec<String> {
        let mut args = vec!["run".to_owned(), self.desk.path("book.runbook").display().to_string()];
        args.extend(["-p".to_owned(), format!("dir={}", self.desk.path("").display())]);
        args.extend(self.book.gates().into_iter().flat_map(|gate| ["--answer".to_owned(), format!("{gate}=yes")]));
        args.extend(self.config.iter().flat_map(|config| ["--ssh-config".to_owned(), config.display().to_string()]));
        args
    }

    /// What commands did so far.
    pub fn effects(&self) -> Effects {
        Effects::read(&self.desk.path("effects")).unwrap_or_else(|why| panic!("{why}"))
    }

    /// How many commands there are to run forward.
    pub fn steps(&self) -> usize {
        self.book.instances().len()
    }

    /// No effect twice, none too early, none out of order.
    pub fn holds(&self) -> Result<(), String> {
        self.oracle.effects_hold(&self.effects(), &self.past)
    }

    /// The binary, with another state folder: another control machine.
    pub fn elsewhere(&self, state: &Path) -> Command {
        let mut command = self.desk.command();
        command.env("RUNBOOK_STATE", state);
        command
    }

    /// What the desk, the job folders and the effect log are now.
    pub fn snapshot(&self) -> Snapshot<'_> {
        let kept = self.desk.path("snapshot");
        fs::create_dir_all(&kept).expect("a folder");
        let snapshot = Snapshot { drill: self, kept };
        for (from, to) in snapshot.places() {
            if from.exists() {
                copy(&from, &to);
            }
        }
        snapshot
    }
}

fn ends_well(book: &Book) -> bool {
    let plain = |i: &Instance| !i.step.undo_fails && i.step.does == Does::Run && !i.is_tolerated();
    !book.locks && !book.fails_for_good() && book.instances().iter().all(plain)
}

/// A state to come back to.
pub struct Snapshot<'a> {
    drill: &'a Drill,
    kept: PathBuf,
}

impl Snapshot<'_> {
    fn places(&self) -> [(PathBuf, PathBuf); 3] {
        let desk = &self.drill.desk;
        [(desk.state(), self.kept.join("state")), (desk.home().join(".local"), self.kept.join("home")), (desk.path("effects"), self.kept.join("effects"))]
    }

    pub fn restore(&self) {
        for (there, kept) in self.places() {
            let _ = if there.is_dir() { fs::remove_dir_all(&there) } else { fs::remove_file(&there) };
            if kept.exists() {
                copy(&kept, &there);
            }
        }
    }

    /// Comes back to it with a journal that ends behind this event, and resumes.
    pub fn resume_behind(&self, event: usize) -> Ran {
        self.go_on_behind(event, "resume")
    }

    /// The same with another command.
    pub fn go_on_behind(&self, event: usize, command: &str) -> Ran {
        self.restore();
        let journal = self.drill.desk.state().join("journal.db");
        run("sqlite3", [journal.as_os_str(), format!("delete from events where seq > {event}").as_ref()]);
        self.drill.desk.runbook([command, "last"])
    }
}

/// With links as links: a keeper's marks may be links.
fn copy(from: &Path, to: &Path) {
    run("cp", ["-a".as_ref(), from.as_os_str(), to.as_os_str()]);
}
