//! P4: a run that stops before every step. Its guards are asked first, since a step that is skipped or as wanted already
//! sends nothing; what is asked about is what would be sent next.

use super::state::{RunState, Stage};
use crate::plan::model::{NodeId, NodeKind, Plan};

/// Whether a node waits for a person's word before it begins.
pub(super) fn is_held_back(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    if !state.stepping || state.confirmed.contains(&id) {
        return false;
    }
    let node = plan.node(id);
    match (&node.kind, state.stage(id)) {
        (NodeKind::Step(_) | NodeKind::Enter { .. }, Stage::Guarding { passed }) => *passed as usize >= node.guards().len(),
        // A release has no guards; whether it is due is for whoever asks.
        (NodeKind::Leave { enter }, _) => state.node(*enter).is_touched() && state.stage(*enter).may_be_undone(),
        // A manual step and a gate are questions themselves; the rest only reads.
        _ => false,
    }
}
