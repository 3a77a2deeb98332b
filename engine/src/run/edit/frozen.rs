//! What of a node is frozen once it has begun, and what may still change. Each in a form that does not depend on where
//! names, slots and nodes stand in their plan: a name stands for what it is bound to, down to the command of a fact.

use std::collections::BTreeMap;

use grammar::source::Span;
use serde_json::{Value as Json, json};

use super::owners::owners;
use crate::plan::model::{
    Bound, Command, Condition, Does, Download, EvidenceSpec, FactSpec, FrameId, GateSpec, Node, NodeId, NodeKind, PinnedFile, Plan, RequireSpec, ShowSpec,
    SlotId, StepSpec, UndoSpec, Upload, VerifySpec, When,
};
use crate::plan::names::bound_in;
use crate::plan::template::{Expression, Prose};

/// A node, field by field.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Form {
    /// What ran, and what decided that it ran.
    pub(super) frozen: BTreeMap<&'static str, Json>,
    /// What may change of a step that has begun.
    pub(super) free: BTreeMap<&'static str, Json>,
}

/// The fields in which two differ.
pub(super) fn differing(one: &BTreeMap<&'static str, Json>, other: &BTreeMap<&'static str, Json>) -> Vec<&'static str> {
    let mut fields: Vec<&'static str> = one.keys().chain(other.keys()).copied().collect();
    fields.sort_unstable();
    fields.dedup();
    fields.retain(|field| one.get(field) != other.get(field));
    fields
}

/// Reads the nodes of one plan.
pub(super) struct Forms<'a> {
    plan: &'a Plan,
    /// Whose value a slot holds.
    owners: BTreeMap<SlotId, String>,
}

impl<'a> Forms<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        Self { plan, owners: owners(plan) }
    }

    pub(super) fn node(&self, id: NodeId) -> Form {
        let Node { path: _, step, title, host, block: _, frame: _, after: _, when, tolerance, unreachable, kind } = self.plan.node(id);
        let mut form = Form::default();
        form.free.insert("title", json!(title));
        form.frozen.insert("id", json!(step));
        form.frozen.insert("on", json!(host));
        form.frozen.insert("when", when.iter().map(|When { that, frame }| self.expression(that, *frame)).collect());
        form.frozen.insert("tolerate", json!(tolerance.map(|t| &self.plan.tolerances[t.index()])));
        form.frozen.insert("unreachable", json!(unreachable));
        match kind {
            NodeKind::Step(step) => self.step(step, &mut form),
            NodeKind::Manual { instructions, evidence, step } => {
                let frame = self.plan.node(id).frame;
                form.frozen.insert("instructions", self.prose(instructions, frame));
                let asked = |EvidenceSpec { slot, kind, ask }: &EvidenceSpec| json!([self.plan.slots[slot.index()].name, kind, self.prose(ask, frame)]);
                form.frozen.insert("evidence", evidence.iter().map(asked).collect());
                self.step(step, &mut form);
            }
            NodeKind::Gate(gate) => self.gate(gate, self.plan.node(id).frame, &mut form),
            NodeKind::Enter { step, release } => {
                form.frozen.insert("release", json!(release));
                self.step(step, &mut form);
            }
            NodeKind::Leave { enter } => {
                form.frozen.insert("leaves", json!(self.plan.node(*enter).path));
            }
            NodeKind::Fact(fact) => {
                form.frozen.insert("fact", self.fact(fact));
            }
            NodeKind::Require(require) => {
                form.frozen.insert("require", self.require(require));
            }
            NodeKind::Join => {}
        }
        form
    }

    /// A fact of the top: what it asks, and where.
    pub(super) fn fact(&self, fact: &FactSpec) -> Json {
        let FactSpec { slot, command, hosts, drawn: _, unreachable: _ } = fact;
        let slot = &self.plan.slots[slot.index()];
        json!({ "fact": slot.name, "kind": slot.kind, "spread": slot.spread, "hosts": hosts, "command": self.command(command) })
    }

    /// What a slot stands for: with an equal one its value can be taken over.
    pub(super) fn slot(&self, id: SlotId) -> Json {
        if let Some(fact) = self.plan.facts.iter().find(|fact| fact.slot == id) {
            return self.fact(fact);
        }
        let slot = &self.plan.slots[id.index()];
        json!({ "of": self.owners.get(&id), "name": slot.name, "kind": slot.kind, "spread": slot.spread })
    }

    pub(super) fn command(&self, command: &Command) -> Json {
        let Command { script, frame, user, env, cwd, shell, stdin, timeout: _ } = command;
        let prose = |prose: &Option<Prose>| prose.as_ref().map(|prose| self.prose(prose, *frame));
        json!({
            "script": script.source_text().text,
            "names": self.names(*frame, script.names()),
            "user": prose(user),
            "env": env.iter().map(|(name, bound)| json!([name, self.bound(bound)])).collect::<Json>(),
            "cwd": prose(cwd),
            "shell": shell,
            "stdin": prose(stdin),
        })
    }

    fn step(&self, step: &StepSpec, form: &mut Form) {
        let StepSpec { facts, requires, check, does, verify, undo, irreversible, captures, retry, reboots, private, output_limit, expect } = step;
        let frozen = &mut form.frozen;
        frozen.insert("fact", facts.iter().map(|fact| self.fact(fact)).collect());
        frozen.insert("require", requires.iter().map(|require| self.require(require)).collect());
        frozen.insert("check", json!(check.as_ref().map(|check| self.command(check))));
        let (word, what) = match does {
            None => ("run", Json::Null),
            Some(Does::Run(command)) => ("run", self.command(command)),
            Some(Does::Sleep(seconds)) => ("sleep", json!(seconds)),
            Some(Does::Upload(upload)) => {
                let Upload { from, file: PinnedFile { hash, size, executable }, put, same } = &**upload;
                ("upload", json!([from, hash, size, executable, self.command(put), self.command(same)]))
            }
            Some(Does::Download(Download { look })) => ("download", self.command(look)),
        };
        frozen.insert(word, what);
        frozen.insert("irreversible", json!(irreversible));
        frozen.insert("capture", captures.iter().map(|c| json!([self.plan.slots[c.slot.index()].name, c.kind])).collect());
        frozen.insert("retry", json!(retry));
        frozen.insert("reboots", json!(reboots));
        frozen.insert("private", json!(private));
        frozen.insert("output_limit", json!(output_limit));
        let undo = match undo {
            UndoSpec::Unsaid => Json::Null,
            UndoSpec::Command(command) => json!([self.command(command), command.timeout]),
            UndoSpec::None(why) => json!({ "none": why }),
            UndoSpec::Manual(prose) => json!({ "manual": prose.source_text().text }),
        };
        form.free.insert("undo", undo);
        let asked = |VerifySpec { command, every, within }: &VerifySpec| json!([self.command(command), every, within, command.timeout]);
        form.free.insert("verify", verify.iter().map(asked).collect());
        form.free.insert("expect", json!(expect));
        let timeouts = does.as_ref().and_then(Does::command).into_iter().chain(check).map(|command| command.timeout);
        form.free.insert("timeout", timeouts.collect());
    }

    fn gate(&self, gate: &GateSpec, frame: FrameId, form: &mut Form) {
        let GateSpec { question, show, confirm, choices, approvers, second_person, valid_for, signed, slot: _, timeout, then, guards_irreversible: _ } = gate;
        let frozen = &mut form.frozen;
        frozen.insert("question", json!(question.as_ref().map(|question| self.prose(question, frame))));
        frozen.insert("show", show.iter().map(|ShowSpec { command, host }| json!([self.command(command), host])).collect());
        frozen.insert("confirm", json!(confirm.as_ref().map(|confirm| self.prose(confirm, frame))));
        frozen.insert("choices", json!(choices));
        frozen.insert("approvers", json!([approvers, second_person, signed, valid_for]));
        frozen.insert("timeout", json!([timeout, then]));
    }

    fn require(&self, require: &RequireSpec) -> Json {
        let RequireSpec { why, frame, that, hosts, unreachable: _ } = require;
        let that = match that {
            Condition::Holds(expression) => self.expression(expression, *frame),
            Condition::Succeeds(command) => self.command(command),
        };
        json!([self.prose(why, *frame), that, hosts])
    }

    fn expression(&self, expression: &Expression, frame: FrameId) -> Json {
        json!({ "is": expression.source_text().text.trim(), "names": self.names(frame, expression.names()) })
    }

    fn prose(&self, prose: &Prose, frame: FrameId) -> Json {
        json!({ "text": prose.source_text().text, "names": self.names(frame, prose.names()) })
    }

    fn names(&self, frame: FrameId, names: Vec<(String, Span)>) -> Json {
        let bound = |(name, _): (String, Span)| {
            let means = bound_in(self.plan, frame, &name).map(|bound| self.bound(bound));
            (name, json!(means))
        };
        Json::Object(names.into_iter().map(bound).collect())
    }

    fn bound(&self, bound: &Bound) -> Json {
        match bound {
            Bound::Value(value) => json!(value),
            Bound::Slot(slot) => self.slot(*slot),
            Bound::Computed { expression, frame, kind } => json!([self.expression(expression, *frame), kind]),
            Bound::Written { prose, frame, kind } => json!([self.prose(prose, *frame), kind]),
        }
    }
}
