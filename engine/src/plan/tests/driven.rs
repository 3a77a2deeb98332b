//! Plans in the hands of the decider, in a world where all goes well: each must come to its end.

use super::*;
use crate::outcome::{Exit, Identity};
use crate::run::decide::decide;
use crate::run::effect::Effect;
use crate::run::event::{Actor, Answer, Event, EventKind, Purpose};
use crate::run::state::{Phase, RunState};
use crate::value::{Type, Value};

struct World<'a> {
    plan: &'a Plan,
    state: RunState,
    began: Vec<String>,
}

impl World<'_> {
    fn take(&mut self, kind: EventKind) {
        let event = Event { seq: self.state.seq + 1, at: 0, kind };
        self.state.apply(self.plan, &event).unwrap_or_else(|e| panic!("{e}"));
    }

    fn answer(&mut self, effect: Effect) {
        let person = || Actor::Person("me".to_owned());
        let done = Exit::Code(0);
        match effect {
            Effect::Greet { host } => {
                let identity = Identity { machine_id: host.clone(), boot_id: "b".to_owned(), life: host.clone(), bash: true, sums: true };
                self.take(EventKind::HostGreeted { host, identity, claims: Vec::new() });
            }
            Effect::ReadFact { fact, host } => self.take(EventKind::FactRead { fact, host, value: Value::Bool(true) }),
            Effect::AskRequire { require, host } => self.take(EventKind::RequireHeld { require, host }),
            Effect::TakeLock { host, lock } => self.take(EventKind::LockTaken { host, lock, number: 1, over: None, reason: None }),
            Effect::ReleaseLock { host, lock } => self.take(EventKind::LockReleased { host, lock }),
            Effect::Reach { node } => self.take(EventKind::NodeReached { node, now: 0 }),
            Effect::AskGuard { node, guard } => {
                let value = self.plan.node(node).guard_slot(guard).map(|_| Value::Bool(true));
                self.take(EventKind::GuardHeld { node, guard, value });
            }
            Effect::Begin { node, attempt } => {
                self.began.push(self.plan.node(node).path.clone());
                self.take(EventKind::StepBegan { node, attempt, epoch: 1 });
                self.take(EventKind::StepEnded { node, attempt, ended: done.into(), captures: Vec::new(), capture_error: None });
            }
            Effect::Verify { node, index } => self.take(EventKind::VerifyHeld { node, index }),
            Effect::OpenGate { node, opening } => {
                self.take(EventKind::GateOpened { node, opening, question: String::new(), deadline: 1, evidence: Vec::new(), evidence_hash: String::new() })
            }
            Effect::AwaitGate { node, opening } => {
                self.take(EventKind::GateAnswered { node, opening, answer: Answer::Approved { choice: None }, by: person().into(), note: None })
            }
            Effect::AskManual { node } => self.take(EventKind::ManualAsked { node, instructions: String::new(), asks: Vec::new() }),
            Effect::AwaitManual { node } => {
                self.take(EventKind::ManualAnswered { node, done: true, by: person(), note: None, entered: entered(self.plan.node(node)) })
            }
            Effect::BeginUndo { node, attempt } => {
                self.began.push(format!("undo {}", self.plan.node(node).path));
                self.take(EventKind::UndoBegan { node, attempt, epoch: 1 });
                self.take(EventKind::UndoEnded { node, attempt, ended: done.into() });
            }
            Effect::AskScope { node } => self.take(EventKind::ScopeReleaseChosen { node, by: person() }),
            Effect::Record(kind) => self.take(kind),
            other => panic!("nothing goes wrong here, but: {other:?}"),
        }
    }
}

/// Something of each type that a person is asked for.
pub(crate) fn entered(node: &Node) -> Vec<(SlotId, Value)> {
    let written = |kind: &Type| match kind.present() {
        Type::Bool => "true",
        Type::Duration => "3s",
        Type::Size => "3MB",
        Type::Percent => "3%",
        Type::Url => "https://example.org/",
        Type::Date => "2021-09-13",
        Type::DateTime => "2021-09-13T08:00:00Z",
        _ => "3",
    };
    node.evidence().iter().map(|spec| (spec.slot, crate::plan::entered(written(&spec.kind), &spec.kind).expect("it is of its type"))).collect()
}

/// What ran, in order, until the run was done.
pub(super) fn driven(plan: &Plan) -> Vec<String> {
    let mut world = World { plan, state: RunState::new(plan), began: Vec::new() };
    world.take(EventKind::RunCreated {
        runbook: plan.runbook.clone(),
        plan: plan.hash.clone(),
        pins: Vec::new(),
        engine: "test".to_owned(),
        operator: "me".to_owned(),
        jobs: 8,
    });
    world.take(EventKind::DriverStarted {
        epoch: 1,
        purpose: Purpose::Run,
        operator: "me".to_owned(),
        pid: 1,
        machine: "m".to_owned(),
        takes_locks: false,
        signed: None,
    });
    for _ in 0..20_000 {
        if world.state.phase == Phase::Done {
            return world.began;
        }
        let effects = decide(plan, &world.state);
        // One answer at a time: the rest may be named again.
        let Some(effect) = effects.into_iter().next() else { panic!("nothing to do, and the run is {:?}", world.state.phase) };
        world.answer(effect);
    }
    panic!("it does not end");
}

#[test]
fn the_language_pages_example_runs_to_its_end() {
    let ran = driven(&super::example::example());
    assert_eq!(ran.first().map(String::as_str), Some("icinga.downtime@local"));
    assert_eq!(ran[ran.len() - 2..], ["undo puppet.disabled@matomo1002.eqiad.wmnet", "undo icinga.downtime@local"]);
}
