//! The state folder, and a run in it.

use std::path::PathBuf;
use std::rc::Rc;

use engine::exec::driver::DriveError;
use engine::exec::signature;
use engine::journal::lock::is_alive;
use engine::journal::{Journal, Store};
use engine::plan::model::{PLAN_FORMAT, Plan};
use engine::run::edit::Plans;
use engine::run::event::{Event, EventKind, Pin, Role};
use engine::run::state::RunState;
use etcetera::BaseStrategy;

use super::person::operator;
use crate::complaint::{Complaint, FAILED};

/// Where runs are kept: `$RUNBOOK_STATE`, else the user's state folder.
///
/// # Errors
/// There is no home folder.
pub(crate) fn folder() -> Result<PathBuf, Complaint> {
    if let Some(folder) = std::env::var_os("RUNBOOK_STATE").filter(|f| !f.is_empty()) {
        return std::path::absolute(folder).map_err(|e| Complaint::usage(format!("RUNBOOK_STATE can't be used: {e}")));
    }
    let base = etcetera::base_strategy::Xdg::new()
        .map_err(|e| Complaint::usage(format!("there is no place for runs: {e}")).help("set RUNBOOK_STATE to a folder on a local disk"))?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_dir()).join("runbook"))
}

/// `user@host pid 123 since 2026-03-01 14:02`, for whoever finds the run held.
pub(crate) fn who() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{}@{host} pid {} since {}", operator(), std::process::id(), crate::clock::date(crate::clock::now()))
}

/// A run with its whole past.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) run: String,
    pub(crate) folder: PathBuf,
    pub(crate) journal: Journal,
    /// All that it had; `plan` is that of today.
    pub(crate) plans: Plans,
    pub(crate) plan: Rc<Plan>,
    pub(crate) events: Vec<Event>,
    pub(crate) state: RunState,
}

/// Opens the run that a person means.
///
/// # Errors
/// There is none, it can't be read, or its journal does not fold.
pub(crate) fn open(name: &str) -> Result<Opened, Complaint> {
    let folder = folder()?;
    let store = Store::open(&folder)?;
    let run = store.find(name)?;
    open_in(folder, store, run)
}

/// The same by its whole id.
///
/// # Errors
/// It can't be read, or its journal does not fold.
pub(crate) fn open_in(folder: PathBuf, store: Store, run: String) -> Result<Opened, Complaint> {
    let mut journal = store.journal(&run)?;
    let events = journal.catch_up()?;
    let (plans, state) = folded(journal.store(), &run, &events)?;
    Ok(Opened { run, folder, journal, plan: Rc::clone(plans.now()), plans, events, state })
}

/// What a run's events make of it.
///
/// # Errors
/// Its plan can't be read, or its journal does not fold.
pub(crate) fn folded(store: &Store, run: &str, events: &[Event]) -> Result<(Plans, RunState), Complaint> {
    let plans = plans_of(store, run, events)?;
    let state = plans.fold(events).map_err(|e| {
        Complaint::new(FAILED, format!("the journal of run {run} does not fold: {e}")).help(format!("runbook verify {run}   whether it was changed"))
    })?;
    Ok((plans, state))
}

/// What a run pins, the first first.
pub(crate) fn pins(events: &[Event]) -> impl Iterator<Item = &Pin> {
    events.iter().flat_map(pinned_by)
}

fn pinned_by(event: &Event) -> &[Pin] {
    match &event.kind {
        EventKind::RunCreated { pins, .. } | EventKind::RunbookEdited { pins, .. } => pins,
        _ => &[],
    }
}

/// The plan that it began with, and that of each edit.
///
/// # Errors
/// One can't be read, or a newer engine drew it.
pub(crate) fn plans_of(store: &Store, run: &str, events: &[Event]) -> Result<Plans, Complaint> {
    let mut plans: Option<Plans> = None;
    for event in events.iter().filter(|event| matches!(event.kind, EventKind::RunCreated { .. } | EventKind::RunbookEdited { .. })) {
        let pin = pinned_by(event).iter().find(|pin| pin.role == Role::Plan);
        let plan = plan_of(store, run, pin.ok_or_else(|| Complaint::new(FAILED, format!("run {run} has no plan in its journal")))?)?;
        match &mut plans {
            None => plans = Some(Plans::new(Rc::new(plan))),
            Some(plans) => plans.edited(event.seq, Rc::new(plan)),
        }
    }
    plans.ok_or_else(|| Complaint::new(FAILED, format!("run {run} has no plan in its journal")))
}

fn plan_of(store: &Store, run: &str, pin: &Pin) -> Result<Plan, Complaint> {
    let content = store.content(run, &pin.hash)?;
    // Its format comes first: a newer plan may not read as one of ours at all.
    let format = serde_json::from_slice::<Format>(&content).map_or(0, |f| f.format);
    if format > PLAN_FORMAT {
        let what = format!("run {run} was planned by a newer runbook (format {format}, this one knows {PLAN_FORMAT}); nothing was changed");
        return Err(Complaint::new(FAILED, what).help("use the newer one"));
    }
    serde_json::from_slice(&content).map_err(|e| Complaint::new(FAILED, format!("the plan of run {run} can't be read: {e}")))
}

#[derive(serde::Deserialize)]
struct Format {
    format: u32,
}

impl Opened {
    /// Whether the process that last drove the run is still there.
    pub(crate) fn is_driven(&self) -> bool {
        self.driver().is_some_and(|pid| self.state.driven && is_alive(pid))
    }

    /// Believes what is signed in it when the signatures hold (promise P3).
    ///
    /// # Errors
    /// One behind that event does not.
    pub(crate) fn trusted(&self, after: u64) -> Result<(), Complaint> {
        let doubt = signature::doubt(&self.journal, &self.plans, &self.events, after)?;
        doubt.map_or(Ok(()), |doubt| Err(DriveError::Doubtful(doubt).into()))
    }

    /// Its events, as if all of them were about the plan of today.
    pub(crate) fn today(&self) -> Vec<Event> {
        self.plans.today(&self.events)
    }

    /// Its process id, on the machine that it ran on.
    pub(crate) fn driver(&self) -> Option<u32> {
        self.driver_and_machine().map(|(pid, _)| pid)
    }

    pub(crate) fn driver_and_machine(&self) -> Option<(u32, String)> {
        self.events.iter().rev().find_map(|e| match &e.kind {
            EventKind::DriverStarted { pid, machine, .. } => Some((*pid, machine.clone())),
            _ => None,
        })
    }
}

/// A run that was created in this moment.
///
/// # Errors
/// What was just written can't be read.
pub(crate) fn created(folder: PathBuf, mut journal: Journal, plan: Plan) -> Result<Opened, Complaint> {
    let events = journal.catch_up()?;
    let run = journal.run().to_owned();
    let plans = Plans::new(Rc::new(plan));
    let state = plans.fold(&events).map_err(|e| Complaint::new(FAILED, e.to_string()))?;
    Ok(Opened { run, folder, journal, plan: Rc::clone(plans.now()), plans, events, state })
}
