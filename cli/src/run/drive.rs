//! Drives a run in this process, with whoever is at the terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use engine::exec::driver::{Left, Options, drive};
use engine::journal::lock::DriverLock;
use engine::plan::model::Plan;
use engine::report::usual::Usual;
use engine::run::event::Purpose;
use engine::run::verdict;

use super::closing;
use super::open::{self, Opened, who};
use super::person::operator;
use super::usual::usual;
use crate::complaint::{Complaint, FAILED, INTERRUPTED, Status};
use crate::edit::converse::{Conversed, converse};
use crate::out::Out;
use crate::people;
use crate::watch::Screen;

/// Holds the run's lock, drives it to wherever it goes, and says where that is. `lock`: where it is held already.
///
/// # Errors
/// Another process drives it, or the journal can't be used.
pub(crate) fn go(
    out: &Out,
    opened: Opened,
    purpose: Purpose,
    options: Options,
    events: bool,
    key: Option<PathBuf>,
    lock: Option<DriverLock>,
) -> Result<Status, Complaint> {
    let lock = match lock {
        Some(lock) => lock,
        None => DriverLock::take(&opened.folder, &opened.run, &who())?,
    };
    let run = opened.run.clone();
    let (mut opened, mut purpose, mut options) = (opened, purpose, options);
    let (plan, left, interrupted) = loop {
        let (plan, left, interrupted) = drive_once(out, opened, purpose, options.clone(), events, key.clone())?;
        if !left.state.editing {
            break (plan, left, interrupted);
        }
        // A person edits its text; then it goes on in this process, as a resume would.
        (opened, options) = match converse(out, open::open(&run)?, None)? {
            Conversed::Edited(opened) => (opened, Options { answers: BTreeMap::new(), ..options }),
            Conversed::GivenUp(opened) => (opened, options),
            Conversed::Left => break (plan, left, true),
        };
        purpose = Purpose::Resume;
        options = Options { step: left.state.stepping, retry: BTreeSet::new(), ..options };
    };
    drop(lock);
    out.clear();
    closing::tell(out, &run, &plan, &left.state, &left.head);
    let interrupted = interrupted && !left.state.phase.is_final();
    Ok(if interrupted { INTERRUPTED } else { Status(verdict::exit_status(&plan, &left.state)) })
}

fn drive_once(out: &Out, opened: Opened, purpose: Purpose, options: Options, events: bool, key: Option<PathBuf>) -> Result<(Rc<Plan>, Left, bool), Complaint> {
    let past = opened.today();
    let Opened { run, journal, plans, plan, .. } = opened;
    let people = people::here(out, operator(), key);
    // What is usual is asked for only where it is seen.
    let usual = if out.is_live() { usual(&plan.runbook, &run) } else { Usual::default() };
    let mut screen = Screen::new(out, &run, events, people.as_ref().can_be_asked(), usual);
    screen.remember(&past);
    if purpose == Purpose::Run {
        screen.stream(&plan, &past);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Complaint::new(FAILED, format!("no event loop: {e}")))?;
    let left = runtime.block_on(drive(journal, plans, purpose, options, people.as_ref(), &mut screen));
    drop(people);
    // A thread that resolves a name must not hold up the end.
    runtime.shutdown_background();
    let left = left.inspect_err(|_| out.clear())?;
    let interrupted = left.interrupted || screen.saw_interrupted_park();
    out.clear();
    Ok((plan, left, interrupted))
}
