//! What is under way in the world, and what is asked about it.

use super::effect::Effect;
use super::event::EventKind;
use super::fleet;
use super::state::{Phase, RunState, Stage};
use super::view::View;
use crate::plan::model::NodeId;

/// What has begun goes on to its end, whatever else is decided. What its host can't be asked about is set aside until
/// the host is back.
pub(super) fn in_flight(view: &View<'_>) -> Vec<Effect> {
    view.plan.iter().filter_map(|(node, _)| of(view, node)).collect()
}

/// The same of one node.
pub(super) fn of(view: &View<'_>, node: NodeId) -> Option<Effect> {
    let epoch = view.state.epoch;
    if let Some(event) = view.plan.node(node).host.as_deref().and_then(|host| set_aside(view, node, host)) {
        return Some(Effect::Record(event));
    }
    match view.state.stage(node) {
        // In this epoch the driver watches it already.
        Stage::Began { attempt, epoch: e } if *e < epoch => Some(Effect::Recover { node, attempt: *attempt, undoing: false }),
        Stage::Undoing { attempt, epoch: e } if *e < epoch => Some(Effect::Recover { node, attempt: *attempt, undoing: true }),
        Stage::Unsettled { attempt, epoch: e, undoing, .. } if *e < epoch && !fleet::is_shut(view.plan, view.state, node) => {
            Some(Effect::Recover { node, attempt: *attempt, undoing: *undoing })
        }
        Stage::Ran { verified, .. } => Some(Effect::Verify { node, index: *verified }),
        Stage::Lost { attempt, told: None, .. } if !is_unwinding(view.state) => Some(Effect::Probe { node, attempt: *attempt }),
        _ => None,
    }
}

/// What a node becomes when nothing can be asked of its host.
fn set_aside(view: &View<'_>, node: NodeId, host: &str) -> Option<EventKind> {
    if !fleet::is_shut(view.plan, view.state, node) {
        return None;
    }
    let why = view.state.away(host)?.to_owned();
    match view.state.stage(node) {
        Stage::Began { attempt, epoch } if *epoch < view.state.epoch => Some(EventKind::StepUnsettled { node, attempt: *attempt, why }),
        Stage::Undoing { attempt, epoch } if *epoch < view.state.epoch => Some(EventKind::UndoUnsettled { node, attempt: *attempt, why }),
        Stage::Ran { .. } | Stage::Guarding { .. } => Some(EventKind::NodeUnreachable { node, why }),
        Stage::Lost { told: None, .. } if !is_unwinding(view.state) => Some(EventKind::NodeUnreachable { node, why }),
        _ => None,
    }
}

/// Rolling back, a lost attempt is undone without asking what became of it.
fn is_unwinding(state: &RunState) -> bool {
    state.phase == Phase::RollingBack
}
