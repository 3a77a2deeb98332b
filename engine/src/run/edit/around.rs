//! The blocks around a node, by names that outlive the plan.

use crate::plan::model::{BlockKind, NodeId, Plan};

/// The blocks around a node that a person wrote, the outermost first.
pub(super) fn around(plan: &Plan, id: NodeId) -> Vec<String> {
    let said = plan.enclosing(plan.node(id).block).filter_map(|block| name_of(plan, &plan.blocks[block.index()].kind));
    let mut around: Vec<String> = said.collect();
    around.reverse();
    around
}

/// What a block is called; none for one that only orders.
pub(super) fn name_of(plan: &Plan, kind: &BlockKind) -> Option<String> {
    Some(match kind {
        BlockKind::Sequence => return None,
        BlockKind::Parallel => "parallel".to_owned(),
        BlockKind::Batch => "batch".to_owned(),
        BlockKind::Iteration { item, .. } => format!("item {item}"),
        BlockKind::Boundary { id, .. } => format!("boundary {id}"),
        BlockKind::Call { id, runbook, .. } => format!("call {id}: {runbook}"),
        BlockKind::Held { by } => format!("scope {}", by.iter().map(|enter| plan.node(*enter).path.as_str()).collect::<Vec<_>>().join(", ")),
    })
}
