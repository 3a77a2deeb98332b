//! A failure: what a person is told and asked. Where nobody can be asked, it follows its policy.

use std::time::Duration;

use super::bind::Place;
use super::{DriveError, Driver};
use crate::exec::people::{FailureQuestion, Printed, Question, Reply};
use crate::journal::output;
use crate::plan::model::{BlockKind, NodeId, OnFailure, UndoSpec};
use crate::report::words::took;
use crate::run::event::{Actor, EventKind, FailureAnswer};
use crate::run::state::Stage;
use crate::run::verdict::attempt_name;
use crate::run::{fleet, unwind};

/// For how long a person is asked where the boundary does not say so.
const ASK: Duration = Duration::from_secs(10 * 60);

impl Driver<'_> {
    pub(super) fn ask_failure(&mut self, key: String, node: NodeId) -> Result<(), DriveError> {
        if self.options.retry.remove(&node) {
            let by = self.person();
            self.ledger.commit(vec![EventKind::FailureAnswered { node, answer: FailureAnswer::Retry, by, note: Some("--retry".to_owned()) }])?;
            return Ok(());
        }
        let by = self.person();
        let (ask_for, silence) = self.patience(node);
        let done = move |by, note| EventKind::FailureAnswered { node, answer: FailureAnswer::MarkDone, by, note: Some(note) };
        if self.ask_why_done(&key, node, Some(ask_for), done)? {
            return Ok(());
        }
        let question = Question::Failure(self.failure_question(node, ask_for, silence.clone())?);
        if let Some(reply) = self.put(question)? {
            let proof = self.proof(node);
            self.fly_idle(key, async move {
                match reply.await {
                    Ok(Reply::Silence) => {
                        let note = Some(format!("nobody answered within {}", took(i64::try_from(ask_for.as_millis()).unwrap_or(i64::MAX))));
                        vec![EventKind::FailureAnswered { node, answer: silence, by: Actor::Policy, note }]
                    }
                    Ok(Reply::Edit) => vec![EventKind::EditBegan { by }],
                    Ok(Reply::OpenShell) => vec![EventKind::ShellOpened { node, by }],
                    Ok(Reply::Failure { answer: FailureAnswer::MarkDone, .. }) => proof.of(|said| done(by, said)).await,
                    Ok(Reply::Failure { answer, note }) => vec![EventKind::FailureAnswered { node, answer, by, note }],
                    _ => Vec::new(),
                }
            });
            return Ok(());
        }
        let default = self.policy(node);
        let stops = fleet::exceeded(&self.plan, self.ledger.state(), node).and_then(|t| self.plan.tolerances[t.index()].stops());
        let again = self.retried.as_mut().is_some_and(|failed| failed.remove(&node));
        let (answer, by, note) = if again { (FailureAnswer::Retry, by, Some("resumed".to_owned())) } else { (default, Actor::Policy, stops) };
        self.ledger.commit(vec![EventKind::FailureAnswered { node, answer, by, note }])?;
        Ok(())
    }

    /// What stands ready when nobody answers: the innermost boundary's policy, and outside one, or past the point of
    /// no return (R2), to park.
    fn policy(&self, node: NodeId) -> FailureAnswer {
        let Some(block) = self.plan.boundary_of(self.plan.node(node).block) else { return FailureAnswer::Park };
        match self.plan.blocks[block.index()].kind {
            BlockKind::Boundary { on_failure: OnFailure::Rollback, .. } if !fleet::is_past_return(&self.plan, self.ledger.state(), block) => {
                FailureAnswer::RollBack
            }
            _ => FailureAnswer::Park,
        }
    }

    /// For how long a person is asked, and what silence means.
    fn patience(&self, node: NodeId) -> (Duration, FailureAnswer) {
        let policy = self.policy(node);
        let ask = self.plan.boundary_of(self.plan.node(node).block).and_then(|block| match self.plan.blocks[block.index()].kind {
            BlockKind::Boundary { ask, .. } => ask,
            _ => None,
        });
        match ask {
            None => (ASK, policy),
            Some(ask) => {
                // R2: past the point of no return nothing is undone by itself.
                let rolls_back = ask.then == OnFailure::Rollback && !self.is_past_return(node);
                (Duration::from_secs(ask.seconds), if rolls_back { FailureAnswer::RollBack } else { FailureAnswer::Park })
            }
        }
    }

    fn is_past_return(&self, node: NodeId) -> bool {
        self.plan.boundary_of(self.plan.node(node).block).is_some_and(|block| fleet::is_past_return(&self.plan, self.ledger.state(), block))
    }

    fn failure_question(&self, node: NodeId, ask_for: Duration, silence: FailureAnswer) -> Result<FailureQuestion, DriveError> {
        let at = self.plan.node(node);
        let state = self.ledger.state();
        let why = match state.stage(node) {
            Stage::Failed { why, .. } => why.to_string(),
            Stage::Refused { why } | Stage::Lost { why, .. } | Stage::Unsettled { why, .. } | Stage::Unreachable { why, .. } => why.clone(),
            other => format!("{other:?}"),
        };
        let stands = |id: NodeId| state.node(id).is_touched() && !matches!(state.stage(id), Stage::Undone | Stage::UndoneByHand { .. });
        let changed = self.plan.iter().filter(|(id, n)| n.changes() && stands(*id)).map(|(_, n)| n.path.clone());
        let rollback = unwind::would_undo(&self.plan, state, node).into_iter().map(|id| {
            let n = self.plan.node(id);
            let undo = match n.spec().map(|s| &s.undo) {
                Some(UndoSpec::Command(command)) => Place::of_node(&self.plan, state, id).shown(command, &self.world),
                Some(UndoSpec::None(reason)) => format!("(nothing: {reason})"),
                Some(UndoSpec::Manual(_)) => "(by hand)".to_owned(),
                Some(UndoSpec::Unsaid) | None => "(nothing was said)".to_owned(),
            };
            (n.path.clone(), undo)
        });
        let name = attempt_name(&at.path, false, state.node(node).attempts);
        let read = |stream| output::read(self.ledger.folder(), self.ledger.run(), &name, stream);
        let printed = read("err")?;
        let printed = if printed.is_empty() { read("out")? } else { printed };
        Ok(FailureQuestion {
            node,
            path: at.path.clone(),
            host: at.host.clone(),
            why,
            output: tail(&String::from_utf8_lossy(&printed), 12),
            printed: (!printed.is_empty()).then(|| {
                let [out, err] = output::paths(self.ledger.folder(), self.ledger.run(), &name);
                Printed { path: at.path.clone(), out, err }
            }),
            began: state.node(node).is_touched(),
            changed: changed.collect(),
            rollback: rollback.collect(),
            past_return: self.is_past_return(node),
            return_ahead: self.return_ahead(node),
            window: self.window_left(),
            budgets: self.budgets_left(node),
            runs_perhaps: matches!(state.stage(node), Stage::Unsettled { .. }),
            stops: fleet::exceeded(&self.plan, state, node).and_then(|t| self.plan.tolerances[t.index()].stops()),
            ask_for,
            silence,
        })
    }

    /// The first irreversible step of its boundary that has not begun.
    fn return_ahead(&self, node: NodeId) -> Option<String> {
        let boundary = self.plan.boundary_of(self.plan.node(node).block)?;
        let is_ahead = |id: NodeId| !self.ledger.state().node(id).is_touched();
        let irreversible = self.plan.iter().filter(|(_, n)| n.spec().is_some_and(|s| s.irreversible.is_some()) && self.plan.inside(n.block, boundary));
        irreversible.filter(|(id, _)| is_ahead(*id)).map(|(_, n)| n.path.clone()).next()
    }
}

/// The last lines of a text.
fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
