//! One event as one line for a person: the same words while it happens and in `runbook log` a year later.

mod node;
mod people;
mod run;
mod undo;

use std::collections::BTreeMap;

use super::tone::Tone;
use super::words;
use crate::plan::model::{NodeId, NodeKind, Plan};
use crate::run::event::{Event, EventKind, Millis};
use crate::run::state::RunState;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Shown on request.
    Detail,
    Normal,
    /// Shown always: a failure, a question, where the run stands.
    Must,
}

/// One event in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    pub weight: Weight,
    pub tone: Tone,
    /// One or two words, set apart: `begin`, `ok`, `failed`.
    pub verb: &'static str,
    /// The node's path, and its host where the path does not say it.
    pub subject: Option<String>,
    pub host: Option<String>,
    pub words: String,
    /// More lines, indented.
    pub below: Vec<String>,
}

impl Telling {
    pub(super) fn new(weight: Weight, tone: Tone, verb: &'static str, words: impl Into<String>) -> Self {
        Self { weight, tone, verb, subject: None, host: None, words: words.into(), below: Vec::new() }
    }

    fn about(mut self, plan: &Plan, id: NodeId) -> Self {
        let node = plan.node(id);
        self.subject = Some(node.path.clone());
        self.host = words::other_host(node).map(str::to_owned);
        self
    }

    fn below(mut self, text: &str) -> Self {
        self.below.extend(text.lines().map(str::to_owned));
        self
    }
}

/// Tells events in their order; it remembers when things began.
#[derive(Debug)]
pub struct Teller {
    run: String,
    began: BTreeMap<NodeId, Millis>,
}

impl Teller {
    #[must_use]
    pub fn new(run: &str) -> Self {
        Self { run: run.to_owned(), began: BTreeMap::new() }
    }

    /// Takes an event in that is not to be told.
    pub fn remember(&mut self, event: &Event) {
        if let EventKind::StepBegan { node, .. } | EventKind::UndoBegan { node, .. } | EventKind::ManualAsked { node, .. } = &event.kind {
            self.began.insert(*node, event.at);
        }
    }

    /// `state` has the event folded into it already. None: an event that says nothing to a person.
    pub fn tell(&mut self, plan: &Plan, state: &RunState, event: &Event) -> Option<Telling> {
        self.remember(event);
        let about = About { run: &self.run, plan, state, at: event.at, began: event.kind.node().and_then(|id| self.began.get(&id).copied()) };
        match event.kind.node() {
            Some(id) => about.node(id, &event.kind).map(|telling| telling.about(plan, id)),
            None => about.run(&event.kind),
        }
    }
}

/// What one event is told with.
struct About<'a> {
    run: &'a str,
    plan: &'a Plan,
    state: &'a RunState,
    at: Millis,
    began: Option<Millis>,
}

impl About<'_> {
    fn node(&self, id: NodeId, kind: &EventKind) -> Option<Telling> {
        self.people(id, kind).or_else(|| self.undo(id, kind)).or_else(|| self.forward(id, kind))
    }

    fn took(&self) -> String {
        self.began.map(|began| words::took(self.at - began)).unwrap_or_default()
    }

    fn is_scope(&self, id: NodeId) -> bool {
        matches!(self.plan.node(id).kind, NodeKind::Enter { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{sample, up_to_the_failure, written};
    use super::*;

    #[test]
    fn a_failed_run_is_told_as_it_happened() {
        let plan = sample();
        let (mut state, mut teller) = (RunState::new(&plan), Teller::new("abc"));
        let mut story = String::new();
        for event in written(up_to_the_failure(&plan)) {
            state.apply(&plan, &event).expect("it folds");
            if let Some(t) = teller.tell(&plan, &state, &event) {
                story.push_str(&format!("{:?} {} {} {}\n", t.weight, t.verb, t.subject.unwrap_or_default(), t.words));
            }
        }
        insta::assert_snapshot!(story);
    }
}
