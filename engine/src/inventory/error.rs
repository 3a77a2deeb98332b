//! What can be wrong with an inventory beyond its YAML.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::Span;
use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InventoryError {
    #[error("{place} has no `{key}`")]
    UnknownKey { at: Span, place: &'static str, key: String, similar: Option<String>, known: &'static [&'static str] },
    #[error("{what} is {found}")]
    WrongShape { at: Span, what: String, found: &'static str, help: &'static str },
    #[error("there is no group `{name}`")]
    UnknownGroup { at: Span, name: String, similar: Option<String>, is_host: bool },
    #[error("groups hold each other in a circle: {}", names.join(" → "))]
    GroupCycle { at: Span, names: Vec<String> },
    #[error("`{host}` has two values of `{var}`: from {}", groups.join(" and from "))]
    TwoValues { at: Span, first: Span, host: String, var: String, groups: Vec<String> },
    #[error("`{host}` is no name of a host")]
    BadHost { at: Span, host: String },
    #[error("`{name}` is a host and a group")]
    HostAndGroup { at: Span, name: String },
    #[error("{why}")]
    UnknownKind { at: Span, why: String, help: String },
    #[error("{why}")]
    Unreadable { at: Span, why: String, help: String },
    #[error("{why}")]
    BadRange { at: Span, why: String },
}

impl InventoryError {
    fn said(&self) -> (&'static str, Span, &'static str, String) {
        use InventoryError as E;
        let meant = |similar: &Option<String>, otherwise: String| similar.as_ref().map_or(otherwise, |name| format!("did you mean `{name}`?"));
        match self {
            E::UnknownKey { at, similar, known, .. } => {
                ("RB0419", *at, "not known", meant(similar, format!("there is: {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))))
            }
            E::WrongShape { at, help, .. } => ("RB0420", *at, "not this", (*help).to_owned()),
            E::UnknownGroup { at, is_host: true, .. } => ("RB0421", *at, "a host", "hosts of a group stand in its `hosts`".to_owned()),
            E::UnknownGroup { at, similar, .. } => ("RB0421", *at, "no such group", meant(similar, "define it in `groups`; hosts stand in `hosts`".to_owned())),
            E::GroupCycle { at, .. } => ("RB0422", *at, "leads back", "a group may hold others, but never itself in the end".to_owned()),
            E::TwoValues { at, host, var, .. } => {
                let said = var.strip_prefix("ssh: ").map_or_else(|| format!("{var}: …"), |word| format!("ssh: {{{word}: …}}"));
                ("RB0423", *at, "another value", format!("neither group is inside the other: say it of the host, `hosts: {{{host}: {{{said}}}}}`"))
            }
            E::BadHost { at, host } => (
                "RB0139",
                *at,
                "not a host",
                if host.starts_with('-') { "a program would read the leading `-` as an option".to_owned() } else { "give a name or an address".to_owned() },
            ),
            E::UnknownKind { at, help, .. } => ("RB0430", *at, "", help.clone()),
            E::Unreadable { at, help, .. } => ("RB0431", *at, "not this", help.clone()),
            E::BadRange { at, .. } => ("RB0432", *at, "no range", "ranges are `web[01:20]`, `db-[a:f]`, `n[1:9:2]`; a port follows behind `:`".to_owned()),
            E::HostAndGroup { at, .. } => ("RB0424", *at, "both", "`--target` could not tell them apart: rename the group".to_owned()),
        }
    }
}

impl From<InventoryError> for Diagnostic {
    fn from(error: InventoryError) -> Self {
        let (code, span, label, help) = error.said();
        let related = match &error {
            InventoryError::TwoValues { first, .. } => vec![(*first, "one value is given here".to_owned())],
            _ => Vec::new(),
        };
        Self { code, severity: Severity::Error, message: error.to_string(), span, label: label.to_owned(), related, help: Some(help), fix: None }
    }
}
