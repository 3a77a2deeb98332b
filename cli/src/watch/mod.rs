//! What is seen while a run goes: calm lines on standard error, fit for a terminal and for a log; on request the
//! events as JSON on standard output.

mod line;
mod tail;

use engine::exec::keeper::call::Stream;
use engine::exec::watch::Watch;
use engine::plan::model::{NodeId, Plan};
use engine::report::log_json;
use engine::report::tell::{Teller, Weight};
use engine::report::tone::{Line, Tone};
use engine::run::event::{Event, EventKind, InterruptAnswer};
use engine::run::state::RunState;

use self::tail::Tails;
use crate::out::Out;

pub(crate) use line::{INDENT, lines};

#[derive(Debug)]
pub(crate) struct Screen {
    out: Out,
    run: String,
    /// Whether the events go to standard output.
    events: bool,
    /// Whether a person is asked here: then the question itself shows what it is about.
    asks: bool,
    teller: Teller,
    tails: Tails,
    /// The node whose output stands last on the screen.
    speaking: Option<NodeId>,
    parked_by_interrupt: bool,
}

impl Screen {
    pub(crate) fn new(out: &Out, run: &str, events: bool, asks: bool) -> Self {
        Self {
            out: out.clone(),
            run: run.to_owned(),
            events,
            asks,
            teller: Teller::new(run),
            tails: Tails::default(),
            speaking: None,
            parked_by_interrupt: false,
        }
    }

    /// Takes in what was written before this process began to look on.
    pub(crate) fn remember(&mut self, events: &[Event]) {
        events.iter().for_each(|event| self.teller.remember(event));
    }

    /// Whether the run parked because someone interrupted it here.
    pub(crate) fn saw_interrupted_park(&self) -> bool {
        self.parked_by_interrupt
    }

    /// Events as lines of JSON, where they are wanted.
    pub(crate) fn stream(&self, plan: &Plan, events: &[Event]) {
        if self.events {
            events.iter().for_each(|event| self.out.data(&log_json::line(&self.run, plan, event)));
        }
    }

    fn wants(&self, weight: Weight) -> bool {
        match weight {
            Weight::Must => true,
            Weight::Normal => !self.out.is_quiet(),
            Weight::Detail => self.out.is_verbose(),
        }
    }

    /// What a command said last, under the line that says that it failed.
    fn last_words(&mut self, event: &Event) -> Vec<String> {
        let Some(node) = event.kind.node() else { return Vec::new() };
        match &event.kind {
            EventKind::StepBegan { .. } | EventKind::UndoBegan { .. } => {
                self.tails.clear(node);
                Vec::new()
            }
            EventKind::StepEnded { ended, .. } if !ended.exit.is_success() && !self.asks && !self.out.is_verbose() => self.tails.of(node),
            EventKind::UndoEnded { ended, .. } if !ended.exit.is_success() && !self.out.is_verbose() => self.tails.of(node),
            _ => Vec::new(),
        }
    }

    /// A question shows itself what it is about, and the last words of the process say how the run ended.
    fn is_shown_elsewhere(&self, event: &Event) -> bool {
        match event.kind {
            EventKind::GateOpened { .. } | EventKind::ManualAsked { .. } => self.asks,
            EventKind::RunParked { .. }
            | EventKind::RunStuck { .. }
            | EventKind::RunRolledBack
            | EventKind::RunFailed { .. }
            | EventKind::RunEnded { .. }
            | EventKind::RunRefused { .. }
            | EventKind::RunDone => true,
            _ => false,
        }
    }
}

impl Watch for Screen {
    fn event(&mut self, plan: &Plan, state: &RunState, event: &Event) {
        self.stream(plan, std::slice::from_ref(event));
        if let EventKind::InterruptAnswered { answer, .. } = event.kind {
            self.parked_by_interrupt = answer == InterruptAnswer::Park;
        }
        let last_words = self.last_words(event);
        let Some(mut telling) = self.teller.tell(plan, state, event) else { return };
        if self.is_shown_elsewhere(event) || !self.wants(telling.weight) {
            return;
        }
        telling.below.extend(last_words);
        if event.kind == EventKind::Interrupted {
            telling.below.push("Ctrl-C once more to leave at once; what runs on the hosts goes on, and `runbook resume` finds it".to_owned());
        }
        self.speaking = None;
        for line in lines(&telling, event.at, self.out.width()) {
            self.out.line(&line);
        }
    }

    fn output(&mut self, plan: &Plan, node: NodeId, stream: Stream, bytes: &[u8]) {
        let whole = self.tails.take(node, stream, bytes);
        if !self.out.is_verbose() {
            return;
        }
        for text in whole {
            if self.speaking != Some(node) {
                self.speaking = Some(node);
                self.out.line(&Line::new().plain(INDENT).dim(&plan.node(node).path));
            }
            self.out.line(&Line::new().plain(INDENT).dim("│ ").plain(text));
        }
    }

    fn notice(&mut self, text: &str) {
        self.speaking = None;
        let mut words = text.lines();
        self.out.line(
            &Line::new().dim(crate::clock::time(crate::clock::now())).with(Tone::Warn, format!(" {:>11}  ", "note")).plain(words.next().unwrap_or_default()),
        );
        words.for_each(|l| self.out.line(&Line::new().plain(INDENT).plain(l)));
    }
}
