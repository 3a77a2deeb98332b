//! From a planned command to one that can be sent: names looked up, values bound, settings rendered.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::sink::{ANSWER_LIMIT, Veiled};
use super::world::World;
use crate::exec::keeper::call::{Call, Ended, Sink};
use crate::exec::keeper::{Keeper, KeeperError, When};
use crate::exec::secret::Masks;
use crate::plan::model::{Bound, Command, FrameId, HostName, LOCAL, NodeId, Plan, SlotId, StepSpec};
use crate::plan::names::Names;
use crate::plan::template::{Expression, Prose, Scope as _};
use crate::run::event::Millis;
use crate::run::state::RunState;
use crate::value::{SecretText, Type, Value};

/// Output of a changing command that is kept, a stream (J4).
const JOB_LIMIT: u64 = 64 << 20;
/// More would not fit into the arithmetic of a target's shell.
const MOST: u64 = 1 << 50;

/// Bytes that are kept of each stream of its commands (promise J4).
pub(super) fn output_limit(spec: Option<&StepSpec>) -> u64 {
    spec.and_then(|spec| spec.output_limit).unwrap_or(JOB_LIMIT).min(MOST)
}

/// Where names are looked up: a node's frame and host, or the runbook's top on some host.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    plan: &'a Plan,
    state: &'a RunState,
    slots: &'a BTreeMap<SlotId, BTreeMap<HostName, Value>>,
    frame: FrameId,
    host: Option<&'a str>,
    now: Option<Millis>,
    /// Nothing that it prints may be kept (J3).
    private: bool,
    /// Bytes that are kept of each stream of a changing command.
    output_limit: u64,
    /// Its standard output is read by us: a capture, a fact.
    captured: bool,
}

/// A command that can be sent, and to whom.
pub(super) struct Ready {
    pub(super) keeper: Rc<Keeper>,
    pub(super) call: Call,
    masks: Arc<Masks>,
}

impl Ready {
    /// Runs a command that only reads.
    pub(super) async fn read(&self, sink: &mut dyn Sink) -> Result<Ended, KeeperError> {
        self.read_veiled(sink).await.map(|(ended, _)| ended)
    }

    /// The same, and whether a secret was in its standard output.
    pub(super) async fn read_veiled(&self, sink: &mut dyn Sink) -> Result<(Ended, bool), KeeperError> {
        let when = When::within(self.call.timeout);
        if self.masks.is_empty() || self.call.hush {
            return self.keeper.read(&self.call, when, sink).await.map(|ended| (ended, false));
        }
        let mut veiled = Veiled::new(sink, &self.masks);
        let ended = self.keeper.read(&self.call, when, &mut veiled).await;
        let hidden = veiled.end();
        ended.map(|ended| (ended, hidden))
    }
}

impl<'a> Place<'a> {
    pub(super) fn of_node(plan: &'a Plan, state: &'a RunState, node: NodeId) -> Self {
        let at = plan.node(node);
        Self {
            plan,
            state,
            slots: &state.slots,
            frame: at.frame,
            host: at.host.as_deref(),
            now: state.node(node).now,
            private: at.spec().is_some_and(|s| s.private),
            output_limit: output_limit(at.spec()),
            captured: false,
        }
    }

    pub(super) fn of_run(plan: &'a Plan, state: &'a RunState, host: Option<&'a str>) -> Self {
        Self { plan, state, slots: &state.slots, frame: FrameId(0), host, now: None, private: false, output_limit: JOB_LIMIT, captured: false }
    }

    /// For our own commands, which print nothing that could be private.
    pub(super) fn in_the_open(self) -> Self {
        Self { private: false, ..self }
    }

    /// The path that a name stands for.
    pub(super) fn path(self, name: &str, world: &World) -> Result<String, String> {
        let value = self.names(world).lookup(name).ok_or_else(|| format!("`{name}` has no value here that is a path"))?;
        Type::Path.read(&value.display()).map(|path| path.display()).map_err(|e| e.to_string())
    }

    /// Where there is more to look up than the run has read.
    pub(super) fn with_slots(self, slots: &'a BTreeMap<SlotId, BTreeMap<HostName, Value>>) -> Self {
        Self { slots, ..self }
    }

    pub(super) fn privately(self, private: bool) -> Self {
        Self { private, ..self }
    }

    pub(super) fn captured(self, captured: bool) -> Self {
        Self { captured, ..self }
    }

    pub(super) fn at(self, frame: FrameId) -> Self {
        Self { frame, ..self }
    }

    pub(super) fn on(self, host: &'a str) -> Self {
        Self { host: Some(host), ..self }
    }

    fn names(self, world: &'a World) -> Names<'a> {
        Names {
            plan: self.plan,
            frame: self.frame,
            host: self.host,
            slots: self.slots,
            now: self.now,
            operator: &self.state.operator,
            run_id: world.run(),
            outcomes: self.state,
        }
    }

    pub(super) fn holds(self, expression: &Expression, world: &World) -> Result<bool, String> {
        expression.eval_bool(&self.names(world)).map_err(|e| e.to_string())
    }

    /// Prose for people: what can't be rendered is shown as it was written.
    pub(super) fn text(self, prose: &Prose, world: &World) -> String {
        prose.render(&self.names(world)).unwrap_or_else(|_| prose.source_text().text.clone())
    }

    /// Binds a command's values and settings. Nothing is sent.
    pub(super) fn ready(self, command: &Command, changing: bool, world: &World) -> Result<Ready, String> {
        let here = self.at(command.frame);
        let names = here.names(world);
        let text = |prose: &Prose| prose.render(&names).map_err(|e| e.to_string());
        let bound = command.script.bind(&names).map_err(|e| e.to_string())?;
        let mut env = Vec::with_capacity(command.env.len());
        let mut secrets = Vec::new();
        for (name, value) in &command.env {
            env.push((name.clone(), Self::environment(value, &names, &mut secrets).map_err(|why| format!("env {name}: {why}"))?));
        }
        let stdin = match &command.stdin {
            None => None,
            Some(prose) => {
                secrets.extend(names.secrets_behind(prose.names()));
                Some(prose.render_for_program(&names).map_err(|e| e.to_string())?.into_bytes())
            }
        };
        // What it was given it may print: that is masked before anything is kept on its host.
        let masks = Masks::of(&secrets).patterns().map(|pattern| pattern.to_owned().into()).collect();
        // J3: not even the target keeps what a private step prints, nor does a message of ours quote it.
        let unheard = match (self.private, self.captured) {
            (false, _) => "",
            (true, false) => "exec >/dev/null 2>&1; ",
            // A fact of a private step: its value is kept, and nothing else.
            (true, true) => "exec 2>/dev/null; ",
        };
        let call = Call {
            script: format!("{unheard}{}", bound.script),
            values: bound.values,
            env,
            cwd: command.cwd.as_ref().map(text).transpose()?,
            user: command.user.as_ref().map(text).transpose()?,
            shell: command.shell,
            pipefail: changing,
            stdin,
            staged: false,
            masks,
            hush: false,
            timeout: Duration::from_secs(command.timeout),
            output_limit: if changing { self.output_limit } else { ANSWER_LIMIT },
        };
        let host = self.host.unwrap_or(LOCAL);
        Ok(Ready { keeper: world.keeper(host)?, call, masks: world.masks() })
    }

    /// As a program reads it, and the secrets that it is made of.
    fn environment(bound: &Bound, names: &Names<'_>, secrets: &mut Vec<SecretText>) -> Result<Zeroizing<String>, String> {
        match bound {
            Bound::Written { prose, frame, .. } => {
                let names = names.within(*frame);
                secrets.extend(names.secrets_behind(prose.names()));
                return prose.render_for_program(&names).map(Into::into).map_err(|e| e.to_string());
            }
            Bound::Computed { expression, frame, .. } => secrets.extend(names.within(*frame).secrets_behind(expression.names())),
            Bound::Value(_) | Bound::Slot(_) => {}
        }
        let value = match bound {
            Bound::Computed { expression, frame, .. } => expression.eval(&names.within(*frame)).map_err(|e| e.to_string())?,
            other => names.value(other).ok_or("it has no value yet")?,
        };
        match value {
            Value::Secret(secret) => {
                let text = secret.reveal().to_owned();
                secrets.push(secret);
                Ok(text.into())
            }
            value => Ok(value.to_shell_words().map_err(|e| e.to_string())?.join(" ").into()),
        }
    }

    /// The command as a person would type it.
    pub(super) fn shown(self, command: &Command, world: &World) -> String {
        command.script.bind(&self.at(command.frame).names(world)).map_or_else(|_| command.script.source_text().text.clone(), |b| b.shown)
    }
}
