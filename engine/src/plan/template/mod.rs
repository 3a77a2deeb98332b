//! Text with `{{ }}` in it: prose, expressions, and commands whose values are bound, never pasted.
//!
//! An expression goes through minijinja, a command through `shell`, which alone knows brush-parser. All three forms
//! are frozen into the journal as they were compiled: a resume needs no source.

mod error;
mod expression;
mod functions;
mod logic;
mod prose;
mod refusal;
mod rewrite;
mod script;
mod shell;
mod slots;
mod tokens;
mod types;
mod vars;

pub use error::{EvalError, TemplateError};
pub use expression::{Expression, Scope};
pub(crate) use logic::{About, Atom, Logic};
pub use prose::Prose;
pub use refusal::Refusal;
pub(crate) use script::Reading;
pub use script::{Advice, AdviceKind, Bound, RawValues, Script};
pub(crate) use shell::{before_command, is_shell, parse_shell, parser_options};
