//! What is wrong with a comment that speaks to the linter.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::Span;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mistake {
    NotUnderstood { at: Span, found: String },
    NoCode { at: Span, found: String },
    NoReason { at: Span },
    NoRule { at: Span, found: String, similar: Option<&'static str> },
    IsAnError { at: Span, code: &'static str },
    Twice { at: Span, code: &'static str },
    Unused { at: Span, code: &'static str, stands_at_something: bool },
}

/// How it is written.
const FORM: &str = "write `# lint: allow RB0306 the reason`, on the line before what it is about or behind it";

impl Mistake {
    /// All of them are warnings: the comment does nothing, and what it was about is told as well.
    pub(super) fn diagnostic(self) -> Diagnostic {
        let (code, span, message, label, help) = match self {
            Self::NotUnderstood { at, found } => {
                ("RB0390", at, format!("this comment allows nothing: `{found}` is not understood"), "not understood", FORM.to_owned())
            }
            Self::NoCode { at, found } if found.is_empty() => ("RB0392", at, "this comment does not say what it allows".to_owned(), "no code", FORM.to_owned()),
            Self::NoCode { at, found } => ("RB0392", at, format!("`{found}` is not the code of a lint rule"), "not a code", FORM.to_owned()),
            Self::NoReason { at } => {
                let help = "say why, behind the code: whoever reads it next must be able to tell whether it still holds";
                ("RB0391", at, "this comment gives no reason, so it allows nothing".to_owned(), "why?", help.to_owned())
            }
            Self::NoRule { at, found, similar } => {
                let help = similar.map_or_else(
                    || "only findings of lint rules can be allowed; docs/codes.md lists them".to_owned(),
                    |code| format!("did you mean `{code}`? only findings of lint rules can be allowed"),
                );
                ("RB0392", at, format!("no lint rule has the code `{found}`"), "no rule", help)
            }
            Self::IsAnError { at, code } => {
                let help = "mend what it finds: a run refuses it too, whatever a comment says";
                ("RB0392", at, format!("{code} is an error, and errors can't be allowed"), "an error", help.to_owned())
            }
            Self::Twice { at, code } => ("RB0390", at, format!("{code} is named twice"), "again", "take one of them out".to_owned()),
            Self::Unused { at, code, stands_at_something } => {
                let help = if stands_at_something {
                    "take it out; if the finding stands elsewhere, put the comment on the line before that field or behind it"
                } else {
                    "put it on the line before the field or the header that it is about, or behind it"
                };
                ("RB0393", at, format!("{code} is not found here, so this comment allows nothing"), "not found here", help.to_owned())
            }
        };
        Diagnostic { code, severity: Severity::Warning, message, span, label: label.to_owned(), related: Vec::new(), help: Some(help), fix: None }
    }
}
