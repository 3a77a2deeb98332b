//! How long the steps of a runbook took in its earlier runs here.

use std::collections::BTreeMap;

use engine::journal::{Past, Store};
use engine::report::usual::{Earlier, Names, Usual};

use super::open;

/// By the state folder; nothing where there is none, or where it can't be read: what is usual is never worth a complaint.
/// `but`: the run that this is for.
pub(crate) fn usual(runbook: &str, but: &str) -> Usual {
    let past = open::folder().ok().and_then(|folder| Store::look(&folder)?.past(runbook, but).ok());
    past.map(|past| of(&past)).unwrap_or_default()
}

fn of(past: &Past) -> Usual {
    let names: BTreeMap<&str, Names> = past.plans.iter().filter_map(|(hash, plan)| Some((hash.as_str(), Names::of(plan)?))).collect();
    Usual::of(past.runs.iter().filter_map(|run| Some(Earlier { nodes: names.get(run.plan.as_str())?, events: &run.events })))
}
