//! What to do next, as data. Imperative names; the driver answers each with an event.

use super::event::EventKind;
use crate::plan::model::{HostName, NodeId};

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Connect, make the job folder, write the epoch, try every user, read who the host is.
    Greet {
        host: HostName,
    },
    /// Take a lock, or find that this run has it already; from somebody else only where a person gave a reason.
    TakeLock {
        host: HostName,
        lock: String,
    },
    ReleaseLock {
        host: HostName,
        lock: String,
    },
    ReadFact {
        fact: u32,
        host: HostName,
    },
    /// Look what a fact is now; the run goes by what it has read.
    SeeFact {
        fact: u32,
        host: HostName,
    },
    /// Facts have changed: a person says whether the run goes on.
    AskFacts,
    AskRequire {
        require: u32,
        host: Option<HostName>,
    },
    /// Stamp the node with its `now`.
    Reach {
        node: NodeId,
    },
    AskGuard {
        node: NodeId,
        guard: u32,
    },
    /// Record that the attempt begins; send its command only with the proof that this is on disk.
    Begin {
        node: NodeId,
        attempt: u32,
    },
    /// Ask the target what became of an attempt that nobody watches; follow it if it still runs.
    Recover {
        node: NodeId,
        attempt: u32,
        undoing: bool,
    },
    Verify {
        node: NodeId,
        index: u32,
    },
    /// Let `verify` or `check` tell what became of a lost attempt.
    Probe {
        node: NodeId,
        attempt: u32,
    },
    AwaitRetry {
        node: NodeId,
        seconds: u64,
    },
    AskManual {
        node: NodeId,
    },
    AwaitManual {
        node: NodeId,
    },
    OpenGate {
        node: NodeId,
        opening: u32,
    },
    AwaitGate {
        node: NodeId,
        opening: u32,
    },
    AskFailure {
        node: NodeId,
    },
    /// Before a step, where the run stops before each (P4).
    AskStep {
        node: NodeId,
    },
    /// A person has a shell on the host of a node.
    Shell {
        node: NodeId,
    },
    AskInterrupt,
    BeginUndo {
        node: NodeId,
        attempt: u32,
    },
    AskUndoManual {
        node: NodeId,
    },
    AskScope {
        node: NodeId,
    },
    /// A decision: it goes into the journal, and nothing is sent.
    Record(EventKind),
}
