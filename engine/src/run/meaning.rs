//! What an event means for its run as a whole.

use super::event::{EventKind, FailureAnswer};
use crate::plan::model::NodeId;

impl EventKind {
    /// The same of another node; none for an event of no node, and for one that does not read back.
    #[must_use]
    pub fn about(&self, node: NodeId) -> Option<Self> {
        let mut json = serde_json::to_value(self).ok()?;
        *json.get_mut("node")? = serde_json::to_value(node).ok()?;
        serde_json::from_value(json).ok()
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn ends_the_run(&self) -> bool {
        matches!(self, Self::RunRefused { .. } | Self::RunRolledBack | Self::RunFailed { .. } | Self::RunEnded { .. } | Self::RunDone)
    }

    /// Whether it is a person's word, which may come while no process drives the run.
    #[must_use]
    pub fn is_an_answer(&self) -> bool {
        matches!(
            self,
            Self::GateAnswered { .. }
                | Self::GateLapsed { .. }
                | Self::GateExpired { .. }
                | Self::ManualAnswered { .. }
                | Self::UndoneByHand { .. }
                | Self::FailureAnswered { answer: FailureAnswer::Retry | FailureAnswer::MarkDone | FailureAnswer::Skip, .. }
        )
    }
}
