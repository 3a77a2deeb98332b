//! `notify`: a command that tells somebody of the run.

use serde::{Deserialize, Serialize};

use super::{Command, SlotId};
use crate::value::Type;

/// What a hook's arguments can say besides the runbook's own names. The last two are empty where there is none.
pub const TOLD: [(&str, Type); 4] = [("event", Type::String), ("elapsed", Type::Duration), ("failed_step", Type::String), ("gate", Type::String)];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HookSpec {
    pub action: String,
    pub on: Vec<HookEvent>,
    /// Runs on the engine's machine.
    pub command: Command,
    /// Nothing that it prints is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Where its arguments find what is told, in the order of [`TOLD`].
    pub told: [SlotId; 4],
}

/// What a run tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookEvent {
    Started,
    Gate,
    Failed,
    RolledBack,
    Done,
}

impl HookEvent {
    pub const WORDS: [&str; 5] = ["started", "gate", "failed", "rolled_back", "done"];
    const ALL: [Self; 5] = [Self::Started, Self::Gate, Self::Failed, Self::RolledBack, Self::Done];

    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    #[must_use]
    pub fn written(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.word() == word)
    }
}
