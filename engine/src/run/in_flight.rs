//! What is under way in the world, and what is asked about it.

use super::effect::Effect;
use super::state::{Phase, RunState, Stage};
use super::view::View;

/// What has begun goes on to its end, whatever else is decided.
pub(super) fn in_flight(view: &View<'_>) -> Vec<Effect> {
    let epoch = view.state.epoch;
    let mut effects = Vec::new();
    for (node, _) in view.plan.iter() {
        match view.state.stage(node) {
            // In this epoch the driver watches it already.
            Stage::Began { attempt, epoch: e } if *e < epoch => effects.push(Effect::Recover { node, attempt: *attempt, undoing: false }),
            Stage::Undoing { attempt, epoch: e } if *e < epoch => effects.push(Effect::Recover { node, attempt: *attempt, undoing: true }),
            Stage::Unsettled { attempt, epoch: e, undoing, .. } if *e < epoch => effects.push(Effect::Recover { node, attempt: *attempt, undoing: *undoing }),
            Stage::Ran { verified, .. } => effects.push(Effect::Verify { node, index: *verified }),
            Stage::Lost { attempt, told: None, .. } if !is_unwinding(view.state) => effects.push(Effect::Probe { node, attempt: *attempt }),
            _ => {}
        }
    }
    effects
}

/// Rolling back, a lost attempt is undone without asking what became of it.
fn is_unwinding(state: &RunState) -> bool {
    state.phase == Phase::RollingBack
}
