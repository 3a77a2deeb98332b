//! Programs that wait for a person, and what keeps each from it.
//!
//! A command of a step has no terminal, and reads nothing unless the step says so. What would ask a question there ends,
//! or takes the silence for an answer.

mod confirm;
mod person;

use super::facts::{At, Simple};
use super::said::Said;

/// What a command would ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asks {
    /// What it waits for, as the end of a sentence: "asks whether to go on".
    pub(crate) waits: &'static str,
    /// What to write instead.
    pub(crate) write: String,
    /// Words that answer beforehand, and where they belong.
    pub(crate) insert: Option<(At, String)>,
}

/// `given`: something is there to be read, from a pipe, a file or the step's `stdin`.
pub(crate) fn asks(said: &Said<'_>, simple: &Simple, given: bool) -> Option<Asks> {
    person::asks(said, simple, given).or_else(|| if given { None } else { confirm::asks(simple) })
}
