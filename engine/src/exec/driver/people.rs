//! Questions to people: gates, manual steps, interrupts. Where nobody can be asked, a gate waits for an answer from
//! elsewhere.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::bind::Place;
use super::signals::Told;
use super::sink::Collected;
use super::{DriveError, Driver, ledger};
use crate::exec::people::{Asking, Ballot, Question, Reply};
use crate::plan::model::{EvidenceSpec, GateSpec, GateThen, NodeId, NodeKind, UndoSpec};
use crate::run::approver::Wanted;
use crate::run::behind::Behind;
use crate::run::event::{Actor, Answer, EventKind, Evidence, InterruptAnswer, Millis, Purpose, Voter};
use crate::run::fleet;
use crate::run::gate;
use crate::run::state::{Phase, Stage, Told as WhatIsKnown};

impl Driver<'_> {
    pub(super) fn person(&self) -> Actor {
        Actor::Person(self.people.name())
    }

    /// Puts a question. What led to it is on disk, and on the screen, before it is asked.
    pub(super) fn put(&mut self, question: Question) -> Result<Option<oneshot::Receiver<Reply>>, DriveError> {
        self.ledger.commit(Vec::new())?;
        Ok(self.people.ask(question))
    }

    pub(super) fn open_gate(&mut self, key: String, node: NodeId, opening: u32) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let NodeKind::Gate(gate) = &plan.node(node).kind else { return Ok(()) };
        let place = Place::of_node(&plan, self.ledger.state(), node);
        let question = gate.question.as_ref().map(|q| place.text(q, &self.world)).unwrap_or_default();
        let mut shows = Vec::with_capacity(gate.show.len());
        for show in &gate.show {
            let there = place.on(&show.host);
            shows.push((show.host.clone(), there.shown(&show.command, &self.world), there.ready(&show.command, false, &self.world)));
        }
        let timeout = i64::try_from(gate.timeout).unwrap_or(i64::MAX / 2000).saturating_mul(1000);
        let kept = self.ledger.state().gates.get(&node).and_then(|opening| opening.deadline);
        self.fly_idle(key, async move {
            let mut evidence = Vec::with_capacity(shows.len());
            for (host, command, ready) in shows {
                let mut printed = Collected::default();
                let exit = match ready {
                    Ok(ready) => ready.read(&mut printed).await.map(|e| e.exit).map_err(|e| e.to_string()),
                    Err(why) => Err(why),
                };
                printed.out.append(&mut printed.err);
                let output = String::from_utf8_lossy(&printed.out).into_owned();
                let output = match &exit {
                    Ok(_) => output,
                    Err(why) => format!("{output}(it could not be shown: {why})"),
                };
                evidence.push(Evidence { host, command, exit: exit.ok(), output });
            }
            let evidence_hash = ledger::evidence_hash(&evidence);
            let deadline = kept.unwrap_or_else(|| ledger::now().saturating_add(timeout));
            vec![EventKind::GateOpened { node, opening, question, deadline, evidence, evidence_hash }]
        });
        Ok(())
    }

    pub(super) fn await_gate(&mut self, key: String, node: NodeId, opening: u32) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        // The evidence is read back from the journal: what is asked about is what was frozen.
        self.ledger.commit(Vec::new())?;
        let (NodeKind::Gate(gate), Stage::Open { deadline, .. }) = (&plan.node(node).kind, self.ledger.state().stage(node).clone()) else { return Ok(()) };
        let path = plan.node(node).path.clone();
        if deadline <= ledger::now() {
            // It ran out before this process looked: nobody was there to act on it.
            self.ledger.commit(vec![EventKind::GateExpired { node, opening, live: false }])?;
            return Ok(());
        }
        if let Some(given) = self.options.answers.remove(&path)
            && self.answered_beforehand(gate, node, opening, &given)?
        {
            return Ok(());
        }
        let place = Place::of_node(&plan, self.ledger.state(), node);
        let behind = Behind::of(&plan, self.ledger.state(), node);
        let then = match gate.then {
            GateThen::Rollback => "roll back",
            GateThen::Park => "park",
            GateThen::End => "end the run",
        };
        let wanted = Wanted::of(gate, self.ledger.state());
        let ballot = self.ballot(node, opening, &wanted)?;
        // Who signs is known when they have.
        let not_theirs = match &ballot {
            Some(_) => !self.people.can_sign(),
            None => wanted.takes(&Answer::Approved { choice: None }, &self.person().into()).is_err(),
        };
        let question = Question::Gate {
            node,
            opening,
            path,
            question: gate.question.as_ref().map(|q| place.text(q, &self.world)).unwrap_or_default(),
            evidence: self.ledger.evidence(node, opening)?,
            confirm: gate.confirm.as_ref().map(|c| place.text(c, &self.world)),
            choices: gate.choices.clone(),
            behind: behind.said(),
            hosts: behind.typed(),
            asked: wanted.whose_yes(),
            not_theirs,
            ballot,
            deadline,
            then,
        };
        let by = self.person();
        let until = self.ledger.state().gates.get(&node).and_then(|shown| gate::valid_until(gate, shown));
        match self.put(question)? {
            Some(reply) => self.fly_idle(key, async move {
                tokio::select! {
                    Ok(Reply::Gate { answer, note, signed }) = reply => vec![match until {
                        Some(until) if answer != Answer::Rejected && ledger::now() > until => EventKind::GateLapsed { node, opening, why: gate::TOO_OLD.to_owned() },
                        _ => EventKind::GateAnswered { node, opening, answer, by: signed.map_or_else(|| by.into(), |signed| Voter::Signed(Box::new(signed))), note },
                    }],
                    live = expiry(deadline) => vec![EventKind::GateExpired { node, opening, live }],
                }
            }),
            None if self.options.wait => self.fly_idle(key, async move { vec![EventKind::GateExpired { node, opening, live: expiry(deadline).await }] }),
            None => {
                self.nobody.insert(key);
            }
        }
        Ok(())
    }

    /// What a person signs who answers this opening of a gate.
    fn ballot(&self, node: NodeId, opening: u32, wanted: &Wanted) -> Result<Option<Ballot>, DriveError> {
        let Some(signers) = self.plan.signers.clone() else { return Ok(None) };
        let statement = self.ledger.statement(node, opening)?;
        Ok(statement.map(|statement| Ballot { statement, signers, wanted: wanted.clone() }))
    }

    /// Whether a word that was given beforehand passed the gate.
    fn answered_beforehand(&mut self, gate: &GateSpec, node: NodeId, opening: u32, given: &str) -> Result<bool, DriveError> {
        let plan = Rc::clone(&self.plan);
        let path = &plan.node(node).path;
        let by = Voter::from(self.person());
        let wanted = Wanted::of(gate, self.ledger.state());
        let behind = Behind::of(&plan, self.ledger.state(), node);
        let answer = gate::read_answer(gate, given, behind.typed(), &|prose| Place::of_node(&plan, self.ledger.state(), node).text(prose, &self.world));
        let not_used = match &answer {
            None => {
                let counted = behind.typed().map(|_| format!(": it leads to {}, and a yes says how many: `--answer '{path}=approve N'`", behind.said()));
                Some(format!("`--answer {path}={given}` is not an answer to this gate{}", counted.unwrap_or_default()))
            }
            Some(_) if gate.guards_irreversible => {
                Some(format!("`--answer {path}={given}` is not used: an irreversible step follows, so a person answers this gate"))
            }
            Some(answer) => wanted.takes(answer, &by).err().map(|why| {
                let why = wanted.not_theirs(&why, &self.people.name());
                format!("`--answer {path}={given}` is not used: {why}")
            }),
        };
        if let Some(notice) = not_used {
            self.ledger.notice(&notice);
            return Ok(false);
        }
        let Some(answer) = answer else { return Ok(false) };
        self.ledger.commit(vec![EventKind::GateAnswered { node, opening, answer, by, note: Some("--answer".to_owned()) }])?;
        Ok(true)
    }

    /// Time enters as an event: an answer that waits for something to begin behind it may get too old.
    pub(super) fn lapse_answers(&mut self) {
        let state = self.ledger.state();
        if state.gates.is_empty() || state.phase != Phase::Running || !state.driven || state.closing {
            return;
        }
        let now = ledger::now();
        let stale = gate::unused(&self.plan, state).filter(|(_, gate, opening)| gate::is_stale(gate, opening, now));
        let lapsed = stale.map(|(node, ..)| EventKind::GateLapsed { node, opening: state.node(node).openings, why: gate::TOO_OLD.to_owned() });
        let lapsed: Vec<EventKind> = lapsed.collect();
        if !lapsed.is_empty() {
            self.ledger.note(lapsed);
        }
    }

    pub(super) fn ask_manual(&mut self, node: NodeId) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let NodeKind::Manual { instructions, .. } = &plan.node(node).kind else { return Ok(()) };
        let instructions = Place::of_node(&plan, self.ledger.state(), node).text(instructions, &self.world);
        let asks = self.asks(node).into_iter().map(|asking| asking.question).collect();
        self.ledger.commit(vec![EventKind::ManualAsked { node, instructions, asks }])?;
        Ok(())
    }

    /// What a person is asked to enter at a manual step.
    fn asks(&self, node: NodeId) -> Vec<Asking> {
        let place = Place::of_node(&self.plan, self.ledger.state(), node);
        let asking = |spec: &EvidenceSpec| Asking {
            slot: spec.slot,
            name: self.plan.slots[spec.slot.index()].name.clone(),
            kind: spec.kind.clone(),
            question: place.text(&spec.ask, &self.world),
        };
        self.plan.node(node).evidence().iter().map(asking).collect()
    }

    pub(super) fn await_manual(&mut self, key: String, node: NodeId) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let NodeKind::Manual { instructions, .. } = &plan.node(node).kind else { return Ok(()) };
        let instructions = Place::of_node(&plan, self.ledger.state(), node).text(instructions, &self.world);
        let by = self.person();
        match self.put(Question::Manual { node, path: plan.node(node).path.clone(), instructions, asks: self.asks(node) })? {
            Some(reply) => self.fly_idle(key, async move {
                match reply.await {
                    Ok(Reply::Manual { done, note, entered }) => vec![EventKind::ManualAnswered { node, done, by, note, entered }],
                    _ => Vec::new(),
                }
            }),
            None => {
                self.nobody.insert(key);
            }
        }
        Ok(())
    }

    pub(super) fn ask_interrupt(&mut self, key: String) -> Result<(), DriveError> {
        let by = self.person();
        match self.put(Question::Interrupt)? {
            Some(reply) => self.fly_idle(key, async move {
                match reply.await {
                    Ok(Reply::Interrupt(answer)) => vec![EventKind::InterruptAnswered { answer, by }],
                    _ => Vec::new(),
                }
            }),
            None => {
                self.ledger.commit(vec![EventKind::InterruptAnswered { answer: InterruptAnswer::Park, by: Actor::Policy }])?;
            }
        }
        Ok(())
    }

    pub(super) fn ask_undo_manual(&mut self, key: String, node: NodeId) -> Result<(), DriveError> {
        let plan = Rc::clone(&self.plan);
        let Some(UndoSpec::Manual(instructions)) = plan.node(node).spec().map(|s| &s.undo) else { return Ok(()) };
        let instructions = Place::of_node(&plan, self.ledger.state(), node).text(instructions, &self.world);
        let by = self.person();
        match self.put(Question::UndoManual { node, path: plan.node(node).path.clone(), instructions: instructions.clone() })? {
            Some(reply) => self.fly_idle(key, async move {
                match reply.await {
                    Ok(Reply::UndoManual { done: Some(note), .. }) => vec![EventKind::UndoneByHand { node, by, note }],
                    Ok(Reply::UndoManual { done: None, why }) => vec![EventKind::UndoDeclined { node, by, why }],
                    _ => Vec::new(),
                }
            }),
            None => {
                let why = format!("it is undone by hand, and nobody is here to do it: {instructions}");
                self.ledger.commit(vec![EventKind::UndoDeclined { node, by: Actor::Policy, why }])?;
            }
        }
        Ok(())
    }

    pub(super) fn ask_scope(&mut self, key: String, node: NodeId) -> Result<(), DriveError> {
        let at = self.plan.node(node);
        let by = self.person();
        let question = Question::Scope { node, path: at.path.clone(), title: at.title.clone().unwrap_or_default() };
        match self.put(question)? {
            Some(reply) => self.fly_idle(key, async move {
                match reply.await {
                    Ok(Reply::Scope { release: true }) => vec![EventKind::ScopeReleaseChosen { node, by }],
                    Ok(Reply::Scope { release: false }) => vec![EventKind::ScopeKept { node, by, why: "a person keeps it".to_owned() }],
                    _ => Vec::new(),
                }
            }),
            None => {
                self.ledger.commit(vec![EventKind::ScopeKept {
                    node,
                    by: Actor::Policy,
                    why: "its release asks, and nobody was there to be asked".to_owned(),
                }])?;
            }
        }
        Ok(())
    }

    /// Once: nothing new begins. Twice, or told to go: this process leaves, the jobs go on.
    pub(super) fn heed(&mut self, told: Told) -> Result<bool, DriveError> {
        self.interrupted = true;
        match told {
            Told::Go => Ok(true),
            Told::Interrupt => {
                // A preflight has changed nothing, and a release is all that its process does: there is no next step.
                if matches!(self.ledger.state().phase, Phase::Preparing { .. } | Phase::Releasing { .. }) {
                    return Ok(true);
                }
                self.ledger.commit(vec![EventKind::Interrupted])?;
                Ok(false)
            }
        }
    }

    /// A resume without a terminal means: what had failed is tried once more. But a person's no that came while no process
    /// was there is not asked for again: first the policy decides about it.
    pub(super) fn remember_what_failed(&mut self) {
        let state = self.ledger.state();
        if self.retried.is_some() || state.purpose != Purpose::Resume || !matches!(state.phase, Phase::Running) {
            return;
        }
        // Of a lost attempt its own `check` has said that it is not done.
        let is_to_do = |stage: &Stage| matches!(stage, Stage::Failed { .. } | Stage::Refused { .. } | Stage::Lost { told: Some(WhatIsKnown::NotDone), .. });
        let is_told = |id: NodeId| is_to_do(state.stage(id)) && !state.node(id).declined;
        let failed = self.plan.iter().map(|(id, _)| id).filter(|id| is_told(*id) && !fleet::is_left_out(&self.plan, state, *id));
        self.retried = Some(failed.collect());
    }

    /// A person chose to go on after an interrupt.
    pub(super) fn forget_interrupt(&mut self) {
        let state = self.ledger.state();
        let goes_on = matches!(state.phase, Phase::Running | Phase::RollingBack | Phase::Ending) && state.parking.is_none();
        if self.interrupted && !state.interrupted && goes_on {
            self.interrupted = false;
            self.signals.forget();
        }
    }
}

/// Waits for a deadline and says whether this process was there when it came. A clock that jumps over the deadline
/// does not make it so: then nobody has waited as long as the gate promised.
async fn expiry(deadline: Millis) -> bool {
    let wait = Duration::from_millis(u64::try_from(deadline - ledger::now()).unwrap_or(0));
    let began = Instant::now();
    loop {
        let left = wait.saturating_sub(began.elapsed());
        if left.is_zero() {
            return true;
        }
        if ledger::now() > deadline + 2000 {
            return false;
        }
        tokio::time::sleep(left.min(Duration::from_secs(1))).await;
    }
}
