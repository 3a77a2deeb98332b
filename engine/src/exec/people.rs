//! Questions to a person, and who answers them. The engine asks; a terminal, a web page or nobody answers.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::plan::model::{HostName, NodeId, SlotId};
use crate::run::approver::Wanted;
use crate::run::event::{Answer, Evidence, FailureAnswer, InterruptAnswer, Millis, Signed, StepAnswer};
use crate::run::statement::Statement;
use crate::signers::Signers;
use crate::value::{Type, Value};

/// What a person is asked, with all that they need to answer it.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    Gate {
        node: NodeId,
        opening: u32,
        path: String,
        question: String,
        evidence: Vec<Evidence>,
        confirm: Option<String>,
        choices: Vec<String>,
        /// The hosts that it leads to.
        behind: String,
        /// How many they are, where a yes has to say it.
        hosts: Option<usize>,
        /// Whose yes counts, where not anybody's does.
        asked: Option<String>,
        /// A yes of the person here does not count.
        not_theirs: bool,
        /// A yes here is signed.
        ballot: Option<Ballot>,
        deadline: Millis,
        then: &'static str,
    },
    Manual {
        node: NodeId,
        path: String,
        instructions: String,
        /// What is to be entered when it is done.
        asks: Vec<Asking>,
    },
    Failure(FailureQuestion),
    /// Before a step, where the run stops before each.
    Step(StepQuestion),
    /// Why a step is marked done, of which its own guards can't tell: what they said.
    Unproven {
        node: NodeId,
        path: String,
        said: String,
        /// Silence goes back to the question before.
        ask_for: Option<Duration>,
    },
    /// Opens a shell for a person, and is answered when they have left it.
    Shell {
        node: NodeId,
        path: String,
        host: String,
        seat: Seat,
    },
    /// At a resume: facts are no longer what the run has read.
    Facts {
        changed: Vec<ChangedFact>,
    },
    /// After one Ctrl-C, when all that was under way has ended.
    Interrupt,
    UndoManual {
        node: NodeId,
        path: String,
        instructions: String,
    },
    Scope {
        node: NodeId,
        path: String,
        title: String,
    },
}

/// What is signed with an answer, and whose signature counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Ballot {
    pub statement: Statement,
    pub signers: Signers,
    pub wanted: Wanted,
}

/// A value that a person is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asking {
    pub slot: SlotId,
    pub name: String,
    pub kind: Type,
    pub question: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FailureQuestion {
    pub node: NodeId,
    pub path: String,
    pub host: Option<String>,
    pub why: String,
    /// The end of what it printed.
    pub output: String,
    /// Where the whole of it lies.
    pub printed: Option<Printed>,
    /// Whether it began: a step that did not begin left nothing behind.
    pub began: bool,
    /// What has changed so far in this run, as paths.
    pub changed: Vec<String>,
    /// What a rollback would run, the first first: path and command.
    pub rollback: Vec<(String, String)>,
    /// Whether the point of no return of its boundary has been passed.
    pub past_return: bool,
    /// The point of no return that lies ahead in its boundary.
    pub return_ahead: Option<String>,
    /// Seconds until the run's window closes, and how it is written.
    pub window: Option<(u64, String)>,
    /// Seconds that are left of the budgets around it; below zero when they are spent.
    pub budgets: Vec<(String, i64)>,
    /// Something of it may still run: it is neither done nor skipped before its end is shown (R8).
    pub runs_perhaps: bool,
    /// The `tolerate` that it goes beyond: at which failure that stops the run.
    pub stops: Option<String>,
    /// For how long it is asked, and what silence means then.
    pub ask_for: Duration,
    pub silence: FailureAnswer,
}

/// A step as it would run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepQuestion {
    pub node: NodeId,
    pub path: String,
    pub title: Option<String>,
    pub host: Option<String>,
    pub user: Option<String>,
    /// Whole, as a person would type it.
    pub does: String,
    /// What asks whether it did what it should.
    pub verify: Vec<String>,
    pub undo: Undo,
    pub irreversible: Option<String>,
    /// It gives a scope back.
    pub is_release: bool,
    /// The steps behind it: path and command.
    pub next: Vec<(String, String)>,
    /// What the last command printed that ended before it.
    pub last: Option<Printed>,
}

/// What takes a step back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    Command(String),
    ByHand(String),
    /// Nothing does, for this reason.
    Nothing(String),
    Unsaid,
}

/// A fact that has changed since the run read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFact {
    pub name: String,
    pub host: HostName,
    pub was: String,
    /// None: it can't be read any more.
    pub is: Option<String>,
    /// The run itself has changed something on that host.
    pub is_ours: bool,
}

impl ChangedFact {
    #[must_use]
    pub fn said(&self) -> String {
        let Self { name, host, was, is, is_ours } = self;
        let is = is.as_ref().map_or("can't be read now".to_owned(), |is| format!("is {is} now"));
        let ours = if *is_ours { "; this run has changed something there" } else { "" };
        format!("{name} on {host} was {was} and {is}{ours}")
    }
}

/// How a person gets to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seat {
    /// It is this machine.
    Here,
    /// This command, over the connection that the run has.
    Over(Vec<String>),
}

/// Where the output of an attempt lies, for who wants to see all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    pub path: String,
    pub out: PathBuf,
    pub err: PathBuf,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Gate {
        answer: Answer,
        note: Option<String>,
        /// Checked by whoever signed it.
        signed: Option<Signed>,
    },
    Manual {
        done: bool,
        note: Option<String>,
        entered: Vec<(SlotId, Value)>,
    },
    Failure {
        answer: FailureAnswer,
        note: Option<String>,
    },
    /// To mark it done asks its own guards first.
    Step {
        answer: StepAnswer,
        note: Option<String>,
    },
    /// Nobody answered in time.
    Silence,
    /// A person wants a shell on the host.
    OpenShell,
    /// A person wants to edit the runbook.
    Edit,
    /// They have left it. `why`: it could not be opened.
    ShellLeft {
        why: Option<String>,
    },
    /// Why it is done all the same; `None`: it is not marked done.
    Unproven(Option<String>),
    Facts {
        go_on: bool,
    },
    Interrupt(InterruptAnswer),
    /// `None`: it could not be done.
    UndoManual {
        done: Option<String>,
        why: String,
    },
    Scope {
        release: bool,
    },
}

/// Who can be asked.
pub trait People: std::fmt::Debug {
    /// Puts a question to a person. `None`: nobody can be asked here, so the policy decides, or the run waits for an
    /// answer from elsewhere. A dropped receiver takes the question back.
    fn ask(&self, question: Question) -> Option<oneshot::Receiver<Reply>>;

    /// Whether a question would reach a person.
    fn can_be_asked(&self) -> bool;

    /// Whether they have a key here to sign with.
    fn can_sign(&self) -> bool {
        false
    }

    /// Signs for who started this process, and looks whether it holds. `head` is the head in the text.
    ///
    /// # Errors
    /// Why there is no signature.
    fn sign(&self, _text: &str, _head: &str, _signers: &Signers) -> Result<Signed, String> {
        Err("there is no key to sign with".to_owned())
    }

    /// Who answers, as the journal names them.
    fn name(&self) -> String;
}
