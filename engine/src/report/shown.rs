//! The command of a node as a person would type it.

use crate::plan::model::{Does, NodeId, Plan, UndoSpec};
use crate::run::state::RunState;

/// What a node runs, on one line. None where it runs nothing.
#[must_use]
pub fn does(plan: &Plan, state: &RunState, id: NodeId) -> Option<String> {
    match plan.node(id).spec()?.does.as_ref()? {
        Does::Run(command) => Some(one_line(&line(plan, state, id, command))),
        Does::Sleep(seconds) => Some(format!("wait {}", super::words::took(i64::try_from(*seconds).unwrap_or(0) * 1000))),
    }
}

/// What takes a node back, on one line. None where no command does.
#[must_use]
pub fn undo(plan: &Plan, state: &RunState, id: NodeId) -> Option<String> {
    match &plan.node(id).spec()?.undo {
        UndoSpec::Command(command) => Some(one_line(&line(plan, state, id, command))),
        UndoSpec::Unsaid | UndoSpec::None(_) | UndoSpec::Manual(_) => None,
    }
}

fn line(_plan: &Plan, _state: &RunState, _id: NodeId, _command: &crate::plan::model::Command) -> String {
    String::new()
}

/// The first line that says something, and a mark where more follow.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let first = lines.next().unwrap_or_default().to_owned();
    if lines.next().is_some() { format!("{first} …") } else { first }
}
