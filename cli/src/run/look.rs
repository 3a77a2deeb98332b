//! A look at hosts before there is a run: it reads, and changes nothing anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use engine::exec::driver::{Facts, Looker, Seen, ask_guards, survey};
use engine::plan::found::Found;
use engine::plan::model::{HostName, Plan};

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

/// Reads facts of a plan's top.
///
/// # Errors
/// A host can't be reached, or a fact can't be read: all of them are told.
pub(crate) fn facts(plan: &Plan, wanted: &BTreeSet<u32>, looker: &Looker) -> Result<Seen, Complaint> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Complaint::new(FAILED, format!("no event loop: {e}")))?;
    let read = runtime.block_on(survey(plan, wanted, looker));
    runtime.shutdown_background();
    read.map_err(|failed| unread(&failed))
}

/// Asks the guards of a plan what they say now.
///
/// # Errors
/// A host can't be reached: all of them are told.
pub(crate) fn guards(plan: &Plan, facts: &Facts, looker: &Looker) -> Result<Found, Complaint> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Complaint::new(FAILED, format!("no event loop: {e}")))?;
    let asked = runtime.block_on(ask_guards(&Rc::new(plan.clone()), facts, looker));
    runtime.shutdown_background();
    asked.map_err(|failed| unread(&failed))
}

/// Hosts without which the plan can't be drawn, though a run could go on without them.
///
/// # Errors
/// There is one that does not answer.
pub(crate) fn all_answer<'a>(away: &BTreeMap<HostName, String>, hosts: impl IntoIterator<Item = &'a HostName>) -> Result<(), Complaint> {
    let missing: BTreeSet<&HostName> = hosts.into_iter().filter(|host| away.contains_key(*host)).collect();
    let failed: Vec<String> = missing.into_iter().map(|host| format!("{host}: {}", away[host])).collect();
    if failed.is_empty() { Ok(()) } else { Err(unread(&failed)) }
}

fn unread(failed: &[String]) -> Complaint {
    Complaint::new(REFUSED, format!("what must be known before a run can't be read:\n  {}", failed.join("\n  ")))
        .help("nothing has changed anywhere; mend it and try again")
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
