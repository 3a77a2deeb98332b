//! What people say, and what silence says: manual steps, gates, failures.

use super::super::approver::Wanted;
use super::super::event::{Answer, EventKind, FailureAnswer, StepAnswer, Voter};
use super::super::gate::{self, Opening};
use super::super::state::{Declined, Failure, Phase, Stage, Unwinding};
use super::super::{fleet, stepping};
use super::{Next, Visit};
use crate::plan::model::{NodeKind, SlotId};
use crate::plan::typed;
use crate::value::Value;

impl Visit<'_> {
    pub(super) fn person(mut self) -> Result<Next, ()> {
        let at = self.id.index();
        Ok(Next::Becomes(match (&self.stage, &self.event.kind) {
            (Stage::Guarding { .. }, EventKind::ManualAsked { .. }) => {
                self.state.use_answers(self.plan, self.id);
                Stage::AwaitingPerson
            }
            (Stage::AwaitingPerson, EventKind::ManualAnswered { done, note, entered, .. }) if self.is_whole(*done, entered) => {
                let host = self.host();
                for (slot, value) in entered {
                    self.state.slots.entry(*slot).or_default().insert(host.clone(), value.clone());
                }
                let node = &mut self.state.nodes[at];
                node.attempts += 1;
                node.effective += 1;
                node.declined = !done;
                let attempt = node.attempts;
                if *done { self.ran(attempt, 0) } else { Stage::Failed { attempt, why: Failure::Manual { note: note.clone().unwrap_or_default() } } }
            }
            (Stage::Guarding { .. }, EventKind::GateOpened { opening, deadline, .. }) if *opening == self.state.nodes[at].openings + 1 => {
                self.state.nodes[at].openings += 1;
                self.open();
                Stage::Open { opening: *opening, deadline: *deadline }
            }
            // P2: an answer after the deadline is none, whoever is alive. P3: nor is a yes of somebody else than was asked.
            (Stage::Open { opening: o, deadline }, EventKind::GateAnswered { opening, answer, by, .. })
                if o == opening && self.event.at <= *deadline && self.takes(answer, by) =>
            {
                match answer {
                    Answer::Approved { choice } => {
                        let choice = choice.clone();
                        self.choose(choice)
                    }
                    Answer::Rejected => Stage::Declined { opening: *opening, why: Declined::Rejected },
                }
            }
            (Stage::Open { opening: o, deadline }, EventKind::GateLapsed { opening, .. }) if o == opening => {
                let deadline = *deadline;
                self.state.gates.entry(self.id).and_modify(|g| g.deadline = Some(deadline));
                Stage::Pending
            }
            (Stage::Approved { .. }, EventKind::GateLapsed { opening, .. })
                if *opening == self.state.nodes[at].openings && !self.state.closing && self.state.gates.get(&self.id).is_some_and(|g| !g.consumed) =>
            {
                self.state.put_back_behind(self.plan, self.id);
                Stage::Pending
            }
            (Stage::Open { opening: o, .. }, EventKind::GateExpired { opening, live, .. }) if o == opening => {
                Stage::Declined { opening: *opening, why: Declined::Expired { live: *live } }
            }
            (Stage::Declined { .. }, EventKind::RunEnding { .. }) => {
                self.state.ending = Some(Some(format!("the gate `{}` said end", self.node.path)));
                self.state.phase = Phase::Ending;
                return Ok(Next::Stays);
            }
            (_, EventKind::StepAnswered { answer, note, .. }) => {
                let (answer, note) = (*answer, note.clone());
                return self.step_answered(answer, note.unwrap_or_default());
            }
            (stage, EventKind::ShellOpened { .. })
                if self.node.host.is_some()
                    && (stage.is_trouble() || stepping::is_held_back(self.plan, self.state, self.id))
                    && self.state.shells.insert(self.id) =>
            {
                return Ok(Next::Stays);
            }
            (_, EventKind::ShellClosed { .. }) if self.state.shells.remove(&self.id) => return Ok(Next::Stays),
            (stage, EventKind::FailureAnswered { .. }) if stage.is_trouble() => return self.failure(),
            _ => return Err(()),
        }))
    }

    /// Who has done it has entered all that was asked for, each by its type; who has not enters nothing.
    fn is_whole(&self, done: bool, entered: &[(SlotId, Value)]) -> bool {
        let asked = if done { self.node.evidence() } else { &[] };
        asked.len() == entered.len()
            && asked.iter().zip(entered).all(|(spec, (slot, value))| spec.slot == *slot && typed(value.clone(), &spec.kind).is_ok_and(|v| v == *value))
    }

    fn open(&mut self) {
        let NodeKind::Gate(gate) = &self.node.kind else { return };
        let boot = |host: &String| self.state.hosts.get(host).map(|h| (host.clone(), h.met.boot_id.clone()));
        let boots = gate.show.iter().filter_map(|show| boot(&show.host)).collect();
        self.state.gates.insert(self.id, Opening { at: self.event.at, boots, consumed: false, deadline: None });
    }

    /// Whether the answer is one of somebody whose word counts, about something that is not too old.
    fn takes(&self, answer: &Answer, by: &Voter) -> bool {
        let (NodeKind::Gate(gate), Some(opening)) = (&self.node.kind, self.state.gates.get(&self.id)) else { return false };
        let fresh = *answer == Answer::Rejected || !gate::is_stale(gate, opening, self.event.at);
        fresh && Wanted::of(gate, self.state).takes(answer, by).is_ok()
    }

    fn choose(self, choice: Option<String>) -> Stage {
        if let (NodeKind::Gate(gate), Some(choice)) = (&self.node.kind, &choice)
            && let Some(slot) = gate.slot
        {
            self.state.slots.entry(slot).or_default().insert(String::new(), Value::String(choice.clone()));
        }
        Stage::Approved { choice }
    }

    /// P4: what a person says before a step. Nothing of it has run, so that it is marked done or skipped leaves nothing
    /// to undo.
    fn step_answered(self, answer: StepAnswer, reason: String) -> Result<Next, ()> {
        if !stepping::is_held_back(self.plan, self.state, self.id) {
            return Err(());
        }
        match (answer, &self.node.kind) {
            (StepAnswer::Run, _) => {
                self.state.confirmed.insert(self.id);
            }
            (StepAnswer::RunTheRest, _) => {
                self.state.confirmed.insert(self.id);
                self.state.stepping = false;
            }
            // A scope is kept, or was released by somebody.
            (StepAnswer::Skip, NodeKind::Leave { enter }) => self.state.nodes[enter.index()].stage = Stage::Kept { why: reason },
            (StepAnswer::MarkDone, NodeKind::Leave { enter }) => self.state.nodes[enter.index()].stage = Stage::UndoneByHand { note: reason },
            (StepAnswer::Skip, _) => return Ok(Next::Becomes(Stage::SkippedByPerson { reason })),
            (StepAnswer::MarkDone, _) => return Ok(Next::Becomes(Stage::MarkedDone { reason })),
            (StepAnswer::RollBack, _) => self.roll_back(),
            (StepAnswer::Park, _) => self.state.parking = Some(format!("parked before `{}`", self.node.path)),
        }
        Ok(Next::Stays)
    }

    /// The innermost boundary around it, or all of the run where there is none.
    fn roll_back(self) {
        let to = self.plan.boundary_of(self.node.block).map_or(Unwinding::Everything, Unwinding::Boundary);
        self.state.unwind(to);
    }

    fn failure(self) -> Result<Next, ()> {
        let EventKind::FailureAnswered { answer, note, .. } = &self.event.kind else { return Err(()) };
        let reason = note.clone().unwrap_or_default();
        let is_left_out = fleet::is_left_out(self.plan, self.state, self.id);
        // It stands, and is told of even where nobody could be told before it was answered.
        let stands = (*answer != FailureAnswer::Retry).then(|| self.state.failure_of(self.id));
        if *answer == FailureAnswer::Retry
            && let Some(host) = self.node.host.as_ref().and_then(|h| self.state.hosts.get_mut(h))
        {
            // It is sought once more.
            host.lost = None;
        }
        let next = match (answer, self.stage) {
            // R8: what may still run is neither done nor passed over, for then a rollback would undo over it.
            (FailureAnswer::MarkDone | FailureAnswer::Skip, Stage::Unsettled { .. }) => return Err(()),
            // P3: only who is asked passes a gate, and only with an answer to it.
            (FailureAnswer::MarkDone | FailureAnswer::Skip, Stage::Declined { .. }) => return Err(()),
            (FailureAnswer::Retry | FailureAnswer::MarkDone | FailureAnswer::Skip, stage) if is_left_out && !matches!(stage, Stage::Unsettled { .. }) => {
                return Err(());
            }
            (FailureAnswer::Retry, Stage::Unreachable { was, .. }) => Next::Becomes(was.into()),
            // Whatever may still run is found first: K3.
            (FailureAnswer::Retry, Stage::Unsettled { attempt, undoing, why, .. }) => Next::Becomes(Stage::Unsettled { attempt, epoch: 0, undoing, why }),
            (FailureAnswer::Retry, _) => Next::Becomes(Stage::Pending),
            (FailureAnswer::MarkDone, _) => Next::Becomes(Stage::MarkedDone { reason }),
            (FailureAnswer::Skip, _) => Next::Becomes(Stage::SkippedByPerson { reason }),
            (FailureAnswer::RollBack, _) => {
                self.state.last_failed = Some(self.id);
                let to = self.plan.boundary_of(self.node.block).map_or(Unwinding::Everything, Unwinding::Boundary);
                self.state.unwind(to);
                Next::Stays
            }
            (FailureAnswer::Park, _) => {
                self.state.parking = Some(fleet::told(self.plan, self.state, self.id));
                Next::Stays
            }
        };
        self.state.nodes[self.id.index()].declined = false;
        if let Some(failure) = stands {
            self.state.occurs(self.plan, failure);
        }
        Ok(next)
    }
}
