//! What earlier runs of a runbook did, as far as it tells how long its steps take. Cheap and bounded: the last runs, and of
//! those the events of attempts alone.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::params;

use super::store::event_of;
use super::{JournalError, Store};
use crate::run::event::{Event, EventKind, Role};

/// How many runs back.
const RUNS: u32 = 20;
/// How many events in all: a fleet's last run says enough by itself.
const EVENTS: u32 = 20_000;

/// The last runs of a runbook.
#[derive(Debug, Default)]
pub struct Past {
    /// The frozen plans, by their hashes.
    pub plans: BTreeMap<String, Vec<u8>>,
    pub runs: Vec<PastRun>,
}

#[derive(Debug)]
pub struct PastRun {
    /// The hash of its plan.
    pub plan: String,
    /// Those of its attempts, and where another process took it up.
    pub events: Vec<Event>,
}

impl Store {
    /// Opens a state folder that is there; a look makes nothing.
    #[must_use]
    pub fn look(folder: &Path) -> Option<Self> {
        folder.join("journal.db").is_file().then(|| Self::open(folder).ok()).flatten()
    }

    /// The last runs of a runbook but one, which may go on still. One that can't be read is passed over.
    ///
    /// # Errors
    /// The journal can't be read.
    pub fn past(&self, runbook: &str, but: &str) -> Result<Past, JournalError> {
        let mut past = Past::default();
        let mut seen = 0usize;
        for run in self.last_runs(runbook, but)? {
            let Some(found) = self.attempts(&run)? else { continue };
            if !past.plans.contains_key(&found.plan) {
                let Ok(content) = self.content(&run, &found.plan) else { continue };
                past.plans.insert(found.plan.clone(), content);
            }
            seen += found.events.len();
            past.runs.push(found);
            if seen > EVENTS as usize {
                break;
            }
        }
        Ok(past)
    }

    fn last_runs(&self, runbook: &str, but: &str) -> Result<Vec<String>, JournalError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut query = self.connection.prepare("SELECT run FROM runs WHERE runbook = ? AND run <> ? ORDER BY created DESC LIMIT ?")?;
            let rows = query.query_map(params![runbook, but, RUNS], |row| row.get(0))?;
            rows.collect()
        };
        read().map_err(self.failed())
    }

    /// None: it can't be read.
    fn attempts(&self, run: &str) -> Result<Option<PastRun>, JournalError> {
        let read = || -> rusqlite::Result<Vec<(i64, String)>> {
            let mut query = self.connection.prepare_cached(
                "SELECT seq, body FROM events WHERE run = ? AND json_extract(body, '$.event') IN ('RunCreated', 'DriverStarted', 'StepBegan',
                 'StepEnded', 'VerifyHeld', 'VerifyFailed', 'HostRebooted', 'RebootMissed') ORDER BY seq LIMIT ?",
            )?;
            let rows = query.query_map(params![run, EVENTS], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        };
        let lines = read().map_err(self.failed())?;
        let events: Result<Vec<Event>, _> = lines.iter().map(|(seq, body)| event_of(run, seq.unsigned_abs(), body)).collect();
        let Ok(events) = events else { return Ok(None) };
        let plan = events.first().and_then(|first| match &first.kind {
            EventKind::RunCreated { pins, .. } => pins.iter().find(|pin| pin.role == Role::Plan).map(|pin| pin.hash.clone()),
            _ => None,
        });
        Ok(plan.map(|plan| PastRun { plan, events }))
    }
}
