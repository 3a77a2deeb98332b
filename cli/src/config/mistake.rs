//! What is wrong with a `runbook.toml`.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::Span;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mistake {
    NotToml { at: Span, why: String },
    UnknownKey { at: Span, found: String, place: &'static str, similar: Option<String>, known: Vec<&'static str> },
    UnknownCode { at: Span, found: String, similar: Option<String> },
    WrongValue { at: Span, what: String, expected: String, similar: Option<String> },
    LoweredError { at: Span, code: &'static str },
}

impl Mistake {
    pub(super) fn diagnostic(self) -> Diagnostic {
        let meant = |similar: Option<String>| similar.map(|name| format!("did you mean `{name}`?"));
        let (code, span, message, label, help) = match self {
            Self::NotToml { at, why } => ("RB0394", at, format!("this is not TOML: {why}"), "not understood", "see https://toml.io for its form".to_owned()),
            Self::UnknownKey { at, found, place, similar, known } => {
                let help = meant(similar).unwrap_or_else(|| format!("here may stand {}", quoted(&known)));
                ("RB0395", at, format!("{place} has no `{found}`"), "unknown", help)
            }
            Self::UnknownCode { at, found, similar } => {
                let help = meant(similar).unwrap_or_else(|| "levels are set for lint rules and RB0390 to RB0393; docs/codes.md lists them".to_owned());
                ("RB0396", at, format!("no lint rule has the code `{found}`"), "no rule", help)
            }
            Self::WrongValue { at, what, expected, similar } => {
                ("RB0397", at, format!("{what} is {expected}"), "not that", meant(similar).unwrap_or_else(|| format!("write {expected}")))
            }
            Self::LoweredError { at, code } => {
                let help = "take it out: a run refuses what is an error, whatever lint is told".to_owned();
                ("RB0398", at, format!("{code} is an error and can't be made less"), "stays an error", help)
            }
        };
        Diagnostic { code, severity: Severity::Error, message, span, label: label.to_owned(), related: Vec::new(), help: Some(help), fix: None }
    }
}

fn quoted(known: &[&str]) -> String {
    known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
