//! What to do next, from the plan and the state alone.

use super::effect::Effect;
use super::event::EventKind;
use super::state::{Phase, RunState};
use super::view::View;
use super::{forward, in_flight, preflight, release, unwind};
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
        // While somebody works on a host by hand nothing is taken back there.
        Phase::RollingBack | Phase::Ending if !state.shells.is_empty() => {
            let mut effects = in_flight::in_flight(&View::new(plan, state));
            effects.extend(state.shells.iter().map(|node| Effect::Shell { node: *node }));
            effects
        }
        Phase::RollingBack => unwind::decide(&View::new(plan, state)),
        Phase::Releasing { scope, before } => release::decide(&View::new(plan, state), *scope, before),
        Phase::Ending => {
            let view = View::new(plan, state);
            let effects = in_flight::in_flight(&view);
            if effects.is_empty() { close(&view) } else { effects }
        }
    }
}

/// Scopes are left by their policy, then the run is over.
fn close(view: &View<'_>) -> Vec<Effect> {
    let owed = unwind::leave_scopes(view);
    if view.state.parking.is_none() {
        let effects = unwind::carry_out(view, &owed.ready);
        if !effects.is_empty() {
            return effects;
        }
    }
    if view.is_busy() {
        return Vec::new();
    }
    match (unwind::why_stuck(view), &view.state.parking, unwind::why_awaited(view, &owed.waiting), view.state.ending.clone().flatten()) {
        (Some(why), ..) => vec![Effect::Record(EventKind::RunStuck { why })],
        // A lock was lost on the way.
        (None, Some(why), ..) => vec![Effect::Record(EventKind::RunParked { why: why.clone() })],
        (None, None, Some(why), _) => vec![Effect::Record(EventKind::HostsAwaited { why })],
        (None, None, None, Some(why)) => forward::before_the_end(view, EventKind::RunFailed { why }),
        (None, None, None, None) => forward::before_the_end(view, EventKind::RunEnded { by: super::event::Actor::Person(view.state.operator.clone()) }),
    }
}
