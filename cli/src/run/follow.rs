//! Looks on while another process drives a run.

use engine::exec::follow::{Followed, Seen};
use engine::exec::watch::Watch;

use super::open::Opened;
use crate::complaint::{Complaint, FAILED};

/// Follows it until there is nothing more to see; `opened` then stands where the run stands. `tail`: of what runs already,
/// so many bytes at the end of what it printed, or all of it.
///
/// # Errors
/// The journal can't be read, or does not fold.
pub(crate) fn follow(opened: &mut Opened, tail: Option<u64>, watch: &mut dyn Watch) -> Result<Seen, Complaint> {
    let driver = opened.driver_and_machine();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Complaint::new(FAILED, format!("no event loop: {e}")))?;
    let run = Followed { journal: &mut opened.journal, plan: &opened.plan, state: &mut opened.state, driver, tail };
    Ok(runtime.block_on(engine::exec::follow::follow(run, watch))?)
}
