//! P4: before each step a person sees it as it would run, and says what becomes of it.

use std::rc::Rc;

use super::bind::Place;
use super::{DriveError, Driver};
use crate::exec::people::{Printed, Question, Reply, StepQuestion, Undo};
use crate::journal::output;
use crate::plan::model::{Command, Does, NodeId, NodeKind, UndoSpec};
use crate::report::shown;
use crate::run::event::{Actor, EventKind, StepAnswer};
use crate::run::fleet;
use crate::run::state::Stage;

/// How many of the steps behind it are shown.
const AHEAD: usize = 3;

impl Driver<'_> {
    pub(super) fn ask_step(&mut self, key: String, node: NodeId) -> Result<(), DriveError> {
        let by = self.person();
        let done = move |by, note| EventKind::StepAnswered { node, answer: StepAnswer::MarkDone, by, note: Some(note) };
        if self.ask_why_done(&key, node, None, done)? {
            return Ok(());
        }
        let question = Question::Step(self.step_question(node)?);
        match self.put(question)? {
            Some(reply) => {
                let proof = self.proof(node);
                self.fly_idle(key, async move {
                    match reply.await {
                        Ok(Reply::Step { answer: StepAnswer::MarkDone, .. }) => proof.of(|said| done(by, said)).await,
                        Ok(Reply::Edit) => vec![EventKind::EditBegan { by }],
                        Ok(Reply::OpenShell) => vec![EventKind::ShellOpened { node, by }],
                        Ok(Reply::Step { answer, note }) => vec![EventKind::StepAnswered { node, answer, by, note }],
                        _ => Vec::new(),
                    }
                });
            }
            None => {
                let note = Some("nobody is here to be asked".to_owned());
                self.ledger.commit(vec![EventKind::StepAnswered { node, answer: StepAnswer::Park, by: Actor::Policy, note }])?;
            }
        }
        Ok(())
    }

    fn step_question(&self, id: NodeId) -> Result<StepQuestion, DriveError> {
        let (plan, state) = (Rc::clone(&self.plan), self.ledger.state());
        let node = plan.node(id);
        // What a scope's end does is its entry's undo.
        let (acting, is_release) = match node.kind {
            NodeKind::Leave { enter } => (enter, true),
            _ => (id, false),
        };
        let at = plan.node(acting);
        let place = Place::of_node(&plan, state, acting);
        let typed = |command: &Command| place.shown(command, &self.world);
        let spec = at.spec();
        let undo = spec.map_or(Undo::Unsaid, |s| match &s.undo {
            UndoSpec::Command(command) => Undo::Command(typed(command)),
            UndoSpec::Manual(prose) => Undo::ByHand(place.text(prose, &self.world)),
            UndoSpec::None(why) => Undo::Nothing(why.clone()),
            UndoSpec::Unsaid => Undo::Unsaid,
        });
        let command = match spec {
            Some(spec) if is_release => match &spec.undo {
                UndoSpec::Command(command) => Some(command),
                _ => None,
            },
            spec => spec.and_then(|s| s.does.as_ref()).and_then(Does::command),
        };
        let does = match (spec.and_then(|s| s.does.as_ref()), &undo) {
            (_, Undo::Command(release)) if is_release => release.clone(),
            (Some(Does::Run(command)), _) => typed(command),
            (Some(_), _) => shown::does(self.ledger.run(), &plan, state, acting).unwrap_or_default(),
            (None, _) => String::new(),
        };
        Ok(StepQuestion {
            node: id,
            path: node.path.clone(),
            title: at.title.clone(),
            host: at.host.clone(),
            user: command.and_then(|c| c.user.as_ref()).map(|user| place.text(user, &self.world)),
            does,
            verify: if is_release { Vec::new() } else { spec.map(|s| s.verify.iter().map(|v| typed(&v.command)).collect()).unwrap_or_default() },
            undo,
            irreversible: spec.and_then(|s| s.irreversible.clone()).filter(|_| !is_release),
            is_release,
            next: self.ahead(id),
            last: self.last_printed()?,
        })
    }

    /// What comes behind a step, as far as that is known now.
    fn ahead(&self, id: NodeId) -> Vec<(String, String)> {
        let state = self.ledger.state();
        let comes = |other: &NodeId| *other > id && matches!(state.stage(*other), Stage::Pending) && !fleet::is_left_out(&self.plan, state, *other);
        let behind = self.plan.iter().filter(|(other, _)| comes(other)).filter_map(|(other, node)| {
            let does = match &node.kind {
                NodeKind::Gate(_) => "asks for a decision".to_owned(),
                NodeKind::Manual { .. } => "is done by hand".to_owned(),
                NodeKind::Leave { enter } => format!("releases {}", self.plan.node(*enter).path),
                NodeKind::Step(_) | NodeKind::Enter { .. } => {
                    shown::does(self.ledger.run(), &self.plan, state, other).unwrap_or_else(|| "only checks".to_owned())
                }
                NodeKind::Fact(_) | NodeKind::Require(_) | NodeKind::Join => return None,
            };
            Some((node.path.clone(), does))
        });
        behind.take(AHEAD).collect()
    }

    /// Where the output of the last command lies that ended.
    fn last_printed(&self) -> Result<Option<Printed>, DriveError> {
        Ok(self.ledger.last_attempt()?.map(|(node, name)| {
            let [out, err] = output::paths(self.ledger.folder(), self.ledger.run(), &name);
            Printed { path: self.plan.node(node).path.clone(), out, err }
        }))
    }
}
