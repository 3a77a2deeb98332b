//! One event at a time into the state. An event that is illegal where the run stands is an error, never a default:
//! a journal that does not fold was not written by this engine.

use thiserror::Error;

use super::event::{Answer, Event, EventKind, FailureAnswer, InterruptAnswer, Purpose};
use super::state::{Declined, Failure, Greeting, HostState, NodeState, Phase, RunState, Stage, Told, Unwinding, Verdict};
use super::retry::retry_is_left;
use super::unwind::{ancestors, points_of_no_return};
use crate::outcome::{Ended, Identity};
use crate::plan::model::{BlockKind, NodeId, NodeKind, OnFailure, Plan, UndoSpec};

#[derive(Debug, Error, PartialEq)]
#[error("event {seq} ({event}) is not possible here: {stands}")]
pub struct IllegalEvent {
    pub seq: u64,
    pub event: String,
    pub stands: String,
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
        let taken = if let Some(id) = event.kind.node() {
            if id.index() >= self.nodes.len() {
                return Err(illegal(format!("the plan has {} nodes", self.nodes.len())));
            }
            self.apply_to_node(plan, id, event).map_err(|()| {
                illegal(format!("the run is {:?} and `{}` is {:?}", self.phase, plan.node(id).path, self.stage(id)))
            })
        } else {
            self.apply_to_run(plan, event).map_err(|()| illegal(format!("the run is {:?}", self.phase)))
        };
        taken?;
        self.seq = event.seq;
        Ok(())
    }

    fn apply_to_run(&mut self, plan: &Plan, event: &Event) -> Result<(), ()> {
        let preparing = matches!(self.phase, Phase::Preparing { .. });
        let active = matches!(self.phase, Phase::Running | Phase::RollingBack | Phase::Ending);
        match &event.kind {
            EventKind::RunCreated { operator, jobs, .. } if self.seq == 0 => {
                self.operator.clone_from(operator);
                self.jobs = (*jobs).max(1);
            }
            EventKind::DriverStarted { epoch, purpose, operator, .. } if self.seq > 0 && !self.phase.is_final() && *epoch == self.epoch + 1 => {
                self.start_driver(*epoch, purpose, operator);
            }
            EventKind::HostGreeted { host, identity, claims } if preparing => {
                self.greet(plan, host, identity, claims);
            }
            EventKind::HostRefused { host, why } if preparing => {
                let met = Identity { machine_id: String::new(), boot_id: String::new(), life: String::new(), bash: false };
                self.hosts.entry(host.clone()).or_insert(HostState { met, now: None }).now = Some(Greeting::Refused { why: why.clone() });
            }
            EventKind::FactRead { fact, host, value } if preparing => {
                let slot = plan.facts.get(*fact as usize).ok_or(())?.slot;
                self.slots.entry(slot).or_default().insert(host.clone(), value.clone());
            }
            EventKind::FactFailed { fact, host, why } if preparing => {
                self.fact_failures.insert((*fact, host.clone()), why.clone());
            }
            EventKind::RequireHeld { require, host } if preparing => {
                self.requires.insert((*require, host.clone()), Verdict::Held);
            }
            EventKind::RequireFailed { require, host, why } if preparing => {
                self.requires.insert((*require, host.clone()), Verdict::Failed { why: why.clone() });
            }
            EventKind::StartRefused { why } if preparing => self.start_refused = Some(why.clone()),
            EventKind::PreflightPassed => self.pass_preflight(plan)?,
            EventKind::RunRefused { why } if preparing => self.finish(Phase::Refused { why: why.clone() }),
            EventKind::PreflightFailed { .. } => {
                let Phase::Preparing { before } = &self.phase else { return Err(()) };
                self.phase = (**before).clone();
                self.driven = false;
            }
            EventKind::Interrupted if active => self.interrupted = true,
            EventKind::InterruptAnswered { answer, .. } if active && self.interrupted => {
                self.interrupted = false;
                match answer {
                    InterruptAnswer::GoOn => {}
                    InterruptAnswer::RollBack => self.unwind(Unwinding::Everything),
                    InterruptAnswer::Park => self.parking = Some("interrupted".to_owned()),
                }
            }
            EventKind::BudgetWarned { block, .. } if active => {
                self.budgets_warned.insert(*block);
            }
            EventKind::BudgetSpent { block } if active => {
                self.budgets_spent.insert(*block);
            }
            EventKind::BoundaryUndone { block } if self.unwinding == Some(Unwinding::Boundary(*block)) => self.boundary_undone(plan, *block),
            EventKind::DriverLeft { .. } if !self.phase.is_final() => self.driven = false,
            EventKind::RunParked { why } if active => {
                if self.phase == Phase::RollingBack && self.parking.is_none() && !self.interrupted {
                    self.take_back(plan);
                    self.unwinding = Some(Unwinding::Over);
                }
                self.finish(Phase::Parked { why: why.clone() });
            }
            EventKind::RunStuck { why } if active => self.finish(Phase::Stuck { why: why.clone() }),
            EventKind::RunRolledBack if self.phase == Phase::RollingBack => self.finish(Phase::RolledBack),
            EventKind::RunFailed { why } if matches!(self.phase, Phase::Ending) => self.finish(Phase::Failed { why: why.clone() }),
            EventKind::RunEnded { .. } if matches!(self.phase, Phase::Ending) => self.finish(Phase::Ended),
            EventKind::RunDone if self.phase == Phase::Running => self.finish(Phase::Done),
            _ => return Err(()),
        }
        Ok(())
    }

    fn greet(&mut self, plan: &Plan, host: &str, identity: &Identity, claims: &[String]) {
        let under_way = plan.iter().any(|(id, node)| node.host.as_deref() == Some(host) && matches!(self.stage(id), Stage::Began { .. } | Stage::Unsettled { .. }));
        let known = self.hosts.entry(host.to_owned()).or_insert_with(|| HostState { met: identity.clone(), now: None });
        if known.met.life.is_empty() {
            known.met = identity.clone();
        }
        if !under_way {
            // A step that reboots the host compares with the boot before it began.
            known.met.boot_id.clone_from(&identity.boot_id);
        }
        known.now = Some(Greeting::Answered { identity: identity.clone(), claims: claims.to_vec() });
    }

    fn finish(&mut self, phase: Phase) {
        self.phase = phase;
        self.driven = false;
        self.parking = None;
        self.interrupted = false;
    }

    fn start_driver(&mut self, epoch: u64, purpose: &Purpose, operator: &str) {
        let before = match &self.phase {
            // A preflight that died with its process never counted.
            Phase::Preparing { before } => (**before).clone(),
            other => other.clone(),
        };
        self.phase = Phase::Preparing { before: Box::new(before) };
        self.epoch = epoch;
        self.purpose = purpose.clone();
        operator.clone_into(&mut self.operator);
        self.driven = true;
        self.interrupted = false;
        self.start_refused = None;
        self.requires.clear();
        self.fact_failures.clear();
        for host in self.hosts.values_mut() {
            host.now = None;
        }
        for node in &mut self.nodes {
            if matches!(node.stage, Stage::Guarding { .. }) {
                node.stage = Stage::Pending;
            }
        }
    }

    fn pass_preflight(&mut self, plan: &Plan) -> Result<(), ()> {
        let Phase::Preparing { before } = &self.phase else { return Err(()) };
        let before = (**before).clone();
        self.parking = None;
        match &self.purpose {
            Purpose::Run | Purpose::Resume => {
                self.phase = match before {
                    _ if self.ending.is_some() => Phase::Ending,
                    _ if self.unwinding.is_some_and(|u| u != Unwinding::Over) => Phase::RollingBack,
                    _ => {
                        self.go_forward_again(plan, matches!(before, Phase::Parked { .. }));
                        Phase::Running
                    }
                };
            }
            // Stuck in a rollback: the same rollback goes on.
            Purpose::Rollback { to: None } if matches!(before, Phase::Stuck { .. }) && self.unwinding.is_some() => self.phase = Phase::RollingBack,
            Purpose::Rollback { to } => {
                self.unwind(to.map_or(Unwinding::Everything, Unwinding::After));
            }
            Purpose::End => {
                self.unwinding = None;
                self.ending = Some(None);
                self.phase = Phase::Ending;
            }
        }
        for node in &mut self.nodes {
            match &node.stage {
                Stage::UndoFailed { .. } => node.stage = Stage::UndoOwed,
                Stage::Lost { attempt, why, told: Some(Told::Nothing { .. }) } => node.stage = Stage::Lost { attempt: *attempt, why: why.clone(), told: None },
                _ => {}
            }
        }
        Ok(())
    }

    /// A parked run goes on: a refused or expired gate is asked again, and what was taken back runs again.
    fn go_forward_again(&mut self, plan: &Plan, was_parked: bool) {
        self.unwinding = None;
        // A scope that was left while what it covers runs again is taken again.
        for (id, node) in plan.iter() {
            if let NodeKind::Leave { enter } = node.kind {
                if self.node(id).taken_back && matches!(self.stage(enter), Stage::Undone | Stage::UndoneByHand { .. }) {
                    self.nodes[enter.index()].taken_back = true;
                }
            }
        }
        for node in &mut self.nodes {
            if node.taken_back {
                // A scope that is kept is still held.
                let kept = matches!(node.stage, Stage::Kept { .. });
                *node = NodeState {
                    stage: if kept { Stage::Succeeded } else { Stage::Pending },
                    effective: u32::from(kept),
                    attempts: node.attempts,
                    undos: node.undos,
                    openings: node.openings,
                    ..NodeState::default()
                };
            }
            // A refusal that nobody has acted on yet is acted on first.
            if was_parked && matches!(node.stage, Stage::Declined { .. }) {
                node.stage = Stage::Pending;
            }
        }
    }

    /// Marks what a rollback that reached its aim went over.
    fn take_back(&mut self, plan: &Plan) {
        let out_of_reach = ancestors(plan, &points_of_no_return(plan, self));
        let kept = match self.unwinding {
            Some(Unwinding::After(stop)) => ancestors(plan, &[stop]),
            _ => vec![false; self.nodes.len()],
        };
        for (id, node) in plan.iter() {
            let at = id.index();
            let covered = match self.unwinding {
                Some(Unwinding::Boundary(block)) => plan.inside(node.block, block),
                Some(Unwinding::After(_)) => !kept[at],
                Some(Unwinding::Everything) => true,
                Some(Unwinding::Scopes | Unwinding::Over) | None => false,
            };
            let state = &mut self.nodes[at];
            let has_no_undo = matches!(node.spec().map(|s| &s.undo), Some(UndoSpec::Unsaid));
            let stands = state.is_touched() && has_no_undo && matches!(node.kind, NodeKind::Step(_) | NodeKind::Manual { .. });
            state.taken_back |= covered && !out_of_reach[at] && !stands;
        }
    }

    fn unwind(&mut self, to: Unwinding) {
        self.unwinding = Some(to);
        self.ending = None;
        self.phase = Phase::RollingBack;
    }

    /// A nested boundary settles before its outer one, which then follows its own policy.
    fn boundary_undone(&mut self, plan: &Plan, block: crate::plan::model::BlockId) {
        self.take_back(plan);
        let outer = plan.blocks[block.index()].parent.and_then(|b| plan.boundary_of(b));
        match outer.map(|b| (b, &plan.blocks[b.index()].kind)) {
            Some((outer, BlockKind::Boundary { on_failure: OnFailure::Rollback, .. })) => self.unwinding = Some(Unwinding::Boundary(outer)),
            Some((_, BlockKind::Boundary { id, .. })) => {
                self.parking = Some(format!("a boundary inside `{id}` was rolled back; `{id}` parks on failure"));
                self.unwinding = Some(Unwinding::Over);
            }
            _ => self.unwinding = Some(Unwinding::Scopes),
        }
    }

    fn apply_to_node(&mut self, plan: &Plan, id: NodeId, event: &Event) -> Result<(), ()> {
        let epoch = self.epoch;
        let active = matches!(self.phase, Phase::Running | Phase::RollingBack | Phase::Ending);
        // A person may answer while nobody drives the run; everything else is a driver's.
        let answerable = active || matches!(self.phase, Phase::Parked { .. } | Phase::Stuck { .. });
        if !answerable || !(active || event.kind.is_an_answer()) {
            return Err(());
        }
        let plan_node = plan.node(id);
        let node = &mut self.nodes[id.index()];
        let next = match (&node.stage, &event.kind) {
            (Stage::Pending, EventKind::NodeReached { now, .. }) => {
                node.now = Some(*now);
                node.visit = event.seq;
                Stage::Guarding { passed: 0 }
            }
            (Stage::Guarding { passed }, EventKind::GuardHeld { guard, value, .. }) if guard == passed => {
                let passed = passed + 1;
                if let Some(value) = value {
                    let slot = plan_node.guard_slot(*guard).ok_or(())?;
                    let host = plan_node.host.clone().unwrap_or_default();
                    self.slots.entry(slot).or_default().insert(host, value.clone());
                }
                if plan_node.is_done_by_guards(passed) { Stage::Succeeded } else { Stage::Guarding { passed } }
            }
            (Stage::Guarding { .. }, EventKind::NodeSkipped { why, .. }) => Stage::Skipped { why: why.clone() },
            (Stage::Guarding { .. }, EventKind::NodeSatisfied { .. }) => Stage::Satisfied,
            (Stage::Guarding { .. }, EventKind::NodeRefused { why, .. }) => Stage::Refused { why: why.clone() },
            (Stage::Began { .. } | Stage::Unsettled { undoing: false, .. }, EventKind::NodeRefused { why, .. }) => {
                node.effective -= 1;
                Stage::Refused { why: why.clone() }
            }
            (Stage::Guarding { .. }, EventKind::NodePutBack { .. }) => Stage::Pending,

            (Stage::Guarding { .. }, EventKind::StepPassed { .. }) => {
                // It has nothing to take back, unless its undo is all that it is for.
                node.effective += u32::from(plan_node.owes_undo_for_passing());
                ran(plan_node, 0, 0)
            }
            (Stage::Guarding { .. }, EventKind::StepBegan { attempt, epoch: e, .. }) if *attempt == node.attempts + 1 && *e == epoch => {
                node.attempts += 1;
                node.effective += 1;
                Stage::Began { attempt: *attempt, epoch }
            }
            (Stage::Began { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: false, .. }, EventKind::StepEnded { attempt, ended: Ended { exit, .. }, captures, capture_error, .. }) if a == attempt => {
                for (slot, value) in captures {
                    let host = plan_node.host.clone().unwrap_or_default();
                    self.slots.entry(*slot).or_default().insert(host, value.clone());
                }
                if !exit.is_settled() {
                    Stage::Unsettled { attempt: *attempt, epoch, undoing: false, why: exit.to_string() }
                } else if !exit.is_success() {
                    node.failures += 1;
                    Stage::Failed { attempt: *attempt, why: Failure::Exit(exit.clone()) }
                } else if let Some(why) = capture_error {
                    node.failures += 1;
                    Stage::Failed { attempt: *attempt, why: Failure::Capture { why: why.clone() } }
                } else {
                    ran(plan_node, *attempt, 0)
                }
            }
            (Stage::Began { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: false, .. }, EventKind::HostRebooted { attempt, boot_id, .. }) if a == attempt => {
                if let Some(host) = plan_node.host.as_ref().and_then(|h| self.hosts.get_mut(h)) {
                    host.met.boot_id.clone_from(boot_id);
                }
                ran(plan_node, *attempt, 0)
            }
            (Stage::Began { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: false, .. }, EventKind::RebootMissed { attempt, why, .. }) if a == attempt => {
                node.failures += 1;
                Stage::Failed { attempt: *attempt, why: Failure::Reboot { why: why.clone() } }
            }
            (Stage::Began { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: false, .. }, EventKind::StepVoided { attempt, .. }) if a == attempt => {
                node.effective -= 1;
                Stage::Pending
            }
            (Stage::Began { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: false, .. }, EventKind::StepLost { attempt, why, .. }) if a == attempt => {
                Stage::Lost { attempt: *attempt, why: why.clone(), told: None }
            }
            (Stage::Began { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: false, .. }, EventKind::StepUnsettled { attempt, why, .. }) if a == attempt => {
                Stage::Unsettled { attempt: *attempt, epoch, undoing: false, why: why.clone() }
            }
            (Stage::Lost { attempt: a, why: lost, told: None }, EventKind::LostSettled { attempt, done, why, .. }) if a == attempt => match done {
                Some(true) => Stage::Succeeded,
                Some(false) => {
                    node.failures += 1;
                    Stage::Lost { attempt: *attempt, why: lost.clone(), told: Some(Told::NotDone) }
                }
                None => Stage::Lost { attempt: *attempt, why: lost.clone(), told: Some(Told::Nothing { why: why.clone() }) },
            },
            (Stage::Ran { attempt, verified }, EventKind::VerifyHeld { index, .. }) if index == verified => ran(plan_node, *attempt, verified + 1),
            (Stage::Ran { attempt, .. }, EventKind::VerifyFailed { index, why, .. }) => {
                node.failures += 1;
                Stage::Failed { attempt: *attempt, why: Failure::Verify { index: *index, why: why.clone() } }
            }
            (Stage::Failed { .. } | Stage::Lost { told: Some(Told::NotDone), .. }, EventKind::RetryDue { .. }) if retry_is_left(plan_node, node) => Stage::Pending,

            (Stage::Guarding { .. }, EventKind::ManualAsked { .. }) => Stage::AwaitingPerson,
            (Stage::AwaitingPerson, EventKind::ManualAnswered { done, note, .. }) => {
                node.attempts += 1;
                node.effective += 1;
                let attempt = node.attempts;
                if *done { ran(plan_node, attempt, 0) } else { Stage::Failed { attempt, why: Failure::Manual { note: note.clone().unwrap_or_default() } } }
            }

            (Stage::Guarding { .. }, EventKind::GateOpened { opening, deadline, .. }) if *opening == node.openings + 1 => {
                node.openings += 1;
                Stage::Open { opening: *opening, deadline: *deadline }
            }
            (Stage::Open { opening: o, deadline }, EventKind::GateAnswered { opening, answer, .. }) if o == opening && event.at <= *deadline => match answer {
                Answer::Approved { choice } => {
                    if let (NodeKind::Gate(gate), Some(choice)) = (&plan_node.kind, choice) {
                        if let Some(slot) = gate.slot {
                            self.slots.entry(slot).or_default().insert(String::new(), crate::value::Value::String(choice.clone()));
                        }
                    }
                    Stage::Approved { choice: choice.clone() }
                }
                Answer::Rejected => Stage::Declined { opening: *opening, why: Declined::Rejected },
            },
            (Stage::Open { opening: o, .. }, EventKind::GateExpired { opening, live, .. }) if o == opening => Stage::Declined { opening: *opening, why: Declined::Expired { live: *live } },
            (Stage::Declined { .. }, EventKind::RunEnding { .. }) => {
                self.ending = Some(Some(format!("the gate `{}` said end", plan_node.path)));
                self.phase = Phase::Ending;
                return Ok(());
            }

            (stage, EventKind::FailureAnswered { answer, note, .. }) if stage.is_trouble() => match answer {
                // Whatever may still run is found first: K3.
                FailureAnswer::Retry if matches!(stage, Stage::Unsettled { .. }) => {
                    let Stage::Unsettled { attempt, undoing, why, .. } = stage else { return Err(()) };
                    Stage::Unsettled { attempt: *attempt, epoch: 0, undoing: *undoing, why: why.clone() }
                }
                FailureAnswer::Retry => Stage::Pending,
                FailureAnswer::MarkDone => Stage::MarkedDone { reason: note.clone().unwrap_or_default() },
                FailureAnswer::Skip => Stage::SkippedByPerson { reason: note.clone().unwrap_or_default() },
                FailureAnswer::RollBack => {
                    let to = plan.boundary_of(plan_node.block).map_or(Unwinding::Everything, Unwinding::Boundary);
                    self.unwind(to);
                    return Ok(());
                }
                FailureAnswer::Park => {
                    self.parking = Some(format!("`{}` failed", plan_node.path));
                    return Ok(());
                }
            },

            (stage, EventKind::UndoBegan { attempt, epoch: e, .. }) if stage.may_be_undone() && *attempt == node.undos + 1 && *e == epoch => {
                node.undos += 1;
                Stage::Undoing { attempt: *attempt, epoch }
            }
            (Stage::Undoing { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: true, .. }, EventKind::UndoEnded { attempt, ended: Ended { exit, .. }, .. }) if a == attempt => {
                if exit.is_success() {
                    Stage::Undone
                } else if exit.is_settled() {
                    Stage::UndoFailed { attempt: *attempt, why: exit.to_string() }
                } else {
                    Stage::Unsettled { attempt: *attempt, epoch, undoing: true, why: exit.to_string() }
                }
            }
            (Stage::Undoing { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: true, .. }, EventKind::UndoRefused { attempt, why, .. }) if a == attempt => {
                Stage::UndoFailed { attempt: *attempt, why: why.clone() }
            }
            // R6: an undo may run twice, so one that left no trace or no status is simply owed again.
            (Stage::Undoing { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: true, .. }, EventKind::UndoVoided { attempt, .. } | EventKind::UndoLost { attempt, .. }) if a == attempt => Stage::UndoOwed,
            (Stage::Undoing { attempt: a, .. } | Stage::Unsettled { attempt: a, undoing: true, .. }, EventKind::UndoUnsettled { attempt, why, .. }) if a == attempt => {
                Stage::Unsettled { attempt: *attempt, epoch, undoing: true, why: why.clone() }
            }
            (stage, EventKind::UndoneByHand { note, .. }) if stage.may_be_undone() || matches!(stage, Stage::UndoFailed { .. }) => Stage::UndoneByHand { note: note.clone() },
            (stage, EventKind::UndoDeclined { why, .. }) if stage.may_be_undone() && matches!(plan_node.spec().map(|s| &s.undo), Some(UndoSpec::Manual(_))) => {
                Stage::UndoFailed { attempt: node.undos, why: why.clone() }
            }
            (stage, EventKind::ScopeKept { why, .. }) if matches!(plan_node.kind, NodeKind::Enter { .. }) && stage.may_be_undone() => Stage::Kept { why: why.clone() },
            (stage, EventKind::ScopeReleaseChosen { .. }) if matches!(plan_node.kind, NodeKind::Enter { .. }) && stage.may_be_undone() => {
                node.release_chosen = true;
                return Ok(());
            }
            _ => return Err(()),
        };
        self.nodes[id.index()].stage = next;
        Ok(())
    }
}

/// What a step is after it ended well and so many of its postconditions held.
fn ran(node: &crate::plan::model::Node, attempt: u32, verified: u32) -> Stage {
    let all = node.spec().map_or(0, |s| s.verify.len());
    if (verified as usize) < all { Stage::Ran { attempt, verified } } else { Stage::Succeeded }
}

impl Stage {
    /// Whether it stops the run until someone decides.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Failed { .. } | Self::Lost { told: Some(_), .. } | Self::Unsettled { .. } | Self::Declined { .. })
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
                // A retry that found it done, or was skipped, follows an attempt of ours.
                | Self::Satisfied
                | Self::Skipped { .. }
                | Self::Pending
                | Self::UndoOwed
        )
    }
}
