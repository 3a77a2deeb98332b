//! The command of a node as a person would type it.

use crate::plan::model::{Command, Does, FrameId, NodeId, NodeKind, Plan, UndoSpec};
use crate::plan::names::Names;
use crate::plan::template::Scope as _;
use crate::run::state::{RunState, Stage};

/// What a node runs, on one line. None where it runs nothing.
#[must_use]
pub fn does(run: &str, plan: &Plan, state: &RunState, id: NodeId) -> Option<String> {
    match plan.node(id).spec()?.does.as_ref()? {
        Does::Run(command) => Some(one_line(&line(run, plan, state, id, command))),
        Does::Upload(upload) => Some(format!("upload {} to {}", upload.from, named(run, plan, state, id, upload.put.frame, "to"))),
        Does::Download(download) => {
            let at = |name| named(run, plan, state, id, download.look.frame, name);
            Some(format!("download {} to {}", at("from"), at("to")))
        }
        Does::Sleep(seconds) => Some(format!("wait {}", super::words::took(i64::try_from(*seconds).unwrap_or(0) * 1000))),
    }
}

/// What takes a node back, on one line. None where no command does.
#[must_use]
pub fn undo(run: &str, plan: &Plan, state: &RunState, id: NodeId) -> Option<String> {
    match &plan.node(id).spec()?.undo {
        UndoSpec::Command(command) => Some(one_line(&line(run, plan, state, id, command))),
        UndoSpec::Unsaid | UndoSpec::None(_) | UndoSpec::Manual(_) => None,
    }
}

/// What is left to undo by hand, in the order in which to do it: path, where it runs, and the whole command or what is
/// said instead of one.
#[must_use]
pub fn by_hand<'a>(run: &str, plan: &'a Plan, state: &RunState) -> Vec<(&'a str, String)> {
    let mut left: Vec<(&str, String)> = Vec::new();
    for (id, node) in plan.iter() {
        let taken_back = matches!(state.stage(id), Stage::Undone | Stage::UndoneByHand { .. });
        let Some(spec) = node.spec().filter(|_| (node.changes() || matches!(node.kind, NodeKind::Enter { .. })) && state.node(id).is_touched() && !taken_back)
        else {
            continue;
        };
        let how = match &spec.undo {
            UndoSpec::Command(command) => line(run, plan, state, id, command),
            UndoSpec::Manual(_) => "(by hand, as its runbook says)".to_owned(),
            UndoSpec::None(reason) => format!("(nothing: {reason})"),
            UndoSpec::Unsaid => "(its runbook does not say how)".to_owned(),
        };
        left.push((&node.path, how));
    }
    left.reverse();
    left
}

fn named(run: &str, plan: &Plan, state: &RunState, id: NodeId, frame: FrameId, name: &str) -> String {
    names(run, plan, state, id, frame).lookup(name).map_or_else(|| format!("{{{{ {name} }}}}"), |value| value.display())
}

fn names<'a>(run: &'a str, plan: &'a Plan, state: &'a RunState, id: NodeId, frame: FrameId) -> Names<'a> {
    let node = plan.node(id);
    Names { plan, frame, host: node.host.as_deref(), slots: &state.slots, now: state.node(id).now, operator: &state.operator, run_id: run, outcomes: state }
}

/// Values that are not known here are shown as they were written.
fn line(run: &str, plan: &Plan, state: &RunState, id: NodeId, command: &Command) -> String {
    let names = names(run, plan, state, id, command.frame);
    command.script.bind(&names).map_or_else(|_| command.script.source_text().text.clone(), |bound| bound.shown)
}

/// The first line that says something, and a mark where more follow.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let first = lines.next().unwrap_or_default().to_owned();
    if lines.next().is_some() { format!("{first} …") } else { first }
}
