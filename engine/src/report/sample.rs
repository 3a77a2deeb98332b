//! A small run for the tests of its renderers: planned from text, its events written by hand.

use grammar::source::{Source, SourceId};

use crate::check::{NoFiles, ParsedFile, check};
use crate::outcome::{Exit, Identity};
use crate::plan::model::{NodeId, Plan};
use crate::plan::{Inputs, plan};
use crate::run::event::{Actor, Event, EventKind, Millis, Purpose};
use crate::run::state::RunState;

const TEXT: &str = r#"
runbook sample.restart "Restart it" {
  target web: host = "web1"
  boundary work {
    step stop "Stop it" on web { run `systemctl stop x`
      undo `systemctl start x` }
    gate go "Really?" { choices ["now", "later"]; timeout 30m then rollback }
    step start on web { run `systemctl start x`
      undo `systemctl stop x` }
  }
}
"#;

pub(crate) fn sample() -> Plan {
    planned(TEXT)
}

pub(crate) fn planned(text: &str) -> Plan {
    let source = Source { id: SourceId(0), path: "sample.runbook".to_owned(), text: text.to_owned() };
    let parsed = grammar::parse(&source);
    assert_eq!(parsed.diagnostics, []);
    let program = check(ParsedFile { source, file: parsed.file }, &mut NoFiles).expect("it checks");
    plan(&program, &Inputs::default()).expect("it is planned")
}

pub(crate) fn node(plan: &Plan, step: &str) -> NodeId {
    plan.find(step)[0]
}

/// Every event a second after the last one.
pub(crate) fn written(kinds: Vec<EventKind>) -> Vec<Event> {
    (1u64..).zip(kinds).map(|(seq, kind)| Event { seq, at: Millis::from(u32::try_from(seq).expect("few")) * 1000, kind }).collect()
}

/// Up to the open gate: `stop` is done.
pub(crate) fn up_to_the_gate(plan: &Plan) -> Vec<EventKind> {
    let (stop, go) = (node(plan, "stop"), node(plan, "go"));
    let mut kinds = ready(plan);
    kinds.extend([
        EventKind::NodeReached { node: stop, now: 0 },
        EventKind::StepBegan { node: stop, attempt: 1, epoch: 1 },
        EventKind::StepEnded { node: stop, attempt: 1, ended: Exit::Code(0).into(), captures: Vec::new(), capture_error: None },
        EventKind::NodeReached { node: go, now: 0 },
        EventKind::GateOpened { node: go, opening: 1, question: "Really?".to_owned(), deadline: 1_800_000, evidence: Vec::new(), evidence_hash: String::new() },
    ]);
    kinds
}

/// The preflight has passed.
pub(crate) fn ready(plan: &Plan) -> Vec<EventKind> {
    let identity = Identity { machine_id: "m".to_owned(), boot_id: "b".to_owned(), life: "l".to_owned(), bash: true, sums: true };
    let mut kinds = vec![
        EventKind::RunCreated {
            runbook: plan.runbook.clone(),
            plan: plan.hash.clone(),
            pins: Vec::new(),
            engine: "0".to_owned(),
            operator: "mara".to_owned(),
            jobs: 4,
        },
        EventKind::DriverStarted {
            epoch: 1,
            purpose: Purpose::Run,
            operator: "mara".to_owned(),
            pid: 1,
            machine: "m".to_owned(),
            takes_locks: false,
            signed: None,
        },
    ];
    kinds.extend(plan.hosts.iter().map(|h| EventKind::HostGreeted { host: h.name.clone(), identity: identity.clone(), claims: Vec::new() }));
    kinds.push(EventKind::PreflightPassed);
    kinds
}

/// Then `start` fails and the boundary is rolled back by a person.
pub(crate) fn up_to_the_failure(plan: &Plan) -> Vec<EventKind> {
    let (go, start) = (node(plan, "go"), node(plan, "start"));
    let mut kinds = up_to_the_gate(plan);
    kinds.extend([
        EventKind::GateAnswered {
            node: go,
            opening: 1,
            answer: crate::run::event::Answer::Approved { choice: Some("now".to_owned()) },
            by: Actor::Person("mara".to_owned()).into(),
            note: None,
        },
        EventKind::NodeReached { node: start, now: 0 },
        EventKind::StepBegan { node: start, attempt: 1, epoch: 1 },
        EventKind::StepEnded { node: start, attempt: 1, ended: Exit::Code(3).into(), captures: Vec::new(), capture_error: None },
    ]);
    kinds
}

pub(crate) fn folded(plan: &Plan, events: &[Event]) -> RunState {
    RunState::fold(plan, events).expect("it folds")
}
