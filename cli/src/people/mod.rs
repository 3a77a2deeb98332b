//! Who can be asked here: a person at the terminal, or nobody.

mod asker;
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

use engine::exec::people::{People, Question, Reply};
use engine::run::event::Signed;
use engine::signers::Signers;
use tokio::sync::oneshot;

use crate::out::Out;
use crate::run::signing;

pub(crate) use asker::Asker;

/// The person at the terminal, if there is one on both sides: someone who can type and can see the question.
pub(crate) fn here(out: &Out, operator: String, key: Option<PathBuf>) -> Someone {
    if is_here() { Someone::Terminal(terminal::Terminal::new(out.clone(), operator, key)) } else { Someone::Absent(Absent { operator, key }) }
}

pub(crate) fn is_here() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

#[derive(Debug)]
pub(crate) enum Someone {
    Terminal(terminal::Terminal),
    Absent(Absent),
}

impl Someone {
    pub(crate) fn as_ref(&self) -> &dyn People {
        match self {
            Self::Terminal(terminal) => terminal,
            Self::Absent(absent) => absent,
        }
    }
}

/// Nobody can be asked, and somebody has started it.
#[derive(Debug)]
pub(crate) struct Absent {
    operator: String,
    key: Option<PathBuf>,
}

impl People for Absent {
    fn ask(&self, _: Question) -> Option<oneshot::Receiver<Reply>> {
        None
    }

    fn can_be_asked(&self) -> bool {
        false
    }

    fn sign(&self, text: &str, head: &str, signers: &Signers) -> Result<Signed, String> {
        signing::start(text, head, signers, self.key.as_deref())
    }

    fn name(&self) -> String {
        self.operator.clone()
    }
}

/// A question with the way back of its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    pub(crate) reply: oneshot::Sender<Reply>,
}
