//! What an event means for its run as a whole.

use super::event::{EventKind, FailureAnswer};

impl EventKind {
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
