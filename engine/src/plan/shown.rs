//! What a rendering of the plan shows of a node: commands as a person would type them, with the values that are known.
//! A value that is read during the run stays as it was written, `{{ name }}`.

use std::collections::{BTreeMap, BTreeSet};

use super::frames::find;
use super::model::*;
use super::template::{Expression, Prose, Scope};
use crate::inventory::Vars;
use crate::value::{Type, Value};

/// A node as a person reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    pub kind: &'static str,
    pub user: Option<String>,
    pub when: Vec<String>,
    pub facts: Vec<(String, String)>,
    pub requires: Vec<(String, String)>,
    pub check: Option<String>,
    /// What it does: the command, `sleep 30s`, a person's instructions, a gate's question.
    pub command: Option<String>,
    pub verify: Vec<(String, u64, u64)>,
    pub undo: Undo,
    pub irreversible: Option<String>,
    /// What a person enters at a manual step: the name, how it is written, the question.
    pub asks: Vec<(String, String, String)>,
    /// A gate's evidence: where, and the command.
    pub show: Vec<(HostName, String)>,
    /// `id` of the boundary around it.
    pub boundary: Option<String>,
    /// How many of its hosts may fail, where the step says so.
    pub tolerate: Option<String>,
    pub unreachable: OnUnreachable,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Undo {
    #[default]
    Unsaid,
    Command(String),
    None(String),
    Manual(String),
}

/// What is shown of a node before the run.
#[must_use]
pub fn node(plan: &Plan, id: NodeId) -> Shown {
    let node = plan.node(id);
    let before = Before { plan, frame: node.frame, host: node.host.as_deref(), read: None };
    let mut shown = Shown { kind: kind(&node.kind), when: node.when.iter().map(|w| w.that.source_text().text.trim().to_owned()).collect(), ..Shown::default() };
    shown.tolerate = node.tolerance.map(|t| plan.tolerances[t.index()].said());
    shown.unreachable = node.unreachable;
    shown.boundary = plan.boundary_of(node.block).and_then(|b| boundary_id(&plan.blocks[b.index()])).map(str::to_owned);
    match &node.kind {
        NodeKind::Step(step) | NodeKind::Enter { step, .. } => before.step(step, &mut shown),
        NodeKind::Manual { instructions, evidence, step } => {
            before.step(step, &mut shown);
            let asked = |e: &EvidenceSpec| (plan.slots[e.slot.index()].name.clone(), e.kind.written_as(), before.prose(&e.ask));
            shown.asks = evidence.iter().map(asked).collect();
            shown.command = Some(before.prose(instructions));
        }
        NodeKind::Gate(gate) => {
            shown.command = gate.question.as_ref().map(|q| before.prose(q));
            shown.show = gate.show.iter().map(|s| (s.host.clone(), Before { host: Some(&s.host), ..before }.command(&s.command))).collect();
        }
        NodeKind::Fact(fact) => {
            shown.user = before.user(&fact.command);
            shown.command = Some(before.command(&fact.command));
        }
        NodeKind::Require(require) => {
            let (why, what) = before.require(require);
            shown.command = Some(what);
            shown.requires = vec![(why, String::new())];
        }
        NodeKind::Leave { enter } => {
            if let Some(UndoSpec::Command(release)) = plan.node(*enter).spec().map(|s| &s.undo) {
                shown.user = before.user(release);
                shown.command = Some(before.command(release));
            }
        }
        NodeKind::Join => {}
    }
    shown
}

/// A command of the plan as it would be typed on a host.
#[must_use]
pub fn command(plan: &Plan, command: &Command, host: Option<&str>) -> String {
    Before { plan, frame: command.frame, host, read: None }.command(command)
}

/// What a name is bound to in a frame, on a host, as a person reads it.
#[must_use]
pub fn name(plan: &Plan, frame: FrameId, host: Option<&str>, name: &str) -> String {
    let scope = Before { plan, frame, host, read: None };
    scope.lookup(name).map_or_else(|| format!("{{{{ {name} }}}}"), |value| with_names(&value.display()))
}

/// A fact or a requirement of the top: what it asks, as it would be typed.
#[must_use]
pub fn require(plan: &Plan, require: &RequireSpec) -> (String, String) {
    Before { plan, frame: require.frame, host: None, read: None }.require(require)
}

fn kind(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Step(_) => "step",
        NodeKind::Manual { .. } => "manual",
        NodeKind::Gate(_) => "gate",
        NodeKind::Enter { .. } => "enter",
        NodeKind::Leave { .. } => "leave",
        NodeKind::Fact(_) => "fact",
        NodeKind::Require(_) => "require",
        NodeKind::Join => "join",
    }
}

fn boundary_id(block: &BlockSpec) -> Option<&str> {
    match &block.kind {
        BlockKind::Boundary { id, .. } => Some(id),
        _ => None,
    }
}

/// The nodes that come before one, seen through the joins.
#[must_use]
pub fn after(plan: &Plan, id: NodeId) -> Vec<NodeId> {
    let mut found: Vec<NodeId> = Vec::new();
    let mut look: Vec<NodeId> = plan.node(id).after.clone();
    while let Some(before) = look.pop() {
        match plan.node(before).kind {
            NodeKind::Join => look.extend(&plan.node(before).after),
            _ => found.push(before),
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What is known before the run. A name that is not stands for itself.
#[derive(Clone, Copy)]
pub(super) struct Before<'a> {
    pub(super) plan: &'a Plan,
    pub(super) frame: FrameId,
    pub(super) host: Option<&'a str>,
    /// For a person who types it: facts that were read, by name; what is not known is then a variable of the shell.
    pub(super) read: Option<&'a BTreeMap<String, BTreeMap<HostName, Value>>>,
}

/// Plain to every shell context, and found again in what comes out.
fn stand_in(name: &str) -> Value {
    Value::String(format!("%rb_slot_{name}%"))
}

/// A variable of the shell: quoted by what stands in it, unless it is a list, whose words are several.
fn variable(name: &str, kind: Option<&Type>) -> Value {
    let quoted = if matches!(kind, Some(Type::List(_))) { '_' } else { '=' };
    Value::String(format!("%rb_var{quoted}{name}%"))
}

/// The same text with its variables, which are noted.
pub(super) fn with_variables(text: &str, used: &mut BTreeSet<String>) -> String {
    replaced(text, "%rb_var", 1, |name| {
        used.insert(name.to_owned());
        format!("${{{name}}}")
    })
}

fn with_names(text: &str) -> String {
    replaced(text, "%rb_slot_", 0, |name| format!("{{{{ {name} }}}}"))
}

/// Every mark in the text by what stands for its name, which comes so many bytes behind the mark and ends at a `%`.
fn replaced(text: &str, mark: &str, skipped: usize, mut by: impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(mark) {
        let Some((name, after)) = rest.get(start + mark.len() + skipped..).and_then(|behind| behind.split_once('%')) else { break };
        out.push_str(&rest[..start]);
        out.push_str(&by(name));
        rest = after;
    }
    out.push_str(rest);
    out
}

impl Scope for Before<'_> {
    fn inventory(&self) -> Option<&str> {
        self.plan.inventory.as_deref()
    }

    fn vars(&self) -> Option<&Vars> {
        Some(&self.plan.vars)
    }

    fn lookup(&self, name: &str) -> Option<Value> {
        match name {
            "local" => Some(Value::String(LOCAL.to_owned())),
            "host" => Some(self.host.map_or_else(|| stand_in("host"), |h| Value::String(h.to_owned()))),
            "vars" => Some(Value::None),
            "operator" | "run_id" | "now" => Some(self.unknown(name, None)),
            _ => self.bound(find(&self.plan.frames, self.frame, name)?, name),
        }
    }
}

impl<'a> Before<'a> {
    /// A fact that the plan was drawn for.
    fn drawn(self, slot: SlotId) -> Option<Value> {
        let fact = self.plan.facts.iter().find(|fact| fact.slot == slot)?;
        let spec = &self.plan.slots[slot.index()];
        let read = self.read.and_then(|read| read.get(&spec.name)).or(Some(&fact.drawn).filter(|drawn| !drawn.is_empty()))?;
        super::names::of_slot(spec, read, self.host)
    }

    fn unknown(&self, name: &str, kind: Option<&Type>) -> Value {
        if self.read.is_some() { variable(name, kind) } else { stand_in(name) }
    }

    pub(super) fn bound(&self, bound: &Bound, name: &str) -> Option<Value> {
        match bound {
            Bound::Value(value) => Some(value.clone()),
            // A person is shown none, and a run alone is given it.
            Bound::Slot(slot) if self.read.is_some() && self.plan.slots[slot.index()].kind == Type::Secret => None,
            Bound::Slot(slot) => Some(self.drawn(*slot).unwrap_or_else(|| self.unknown(name, Some(&self.plan.slots[slot.index()].kind)))),
            // A name of an action's own stands for nothing that a person could set.
            Bound::Computed { expression, frame, kind } => {
                self.within(*frame).computed(expression, kind).or_else(|| self.read.is_none().then(|| stand_in(name)))
            }
            Bound::Written { prose, frame, kind } => self.within(*frame).written(prose, kind).or_else(|| self.read.is_none().then(|| stand_in(name))),
        }
    }

    fn within(self, frame: FrameId) -> Self {
        Self { frame, ..self }
    }

    /// Only a name alone can be shown through: an expression over a stand-in would come to nonsense.
    fn computed(&self, expression: &Expression, kind: &Type) -> Option<Value> {
        let alone = expression.names().len() == 1 && expression.names().iter().all(|(name, _)| *name == expression.source_text().text.trim());
        let known = || expression.names().iter().all(|(name, _)| self.lookup(name).is_some_and(|value| !value.display().contains("%rb_")));
        if !(alone || self.read.is_some() && known()) {
            return None;
        }
        let value = expression.eval(self).ok()?;
        Some(super::typed(value.clone(), kind).unwrap_or(value))
    }

    fn written(&self, prose: &Prose, kind: &Type) -> Option<Value> {
        let text = prose.render(self).ok()?;
        Some(kind.read(&text).unwrap_or(Value::String(text)))
    }

    fn prose(&self, prose: &Prose) -> String {
        prose.render(self).map_or_else(|_| prose.source_text().text.clone(), |text| with_names(&text))
    }

    fn command(&self, command: &Command) -> String {
        let scope = self.within(command.frame);
        match command.script.bind(&scope) {
            Ok(bound) => with_names(&bound.shown),
            Err(_) => command.script.source_text().text.clone(),
        }
    }

    fn user(&self, command: &Command) -> Option<String> {
        command.user.as_ref().map(|u| self.within(command.frame).prose(u))
    }

    fn require(&self, require: &RequireSpec) -> (String, String) {
        let scope = self.within(require.frame);
        let what = match &require.that {
            Condition::Holds(expression) => expression.source_text().text.trim().to_owned(),
            Condition::Succeeds(command) => scope.command(command),
        };
        (scope.prose(&require.why), what)
    }

    fn step(&self, step: &StepSpec, shown: &mut Shown) {
        let user = |command: &Command| self.user(command);
        shown.facts = step.facts.iter().map(|f| (self.plan.slots[f.slot.index()].name.clone(), self.command(&f.command))).collect();
        shown.requires = step.requires.iter().map(|r| self.require(r)).collect();
        shown.check = step.check.as_ref().map(|c| self.command(c));
        shown.command = step.does.as_ref().map(|does| match does {
            Does::Run(command) => self.command(command),
            Does::Sleep(seconds) => format!("sleep {}", Value::Duration(*seconds).display()),
            Does::Upload(upload) => {
                let to = name(self.plan, upload.put.frame, self.host, "to");
                let (size, hash) = (Value::Size(upload.file.size).display(), &upload.file.hash);
                format!("upload {} to {to}   ({size}, sha256 {})", upload.from, hash.get(..12).unwrap_or(hash))
            }
            Does::Download(download) => {
                let at = |word| name(self.plan, download.look.frame, self.host, word);
                format!("download {} to {}", at("from"), at("to"))
            }
        });
        shown.verify = step.verify.iter().map(|v| (self.command(&v.command), v.every, v.within)).collect();
        shown.undo = match &step.undo {
            UndoSpec::Unsaid => Undo::Unsaid,
            UndoSpec::Command(command) => Undo::Command(self.command(command)),
            UndoSpec::None(why) => Undo::None(why.clone()),
            UndoSpec::Manual(prose) => Undo::Manual(self.prose(prose)),
        };
        shown.irreversible.clone_from(&step.irreversible);
        shown.user = match (step.does.as_ref().and_then(Does::command), &step.check, &step.undo) {
            (Some(command), _, _) | (_, Some(command), _) | (_, _, UndoSpec::Command(command)) => user(command),
            _ => step.verify.first().and_then(|v| user(&v.command)),
        };
    }
}
