//! What a run tells of itself, and to whom. Each hook is told of each occasion at most once: that it begins is recorded
//! before it is sent, and one whose end nobody saw is not sent again. One after the other for each hook, so that what it
//! is told comes in order.

use serde::{Deserialize, Serialize};

use super::forward::troubles;
use super::state::{Phase, RunState, Stage};
use super::view::View;
use crate::plan::model::{HookEvent, NodeId, Plan};

/// Something that is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    Started,
    /// This opening of a gate waits for an answer.
    Gate {
        node: NodeId,
        opening: u32,
    },
    /// It failed on this visit, or this undo of it did, and the run does not go on by itself.
    Failed {
        node: NodeId,
        visit: u64,
        undos: u32,
    },
    /// A rollback has reached its aim; `at` is the event that says so.
    RolledBack {
        at: u64,
    },
    Done,
}

impl Occasion {
    #[must_use]
    pub fn event(self) -> HookEvent {
        match self {
            Self::Started => HookEvent::Started,
            Self::Gate { .. } => HookEvent::Gate,
            Self::Failed { .. } => HookEvent::Failed,
            Self::RolledBack { .. } => HookEvent::RolledBack,
            Self::Done => HookEvent::Done,
        }
    }
}

/// How far a telling got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telling {
    Began { epoch: u64 },
    Delivered,
    Failed { why: String },
}

/// What is to be told now.
#[must_use]
pub fn due(plan: &Plan, state: &RunState) -> Vec<(u32, Occasion)> {
    if plan.hooks.is_empty() {
        return Vec::new();
    }
    let occasions = occasions(plan, state);
    let mut due = Vec::new();
    for (hook, spec) in (0u32..).zip(&plan.hooks) {
        let is_busy = state.hooks.iter().any(|((other, _), telling)| *other == hook && *telling == Telling::Began { epoch: state.epoch });
        if !is_busy {
            let next = occasions.iter().find(|occasion| spec.on.contains(&occasion.event()) && !state.hooks.contains_key(&(hook, **occasion)));
            due.extend(next.map(|occasion| (hook, *occasion)));
        }
    }
    due
}

/// In the order in which they are told.
fn occasions(plan: &Plan, state: &RunState) -> Vec<Occasion> {
    let mut told = state.occasions.clone();
    let wants = |event: HookEvent| plan.hooks.iter().any(|hook| hook.on.contains(&event));
    if wants(HookEvent::Failed) {
        told.extend(failed(plan, state).into_iter().map(|node| state.failure_of(node)));
    }
    let open = plan.iter().filter_map(|(node, _)| match state.stage(node) {
        Stage::Open { opening, .. } => Some(Occasion::Gate { node, opening: *opening }),
        _ => None,
    });
    told.extend(open.filter(|_| wants(HookEvent::Gate)));
    told
}

/// What keeps the run from going on by itself.
fn failed(plan: &Plan, state: &RunState) -> Vec<NodeId> {
    match state.phase {
        Phase::Running => {
            let mut failed = troubles(&View::new(plan, state));
            failed.extend(undo_failed(plan, state));
            failed
        }
        Phase::RollingBack | Phase::Ending | Phase::Stuck { .. } => undo_failed(plan, state),
        _ => Vec::new(),
    }
}

fn undo_failed(plan: &Plan, state: &RunState) -> Vec<NodeId> {
    let is_stuck = |stage: &Stage| matches!(stage, Stage::UndoFailed { .. });
    plan.iter().map(|(id, _)| id).filter(|id| is_stuck(state.stage(*id))).collect()
}

impl RunState {
    pub(super) fn failure_of(&self, node: NodeId) -> Occasion {
        let at = self.node(node);
        Occasion::Failed { node, visit: at.visit, undos: at.undos }
    }

    /// What the run has come to by an event, where that is told of.
    pub(super) fn occurs(&mut self, plan: &Plan, occasion: Occasion) {
        if !plan.hooks.is_empty() && !self.occasions.contains(&occasion) {
            self.occasions.push(occasion);
        }
    }
}
