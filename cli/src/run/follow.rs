//! Looks on while another process drives a run.

use engine::exec::follow::{Followed, Seen};
use engine::exec::watch::Watch;

use super::open::{self, Opened};
use crate::complaint::{Complaint, FAILED};

/// Follows it until there is nothing more to see; `opened` then stands where the run stands. `tail`: of what runs already,
/// so many bytes at the end of what it printed, or all of it.
///
/// # Errors
/// The journal can't be read, or does not fold.
pub(crate) fn follow(opened: &mut Opened, tail: Option<u64>, watch: &mut dyn Watch) -> Result<Seen, Complaint> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Complaint::new(FAILED, format!("no event loop: {e}")))?;
    loop {
        let driver = opened.driver_and_machine();
        let run = Followed { journal: &mut opened.journal, plans: &opened.plans, state: &mut opened.state, driver, edited: false, tail };
        match runtime.block_on(engine::exec::follow::follow(run, watch))? {
            Seen::Edited => *opened = open::open(&opened.run)?,
            seen => return Ok(seen),
        }
    }
}
