//! What to do next, from the plan and the state alone.

use super::effect::Effect;
use super::event::{EventKind, Purpose};
use super::state::{Phase, RunState, Stage};
use super::view::View;
use super::{forward, preflight, unwind};
use crate::plan::model::Plan;

/// Everything that may be done now. Effects that are already under way are named again until their answer is folded:
/// the driver knows which it has sent. Deterministic: the same state gives the same effects in the same order.
#[must_use]
pub fn decide(plan: &Plan, state: &RunState) -> Vec<Effect> {
    // A process whose preflight failed has no say any more.
    if !state.driven {
        return Vec::new();
    }
    match &state.phase {
        Phase::New | Phase::Parked { .. } | Phase::Stuck { .. } | Phase::Done | Phase::RolledBack | Phase::Failed { .. } | Phase::Refused { .. } | Phase::Ended => Vec::new(),
        Phase::Preparing { .. } => preflight::decide(plan, state),
        Phase::Running => forward::decide(&View::new(plan, state)),
        Phase::RollingBack => unwind::decide(&View::new(plan, state)),
        Phase::Ending => {
            let view = View::new(plan, state);
            let mut effects = in_flight(&view);
            if effects.is_empty() {
                effects = unwind::leave_scopes(&view).ready;
            }
            if effects.is_empty() && !view.is_busy() {
                effects.push(Effect::Record(match (unwind::why_stuck(&view), state.ending.clone().flatten()) {
                    (Some(stuck), _) => EventKind::RunStuck { why: stuck },
                    (None, Some(why)) => EventKind::RunFailed { why },
                    (None, None) => EventKind::RunEnded { by: super::event::Actor::Person(state.operator.clone()) },
                }));
            }
            effects
        }
    }
}

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

/// Whether the driver of today was started to take the run back.
#[must_use]
pub fn is_for_rollback(state: &RunState) -> bool {
    matches!(state.purpose, Purpose::Rollback { .. })
}
