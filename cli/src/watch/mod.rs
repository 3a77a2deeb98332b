//! What is seen while a run goes: calm lines on standard error, fit for a terminal and for a log, and below them at a
//! terminal a live region; on request the events as JSON on standard output.

mod line;
mod tail;
mod tale;

use engine::exec::keeper::call::Stream;
use engine::exec::watch::Watch;
use engine::plan::model::{NodeId, Plan};
use engine::report::live::Live;
use engine::report::log_json;
use engine::report::tell::{Teller, Weight};
use engine::report::tone::Line;
use engine::report::usual::Usual;
use engine::run::event::{Event, EventKind, InterruptAnswer, Millis};
use engine::run::state::RunState;

use self::tail::Tails;
use crate::clock;
use crate::out::Out;

pub(crate) use line::Shape;
pub(crate) use tale::{Tale, story};

/// How often the live region is drawn anew.
const FRAME: Millis = 100;
/// How seldom at the most.
const LONGEST: Millis = 2000;
/// Of so much time one part goes into it.
const SHARE: Millis = 20;

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
    live: Live,
    /// When the live region is drawn next.
    next: Millis,
    /// The node whose output stands last on the screen.
    speaking: Option<NodeId>,
    parked_by_interrupt: bool,
}

impl Screen {
    pub(crate) fn new(out: &Out, run: &str, events: bool, asks: bool, usual: Usual) -> Self {
        Self {
            out: out.clone(),
            run: run.to_owned(),
            events,
            asks,
            teller: Teller::new(run),
            tails: Tails::default(),
            live: Live::new(usual),
            next: 0,
            speaking: None,
            parked_by_interrupt: false,
        }
    }

    /// Takes in what was written before this process began to look on.
    pub(crate) fn remember(&mut self, events: &[Event]) {
        for event in events {
            self.teller.remember(event);
            self.live.take(event);
        }
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

    /// A question shows itself what it is about, the last words of the process say how the run ended, and the live region
    /// what is under way.
    fn is_shown_elsewhere(&self, event: &Event) -> bool {
        match event.kind {
            EventKind::GateOpened { .. } | EventKind::ManualAsked { .. } => self.asks,
            EventKind::StepBegan { .. } | EventKind::UndoBegan { .. } => self.out.is_live() && !self.out.is_verbose(),
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

    fn say(&mut self, lines: Vec<Line>) {
        self.speaking = None;
        lines.iter().for_each(|line| self.out.line(line));
    }
}

/// Whether a line is wanted, by `-q` and `-v`.
pub(crate) fn wants(out: &Out, weight: Weight) -> bool {
    match weight {
        Weight::Must => true,
        Weight::Normal => !out.is_quiet(),
        Weight::Detail => out.is_verbose(),
    }
}

impl Watch for Screen {
    fn event(&mut self, plan: &Plan, state: &RunState, event: &Event) {
        self.stream(plan, std::slice::from_ref(event));
        self.live.take(event);
        if let EventKind::InterruptAnswered { answer, .. } = event.kind {
            self.parked_by_interrupt = answer == InterruptAnswer::Park;
        }
        let last_words = self.last_words(event);
        let Some(mut telling) = self.teller.tell(plan, state, event) else { return };
        if self.is_shown_elsewhere(event) || !wants(&self.out, telling.weight) {
            return;
        }
        telling.below.extend(last_words);
        if event.kind == EventKind::Interrupted {
            telling.below.push("Ctrl-C once more to leave at once; what runs on the hosts goes on, and `runbook resume` finds it".to_owned());
        }
        self.say(Shape::of_screen(&self.out).lines(&telling, event.at));
    }

    fn output(&mut self, plan: &Plan, node: NodeId, stream: Stream, bytes: &[u8]) {
        let whole = self.tails.take(node, stream, bytes);
        if let Some(line) = self.tails.now(node, stream) {
            self.live.said(node, &line);
        }
        if !self.out.is_verbose() {
            return;
        }
        let shape = Shape::of_screen(&self.out);
        for text in whole {
            if self.speaking != Some(node) {
                self.speaking = Some(node);
                self.out.line(&Line::new().plain(shape.indent()).dim(&plan.node(node).path));
            }
            self.out.line(&shape.printed(&text));
        }
    }

    fn notice(&mut self, text: &str) {
        self.say(Shape::of_screen(&self.out).note(clock::now(), text));
    }

    fn look(&mut self, plan: &Plan, state: &RunState) {
        let now = clock::now();
        // A clock that was set back must not stop it.
        if !self.out.is_live() || now < self.next && self.next - now < LONGEST {
            return;
        }
        if state.driven {
            self.out.show(&self.live.lines(plan, state, now, self.out.room()));
        } else {
            self.out.clear();
        }
        // A plan of very many nodes takes its time to be looked through: that is no more than a part of all.
        let cost = clock::now() - now;
        self.next = now + (cost * SHARE).clamp(FRAME, LONGEST);
    }
}
