//! The plan as data: what would run, where, in which order, and what undoes it. It is frozen into the journal when a
//! run starts, so a resume needs neither the source nor the libraries. Durations are whole seconds.

mod hook;
mod people;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use super::fleet::{OnUnreachable, Tolerance};
pub use super::guards::Guard;
use super::template::{Expression, Prose, Script};
use crate::inventory::{Vars, Way};
use crate::outcome::Shell;
use crate::signers::Signers;
use crate::value::{Type, Value};

pub use hook::{HookEvent, HookSpec, TOLD};
pub use people::{AskSpec, EvidenceSpec, GateSpec, GateThen, ShowSpec};

/// The format that this engine writes. A plan of a newer format is refused, never guessed at.
pub const PLAN_FORMAT: u32 = 4;
/// The format of a plan whose runbook names no signers: an older engine would take answers without a signature.
pub const PLAN_FORMAT_WITHOUT_SIGNERS: u32 = 3;
/// The format of a plan in which no inventory says how a host is reached: one that older engines read, too.
pub const PLAN_FORMAT_WITHOUT_WAYS: u32 = 2;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the plan's table.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(/// A node of the plan, by its position: `after` always names smaller ones.
    NodeId);
index!(/// A block of the plan; 0 is the runbook itself.
    BlockId);
index!(/// Where a name is looked up first.
    FrameId);
index!(/// A place for a value that is read during the run: a fact, a capture, a gate's choice.
    SlotId);
index!(/// A `tolerate` of the plan.
    ToleranceId);

/// The name of a host: what ssh is told to reach, unless the inventory says otherwise. `local` is the machine that runs the
/// engine.
pub type HostName = String;

/// The machine that runs the engine.
pub const LOCAL: &str = "local";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub format: u32,
    pub runbook: String,
    pub title: Option<String>,
    /// SHA-256 over what will happen; the same for both spellings. See [`super::hash`].
    pub hash: String,
    /// The run starts only inside all of them: the runbook's own first, then those of the runbooks that it calls.
    pub windows: Vec<String>,
    /// The names of the locks that the run holds on its hosts, in order.
    #[serde(default)]
    pub locks: Vec<String>,
    /// Whose signatures count, where the runbook names them: an answer at a gate is then signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signers: Option<Signers>,
    /// What the inventory knows of each host, for `vars[host].x`.
    pub vars: Vars,
    /// The inventory's file, for a var that is missing. It is no part of the hash.
    pub inventory: Option<String>,
    /// Every host that the run touches, in the order of first use.
    pub hosts: Vec<HostPlan>,
    pub frames: Vec<Frame>,
    pub slots: Vec<Slot>,
    /// Params whose values no plan and no journal holds: each process that drives the run is given them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretSpec>,
    /// Read in preflight, in this order.
    pub facts: Vec<FactSpec>,
    /// Asked in preflight, after the facts.
    pub requires: Vec<RequireSpec>,
    /// Who is told of what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookSpec>,
    pub blocks: Vec<BlockSpec>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerances: Vec<Tolerance>,
    /// In topological order.
    pub nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPlan {
    pub name: HostName,
    /// Who must be reachable there by `sudo -n`; preflight tries each.
    pub users: Vec<String>,
    /// Whether some command there wants bash.
    pub bash: bool,
    /// Whether files are compared there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sums: bool,
    /// How the inventory says that it is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
}

/// Names and what they stand for. A sealed frame (an action's) does not see its caller's names.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Frame {
    pub parent: Option<FrameId>,
    pub sealed: bool,
    pub names: BTreeMap<String, Bound>,
    /// What `succeeded("…")` asks about here: the nodes of a step in this frame and in those inside it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, Vec<NodeId>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    Value(Value),
    /// An argument that needs a value of the run: evaluated where the caller stands.
    Computed {
        expression: Expression,
        frame: FrameId,
        kind: Type,
    },
    /// An argument that is text with templates in it.
    Written {
        prose: Prose,
        frame: FrameId,
        kind: Type,
    },
    Slot(SlotId),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SecretSpec {
    pub name: String,
    pub slot: SlotId,
    pub help: Option<String>,
    /// What the whole of it must match.
    pub matches: Option<String>,
}

/// What a slot holds, for people and for types.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Slot {
    pub name: String,
    pub kind: Type,
    /// Where it is read; the empty name stands for a gate, which is nowhere.
    pub hosts: Vec<HostName>,
    /// Read on a set, also where the set has one host: it has one value a host. Else it is a plain value.
    pub spread: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BlockSpec {
    pub parent: Option<BlockId>,
    pub kind: BlockKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    Sequence,
    /// Its children may change one host at the same time.
    Parallel,
    /// One batch of a `for`: its items pass side by side, but never change the same host at once.
    Batch,
    /// One item of a `for` on its way through the block.
    Iteration {
        item: String,
        tolerance: Option<ToleranceId>,
    },
    Boundary {
        id: String,
        title: Option<String>,
        on_failure: OnFailure,
        /// How long a person at a terminal is asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ask: Option<AskSpec>,
        budget: Option<u64>,
    },
    /// Another runbook, called. Its nodes have `id/` before their own ids.
    Call {
        id: String,
        runbook: String,
        title: Option<String>,
    },
    /// From a `during` to the end of what it covers.
    Held {
        by: Vec<NodeId>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    #[default]
    Rollback,
    Park,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Node {
    /// The path, unique in the plan: `call/step[item]@host`.
    pub path: String,
    /// The id as written.
    pub step: String,
    pub title: Option<String>,
    /// Where it runs; joins and gates run nowhere.
    pub host: Option<HostName>,
    pub block: BlockId,
    pub frame: FrameId,
    pub after: Vec<NodeId>,
    /// Its own condition behind those of the blocks around it; the first that is false skips it.
    pub when: Vec<When>,
    /// Its step tolerates that so many of its hosts fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<ToleranceId>,
    #[serde(default, skip_serializing_if = "OnUnreachable::is_unsaid")]
    pub unreachable: OnUnreachable,
    pub kind: NodeKind,
}

/// A condition, in the frame that it was written for: a called runbook does not see its caller's names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    pub that: Expression,
    pub frame: FrameId,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    Step(Box<StepSpec>),
    /// A step that a person does.
    Manual {
        instructions: Prose,
        /// What the person is asked to enter when it is done.
        #[serde(default)]
        evidence: Vec<EvidenceSpec>,
        step: Box<StepSpec>,
    },
    Gate(Box<GateSpec>),
    /// Takes a scope: the action's `run`; its `undo` is the release.
    Enter {
        step: Box<StepSpec>,
        release: Release,
    },
    /// Leaves the scope that `enter` took.
    Leave {
        enter: NodeId,
    },
    Fact(Box<FactSpec>),
    Require(Box<RequireSpec>),
    /// Only order.
    Join,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    Always,
    OnSuccess,
    Ask,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepSpec {
    /// An action's facts: read when the step is reached.
    pub facts: Vec<FactSpec>,
    pub requires: Vec<RequireSpec>,
    pub check: Option<Command>,
    pub does: Option<Does>,
    pub verify: Vec<VerifySpec>,
    pub undo: UndoSpec,
    pub irreversible: Option<String>,
    pub captures: Vec<CaptureSpec>,
    pub retry: Option<RetrySpec>,
    /// Sent once; done when the host answers with another boot id within so many seconds.
    pub reboots: Option<u64>,
    pub private: bool,
    /// Bytes that are kept of each stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_limit: Option<u64>,
    pub expect: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    Run(Command),
    Sleep(u64),
    Upload(Box<Upload>),
    Download(Download),
}

/// A file of the project, to a place on the host. The names `to`, `sum` and `size` are bound in the frame of its commands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    /// As it was named.
    pub from: String,
    pub file: PinnedFile,
    /// Reads the content and moves it into place, whole or not at all.
    pub put: Command,
    /// Whether the same is there already.
    pub same: Command,
}

/// A file as it was when the plan was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedFile {
    /// SHA-256 of the content.
    pub hash: String,
    pub size: u64,
    /// Its owner may run it: so may whoever may read it there, where it is new.
    pub executable: bool,
}

/// A file of the host, to a place on the engine's machine. `from` and `to` are bound in the frame of its command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Download {
    /// Says the size and the SHA-256 of the file.
    pub look: Command,
}

impl Does {
    /// The command that a host runs for it.
    #[must_use]
    pub fn command(&self) -> Option<&Command> {
        match self {
            Self::Run(command) => Some(command),
            Self::Upload(upload) => Some(&upload.put),
            Self::Download(download) => Some(&download.look),
            Self::Sleep(_) => None,
        }
    }

    /// Whether anything is another one afterwards.
    #[must_use]
    pub fn changes(&self) -> bool {
        match self {
            Self::Run(_) | Self::Upload(_) | Self::Download(_) => true,
            Self::Sleep(_) => false,
        }
    }
}

impl StepSpec {
    /// What says that it is as wanted already: its own `check`, or that the file is there.
    #[must_use]
    pub fn check(&self) -> Option<&Command> {
        match (&self.check, &self.does) {
            (Some(check), _) => Some(check),
            (None, Some(Does::Upload(upload))) => Some(&upload.same),
            (None, _) => None,
        }
    }
}

/// A command with everything that it needs; values are bound when it is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Command {
    pub script: Script,
    pub frame: FrameId,
    pub user: Option<Prose>,
    pub env: Vec<(String, Bound)>,
    pub cwd: Option<Prose>,
    pub shell: Shell,
    pub stdin: Option<Prose>,
    pub timeout: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VerifySpec {
    pub command: Command,
    pub every: u64,
    /// Asked once when 0.
    pub within: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoSpec {
    /// Nothing was said.
    Unsaid,
    Command(Command),
    /// `undo none "reason"`.
    None(String),
    /// `undo manual "instructions"`.
    Manual(Prose),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaptureSpec {
    pub slot: SlotId,
    pub kind: Type,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RetrySpec {
    /// New attempts after the first.
    pub times: u32,
    pub every: u64,
    /// Each wait is the last one times this.
    pub backoff: f64,
    /// Empty: after any failure.
    pub on: Vec<RetryOn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryOn {
    Code(i32),
    Signal,
    Timeout,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FactSpec {
    pub slot: SlotId,
    pub command: Command,
    /// Where it is read: several at the top, one in a node.
    pub hosts: Vec<HostName>,
    /// What it was when the plan was drawn, where the plan's shape depends on it. A run whose preflight reads something
    /// else is refused.
    pub drawn: BTreeMap<HostName, Value>,
    /// Of a fact at the top; in a node, the node's own counts.
    #[serde(default, skip_serializing_if = "OnUnreachable::is_unsaid")]
    pub unreachable: OnUnreachable,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequireSpec {
    pub why: Prose,
    pub frame: FrameId,
    pub that: Condition,
    /// Where it is asked; empty for an expression without `on`.
    pub hosts: Vec<HostName>,
    /// Of a requirement at the top; in a node, the node's own counts.
    #[serde(default, skip_serializing_if = "OnUnreachable::is_unsaid")]
    pub unreachable: OnUnreachable,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Holds(Expression),
    Succeeds(Command),
}

impl Plan {
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The hosts that the run's locks lie on: all that it touches. The machine that runs the engine only where there is
    /// no other, since what runs there acts elsewhere.
    pub fn locked_hosts(&self) -> impl Iterator<Item = &HostName> {
        let alone = self.hosts.iter().all(|h| h.name == LOCAL);
        self.hosts.iter().map(|h| &h.name).filter(move |name| !self.locks.is_empty() && (alone || *name != LOCAL))
    }

    /// Where each lock is taken, in the order in which that is done: the same for every run.
    #[must_use]
    pub fn lock_places(&self) -> Vec<(HostName, String)> {
        let mut places: Vec<(HostName, String)> = self.locked_hosts().flat_map(|host| self.locks.iter().map(|lock| (host.clone(), lock.clone()))).collect();
        places.sort_unstable();
        places
    }

    /// Every node with its id, in plan order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> + ExactSizeIterator {
        self.nodes.iter().enumerate().map(|(i, node)| (node_id(i), node))
    }

    /// The nodes of a name: a path is one node; a path without its host, and an id, may be several.
    #[must_use]
    pub fn find(&self, name: &str) -> Vec<NodeId> {
        let all = |wanted: &dyn Fn(&Node) -> bool| self.iter().filter(|(_, node)| wanted(node)).map(|(id, _)| id).collect::<Vec<_>>();
        let found = all(&|node| node.path == name);
        let found = if found.is_empty() { all(&|node| node.label() == name) } else { found };
        if found.is_empty() { all(&|node| node.step == name) } else { found }
    }

    /// The blocks around a block, itself first, the runbook last.
    pub fn enclosing(&self, block: BlockId) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::successors(Some(block), |b| self.blocks[b.index()].parent)
    }

    /// The innermost rollback boundary around a block.
    #[must_use]
    pub fn boundary_of(&self, block: BlockId) -> Option<BlockId> {
        self.enclosing(block).find(|b| matches!(self.blocks[b.index()].kind, BlockKind::Boundary { .. }))
    }

    /// The innermost item of a loop around a block.
    #[must_use]
    pub fn item_around(&self, block: BlockId) -> Option<BlockId> {
        self.enclosing(block).find(|b| matches!(self.blocks[b.index()].kind, BlockKind::Iteration { .. }))
    }

    /// Whether `block` is `outer` or stands inside it.
    #[must_use]
    pub fn inside(&self, block: BlockId, outer: BlockId) -> bool {
        self.enclosing(block).any(|b| b == outer)
    }
}

/// The id of the node at a position.
///
/// # Panics
/// When a plan has more than four thousand million nodes.
#[must_use]
pub fn node_id(position: usize) -> NodeId {
    NodeId(u32::try_from(position).expect("a plan has fewer than 2^32 nodes"))
}

impl Node {
    /// Its path without its host: the same for every host of a step.
    #[must_use]
    pub fn label(&self) -> &str {
        let host = self.host.as_ref().and_then(|host| self.path.strip_suffix(host.as_str())?.strip_suffix('@'));
        host.unwrap_or(&self.path)
    }

    /// The step's fields, for the kinds that have them.
    #[must_use]
    pub fn spec(&self) -> Option<&StepSpec> {
        match &self.kind {
            NodeKind::Step(step) | NodeKind::Manual { step, .. } | NodeKind::Enter { step, .. } => Some(step),
            NodeKind::Gate(_) | NodeKind::Leave { .. } | NodeKind::Fact(_) | NodeKind::Require(_) | NodeKind::Join => None,
        }
    }

    /// What a person is asked to enter when they have done it.
    #[must_use]
    pub fn evidence(&self) -> &[EvidenceSpec] {
        match &self.kind {
            NodeKind::Manual { evidence, .. } => evidence,
            _ => &[],
        }
    }

    /// Whether it can change something that a rollback would have to take back.
    #[must_use]
    pub fn changes(&self) -> bool {
        match &self.kind {
            NodeKind::Manual { .. } => true,
            NodeKind::Step(step) => step.does.as_ref().is_some_and(Does::changes) || self.owes_undo_for_passing(),
            NodeKind::Enter { .. } | NodeKind::Gate(_) | NodeKind::Leave { .. } | NodeKind::Fact(_) | NodeKind::Require(_) | NodeKind::Join => false,
        }
    }
}
