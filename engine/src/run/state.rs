//! What a run is, folded from its events. One enum for a node's stage, with data only where it is true.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Millis, Purpose, Refusal};
use super::facts::Found;
use super::gate::Opening;
use super::hook::{Occasion, Telling};
use crate::outcome::{Exit, Identity};
use crate::plan::model::{BlockId, HostName, NodeId, Plan, SlotId};
use crate::plan::names::{Outcome, Outcomes};
use crate::value::Value;

#[derive(Debug, Clone, PartialEq)]
pub struct RunState {
    pub phase: Phase,
    /// The driver that counts; 0 before the first.
    pub epoch: u64,
    pub purpose: Purpose,
    pub operator: String,
    /// Everybody who started, resumed or rolled back the run: none of them is a second person.
    pub hands: BTreeSet<String>,
    /// The same by their signatures, where the runbook names its signers.
    pub signers: BTreeSet<String>,
    /// How many nodes may be under way at once.
    pub jobs: u32,
    /// Whether a process drives the run, as far as the journal knows.
    pub driven: bool,
    pub hosts: BTreeMap<HostName, HostState>,
    /// The locks that this run holds, as far as it knows.
    pub locks: BTreeMap<(HostName, String), Lock>,
    /// What this process was refused.
    pub locks_refused: BTreeMap<(HostName, String), String>,
    /// What could not be given back, and why.
    pub locks_left: BTreeMap<(HostName, String), String>,
    pub slots: BTreeMap<SlotId, BTreeMap<HostName, Value>>,
    pub requires: BTreeMap<(u32, Option<HostName>), Verdict>,
    pub fact_failures: BTreeMap<(u32, HostName), String>,
    /// What a resume found the facts to be, and with what of that some resume went on.
    pub facts_seen: Found,
    pub facts_accepted: Found,
    pub start_refused: Option<String>,
    pub nodes: Vec<NodeState>,
    /// The last opening of each gate that was opened.
    pub gates: BTreeMap<NodeId, Opening>,
    /// The items of a `for` that the run goes on without, and what failed in each.
    pub ended: BTreeMap<BlockId, Vec<NodeId>>,
    pub unwinding: Option<Unwinding>,
    /// The run is being closed as it stands, and why where that was no person's wish.
    pub ending: Option<Option<String>>,
    /// What who closes the run says of scopes, whatever their policies.
    pub scopes_decided: BTreeMap<NodeId, bool>,
    /// A park that was decided and waits for the run to be quiet.
    pub parking: Option<String>,
    pub interrupted: bool,
    /// This process stops before every step (P4), but before those that were confirmed.
    pub stepping: bool,
    pub confirmed: BTreeSet<NodeId>,
    /// The nodes on whose hosts a person has a shell open.
    pub shells: BTreeSet<NodeId>,
    /// The run, or this process's part in it, is over but for its last word: locks were given back, so nothing may begin.
    pub closing: bool,
    /// When it was created.
    pub began: Millis,
    /// What it has come to, for those who are told.
    pub occasions: Vec<Occasion>,
    pub hooks: BTreeMap<(u32, Occasion), Telling>,
    /// What an edit took out of the plan and has traces on its host, by path.
    pub retired: BTreeMap<String, Numbers>,
    /// A person edits the runbook just now.
    pub editing: bool,
    /// The last failure that stopped it.
    pub last_failed: Option<NodeId>,
    pub budgets_warned: BTreeSet<BlockId>,
    pub budgets_spent: BTreeSet<BlockId>,
    /// The last event folded.
    pub seq: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    New,
    /// A preflight; `before` is where the run stood.
    Preparing {
        before: Box<Phase>,
    },
    Running,
    RollingBack,
    /// Scopes are left by their policy, then the run is over.
    Ending,
    /// A kept scope is freed; `before` is where the run stood.
    Releasing {
        scope: NodeId,
        before: Box<Phase>,
    },
    Parked {
        why: String,
    },
    Stuck {
        why: String,
    },
    Done,
    RolledBack,
    Failed {
        why: String,
    },
    Refused {
        why: String,
    },
    Ended,
}

impl Phase {
    /// Where the run stands, beneath what a process has just begun with it.
    #[must_use]
    pub fn beneath(&self) -> &Self {
        match self {
            Self::Preparing { before } | Self::Releasing { before, .. } => before.beneath(),
            other => other,
        }
    }

    /// Nothing can follow, but the release of a kept scope.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Done | Self::RolledBack | Self::Failed { .. } | Self::Refused { .. } | Self::Ended)
    }
}

/// A host in this run: who it was when the run met it, and who it is for the driver of today.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostState {
    pub met: Identity,
    pub now: Option<Greeting>,
    /// Why it can't be reached any more, after it was met in this process.
    pub lost: Option<String>,
    /// It is lost because another machine answered in its place: no policy speaks of that, and a person must look.
    pub is_stranger: bool,
    /// A person gave it up for good.
    pub gone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Greeting {
    Answered { identity: Identity, claims: Vec<String> },
    Refused { why: String, how: Refusal },
    Unreachable { why: String },
}

/// A lock on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub number: u64,
    pub since: Millis,
    /// The driver that took it.
    pub taken: u64,
    /// The driver that saw last that it is ours.
    pub epoch: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Held,
    Failed { why: String },
}

/// How far an unwinding goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwinding {
    Boundary(BlockId),
    /// What came after a node.
    After(NodeId),
    Everything,
    /// All is undone that had to be; scopes are left, then the run is over.
    Scopes,
    /// It has reached its aim, and the run is parked. Going forward, what it took back runs again.
    Over,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct NodeState {
    pub stage: Stage,
    /// What the step sees as `now`.
    pub now: Option<Millis>,
    /// The event that reached it; an answer to an older visit is stale.
    pub visit: u64,
    /// Attempts begun, also those that were voided.
    pub attempts: u32,
    /// Attempts that may have done something. Above zero, the node is ours to undo.
    pub effective: u32,
    /// Failures that count against `retry`.
    pub failures: u32,
    pub undos: u32,
    pub release_chosen: bool,
    pub openings: u32,
    /// A rollback that reached its aim went over it.
    pub taken_back: bool,
    /// It failed, or its host can't be reached, and the run goes on without it.
    pub passed_over: bool,
    /// A person said that they could not do it, and nothing was decided about that yet.
    pub declined: bool,
}

/// How often something of a node was begun: its traces on its host are named by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    pub host: Option<HostName>,
    pub attempts: u32,
    pub undos: u32,
    pub openings: u32,
}

impl Numbers {
    #[must_use]
    pub fn of(host: Option<&str>, node: &NodeState) -> Self {
        Self { host: host.map(str::to_owned), attempts: node.attempts, undos: node.undos, openings: node.openings }
    }

    #[must_use]
    pub fn is_any(&self) -> bool {
        self.attempts + self.undos + self.openings > 0
    }

    /// A node that has not begun, and goes on with these.
    #[must_use]
    pub fn restored(&self) -> NodeState {
        NodeState { attempts: self.attempts, undos: self.undos, openings: self.openings, ..NodeState::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stage {
    #[default]
    Pending,
    /// So many guards have held.
    Guarding {
        passed: u32,
    },
    Skipped {
        why: String,
    },
    Satisfied,
    /// A guard did not hold; nothing of it has run.
    Refused {
        why: String,
    },
    Began {
        attempt: u32,
        epoch: u64,
    },
    /// It ended well; so many postconditions have held.
    Ran {
        attempt: u32,
        verified: u32,
    },
    AwaitingPerson,
    Failed {
        attempt: u32,
        why: Failure,
    },
    /// How it ended can't be known. `told`: what `verify` and `check` said of it.
    Lost {
        attempt: u32,
        why: String,
        told: Option<Told>,
    },
    /// Its host can't be reached. Nothing of it is under way.
    Unreachable {
        was: Was,
        why: String,
    },
    /// Whether it still runs can't be shown.
    Unsettled {
        attempt: u32,
        epoch: u64,
        undoing: bool,
        why: String,
    },
    Succeeded,
    MarkedDone {
        reason: String,
    },
    SkippedByPerson {
        reason: String,
    },
    Open {
        opening: u32,
        deadline: Millis,
    },
    Approved {
        choice: Option<String>,
    },
    Declined {
        opening: u32,
        why: Declined,
    },
    /// To be undone again, after an undo that failed or was voided.
    UndoOwed,
    Undoing {
        attempt: u32,
        epoch: u64,
    },
    Undone,
    UndoneByHand {
        note: String,
    },
    UndoFailed {
        attempt: u32,
        why: String,
    },
    /// A scope that its policy keeps.
    Kept {
        why: String,
    },
}

/// What a node is again when its host is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Was {
    Pending,
    Ran { attempt: u32, verified: u32 },
    Lost { attempt: u32, why: String },
}

impl From<Was> for Stage {
    fn from(was: Was) -> Self {
        match was {
            Was::Pending => Self::Pending,
            Was::Ran { attempt, verified } => Self::Ran { attempt, verified },
            Was::Lost { attempt, why } => Self::Lost { attempt, why, told: None },
        }
    }
}

/// What the guards said of a lost attempt: nothing could tell, or it is (not) done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    NotDone,
    Nothing { why: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    Exit(Exit),
    Verify { index: u32, why: String },
    Capture { why: String },
    Reboot { why: String },
    Manual { note: String },
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exit(exit) => write!(f, "{exit}"),
            Self::Verify { why, .. } => write!(f, "verify did not hold: {why}"),
            Self::Capture { why } => write!(f, "its output could not be captured: {why}"),
            Self::Reboot { why } => write!(f, "the host did not come back from its reboot: {why}"),
            Self::Manual { note } => write!(f, "the person who did it said no: {note}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    Rejected,
    /// `live`: a process was there when the deadline came.
    Expired {
        live: bool,
    },
}

impl RunState {
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        Self {
            phase: Phase::New,
            epoch: 0,
            purpose: Purpose::Run,
            operator: String::new(),
            hands: BTreeSet::new(),
            signers: BTreeSet::new(),
            jobs: 1,
            driven: false,
            hosts: BTreeMap::new(),
            locks: BTreeMap::new(),
            locks_refused: BTreeMap::new(),
            locks_left: BTreeMap::new(),
            slots: BTreeMap::new(),
            requires: BTreeMap::new(),
            fact_failures: BTreeMap::new(),
            facts_seen: Found::new(),
            facts_accepted: Found::new(),
            start_refused: None,
            nodes: vec![NodeState::default(); plan.nodes.len()],
            gates: BTreeMap::new(),
            ended: BTreeMap::new(),
            unwinding: None,
            ending: None,
            scopes_decided: BTreeMap::new(),
            parking: None,
            interrupted: false,
            stepping: false,
            confirmed: BTreeSet::new(),
            shells: BTreeSet::new(),
            closing: false,
            began: 0,
            occasions: Vec::new(),
            hooks: BTreeMap::new(),
            retired: BTreeMap::new(),
            editing: false,
            last_failed: None,
            budgets_warned: BTreeSet::new(),
            budgets_spent: BTreeSet::new(),
            seq: 0,
        }
    }

    #[must_use]
    pub fn node(&self, id: NodeId) -> &NodeState {
        &self.nodes[id.index()]
    }

    #[must_use]
    pub fn stage(&self, id: NodeId) -> &Stage {
        &self.nodes[id.index()].stage
    }

    /// Whether some attempt of a step may have changed something.
    #[must_use]
    pub fn touched_anything(&self) -> bool {
        self.nodes.iter().any(NodeState::is_touched)
    }

    /// Why a host can't be reached now.
    #[must_use]
    pub fn away(&self, host: &str) -> Option<&str> {
        let known = self.hosts.get(host)?;
        known.lost.as_deref().or_else(|| known.cut_off())
    }

    /// Whether the run waits for nothing but a person's word.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::RollingBack)
            && self.nodes.iter().any(|n| matches!(n.stage, Stage::Open { .. } | Stage::AwaitingPerson))
            && !self.nodes.iter().any(NodeState::is_in_flight)
    }
}

impl Outcomes for RunState {
    fn outcome(&self, node: NodeId) -> Outcome {
        match self.stage(node) {
            Stage::Succeeded | Stage::Satisfied | Stage::MarkedDone { .. } => Outcome::Succeeded,
            Stage::Skipped { .. } => Outcome::Skipped,
            _ => Outcome::Otherwise,
        }
    }
}

impl HostState {
    /// Whether it has answered this process, and still can.
    pub(super) fn is_met(&self) -> bool {
        matches!(self.now, Some(Greeting::Answered { .. })) && self.lost.is_none() && self.gone.is_none()
    }

    /// Why nothing can be sent there in this process: it did not greet, or a person gave it up.
    #[must_use]
    pub fn cut_off(&self) -> Option<&str> {
        match (&self.gone, &self.now) {
            (Some(why), _) | (None, Some(Greeting::Unreachable { why } | Greeting::Refused { why, .. })) => Some(why),
            (None, Some(Greeting::Answered { .. }) | None) => None,
        }
    }
}

impl NodeState {
    /// As if nothing of it had begun; only its numbers go on.
    pub(super) fn start_over(&mut self) {
        *self = Self { attempts: self.attempts, undos: self.undos, openings: self.openings, ..Self::default() };
    }

    /// What it is, going forward, after an undo that did not end well.
    pub(super) fn half_undone(&self) -> Stage {
        Stage::Lost { attempt: self.attempts, why: "it was being undone, and that did not end well".to_owned(), told: None }
    }

    /// Whether it may have changed something.
    #[must_use]
    pub fn is_touched(&self) -> bool {
        self.effective > 0
    }

    /// Whether something of it is under way in the world.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        match self.stage {
            Stage::Began { .. } | Stage::Ran { .. } | Stage::Undoing { .. } | Stage::Lost { told: None, .. } => true,
            Stage::Pending
            | Stage::Guarding { .. }
            | Stage::Skipped { .. }
            | Stage::Satisfied
            | Stage::Refused { .. }
            | Stage::AwaitingPerson
            | Stage::Failed { .. }
            | Stage::Lost { told: Some(_), .. }
            | Stage::Unreachable { .. }
            | Stage::Unsettled { .. }
            | Stage::Succeeded
            | Stage::MarkedDone { .. }
            | Stage::SkippedByPerson { .. }
            | Stage::Open { .. }
            | Stage::Approved { .. }
            | Stage::Declined { .. }
            | Stage::UndoOwed
            | Stage::Undone
            | Stage::UndoneByHand { .. }
            | Stage::UndoFailed { .. }
            | Stage::Kept { .. } => false,
        }
    }
}
