//! Rounds, many at once, until there were enough interruptions; and the table of what they came to.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::fault::{FAULTS, Fault};
use super::lab::LabFleet;
use super::place::{Fleet, Ground, Place};
use super::round::{self, Failed, Tally};

/// How much is fired.
#[derive(Debug, Clone)]
pub struct Range {
    pub interruptions: usize,
    /// Of the first round; each next one has the next seed.
    pub seed: u64,
    pub faults: String,
    pub workers: usize,
    /// On the lab's hosts, one round at a time.
    pub in_lab: bool,
    /// Told now and then how far it is.
    pub progress: fn(&str),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    struck: BTreeMap<Fault, usize>,
    rounds: usize,
    processes: usize,
    marked: usize,
    ends: BTreeMap<String, usize>,
    pub failed: Vec<Failed>,
    faults: String,
    took: Duration,
}

impl Report {
    pub fn interruptions(&self) -> usize {
        self.struck.values().sum()
    }

    fn add(&mut self, played: Result<Tally, Failed>) {
        self.rounds += 1;
        match played {
            Ok(tally) => {
                tally.struck.iter().for_each(|(fault, times)| *self.struck.entry(*fault).or_default() += times);
                self.processes += tally.processes;
                self.marked += tally.marked;
                *self.ends.entry(tally.end).or_default() += 1;
            }
            Err(failed) => self.failed.push(failed),
        }
    }

    fn line(&self) -> String {
        let minutes = self.took.as_secs_f64() / 60.0;
        let each_minute = self.interruptions() as f64 / minutes.max(1e-9);
        format!("{} interruptions in {} runs, {} failed, {each_minute:.0} a minute", self.interruptions(), self.rounds, self.failed.len())
    }
}

/// # Panics
/// When a fault is named that there is not.
pub fn play(range: &Range) -> Report {
    let named = Fault::named(&range.faults).unwrap_or_else(|why| panic!("{why}"));
    let (faults, cannot): (Vec<Fault>, Vec<Fault>) = named.into_iter().partition(|fault| Place::cannot(*fault, range.in_lab).is_none());
    for fault in cannot {
        (range.progress)(&format!("without {}: {}", fault.word(), Place::cannot(fault, range.in_lab).unwrap_or_default()));
    }
    assert!(!faults.is_empty(), "no fault is left that this machine can do");
    let (next, struck) = (AtomicU64::new(range.seed), AtomicUsize::new(0));
    let report = Mutex::new(Report { faults: range.faults.clone(), ..Report::default() });
    let began = Instant::now();
    let lab = range.in_lab.then(LabFleet::up);
    std::thread::scope(|scope| {
        for _ in 0..if range.in_lab { 1 } else { range.workers } {
            scope.spawn(|| {
                let mut fleet = lab.is_none().then(Fleet::start);
                while struck.load(Ordering::Relaxed) < range.interruptions {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let ground = match (&lab, &mut fleet) {
                        (Some(lab), _) => Ground::Lab(lab),
                        (None, Some(fleet)) => Ground::Here(fleet),
                        (None, None) => return,
                    };
                    let played = round::play(ground, seed, &faults);
                    if let Err(failed) = &played {
                        (range.progress)(&told(failed, &range.faults));
                        fleet = lab.is_none().then(Fleet::start);
                    }
                    struck.fetch_add(played.as_ref().map_or(1, |tally| tally.struck.values().sum()), Ordering::Relaxed);
                    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
                    report.add(played);
                    report.took = began.elapsed();
                    if report.rounds.is_multiple_of(50) {
                        (range.progress)(&report.line());
                    }
                }
            });
        }
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn told(failed: &Failed, faults: &str) -> String {
    format!("seed {}: {}\n  kept in {}\n  again: tests/fire/run 1 {} {faults}", failed.seed, failed.why, failed.kept.display(), failed.seed)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<14}{:>8}", "fault", "struck")?;
        for (fault, word) in FAULTS {
            if let Some(times) = self.struck.get(&fault) {
                writeln!(f, "{word:<14}{times:>8}")?;
            }
        }
        writeln!(f, "{}; {} processes, {} times marked done", self.line(), self.processes, self.marked)?;
        let ends: Vec<String> = self.ends.iter().map(|(end, runs)| format!("{runs} {}", end.replace('_', " "))).collect();
        writeln!(f, "ends: {}", ends.join(", "))?;
        self.failed.iter().try_for_each(|failed| writeln!(f, "{}", told(failed, &self.faults)))
    }
}
