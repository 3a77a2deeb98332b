//! What is asked: facts, requirements, gates.

use std::collections::BTreeMap;

use grammar::ast::{Condition, Fact, Gate, Operand, Require};

use super::error::PlanError;
use super::lower::{Context, Draft, Exits, Lowering};
use super::model::*;
use super::settings::Around;
use crate::check::{AT_ONCE, is_user};
use crate::value::{Type, Value};

impl<'p> Lowering<'p> {
    pub(super) fn fact_nodes(&mut self, fact: &'p Fact, context: &Context<'p>, before: Exits) -> Exits {
        if fact.secret.as_ref().is_some_and(|s| s.value) || fact.kind.name.value == "secret" {
            let help = "read it at the top of the runbook that is run, and pass it on as an argument";
            self.error(super::error::PlanError::NotBuiltYet { at: fact.name.span, what: "a secret fact of a called runbook", help });
            return before;
        }
        let (hosts, around) = self.place(&fact.settings, context);
        let Some(spec) = self.fact(fact, &hosts.names, hosts.spread, context.frame, context.frame, &around) else { return before };
        let id = format!("fact-{}", fact.name.value);
        let context = &Context { around, ..context.clone() };
        let nodes: Exits = hosts
            .names
            .into_iter()
            .map(|host| {
                let spec = FactSpec { hosts: vec![host.clone()], ..spec.clone() };
                self.add(Draft { id: &id, title: None, host: Some(host), frame: context.frame, kind: NodeKind::Fact(Box::new(spec)) }, context, before.clone())
            })
            .collect();
        if nodes.is_empty() { before } else { nodes }
    }

    pub(super) fn require_nodes(&mut self, require: &'p Require, context: &Context<'p>, before: Exits) -> Exits {
        let hosts = self.hosts(&require.on, context).names;
        let places: Vec<Option<HostName>> = if hosts.is_empty() { vec![None] } else { hosts.into_iter().map(Some).collect() };
        let mut nodes = Vec::new();
        for host in places {
            let Some(spec) = self.require(require, host.iter().cloned().collect(), context.frame, &context.around) else { continue };
            nodes.push(self.add(
                Draft { id: "require", title: None, host, frame: context.frame, kind: NodeKind::Require(Box::new(spec)) },
                context,
                before.clone(),
            ));
        }
        if nodes.is_empty() { before } else { nodes }
    }

    /// A fact's slot is bound in `owner`; its command sees `frame`.
    pub(super) fn fact(&mut self, fact: &'p Fact, hosts: &[HostName], spread: bool, owner: FrameId, frame: FrameId, around: &Around<'p>) -> Option<FactSpec> {
        let is_secret = fact.secret.as_ref().is_some_and(|s| s.value);
        let kind = if is_secret { Type::Secret } else { Type::written(&fact.kind)? };
        let host = if let [host] = hosts { Some(host.as_str()) } else { None };
        let timeout = fact.settings.timeout.as_ref().map(|t| (t, frame));
        let command = self.command(&fact.cmd, frame, host, around, timeout, fact.stdin.as_ref().map(|s| (s, frame)), super::settings::GUARD_SECONDS)?;
        for host in hosts {
            self.meet(host, &command);
        }
        let slot = self.slot(&fact.name.value, kind, hosts.to_vec(), spread);
        self.frames[owner.index()].names.insert(fact.name.value.clone(), Bound::Slot(slot));
        Some(FactSpec { slot, command, hosts: hosts.to_vec(), drawn: BTreeMap::new(), unreachable: around.unreachable })
    }

    pub(super) fn require(&mut self, require: &'p Require, hosts: Vec<HostName>, frame: FrameId, around: &Around<'p>) -> Option<RequireSpec> {
        let why = self.prose(&require.why)?;
        let that = match &require.that {
            Condition::Holds(expression) => super::model::Condition::Holds(self.expression(expression)?),
            Condition::Succeeds(command) => {
                let host = if let [host] = hosts.as_slice() { Some(host.as_str()) } else { None };
                let command = self.command(command, frame, host, around, None, None, super::settings::GUARD_SECONDS)?;
                for host in &hosts {
                    self.meet(host, &command);
                }
                super::model::Condition::Succeeds(command)
            }
        };
        Some(RequireSpec { why, frame, that, hosts, unreachable: around.unreachable })
    }

    pub(super) fn gate(&mut self, gate: &'p Gate, context: &Context<'p>, before: Exits) -> NodeId {
        let (on, around) = self.place(&gate.settings, context);
        let mut here = Context { on, around, ..context.clone() };
        self.when(gate.when.as_ref(), &mut here);
        let mut show = Vec::new();
        for shown in &gate.show {
            for host in self.hosts(&shown.on, &here).names {
                let command = self.command(&shown.cmd, here.frame, Some(&host), &here.around, None, None, super::settings::GUARD_SECONDS);
                if let Some(command) = command {
                    self.meet(&host, &command);
                    show.push(ShowSpec { command, host });
                }
            }
        }
        let choices = self.texts(gate.choices.as_ref(), "`choices`", here.frame);
        let approvers = self.texts(gate.approvers.as_ref(), "`approvers`", here.frame);
        if let Some(at) = gate.approvers.as_ref().map(Operand::span) {
            if approvers.is_empty() {
                self.error(PlanError::BadApprover { at, name: String::new() });
            }
            for name in approvers.iter().filter(|name| !is_user(name)) {
                self.error(PlanError::BadApprover { at, name: name.clone() });
            }
        }
        let signed = self.signers.is_some();
        let second_person = gate.second_person.as_ref().is_some_and(|second| second.value);
        let valid_for = self.seconds_of(gate.valid_for.as_ref(), "`valid_for`", here.frame, None);
        if let (Some(0), Some(at)) = (valid_for, &gate.valid_for) {
            self.error(PlanError::OutOfRange { at: at.span, what: "`valid_for`".to_owned(), found: "0s".to_owned(), help: AT_ONCE });
        }
        let slot = gate.choices.as_ref().map(|_: &Operand| {
            let name = gate.id.replace('-', "_");
            let slot = self.slot(&name, Type::String, vec![String::new()], false);
            self.frames[here.frame.index()].names.insert(name, Bound::Slot(slot));
            slot
        });
        let timeout = gate.timeout.as_ref().map(|t| &t.after);
        let timeout = self.seconds_of(timeout, "`timeout`", here.frame, None).unwrap_or(0);
        let then = match gate.timeout.as_ref().and_then(|t| t.then.as_ref()).map(|t| t.value.as_str()) {
            Some("rollback") => GateThen::Rollback,
            Some("end") => GateThen::End,
            _ => GateThen::Park,
        };
        let question = gate.question.as_ref().and_then(|q| self.prose(q));
        let confirm = gate.confirm.as_ref().and_then(|c| self.prose(c));
        let title = gate.question.as_ref().map(|q| self.shown(q, here.frame, None));
        let spec = GateSpec { question, show, confirm, choices, approvers, signed, second_person, valid_for, slot, timeout, then, guards_irreversible: false };
        self.add(Draft { id: &gate.id.value, title, host: None, frame: here.frame, kind: NodeKind::Gate(Box::new(spec)) }, &here, before)
    }

    /// A list of texts that must stand before the run; empty where none is given.
    fn texts(&mut self, list: Option<&Operand>, what: &str, frame: FrameId) -> Vec<String> {
        match list.and_then(|list| self.early_operand(list, &Type::List(Box::new(Type::String)), what, frame, None)) {
            Some(Value::List(items)) => items.iter().map(Value::display).collect(),
            _ => Vec::new(),
        }
    }
}
