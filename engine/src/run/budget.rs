//! How much of its budget a boundary has spent.

use super::event::Millis;
use super::state::{RunState, Stage};
use crate::plan::model::{BlockId, BlockKind, Plan};

/// The boundaries that have a budget, with its seconds.
pub fn budgets(plan: &Plan) -> impl Iterator<Item = (BlockId, u64)> + '_ {
    (0u32..).zip(&plan.blocks).filter_map(|(at, block)| match block.kind {
        BlockKind::Boundary { budget: Some(budget), .. } => Some((BlockId(at), budget)),
        _ => None,
    })
}

/// Seconds since the first step of an unfinished boundary was reached.
#[must_use]
pub fn spent(plan: &Plan, state: &RunState, block: BlockId, now: Millis) -> Option<u64> {
    let inside = || plan.iter().filter(|(_, node)| plan.inside(node.block, block));
    let began = inside().filter_map(|(id, _)| state.node(id).now).min()?;
    let over = inside()
        .all(|(id, node)| node.host.is_none() || !matches!(state.stage(id), Stage::Pending | Stage::Guarding { .. } | Stage::Began { .. } | Stage::Ran { .. }));
    (!over).then(|| u64::try_from((now - began) / 1000).unwrap_or(0))
}

/// From here on a person is warned: four fifths of it are spent.
#[must_use]
pub fn is_nearly_spent(spent: u64, budget: u64) -> bool {
    spent.saturating_mul(5) >= budget.saturating_mul(4)
}
