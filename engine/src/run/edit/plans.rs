//! The plans of a run, one after the other: the one that it began with, and one for each edit.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::adopt;
use crate::plan::model::{NodeId, Plan};
use crate::run::event::{Event, EventKind};
use crate::run::fold::IllegalEvent;
use crate::run::state::RunState;

/// Each with the event from which on it holds.
#[derive(Debug, Clone)]
pub struct Plans {
    first: Rc<Plan>,
    edits: Vec<(u64, Rc<Plan>)>,
}

impl Plans {
    #[must_use]
    pub fn new(first: Rc<Plan>) -> Self {
        Self { first, edits: Vec::new() }
    }

    /// Another plan holds from this event on, which says so.
    pub fn edited(&mut self, seq: u64, plan: Rc<Plan>) {
        self.edits.push((seq, plan));
    }

    /// The plan of today.
    #[must_use]
    pub fn now(&self) -> &Rc<Plan> {
        self.edits.last().map_or(&self.first, |(_, plan)| plan)
    }

    /// The plan that an event is about.
    #[must_use]
    pub fn at(&self, seq: u64) -> &Rc<Plan> {
        self.edits.iter().rev().find(|(from, _)| *from <= seq).map_or(&self.first, |(_, plan)| plan)
    }

    /// Folds a whole journal.
    ///
    /// # Errors
    /// The first event that is not possible where it stands.
    pub fn fold(&self, events: &[Event]) -> Result<RunState, IllegalEvent> {
        let mut state = RunState::new(&self.first);
        for event in events {
            self.apply(&mut state, event)?;
        }
        Ok(state)
    }

    /// Takes one event in.
    ///
    /// # Errors
    /// The event is not possible here.
    pub fn apply(&self, state: &mut RunState, event: &Event) -> Result<(), IllegalEvent> {
        let EventKind::RunbookEdited { by, .. } = &event.kind else { return state.apply(self.at(event.seq), event) };
        let illegal = |stands: String| IllegalEvent { seq: event.seq, event: event.kind.name(), stands };
        if event.seq != state.seq + 1 {
            return Err(illegal(format!("the last event was {}", state.seq)));
        }
        if !self.edits.iter().any(|(from, _)| *from == event.seq) {
            return Err(illegal("its plan is not known here".to_owned()));
        }
        *state = adopt(self.at(event.seq - 1), state, self.at(event.seq), by)
            .map_err(|refused| illegal(refused.into_iter().map(|r| format!("{}: {}", r.path.unwrap_or_default(), r.why)).collect::<Vec<_>>().join("; ")))?;
        state.seq = event.seq;
        Ok(())
    }

    /// The events as if all of them were about the plan of today. Those of steps that are in it no more are left out.
    #[must_use]
    pub fn today(&self, events: &[Event]) -> Vec<Event> {
        if self.edits.is_empty() {
            return events.to_vec();
        }
        let by_path: BTreeMap<&str, NodeId> = self.now().iter().map(|(id, node)| (node.path.as_str(), id)).collect();
        let mut today = Vec::with_capacity(events.len());
        for event in events {
            match event.kind.node() {
                None => today.push(event.clone()),
                Some(node) => {
                    let path = self.at(event.seq).nodes.get(node.index()).map(|n| n.path.as_str());
                    let kind = path.and_then(|path| by_path.get(path)).and_then(|now| event.kind.about(*now));
                    today.extend(kind.map(|kind| Event { kind, ..event.clone() }));
                }
            }
        }
        today
    }
}
