//! A world that answers effects: commands fail, connections drop, engines die, people say anything. What really
//! happened on the targets is kept apart from what the run was told.

use std::collections::{BTreeMap, BTreeSet};

use super::plans::Dice;
use crate::outcome::{Exit, Identity};
use crate::plan::model::{BlockId, LOCAL, NodeId, NodeKind, OnUnreachable, Plan};
use crate::plan::tests::driven::entered;
use crate::run::event::{Actor, Answer, Event, EventKind, FailureAnswer, InterruptAnswer, Purpose, Refusal, StepAnswer, Voter};
use crate::run::state::{Greeting, Phase, RunState, Stage, Unwinding};
use crate::run::{Effect, decide};
use crate::run::{approver, gate, release, unwind};

/// One thing that really happened on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deed {
    pub(super) node: NodeId,
    pub(super) undoing: bool,
    pub(super) attempt: u32,
    pub(super) well: bool,
    /// The item of a loop that was undone for itself: one that had ended, or one whose boundary was rolled back.
    pub(super) item: Option<BlockId>,
}

pub(super) struct World<'a> {
    pub(super) plan: &'a Plan,
    pub(super) state: RunState,
    pub(super) events: Vec<Event>,
    pub(super) deeds: Vec<Deed>,
    dice: Dice,
    /// Attempts that are on their targets and whose end the engine has not heard.
    flying: BTreeMap<(NodeId, bool, u32), bool>,
    /// Effects whose answer the engine waits for.
    sent: BTreeSet<String>,
    /// What really lies on the hosts as ours, with its number.
    locks: BTreeMap<(String, String), u64>,
    /// How often things go wrong: one in so many.
    trouble: usize,
    /// Hosts that can't be reached, in truth.
    away: BTreeSet<String>,
    /// Hosts that this process has met, and those of them that it knows to be lost.
    met: BTreeSet<String>,
    lost: BTreeSet<String>,
    /// A step whose first attempt fails, and what a rollback at that failure was said to undo: that is chosen then.
    pub(super) fails: Option<NodeId>,
    pub(super) foretold: Option<(usize, Vec<NodeId>)>,
    /// The gates behind which something had begun before an edit, which may have taken that out.
    pub(super) used: BTreeSet<NodeId>,
}

fn identity(host: &str, boot: usize) -> Identity {
    Identity { machine_id: format!("machine-{host}"), boot_id: format!("boot-{boot}"), life: format!("life-{host}"), bash: true, sums: true }
}

impl<'a> World<'a> {
    pub(super) fn new(plan: &'a Plan, seed: u64, trouble: usize) -> Self {
        let mut world = Self {
            plan,
            state: RunState::new(plan),
            events: Vec::new(),
            deeds: Vec::new(),
            dice: Dice::new(seed),
            flying: BTreeMap::new(),
            sent: BTreeSet::new(),
            locks: BTreeMap::new(),
            trouble,
            away: BTreeSet::new(),
            met: BTreeSet::new(),
            lost: BTreeSet::new(),
            fails: None,
            foretold: None,
            used: BTreeSet::new(),
        };
        world.record(EventKind::RunCreated {
            runbook: "test".to_owned(),
            plan: String::new(),
            pins: Vec::new(),
            engine: String::new(),
            operator: "op".to_owned(),
            jobs: 4,
        });
        world.start(Purpose::Run);
        world
    }

    /// The same world under another plan: what happened on the targets stays, by path. Blocks keep their numbers.
    pub(super) fn edited(self, plan: &'a Plan, state: RunState, events: Vec<Event>) -> World<'a> {
        let old = self.plan;
        let now = |id: NodeId| plan.iter().find(|(_, node)| node.path == old.node(id).path).map(|(id, _)| id);
        let deeds = self.deeds.iter().filter_map(|deed| Some(Deed { node: now(deed.node)?, ..*deed })).collect();
        let flying = self.flying.iter().filter_map(|((id, undoing, attempt), well)| Some(((now(*id)?, *undoing, *attempt), *well))).collect();
        let began = |event: &Event| match &event.kind {
            EventKind::StepBegan { node, .. } | EventKind::ManualAsked { node, .. } => Some(*node),
            _ => None,
        };
        let gates = old.iter().filter(|(_, node)| matches!(node.kind, NodeKind::Gate(_))).map(|(id, _)| id);
        let is_used = |gate: &NodeId| {
            let behind = super::oracle::descendants(old, *gate);
            self.events.iter().filter_map(began).any(|node| behind.contains(&node))
        };
        let used = gates.filter(is_used).filter_map(now).collect();
        World { plan, state, events, deeds, flying, used, sent: BTreeSet::new(), ..self }
    }

    /// Every event that the world answers with must be legal where it comes.
    pub(super) fn record(&mut self, kind: EventKind) {
        let event = Event { seq: self.state.seq + 1, at: self.now(), kind };
        super::oracle::may_follow(self, &event.kind);
        self.state.apply(self.plan, &event).unwrap_or_else(|e| panic!("{e}\n{}", self.story()));
        self.events.push(event);
    }

    fn now(&self) -> i64 {
        i64::try_from(self.events.len()).unwrap_or(0)
    }

    /// A scope that a person can free now.
    pub(super) fn kept(&self) -> Option<NodeId> {
        self.plan.iter().map(|(id, _)| id).find(|id| release::may_be_freed(self.plan, &self.state, *id))
    }

    pub(super) fn start(&mut self, purpose: Purpose) {
        // Of a run that is over nothing else can be wanted.
        let purpose = match self.kept() {
            Some(scope) if !self.state.may_be_driven(self.plan, &purpose) => Purpose::Release { scope },
            _ => purpose,
        };
        self.sent.clear();
        self.met.clear();
        self.lost.clear();
        let closes = purpose == Purpose::End;
        self.record(super::started(self.state.epoch + 1, purpose));
        for host in self.away.clone() {
            if closes && self.dice.one_in(2) {
                self.flying.retain(|(node, ..), _| self.plan.node(*node).host.as_deref() != Some(&host));
                self.record(EventKind::HostGivenUp { host, by: Actor::Policy, why: "burnt".to_owned() });
            }
        }
        for (scope, node) in self.plan.iter() {
            if closes && matches!(node.kind, NodeKind::Enter { .. }) && self.dice.one_in(3) {
                let release = self.dice.one_in(2);
                self.record(EventKind::ScopeDecided { scope, release, by: Actor::Policy });
            }
        }
        if self.dice.one_in(3) {
            self.record(EventKind::StepModeBegan { by: Actor::Policy });
        }
        let host = self.plan.hosts[self.dice.below(self.plan.hosts.len())].name.clone();
        if self.trouble > 0 && self.state.hosts.contains_key(&host) && self.dice.one_in(30) {
            self.flying.retain(|(node, ..), _| self.plan.node(*node).host.as_deref() != Some(&host));
            self.record(EventKind::MemoryAccepted { host, by: Actor::Policy, why: "reinstalled".to_owned() });
        }
    }

    /// Whether the host of a node answers now. A host may vanish at any moment, and one that is sought again may be back.
    fn answers(&mut self, node: NodeId) -> bool {
        let at = self.plan.node(node);
        let Some(host) = at.host.clone().filter(|h| h != LOCAL) else { return true };
        assert!(self.met.contains(&host), "`{}` is sent to a host that this process never met\n{}", at.path, self.story());
        let is_set_aside = self.lost.contains(&host) && at.unreachable != OnUnreachable::Fail;
        assert!(!is_set_aside, "`{}` is sent to a host that can't be reached\n{}", at.path, self.story());
        if self.away.contains(&host) && self.dice.one_in(3) {
            self.away.remove(&host);
        } else if self.trouble > 0 && self.dice.one_in(25) {
            self.away.insert(host.clone());
        }
        !self.away.contains(&host)
    }

    fn lose(&mut self, node: NodeId) {
        if let Some(host) = self.plan.node(node).host.clone()
            && self.lost.insert(host.clone())
        {
            let why = "no route".to_owned();
            let is_other = self.dice.one_in(4);
            self.record(if is_other { EventKind::StrangerAnswered { host, why } } else { EventKind::HostLost { host, why } });
        }
    }

    /// What was asked of a node's host is not answered.
    fn unanswered(&mut self, node: NodeId) {
        self.lose(node);
        self.record(EventKind::NodeUnreachable { node, why: "no route".to_owned() });
    }

    /// One turn: false when nothing can follow without a new process.
    pub(super) fn turn(&mut self) -> bool {
        let effects = decide(self.plan, &self.state);
        if let Some(Effect::Record(kind)) = effects.iter().find(|e| matches!(e, Effect::Record(_))) {
            self.record(kind.clone());
            return true;
        }
        if effects.is_empty() && self.flying.is_empty() {
            return false;
        }
        // Time goes by.
        let unused = gate::unused(self.plan, &self.state).map(|(id, ..)| id).next();
        if let Some(node) = unused.filter(|_| self.state.driven && !self.state.closing && self.state.phase == Phase::Running && self.dice.one_in(20)) {
            self.record(EventKind::GateLapsed { node, opening: self.state.node(node).openings, why: String::new() });
            return true;
        }
        // An engine may die at any moment; what is on the targets goes on.
        if self.dice.one_in(40 * self.trouble.max(1)) && !self.state.phase.is_final() && self.trouble > 0 {
            self.start(Purpose::Resume);
            return true;
        }
        // Either something new is sent, or something that flies lands.
        let new: Vec<Effect> = effects.into_iter().filter(|e| !self.sent.contains(&format!("{e:?}"))).collect();
        if !self.flying.is_empty() && (new.is_empty() || self.dice.one_in(2)) {
            self.land();
            return true;
        }
        if new.is_empty() {
            return false;
        }
        let effect = new[self.dice.below(new.len())].clone();
        self.answer(effect);
        true
    }

    fn goes_wrong(&mut self) -> bool {
        self.trouble > 0 && self.dice.one_in(self.trouble)
    }

    fn fly(&mut self, node: NodeId, undoing: bool, attempt: u32) {
        assert!(!self.deeds.iter().any(|d| (d.node, d.undoing, d.attempt) == (node, undoing, attempt)), "K3: an attempt runs at most once");
        let alive = self.flying.keys().any(|(n, undo, _)| *n == node && !undo);
        assert!(!undoing || !alive, "R8: `{}` is undone while it may still run\n{}", self.plan.node(node).path, self.story());
        let well = !self.goes_wrong() && (undoing || self.fails != Some(node));
        let ended = self.plan.enclosing(self.plan.node(node).block).filter(|b| self.state.ended.contains_key(b)).last();
        let item = match self.state.unwinding {
            _ if self.state.phase == Phase::Running => ended,
            Some(Unwinding::Boundary(block)) => self.plan.item_around(block),
            _ => None,
        };
        self.deeds.push(Deed { node, undoing, attempt, well, item });
        self.flying.insert((node, undoing, attempt), well);
    }

    fn land(&mut self) {
        let keys: Vec<_> = self.flying.keys().copied().collect();
        let (node, undoing, attempt) = keys[self.dice.below(keys.len())];
        // What an older process sent is heard of only by asking.
        let watched = self.sent.remove(&format!("{:?}", sent_as(node, undoing, attempt)));
        if !watched {
            if decide(self.plan, &self.state).contains(&Effect::Recover { node, attempt, undoing }) {
                self.answer(Effect::Recover { node, attempt, undoing });
            } else if !self.state.phase.is_final() {
                self.start(Purpose::Resume);
            }
            return;
        }
        if self.is_away(node) {
            self.lose(node);
            return self.unsettled(node, undoing, attempt);
        }
        if self.trouble > 0 && self.dice.one_in(30) {
            return self.unsettled(node, undoing, attempt);
        }
        let well = self.flying.remove(&(node, undoing, attempt)).unwrap_or(true);
        self.end(node, undoing, attempt, well);
    }

    pub(super) fn is_away(&self, node: NodeId) -> bool {
        self.plan.node(node).host.as_ref().is_some_and(|h| self.away.contains(h))
    }

    fn unsettled(&mut self, node: NodeId, undoing: bool, attempt: u32) {
        let why = "no answer".to_owned();
        self.record(if undoing { EventKind::UndoUnsettled { node, attempt, why } } else { EventKind::StepUnsettled { node, attempt, why } });
    }

    fn end(&mut self, node: NodeId, undoing: bool, attempt: u32, well: bool) {
        let exit = Exit::Code(i32::from(!well));
        let capture_error = (well && self.trouble > 0 && self.dice.one_in(20)).then(|| "not a number".to_owned());
        self.record(if undoing {
            EventKind::UndoEnded { node, attempt, ended: exit.into() }
        } else {
            EventKind::StepEnded { node, attempt, ended: exit.into(), captures: Vec::new(), capture_error }
        });
    }

    fn answer(&mut self, effect: Effect) {
        match effect {
            Effect::Greet { host } if self.trouble > 0 && self.dice.one_in(25) => {
                let how = [Refusal::Unfit, Refusal::Forgotten, Refusal::Fenced][self.dice.below(3)];
                self.record(EventKind::HostRefused { host, why: "no".to_owned(), how })
            }
            Effect::Greet { host } if host != LOCAL && self.trouble > 0 && self.dice.one_in(if self.away.contains(&host) { 2 } else { 12 }) => {
                self.away.insert(host.clone());
                self.record(EventKind::HostRefused { host, why: "no route".to_owned(), how: Refusal::Unreachable });
            }
            Effect::Greet { host } => {
                self.away.remove(&host);
                self.met.insert(host.clone());
                let boot = if self.trouble > 0 { self.dice.below(20) / 18 } else { 0 };
                self.record(EventKind::HostGreeted { identity: identity(&host, boot), host, claims: Vec::new() });
            }
            Effect::TakeLock { host, lock } => self.take_lock(host, lock),
            Effect::ReleaseLock { host, lock } => {
                let (taken, why) = (self.locks.remove(&(host.clone(), lock.clone())), "no answer".to_owned());
                let left = taken.is_some() && self.goes_wrong();
                self.record(if left { EventKind::LockLeft { host, lock, why } } else { EventKind::LockReleased { host, lock } });
            }
            Effect::ReadFact { fact, host } => self.record(EventKind::FactRead { fact, host, value: crate::value::Value::Bool(true) }),
            Effect::SeeFact { fact, host } => {
                let changed = self.dice.one_in(3);
                let now = (changed && self.dice.one_in(2)).then_some(crate::value::Value::Bool(false));
                self.record(EventKind::FactSeen { fact, host, changed, now, why: None });
            }
            Effect::AskFacts if self.dice.one_in(4) => self.record(EventKind::PreflightFailed { why: "facts have changed".to_owned() }),
            Effect::AskFacts => self.record(EventKind::FactsKept { by: Actor::Policy }),
            Effect::AskRequire { require, host } => {
                let held = self.trouble == 0 || !self.dice.one_in(12);
                self.record(if held { EventKind::RequireHeld { require, host } } else { EventKind::RequireFailed { require, host, why: String::new() } });
            }
            Effect::Reach { node } => self.record(EventKind::NodeReached { node, now: 0 }),
            Effect::AskGuard { node, .. } | Effect::Verify { node, .. } | Effect::Probe { node, .. } if !self.answers(node) => self.unanswered(node),
            Effect::AskGuard { node, guard } => {
                let kind = match self.dice.below(4) {
                    0 if matches!(self.plan.node(node).guards().get(guard as usize), Some(crate::plan::model::Guard::Check(_))) => {
                        EventKind::NodeSatisfied { node }
                    }
                    1 if self.goes_wrong() => EventKind::NodeRefused { node, why: "guard".to_owned() },
                    _ => EventKind::GuardHeld { node, guard, value: None },
                };
                self.record(kind);
            }
            Effect::Begin { node, attempt } => {
                self.record(EventKind::StepBegan { node, attempt, epoch: self.state.epoch });
                self.send(node, false, attempt);
            }
            Effect::BeginUndo { node, attempt } => {
                self.record(EventKind::UndoBegan { node, attempt, epoch: self.state.epoch });
                self.send(node, true, attempt);
            }
            Effect::Recover { node, attempt, undoing } => self.recover(node, attempt, undoing),
            Effect::Verify { node, index } => {
                let wrong = self.goes_wrong();
                self.record(if wrong { EventKind::VerifyFailed { node, index, why: "no".to_owned() } } else { EventKind::VerifyHeld { node, index } });
            }
            Effect::Probe { node, attempt } => {
                let done = [Some(true), Some(false), None][self.dice.below(3)];
                self.record(EventKind::LostSettled { node, attempt, done, why: String::new() });
            }
            Effect::AwaitRetry { node, .. } => self.record(EventKind::RetryDue { node }),
            Effect::AskManual { node } => self.record(EventKind::ManualAsked { node, instructions: String::new(), asks: Vec::new() }),
            Effect::AwaitManual { node } => {
                let done = !self.goes_wrong();
                let entered = if done { entered(self.plan.node(node)) } else { Vec::new() };
                self.record(EventKind::ManualAnswered { node, done, by: Actor::Policy, note: None, entered });
            }
            Effect::OpenGate { node, opening } => self.record(EventKind::GateOpened {
                node,
                opening,
                question: String::new(),
                deadline: i64::MAX,
                evidence: Vec::new(),
                evidence_hash: String::new(),
            }),
            Effect::AwaitGate { node, opening } => self.answer_gate(node, opening),
            Effect::AskFailure { node } | Effect::AskStep { node } if self.plan.node(node).host.is_some() && self.dice.one_in(6) => {
                self.record(EventKind::ShellOpened { node, by: Actor::Policy });
            }
            Effect::AskFailure { node } if self.fails.is_some() => {
                self.foretold.get_or_insert((self.deeds.len(), unwind::would_undo(self.plan, &self.state, node)));
                self.record(EventKind::FailureAnswered { node, answer: FailureAnswer::RollBack, by: Actor::Policy, note: None });
            }
            Effect::AskFailure { node } => {
                use FailureAnswer::{MarkDone, Park, Retry, RollBack, Skip};
                // R8: what may still run is neither done nor passed over.
                let runs_perhaps = matches!(self.state.stage(node), Stage::Unsettled { .. });
                let choices = [Retry, Retry, RollBack, RollBack, Park, MarkDone, Skip];
                let answer = choices[self.dice.below(if runs_perhaps { 5 } else { 7 })].clone();
                if answer == Retry
                    && let Some(host) = &self.plan.node(node).host
                {
                    self.lost.remove(host);
                }
                self.record(EventKind::FailureAnswered { node, answer, by: Actor::Policy, note: None });
            }
            Effect::Shell { node } => self.record(EventKind::ShellClosed { node, by: Actor::Policy, why: None }),
            Effect::AskStep { node } => {
                use StepAnswer::{MarkDone, Park, RollBack, Run, RunTheRest, Skip};
                let choices = [Run, Run, Run, Run, Run, RunTheRest, MarkDone, Skip, RollBack, Park];
                let answer = if self.trouble == 0 { Run } else { choices[self.dice.below(10)] };
                self.record(EventKind::StepAnswered { node, answer, by: Actor::Policy, note: None });
            }
            Effect::AskInterrupt => {
                let answer = [InterruptAnswer::GoOn, InterruptAnswer::RollBack, InterruptAnswer::Park][self.dice.below(3)];
                self.record(EventKind::InterruptAnswered { answer, by: Actor::Policy });
            }
            Effect::AskUndoManual { node } => self.record(EventKind::UndoneByHand { node, by: Actor::Policy, note: String::new() }),
            Effect::AskScope { node } => {
                let kind = if self.dice.one_in(2) {
                    EventKind::ScopeReleaseChosen { node, by: Actor::Policy }
                } else {
                    EventKind::ScopeKept { node, by: Actor::Policy, why: String::new() }
                };
                self.record(kind);
            }
            Effect::Record(kind) => self.record(kind),
        }
    }

    /// The command may be lost on its way, with the engine or without it.
    fn send(&mut self, node: NodeId, undoing: bool, attempt: u32) {
        if !self.answers(node) {
            // It vanished before the command was sent, or while it began.
            if self.dice.one_in(2) {
                self.fly(node, undoing, attempt);
            } else if !undoing && self.dice.one_in(2) {
                return self.unanswered(node);
            }
            self.lose(node);
            return self.unsettled(node, undoing, attempt);
        }
        if self.trouble > 0 && self.dice.one_in(30) {
            // The engine dies between the record and the send, or just after it.
            if self.dice.one_in(2) {
                self.fly(node, undoing, attempt);
            }
            self.start(Purpose::Resume);
            return;
        }
        if self.trouble > 0 && self.dice.one_in(40) {
            // Not begun as its user: nothing of it has run.
            let why = "sudo".to_owned();
            return self.record(if undoing { EventKind::UndoRefused { node, attempt, why } } else { EventKind::NodeRefused { node, why } });
        }
        if let Some(lost) = self.loses_a_lock() {
            let why = "the lock is another's".to_owned();
            self.record(if undoing { EventKind::UndoVoided { node, attempt, why } } else { EventKind::StepVoided { node, attempt, why } });
            return self.record(lost);
        }
        assert!(
            self.plan.lock_places().iter().all(|place| self.locks.contains_key(place) || !self.is_reached(&place.0)),
            "`{}` was sent while a lock was not ours\n{}",
            self.plan.node(node).path,
            self.story()
        );
        self.fly(node, undoing, attempt);
        self.sent.insert(format!("{:?}", sent_as(node, undoing, attempt)));
    }

    /// Who closes a run does without the hosts that it needs no more.
    fn is_reached(&self, host: &str) -> bool {
        matches!(self.state.hosts.get(host).and_then(|h| h.now.as_ref()), Some(Greeting::Answered { .. }))
    }

    /// Other runs want the same locks; some of them don't wait.
    fn take_lock(&mut self, host: String, lock: String) {
        let number = self.events.len() as u64;
        let place = (host.clone(), lock.clone());
        if self.trouble > 0 && self.dice.one_in(12) && !self.locks.contains_key(&place) {
            return self.record(EventKind::LockRefused { host, lock, why: "is held by others".to_owned() });
        }
        let number = *self.locks.entry(place).or_insert(number);
        self.record(EventKind::LockTaken { host, lock, number, over: None, reason: None });
    }

    /// Somebody takes a lock over; it is found when the next command is sent.
    fn loses_a_lock(&mut self) -> Option<EventKind> {
        if self.trouble == 0 || !self.dice.one_in(40) {
            return None;
        }
        let place = self.locks.keys().next().cloned()?;
        self.locks.remove(&place);
        Some(EventKind::LockLost { host: place.0, lock: place.1, why: "others".to_owned() })
    }

    /// The target tells the truth, or its memory is gone.
    fn recover(&mut self, node: NodeId, attempt: u32, undoing: bool) {
        if !self.answers(node) {
            self.lose(node);
            return self.unsettled(node, undoing, attempt);
        }
        let Some(well) = self.flying.remove(&(node, undoing, attempt)) else {
            let why = String::new();
            self.record(if undoing { EventKind::UndoVoided { node, attempt, why } } else { EventKind::StepVoided { node, attempt, why } });
            return;
        };
        if self.trouble > 0 && self.dice.one_in(8) {
            // Its host does not answer now; it is asked again by the next process.
            self.flying.insert((node, undoing, attempt), well);
            self.sent.remove(&format!("{:?}", sent_as(node, undoing, attempt)));
            self.unsettled(node, undoing, attempt);
        } else if self.dice.one_in(5) {
            let why = "rebooted".to_owned();
            self.record(if undoing { EventKind::UndoLost { node, attempt, why } } else { EventKind::StepLost { node, attempt, why } });
        } else {
            self.end(node, undoing, attempt, well);
        }
    }

    fn answer_gate(&mut self, node: NodeId, opening: u32) {
        // Somebody whose yes does not count says it all the same: it must not fold.
        let asked = self.plan.node(node);
        let who = ["ada", "bo", "op"][self.dice.below(3)];
        let by = Voter::Person(who.to_owned());
        let yes = Answer::Approved { choice: None };
        if let NodeKind::Gate(gate) = &asked.kind
            && approver::Wanted::of(gate, &self.state).takes(&yes, &by).is_err()
        {
            let event = Event { seq: self.state.seq + 1, at: self.now(), kind: EventKind::GateAnswered { node, opening, answer: yes, by, note: None } };
            assert!(self.state.clone().apply(self.plan, &event).is_err(), "P3: {who} passed `{}`", asked.path);
            // Who is asked never comes: silence.
            let live = self.dice.one_in(2);
            return self.record(EventKind::GateExpired { node, opening, live });
        }
        let NodeKind::Gate(gate) = &asked.kind else { return };
        let choice = (!gate.choices.is_empty()).then(String::new);
        if gate::is_stale(gate, &self.state.gates[&node], self.now()) {
            return self.record(EventKind::GateLapsed { node, opening, why: String::new() });
        }
        let kind = match self.dice.below(7) {
            0 => EventKind::GateAnswered { node, opening, answer: Answer::Rejected, by: Voter::Policy, note: None },
            1 => EventKind::GateExpired { node, opening, live: self.dice.one_in(2) },
            2 => EventKind::GateLapsed { node, opening, why: String::new() },
            _ => EventKind::GateAnswered { node, opening, answer: Answer::Approved { choice }, by, note: None },
        };
        self.record(kind);
    }

    /// Plan, stages and events, short, for a failed test.
    pub(super) fn story(&self) -> String {
        let nodes = self.plan.iter().map(|(id, n)| {
            let undo = n.spec().map(|s| format!("{:?}", s.undo).chars().take(7).collect::<String>());
            format!(
                "{} {} block {} after {:?} {undo:?} -> {:?}\n",
                id.0,
                n.path,
                n.block.0,
                n.after.iter().map(|a| a.0).collect::<Vec<_>>(),
                self.state.node(id)
            )
        });
        let blocks = self.plan.blocks.iter().enumerate().map(|(i, b)| format!("block {i} in {:?} {:?}\n", b.parent.map(|p| p.0), b.kind));
        let nodes = nodes.chain(
            self.plan
                .iter()
                .filter(|(_, n)| n.tolerance.is_some() || n.unreachable != OnUnreachable::Fail)
                .map(|(id, n)| format!("{} {:?} {:?}\n", id.0, n.tolerance, n.unreachable)),
        );
        let nodes = nodes.chain(self.plan.tolerances.iter().enumerate().map(|(i, t)| format!("tolerance {i} {t:?}\n")));
        let nodes = nodes.chain([format!("ended {:?}\nphase {:?} unwinding {:?}\n", self.state.ended, self.state.phase, self.state.unwinding)]);
        let events = self.events.iter().map(|e| {
            let mut text = format!("{:?}", e.kind);
            text.truncate(110);
            format!("{} {text}\n", e.seq)
        });
        nodes.chain(blocks).chain(events).collect()
    }

    pub(super) fn interrupt(&mut self) {
        self.record(EventKind::Interrupted);
    }

    pub(super) fn choose(&mut self, n: usize) -> usize {
        self.dice.below(n)
    }

    /// The nodes of which something is on a target and has an end that is not known.
    pub(super) fn in_the_air(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.flying.keys().map(|(node, ..)| *node)
    }

    /// Whether anything is on a target whose end is not known.
    pub(super) fn is_flying(&self) -> bool {
        !self.flying.is_empty()
    }
}

fn sent_as(node: NodeId, undoing: bool, attempt: u32) -> Effect {
    if undoing { Effect::BeginUndo { node, attempt } } else { Effect::Begin { node, attempt } }
}
