//! What one sees of a run while it goes on: a few lines, folded from the same events whoever looks on, the process that
//! drives it or another. Only the screen knows how they are drawn, and how often.

mod groups;
mod held;
mod left;
mod place;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::tone::Line;
use super::usual::Usual;
use crate::plan::model::{NodeId, Plan};
use crate::run::event::{Event, EventKind, Millis};
use crate::run::state::RunState;

/// The room that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub columns: usize,
    pub rows: usize,
}

/// Beside the state: since when things are as they are, and what was printed last.
#[derive(Debug, Default)]
pub struct Live {
    usual: Usual,
    /// When the run was created.
    created: Option<Millis>,
    /// When what is under way of a node began.
    began: BTreeMap<NodeId, Millis>,
    /// The last line of its output.
    said: BTreeMap<NodeId, String>,
    /// Since when a scope is held.
    held: BTreeMap<NodeId, Millis>,
}

impl Live {
    #[must_use]
    pub fn new(usual: Usual) -> Self {
        Self { usual, ..Self::default() }
    }

    /// Takes an event in.
    pub fn take(&mut self, event: &Event) {
        self.created.get_or_insert(event.at);
        let Some(node) = event.kind.node() else { return };
        match &event.kind {
            EventKind::NodeReached { .. } | EventKind::StepBegan { .. } | EventKind::UndoBegan { .. } | EventKind::ManualAsked { .. } => {
                self.began.insert(node, event.at);
                self.said.remove(&node);
                if matches!(event.kind, EventKind::StepBegan { .. }) {
                    self.held.entry(node).or_insert(event.at);
                }
            }
            EventKind::GateOpened { .. } => {
                self.began.insert(node, event.at);
            }
            _ => {}
        }
    }

    /// A line of a command's output, without control characters.
    pub fn said(&mut self, node: NodeId, line: &str) {
        if !line.trim().is_empty() {
            self.said.insert(node, line.trim().to_owned());
        }
    }

    /// The lines to be seen now, no more than there is room for.
    #[must_use]
    pub fn lines(&self, plan: &Plan, state: &RunState, now: Millis, room: Room) -> Vec<Line> {
        rows::lines(self, &rows::At { plan, state, now }, room)
    }
}
