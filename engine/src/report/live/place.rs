//! Where a node stands, as far as one wants to know it from afar.

use crate::plan::model::{NodeId, NodeKind, Plan};
use crate::run::fleet;
use crate::run::retry::retry_is_left;
use crate::run::state::{RunState, Stage};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Waiting,
    /// Its guards are asked.
    Checking,
    Running,
    /// Its command has ended; what must hold now is asked.
    Verifying,
    /// It failed, and waits for its next attempt.
    Retrying,
    /// A person's turn.
    Asking,
    Undoing,
    Failed,
    Undone,
    /// The run goes on without it.
    LeftOut,
    /// It was not needed.
    Passed,
    Done,
}

impl Place {
    pub(super) fn of(plan: &Plan, state: &RunState, id: NodeId) -> Self {
        match state.stage(id) {
            Stage::Pending | Stage::Failed { .. } | Stage::Refused { .. } | Stage::Unreachable { .. } | Stage::Unsettled { .. } | Stage::Lost { .. }
                if fleet::is_left_out(plan, state, id) =>
            {
                if matches!(state.stage(id), Stage::Pending) {
                    Self::LeftOut
                } else {
                    Self::Failed
                }
            }
            Stage::Failed { .. } | Stage::Lost { told: Some(_), .. } if retry_is_left(plan.node(id), state.node(id)) => Self::Retrying,
            Stage::Pending => Self::Waiting,
            Stage::Guarding { .. } => Self::Checking,
            Stage::Began { .. } | Stage::Lost { told: None, .. } => Self::Running,
            Stage::Ran { .. } => Self::Verifying,
            Stage::AwaitingPerson | Stage::Open { .. } => Self::Asking,
            Stage::Undoing { .. } => Self::Undoing,
            Stage::Refused { .. }
            | Stage::Failed { .. }
            | Stage::Lost { .. }
            | Stage::Unreachable { .. }
            | Stage::Unsettled { .. }
            | Stage::Declined { .. }
            | Stage::UndoOwed
            | Stage::UndoFailed { .. } => Self::Failed,
            Stage::Undone | Stage::UndoneByHand { .. } => Self::Undone,
            Stage::Skipped { .. } | Stage::Satisfied | Stage::SkippedByPerson { .. } => Self::Passed,
            Stage::Succeeded | Stage::MarkedDone { .. } | Stage::Approved { .. } | Stage::Kept { .. } => Self::Done,
        }
    }

    /// Something happens there now, or is about to.
    pub(super) fn is_lively(self) -> bool {
        matches!(self, Self::Checking | Self::Running | Self::Verifying | Self::Retrying | Self::Asking | Self::Undoing)
    }

    /// Nothing is to come of it, going forward.
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Passed | Self::LeftOut | Self::Failed | Self::Undone)
    }
}

/// What a person counts: steps, and what they do by hand.
pub(super) fn is_step(plan: &Plan, id: NodeId) -> bool {
    matches!(plan.node(id).kind, NodeKind::Step(_) | NodeKind::Manual { .. })
}
