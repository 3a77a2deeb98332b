//! What can be wrong with text that has `{{ }}` in it: before the run as `TemplateError`, during it as `EvalError`.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::Span;
use thiserror::Error;

use super::refusal::Refusal;

/// A mistake in a template, found before anything runs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    #[error("`{{{{` is never closed")]
    UnclosedSlot { span: Span },
    #[error("there is nothing between `{{{{` and `}}}}`")]
    EmptySlot { span: Span },
    #[error("the expression can't be read: {why}")]
    BadExpression { span: Span, why: String, help: Option<String> },
    #[error("`{written}` is not a name")]
    NameWithDash { span: Span, written: String, left: String, right: String },
    #[error("`{written}` is not {expected}")]
    BadLiteral { span: Span, written: String, expected: String },
    #[error("comparisons can't be chained")]
    ChainedComparison { span: Span },
    #[error("there is no {what} `{name}`")]
    Unknown { span: Span, what: &'static str, name: String, similar: Option<String> },
    #[error("`succeeded` asks about a step by its id in quotes")]
    SucceededOfWhat { span: Span },
    #[error("the shell can't read this command: {why}")]
    ShellSyntax { span: Span, why: String },
    #[error("{refusal}")]
    Refused { span: Span, refusal: Refusal, written: String },
    #[error("a secret can't stand in a command")]
    SecretInCommand { span: Span, name: String },
    #[error("`{name}` is a variable of the engine")]
    ReservedVariable { span: Span, name: String },
    #[error("`raw` can't paste this value: {why}")]
    RawUnknown { span: Span, why: String },
}

impl TemplateError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnclosedSlot { .. } => "RB0201",
            Self::EmptySlot { .. } => "RB0202",
            Self::BadExpression { .. } => "RB0203",
            Self::NameWithDash { .. } => "RB0204",
            Self::BadLiteral { .. } => "RB0205",
            Self::ChainedComparison { .. } => "RB0206",
            Self::Unknown { .. } => "RB0207",
            Self::SucceededOfWhat { .. } => "RB0208",
            Self::ShellSyntax { .. } => "RB0210",
            Self::SecretInCommand { .. } => "RB0211",
            Self::ReservedVariable { .. } => "RB0212",
            Self::RawUnknown { .. } => "RB0213",
            Self::Refused { refusal, .. } => refusal.code(),
        }
    }

    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::UnclosedSlot { span }
            | Self::EmptySlot { span }
            | Self::BadExpression { span, .. }
            | Self::NameWithDash { span, .. }
            | Self::BadLiteral { span, .. }
            | Self::ChainedComparison { span }
            | Self::Unknown { span, .. }
            | Self::SucceededOfWhat { span }
            | Self::ShellSyntax { span, .. }
            | Self::Refused { span, .. }
            | Self::SecretInCommand { span, .. }
            | Self::ReservedVariable { span, .. }
            | Self::RawUnknown { span, .. } => *span,
        }
    }

    /// A few words at the place itself.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::UnclosedSlot { .. } => "opened here".to_owned(),
            Self::EmptySlot { .. } => "no expression".to_owned(),
            Self::BadExpression { .. } => "here".to_owned(),
            Self::NameWithDash { .. } => "read as a subtraction".to_owned(),
            Self::BadLiteral { expected, .. } => format!("not {expected}"),
            Self::ChainedComparison { .. } => "the second comparison".to_owned(),
            Self::Unknown { what, .. } => format!("no such {what}"),
            Self::SucceededOfWhat { .. } => "not a step's id in quotes".to_owned(),
            Self::ShellSyntax { .. } => "the shell stops here".to_owned(),
            Self::Refused { refusal, .. } => refusal.label().to_owned(),
            Self::SecretInCommand { name, .. } => format!("`{name}` is a secret"),
            Self::ReservedVariable { .. } => "the engine binds values under such names".to_owned(),
            Self::RawUnknown { .. } => "not known before the run".to_owned(),
        }
    }

    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::UnclosedSlot { .. } => "close it with `}}`; for a literal `{{` write `\\{{`".to_owned(),
            Self::EmptySlot { .. } => "for a literal `{{` write `\\{{`".to_owned(),
            Self::BadExpression { help, .. } => {
                help.clone().unwrap_or_else(|| "complete it, as in `{{ a + 1 }}`; text stands in quotes, and for a literal `{{` write `\\{{`".to_owned())
            }
            Self::NameWithDash { left, right, .. } => {
                format!("names are snake_case: `{left}_{right}`; for a subtraction write `{left} - {right}`")
            }
            Self::BadLiteral { expected, .. } => format!("write {expected}, or put text in quotes"),
            Self::ChainedComparison { .. } => "write `a < b and b < c`".to_owned(),
            Self::Unknown { similar, .. } => return similar.as_ref().map(|name| format!("did you mean `{name}`?")),
            Self::SucceededOfWhat { .. } => "write `succeeded(\"step-id\")`".to_owned(),
            Self::ShellSyntax { .. } => "try it by itself: `bash -n` reads a script without running it".to_owned(),
            Self::Refused { refusal, written, .. } => refusal.help(written),
            Self::SecretInCommand { name, .. } => {
                format!("a command line is seen by everyone on its host: write `env {{ TOKEN: {name} }}` and use \"$TOKEN\", or give it as `stdin`")
            }
            Self::ReservedVariable { .. } => "choose another name; the engine uses `rb_` and a number".to_owned(),
            Self::RawUnknown { .. } => {
                "`raw` pastes before the run, so that the command can be checked: use a param with a value, or leave `raw` out".to_owned()
            }
        })
    }
}

impl From<TemplateError> for Diagnostic {
    fn from(error: TemplateError) -> Self {
        Self {
            code: error.code(),
            severity: Severity::Error,
            message: error.to_string(),
            span: error.span(),
            label: error.label(),
            related: Vec::new(),
            help: error.help(),
            fix: None,
        }
    }
}

/// An expression that came to nothing usable during a run. Its sentence never holds a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{sentence}")]
pub struct EvalError {
    pub sentence: String,
    pub span: Span,
}
