//! Questions about a run's graph that several decisions ask.

use super::state::{RunState, Stage, Unwinding};
use crate::plan::model::{BlockId, BlockKind, Node, NodeId, NodeKind, Plan, UndoSpec, node_id};

pub(super) struct View<'a> {
    pub(super) plan: &'a Plan,
    pub(super) state: &'a RunState,
    /// Going forward, what comes after such a node may start.
    passed: Vec<bool>,
}

impl<'a> View<'a> {
    pub(super) fn new(plan: &'a Plan, state: &'a RunState) -> Self {
        let mut view = Self { plan, state, passed: Vec::with_capacity(plan.nodes.len()) };
        for node in &plan.nodes {
            let before = node.after.iter().all(|id| view.passed[id.index()]);
            let passed = before && view.is_settled_forward(node, node_id(view.passed.len()));
            view.passed.push(passed);
        }
        view
    }

    fn is_settled_forward(&self, node: &Node, id: NodeId) -> bool {
        match &node.kind {
            NodeKind::Join => true,
            NodeKind::Leave { enter } => self.is_left(*enter),
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
        !(matches!(node.spec().map(|s| &s.undo), Some(UndoSpec::None(_))) && (state.taken_back || self.is_being_taken_back(node)))
    }

    /// Whether the present rollback goes over the place where a node stands.
    fn is_being_taken_back(&self, node: &Node) -> bool {
        match self.state.unwinding {
            Some(Unwinding::Everything) => true,
            Some(Unwinding::Boundary(block)) => self.plan.inside(node.block, block),
            Some(Unwinding::After(_) | Unwinding::Scopes | Unwinding::Over) | None => false,
        }
    }

    /// Whether everything that began inside a scope was taken back.
    pub(super) fn nothing_stands_inside(&self, enter: NodeId) -> bool {
        let body = self.plan.blocks.iter().position(|b| matches!(&b.kind, BlockKind::Held { by } if by.contains(&enter)));
        let Some(body) = body.and_then(|i| u32::try_from(i).ok()).map(BlockId) else { return true };
        !self.plan.iter().any(|(id, node)| self.plan.inside(node.block, body) && self.stands(id))
    }
}
