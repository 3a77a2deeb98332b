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

/// Milliseconds since the first step of an unfinished boundary was reached.
#[must_use]
pub fn spent(plan: &Plan, state: &RunState, block: BlockId, now: Millis) -> Option<Millis> {
    let inside = || plan.iter().filter(|(_, node)| plan.inside(node.block, block));
    let over = inside()
        .all(|(id, node)| node.host.is_none() || !matches!(state.stage(id), Stage::Pending | Stage::Guarding { .. } | Stage::Began { .. } | Stage::Ran { .. }));
    if over { None } else { since(plan, state, block, now) }
}

/// Milliseconds since the first step of a boundary was reached.
#[must_use]
pub fn since(plan: &Plan, state: &RunState, block: BlockId, now: Millis) -> Option<Millis> {
    let inside = plan.iter().filter(|(_, node)| plan.inside(node.block, block));
    Some(now - inside.filter_map(|(id, _)| state.node(id).now).min()?)
}

/// From here on a person is warned: four fifths of so many seconds are spent.
#[must_use]
pub fn is_nearly_spent(spent: Millis, budget: u64) -> bool {
    i128::from(spent) * 5 >= i128::from(budget) * 4000
}

#[must_use]
pub fn is_spent(spent: Millis, budget: u64) -> bool {
    i128::from(spent) >= i128::from(budget) * 1000
}
