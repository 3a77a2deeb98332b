//! The mistakes that reading a program can show. One variant each; all are gathered before any is reported.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::Span;
use thiserror::Error;

use crate::plan::model::HookEvent;
use crate::value::{ReadError, Type};

#[derive(Debug, Clone, PartialEq, Error)]
pub enum CheckError {
    #[error("there is no action `{name}`")]
    UnknownAction { at: Span, name: String, similar: Option<String> },
    #[error("there is no target `{name}`")]
    UnknownTarget { at: Span, name: String, similar: Option<String>, known: Vec<String> },
    #[error("`{action}` takes no `{name}`")]
    UnknownArgument { at: Span, action: String, name: String, similar: Option<String>, known: Vec<String> },
    #[error("there is no `{name}` here")]
    UndefinedName { at: Span, name: String, similar: Option<String>, why: Option<String> },
    #[error("`{action}` needs `{name}`")]
    MissingArgument { at: Span, action: String, name: String, kind: String },
    #[error("{what} can't take this: {error}")]
    UnreadableValue { at: Span, what: String, error: ReadError },
    #[error("{what} wants {wanted}, and this is {found}")]
    WrongType { at: Span, what: String, wanted: Type, found: Type },
    #[error("two pieces have the id `{id}`")]
    DuplicateId { at: Span, first: Span, id: String },
    #[error("`{name}` has a meaning already")]
    DuplicateName { at: Span, first: Span, name: String },
    #[error("`{name}` always means the same and can't be redefined")]
    ReservedName { at: Span, name: String },
    #[error("`{id}` does not say where it runs")]
    OnMissing { at: Span, id: String },
    #[error("`{name}` has one value a host")]
    PerHostBare { at: Span, name: String, on: String },
    #[error("there is no piece `{name}` beside this one")]
    UnknownSibling { at: Span, name: String, similar: Option<String> },
    #[error("these wait for each other: {}", ids.join(" → "))]
    OrderCycle { at: Span, others: Vec<Span>, ids: Vec<String> },
    #[error("`{name}` is used before it has a value")]
    UsedBeforeBound { at: Span, bound: Span, name: String },
    #[error("`{name}` may have no value here")]
    MayBeUnset { at: Span, bound: Span, name: String },
    #[error("actions use each other in a circle: {}", names.join(" → "))]
    ActionRecursion { at: Span, others: Vec<Span>, names: Vec<String> },
    #[error("`during {action}` does not say when it is released")]
    ReleaseMissing { at: Span, action: String },
    #[error("the gate `{id}` has no timeout")]
    GateWithoutTimeout { at: Span, id: String },
    #[error("the gate `{id}` does not say what silence means")]
    GateWithoutThen { at: Span, id: String },
    #[error("there is nothing around the gate `{id}` that could be rolled back")]
    RollbackWithoutBoundary { at: Span, id: String },
    #[error("`{id}` does nothing")]
    EmptyStep { at: Span, id: String },
    #[error("there is no type `{name}`")]
    UnknownType { at: Span, name: String, similar: Option<String> },
    #[error("`{id}` is irreversible and stands in a `parallel`")]
    IrreversibleInParallel { at: Span, id: String },
    #[error("this is no window of time: {why}")]
    BadWindow { at: Span, why: String },
    #[error("`{name}` can't be {what}")]
    BadId { at: Span, name: String, what: &'static str, corrected: String },
    #[error("`{word}` is not {what}")]
    UnknownWord { at: Span, word: String, what: &'static str, allowed: &'static [&'static str] },
    #[error("`{action}` can't be held: it has no undo")]
    DuringWithoutUndo { at: Span, action: String, defined: Span },
    #[error("`after` has a meaning only inside `parallel`")]
    AfterOutsideParallel { at: Span },
    #[error("`import \"{path}\"`: {why}")]
    ImportFailed { at: Span, path: String, why: String },
    #[error("files import each other in a circle: {}", paths.join(" → "))]
    ImportCycle { at: Span, others: Vec<Span>, paths: Vec<String> },
    #[error("`import \"{path}\"` leads out of the project's folder")]
    ImportOutside { at: Span, path: String },
    #[error("there are two actions `{name}`")]
    DuplicateAction { at: Span, first: Span, name: String, standard: bool },
    #[error("there are two runbooks `{name}`")]
    DuplicateRunbook { at: Span, first: Span, name: String },
    #[error("there is no runbook `{name}`")]
    UnknownRunbook { at: Span, name: String, similar: Option<String>, known: Vec<String> },
    #[error("runbooks call each other in a circle: {}", names.join(" → "))]
    CallCycle { at: Span, others: Vec<Span>, names: Vec<String> },
    #[error("`{runbook}` has the target `{name}`, and nothing is passed for it")]
    TargetNotPassed { at: Span, runbook: String, name: String, declared: Span, here: Option<&'static str> },
    #[error("the folder `{folder}` of a series can't be used: {why}")]
    SeriesUnreadable { at: Span, folder: String, why: String },
    #[error("`{name}` has no version in its name")]
    SeriesName { at: Span, name: String, corrected: Option<String> },
    #[error("{} are of one version", names.join(" and "))]
    SeriesTwice { at: Span, names: Vec<String> },
    #[error("`{name}` holds {count} runbooks, and a series runs one a version")]
    SeriesFile { at: Span, name: String, count: usize },
    #[error("`{whose}` has no way down: {why}")]
    NoWayDown { at: Span, from: Span, whose: String, why: &'static str, help: &'static str },
    #[error("calls {}", if *deep { format!("are nested more than {} deep", super::call::DEPTH) } else { format!("unfold to more than {}", super::call::NUMBER) })]
    TooManyCalls { at: Span, deep: bool },
    #[error("this is no regular expression: {why}")]
    BadPattern { at: Span, why: String },
    #[error("`{field}` has no place in {place}")]
    MisplacedField { at: Span, field: &'static str, place: &'static str, help: &'static str },
    #[error("the manual step `{id}` does not say what to do")]
    ManualWithoutInstructions { at: Span, id: String },
    #[error("`{action}` can't notify: it has {has}, and a hook runs one command and no more")]
    NotAHook { at: Span, action: String, has: &'static str, defined: Span },
    #[error("`notify` does not say on what")]
    NotifyWithoutOn { at: Span },
    #[error("{what} must be known before the run, and `{name}` is not")]
    KnownTooLate { at: Span, what: String, name: String },
    #[error("{what} can't be {found}")]
    OutOfRange { at: Span, what: &'static str, found: String, help: &'static str },
    #[error("`{name}` can't be a secret: what a person enters stands in the journal")]
    SecretEvidence { at: Span, name: String },
    #[error("{}", super::lock::bad_lock(name))]
    BadLock { at: Span, name: String },
    #[error("the lock `{name}` is named twice")]
    LockTwice { at: Span, first: Span, name: String },
    #[error("{}", super::gate::bad_approver(name))]
    BadApprover { at: Span, name: String },
    #[error("the secret `{name}` can't stand here")]
    SecretShown { at: Span, name: String },
    #[error("a `private` step can't capture `{name}`")]
    PrivateCapture { at: Span, name: String },
    #[error("{what}")]
    SecretWritten { at: Span, what: &'static str, help: &'static str },
    #[error("`{path}` is no place for a file: {why}")]
    BadPlace { at: Span, path: String, why: &'static str },
    #[error("`upload \"{path}\"` leads out of the project's folder")]
    UploadOutside { at: Span, path: String },
    #[error("`upload \"{path}\"`: {why}")]
    UploadUnreadable { at: Span, path: String, why: String },
    #[error("`signers \"{path}\"`: {why}")]
    SignersUnreadable { at: Span, path: String, why: String },
    #[error("`signers \"{path}\"`, {}{why}", if *line == 0 { String::new() } else { format!("line {line}: ") })]
    SignersMistaken { at: Span, path: String, line: usize, why: String },
    #[error("there is no step `{id}`")]
    UnknownStep { at: Span, id: String, similar: Option<String>, why: Option<String> },
    #[error("the step `{id}` does not come before this")]
    StepNotBefore { at: Span, id: String, step: Span },
}

/// What a variant says beside its message.
struct Said {
    code: &'static str,
    at: Span,
    label: String,
    help: Option<String>,
    related: Vec<(Span, String)>,
}

fn said(code: &'static str, at: Span, label: impl Into<String>, help: impl Into<Option<String>>) -> Said {
    Said { code, at, label: label.into(), help: help.into(), related: Vec::new() }
}

fn beside(mut said: Said, related: impl IntoIterator<Item = (Span, String)>) -> Said {
    said.related.extend(related);
    said
}

/// "did you mean", or else what there is.
fn meant(similar: Option<&String>, known: &[String], none: &str) -> String {
    match similar {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => none.to_owned(),
        None => format!("there is: {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
    }
}

impl CheckError {
    /// Asked for where a suggestion from all of the standard library is worth reading it.
    pub(super) const UNKNOWN_ACTION: &str = "RB0101";

    // Also found when the plan is drawn, where a path depends on params.
    pub(crate) const UPLOAD_OUTSIDE: &str = "RB0177";
    pub(crate) const UPLOAD_OUTSIDE_HELP: &str = "only files below the project's folder can be uploaded: copy it there";
    pub(crate) const UPLOAD_UNREADABLE: &str = "RB0178";
    pub(crate) const UPLOAD_UNREADABLE_HELP: &str = "the path is relative to the file that it is written in";

    fn said(&self) -> Said {
        use CheckError as E;
        match self {
            E::UnknownAction { at, similar, .. } => said(
                Self::UNKNOWN_ACTION,
                *at,
                "no such action",
                meant(similar.as_ref(), &[], "import the file that defines it; docs/stdlib.md lists the standard library"),
            ),
            E::UnknownTarget { at, similar, known, .. } => said(
                "RB0102",
                *at,
                "no such target",
                meant(similar.as_ref(), known, "declare it: `target NAME: host`; the machine that runs the engine is `local`"),
            ),
            E::UnknownArgument { at, action, similar, known, .. } => {
                said("RB0103", *at, "no such parameter", meant(similar.as_ref(), known, &format!("`{action}` takes no arguments")))
            }
            E::UndefinedName { at, similar, why, .. } => said(
                "RB0104",
                *at,
                "not defined",
                match (similar, why) {
                    (Some(name), _) => Some(format!("did you mean `{name}`?")),
                    (None, Some(why)) => Some(why.clone()),
                    (None, None) => {
                        Some("a name is a param, a target, a fact, a capture, a loop's variable or a gate's choice; text stands in quotes".to_owned())
                    }
                },
            ),
            E::MissingArgument { at, name, kind, .. } => said("RB0105", *at, format!("`{name}` is missing"), format!("add `{name}: …`, {kind}")),
            E::UnreadableValue { at, error, .. } => {
                said("RB0107", *at, format!("not {}", error.expected), error.help.clone().or_else(|| Some(format!("write {}", error.expected))))
            }
            E::WrongType { at, wanted, found, .. } => said(
                "RB0108",
                *at,
                format!("{found}"),
                if matches!(found, Type::Optional(_)) && !matches!(wanted, Type::Optional(_)) {
                    "it may be none: give it a default, or ask `is not none` first".to_owned()
                } else {
                    format!("give {wanted}")
                },
            ),
            E::DuplicateId { at, first, id } => beside(
                said("RB0109", *at, "again", format!("ids are unique within a runbook; call it `{id}-2` or better")),
                [(*first, "first here".to_owned())],
            ),
            E::DuplicateName { at, first, name } => {
                beside(said("RB0110", *at, "again", format!("choose another name than `{name}`")), [(*first, "its meaning is given here".to_owned())])
            }
            E::ReservedName { at, name } => said(
                "RB0111",
                *at,
                "reserved",
                format!("choose another name; always in scope are {}, so `my_{name}` is free", super::names::RESERVED.map(|n| format!("`{n}`")).join(" ")),
            ),
            E::OnMissing { at, .. } => {
                said("RB0112", *at, "where?", "add `on TARGET`, here or in a block around it; the machine that runs the engine is `local`".to_owned())
            }
            E::PerHostBare { at, name, on } => {
                said("RB0113", *at, format!("read on {on}"), format!("choose a host's value, `{name}[h]`, or fold them: `max({name})`, `all({name})`, …"))
            }
            E::UnknownSibling { at, similar, .. } => {
                said("RB0114", *at, "not beside it", meant(similar.as_ref(), &[], "`after` names pieces of the same `parallel`, by their ids"))
            }
            E::OrderCycle { at, others, .. } => beside(
                said("RB0115", *at, "waits for itself in the end", "take one `after` out of the circle".to_owned()),
                others.iter().map(|s| (*s, "part of the circle".to_owned())),
            ),
            E::UsedBeforeBound { at, bound, .. } => beside(
                said("RB0116", *at, "no value yet", "move it behind the place where the value is read, or order them with `after`".to_owned()),
                [(*bound, "it gets its value here".to_owned())],
            ),
            E::ActionRecursion { at, others, .. } => beside(
                said("RB0117", *at, "would never end", "an action may use others, but never come back to itself".to_owned()),
                others.iter().map(|s| (*s, "part of the circle".to_owned())),
            ),
            E::ReleaseMissing { at, .. } => said("RB0118", *at, "released when?", "add `release always`, `release on_success` or `release ask`".to_owned()),
            E::GateWithoutTimeout { at, .. } => {
                said("RB0119", *at, "how long does it wait?", "add `timeout 30m then park` (or `rollback`, or `end`)".to_owned())
            }
            E::GateWithoutThen { at, .. } => said("RB0120", *at, "and then?", "add `then rollback`, `then park` or `then end`".to_owned()),
            E::RollbackWithoutBoundary { at, .. } => {
                said("RB0121", *at, "roll back what?", "put the gate into a `boundary`, or write `then park` or `then end`".to_owned())
            }
            E::EmptyStep { at, .. } => said("RB0122", *at, "nothing to do", "give it a `run`, `use`, `sleep`, `verify` or `undo`".to_owned()),
            E::UnknownType { at, similar, .. } => {
                said("RB0123", *at, "no such type", meant(similar.as_ref(), &Type::names().map(str::to_owned).collect::<Vec<_>>(), ""))
            }
            E::IrreversibleInParallel { at, .. } => said(
                "RB0124",
                *at,
                "side by side with others",
                "put it before or behind the `parallel`: what can't be taken back must be ordered with all that could".to_owned(),
            ),
            E::BadWindow { at, .. } => said("RB0125", *at, "not understood", "write days, times and a zone: `Mon-Thu 08:00-16:00 UTC`".to_owned()),
            E::BadId { at, corrected, .. } => said("RB0126", *at, "not this form", format!("write `{corrected}`")),
            E::UnknownWord { at, allowed, .. } => {
                said("RB0127", *at, "not one of these", format!("write {}", allowed.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")))
            }
            E::DuringWithoutUndo { at, defined, .. } => beside(
                said("RB0128", *at, "what would release it?", "give the action an `undo` with a command, or use it in a `step`".to_owned()),
                [(*defined, "this action".to_owned())],
            ),
            E::AfterOutsideParallel { at } => said("RB0129", *at, "outside `parallel`", "leave it out: elsewhere blocks run top to bottom".to_owned()),
            E::ImportFailed { at, .. } => said("RB0130", *at, "not imported", "the path is relative to the file that imports it".to_owned()),
            E::ImportCycle { at, others, .. } => beside(
                said("RB0131", *at, "leads back", "move what both need into a third file".to_owned()),
                others.iter().map(|s| (*s, "part of the circle".to_owned())),
            ),
            E::ImportOutside { at, .. } => said("RB0132", *at, "outside", "only files below the project's folder can be imported: copy it there".to_owned()),
            E::DuplicateAction { at, first, name, standard } => beside(
                said(
                    "RB0133",
                    *at,
                    "again",
                    if *standard { format!("the standard library has `{name}`; choose another name") } else { "rename one of them".to_owned() },
                ),
                (!standard).then(|| (*first, "first here".to_owned())),
            ),
            E::DuplicateRunbook { at, first, .. } => beside(
                said("RB0141", *at, "again", "rename one of them: `call` names a runbook by its name alone".to_owned()),
                [(*first, "first here".to_owned())],
            ),
            E::UnknownRunbook { at, similar, known, .. } => {
                said("RB0142", *at, "no such runbook", meant(similar.as_ref(), known, "import the file that holds it: `import \"path\"`"))
            }
            E::CallCycle { at, others, .. } => beside(
                said("RB0143", *at, "would never end", "a runbook may call others, but never come back to itself".to_owned()),
                others.iter().map(|s| (*s, "part of the circle".to_owned())),
            ),
            E::TargetNotPassed { at, name, declared, here, .. } => {
                let help = match here {
                    Some(what) => format!("`{name}` is {what} here; pass hosts: `{name}: …`"),
                    None => format!("pass it: `{name}: …`; a target that is not passed must have the same name here"),
                };
                beside(said("RB0144", *at, format!("`{name}` is open"), help), [(*declared, "declared here".to_owned())])
            }
            E::SeriesUnreadable { at, .. } => {
                said("RB0145", *at, "not read", "name a folder below the project's, relative to this file, with a runbook for each version".to_owned())
            }
            E::SeriesName { at, corrected, .. } => said(
                "RB0146",
                *at,
                "in this folder",
                match corrected {
                    Some(name) => format!("the name is the version and nothing else: rename it to `{name}`"),
                    None => "the name is the version and nothing else, as in `4.0.1-b1.runbook`; keep other runbooks elsewhere".to_owned(),
                },
            ),
            E::SeriesTwice { at, .. } => said("RB0147", *at, "in this folder", "nobody could say which comes first: leave one of them".to_owned()),
            E::SeriesFile { at, .. } => {
                said("RB0148", *at, "in this folder", "put one runbook into each file, and what they share into a file to import".to_owned())
            }
            E::NoWayDown { at, from, help, .. } => {
                beside(said("RB0151", *at, "can't be gone back over", (*help).to_owned()), [(*from, "a series goes down here".to_owned())])
            }
            E::TooManyCalls { at, .. } => said("RB0150", *at, "one too many", "call some of them from the runbook at the top, one after the other".to_owned()),
            E::BadPattern { at, .. } => {
                said("RB0149", *at, "not understood", "write one as grep -E takes it, such as `[a-z]+-[0-9]{4}`; the whole value must match it".to_owned())
            }
            E::MisplacedField { at, help, .. } => said("RB0135", *at, "not here", (*help).to_owned()),
            E::ManualWithoutInstructions { at, .. } => said("RB0136", *at, "what is to be done?", "add `instructions \"…\"`".to_owned()),
            E::NotAHook { at, defined, .. } => beside(
                said("RB0181", *at, "not a hook", "notify by an action with a `run` and no guards, such as `notify.webhook`; or do it in a step".to_owned()),
                [(*defined, "defined here".to_owned())],
            ),
            E::NotifyWithoutOn { at } => said("RB0182", *at, "on what?", format!("add `on [{}]`, or some of these", HookEvent::WORDS.join(", "))),
            E::KnownTooLate { at, .. } => {
                said("RB0137", *at, "read during the run", "use params, targets and loop variables here: the plan is drawn before the run begins".to_owned())
            }
            E::OutOfRange { at, help, .. } => said("RB0138", *at, "out of range", (*help).to_owned()),
            E::MayBeUnset { at, bound, name } => beside(
                said("RB0140", *at, "its step may not have run", format!("ask first: `when {name} is defined`")),
                [(*bound, "a step that may be skipped, or satisfied by its `check`".to_owned())],
            ),
            E::SecretEvidence { at, .. } => said(
                "RB0165",
                *at,
                "would be written down",
                "a secret is a `param`, given anew to each process; evidence says what a person saw or chose".to_owned(),
            ),
            E::BadLock { at, .. } => said("RB0166", *at, "no name", super::lock::LOCKS.to_owned()),
            E::LockTwice { at, first, .. } => {
                beside(said("RB0169", *at, "again", "take one of them out: a run holds a lock or it does not".to_owned()), [(*first, "first here".to_owned())])
            }
            E::BadApprover { at, .. } => said("RB0168", *at, "who?", super::gate::APPROVERS.to_owned()),
            E::SecretShown { at, .. } => said(
                "RB0175",
                *at,
                "would be shown or written down",
                "a secret may stand in `env`, in `stdin`, and as an argument that is declared `secret`".to_owned(),
            ),
            E::PrivateCapture { at, .. } => said(
                "RB0176",
                *at,
                "goes into the journal",
                "leave `private` or `capture` out; a value that nobody may see is a secret fact at the top of the runbook".to_owned(),
            ),
            E::SecretWritten { at, help, .. } => said("RB0180", *at, "can't be kept a secret", (*help).to_owned()),
            E::BadPlace { at, .. } => said("RB0179", *at, "not a place for a file", "write the whole path of the file".to_owned()),
            E::UploadOutside { at, .. } => said(Self::UPLOAD_OUTSIDE, *at, "outside", Self::UPLOAD_OUTSIDE_HELP.to_owned()),
            E::UploadUnreadable { at, .. } => said(Self::UPLOAD_UNREADABLE, *at, "can't be uploaded", Self::UPLOAD_UNREADABLE_HELP.to_owned()),
            E::SignersUnreadable { at, .. } => said(
                "RB0183",
                *at,
                "not read",
                "name a text file below the project's folder, relative to this file: a line `NAME namespaces=\"runbook\" KEY-TYPE KEY` for each person"
                    .to_owned(),
            ),
            E::SignersMistaken { at, .. } => said(
                "RB0184",
                *at,
                "this file",
                "a line for each key: `NAME namespaces=\"runbook\" KEY-TYPE KEY`, and `valid-before=\"20300101\"` where it ends".to_owned(),
            ),
            E::UnknownStep { at, similar, why, .. } => said(
                "RB0155",
                *at,
                "no such step",
                match (similar, why) {
                    (Some(name), _) => format!("did you mean `{name}`?"),
                    (None, Some(why)) => why.clone(),
                    (None, None) => "`succeeded` asks about a step or a manual step of this runbook, by its id".to_owned(),
                },
            ),
            E::StepNotBefore { at, step, .. } => beside(
                said("RB0156", *at, "asked too early", "ask behind that step; in a `parallel`, order them with `after`".to_owned()),
                [(*step, "this step".to_owned())],
            ),
        }
    }

    #[must_use]
    pub fn code(&self) -> &'static str {
        self.said().code
    }
}

impl From<CheckError> for Diagnostic {
    fn from(error: CheckError) -> Self {
        let said = error.said();
        Self {
            code: said.code,
            severity: Severity::Error,
            message: error.to_string(),
            span: said.at,
            label: said.label,
            related: said.related,
            help: said.help,
            fix: None,
        }
    }
}
