//! One round: a runbook, a run of it, faults, resumes until it ends, and the oracle's word after each stop.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use super::book::{Book, Does, Fails, Instance};
use super::dice::Dice;
use super::effects::{Effects, Name, Way};
use super::fault::{Fault, Moment, Strike, strikes};
use super::freight;
use super::oracle::{Oracle, Past, Shown};
use super::person;
use super::place::{BOXES, Ground, Place};
use super::text::text;

/// How often a run may be taken up again before it counts as one that never ends.
const MOST_PROCESSES: usize = 40;
/// How often the engine is looked at.
const LOOK: Duration = Duration::from_millis(2);
/// Beyond the faults: no book takes half as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a round came to.
#[derive(Debug, Default)]
pub struct Tally {
    pub struck: BTreeMap<Fault, usize>,
    pub processes: usize,
    /// How often a person marked a step done.
    pub marked: usize,
    /// How its run ended.
    pub end: String,
}

/// A round whose oracle said no.
#[derive(Debug)]
pub struct Failed {
    pub seed: u64,
    pub why: String,
    pub kept: PathBuf,
}

pub fn play(ground: Ground<'_>, seed: u64, faults: &[Fault]) -> Result<Tally, Failed> {
    let mut dice = Dice::new(seed);
    let mut hosts: Vec<String> = std::iter::once("local").chain(BOXES).map(str::to_owned).collect();
    while hosts.len() > 1 && dice.one_in(3) {
        hosts.remove(dice.below(hosts.len()));
    }
    let book = Book::random(&mut dice, &hosts);
    let strikes = strikes(&mut dice, faults);
    let place = Place::new(ground, &strikes);
    place.desk.file("book.runbook", text(&book));
    place.desk.file("strikes", format!("{strikes:#?}"));
    freight::load(&book, &place, &mut dice);
    let mut round = Round { seed, oracle: Oracle::new(&book), book, place, strikes: strikes.into(), past: Past::default(), tally: Tally::default(), dice };
    let played = round.play();
    round.place.forget_lock(&round.lock());
    match played {
        Ok(()) => Ok(round.tally),
        Err(why) => {
            round.place.heal_all();
            round.place.desk.file("why", &why);
            Err(Failed { seed, why, kept: round.place.keep() })
        }
    }
}

struct Round<'a> {
    seed: u64,
    book: Book,
    oracle: Oracle,
    place: Place<'a>,
    strikes: std::collections::VecDeque<Strike>,
    past: Past,
    tally: Tally,
    dice: Dice,
}

/// How a process left.
struct Left {
    /// None when a signal ended it.
    status: Option<i32>,
    err: String,
}

impl Round<'_> {
    fn play(&mut self) -> Result<(), String> {
        let mut shown = None;
        for _ in 0..MOST_PROCESSES {
            let args = self.next(shown.as_ref())?;
            let left = if args[0] == person::MARKS_DONE { self.mark_done()? } else { self.drive(&args)? };
            shown = self.look(&args, &left)?;
            let Some(now) = &shown else { continue };
            if let "done" | "rolled_back" = now.state.as_str() {
                let effects = self.effects()?;
                let files = freight::look(&self.book, &self.place);
                self.oracle.end_holds(now, left.status.filter(|status| *status != 130), &effects, &files, &self.past)?;
                if let (true, Some(text)) = (self.book.locks, self.place.lock(&self.lock()).filter(|text| !text.starts_with("free,"))) {
                    return Err(format!("the run is over, and its lock says `{text}`"));
                }
                self.tally.end.clone_from(&now.state);
                return self.nothing_is_left(&effects);
            }
            // Sometimes the jobs have time to end while nobody watches.
            if self.dice.one_in(2) {
                std::thread::sleep(Duration::from_millis(self.dice.below(400) as u64));
            }
        }
        Err(format!("the run does not end: {MOST_PROCESSES} processes, and it is {}", shown.map_or_else(|| "not there".to_owned(), |s| s.state)))
    }

    fn effects(&self) -> Result<Effects, String> {
        Effects::read(&self.place.effects())
    }

    /// The name of the lock of this round; of a host's locks all rounds at once see the same folder.
    fn lock(&self) -> String {
        format!("fire.{}.{}", std::process::id(), self.seed)
    }

    /// What a person would type who looks at the run and at the effect log.
    fn next(&self, shown: Option<&Shown>) -> Result<Vec<String>, String> {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<String>>();
        let Some(shown) = shown.filter(|s| s.state != "refused") else {
            let mut args = words(&["run", &self.place.desk.path("book.runbook").to_string_lossy(), "--ssh-config"]);
            args.push(self.place.config().display().to_string());
            args.extend(["-p".to_owned(), format!("dir={}", self.place.folder().display()), "-p".to_owned(), format!("lock={}", self.lock())]);
            // Connections that come and go by themselves, in some rounds.
            if self.seed.is_multiple_of(3) {
                args.extend(words(&["--idle", "1s"]));
            }
            args.extend(self.book.gates().into_iter().flat_map(|gate| ["--answer".to_owned(), format!("{gate}=yes")]));
            return Ok(args);
        };
        if shown.state == "parked" {
            let is = |word: &str| shown.steps.values().any(|state| state == word);
            // Where a loop had gone on without another item already, for what nobody wrote, its own failure stops it.
            let for_good = |i: &Instance| i.step.fails == Fails::Always || i.is_tolerated() && !is("unknown");
            let gave_up = self.book.instances().iter().any(|i| {
                let name = (i.step.id.clone(), i.host.clone());
                for_good(i) && shown.steps.get(&name).is_some_and(|s| s == "failed")
            });
            if gave_up || is("undone") {
                return Ok(words(&["rollback", "last"]));
            }
            let effects = self.effects()?;
            let unknown: Vec<_> =
                shown.steps.iter().filter(|(name, state)| *state == "unknown" && !shown.tolerated.contains(*name)).map(|(name, _)| name).collect();
            // Nobody retries what has ended: it is marked done at a terminal, where a person can, or taken back.
            let plain = |name: &Name| self.book.instances().iter().any(|i| (&i.step.id, &i.host) == (&name.0, &name.1) && !i.step.captures && !i.is_scope);
            if let [one] = unknown[..]
                && effects.has_ended(one, Way::Run)
                && plain(one)
                && self.seed.is_multiple_of(2)
            {
                return Ok(words(&[person::MARKS_DONE]));
            }
            if unknown.iter().any(|name| effects.has_ended(name, Way::Run)) {
                return Ok(words(&["rollback", "last"]));
            }
            let mut args = words(&["resume", "last"]);
            for name in unknown {
                args.extend(["--retry".to_owned(), shown.paths[name].clone()]);
            }
            return Ok(args);
        }
        Ok(words(&["resume", "last"]))
    }

    /// Runs a process to its end while faults strike.
    fn drive(&mut self, args: &[String]) -> Result<Left, String> {
        self.tally.processes += 1;
        self.past.drivers += 1;
        if self.strikes.is_empty() {
            self.place.heal_all();
        }
        let log = self.place.desk.path(format!("engine.{}", self.tally.processes));
        let err = File::create(&log).map_err(|e| e.to_string())?;
        let mut engine = self.place.command().args(args).stdout(Stdio::null()).stderr(err).spawn().map_err(|e| e.to_string())?;
        let status = self.under_fire(&mut engine);
        let _ = engine.kill();
        let status = status.map_err(|why| format!("`runbook {}`: {why}", args.join(" ")))?;
        Ok(Left { status: status.code(), err: fs::read_to_string(log).unwrap_or_default() })
    }

    /// A person at a terminal resumes, and marks done what has ended.
    fn mark_done(&mut self) -> Result<Left, String> {
        self.tally.processes += 1;
        self.past.drivers += 1;
        self.place.heal_all();
        let (screen, status) = person::mark_done(&self.place.desk)?;
        self.place.desk.file(format!("engine.{}", self.tally.processes).as_str(), &screen);
        self.tally.marked += usize::from(screen.contains("why is it done"));
        Ok(Left { status: Some(status), err: screen })
    }

    fn under_fire(&mut self, engine: &mut Child) -> Result<std::process::ExitStatus, String> {
        let (mut waits, mut since) = (Watch::new(&self.place), Instant::now());
        let mut until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = engine.try_wait().map_err(|e| e.to_string())? {
                return Ok(status);
            }
            self.place.heal_what_is_due();
            if let Some(strike) = self.strikes.front().copied().filter(|s| waits.has_come(s.moment, since, &self.place))
                && let Some(forgotten) = self.place.strike(&strike, engine.id())
            {
                self.strikes.pop_front();
                *self.tally.struck.entry(strike.fault).or_default() += 1;
                let no_room = strike.fault == Fault::FullJournal && self.book.instances().iter().any(|i| i.step.does == Does::Download);
                self.past.trouble |= matches!(strike.fault, Fault::FullJobs | Fault::LongCut) || no_room;
                self.past.restarted |= strike.fault.restarts();
                for one in forgotten {
                    *self.past.amnesia.entry(one).or_default() += 1;
                }
                (waits, since) = (Watch::new(&self.place), Instant::now());
                until = since + strike.lasts + if strike.fault == Fault::LongCut || strike.fault.restarts() { PATIENCE * 3 } else { PATIENCE };
            }
            if Instant::now() > until {
                return Err(format!("still there after {PATIENCE:?} without a fault"));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// What stands in the journal and on the targets while nobody drives.
    fn look(&mut self, args: &[String], left: &Left) -> Result<Option<Shown>, String> {
        let said = |what: &str| format!("`runbook {}` {what}: {}", args.join(" "), left.err.lines().rev().take(12).collect::<Vec<_>>().join(" | "));
        if left.err.contains("panicked") {
            return Err(said("panics"));
        }
        if self.strikes.is_empty() || self.dice.one_in(2) {
            self.place.heal_all();
        }
        for one in self.place.forgotten.drain(..) {
            *self.past.amnesia.entry(one).or_default() += 1;
        }
        let effects = self.effects()?;
        self.oracle.effects_hold(&effects, &self.past)?;
        let mut ran = self.place.desk.runbook(["show", "last", "--format", "json"]);
        // A journal can't be read on a full disk either: a reader makes its index there.
        if ran.err.contains("no space is left") {
            self.place.heal_all();
            ran = self.place.desk.runbook(["show", "last", "--format", "json"]);
        }
        if ran.status != 0 {
            if left.status == Some(2) {
                return Err(said("is wrong usage"));
            }
            let nothing = effects.lines.is_empty() && ran.err.contains("no run");
            return if nothing { Ok(None) } else { Err(format!("`show` ends with {}: {}", ran.status, ran.err)) };
        }
        let verified = self.place.desk.runbook(["verify", "last"]);
        if verified.status != 0 {
            return Err(format!("`verify` ends with {}: {}{}", verified.status, verified.out, verified.err));
        }
        let shown = Shown::read(&ran.out)?;
        // Written before the effects are read: a job may still end meanwhile.
        self.oracle.belief_holds(&shown, &self.effects()?, &freight::look(&self.book, &self.place), &self.past)?;
        if let (true, false, Some(text)) = (self.book.locks, effects.lines.is_empty(), self.place.lock(&self.lock()))
            && !matches!(shown.state.as_str(), "done" | "rolled_back")
            && !text.starts_with("held,")
            && left.status.is_some_and(|status| status != 130)
        {
            return Err(said(&format!("leaves the run {}, and its lock says `{text}`", shown.state)));
        }
        let fits = match (left.status, shown.state.as_str()) {
            // A signal may come at any moment.
            (None, _) | (Some(130), _) => true,
            (Some(0 | 6), "done") | (Some(4), "rolled_back") | (Some(5), "stuck") => true,
            (Some(7), "refused") => effects.lines.is_empty(),
            (Some(3 | 7), "parked" | "waiting" | "preparing" | "running" | "rolling_back" | "stuck") => true,
            _ => false,
        };
        if fits { Ok(Some(shown)) } else { Err(said(&format!("ends with {:?} and leaves the run {}", left.status, shown.state))) }
    }

    /// A run that is over leaves nothing behind and does nothing more.
    fn nothing_is_left(&mut self, effects: &Effects) -> Result<(), String> {
        let began = Instant::now();
        while !self.place.left_behind().is_empty() {
            // A host that was out of reach in the last moment keeps its folder.
            if !self.tally.struck.is_empty() || began.elapsed() > Duration::from_secs(5) {
                break;
            }
            std::thread::sleep(LOOK);
        }
        if self.tally.struck.is_empty() && !self.place.left_behind().is_empty() {
            return Err(format!("job folders are left: {:?}", self.place.left_behind()));
        }
        let now = self.effects()?;
        if now.lines.len() != effects.lines.len() {
            return Err(format!("the run is over, and something still acts: {:?}", &now.lines[effects.lines.len()..]));
        }
        Ok(())
    }
}

/// Waits for a moment.
struct Watch {
    lines: usize,
    journal: Option<(u64, SystemTime)>,
    grown: usize,
}

impl Watch {
    fn new(place: &Place<'_>) -> Self {
        Self { lines: lines(place), journal: journal(place), grown: 0 }
    }

    fn has_come(&mut self, moment: Moment, since: Instant, place: &Place<'_>) -> bool {
        match moment {
            Moment::After(pause) => since.elapsed() >= pause,
            Moment::Effects(more) => lines(place) >= self.lines + more,
            Moment::Journal(times) => {
                let now = journal(place);
                if now != self.journal {
                    (self.journal, self.grown) = (now, self.grown + 1);
                }
                self.grown >= times
            }
        }
    }
}

fn lines(place: &Place<'_>) -> usize {
    fs::read(place.effects()).map_or(0, |text| text.iter().filter(|byte| **byte == b'\n').count())
}

fn journal(place: &Place<'_>) -> Option<(u64, SystemTime)> {
    let of = fs::metadata(place.desk.state().join("journal.db-wal")).ok()?;
    Some((of.len(), of.modified().ok()?))
}
