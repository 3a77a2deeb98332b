//! R5: a scope that was kept is freed at a person's word, also when its run is over. Nothing else of the run is touched.

use super::effect::Effect;
use super::event::EventKind;
use super::forward::before_the_end;
use super::state::{Phase, RunState, Stage};
use super::view::View;
use super::{in_flight, unwind};
use crate::plan::model::{NodeId, NodeKind, Plan, UndoSpec};

/// Whether a person can free a scope now: the run stands still and has kept it, or a process that freed it has died.
#[must_use]
pub fn may_be_freed(plan: &Plan, state: &RunState, scope: NodeId) -> bool {
    let was_begun = |phase: &Phase| matches!(phase, Phase::Releasing { scope: begun, .. } if *begun == scope);
    match &state.phase {
        Phase::Preparing { before } if was_begun(before) => true,
        phase if was_begun(phase) => true,
        Phase::Releasing { .. } => false,
        phase => is_at_rest(phase.beneath()) && is_kept(plan, state, scope),
    }
}

/// A scope that its policy, a person, or a lost host has kept.
#[must_use]
pub fn is_kept(plan: &Plan, state: &RunState, scope: NodeId) -> bool {
    matches!(plan.node(scope).kind, NodeKind::Enter { .. }) && matches!(state.stage(scope), Stage::Kept { .. })
}

/// One that is refused holds nothing.
fn is_at_rest(phase: &Phase) -> bool {
    phase.is_final() && !matches!(phase, Phase::Refused { .. }) || matches!(phase, Phase::Parked { .. } | Phase::Stuck { .. })
}

pub(super) fn decide(view: &View<'_>, scope: NodeId, before: &Phase) -> Vec<Effect> {
    // What else of the run may be under way is the business of whoever goes on with it.
    if let Some(effect) = in_flight::of(view, scope) {
        return vec![effect];
    }
    match view.state.stage(scope) {
        Stage::Undoing { .. } => Vec::new(),
        // Without its lock nothing more begins.
        Stage::UndoOwed if view.state.parking.is_none() => vec![match view.plan.node(scope).spec().map(|spec| &spec.undo) {
            Some(UndoSpec::Manual(_)) => Effect::AskUndoManual { node: scope },
            _ => unwind::begin_undo(view, scope),
        }],
        // A parked run keeps its locks.
        _ if before.is_final() => before_the_end(view, EventKind::ReleaseEnded),
        _ => vec![Effect::Record(EventKind::ReleaseEnded)],
    }
}

impl RunState {
    /// The run is again what it was. What could not be freed is kept on.
    pub(super) fn end_release(&mut self) -> Result<(), ()> {
        let Phase::Releasing { scope, before } = self.phase.clone() else { return Err(()) };
        let stage = &mut self.nodes[scope.index()].stage;
        match stage {
            Stage::UndoFailed { why, .. } => *stage = Stage::Kept { why: format!("its release failed: {why}") },
            Stage::Unsettled { why, .. } => *stage = Stage::Kept { why: format!("its release can't be shown to have ended: {why}") },
            Stage::UndoOwed => *stage = Stage::Kept { why: self.parking.take().ok_or(())? },
            Stage::Undone | Stage::UndoneByHand { .. } => {}
            _ => return Err(()),
        }
        self.finish(*before);
        Ok(())
    }
}
