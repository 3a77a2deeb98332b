//! What a process is started for, and why a host is of no use to it.

use serde::{Deserialize, Serialize};

use crate::plan::model::NodeId;

/// Why a host could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It answers, and something there is not as it must be.
    #[default]
    Unfit,
    /// It can't be reached at all.
    Unreachable,
    /// It has lost what it remembered of this run.
    Forgotten,
    /// It has seen this run driven further than this process knows.
    Fenced,
}

/// What a process that drives the run was started for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Run,
    Resume,
    /// Back to just after a node, or to the beginning.
    Rollback {
        to: Option<NodeId>,
    },
    /// Free a scope that was kept (promise R5).
    Release {
        scope: NodeId,
    },
    /// Close the run as it stands: scopes are left by their policy, nothing is undone.
    End,
}
