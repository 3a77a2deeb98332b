//! What the guards of a plan say at this moment, before there is a run. It is shown, and no part of the plan.

use std::collections::BTreeMap;

use super::model::{HostName, NodeId};

/// By the node; and of the requirements of the top by their positions and hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub nodes: BTreeMap<NodeId, Now>,
    pub requires: BTreeMap<(u32, Option<HostName>), Now>,
}

/// What would become of it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Now {
    /// `check` says that it is as wanted already: it would be passed over.
    Satisfied,
    /// Its guards hold, and it would run.
    Runs,
    /// `when` is false.
    Skipped { why: String },
    /// A guard does not hold, or can't be asked.
    Refused { why: String },
    /// It needs something that is known during the run alone.
    Unknown { why: String },
}

impl Now {
    /// As scripts read it. Stable.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Runs => "runs",
            Self::Skipped { .. } => "skipped",
            Self::Refused { .. } => "refused",
            Self::Unknown { .. } => "unknown",
        }
    }

    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Satisfied | Self::Runs => None,
            Self::Skipped { why } | Self::Refused { why } | Self::Unknown { why } => Some(why),
        }
    }
}
