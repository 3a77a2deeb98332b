//! Questions about a run's graph that several decisions ask.

use super::clear::Clearing;
use super::fleet;
use super::state::{RunState, Stage, Unwinding};
use super::unwind::gone_over;
use crate::plan::model::{BlockId, BlockKind, LOCAL, Node, NodeId, NodeKind, Plan, UndoSpec, node_id};

pub(super) struct View<'a> {
    pub(super) plan: &'a Plan,
    pub(super) state: &'a RunState,
    /// Going forward, what comes after such a node may start.
    passed: Vec<bool>,
    pub(super) clearing: Clearing,
    /// What the present rollback goes over.
    pub(super) gone_over: Vec<bool>,
}

impl<'a> View<'a> {
    pub(super) fn new(plan: &'a Plan, state: &'a RunState) -> Self {
        let gone_over = gone_over(plan, state);
        let mut view = Self { plan, state, passed: Vec::with_capacity(plan.nodes.len()), clearing: Clearing::default(), gone_over };
        view.clearing = Clearing::of(&view);
        for node in &plan.nodes {
            let before = node.after.iter().all(|id| view.passed[id.index()]);
            let passed = before && view.is_settled(node, node_id(view.passed.len()));
            view.passed.push(passed);
        }
        view
    }

    /// The run has done what it can with a node, or goes on without it.
    fn is_settled(&self, node: &Node, id: NodeId) -> bool {
        if let Some(block) = fleet::ended_block(self.plan, self.state, id) {
            return self.clearing.over.get(&block).copied().unwrap_or(false);
        }
        let ours = self.state.node(id);
        if ours.passed_over { !ours.is_in_flight() && !matches!(ours.stage, Stage::Guarding { .. }) } else { self.is_settled_forward(node, id) }
    }

    fn is_settled_forward(&self, node: &Node, id: NodeId) -> bool {
        match &node.kind {
            NodeKind::Join => true,
            NodeKind::Leave { enter } => self.is_left(*enter) || self.is_release_awaited(*enter),
            NodeKind::Enter { .. } => matches!(
                self.state.stage(id),
                Stage::Succeeded
                    | Stage::Satisfied
                    | Stage::Skipped { .. }
                    | Stage::MarkedDone { .. }
                    | Stage::SkippedByPerson { .. }
                    | Stage::Undoing { .. }
                    | Stage::UndoOwed
                    | Stage::Undone
                    | Stage::UndoneByHand { .. }
                    | Stage::UndoFailed { .. }
                    | Stage::Unsettled { undoing: true, .. }
                    | Stage::Kept { .. }
            ),
            NodeKind::Step(_) | NodeKind::Manual { .. } | NodeKind::Gate(_) | NodeKind::Fact(_) | NodeKind::Require(_) => matches!(
                self.state.stage(id),
                Stage::Skipped { .. } | Stage::Satisfied | Stage::Succeeded | Stage::MarkedDone { .. } | Stage::SkippedByPerson { .. } | Stage::Approved { .. }
            ),
        }
    }

    /// Whether a scope needs nothing more: released, kept, foreign, or never taken.
    pub(super) fn is_left(&self, enter: NodeId) -> bool {
        if fleet::is_left_out(self.plan, self.state, enter) && !self.state.node(enter).is_touched() {
            return true;
        }
        !self.holds(enter)
            && !matches!(
                self.state.stage(enter),
                Stage::Undoing { .. }
                    | Stage::UndoFailed { .. }
                    | Stage::Unsettled { .. }
                    | Stage::Pending
                    | Stage::Guarding { .. }
                    | Stage::Began { .. }
                    | Stage::Ran { .. }
            )
    }

    /// Whether a release has to wait until a host is back: its own, or that of something inside which may still run.
    pub(super) fn is_release_awaited(&self, enter: NodeId) -> bool {
        let is_owed = self.holds(enter) || matches!(self.state.stage(enter), Stage::Unsettled { .. });
        is_owed
            && (fleet::is_awaited(self.plan, self.state, enter) || self.inside_scope(enter).any(|id| matches!(self.state.stage(id), Stage::Unsettled { .. })))
    }

    /// What a scope covers.
    fn inside_scope(&self, enter: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let body = self.plan.blocks.iter().position(|b| matches!(&b.kind, BlockKind::Held { by } if by.contains(&enter)));
        let body = body.and_then(|i| u32::try_from(i).ok()).map(BlockId);
        self.plan.iter().filter(move |(_, node)| body.is_some_and(|body| self.plan.inside(node.block, body))).map(|(id, _)| id)
    }

    /// Whether a tolerated failure has left something behind where this scope holds. A scope of the engine's own machine
    /// may hold anywhere.
    pub(super) fn failed_inside(&self, enter: NodeId) -> Option<NodeId> {
        let host = self.plan.node(enter).host.as_deref();
        let is_covered = |id: NodeId| host == Some(LOCAL) || self.plan.node(id).host.as_deref() == host;
        self.inside_scope(enter).find(|id| fleet::is_left_out(self.plan, self.state, *id) && is_covered(*id) && self.stands(*id))
    }

    /// Whether a scope is held, or may be: an entry of unknown outcome counts as held (R5).
    pub(super) fn holds(&self, enter: NodeId) -> bool {
        let node = self.state.node(enter);
        node.is_touched() && node.stage.may_be_undone()
    }

    /// Whether all that comes before a node is settled.
    pub(super) fn is_reachable(&self, id: NodeId) -> bool {
        self.plan.node(id).after.iter().all(|before| self.passed[before.index()])
    }

    pub(super) fn all_passed(&self) -> bool {
        self.passed.iter().all(|p| *p)
    }

    /// Whether something of the run is under way in the world.
    pub(super) fn is_busy(&self) -> bool {
        self.state.nodes.iter().any(super::state::NodeState::is_in_flight)
    }

    /// A change of ours that was not taken back. `undo none` counts as taken back where its boundary was undone.
    pub(super) fn stands(&self, id: NodeId) -> bool {
        let node = self.plan.node(id);
        let state = self.state.node(id);
        if !state.is_touched() || !node.changes() {
            return false;
        }
        if matches!(state.stage, Stage::Undone | Stage::UndoneByHand { .. }) {
            return false;
        }
        !(matches!(node.spec().map(|s| &s.undo), Some(UndoSpec::None(_))) && (state.taken_back || self.is_being_taken_back(id)))
    }

    /// Whether the present rollback goes over the place where a node stands.
    fn is_being_taken_back(&self, id: NodeId) -> bool {
        let is_to_the_end = matches!(self.state.unwinding, Some(Unwinding::Everything | Unwinding::Boundary(_)));
        is_to_the_end && self.gone_over[id.index()] || self.plan.enclosing(self.plan.node(id).block).any(|b| self.clearing.roots.contains(&b))
    }

    /// Whether everything that began inside a scope was taken back.
    pub(super) fn nothing_stands_inside(&self, enter: NodeId) -> bool {
        !self.inside_scope(enter).any(|id| self.stands(id))
    }
}
