//! What to do next, from the plan and the state alone.

use super::effect::Effect;
use super::event::EventKind;
use super::state::{Phase, RunState};
use super::view::View;
use super::{forward, in_flight, preflight, unwind};
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
        Phase::New
        | Phase::Parked { .. }
        | Phase::Stuck { .. }
        | Phase::Done
        | Phase::RolledBack
        | Phase::Failed { .. }
        | Phase::Refused { .. }
        | Phase::Ended => Vec::new(),
        Phase::Preparing { .. } => preflight::decide(plan, state),
        Phase::Running => forward::decide(&View::new(plan, state)),
        Phase::RollingBack => unwind::decide(&View::new(plan, state)),
        Phase::Ending => {
            let view = View::new(plan, state);
            let mut effects = in_flight::in_flight(&view);
            if effects.is_empty() && state.parking.is_none() {
                effects = unwind::leave_scopes(&view).ready;
            }
            if effects.is_empty() && !view.is_busy() {
                effects = match (unwind::why_stuck(&view), &state.parking, state.ending.clone().flatten()) {
                    (Some(why), ..) => vec![Effect::Record(EventKind::RunStuck { why })],
                    // A lock was lost on the way.
                    (None, Some(why), _) => vec![Effect::Record(EventKind::RunParked { why: why.clone() })],
                    (None, None, Some(why)) => forward::before_the_end(&view, EventKind::RunFailed { why }),
                    (None, None, None) => forward::before_the_end(&view, EventKind::RunEnded { by: super::event::Actor::Person(state.operator.clone()) }),
                };
            }
            effects
        }
    }
}
