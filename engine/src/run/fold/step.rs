//! A node's way forward: reached, guarded, begun, ended, verified.

use super::super::event::EventKind;
use super::super::fleet::{self, Part};
use super::super::retry::retry_is_left;
use super::super::state::{Failure, Phase, Stage, Told, Was};
use super::{Next, Visit};
use crate::outcome::Ended;
use crate::plan::model::{Guard, SlotId};
use crate::value::Value;

impl Visit<'_> {
    pub(super) fn step(self) -> Result<Next, ()> {
        match (&self.stage, &self.event.kind) {
            (_, EventKind::NodeUnreachable { .. }) => return self.unreachable(),
            (_, EventKind::FailureTolerated { .. }) => return self.tolerate(),
            (Stage::Open { .. } | Stage::AwaitingPerson, EventKind::NodePutBack { .. }) if fleet::is_left_out(self.plan, self.state, self.id) => {
                return Ok(Next::Becomes(Stage::Pending));
            }
            _ => {}
        }
        match self.stage {
            Stage::Pending => self.reach(),
            Stage::Guarding { passed } => self.guard(passed),
            Stage::Began { .. } | Stage::Unsettled { undoing: false, .. } => self.attempt(),
            Stage::Ran { .. } | Stage::Lost { .. } | Stage::Failed { .. } => self.afterwards(),
            _ => Err(()),
        }
    }

    /// What it is again when its host is back stands in the stage.
    fn unreachable(self) -> Result<Next, ()> {
        let EventKind::NodeUnreachable { why, .. } = &self.event.kind else { return Err(()) };
        let was = match self.stage {
            Stage::Pending if self.state.away(&self.host()).is_some() => Was::Pending,
            Stage::Guarding { .. } => Was::Pending,
            // It was on its way, and its command was never sent.
            Stage::Began { .. } => {
                self.state.nodes[self.id.index()].effective -= 1;
                Was::Pending
            }
            Stage::Ran { attempt, verified } => Was::Ran { attempt, verified },
            Stage::Lost { attempt, why, told: None } => Was::Lost { attempt, why },
            _ => return Err(()),
        };
        Ok(Next::Becomes(Stage::Unreachable { was, why: why.clone() }))
    }

    /// The run goes on without it, or without the whole item around it.
    fn tolerate(self) -> Result<Next, ()> {
        let EventKind::FailureTolerated { ends, .. } = &self.event.kind else { return Err(()) };
        let part = fleet::who_tolerates(self.plan, self.state, self.id).filter(|_| self.state.phase == Phase::Running).ok_or(())?;
        if part.block() != *ends {
            return Err(());
        }
        match part {
            Part::Node(_) => self.state.nodes[self.id.index()].passed_over = true,
            Part::Block(block) => self.state.ended.entry(block).or_default().push(self.id),
        }
        Ok(Next::Stays)
    }

    fn reach(self) -> Result<Next, ()> {
        let EventKind::NodeReached { now, .. } = self.event.kind else { return Err(()) };
        let node = &mut self.state.nodes[self.id.index()];
        // An undo takes back what the first attempt named, so a retry sees the same `now`.
        if !node.is_touched() {
            node.now = Some(now);
        }
        node.visit = self.event.seq;
        Ok(Next::Becomes(Stage::Guarding { passed: 0 }))
    }

    fn guard(mut self, passed: u32) -> Result<Next, ()> {
        let epoch = self.state.epoch;
        let node = &mut self.state.nodes[self.id.index()];
        let touched = node.is_touched();
        Ok(Next::Becomes(match &self.event.kind {
            EventKind::GuardHeld { guard, value, .. } if *guard == passed => {
                match (value, self.node.guards().get(passed as usize)) {
                    (Some(Value::String(boot)), Some(Guard::Boot)) => self.is_in_boot(boot),
                    (Some(value), _) => {
                        let slot = self.node.guard_slot(passed).ok_or(())?;
                        // An undo takes back to what was before the first attempt, so a retry goes by what that one found.
                        let known = self.state.slots.get(&slot).is_some_and(|found| found.contains_key(&self.host()));
                        if !(touched && known) {
                            self.keep(slot, value.clone());
                        }
                    }
                    (None, _) => {}
                }
                let passed = passed + 1;
                if self.node.is_done_by_guards(passed) { Stage::Succeeded } else { Stage::Guarding { passed } }
            }
            EventKind::NodeSkipped { why, .. } => Stage::Skipped { why: why.clone() },
            EventKind::NodeSatisfied { .. } => Stage::Satisfied,
            EventKind::NodeRefused { why, .. } => Stage::Refused { why: why.clone() },
            EventKind::NodePutBack { .. } => Stage::Pending,
            EventKind::StepPassed { .. } => {
                // It has nothing to take back, unless its undo is all that it is for.
                node.effective += u32::from(self.node.owes_undo_for_passing());
                self.ran(0, 0)
            }
            EventKind::StepBegan { attempt, epoch: e, .. } if *attempt == node.attempts + 1 && *e == epoch => {
                node.attempts += 1;
                node.effective += 1;
                self.state.use_answers(self.plan, self.id);
                Stage::Began { attempt: *attempt, epoch }
            }
            _ => return Err(()),
        }))
    }

    fn keep(&mut self, slot: SlotId, value: Value) {
        let host = self.host();
        self.state.slots.entry(slot).or_default().insert(host, value);
    }

    fn is_in_boot(&mut self, boot: &str) {
        if let Some(host) = self.node.host.as_ref().and_then(|host| self.state.hosts.get_mut(host)) {
            boot.clone_into(&mut host.met.boot_id);
        }
    }

    /// An attempt that is under way, or was when its host was last heard of.
    fn attempt(mut self) -> Result<Next, ()> {
        let ours = self.under_way(false).ok_or(())?;
        let epoch = self.state.epoch;
        let at = self.id.index();
        Ok(Next::Becomes(match &self.event.kind {
            EventKind::NodeRefused { why, .. } => {
                self.state.nodes[at].effective -= 1;
                Stage::Refused { why: why.clone() }
            }
            EventKind::StepEnded { attempt, ended, captures, capture_error, .. } if *attempt == ours => {
                for (slot, value) in captures {
                    self.keep(*slot, value.clone());
                }
                self.ended(ours, ended, capture_error.as_deref())
            }
            EventKind::HostRebooted { attempt, boot_id, .. } if *attempt == ours => {
                self.is_in_boot(boot_id);
                self.ran(ours, 0)
            }
            EventKind::RebootMissed { attempt, why, .. } if *attempt == ours => self.failed(ours, Failure::Reboot { why: why.clone() }),
            EventKind::StepVoided { attempt, .. } if *attempt == ours => {
                self.state.nodes[at].effective -= 1;
                Stage::Pending
            }
            EventKind::StepLost { attempt, why, .. } if *attempt == ours => Stage::Lost { attempt: ours, why: why.clone(), told: None },
            EventKind::StepUnsettled { attempt, why, .. } if *attempt == ours => Stage::Unsettled { attempt: ours, epoch, undoing: false, why: why.clone() },
            _ => return Err(()),
        }))
    }

    fn ended(&mut self, attempt: u32, ended: &Ended, capture_error: Option<&str>) -> Stage {
        let exit = &ended.exit;
        if !exit.is_settled() {
            return Stage::Unsettled { attempt, epoch: self.state.epoch, undoing: false, why: exit.to_string() };
        }
        match capture_error {
            _ if !exit.is_success() => self.failed(attempt, Failure::Exit(exit.clone())),
            Some(why) => self.failed(attempt, Failure::Capture { why: why.to_owned() }),
            None => self.ran(attempt, 0),
        }
    }

    /// It counts against the step's `retry`.
    fn failed(&mut self, attempt: u32, why: Failure) -> Stage {
        self.state.nodes[self.id.index()].failures += 1;
        Stage::Failed { attempt, why }
    }

    /// Postconditions, what became of a lost attempt, and the step's own retry.
    fn afterwards(mut self) -> Result<Next, ()> {
        Ok(Next::Becomes(match (&self.stage, &self.event.kind) {
            (Stage::Ran { attempt, verified }, EventKind::VerifyHeld { index, .. }) if index == verified => self.ran(*attempt, verified + 1),
            (Stage::Ran { attempt, .. }, EventKind::VerifyFailed { index, why, .. }) => {
                let (attempt, why) = (*attempt, Failure::Verify { index: *index, why: why.clone() });
                self.failed(attempt, why)
            }
            (Stage::Lost { attempt: a, why: lost, told: None }, EventKind::LostSettled { attempt, done, why, .. }) if a == attempt => match done {
                Some(true) => Stage::Succeeded,
                Some(false) => {
                    self.state.nodes[self.id.index()].failures += 1;
                    Stage::Lost { attempt: *attempt, why: lost.clone(), told: Some(Told::NotDone) }
                }
                None => Stage::Lost { attempt: *attempt, why: lost.clone(), told: Some(Told::Nothing { why: why.clone() }) },
            },
            (Stage::Failed { .. } | Stage::Lost { told: Some(Told::NotDone), .. }, EventKind::RetryDue { .. })
                if retry_is_left(self.node, self.state.node(self.id)) =>
            {
                Stage::Pending
            }
            _ => return Err(()),
        }))
    }
}
