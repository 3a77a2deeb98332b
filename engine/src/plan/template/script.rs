//! Commands. A value is bound as a shell variable beside the script and never becomes part of it.

mod bind;
mod compile;
mod reading;

use std::fmt;
use std::sync::Arc;

use grammar::source::{Span, Text};
use serde::{Deserialize, Serialize};

use super::expression::{Expression, Scope};
use super::shell::Place;

pub use bind::Bound;
pub(crate) use reading::Reading;

/// A command whose every slot is known to be safe where it stands, frozen with the place that it came from, and shared as
/// [`Expression`] is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Script(Arc<Compiled>);

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Compiled {
    text: Text,
    parts: Vec<Part>,
    advice: Vec<Advice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Plain(String),
    Value(BoundSlot),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct BoundSlot {
    expression: Expression,
    place: Place,
    /// Its type promises that it never begins with `-`, and the place may rely on that.
    no_dash: bool,
}

/// Something that is allowed and that lint has a word about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    pub kind: AdviceKind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceKind {
    /// `| raw` pastes text.
    RawPasted,
    /// The value may begin with `-`; put `--` before it.
    MayBeOption,
    /// An empty list leaves nothing behind.
    ListMayBeEmpty,
    /// Part of a program for sed, which knows commands that run others.
    SedProgram,
}

/// What `{{ value | raw }}` may paste.
pub enum RawValues<'a> {
    /// At check time: a plain word stands in for the text.
    Unknown,
    /// At plan time.
    Known(&'a dyn Scope),
}

impl fmt::Debug for RawValues<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "Unknown",
            Self::Known(_) => "Known",
        })
    }
}

impl Script {
    #[must_use]
    pub fn source_text(&self) -> &Text {
        &self.0.text
    }

    #[must_use]
    pub fn uses_raw(&self) -> bool {
        self.0.advice.iter().any(|advice| advice.kind == AdviceKind::RawPasted)
    }

    #[must_use]
    pub fn advice(&self) -> &[Advice] {
        &self.0.advice
    }

    /// The expressions that are bound when the command is sent; what `raw` pasted is text already.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.0.parts.iter().filter_map(|part| match part {
            Part::Value(slot) => Some(&slot.expression),
            Part::Plain(_) => None,
        })
    }

    #[must_use]
    pub fn names(&self) -> Vec<(String, Span)> {
        self.expressions().flat_map(Expression::names).collect()
    }
}

#[cfg(test)]
mod tests;
