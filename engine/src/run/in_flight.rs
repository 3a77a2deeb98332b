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
    let epoch = view.state.epoch;
    let mut effects = Vec::new();
    for (node, at) in view.plan.iter() {
        let stage = view.state.stage(node);
        if let Some(event) = at.host.as_deref().and_then(|host| set_aside(view, node, host)) {
            effects.push(Effect::Record(event));
            continue;
        }
        match stage {
            // In this epoch the driver watches it already.
            Stage::Began { attempt, epoch: e } if *e < epoch => effects.push(Effect::Recover { node, attempt: *attempt, undoing: false }),
            Stage::Undoing { attempt, epoch: e } if *e < epoch => effects.push(Effect::Recover { node, attempt: *attempt, undoing: true }),
            Stage::Unsettled { attempt, epoch: e, undoing, .. } if *e < epoch && !fleet::is_shut(view.plan, view.state, node) => {
                effects.push(Effect::Recover { node, attempt: *attempt, undoing: *undoing });
            }
            Stage::Ran { verified, .. } => effects.push(Effect::Verify { node, index: *verified }),
            Stage::Lost { attempt, told: None, .. } if !is_unwinding(view.state) => effects.push(Effect::Probe { node, attempt: *attempt }),
            _ => {}
        }
    }
    effects
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
