//! The items of a `for` that the run goes on without: what is under way in them ends, what a boundary in them covers is
//! undone, their scopes are left by their policy. Only then is such an item over, and what comes behind it may begin.

use std::collections::BTreeMap;
use std::ops::Range;

use super::fleet;
use super::state::Stage;
use super::unwind::{self, Owed};
use super::view::View;
use crate::plan::model::{BlockId, Node, NodeId, NodeKind, node_id};

/// What is left to do in the items that have ended.
#[derive(Debug, Default)]
pub(super) struct Clearing {
    /// By outermost item: whether nothing more is to come of it in this process.
    pub(super) over: BTreeMap<BlockId, bool>,
    /// The boundaries that are undone.
    pub(super) roots: Vec<BlockId>,
    /// What was asked or about to begin, and is not any more.
    pub(super) put_back: Vec<NodeId>,
    /// What may be undone or released now.
    pub(super) ready: Vec<NodeId>,
    /// What has to wait for its host.
    pub(super) waiting: Vec<NodeId>,
}

impl Clearing {
    pub(super) fn of(view: &View<'_>) -> Self {
        let mut clearing = Self::default();
        if view.state.ended.is_empty() {
            return clearing;
        }
        clearing.roots = fleet::undo_roots(view.plan, view.state);
        let out_of_reach = unwind::ancestors(view.plan, &unwind::points_of_no_return(view.plan, view.state));
        for (block, range) in extents(view) {
            let is_over = clearing.clear(view, block, range, &out_of_reach);
            clearing.over.insert(block, is_over);
        }
        clearing
    }

    fn clear(&mut self, view: &View<'_>, block: BlockId, range: Range<usize>, out_of_reach: &[bool]) -> bool {
        let inside = || range.clone().map(node_id).filter(|id| view.plan.inside(view.plan.node(*id).block, block));
        // R8: it waits until nothing of it is in flight but its own undos.
        let mut is_quiet = true;
        for id in inside() {
            let node = view.state.node(id);
            is_quiet &= !node.is_in_flight() || matches!(node.stage, Stage::Undoing { .. });
            if matches!(node.stage, Stage::Guarding { .. } | Stage::Open { .. } | Stage::AwaitingPerson) {
                is_quiet = false;
                self.put_back.push(id);
            }
        }
        if !is_quiet {
            return false;
        }
        let is_undone = |node: &Node| view.plan.enclosing(node.block).take_while(|b| *b != block).any(|b| self.roots.contains(&b));
        let covers = |id: NodeId, node: &Node| {
            let is_ours =
                matches!(node.kind, NodeKind::Enter { .. }) || matches!(view.state.stage(id), Stage::Unsettled { .. }) || unwind::is_unanswered(view, id);
            // R5: a scope is no step, and is left also before a point of no return.
            view.plan.inside(node.block, block) && (is_ours || is_undone(node) && !out_of_reach[id.index()])
        };
        let Owed { ready, left, waiting } = unwind::owed(view, range.clone(), covers);
        let is_undoing = inside().any(|id| matches!(view.state.stage(id), Stage::Undoing { .. }));
        let is_over = ready.is_empty() && !is_undoing && (left.is_empty() || !waiting.is_empty() && !inside().any(|id| needs_hands(view, id)));
        self.ready.extend(ready);
        self.waiting.extend(waiting);
        is_over
    }
}

/// A stuck item is never tolerated.
fn needs_hands(view: &View<'_>, id: NodeId) -> bool {
    match view.state.stage(id) {
        Stage::UndoFailed { .. } => true,
        Stage::Unsettled { .. } => !fleet::is_shut(view.plan, view.state, id),
        _ => false,
    }
}

/// Where the nodes of each item that has ended lie: they stand together in the plan.
fn extents(view: &View<'_>) -> BTreeMap<BlockId, Range<usize>> {
    let mut extents: BTreeMap<BlockId, Range<usize>> = BTreeMap::new();
    for (id, _) in view.plan.iter() {
        if let Some(block) = fleet::ended_block(view.plan, view.state, id) {
            extents.entry(block).or_insert(id.index()..id.index()).end = id.index() + 1;
        }
    }
    extents
}
