//! What an answer at a gate means, and for how long it counts.

use std::collections::BTreeMap;

use super::event::{Answer, Millis};
use super::fleet;
use super::state::{RunState, Stage};
use super::unwind::ancestors;
use crate::plan::model::{GateSpec, HostName, NodeId, NodeKind, Plan};
use crate::plan::template::Prose;

/// The last opening of a gate: what its answer rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// When its evidence was taken.
    pub at: Millis,
    /// The boots of the hosts that were shown.
    pub boots: BTreeMap<HostName, String>,
    /// Something has begun behind it: its answer can't lapse any more.
    pub consumed: bool,
    /// It was shown anew without an answer: silence still ends when it would have.
    pub deadline: Option<Millis>,
}

/// Why an answer lapses that came late, or was not used in time.
pub const TOO_OLD: &str = "what it showed is older than its `valid_for`";

/// Whether what a gate shows is too old for an answer.
#[must_use]
pub fn is_stale(gate: &GateSpec, opening: &Opening, now: Millis) -> bool {
    valid_until(gate, opening).is_some_and(|until| now > until)
}

/// Until when an answer may rest on what was shown; none where that is said of no time.
#[must_use]
pub fn valid_until(gate: &GateSpec, opening: &Opening) -> Option<Millis> {
    let seconds = i64::try_from(gate.valid_for?).unwrap_or(i64::MAX / 2000);
    Some(opening.at.saturating_add(seconds.saturating_mul(1000)))
}

/// The answers that still wait for something to begin behind them.
pub fn unused<'a>(plan: &'a Plan, state: &'a RunState) -> impl Iterator<Item = (NodeId, &'a GateSpec, &'a Opening)> {
    state.gates.iter().filter_map(|(id, opening)| match &plan.node(*id).kind {
        NodeKind::Gate(gate) if !opening.consumed && is_answered_and_ahead(plan, state, *id) => Some((*id, &**gate, opening)),
        _ => None,
    })
}

fn is_answered_and_ahead(plan: &Plan, state: &RunState, id: NodeId) -> bool {
    matches!(state.stage(id), Stage::Approved { .. }) && !fleet::is_left_out(plan, state, id)
}

/// An answer that rests on a host which has rebooted since it was shown.
pub(super) fn rebooted(plan: &Plan, state: &RunState) -> Option<(NodeId, String)> {
    unused(plan, state).find_map(|(id, _, opening)| {
        let (host, _) = opening.boots.iter().find(|(host, boot)| state.hosts.get(*host).is_some_and(|h| h.met.boot_id != **boot))?;
        Some((id, format!("{host} has rebooted since it was shown")))
    })
}

impl RunState {
    /// Something begins: the answers before it are used up.
    pub(super) fn use_answers(&mut self, plan: &Plan, node: NodeId) {
        if self.gates.values().all(|opening| opening.consumed) {
            return;
        }
        let before = ancestors(plan, &[node]);
        for (id, opening) in &mut self.gates {
            opening.consumed |= before[id.index()] && matches!(self.nodes[id.index()].stage, Stage::Approved { .. });
        }
    }

    /// What was being guarded behind a gate whose answer has lapsed starts over, when it is answered again.
    pub(super) fn put_back_behind(&mut self, plan: &Plan, gate: NodeId) {
        let mut behind = vec![false; self.nodes.len()];
        behind[gate.index()] = true;
        for (id, node) in plan.iter() {
            behind[id.index()] |= node.after.iter().any(|before| behind[before.index()]);
            if behind[id.index()] && matches!(self.nodes[id.index()].stage, Stage::Guarding { .. }) {
                self.nodes[id.index()].stage = Stage::Pending;
            }
        }
    }
}

/// A choice where the gate has choices, the typed word where it wants one, else yes or no; behind a yes the number of
/// hosts, where it is `typed`. `None`: not an answer.
#[must_use]
pub fn read_answer(gate: &GateSpec, given: &str, typed: Option<usize>, text: &dyn Fn(&Prose) -> String) -> Option<Answer> {
    if matches!(given, "reject" | "no") {
        return Some(Answer::Rejected);
    }
    let given = match typed {
        Some(hosts) => given.strip_suffix(&format!(" {hosts}"))?,
        None => given,
    };
    if !gate.choices.is_empty() {
        return gate.choices.iter().any(|c| c == given).then(|| Answer::Approved { choice: Some(given.to_owned()) });
    }
    let accepted = match &gate.confirm {
        Some(word) => text(word) == given,
        None => matches!(given, "approve" | "yes"),
    };
    accepted.then_some(Answer::Approved { choice: None })
}
