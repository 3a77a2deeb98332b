//! What a command changes, as far as its words tell. What is not known here changes nothing.

mod files;
mod programs;
mod statements;

use super::facts::{At, Simple};
use super::said::Said;

/// The place of the change, and what it does: "stops a service".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) at: At,
    pub(crate) does: &'static str,
}

/// The first change that a simple command makes.
pub(crate) fn change(said: &Said<'_>, simple: &Simple) -> Option<Change> {
    let of_words = programs::change(simple).or_else(|| files::change(&said.facts, simple)).map(|does| Change { at: simple.at, does });
    of_words.or_else(|| files::written(simple))
}
