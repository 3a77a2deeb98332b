//! Who can be asked here: a person at the terminal, or nobody.

mod console;
mod countdown;
mod failure;
mod menu;
mod pager;
mod reading;
mod shell;
mod step;
mod terminal;
mod wording;

use std::io::IsTerminal;
use std::path::PathBuf;

use engine::exec::people::{Nobody, People, Question, Reply};
use tokio::sync::oneshot;

use crate::out::Out;

/// The person at the terminal, if there is one on both sides: someone who can type and can see the question.
pub(crate) fn here(out: &Out, operator: String, key: Option<PathBuf>) -> Someone {
    if is_here() { Someone::Terminal(terminal::Terminal::new(out.clone(), operator, key)) } else { Someone::Nobody(Nobody { operator }) }
}

pub(crate) fn is_here() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

#[derive(Debug)]
pub(crate) enum Someone {
    Terminal(terminal::Terminal),
    Nobody(Nobody),
}

impl Someone {
    pub(crate) fn as_ref(&self) -> &dyn People {
        match self {
            Self::Terminal(terminal) => terminal,
            Self::Nobody(nobody) => nobody,
        }
    }
}

/// A question with the way back of its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    pub(crate) reply: oneshot::Sender<Reply>,
}
