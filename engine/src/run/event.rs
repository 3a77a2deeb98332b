//! What happened. Events are past tense, append-only, and the only truth: everything else is folded from them.

mod actor;
mod answers;
mod pin;
mod process;

use serde::{Deserialize, Serialize};

pub use self::actor::{Actor, Signed, Voter};
pub use self::answers::{Answer, Evidence, FailureAnswer, InterruptAnswer, StepAnswer};
pub use self::pin::{Pin, Role};
pub use self::process::{Purpose, Refusal};
use super::hook::Occasion;
use crate::outcome::{Ended, Identity};
use crate::plan::model::{BlockId, HostName, NodeId, SlotId};
use crate::value::Value;

/// Milliseconds since the Unix epoch. A time never decides anything by itself: what it decided is an event.
pub type Millis = i64;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// From 1, without gaps.
    pub seq: u64,
    pub at: Millis,
    #[serde(flatten)]
    pub kind: EventKind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum EventKind {
    /// The first event. Plan, sources and parameters are stored beside it under their hashes.
    RunCreated {
        runbook: String,
        plan: String,
        pins: Vec<Pin>,
        engine: String,
        operator: String,
        jobs: u32,
    },
    /// A process took the run: from here on its epoch is the one that counts.
    DriverStarted {
        epoch: u64,
        purpose: Purpose,
        operator: String,
        pid: u32,
        machine: String,
        /// It takes locks from whoever holds them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        takes_locks: bool,
        /// By whom, where the runbook names its signers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Box<Signed>>,
    },
    /// A host answered a framed no-op job in its job folder, and every `as USER` runs there.
    HostGreeted {
        host: HostName,
        identity: Identity,
        claims: Vec<String>,
    },
    /// A host could not be used. Nothing of this process has run there.
    HostRefused {
        host: HostName,
        why: String,
        #[serde(default)]
        how: Refusal,
    },
    /// A host that was met can't be reached any more.
    HostLost {
        host: HostName,
        why: String,
    },
    /// A host was reached again, and another machine answered: nothing was asked of it.
    StrangerAnswered {
        host: HostName,
        why: String,
    },
    /// A person says that the host has forgotten this run, and that nothing of it runs there: it is met anew.
    MemoryAccepted {
        host: HostName,
        by: Actor,
        why: String,
    },
    /// A person says that the host is gone for good: nothing is asked of it any more.
    HostGivenUp {
        host: HostName,
        by: Actor,
        why: String,
    },
    /// Who closes the run says of a scope that it holds whether it is released, whatever its policy.
    ScopeDecided {
        scope: NodeId,
        release: bool,
        by: Actor,
    },
    /// This run holds the lock there from now on. `over`: who held it, and why it was taken from them.
    LockTaken {
        host: HostName,
        lock: String,
        number: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        over: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    LockRefused {
        host: HostName,
        lock: String,
        why: String,
    },
    LockReleased {
        host: HostName,
        lock: String,
    },
    /// It could not be given back.
    LockLeft {
        host: HostName,
        lock: String,
        why: String,
    },
    /// Somebody has a higher number: nothing more begins.
    LockLost {
        host: HostName,
        lock: String,
        why: String,
    },
    FactRead {
        fact: u32,
        host: HostName,
        value: Value,
    },
    FactFailed {
        fact: u32,
        host: HostName,
        why: String,
    },
    /// A resume has looked at a fact again. `now`: what it is, where it has changed and could be read.
    FactSeen {
        fact: u32,
        host: HostName,
        changed: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        now: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// Facts have changed, and the run goes on with what it has read.
    FactsKept {
        by: Actor,
    },
    RequireHeld {
        require: u32,
        host: Option<HostName>,
    },
    RequireFailed {
        require: u32,
        host: Option<HostName>,
        why: String,
    },
    /// The window or something else of the whole run stands against it.
    StartRefused {
        why: String,
    },
    PreflightPassed,
    /// Nothing has changed anywhere.
    RunRefused {
        why: String,
    },
    /// A later process's preflight failed: the run stands as it stood before.
    PreflightFailed {
        why: String,
    },

    /// The run came to a node. `now` is what the step sees as `now`, its undo too.
    NodeReached {
        node: NodeId,
        now: Millis,
    },
    GuardHeld {
        node: NodeId,
        guard: u32,
        value: Option<Value>,
    },
    /// `when` was false.
    NodeSkipped {
        node: NodeId,
        why: String,
    },
    /// `check` held: already as wanted.
    NodeSatisfied {
        node: NodeId,
    },
    /// A guard did not hold or could not be asked. Nothing of the step has run.
    NodeRefused {
        node: NodeId,
        why: String,
    },
    /// Something else failed before this step began; it starts over when the run goes on.
    NodePutBack {
        node: NodeId,
    },
    /// Its host can't be reached: it was not begun, or what it was asked was not answered.
    NodeUnreachable {
        node: NodeId,
        why: String,
    },
    /// It failed, or its host can't be reached, and the run goes on without it, or without the whole item.
    FailureTolerated {
        node: NodeId,
        ends: Option<BlockId>,
        why: String,
    },

    /// A step that runs nothing: it only checks, or it only compensates.
    StepPassed {
        node: NodeId,
    },
    /// Durable before the command is sent.
    StepBegan {
        node: NodeId,
        attempt: u32,
        epoch: u64,
    },
    StepEnded {
        node: NodeId,
        attempt: u32,
        #[serde(flatten)]
        ended: Ended,
        captures: Vec<(SlotId, Value)>,
        capture_error: Option<String>,
    },
    /// `reboots`: the host answers with another boot id.
    HostRebooted {
        node: NodeId,
        attempt: u32,
        boot_id: String,
    },
    RebootMissed {
        node: NodeId,
        attempt: u32,
        why: String,
    },
    /// The target shows that the attempt never began and never will.
    StepVoided {
        node: NodeId,
        attempt: u32,
        why: String,
    },
    /// It began, and how it ended can't be known.
    StepLost {
        node: NodeId,
        attempt: u32,
        why: String,
    },
    /// Whether it still runs can't be shown now: the host does not answer, or its processes live on.
    StepUnsettled {
        node: NodeId,
        attempt: u32,
        why: String,
    },
    /// `verify` or `check` told what became of a lost attempt.
    LostSettled {
        node: NodeId,
        attempt: u32,
        done: Option<bool>,
        why: String,
    },
    VerifyHeld {
        node: NodeId,
        index: u32,
    },
    VerifyFailed {
        node: NodeId,
        index: u32,
        why: String,
    },
    RetryDue {
        node: NodeId,
    },

    ManualAsked {
        node: NodeId,
        instructions: String,
        /// What is to be entered when it is done, in the plan's order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        asks: Vec<String>,
    },
    ManualAnswered {
        node: NodeId,
        done: bool,
        by: Actor,
        note: Option<String>,
        /// All that was asked for, when it is done.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entered: Vec<(SlotId, Value)>,
    },

    GateOpened {
        node: NodeId,
        opening: u32,
        question: String,
        deadline: Millis,
        evidence: Vec<Evidence>,
        evidence_hash: String,
    },
    GateAnswered {
        node: NodeId,
        opening: u32,
        answer: Answer,
        by: Voter,
        note: Option<String>,
    },
    /// What it showed counts no more: too old, or a shown host has rebooted. It is shown anew and asked again.
    GateLapsed {
        node: NodeId,
        opening: u32,
        why: String,
    },
    /// `live`: a process was there when the deadline came.
    GateExpired {
        node: NodeId,
        opening: u32,
        live: bool,
    },

    FailureAnswered {
        node: NodeId,
        answer: FailureAnswer,
        by: Actor,
        note: Option<String>,
    },
    /// From here on this process stops before every step.
    StepModeBegan {
        by: Actor,
    },
    StepAnswered {
        node: NodeId,
        answer: StepAnswer,
        by: Actor,
        note: Option<String>,
    },
    /// A person has a shell on the host of a node; nothing of the node begins meanwhile.
    ShellOpened {
        node: NodeId,
        by: Actor,
    },
    ShellClosed {
        node: NodeId,
        by: Actor,
        /// Why it could not be opened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    Interrupted,
    InterruptAnswered {
        answer: InterruptAnswer,
        by: Actor,
    },
    /// A hook is told of something; it begins when this is on disk.
    HookBegan {
        hook: u32,
        occasion: Occasion,
        /// Since the run was created, in seconds.
        elapsed: u64,
    },
    /// `why`: it did not get through. That never fails the run.
    HookEnded {
        hook: u32,
        occasion: Occasion,
        why: Option<String>,
    },
    BudgetWarned {
        block: BlockId,
        spent: u64,
    },
    BudgetSpent {
        block: BlockId,
    },

    UndoBegan {
        node: NodeId,
        attempt: u32,
        epoch: u64,
    },
    UndoEnded {
        node: NodeId,
        attempt: u32,
        #[serde(flatten)]
        ended: Ended,
    },
    /// Nothing of it has run: sudo refused, its values could not be bound, another driver came first.
    UndoRefused {
        node: NodeId,
        attempt: u32,
        why: String,
    },
    UndoVoided {
        node: NodeId,
        attempt: u32,
        why: String,
    },
    /// It began, and how it ended can't be known: an undo may run twice.
    UndoLost {
        node: NodeId,
        attempt: u32,
        why: String,
    },
    UndoUnsettled {
        node: NodeId,
        attempt: u32,
        why: String,
    },
    UndoneByHand {
        node: NodeId,
        by: Actor,
        note: String,
    },
    UndoDeclined {
        node: NodeId,
        by: Actor,
        why: String,
    },
    ScopeKept {
        node: NodeId,
        by: Actor,
        why: String,
    },
    /// A kept scope was freed, or could not be: the run is again what it was.
    ReleaseEnded,
    ScopeReleaseChosen {
        node: NodeId,
        by: Actor,
    },
    BoundaryUndone {
        block: BlockId,
    },

    /// A person edits the runbook: nothing is done until they have, and another process, or the next turn of this one,
    /// goes on.
    EditBegan {
        by: Actor,
    },
    /// From here on the run goes by another plan (promise P6). It stands beside this event, with its text, under its hash.
    RunbookEdited {
        plan: String,
        pins: Vec<Pin>,
        by: Actor,
        note: Option<String>,
        changed: Vec<String>,
        new: Vec<String>,
        gone: Vec<String>,
    },
    /// The process went away and the run waits for a person's answer.
    DriverLeft {
        why: String,
    },
    RunParked {
        why: String,
    },
    /// Parked, because something is owed to hosts that can't be reached now.
    HostsAwaited {
        why: String,
    },
    RunStuck {
        why: String,
    },
    RunRolledBack,
    /// A gate was refused or timed out and says `end`.
    RunEnding {
        node: NodeId,
    },
    RunFailed {
        why: String,
    },
    RunEnded {
        by: Actor,
    },
    RunDone,
}

impl EventKind {
    /// The name that stands in the journal.
    #[must_use]
    pub fn name(&self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(map)) => map.get("event").and_then(|v| v.as_str()).unwrap_or("?").to_owned(),
            _ => "?".to_owned(),
        }
    }

    /// The node that it is about.
    #[must_use]
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Self::NodeReached { node, .. }
            | Self::GuardHeld { node, .. }
            | Self::NodeSkipped { node, .. }
            | Self::NodeSatisfied { node }
            | Self::NodeRefused { node, .. }
            | Self::NodePutBack { node }
            | Self::NodeUnreachable { node, .. }
            | Self::FailureTolerated { node, .. }
            | Self::StepPassed { node }
            | Self::StepBegan { node, .. }
            | Self::StepEnded { node, .. }
            | Self::HostRebooted { node, .. }
            | Self::RebootMissed { node, .. }
            | Self::StepVoided { node, .. }
            | Self::StepLost { node, .. }
            | Self::StepUnsettled { node, .. }
            | Self::LostSettled { node, .. }
            | Self::VerifyHeld { node, .. }
            | Self::VerifyFailed { node, .. }
            | Self::RetryDue { node }
            | Self::ManualAsked { node, .. }
            | Self::ManualAnswered { node, .. }
            | Self::GateOpened { node, .. }
            | Self::GateAnswered { node, .. }
            | Self::GateLapsed { node, .. }
            | Self::GateExpired { node, .. }
            | Self::FailureAnswered { node, .. }
            | Self::StepAnswered { node, .. }
            | Self::ShellOpened { node, .. }
            | Self::ShellClosed { node, .. }
            | Self::UndoBegan { node, .. }
            | Self::UndoEnded { node, .. }
            | Self::UndoRefused { node, .. }
            | Self::UndoVoided { node, .. }
            | Self::UndoLost { node, .. }
            | Self::UndoUnsettled { node, .. }
            | Self::UndoneByHand { node, .. }
            | Self::UndoDeclined { node, .. }
            | Self::ScopeKept { node, .. }
            | Self::ScopeReleaseChosen { node, .. }
            | Self::RunEnding { node } => Some(*node),
            Self::RunCreated { .. }
            | Self::HookBegan { .. }
            | Self::HookEnded { .. }
            | Self::DriverStarted { .. }
            | Self::HostGreeted { .. }
            | Self::HostRefused { .. }
            | Self::LockTaken { .. }
            | Self::LockRefused { .. }
            | Self::LockReleased { .. }
            | Self::LockLeft { .. }
            | Self::LockLost { .. }
            | Self::HostLost { .. }
            | Self::StrangerAnswered { .. }
            | Self::MemoryAccepted { .. }
            | Self::HostGivenUp { .. }
            | Self::FactRead { .. }
            | Self::FactFailed { .. }
            | Self::FactSeen { .. }
            | Self::FactsKept { .. }
            | Self::RequireHeld { .. }
            | Self::RequireFailed { .. }
            | Self::StartRefused { .. }
            | Self::PreflightPassed
            | Self::RunRefused { .. }
            | Self::PreflightFailed { .. }
            | Self::StepModeBegan { .. }
            | Self::EditBegan { .. }
            | Self::RunbookEdited { .. }
            | Self::Interrupted
            | Self::InterruptAnswered { .. }
            | Self::BudgetWarned { .. }
            | Self::BudgetSpent { .. }
            | Self::BoundaryUndone { .. }
            | Self::DriverLeft { .. }
            | Self::RunParked { .. }
            | Self::HostsAwaited { .. }
            | Self::RunStuck { .. }
            | Self::RunRolledBack
            | Self::RunFailed { .. }
            | Self::RunEnded { .. }
            | Self::ScopeDecided { .. }
            | Self::ReleaseEnded
            | Self::RunDone => None,
        }
    }
}
