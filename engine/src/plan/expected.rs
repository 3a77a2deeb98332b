//! How long a plan usually takes: the longest way through it, by what its steps `expect` or by what they took before.

use super::model::{Does, NodeId, NodeKind, Plan, node_id};

/// The critical path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// What is known along it, together: at least so long.
    pub long: u64,
    /// In order, joins left out.
    pub path: Vec<NodeId>,
    /// Of the path, what does something, and nobody knows how long.
    pub unsaid: Vec<NodeId>,
    /// Of the path, what waits for a person's answer.
    pub gates: Vec<NodeId>,
}

/// How long a node usually takes; `None` where nothing is said, or nothing is to be said.
#[must_use]
pub fn of_node(plan: &Plan, id: NodeId) -> Option<u64> {
    let spec = plan.node(id).spec()?;
    match (spec.expect, &spec.does) {
        (None, Some(Does::Sleep(seconds))) => Some(*seconds),
        (said, _) => said,
    }
}

/// By how long each node takes, as far as that is known, in any one unit. `None`: nothing is known of any.
#[must_use]
pub fn expected(plan: &Plan, of: impl Fn(NodeId) -> Option<u64>) -> Option<Expected> {
    let own: Vec<Option<u64>> = plan.iter().map(|(id, _)| of(id)).collect();
    if own.iter().all(Option::is_none) {
        return None;
    }
    // Nodes stand in topological order: what comes before one is reckoned already.
    let mut ends: Vec<u64> = Vec::with_capacity(own.len());
    let mut came_from: Vec<Option<NodeId>> = Vec::with_capacity(own.len());
    for (id, node) in plan.iter() {
        let slowest = node.after.iter().copied().max_by_key(|before| (ends[before.index()], std::cmp::Reverse(*before)));
        let begins = slowest.map_or(0, |before| ends[before.index()]);
        ends.push(begins.saturating_add(own[id.index()].unwrap_or(0)));
        came_from.push(slowest);
    }
    let last = (0..ends.len()).max_by_key(|at| ends[*at]).map(node_id)?;
    let mut path: Vec<NodeId> = std::iter::successors(Some(last), |at| came_from[at.index()]).collect();
    path.retain(|id| !matches!(plan.node(*id).kind, NodeKind::Join));
    path.reverse();
    let works = |id: &NodeId| match &plan.node(*id).kind {
        NodeKind::Manual { .. } => true,
        NodeKind::Step(step) | NodeKind::Enter { step, .. } => step.does.is_some(),
        NodeKind::Gate(_) | NodeKind::Leave { .. } | NodeKind::Fact(_) | NodeKind::Require(_) | NodeKind::Join => false,
    };
    let unsaid = path.iter().copied().filter(|id| works(id) && own[id.index()].is_none()).collect();
    let gates = path.iter().copied().filter(|id| matches!(plan.node(*id).kind, NodeKind::Gate(_))).collect();
    Some(Expected { long: ends[last.index()], path, unsaid, gates })
}
