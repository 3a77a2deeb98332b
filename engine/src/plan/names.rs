//! The names that a node can use while it runs, and their values.

use std::collections::BTreeMap;

use grammar::source::Span;

use super::frames::{find, find_step, typed};
use super::model::{Bound, FrameId, HostName, LOCAL, NodeId, Plan, Slot, SlotId};
use super::template::Scope;
use crate::inventory::Vars;
use crate::value::{SecretText, Type, Value};

/// What a name is bound to, seen from a frame.
pub(crate) fn bound_in<'p>(plan: &'p Plan, frame: FrameId, name: &str) -> Option<&'p Bound> {
    find(&plan.frames, frame, name)
}

/// How the nodes of a run have ended, for `succeeded`.
pub trait Outcomes: std::fmt::Debug {
    fn outcome(&self, node: NodeId) -> Outcome;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or as wanted already.
    Succeeded,
    /// Its `when` was false: it was not to run.
    Skipped,
    /// Failed, undone, left out, or not there yet.
    Otherwise,
}

/// A node's scope. `frame` is the command's, so that an action sees its own names.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    pub plan: &'a Plan,
    pub frame: FrameId,
    /// Where the node runs.
    pub host: Option<&'a str>,
    /// What the run has read so far.
    pub slots: &'a BTreeMap<SlotId, BTreeMap<HostName, Value>>,
    /// When the node was reached, in milliseconds since the Unix epoch.
    pub now: Option<i64>,
    pub operator: &'a str,
    pub run_id: &'a str,
    pub outcomes: &'a dyn Outcomes,
}

impl<'a> Names<'a> {
    /// The same moment and place, seen from another frame.
    #[must_use]
    pub fn within(self, frame: FrameId) -> Self {
        Self { frame, ..self }
    }

    /// The value of something bound, if it has one by now.
    #[must_use]
    pub fn value(&self, bound: &Bound) -> Option<Value> {
        match bound {
            Bound::Value(value) => Some(value.clone()),
            Bound::Computed { expression, frame, kind } => expression.eval(&self.within(*frame)).ok().and_then(|value| typed(value, kind).ok()),
            Bound::Written { prose, frame, kind: Type::Secret } => {
                prose.render_for_program(&self.within(*frame)).ok().map(|text| Value::Secret(SecretText::new(text)))
            }
            Bound::Written { prose, frame, kind } => prose.render(&self.within(*frame)).ok().and_then(|text| kind.read(&text).ok()),
            Bound::Slot(slot) => self.slot(*slot),
        }
    }

    /// The secrets that these names come down to.
    #[must_use]
    pub fn secrets_behind(&self, names: Vec<(String, Span)>) -> Vec<SecretText> {
        let mut found = Vec::new();
        for (name, _) in names {
            match find(&self.plan.frames, self.frame, &name) {
                Some(Bound::Computed { expression, frame, .. }) => found.extend(self.within(*frame).secrets_behind(expression.names())),
                Some(Bound::Written { prose, frame, .. }) => found.extend(self.within(*frame).secrets_behind(prose.names())),
                Some(Bound::Slot(slot)) => match self.slot(*slot) {
                    Some(Value::Secret(secret)) => found.push(secret),
                    Some(Value::PerHost(hosts)) => found.extend(hosts.into_values().filter_map(|value| match value {
                        Value::Secret(secret) => Some(secret),
                        _ => None,
                    })),
                    _ => {}
                },
                Some(Bound::Value(_)) | None => {}
            }
        }
        found
    }

    fn slot(&self, id: SlotId) -> Option<Value> {
        of_slot(&self.plan.slots[id.index()], self.slots.get(&id)?, self.host)
    }
}

/// What was read for a slot: on one host a plain value; read on a set, on a host of it that host's own value, elsewhere one
/// a host.
pub(super) fn of_slot(slot: &Slot, read: &BTreeMap<HostName, Value>, host: Option<&str>) -> Option<Value> {
    if !slot.spread {
        return slot.hosts.iter().find_map(|host| read.get(host)).or_else(|| read.values().next()).cloned();
    }
    match host.filter(|host| slot.hosts.iter().any(|h| h == host)) {
        Some(host) => read.get(host).cloned(),
        None => Some(Value::PerHost(read.clone())),
    }
}

impl Scope for Names<'_> {
    fn inventory(&self) -> Option<&str> {
        self.plan.inventory.as_deref()
    }

    fn vars(&self) -> Option<&Vars> {
        Some(&self.plan.vars)
    }

    fn lookup(&self, name: &str) -> Option<Value> {
        match name {
            "local" => Some(Value::String(LOCAL.to_owned())),
            "host" => self.host.map(|host| Value::String(host.to_owned())),
            "operator" => Some(Value::String(self.operator.to_owned())),
            "run_id" => Some(Value::String(self.run_id.to_owned())),
            "now" => self.now.and_then(|now| jiff::Timestamp::from_millisecond(now).ok()).map(|now| Value::DateTime(now.to_string())),
            "vars" => Some(Value::None),
            _ => self.value(find(&self.plan.frames, self.frame, name)?),
        }
    }

    /// On a host of the step that host's own answer; elsewhere the answer of all of them together. Where it was skipped
    /// it has no say, and what nowhere ran has not succeeded.
    fn succeeded(&self, step: &str) -> Option<bool> {
        let nodes = find_step(&self.plan.frames, self.frame, step).unwrap_or_default();
        let here: Vec<NodeId> = nodes.iter().copied().filter(|id| self.host.is_some() && self.plan.node(*id).host.as_deref() == self.host).collect();
        let asked = if here.is_empty() { nodes } else { &here };
        let outcomes: Vec<Outcome> = asked.iter().map(|id| self.outcomes.outcome(*id)).collect();
        Some(outcomes.contains(&Outcome::Succeeded) && !outcomes.contains(&Outcome::Otherwise))
    }
}
