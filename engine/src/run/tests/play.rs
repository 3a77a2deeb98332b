//! A run whose world does what a test says: everything goes well, but for what is named.

use std::collections::BTreeMap;

use crate::outcome::{Exit, Identity};
use crate::plan::model::{NodeId, Plan};
use crate::run::event::{Actor, Answer, Event, EventKind, FailureAnswer, InterruptAnswer, Purpose, Refusal, StepAnswer};
use crate::run::state::{Phase, RunState, Stage};
use crate::run::{Effect, decide};

/// What becomes of a step's or an undo's attempts, in order; well when the list is used up.
pub(super) type Fates = BTreeMap<String, Vec<Fate>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Fails,
    /// It runs on: nothing is heard of it.
    Hangs,
    Satisfied,
    /// Its host does not answer, so whether it runs can't be shown.
    Unsettled,
    Lost,
    /// Its host is gone, in the middle of it.
    Away,
}

pub(super) struct Play<'a> {
    plan: &'a Plan,
    pub(super) state: RunState,
    events: Vec<Event>,
    fates: Fates,
    pub(super) gate: Option<Answer>,
    pub(super) at_failure: FailureAnswer,
    pub(super) at_interrupt: InterruptAnswer,
    /// Hosts that do not answer a greeting.
    pub(super) absent: Vec<&'a str>,
    /// `run a`, `undo a`, in the order in which they were sent.
    pub(super) deeds: Vec<String>,
}

impl<'a> Play<'a> {
    pub(super) fn new(plan: &'a Plan, fates: &[(&str, &[Fate])]) -> Self {
        let mut play = Self {
            plan,
            state: RunState::new(plan),
            events: Vec::new(),
            fates: fates.iter().map(|(name, fates)| ((*name).to_owned(), fates.to_vec())).collect(),
            gate: Some(Answer::Approved { choice: None }),
            at_failure: FailureAnswer::RollBack,
            at_interrupt: InterruptAnswer::Park,
            absent: Vec::new(),
            deeds: Vec::new(),
        };
        play.record(EventKind::RunCreated {
            runbook: "test".to_owned(),
            plan: String::new(),
            pins: Vec::new(),
            engine: String::new(),
            operator: "op".to_owned(),
            jobs: 8,
        });
        play.start(Purpose::Run);
        play
    }

    pub(super) fn try_record(&mut self, kind: EventKind) -> Result<(), crate::run::fold::IllegalEvent> {
        let event = Event { seq: self.state.seq + 1, at: 0, kind };
        self.state.apply(self.plan, &event)?;
        self.events.push(event);
        Ok(())
    }

    /// Whether an event could come now; it does not.
    pub(super) fn could(&self, kind: &EventKind) -> bool {
        let event = Event { seq: self.state.seq + 1, at: 0, kind: kind.clone() };
        self.state.clone().apply(self.plan, &event).is_ok()
    }

    pub(super) fn record(&mut self, kind: EventKind) {
        self.try_record(kind).expect("the event is legal");
    }

    pub(super) fn start(&mut self, purpose: Purpose) {
        self.record(super::started(self.state.epoch + 1, purpose));
    }

    pub(super) fn node(&self, path: &str) -> NodeId {
        *self.plan.find(path).first().unwrap_or_else(|| panic!("no node {path}"))
    }

    pub(super) fn stage(&self, path: &str) -> &Stage {
        self.state.stage(self.node(path))
    }

    /// What comes next, if anything does.
    pub(super) fn next(&self) -> Option<Effect> {
        decide(self.plan, &self.state).into_iter().next()
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = &EventKind> {
        self.events.iter().map(|event| &event.kind)
    }

    /// Until nothing follows.
    pub(super) fn go(&mut self) -> &Phase {
        for _ in 0..1000 {
            let effects = decide(self.plan, &self.state);
            let Some(effect) = effects.into_iter().find(|e| !self.is_under_way(e)) else { return &self.state.phase };
            self.answer(effect);
        }
        panic!("the run does not end: {:?}", self.events.iter().rev().take(8).collect::<Vec<_>>());
    }

    /// One answer.
    pub(super) fn step_once(&mut self) {
        if let Some(effect) = decide(self.plan, &self.state).into_iter().next() {
            self.answer(effect);
        }
    }

    /// What hangs was sent, and nothing is heard of it. A gate without an answer stays open.
    fn is_under_way(&self, effect: &Effect) -> bool {
        matches!(effect, Effect::AwaitGate { .. }) && self.gate.is_none()
    }

    fn fate(&mut self, node: NodeId, undoing: bool) -> Option<Fate> {
        let name = format!("{}{}", if undoing { "undo " } else { "" }, self.plan.node(node).path);
        let fates = self.fates.get_mut(&name)?;
        if fates.is_empty() { None } else { Some(fates.remove(0)) }
    }

    fn answer(&mut self, effect: Effect) {
        let by = Actor::Policy;
        let kind = match effect {
            Effect::Record(kind) => kind,
            Effect::Greet { host } if self.absent.contains(&host.as_str()) => {
                EventKind::HostRefused { host, why: "no route".to_owned(), how: Refusal::Unreachable }
            }
            Effect::Greet { host } => {
                let identity = Identity { machine_id: host.clone(), boot_id: "1".to_owned(), life: host.clone(), bash: true, sums: true };
                EventKind::HostGreeted { host, identity, claims: Vec::new() }
            }
            Effect::TakeLock { host, lock } => EventKind::LockTaken { host, lock, number: 1, over: None, reason: None },
            Effect::ReleaseLock { host, lock } => EventKind::LockReleased { host, lock },
            Effect::Reach { node } => EventKind::NodeReached { node, now: 0 },
            Effect::AskGuard { node, guard } => match self.fate(node, false) {
                Some(Fate::Satisfied) => EventKind::NodeSatisfied { node },
                Some(Fate::Away) => {
                    self.lose(node);
                    EventKind::NodeUnreachable { node, why: "no route".to_owned() }
                }
                _ => EventKind::GuardHeld { node, guard, value: None },
            },
            Effect::Begin { node, attempt } => return self.send(node, attempt, false),
            Effect::BeginUndo { node, attempt } => return self.send(node, attempt, true),
            Effect::Recover { node, attempt, undoing } => {
                let fate = self.fate(node, undoing);
                return self.end(node, attempt, undoing, fate);
            }
            Effect::Verify { node, index } => match self.fates.get_mut(&format!("verify {}", self.plan.node(node).path)).and_then(Vec::pop) {
                Some(Fate::Away) => {
                    self.lose(node);
                    EventKind::NodeUnreachable { node, why: "no route".to_owned() }
                }
                Some(_) => EventKind::VerifyFailed { node, index, why: "no".to_owned() },
                None => EventKind::VerifyHeld { node, index },
            },
            Effect::Probe { node, attempt } => EventKind::LostSettled { node, attempt, done: None, why: String::new() },
            Effect::AwaitRetry { node, .. } => EventKind::RetryDue { node },
            Effect::OpenGate { node, opening } => {
                EventKind::GateOpened { node, opening, question: String::new(), deadline: 100, evidence: Vec::new(), evidence_hash: String::new() }
            }
            Effect::AwaitGate { node, opening } => {
                let answer = self.gate.clone().expect("an open gate is not waited for without an answer");
                EventKind::GateAnswered { node, opening, answer, by: by.into(), note: None }
            }
            Effect::AskFailure { node } => EventKind::FailureAnswered { node, answer: self.at_failure.clone(), by, note: None },
            Effect::AskStep { node } => EventKind::StepAnswered { node, answer: StepAnswer::Run, by, note: None },
            Effect::AskInterrupt => EventKind::InterruptAnswered { answer: self.at_interrupt, by },
            Effect::AskManual { node } => EventKind::ManualAsked { node, instructions: String::new(), asks: Vec::new() },
            Effect::AskScope { node } => EventKind::ScopeKept { node, by, why: String::new() },
            other => panic!("no test asks for {other:?}"),
        };
        self.record(kind);
    }

    /// The host of a node can't be reached from now on.
    fn lose(&mut self, node: NodeId) {
        let host = self.plan.node(node).host.clone().expect("it has a host");
        if self.state.away(&host).is_none() {
            self.record(EventKind::HostLost { host, why: "no route".to_owned() });
        }
    }

    fn send(&mut self, node: NodeId, attempt: u32, undoing: bool) {
        let epoch = self.state.epoch;
        self.record(if undoing { EventKind::UndoBegan { node, attempt, epoch } } else { EventKind::StepBegan { node, attempt, epoch } });
        self.deeds.push(format!("{} {}", if undoing { "undo" } else { "run" }, self.plan.node(node).path));
        match self.fate(node, undoing) {
            Some(Fate::Hangs) => {}
            fate => self.end(node, attempt, undoing, fate),
        }
    }

    /// What hung ends well.
    pub(super) fn land(&mut self, path: &str) {
        self.land_as(path, None);
    }

    pub(super) fn land_as(&mut self, path: &str, fate: Option<Fate>) {
        let node = self.node(path);
        let Stage::Began { attempt, .. } = *self.state.stage(node) else { panic!("{path} does not run") };
        self.end(node, attempt, false, fate);
    }

    fn end(&mut self, node: NodeId, attempt: u32, undoing: bool, fate: Option<Fate>) {
        let why = "test".to_owned();
        if fate == Some(Fate::Away) {
            self.lose(node);
        }
        let exit = Exit::Code(i32::from(fate == Some(Fate::Fails)));
        self.record(match (fate, undoing) {
            (Some(Fate::Unsettled | Fate::Away), false) => EventKind::StepUnsettled { node, attempt, why },
            (Some(Fate::Unsettled | Fate::Away), true) => EventKind::UndoUnsettled { node, attempt, why },
            (Some(Fate::Lost), false) => EventKind::StepLost { node, attempt, why },
            (Some(Fate::Lost), true) => EventKind::UndoLost { node, attempt, why },
            (_, true) => EventKind::UndoEnded { node, attempt, ended: exit.into() },
            (_, false) => EventKind::StepEnded { node, attempt, ended: exit.into(), captures: Vec::new(), capture_error: None },
        });
    }
}
