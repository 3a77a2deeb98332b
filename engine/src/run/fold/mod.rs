//! One event at a time into the state. An event that is illegal where the run stands is an error, never a default:
//! a journal that does not fold was not written by this engine.
//!
//! [`run`] takes in what concerns the run as a whole; a node's events go by what they are about: [`step`], [`people`],
//! [`undo`]. Each names the legal transitions, and nothing else is one.

mod people;
mod run;
mod step;
mod undo;

use thiserror::Error;

use super::event::{Event, EventKind};
use super::state::{Phase, RunState, Stage};
use crate::plan::model::{Node, NodeId, Plan};

#[derive(Debug, Error, PartialEq)]
#[error("event {seq} ({event}) is not possible here: {stands}")]
pub struct IllegalEvent {
    pub seq: u64,
    pub event: String,
    pub stands: String,
}

/// What an event makes of a node.
enum Next {
    Becomes(Stage),
    /// Its stage stays; something around it has changed.
    Stays,
}

/// A node that an event came to.
struct Visit<'a> {
    plan: &'a Plan,
    node: &'a Node,
    id: NodeId,
    /// Where it stood.
    stage: Stage,
    state: &'a mut RunState,
    event: &'a Event,
}

impl RunState {
    /// Folds a whole journal.
    ///
    /// # Errors
    /// The first event that is not possible where it stands.
    pub fn fold(plan: &Plan, events: &[Event]) -> Result<Self, IllegalEvent> {
        let mut state = Self::new(plan);
        for event in events {
            state.apply(plan, event)?;
        }
        Ok(state)
    }

    /// Takes one event in. On an error the state is as it was.
    ///
    /// # Errors
    /// The event is not possible here.
    pub fn apply(&mut self, plan: &Plan, event: &Event) -> Result<(), IllegalEvent> {
        let illegal = |stands: String| IllegalEvent { seq: event.seq, event: event.kind.name(), stands };
        if event.seq != self.seq + 1 {
            return Err(illegal(format!("the last event was {}", self.seq)));
        }
        match event.kind.node() {
            Some(id) if id.index() >= self.nodes.len() => return Err(illegal(format!("the plan has {} nodes", self.nodes.len()))),
            Some(id) => self
                .apply_to_node(plan, id, event)
                .map_err(|()| illegal(format!("the run is {:?} and `{}` is {:?}", self.phase, plan.node(id).path, self.stage(id))))?,
            None => self.apply_to_run(plan, event).map_err(|()| illegal(format!("the run is {:?}", self.phase)))?,
        }
        self.seq = event.seq;
        Ok(())
    }

    fn apply_to_node(&mut self, plan: &Plan, id: NodeId, event: &Event) -> Result<(), ()> {
        let active = matches!(self.phase, Phase::Running | Phase::RollingBack | Phase::Ending | Phase::Releasing { .. });
        // A person may answer while nobody drives the run; everything else is a driver's.
        let parked = matches!(self.phase, Phase::Parked { .. } | Phase::Stuck { .. });
        if !(active || parked && event.kind.is_an_answer()) {
            return Err(());
        }
        let stage = self.stage(id).clone();
        let visit = Visit { plan, node: plan.node(id), id, stage, state: self, event };
        let next = match &event.kind {
            EventKind::ManualAsked { .. }
            | EventKind::ManualAnswered { .. }
            | EventKind::GateOpened { .. }
            | EventKind::GateAnswered { .. }
            | EventKind::GateLapsed { .. }
            | EventKind::GateExpired { .. }
            | EventKind::FailureAnswered { .. }
            | EventKind::StepAnswered { .. }
            | EventKind::ShellOpened { .. }
            | EventKind::ShellClosed { .. }
            | EventKind::RunEnding { .. } => visit.person(),
            EventKind::UndoBegan { .. }
            | EventKind::UndoEnded { .. }
            | EventKind::UndoRefused { .. }
            | EventKind::UndoVoided { .. }
            | EventKind::UndoLost { .. }
            | EventKind::UndoUnsettled { .. }
            | EventKind::UndoneByHand { .. }
            | EventKind::UndoDeclined { .. }
            | EventKind::ScopeKept { .. }
            | EventKind::ScopeReleaseChosen { .. } => visit.undo(),
            _ => visit.step(),
        }?;
        if let Next::Becomes(stage) = next {
            self.nodes[id.index()].stage = stage;
        }
        Ok(())
    }
}

impl Visit<'_> {
    fn host(&self) -> String {
        self.node.host.clone().unwrap_or_default()
    }

    /// What the step is after it ended well and so many of its postconditions held.
    fn ran(&self, attempt: u32, verified: u32) -> Stage {
        let all = self.node.spec().map_or(0, |s| s.verify.len());
        if (verified as usize) < all { Stage::Ran { attempt, verified } } else { Stage::Succeeded }
    }

    /// The attempt, or the undo, that is under way as far as the journal knows.
    fn under_way(&self, an_undo: bool) -> Option<u32> {
        match self.stage {
            Stage::Began { attempt, .. } if !an_undo => Some(attempt),
            Stage::Undoing { attempt, .. } if an_undo => Some(attempt),
            Stage::Unsettled { attempt, undoing, .. } if undoing == an_undo => Some(attempt),
            _ => None,
        }
    }
}

impl Stage {
    /// Whether it stops the run until someone decides.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Failed { .. }
                | Self::Lost { told: Some(_), .. }
                | Self::Unreachable { .. }
                | Self::Unsettled { .. }
                | Self::Declined { .. }
        )
    }

    /// Whether an undo may begin here: it began once, and nothing of it is under way.
    #[must_use]
    pub fn may_be_undone(&self) -> bool {
        matches!(
            self,
            Self::Succeeded
                | Self::Failed { .. }
                | Self::Lost { .. }
                | Self::MarkedDone { .. }
                | Self::SkippedByPerson { .. }
                | Self::Refused { .. }
                | Self::Unreachable { .. }
                // A retry that found it done, or was skipped, follows an attempt of ours.
                | Self::Satisfied
                | Self::Skipped { .. }
                | Self::Pending
                | Self::UndoOwed
        )
    }
}
