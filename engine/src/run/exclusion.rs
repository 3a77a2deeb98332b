//! O3: two nodes never change the same host at the same time, unless a `parallel` block says so; `local` is exempt
//! within a batch, since what runs there acts elsewhere. Where the run stops before each step, they come one by one.

use super::state::{Phase, RunState, Stage};
use crate::plan::model::{BlockId, BlockKind, LOCAL, NodeId, Plan};

/// The nodes that may begin beside what is under way, in plan order and within the run's `jobs`.
pub(super) fn admit(plan: &Plan, state: &RunState, candidates: impl Iterator<Item = NodeId>) -> Vec<NodeId> {
    let mut active: Vec<NodeId> = plan.iter().map(|(id, _)| id).filter(|id| is_active(state, *id)).collect();
    let mut admitted = Vec::new();
    for id in candidates {
        if active.len() >= state.jobs as usize {
            break;
        }
        if active.iter().all(|other| may_run_beside(plan, state, id, *other)) {
            active.push(id);
            admitted.push(id);
        }
    }
    admitted
}

/// Whether a node uses its host now. Nothing of a lost attempt runs, and a rollback asks nothing about it.
fn is_active(state: &RunState, id: NodeId) -> bool {
    match state.stage(id) {
        Stage::Guarding { .. } => true,
        Stage::Lost { .. } if state.phase == Phase::RollingBack => false,
        _ => state.node(id).is_in_flight(),
    }
}

fn may_run_beside(plan: &Plan, state: &RunState, one: NodeId, other: NodeId) -> bool {
    let (a, b) = (plan.node(one), plan.node(other));
    let (Some(host), Some(other_host)) = (&a.host, &b.host) else { return true };
    if host != other_host && !state.stepping {
        return true;
    }
    match meeting_block(plan, a.block, b.block).map(|m| &plan.blocks[m.index()].kind) {
        // Branches may wait for each other, so they go side by side also where a person is asked before each step.
        Some(BlockKind::Parallel) => a.block != b.block,
        _ if state.stepping => false,
        Some(BlockKind::Batch) => host == LOCAL,
        _ => false,
    }
}

/// The innermost block around both.
fn meeting_block(plan: &Plan, a: BlockId, b: BlockId) -> Option<BlockId> {
    plan.enclosing(a).find(|block| plan.inside(b, *block))
}
