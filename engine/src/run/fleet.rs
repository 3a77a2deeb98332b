//! Hosts that fail or can't be reached: what is tolerated, what the run goes on without, and who has to wait.
//!
//! A *part* is what one tolerated failure ends: a step on one host where the step says `tolerate`, an item of a `for`
//! where the `for` does. What can't be shown to have ended is never tolerated, unless `unreachable skip` says so.

use super::retry::retry_is_left;
use super::state::{Failure, RunState, Stage, Told};
use crate::plan::model::{BlockId, BlockKind, NodeId, NodeKind, OnFailure, OnUnreachable, Plan, Tolerance, ToleranceId};

/// What the run goes on without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Node(NodeId),
    Block(BlockId),
}

impl Part {
    /// The block that ends; none for a node alone.
    #[must_use]
    pub fn block(self) -> Option<BlockId> {
        match self {
            Self::Node(_) => None,
            Self::Block(block) => Some(block),
        }
    }
}

/// What is wrong with a node, as far as tolerance goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Failed,
    /// Its host can't be reached, and that is a reason to go on without it.
    Skipped,
    /// Only a person, or the host's return, can help.
    Stays,
}

/// Whether nothing is sent to the host of a node: it can't be reached, and that is no failure but a state of its own; or
/// this process never met it.
#[must_use]
pub fn is_shut(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    let node = plan.node(id);
    let Some(host) = node.host.as_ref().and_then(|h| state.hosts.get(h)) else { return false };
    host.cut_off().is_some() || host.lost.is_some() && node.unreachable != OnUnreachable::Fail
}

/// Whether another machine answered in the place of its host.
fn is_at_a_stranger(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    plan.node(id).host.as_ref().and_then(|h| state.hosts.get(h)).is_some_and(|h| h.is_stranger)
}

/// Whether a person gave its host up for good.
#[must_use]
pub fn is_gone(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    plan.node(id).host.as_ref().and_then(|h| state.hosts.get(h)).is_some_and(|h| h.gone.is_some())
}

/// Whether the run waits for the host of a node, which may come back.
pub(super) fn is_awaited(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    is_shut(plan, state, id) && !is_gone(plan, state, id)
}

/// Whether the run goes on without a node.
#[must_use]
pub fn is_left_out(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    state.node(id).passed_over || ended_block(plan, state, id).is_some()
}

/// The outermost item around a node that has ended.
pub(super) fn ended_block(plan: &Plan, state: &RunState, id: NodeId) -> Option<BlockId> {
    if state.ended.is_empty() {
        return None;
    }
    plan.enclosing(plan.node(id).block).filter(|b| state.ended.contains_key(b)).last()
}

/// Whether a node stops everything new until someone decides, or until it is tolerated.
pub(super) fn is_trouble(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    let node = state.node(id);
    let again = matches!(node.stage, Stage::Failed { .. } | Stage::Lost { told: Some(Told::NotDone), .. }) && retry_is_left(plan.node(id), node);
    if !node.stage.is_trouble() || again {
        return false;
    }
    // A release or an undo that its host can't be asked for is owed; it fails nothing.
    let owed = matches!(node.stage, Stage::Unsettled { undoing: true, .. }) && plan.node(id).unreachable == OnUnreachable::Skip && is_awaited(plan, state, id);
    !owed && !is_settled_without(plan, state, id)
}

/// Whether the run has gone on without it already, and nothing of it needs a person.
fn is_settled_without(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    let runs_perhaps = matches!(state.stage(id), Stage::Unsettled { .. }) && !is_shut(plan, state, id);
    let ended_with_it = |b: BlockId| state.ended.get(&b).is_some_and(|nodes| nodes.contains(&id));
    let is_recorded = state.node(id).passed_over || plan.enclosing(plan.node(id).block).any(ended_with_it);
    is_recorded && !runs_perhaps
}

fn trouble(plan: &Plan, state: &RunState, id: NodeId) -> Trouble {
    let by_policy = || match plan.node(id).unreachable {
        _ if is_at_a_stranger(plan, state, id) => Trouble::Stays,
        OnUnreachable::Skip => Trouble::Skipped,
        OnUnreachable::Park => Trouble::Stays,
        OnUnreachable::Fail => Trouble::Failed,
    };
    match state.stage(id) {
        Stage::Failed { why: Failure::Reboot { .. }, .. } if is_shut(plan, state, id) => by_policy(),
        Stage::Failed { .. } | Stage::Refused { .. } | Stage::Lost { .. } => Trouble::Failed,
        Stage::Unreachable { .. } => by_policy(),
        Stage::Unsettled { undoing: false, .. }
            if is_shut(plan, state, id) && plan.node(id).unreachable == OnUnreachable::Skip && !is_at_a_stranger(plan, state, id) =>
        {
            Trouble::Skipped
        }
        _ => Trouble::Stays,
    }
}

/// Which part the run can go on without, now that a node is in trouble. The nearest `tolerate` that has room takes it;
/// one that has none has failed as a whole, and that is a failure inside the next one around it.
#[must_use]
pub fn who_tolerates(plan: &Plan, state: &RunState, id: NodeId) -> Option<Part> {
    if !is_trouble(plan, state, id) {
        return None;
    }
    let trouble = trouble(plan, state, id);
    if trouble == Trouble::Stays {
        return None;
    }
    if let Some(block) = ended_block(plan, state, id) {
        return Some(Part::Block(block));
    }
    let mut around = tolerating(plan, id).peekable();
    if around.peek().is_none() {
        return (trouble == Trouble::Skipped).then(|| skipped_part(plan, id));
    }
    around.find(|(_, tolerance)| has_room(plan, state, *tolerance)).map(|(part, _)| part)
}

/// The parts around a node that say `tolerate`, the nearest first.
pub fn tolerating(plan: &Plan, id: NodeId) -> impl Iterator<Item = (Part, ToleranceId)> + '_ {
    let own = plan.node(id).tolerance.map(|t| (Part::Node(id), t));
    let around = plan.enclosing(plan.node(id).block).filter_map(|b| match plan.blocks[b.index()].kind {
        BlockKind::Iteration { tolerance: Some(tolerance), .. } => Some((Part::Block(b), tolerance)),
        _ => None,
    });
    own.into_iter().chain(around)
}

/// Without any `tolerate`, a host that is skipped takes its own turn in a `for` over hosts with it.
fn skipped_part(plan: &Plan, id: NodeId) -> Part {
    let node = plan.node(id);
    let is_turn = |b: &BlockId| matches!(&plan.blocks[b.index()].kind, BlockKind::Iteration { item, .. } if node.host.as_ref() == Some(item));
    plan.enclosing(node.block).find(is_turn).map_or(Part::Node(id), Part::Block)
}

/// How many parts of a tolerance the run has gone on without.
#[must_use]
pub fn used(plan: &Plan, state: &RunState, tolerance: ToleranceId) -> usize {
    let steps = plan.iter().filter(|(id, node)| node.tolerance == Some(tolerance) && state.node(*id).passed_over).count();
    let items = state.ended.keys().filter(|b| matches!(plan.blocks[b.index()].kind, BlockKind::Iteration { tolerance: Some(t), .. } if t == tolerance)).count();
    steps + items
}

fn has_room(plan: &Plan, state: &RunState, tolerance: ToleranceId) -> bool {
    used(plan, state, tolerance) < plan.tolerances[tolerance.index()].most as usize
}

/// The `tolerate` that took a failure, and how much of it is used by now.
#[must_use]
pub fn tolerance_of<'p>(plan: &'p Plan, state: &RunState, id: NodeId) -> Option<(&'p Tolerance, usize)> {
    let took = |part: Part| match part {
        Part::Node(_) => state.node(id).passed_over,
        Part::Block(block) => state.ended.contains_key(&block),
    };
    let (_, tolerance) = tolerating(plan, id).find(|(part, _)| took(*part))?;
    Some((&plan.tolerances[tolerance.index()], used(plan, state, tolerance)))
}

/// The `tolerate` that a failure has gone beyond, for the words about it.
#[must_use]
pub fn exceeded(plan: &Plan, state: &RunState, id: NodeId) -> Option<ToleranceId> {
    let has_failed = matches!(trouble(plan, state, id), Trouble::Failed | Trouble::Skipped);
    if !has_failed || is_left_out(plan, state, id) {
        return None;
    }
    tolerating(plan, id).map(|(_, tolerance)| tolerance).find(|t| !has_room(plan, state, *t))
}

/// A failure that stops the run, in words.
#[must_use]
pub fn told(plan: &Plan, state: &RunState, id: NodeId) -> String {
    let path = &plan.node(id).path;
    match exceeded(plan, state, id).and_then(|t| plan.tolerances[t.index()].stops()) {
        Some(stops) => format!("`{path}` failed; {stops}"),
        None => format!("`{path}` failed"),
    }
}

/// Whether a node would begin, and will not, because its host is skipped.
pub(super) fn is_missing(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    let node = plan.node(id);
    let waits = matches!(state.stage(id), Stage::Pending) && !matches!(node.kind, NodeKind::Leave { .. } | NodeKind::Join);
    waits && node.unreachable == OnUnreachable::Skip && is_shut(plan, state, id) && !is_left_out(plan, state, id)
}

/// The item that ends because a host in it can't be reached, by each of the nodes that would begin there.
pub(super) fn absent(plan: &Plan, state: &RunState) -> Vec<(BlockId, NodeId)> {
    if state.hosts.keys().all(|h| state.away(h).is_none()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (id, node) in plan.iter() {
        if !is_missing(plan, state, id) || node.tolerance.is_some() {
            continue;
        }
        let part = tolerating(plan, id).next().map_or_else(|| skipped_part(plan, id), |(part, _)| part);
        found.extend(part.block().map(|block| (block, id)));
    }
    found
}

/// The boundaries that are undone inside the items that have ended: for each failure all of those around it, as far as
/// each says `on_failure rollback` and is not past its point of no return.
pub(super) fn undo_roots(plan: &Plan, state: &RunState) -> Vec<BlockId> {
    let mut roots = Vec::new();
    for (ended, failed) in &state.ended {
        for id in failed {
            let mut root = None;
            for block in plan.enclosing(plan.node(*id).block).take_while(|b| b != ended) {
                match plan.blocks[block.index()].kind {
                    BlockKind::Boundary { on_failure: OnFailure::Rollback, .. } if !is_past_return(plan, state, block) => root = Some(block),
                    BlockKind::Boundary { .. } => break,
                    _ => {}
                }
            }
            roots.extend(root);
        }
    }
    roots
}

/// R2: an irreversible step of this boundary has begun.
#[must_use]
pub fn is_past_return(plan: &Plan, state: &RunState, boundary: BlockId) -> bool {
    plan.iter().any(|(id, node)| state.node(id).is_touched() && node.spec().is_some_and(|s| s.irreversible.is_some()) && plan.inside(node.block, boundary))
}

/// Whether the run goes on without something that it was to do.
#[must_use]
pub fn tolerates_anything(state: &RunState) -> bool {
    !state.ended.is_empty() || state.nodes.iter().any(|n| n.passed_over)
}
