//! What people say, as the journal keeps it.

use serde::{Deserialize, Serialize};

use crate::outcome::Exit;
use crate::plan::model::HostName;

/// What a `show` command printed, frozen with the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub host: HostName,
    pub command: String,
    pub exit: Option<Exit>,
    pub output: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// With the choice, where the gate has some.
    Approved {
        choice: Option<String>,
    },
    Rejected,
}

/// What becomes of a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureAnswer {
    Retry,
    /// Its `check` or `verify` said so, or a person did with a reason.
    MarkDone,
    Skip,
    RollBack,
    Park,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterruptAnswer {
    GoOn,
    RollBack,
    Park,
}

/// What becomes of a step before which the run stops (promise P4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAnswer {
    Run,
    /// This one, and all that follow, without asking.
    RunTheRest,
    /// Its `check` or `verify` said so, or a person did with a reason.
    MarkDone,
    Skip,
    RollBack,
    Park,
}
