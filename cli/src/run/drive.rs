//! Drives a run in this process, with whoever is at the terminal.

use std::path::PathBuf;
use std::rc::Rc;

use engine::exec::driver::{Options, drive};
use engine::journal::lock::DriverLock;
use engine::report::usual::Usual;
use engine::run::event::Purpose;
use engine::run::verdict;

use super::closing;
use super::open::{Opened, who};
use super::person::operator;
use super::usual::usual;
use crate::complaint::{Complaint, FAILED, INTERRUPTED, Status};
use crate::out::Out;
use crate::people;
use crate::watch::Screen;

/// Holds the run's lock, drives it to wherever it goes, and says where that is.
///
/// # Errors
/// Another process drives it, or the journal can't be used.
pub(crate) fn go(out: &Out, opened: Opened, purpose: Purpose, options: Options, events: bool, key: Option<PathBuf>) -> Result<Status, Complaint> {
    let Opened { run, folder, journal, plan, events: past, .. } = opened;
    let lock = DriverLock::take(&folder, &run, &who())?;
    let people = people::here(out, operator(), key);
    // What is usual is asked for only where it is seen.
    let usual = if out.is_live() { usual(&plan.runbook, &run) } else { Usual::default() };
    let mut screen = Screen::new(out, &run, events, people.as_ref().can_be_asked(), usual);
    screen.remember(&past);
    if purpose == Purpose::Run {
        screen.stream(&plan, &past);
    }
    let plan = Rc::new(plan);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Complaint::new(FAILED, format!("no event loop: {e}")))?;
    let left = runtime.block_on(drive(journal, Rc::clone(&plan), purpose, options, people.as_ref(), &mut screen));
    drop(people);
    // A thread that resolves a name must not hold up the end.
    runtime.shutdown_background();
    drop(lock);
    out.clear();
    let left = left?;
    closing::tell(out, &run, &plan, &left.state, &left.head);
    let interrupted = (left.interrupted || screen.saw_interrupted_park()) && !left.state.phase.is_final();
    Ok(if interrupted { INTERRUPTED } else { Status(verdict::exit_status(&plan, &left.state)) })
}
