//! `runbook show RUN --format json`. Scripts rely on its shape: keys are added, never renamed or taken away.

use serde::Serialize;

use super::history::{self, Past};
use super::usual::Usual;
use super::words::{exit_number, node_word};
use crate::plan::model::{EvidenceSpec, GateSpec, Node, NodeKind, Plan, Release};
use crate::run::event::{Answer, Millis, Voter};
use crate::run::gate::valid_until;
use crate::run::state::RunState;
use crate::run::verdict;

#[derive(Debug, Serialize)]
pub struct Shown<'a> {
    pub run: &'a str,
    pub runbook: &'a str,
    pub state: &'static str,
    pub steps: Vec<ShownStep<'a>>,
    pub gates: Vec<ShownGate<'a>>,
    pub scopes: Vec<ShownScope<'a>>,
    pub locks: Vec<ShownLock>,
    /// Hosts that can't be reached, as the last process knew it.
    pub unreachable: Vec<ShownHost<'a>>,
    /// What the run goes on without.
    pub tolerated: Vec<ShownTolerated<'a>>,
}

#[derive(Debug, Serialize)]
pub struct ShownHost<'a> {
    pub host: &'a str,
    pub why: String,
}

#[derive(Debug, Serialize)]
pub struct ShownTolerated<'a> {
    /// The path of what failed.
    pub id: &'a str,
    pub host: Option<&'a str>,
    pub why: String,
}

#[derive(Debug, Serialize)]
pub struct ShownLock {
    pub lock: String,
    pub host: String,
    /// `held`, or `left` where it could not be given back.
    pub state: &'static str,
    pub number: Option<u64>,
    /// Milliseconds since the epoch.
    pub since: Option<Millis>,
}

#[derive(Debug, Serialize)]
pub struct ShownStep<'a> {
    /// The path.
    pub id: &'a str,
    pub host: Option<&'a str>,
    pub state: &'static str,
    pub attempts: u32,
    /// Of its last attempt.
    pub exit: Option<i32>,
    /// How long that took, and how long it took in earlier runs; milliseconds.
    pub took: Option<Millis>,
    pub usually: Option<Millis>,
    /// What a manual step asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<ShownEvidence<'a>>,
}

#[derive(Debug, Serialize)]
pub struct ShownEvidence<'a> {
    pub name: &'a str,
    #[serde(rename = "type")]
    pub kind: String,
    /// Null before the step asks.
    pub question: Option<&'a str>,
    /// Null until it is entered.
    pub value: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct ShownGate<'a> {
    pub id: &'a str,
    pub state: &'static str,
    pub question: Option<String>,
    /// Milliseconds since the epoch; null before it opens.
    pub deadline: Option<Millis>,
    pub choices: &'a [String],
    pub choice: Option<String>,
    pub by: Option<String>,
    /// Whether that is the name of a signer, with their signature in the journal.
    pub signed: bool,
    pub note: Option<String>,
    /// The OS users whose yes counts; empty for anybody's.
    pub approvers: &'a [String],
    /// Whether a yes of who started or resumed the run does not count. Unsigned: a courtesy.
    pub second_person: bool,
    /// Milliseconds since the epoch; null where what is shown does not get too old.
    pub valid_until: Option<Millis>,
}

#[derive(Debug, Serialize)]
pub struct ShownScope<'a> {
    pub id: &'a str,
    pub host: Option<&'a str>,
    pub state: &'static str,
    pub release: &'static str,
}

/// A run as scripts see it.
#[must_use]
pub fn shown<'a>(run: &'a str, plan: &'a Plan, state: &RunState, pasts: &'a [Past], usual: &Usual) -> Shown<'a> {
    let mut shown = Shown {
        run,
        runbook: &plan.runbook,
        state: verdict::word(state),
        steps: Vec::new(),
        gates: Vec::new(),
        scopes: Vec::new(),
        locks: locks(state),
        unreachable: Vec::new(),
        tolerated: Vec::new(),
    };
    shown.unreachable.extend(plan.hosts.iter().filter_map(|h| Some(ShownHost { host: &h.name, why: state.away(&h.name)?.to_owned() })));
    for (id, why) in history::tolerated(plan, state, pasts) {
        let node = plan.node(id);
        shown.tolerated.push(ShownTolerated { id: &node.path, host: node.host.as_deref(), why: why.to_owned() });
    }
    for (id, node) in plan.iter() {
        let (past, now) = (&pasts[id.index()], state.node(id));
        let host = node.host.as_deref();
        match &node.kind {
            NodeKind::Step(_) | NodeKind::Manual { .. } => shown.steps.push(ShownStep {
                id: &node.path,
                host,
                state: node_word(plan, state, id),
                attempts: now.attempts,
                exit: past.exit.as_ref().and_then(exit_number),
                took: past.took(),
                usually: usual.took(plan, id),
                evidence: evidence_of(plan, node, past),
            }),
            NodeKind::Gate(gate) => {
                let valid_until = state.gates.get(&id).and_then(|opening| valid_until(gate, opening));
                shown.gates.push(gate_of(&node.path, node_word(plan, state, id), gate, valid_until, past));
            }
            NodeKind::Enter { release, .. } => {
                shown.scopes.push(ShownScope { id: &node.path, host, state: node_word(plan, state, id), release: release_word(*release) })
            }
            NodeKind::Leave { .. } | NodeKind::Fact(_) | NodeKind::Require(_) | NodeKind::Join => {}
        }
    }
    shown
}

fn locks(state: &RunState) -> Vec<ShownLock> {
    let shown = |(host, lock): &(String, String), state, number, since| ShownLock { lock: lock.clone(), host: host.clone(), state, number, since };
    let held = state.locks.iter().map(|(place, held)| shown(place, "held", Some(held.number), Some(held.since)));
    held.chain(state.locks_left.keys().map(|place| shown(place, "left", None, None))).collect()
}

fn evidence_of<'a>(plan: &'a Plan, node: &'a Node, past: &'a Past) -> Vec<ShownEvidence<'a>> {
    let shown = |(at, spec): (usize, &EvidenceSpec)| ShownEvidence {
        name: &plan.slots[spec.slot.index()].name,
        kind: spec.kind.written_as(),
        question: past.asks.get(at).map(String::as_str),
        value: past.entered.iter().find(|(slot, _)| *slot == spec.slot).map(|(_, value)| value.display()),
    };
    node.evidence().iter().enumerate().map(shown).collect()
}

fn gate_of<'a>(id: &'a str, state: &'static str, gate: &'a GateSpec, valid_until: Option<Millis>, past: &Past) -> ShownGate<'a> {
    let opened = past.gate.as_ref();
    let answered = opened.and_then(|g| g.answered.as_ref());
    ShownGate {
        id,
        state,
        question: opened.map(|g| g.question.clone()),
        deadline: opened.map(|g| g.deadline),
        choices: &gate.choices,
        choice: answered.and_then(|(answer, _, _)| match answer {
            Answer::Approved { choice } => choice.clone(),
            Answer::Rejected => None,
        }),
        by: answered.map(|(_, by, _)| match by {
            Voter::Person(_) | Voter::Signed(_) => by.name().to_owned(),
            Voter::Policy => "policy".to_owned(),
        }),
        signed: answered.is_some_and(|(_, by, _)| matches!(by, Voter::Signed(_))),
        note: answered.and_then(|(_, _, note)| note.clone()),
        approvers: &gate.approvers,
        second_person: gate.second_person,
        valid_until,
    }
}

fn release_word(release: Release) -> &'static str {
    match release {
        Release::Always => "always",
        Release::OnSuccess => "on_success",
        Release::Ask => "ask",
    }
}

#[cfg(test)]
mod tests {
    use super::super::history;
    use super::super::sample::{folded, sample, up_to_the_failure, up_to_the_gate, written};
    use super::*;

    #[test]
    fn the_shape_that_scripts_rely_on() {
        let plan = sample();
        let events = written(up_to_the_failure(&plan));
        let json = serde_json::to_value(shown("abc", &plan, &folded(&plan, &events), &history::of(&plan, &events), &Usual::default())).expect("it serializes");
        assert_eq!(
            json,
            serde_json::json!({
                "run": "abc",
                "runbook": "sample.restart",
                "state": "running",
                "steps": [
                    {"id": "stop@web1", "host": "web1", "state": "succeeded", "attempts": 1, "exit": 0, "took": 1000, "usually": null},
                    {"id": "start@web1", "host": "web1", "state": "failed", "attempts": 1, "exit": 3, "took": 1000, "usually": null},
                ],
                "gates": [{"id": "go", "state": "approved", "question": "Really?", "deadline": 1_800_000, "choices": ["now", "later"], "choice": "now", "by": "mara", "signed": false, "note": null, "approvers": [], "second_person": false, "valid_until": null}],
                "scopes": [],
                "locks": [],
                "unreachable": [],
                "tolerated": [],
            })
        );
    }

    #[test]
    fn an_open_gate_makes_the_run_waiting() {
        let plan = sample();
        let events = written(up_to_the_gate(&plan));
        let state = folded(&plan, &events);
        let pasts = history::of(&plan, &events);
        let shown = shown("abc", &plan, &state, &pasts, &Usual::default());
        assert_eq!((shown.state, shown.gates[0].state, shown.steps[1].state), ("waiting", "open", "pending"));
    }
}
