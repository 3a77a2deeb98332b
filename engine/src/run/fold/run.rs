//! Events about the run as a whole: its drivers, its preflight, its ends.

use super::super::event::{Event, EventKind, InterruptAnswer, Purpose, Refusal};
use super::super::fleet;
use super::super::hook::{Occasion, Telling};
use super::super::release;
use super::super::state::{Greeting, HostState, Phase, RunState, Stage, Told, Unwinding, Verdict};
use super::super::unwind::{ancestors, gone_over, points_of_no_return};
use crate::outcome::Identity;
use crate::plan::model::{BlockId, BlockKind, NodeKind, OnFailure, Plan, UndoSpec};

impl RunState {
    pub(super) fn apply_to_run(&mut self, plan: &Plan, event: &Event) -> Result<(), ()> {
        let preparing = matches!(self.phase, Phase::Preparing { .. });
        let active = matches!(self.phase, Phase::Running | Phase::RollingBack | Phase::Ending | Phase::Releasing { .. });
        match &event.kind {
            EventKind::RunCreated { operator, jobs, .. } if self.seq == 0 => {
                self.operator.clone_from(operator);
                self.hands.insert(operator.clone());
                self.jobs = (*jobs).max(1);
                self.began = event.at;
            }
            EventKind::DriverStarted { epoch, purpose, operator, signed, .. }
                if self.seq > 0 && self.may_be_driven(plan, purpose) && *epoch == self.epoch + 1 && signed.is_some() == plan.signers.is_some() =>
            {
                self.signers.extend(signed.iter().map(|signed| signed.principal.clone()));
                self.start_driver(*epoch, purpose, operator);
            }
            EventKind::HostGreeted { host, identity, claims } if preparing => {
                self.greet(plan, host, identity, claims);
            }
            EventKind::HostRefused { host, why, how } if preparing => {
                let why = why.clone();
                let greeting = match how {
                    Refusal::Unreachable => Greeting::Unreachable { why },
                    Refusal::Unfit | Refusal::Forgotten | Refusal::Fenced => Greeting::Refused { why, how: *how },
                };
                self.hosts.entry(host.clone()).or_default().now = Some(greeting);
            }
            EventKind::HostLost { host, why } if active => {
                self.hosts.get_mut(host).filter(|known| known.lost.is_none()).ok_or(())?.lost = Some(why.clone());
            }
            EventKind::StrangerAnswered { host, why } if active => {
                let known = self.hosts.get_mut(host).ok_or(())?;
                known.lost.get_or_insert_with(|| why.clone());
                known.is_stranger = true;
                self.parking.get_or_insert_with(|| format!("{host}: {why}"));
            }
            EventKind::MemoryAccepted { host, by, why } if preparing => self.forget(plan, host, &format!("{}: {why}", by.name()))?,
            EventKind::HostGivenUp { host, why, .. } if preparing && self.purpose == Purpose::End => {
                self.hosts.entry(host.clone()).or_default().gone = Some(why.clone());
            }
            EventKind::ScopeDecided { scope, release, .. } if preparing && self.purpose == Purpose::End && scope.index() < self.nodes.len() => {
                self.scopes_decided.insert(*scope, *release);
            }
            EventKind::LockTaken { .. }
            | EventKind::LockRefused { .. }
            | EventKind::LockReleased { .. }
            | EventKind::LockLeft { .. }
            | EventKind::LockLost { .. } => self.apply_to_lock(plan, &event.kind, event.at)?,
            EventKind::FactRead { fact, host, value } if preparing => {
                let slot = plan.facts.get(*fact as usize).ok_or(())?.slot;
                self.slots.entry(slot).or_default().insert(host.clone(), value.clone());
            }
            EventKind::FactFailed { fact, host, why } if preparing => {
                self.fact_failures.insert((*fact, host.clone()), why.clone());
            }
            EventKind::FactSeen { fact, host, changed, now, .. } if preparing => {
                let slot = plan.facts.get(*fact as usize).ok_or(())?.slot;
                let known = self.slots.get(&slot).and_then(|read| read.get(host)).ok_or(())?;
                let seen = if *changed { now.clone() } else { Some(known.clone()) };
                self.facts_seen.insert((*fact, host.clone()), seen);
            }
            EventKind::FactsKept { .. } if preparing => self.accept_facts(),
            EventKind::RequireHeld { require, host } if preparing => {
                self.requires.insert((*require, host.clone()), Verdict::Held);
            }
            EventKind::RequireFailed { require, host, why } if preparing => {
                self.requires.insert((*require, host.clone()), Verdict::Failed { why: why.clone() });
            }
            EventKind::StartRefused { why } if preparing => self.start_refused = Some(why.clone()),
            EventKind::PreflightPassed => {
                if matches!(self.purpose, Purpose::Run | Purpose::Resume) {
                    self.occurs(plan, Occasion::Started);
                }
                self.pass_preflight(plan)?;
            }
            EventKind::RunRefused { why } if preparing => self.finish(Phase::Refused { why: why.clone() }),
            EventKind::PreflightFailed { .. } => {
                let Phase::Preparing { before } = &self.phase else { return Err(()) };
                self.phase = (**before).clone();
                self.driven = false;
            }
            EventKind::HookBegan { hook, occasion, .. } if plan.hooks.len() > *hook as usize && !self.hooks.contains_key(&(*hook, *occasion)) => {
                self.hooks.insert((*hook, *occasion), Telling::Began { epoch: self.epoch });
            }
            EventKind::HookEnded { hook, occasion, why } => match self.hooks.get_mut(&(*hook, *occasion)) {
                Some(telling @ Telling::Began { .. }) => {
                    *telling = why.as_ref().map_or(Telling::Delivered, |why| Telling::Failed { why: why.clone() });
                }
                _ => return Err(()),
            },
            EventKind::StepModeBegan { .. } if preparing => self.stepping = true,
            EventKind::Interrupted if active && !self.closing => self.interrupted = true,
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
            EventKind::EditBegan { .. } if active && self.driven && !self.closing => {
                self.driven = false;
                self.editing = true;
            }
            EventKind::DriverLeft { .. } if !self.phase.is_final() => self.driven = false,
            EventKind::RunParked { why } if active => {
                if self.phase == Phase::RollingBack && self.parking.is_none() && !self.interrupted {
                    self.take_back(plan);
                    self.unwinding = Some(Unwinding::Over);
                    self.occurs(plan, Occasion::RolledBack { at: event.seq });
                }
                self.finish(Phase::Parked { why: why.clone() });
            }
            // What was under way stays so: a resume goes on with it.
            EventKind::HostsAwaited { why } if active || preparing => self.finish(Phase::Parked { why: why.clone() }),
            EventKind::RunStuck { why } if active => self.finish(Phase::Stuck { why: why.clone() }),
            EventKind::RunRolledBack if self.phase == Phase::RollingBack => {
                self.occurs(plan, Occasion::RolledBack { at: event.seq });
                self.finish(Phase::RolledBack);
            }
            EventKind::RunFailed { why } if matches!(self.phase, Phase::Ending) => self.finish(Phase::Failed { why: why.clone() }),
            EventKind::RunEnded { .. } if matches!(self.phase, Phase::Ending) => self.finish(Phase::Ended),
            EventKind::ReleaseEnded => self.end_release()?,
            EventKind::RunDone if self.phase == Phase::Running => {
                self.occurs(plan, Occasion::Done);
                self.finish(Phase::Done);
            }
            _ => return Err(()),
        }
        Ok(())
    }

    fn greet(&mut self, plan: &Plan, host: &str, identity: &Identity, claims: &[String]) {
        let under_way =
            plan.iter().any(|(id, node)| node.host.as_deref() == Some(host) && matches!(self.stage(id), Stage::Began { .. } | Stage::Unsettled { .. }));
        let known = self.hosts.entry(host.to_owned()).or_insert_with(|| HostState { met: identity.clone(), ..HostState::default() });
        if known.met.life.is_empty() {
            known.met = identity.clone();
        }
        if !under_way {
            // A step that reboots the host compares with the boot before it began.
            known.met.boot_id.clone_from(&identity.boot_id);
        }
        known.now = Some(Greeting::Answered { identity: identity.clone(), claims: claims.to_vec() });
    }

    /// K3: the host has forgotten this run. What was under way there is unknown, and never "never started".
    fn forget(&mut self, plan: &Plan, host: &str, said: &str) -> Result<(), ()> {
        let known = self.hosts.get_mut(host).filter(|known| known.now.is_none()).ok_or(())?;
        known.met = Identity::default();
        let why = format!("{host} no longer remembers this run, as is accepted by {said}");
        for (id, _) in plan.iter().filter(|(_, node)| node.host.as_deref() == Some(host)) {
            let node = &mut self.nodes[id.index()];
            match node.stage {
                Stage::Began { attempt, .. } | Stage::Unsettled { attempt, undoing: false, .. } => {
                    node.stage = Stage::Lost { attempt, why: why.clone(), told: None };
                }
                Stage::Undoing { .. } | Stage::Unsettled { undoing: true, .. } => node.stage = Stage::UndoOwed,
                _ => {}
            }
        }
        Ok(())
    }

    pub(in crate::run) fn finish(&mut self, phase: Phase) {
        self.phase = phase;
        self.driven = false;
        self.parking = None;
        self.interrupted = false;
        self.closing = false;
    }

    /// What is over stays so; only a scope that it keeps can still be freed.
    #[must_use]
    pub fn may_be_driven(&self, plan: &Plan, purpose: &Purpose) -> bool {
        match purpose {
            Purpose::Release { scope } => scope.index() < self.nodes.len() && release::may_be_freed(plan, self, *scope),
            Purpose::Run | Purpose::Resume | Purpose::Rollback { .. } | Purpose::End => !self.phase.beneath().is_final(),
        }
    }

    fn start_driver(&mut self, epoch: u64, purpose: &Purpose, operator: &str) {
        let before = match &self.phase {
            // A preflight that died with its process never counted.
            Phase::Preparing { before } => (**before).clone(),
            other => other.clone(),
        };
        if before.is_final() {
            // Its hosts have been told to forget it.
            self.hosts.values_mut().for_each(|host| host.met.life.clear());
        }
        self.phase = Phase::Preparing { before: Box::new(before) };
        self.epoch = epoch;
        self.purpose = purpose.clone();
        operator.clone_into(&mut self.operator);
        self.hands.insert(operator.to_owned());
        self.driven = true;
        self.interrupted = false;
        self.stepping = false;
        self.confirmed.clear();
        self.editing = false;
        // Its process is gone, and with it whoever sat there.
        self.shells.clear();
        self.closing = false;
        self.start_refused = None;
        self.requires.clear();
        self.fact_failures.clear();
        self.scopes_decided.clear();
        self.facts_seen.clear();
        self.locks_refused.clear();
        for host in self.hosts.values_mut() {
            host.now = None;
            host.lost = None;
            host.is_stranger = false;
            host.gone = None;
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
        if let Phase::Releasing { .. } = before {
            self.phase = before;
            return Ok(());
        }
        match &self.purpose {
            Purpose::Release { scope } => {
                self.nodes[scope.index()].stage = Stage::UndoOwed;
                self.phase = Phase::Releasing { scope: *scope, before: Box::new(before) };
                return Ok(());
            }
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
        for (id, at) in plan.iter() {
            // A host that this process had no need to greet is not back.
            let is_back = at.host.as_ref().is_none_or(|h| self.hosts.get(h).is_some_and(HostState::is_met));
            let node = &mut self.nodes[id.index()];
            match &node.stage {
                Stage::Unreachable { was, .. } if is_back => node.stage = was.clone().into(),
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
            if let NodeKind::Leave { enter } = node.kind
                && self.node(id).taken_back
                && matches!(self.stage(enter), Stage::Undone | Stage::UndoneByHand { .. })
            {
                self.nodes[enter.index()].taken_back = true;
            }
        }
        let nodes = &self.nodes;
        self.gates.retain(|id, _| !nodes[id.index()].taken_back);
        // An item of which something was taken back has its turn again.
        let again: Vec<BlockId> = plan.iter().filter(|(id, _)| self.node(*id).taken_back).flat_map(|(_, node)| plan.enclosing(node.block)).collect();
        self.ended.retain(|block, _| !again.contains(block));
        let left_out: Vec<bool> = plan.iter().map(|(id, _)| fleet::is_left_out(plan, self, id)).collect();
        for ((node, at), is_left_out) in self.nodes.iter_mut().zip(&plan.nodes).zip(left_out) {
            if node.taken_back {
                // A scope that is kept is still held.
                let kept = matches!(node.stage, Stage::Kept { .. });
                node.start_over();
                if kept {
                    node.stage = Stage::Succeeded;
                    node.effective = 1;
                }
            }
            // It was to be undone, and the undo did not end well: its own guards or a person tell what it is now.
            let is_half_undone = matches!(node.stage, Stage::UndoOwed | Stage::UndoFailed { .. }) && !matches!(at.kind, NodeKind::Enter { .. });
            if is_half_undone && !is_left_out {
                node.stage = node.half_undone();
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
        let covered = gone_over(plan, self);
        for (id, node) in plan.iter() {
            let at = id.index();
            let state = &mut self.nodes[at];
            let has_no_undo = matches!(node.spec().map(|s| &s.undo), Some(UndoSpec::Unsaid));
            let stands = state.is_touched() && has_no_undo && matches!(node.kind, NodeKind::Step(_) | NodeKind::Manual { .. });
            // An earlier rollback, given up on its way, may have gone further back than this one.
            let was_undone = matches!(state.stage, Stage::Undone | Stage::UndoneByHand { .. }) && !matches!(node.kind, NodeKind::Enter { .. });
            state.taken_back |= covered[at] && !out_of_reach[at] && !stands || was_undone;
        }
    }

    pub(super) fn unwind(&mut self, to: Unwinding) {
        self.unwinding = Some(to);
        self.ending = None;
        self.phase = Phase::RollingBack;
    }

    /// A nested boundary settles before its outer one, which then follows its own policy.
    fn boundary_undone(&mut self, plan: &Plan, block: BlockId) {
        self.take_back(plan);
        let outer = plan.blocks[block.index()].parent.and_then(|b| plan.boundary_of(b));
        let returns = |block: BlockId| !points_of_no_return(plan, self).iter().any(|id| plan.inside(plan.node(*id).block, block));
        match outer.map(|b| (b, &plan.blocks[b.index()].kind)) {
            // R2: its own point of no return lies behind it.
            Some((outer, BlockKind::Boundary { id, on_failure: OnFailure::Rollback, .. })) if !returns(outer) => {
                self.parking = Some(format!("a boundary inside `{id}` was rolled back; `{id}` is past its point of no return"));
                self.unwinding = Some(Unwinding::Over);
            }
            Some((outer, BlockKind::Boundary { on_failure: OnFailure::Rollback, .. })) => self.unwinding = Some(Unwinding::Boundary(outer)),
            Some((_, BlockKind::Boundary { id, .. })) => {
                self.parking = Some(format!("a boundary inside `{id}` was rolled back; `{id}` parks on failure"));
                self.unwinding = Some(Unwinding::Over);
            }
            _ => self.unwinding = Some(Unwinding::Scopes),
        }
    }
}
