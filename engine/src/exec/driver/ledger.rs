//! The journal and the state that is folded from it, kept as one: nothing is in one that is not in the other.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::DriveError;
use crate::exec::keeper::call::Stream;
use crate::exec::people::People;
use crate::exec::secret::Masks;
use crate::exec::signature;
use crate::exec::watch::Watch;
use crate::journal::chain::content_hash;
use crate::journal::{Durable, Journal, JournalError};
use crate::plan::model::{HostName, NodeId, Plan, SlotId};
use crate::run::edit::Plans;
use crate::run::event::{Event, EventKind, Evidence, Millis, Purpose};
use crate::run::state::RunState;
use crate::run::statement::{Start, Statement};
use crate::run::verdict::attempt_name;
use crate::value::{SecretText, Value};

pub(super) struct Ledger<'a> {
    journal: Journal,
    plans: Plans,
    plan: Rc<Plan>,
    state: RunState,
    /// In the state, and not yet on disk.
    noted: Vec<(Millis, EventKind)>,
    /// What no event holds, laid over the state after each fold.
    secrets: Vec<(SlotId, HostName, SecretText)>,
    masks: Arc<Masks>,
    watch: &'a mut dyn Watch,
}

impl<'a> Ledger<'a> {
    pub(super) fn open(mut journal: Journal, plans: Plans, watch: &'a mut dyn Watch) -> Result<Self, DriveError> {
        let events = journal.catch_up()?;
        trusted(&journal, &plans, &events, 0)?;
        let (state, plan) = (plans.fold(&events)?, Rc::clone(plans.now()));
        journal.was_written_to()?;
        Ok(Self { journal, plans, plan, state, noted: Vec::new(), secrets: Vec::new(), masks: Arc::default(), watch })
    }

    pub(super) fn start_driver(&mut self, purpose: Purpose, people: &dyn People, takes_locks: bool) -> Result<(), DriveError> {
        let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let (epoch, operator) = (self.state.epoch + 1, people.name());
        let signed = match &self.plan.signers {
            None => None,
            Some(signers) => {
                let start = Start { run: self.run().to_owned(), epoch, takes_locks, plan: self.plan.hash.clone(), head: self.head().to_owned() };
                let signed = people.sign(&start.text(&self.plan, &purpose), &start.head, signers);
                Some(Box::new(signed.map_err(|why| DriveError::Unsigned { run: start.run, why })?))
            }
        };
        let event = EventKind::DriverStarted { epoch, purpose, operator, pid: std::process::id(), machine, takes_locks, signed };
        self.commit(vec![event])?;
        Ok(())
    }

    /// This process knows a secret from now on: its value is found by its name, and masked in all that is written.
    pub(super) fn know(&mut self, slot: SlotId, host: HostName, secret: SecretText) -> Arc<Masks> {
        self.secrets.push((slot, host, secret));
        self.masks = Arc::new(Masks::of(self.secrets.iter().map(|(_, _, secret)| secret)));
        self.lay_over();
        Arc::clone(&self.masks)
    }

    fn lay_over(&mut self) {
        for (slot, host, secret) in &self.secrets {
            self.state.slots.entry(*slot).or_default().insert(host.clone(), Value::Secret(secret.clone()));
        }
    }

    pub(super) fn state(&self) -> &RunState {
        &self.state
    }

    pub(super) fn into_state(self) -> RunState {
        self.state
    }

    pub(super) fn run(&self) -> &str {
        self.journal.run()
    }

    pub(super) fn head(&self) -> &str {
        self.journal.head()
    }

    pub(super) fn folder(&self) -> &std::path::Path {
        self.journal.store().folder()
    }

    /// Takes events into the state and keeps them until the next [`Self::commit`]: one flush serves them all. Nothing
    /// may be sent, asked or shown before that. What is no longer possible (its question was answered elsewhere, its
    /// step was put back) is dropped: it decided nothing.
    pub(super) fn note(&mut self, kinds: Vec<EventKind>) {
        let at = now();
        for kind in kinds {
            let kind = masked(kind, &self.masks);
            let event = Event { seq: self.state.seq + 1, at, kind };
            match self.state.apply(&self.plan, &event) {
                Ok(()) => self.noted.push((at, event.kind)),
                Err(illegal) => tracing::debug!(%illegal, "dropped"),
            }
        }
    }

    /// Records events, and what was noted before them, in one flush. Returns the proofs of all that is new on disk.
    pub(super) fn commit(&mut self, kinds: Vec<EventKind>) -> Result<Vec<Durable<Event>>, DriveError> {
        self.note(kinds);
        while !self.noted.is_empty() {
            match self.journal.append(self.noted.clone()) {
                Ok(proofs) => {
                    self.noted.clear();
                    for proof in &proofs {
                        self.watch.event(&self.plan, &self.state, proof.get());
                    }
                    return Ok(proofs);
                }
                // Someone else's word came first: what is still possible after it is tried again.
                Err(JournalError::Behind) => {
                    let noted = std::mem::take(&mut self.noted);
                    self.catch_up()?;
                    self.note(noted.into_iter().map(|(_, kind)| kind).collect());
                }
                Err(other) => return Err(other.into()),
            }
        }
        Ok(Vec::new())
    }

    /// Records one event and proves that it is on disk; `None` when it is no longer possible.
    pub(super) fn prove(&mut self, kind: EventKind) -> Result<Option<Durable<Event>>, DriveError> {
        let proofs = self.commit(vec![kind.clone()])?;
        Ok(proofs.into_iter().rev().find(|proof| proof.get().kind == kind))
    }

    /// Takes in what another process wrote, where one did.
    pub(super) fn look(&mut self) -> Result<(), DriveError> {
        self.commit(Vec::new())?;
        if self.journal.was_written_to()? {
            self.catch_up()?;
        }
        Ok(())
    }

    /// Folds the journal anew: the state may hold an event that lost the race.
    fn catch_up(&mut self) -> Result<(), DriveError> {
        let known = self.journal.seq();
        let events = self.journal.catch_up()?;
        trusted(&self.journal, &self.plans, &events, known)?;
        self.state = self.plans.fold(&events)?;
        self.lay_over();
        for event in events.iter().filter(|e| e.seq > known) {
            self.watch.event(&self.plan, &self.state, event);
        }
        Ok(())
    }

    /// What a person signs who answers this opening of a gate, as the journal stands.
    pub(super) fn statement(&self, gate: NodeId, opening: u32) -> Result<Option<Statement>, DriveError> {
        let events = self.plans.today(&self.journal.events_after(0)?);
        Ok(Statement::of(self.run(), &self.plan, &events, gate, opening, self.head()))
    }

    /// What was frozen when a gate was opened.
    pub(super) fn evidence(&self, gate: NodeId, number: u32) -> Result<Vec<Evidence>, DriveError> {
        for event in self.plans.today(&self.journal.events_after(0)?).into_iter().rev() {
            if let EventKind::GateOpened { node, opening, evidence, .. } = event.kind
                && node == gate
                && opening == number
            {
                return Ok(evidence);
            }
        }
        Ok(Vec::new())
    }

    /// The attempt that ended last, by the name under which its output is kept.
    pub(super) fn last_attempt(&self) -> Result<Option<(NodeId, String)>, DriveError> {
        let ended = self.plans.today(&self.journal.events_after(0)?).into_iter().rev().find_map(|event| match event.kind {
            EventKind::StepEnded { node, attempt, .. } => Some((node, false, attempt)),
            EventKind::UndoEnded { node, attempt, .. } => Some((node, true, attempt)),
            _ => None,
        });
        Ok(ended.map(|(node, undoing, attempt)| (node, attempt_name(&self.plan.node(node).path, undoing, attempt))))
    }

    pub(super) fn show_output(&mut self, node: NodeId, stream: Stream, bytes: &[u8]) {
        self.watch.output(&self.plan, node, stream, bytes);
    }

    /// Time passes for whoever looks on.
    pub(super) fn pass(&mut self) {
        self.watch.look(&self.plan, &self.state);
    }

    pub(super) fn notice(&mut self, text: &str) {
        self.watch.notice(&self.masks.text(text));
    }
}

/// P3: what somebody else has written is believed when its signature holds.
fn trusted(journal: &Journal, plans: &Plans, events: &[Event], after: u64) -> Result<(), DriveError> {
    signature::doubt(journal, plans, events, after)?.map_or(Ok(()), |doubt| Err(DriveError::Doubtful(doubt)))
}

/// Text that came from a host or a person may hold a secret: it stands in the journal masked. Names, numbers and hashes
/// are left alone.
fn masked(kind: EventKind, masks: &Arc<Masks>) -> EventKind {
    const TEXTS: [&str; 9] = ["why", "output", "note", "question", "instructions", "capture_error", "command", "string", "by_hand"];
    fn walk(value: &mut serde_json::Value, in_text: bool, masks: &Arc<Masks>) {
        match value {
            serde_json::Value::String(text) if in_text => *text = masks.text(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| walk(item, in_text, masks)),
            serde_json::Value::Object(map) => map.iter_mut().for_each(|(key, item)| walk(item, TEXTS.contains(&key.as_str()), masks)),
            _ => {}
        }
    }
    if masks.is_empty() {
        return kind;
    }
    let Ok(mut value) = serde_json::to_value(&kind) else { return kind };
    let before = value.clone();
    walk(&mut value, false, masks);
    if value == before {
        return kind;
    }
    match serde_json::from_value(value).unwrap_or(kind) {
        // What is signed is what a person could see.
        EventKind::GateOpened { node, opening, question, deadline, evidence, .. } => {
            let evidence_hash = evidence_hash(&evidence);
            EventKind::GateOpened { node, opening, question, deadline, evidence, evidence_hash }
        }
        kind => kind,
    }
}

/// What stands for the evidence of a gate in what is signed.
pub(super) fn evidence_hash(evidence: &[Evidence]) -> String {
    content_hash(&serde_json::to_vec(evidence).unwrap_or_default())
}

/// Wall-clock time for the record. It decides nothing but what a person wrote as a date or a deadline.
pub(super) fn now() -> Millis {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}
