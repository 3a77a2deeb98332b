//! How a run stands, for people and for scripts: its word and its exit status.

use super::fleet;
use super::state::{Phase, RunState, Stage};
use crate::plan::model::{NodeKind, Plan};

/// The name of an attempt in the run's folder on its target.
#[must_use]
pub fn attempt_name(path: &str, undoing: bool, attempt: u32) -> String {
    use sha2::{Digest, Sha256};
    let plain: String = path.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '@' | '_') { c } else { '_' }).take(80).collect();
    let what = if undoing { "undo" } else { "run" };
    if plain == path {
        return format!("{plain}.{what}.{attempt}");
    }
    let digest = Sha256::digest(path.as_bytes());
    format!("{plain}.{:02x}{:02x}{:02x}{:02x}.{what}.{attempt}", digest[0], digest[1], digest[2], digest[3])
}

/// `preparing|running|waiting|parked|rolling_back|stuck|done|failed|rolled_back|refused|ended`.
#[must_use]
pub fn word(state: &RunState) -> &'static str {
    match &state.phase {
        Phase::New | Phase::Preparing { .. } => "preparing",
        Phase::Running | Phase::RollingBack if state.is_waiting() => "waiting",
        Phase::Running => "running",
        Phase::RollingBack => "rolling_back",
        Phase::Ending | Phase::Releasing { .. } => "running",
        Phase::Parked { .. } => "parked",
        Phase::Stuck { .. } => "stuck",
        Phase::Done => "done",
        Phase::RolledBack => "rolled_back",
        Phase::Failed { .. } => "failed",
        Phase::Refused { .. } => "refused",
        Phase::Ended => "ended",
    }
}

/// The exit status that a process which drove the run to here ends with (semantics, "Exit statuses").
#[must_use]
pub fn exit_status(plan: &Plan, state: &RunState) -> u8 {
    match &state.phase {
        Phase::Done if keeps_scopes(plan, state) || fleet::tolerates_anything(state) => 6,
        Phase::Done | Phase::Ended => 0,
        Phase::Failed { .. } => 1,
        Phase::RolledBack => 4,
        Phase::Stuck { .. } => 5,
        Phase::Refused { .. } => 7,
        Phase::New | Phase::Preparing { .. } | Phase::Running | Phase::RollingBack | Phase::Ending | Phase::Releasing { .. } | Phase::Parked { .. } => 3,
    }
}

fn keeps_scopes(plan: &Plan, state: &RunState) -> bool {
    plan.iter().any(|(id, node)| matches!(node.kind, NodeKind::Enter { .. }) && matches!(state.stage(id), Stage::Kept { .. }))
}
