//! What people say, and what silence says: manual steps, gates, failures.

use super::super::event::{Answer, EventKind, FailureAnswer};
use super::super::state::{Declined, Failure, Phase, Stage, Unwinding};
use super::{Next, Visit};
use crate::plan::model::{NodeKind, SlotId};
use crate::plan::typed;
use crate::value::Value;

impl Visit<'_> {
    pub(super) fn person(self) -> Result<Next, ()> {
        let at = self.id.index();
        Ok(Next::Becomes(match (&self.stage, &self.event.kind) {
            (Stage::Guarding { .. }, EventKind::ManualAsked { .. }) => Stage::AwaitingPerson,
            (Stage::AwaitingPerson, EventKind::ManualAnswered { done, note, entered, .. }) if self.is_whole(*done, entered) => {
                let host = self.host();
                for (slot, value) in entered {
                    self.state.slots.entry(*slot).or_default().insert(host.clone(), value.clone());
                }
                let node = &mut self.state.nodes[at];
                node.attempts += 1;
                node.effective += 1;
                let attempt = node.attempts;
                if *done { self.ran(attempt, 0) } else { Stage::Failed { attempt, why: Failure::Manual { note: note.clone().unwrap_or_default() } } }
            }
            (Stage::Guarding { .. }, EventKind::GateOpened { opening, deadline, .. }) if *opening == self.state.nodes[at].openings + 1 => {
                self.state.nodes[at].openings += 1;
                Stage::Open { opening: *opening, deadline: *deadline }
            }
            // P2: an answer after the deadline is none, whoever is alive.
            (Stage::Open { opening: o, deadline }, EventKind::GateAnswered { opening, answer, .. }) if o == opening && self.event.at <= *deadline => {
                match answer {
                    Answer::Approved { choice } => {
                        let choice = choice.clone();
                        self.choose(choice)
                    }
                    Answer::Rejected => Stage::Declined { opening: *opening, why: Declined::Rejected },
                }
            }
            (Stage::Open { opening: o, .. }, EventKind::GateExpired { opening, live, .. }) if o == opening => {
                Stage::Declined { opening: *opening, why: Declined::Expired { live: *live } }
            }
            (Stage::Declined { .. }, EventKind::RunEnding { .. }) => {
                self.state.ending = Some(Some(format!("the gate `{}` said end", self.node.path)));
                self.state.phase = Phase::Ending;
                return Ok(Next::Stays);
            }
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

    fn choose(self, choice: Option<String>) -> Stage {
        if let (NodeKind::Gate(gate), Some(choice)) = (&self.node.kind, &choice)
            && let Some(slot) = gate.slot
        {
            self.state.slots.entry(slot).or_default().insert(String::new(), Value::String(choice.clone()));
        }
        Stage::Approved { choice }
    }

    fn failure(self) -> Result<Next, ()> {
        let EventKind::FailureAnswered { answer, note, .. } = &self.event.kind else { return Err(()) };
        let reason = note.clone().unwrap_or_default();
        Ok(match (answer, self.stage) {
            // Whatever may still run is found first: K3.
            (FailureAnswer::Retry, Stage::Unsettled { attempt, undoing, why, .. }) => Next::Becomes(Stage::Unsettled { attempt, epoch: 0, undoing, why }),
            (FailureAnswer::Retry, _) => Next::Becomes(Stage::Pending),
            (FailureAnswer::MarkDone, _) => Next::Becomes(Stage::MarkedDone { reason }),
            (FailureAnswer::Skip, _) => Next::Becomes(Stage::SkippedByPerson { reason }),
            (FailureAnswer::RollBack, _) => {
                let to = self.plan.boundary_of(self.node.block).map_or(Unwinding::Everything, Unwinding::Boundary);
                self.state.unwind(to);
                Next::Stays
            }
            (FailureAnswer::Park, _) => {
                self.state.parking = Some(format!("`{}` failed", self.node.path));
                Next::Stays
            }
        })
    }
}
