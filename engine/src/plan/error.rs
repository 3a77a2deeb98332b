//! What can be wrong with a sound program once it is given its inputs.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::Span;
use thiserror::Error;

use crate::check::CheckError;
use crate::value::{ReadError, Type};

#[derive(Debug, Clone, PartialEq, Error)]
pub enum PlanError {
    #[error("there is no runbook in this file")]
    NothingToRun,
    #[error("this runbook has no param `{name}`")]
    UnknownParam { at: Span, name: String, similar: Option<String>, known: Vec<String> },
    #[error("the param `{name}` is not given")]
    MissingParam { at: Span, name: String, kind: Type, help: Option<String> },
    #[error("the param `{name}`: {error}")]
    BadParam { at: Span, name: String, error: ReadError },
    #[error("the param `{name}`: {why}")]
    ParamOutOfRange { at: Span, name: String, why: String, allowed: String },
    #[error("this runbook has no target `{name}`")]
    UnknownTarget { at: Span, name: String, similar: Option<String>, known: Vec<String> },
    #[error("the target `{name}` is not given")]
    MissingTarget { at: Span, name: String, one: bool },
    #[error("the target `{name}` is one host, and {count} are given")]
    NotOneHost { at: Span, name: String, count: usize },
    #[error("the target `{name}` is empty")]
    EmptyTarget { at: Span, name: String },
    #[error("the target `{name}` names {host} twice")]
    HostTwice { at: Span, name: String, host: String },
    #[error("`{host}` is no name of a host")]
    BadHost { at: Span, host: String },
    #[error("{what} must be known before the run, and `{name}` is not")]
    KnownTooLate { at: Span, what: String, name: String },
    #[error("this runbook has no fact `{name}` at its top")]
    UnknownFact { at: Span, name: String, similar: Option<String>, known: Vec<String> },
    #[error("the fact `{name}`: {error}")]
    BadFact { at: Span, name: String, error: ReadError },
    #[error("what `{piece}` comes to is known only when {} read", facts.join(", ") + if facts.len() == 1 { " is" } else { " are" })]
    WaitsForFacts { at: Span, piece: String, facts: Vec<String> },
    #[error("`{name}` is a fact of the called runbook, read when the call is reached")]
    FactOfCall { at: Span, name: String },
    #[error("this series goes {}, and would have to go from {from} {} to {to}", if *down { "down" } else { "up" }, if *down { "up" } else { "down" })]
    SeriesOtherWay { at: Span, from: String, to: String, down: bool },
    #[error("the param `{name}` has limits, so its value must be known before the run")]
    LimitedTooLate { at: Span, name: String, limits: Span },
    #[error("{what} can't be computed: {why}")]
    NotComputed { at: Span, what: String, why: String },
    #[error("the plan has more than {limit} nodes")]
    TooLarge { at: Span, limit: usize },
    #[error("{what} is {found}")]
    OutOfRange { at: Span, what: String, found: String, help: &'static str },
    #[error("{}", crate::check::bad_lock(name))]
    BadLock { at: Span, name: String },
    #[error("{}", crate::check::bad_approver(name))]
    BadApprover { at: Span, name: String },
    #[error("`upload \"{path}\"` leads out of the project's folder")]
    UploadOutside { at: Span, path: String },
    #[error("`upload \"{path}\"`: {why}")]
    UploadUnreadable { at: Span, path: String, why: String },
    #[error("`{called}` names signers of its own, and this runbook {}", if *other { "names others" } else { "names none" })]
    SignersDiffer { at: Span, called: String, other: bool },
    #[error("`{path}` is no place for a file: {why}")]
    BadPlace { at: Span, path: String, why: &'static str },
    #[error("{first} and {second} would write the same file, {to}")]
    DownloadedTwice { at: Span, to: String, first: String, second: String },
    #[error("{} can't be reached as {inventory} says: {why}", some(hosts))]
    NoWay { at: Span, hosts: Vec<String>, why: String, inventory: String },
    #[error("{what} is not built yet")]
    NotBuiltYet { at: Span, what: &'static str, help: &'static str },
}

/// The first few of many.
fn some(hosts: &[String]) -> String {
    let named = hosts.iter().take(3).map(|host| format!("`{host}`")).collect::<Vec<_>>().join(", ");
    if hosts.len() > 3 { format!("{named} and {} more", hosts.len() - 3) } else { named }
}

fn meant(similar: Option<&String>, known: &[String], none: &str) -> String {
    match similar {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => none.to_owned(),
        None => format!("it has: {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
    }
}

impl PlanError {
    fn said(&self) -> (&'static str, Span, &'static str, Option<String>) {
        use PlanError as E;
        match self {
            E::NothingToRun => ("RB0401", Span::default(), "", Some("it holds actions only; import it from a runbook".to_owned())),
            E::UnknownParam { at, similar, known, .. } => ("RB0402", *at, "given", Some(meant(similar.as_ref(), known, "it takes none"))),
            E::MissingParam { at, name, kind, help } => {
                ("RB0403", *at, "has no default", Some(format!("pass `-p {name}=…`, {kind}{}", help.as_ref().map_or_else(String::new, |h| format!(" ({h})")))))
            }
            E::BadParam { at, error, .. } => ("RB0404", *at, "declared here", error.help.clone().or_else(|| Some(format!("give {}", error.expected)))),
            E::ParamOutOfRange { at, allowed, .. } => ("RB0405", *at, "declared here", Some(allowed.clone())),
            E::UnknownTarget { at, similar, known, .. } => ("RB0406", *at, "given", Some(meant(similar.as_ref(), known, "it has none"))),
            E::MissingTarget { at, name, one } => {
                ("RB0407", *at, "has no value", Some(format!("pass `--target {name}={}` or an inventory", if *one { "HOST" } else { "HOST,HOST" })))
            }
            E::NotOneHost { at, name, .. } => ("RB0408", *at, "exactly one", Some(format!("pass one: `--target {name}=HOST`"))),
            E::EmptyTarget { at, .. } => {
                ("RB0409", *at, "no host at all", Some("a run that touches nothing would look like one that succeeded: name the hosts".to_owned()))
            }
            E::HostTwice { at, .. } => ("RB0410", *at, "named twice", Some("name each host once".to_owned())),
            E::BadHost { at, host } => (
                "RB0139",
                *at,
                "not a host",
                Some(if host.starts_with('-') {
                    "a program would read the leading `-` as an option".to_owned()
                } else {
                    "give a name or an address".to_owned()
                }),
            ),
            E::KnownTooLate { at, .. } => {
                ("RB0137", *at, "read during the run", Some("use params, targets and loop variables here: the plan is drawn before the run begins".to_owned()))
            }
            E::UnknownFact { at, similar, known, .. } => ("RB0414", *at, "given", Some(meant(similar.as_ref(), known, "it reads none there"))),
            E::BadFact { at, error, .. } => ("RB0415", *at, "declared here", error.help.clone().or_else(|| Some(format!("give {}", error.expected)))),
            E::WaitsForFacts { at, facts, .. } => (
                "RB0416",
                *at,
                "not known yet",
                Some(format!(
                    "`runbook plan --probe` reads it first, and so does a run; to suppose a value: `--fact {}=…`",
                    facts.first().map_or("", String::as_str)
                )),
            ),
            E::FactOfCall { at, .. } => (
                "RB0417",
                *at,
                "too late for the plan",
                Some("read it at the top of the caller, and pass it to a param: facts of the top are read before the plan is drawn".to_owned()),
            ),
            E::SeriesOtherWay { at, down: true, .. } => ("RB0418", *at, "above `from`", Some("to go up, leave out `down`".to_owned())),
            E::SeriesOtherWay { at, down: false, .. } => (
                "RB0418",
                *at,
                "below `from`",
                Some("a run that went up is taken back by `runbook rollback`; another goes down by a series with `down to`".to_owned()),
            ),
            E::LimitedTooLate { at, .. } => (
                "RB0413",
                *at,
                "read during the run",
                Some("pass a value of params and targets, or take the limits off and `require` what must hold in the called runbook".to_owned()),
            ),
            E::NotComputed { at, .. } => ("RB0411", *at, "not computed", None),
            E::TooLarge { at, .. } => ("RB0412", *at, "too large", Some("let its loops go over fewer items, or split it into several runs".to_owned())),
            E::OutOfRange { at, help, .. } => ("RB0412", *at, "out of range", Some((*help).to_owned())),
            E::BadLock { at, .. } => ("RB0166", *at, "no name", Some(crate::check::LOCKS.to_owned())),
            E::BadApprover { at, .. } => ("RB0168", *at, "who?", Some(crate::check::APPROVERS.to_owned())),
            E::UploadOutside { at, .. } => (CheckError::UPLOAD_OUTSIDE, *at, "outside", Some(CheckError::UPLOAD_OUTSIDE_HELP.to_owned())),
            E::UploadUnreadable { at, .. } => (CheckError::UPLOAD_UNREADABLE, *at, "can't be uploaded", Some(CheckError::UPLOAD_UNREADABLE_HELP.to_owned())),
            E::SignersDiffer { at, .. } => (
                "RB0185",
                *at,
                "whose gates are in this run",
                Some("one run has one file of signers: name the same file at the head of the runbook that calls it".to_owned()),
            ),
            E::BadPlace { at, .. } => ("RB0179", *at, "not a place for a file", Some("write the whole path of the file".to_owned())),
            E::DownloadedTwice { at, .. } => {
                ("RB0427", *at, "to one place", Some("put `{{ host }}` into the path, and what else tells them apart, such as the loop's variable".to_owned()))
            }
            E::NoWay { at, .. } => ("RB0428", *at, "touches it", Some("mend it in the inventory, or pick other hosts with `--target`".to_owned())),
            E::NotBuiltYet { at, help, .. } => ("RB0901", *at, "not built yet", Some((*help).to_owned())),
        }
    }
}

impl From<PlanError> for Diagnostic {
    fn from(error: PlanError) -> Self {
        let (code, span, label, help) = error.said();
        let related = match &error {
            PlanError::LimitedTooLate { limits, .. } => vec![(*limits, "declared here".to_owned())],
            _ => Vec::new(),
        };
        Self { code, severity: Severity::Error, message: error.to_string(), span, label: label.to_owned(), related, help, fix: None }
    }
}
