//! What people are asked: gates, and what they enter at a manual step.

use serde::{Deserialize, Serialize};

use super::{Command, HostName, OnFailure, SlotId};
use crate::plan::template::Prose;
use crate::value::Type;

/// Something that a person enters; its name is the slot's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EvidenceSpec {
    pub slot: SlotId,
    pub kind: Type,
    pub ask: Prose,
}

/// How long a person is asked about a failure, and what silence means then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskSpec {
    pub seconds: u64,
    pub then: OnFailure,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GateSpec {
    pub question: Option<Prose>,
    pub show: Vec<ShowSpec>,
    /// The word that must be typed.
    pub confirm: Option<Prose>,
    pub choices: Vec<String>,
    /// Whose yes counts, by the names of OS users, or of signers where a yes is signed; empty for anybody's.
    #[serde(default)]
    pub approvers: Vec<String>,
    /// The runbook names its signers: a yes without a signature does not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signed: bool,
    /// A yes of who started, resumed or edited the run does not count.
    #[serde(default)]
    pub second_person: bool,
    /// Seconds for which an answer may rest on what was shown.
    #[serde(default)]
    pub valid_for: Option<u64>,
    /// Where the choice is bound.
    pub slot: Option<SlotId>,
    /// Seconds that the question stands open.
    pub timeout: u64,
    pub then: GateThen,
    /// An irreversible step follows with no other gate between: `--answer` does not reach it.
    pub guards_irreversible: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShowSpec {
    pub command: Command,
    pub host: HostName,
}

/// What silence or a refusal at a gate means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateThen {
    Rollback,
    Park,
    End,
}
