//! A look at hosts before there is a run: it reads, and changes nothing anywhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use engine::exec::driver::{Facts, Looker, survey};
use engine::plan::model::Plan;

use super::{id, person};
use crate::complaint::{Complaint, FAILED, REFUSED};
use crate::inputs::secrets;

/// Who looks: the person here, with the id that the run is going to have.
///
/// # Errors
/// The system has no randomness.
pub(crate) fn looker(ssh_config: Option<PathBuf>) -> Result<Looker, Complaint> {
    let run = id::new().map_err(|e| Complaint::new(REFUSED, format!("no id for the run: {e}")))?;
    Ok(Looker { run, operator: person::operator(), ssh_config, secrets: Vec::new(), hidden_env: secrets::variables() })
}

/// Reads the facts of a plan that its own shape depends on.
///
/// # Errors
/// A host can't be reached, or a fact can't be read.
pub(crate) fn facts(plan: &Plan, wanted: &BTreeSet<u32>, looker: &Looker) -> Result<Facts, Complaint> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Complaint::new(FAILED, format!("no event loop: {e}")))?;
    let read = runtime.block_on(survey(plan, wanted, looker));
    runtime.shutdown_background();
    read.map_err(|failed| {
        Complaint::new(REFUSED, format!("the plan depends on what can't be read:\n  {}", failed.join("\n  ")))
            .help("nothing has changed anywhere; mend it and run again")
    })
}

/// The file of `--ssh-config`. A resume may come from another folder.
///
/// # Errors
/// There is none.
pub(crate) fn ssh_config(path: &Path) -> Result<PathBuf, Complaint> {
    let path = std::path::absolute(path).map_err(|e| Complaint::usage(format!("--ssh-config: {e}")))?;
    if !path.is_file() {
        return Err(Complaint::usage(format!("--ssh-config {}: there is no such file", path.display())));
    }
    Ok(path)
}
