//! What the events say of each node beyond its state: when it began and ended, and its last exit.

use crate::outcome::Exit;
use crate::plan::model::{NodeId, Plan, SlotId};
use crate::run::event::{Answer, Event, EventKind, Evidence, Millis, Voter};
use crate::run::fleet;
use crate::run::state::RunState;
use crate::value::Value;

/// One node's past.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    pub began: Option<Millis>,
    pub ended: Option<Millis>,
    pub exit: Option<Exit>,
    pub undo_exit: Option<Exit>,
    pub gate: Option<GatePast>,
    pub instructions: Option<String>,
    /// What a person is to enter, and what they entered.
    pub asks: Vec<String>,
    pub entered: Vec<(SlotId, Value)>,
    /// Why the run went on without it.
    pub tolerated: Option<String>,
}

/// The last opening of a gate.
#[derive(Debug, Clone, PartialEq)]
pub struct GatePast {
    pub opening: u32,
    pub question: String,
    pub deadline: Millis,
    pub evidence: Vec<Evidence>,
    pub answered: Option<(Answer, Voter, Option<String>)>,
}

/// The past of every node, by its position in the plan.
#[must_use]
pub fn of(plan: &Plan, events: &[Event]) -> Vec<Past> {
    let mut pasts = vec![Past::default(); plan.nodes.len()];
    for event in events {
        if let Some(past) = event.kind.node().and_then(|NodeId(id)| pasts.get_mut(id as usize)) {
            past.take(event);
        }
    }
    pasts
}

/// What the run goes on without, and why.
#[must_use]
pub fn tolerated<'p>(plan: &Plan, state: &RunState, pasts: &'p [Past]) -> Vec<(NodeId, &'p str)> {
    plan.iter().filter(|(id, _)| fleet::is_left_out(plan, state, *id)).filter_map(|(id, _)| Some((id, pasts[id.index()].tolerated.as_deref()?))).collect()
}

impl Past {
    fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::StepBegan { .. } => {
                self.began = Some(event.at);
                self.ended = None;
                self.exit = None;
            }
            EventKind::StepEnded { ended, .. } => {
                self.ended = Some(event.at);
                self.exit = Some(ended.exit.clone());
            }
            EventKind::HostRebooted { .. }
            | EventKind::RebootMissed { .. }
            | EventKind::VerifyHeld { .. }
            | EventKind::VerifyFailed { .. }
            | EventKind::LostSettled { .. } => self.ended = Some(event.at),
            EventKind::UndoEnded { ended, .. } => self.undo_exit = Some(ended.exit.clone()),
            EventKind::ManualAsked { instructions, asks, .. } => {
                self.began = Some(event.at);
                self.ended = None;
                self.instructions = Some(instructions.clone());
                self.asks.clone_from(asks);
                self.entered.clear();
            }
            EventKind::ManualAnswered { entered, .. } => {
                self.ended = Some(event.at);
                self.entered.clone_from(entered);
            }
            EventKind::FailureTolerated { why, .. } => self.tolerated = Some(why.clone()),
            EventKind::GateOpened { opening, question, deadline, evidence, .. } => {
                self.gate = Some(GatePast { opening: *opening, question: question.clone(), deadline: *deadline, evidence: evidence.clone(), answered: None });
            }
            EventKind::GateLapsed { .. } => self.gate.iter_mut().for_each(|gate| gate.answered = None),
            EventKind::GateAnswered { answer, by, note, .. } => {
                if let Some(gate) = &mut self.gate {
                    gate.answered = Some((answer.clone(), by.clone(), note.clone()));
                }
            }
            _ => {}
        }
    }

    /// How long its last attempt took.
    #[must_use]
    pub fn took(&self) -> Option<Millis> {
        Some(self.ended? - self.began?)
    }
}
