//! Commands for a person without an engine: values stand in them, and what is known only during a run is a variable of the
//! shell.

use std::collections::{BTreeMap, BTreeSet};

use super::Outline;
use super::model::{self, FactSpec, NodeKind, Plan, SlotId};
use super::shown::{self, Before};
use crate::outcome::Shell;
use crate::value::{Type, Value};

/// A command, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    pub script: String,
    /// Lines in front of it: its environment, its folder.
    pub first: Vec<String>,
    /// A word of the shell.
    pub stdin: Option<String>,
    pub user: Option<String>,
    pub shell: Shell,
    /// Of its environment: what a person must have exported.
    pub secrets: Vec<String>,
    /// The variables that it uses.
    pub needs: BTreeSet<String>,
}

/// Where a variable comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    Line(String),
    Comment(String),
}

#[derive(Debug)]
pub struct ByHand<'a> {
    plan: &'a Plan,
    read: &'a BTreeMap<String, BTreeMap<String, Value>>,
}

impl<'a> ByHand<'a> {
    #[must_use]
    pub fn new(outline: &'a Outline) -> Self {
        Self { plan: &outline.plan, read: &outline.read }
    }

    /// None where an expression can't be worked out before the run.
    #[must_use]
    pub fn typed(&self, command: &model::Command, host: Option<&str>) -> Option<Command> {
        let scope = Before { plan: self.plan, frame: command.frame, host, read: Some(self.read) };
        let mut needs = BTreeSet::new();
        let mut said = |text: &str| shown::with_variables(text, &mut needs);
        let script = said(&command.script.bind(&scope).ok()?.shown).trim_end().to_owned();
        let (mut first, mut secrets) = (Vec::new(), Vec::new());
        for (name, bound) in &command.env {
            first.push(match scope.bound(bound, name) {
                Some(value) if !matches!(value, Value::Secret(_)) => format!("export {name}={}", said(&quoted(&value.to_shell_words().ok()?.join(" ")))),
                _ => {
                    secrets.push(name.clone());
                    format!(": \"${{{name}:?is a secret, or not known here: export it first}}\"")
                }
            });
        }
        if let Some(folder) = &command.cwd {
            first.push(format!("cd -- {}", said(&quoted(&folder.render(&scope).ok()?))));
        }
        let stdin = command.stdin.as_ref().map(|text| text.render(&scope).map(|text| said(&quoted(&text)))).transpose().ok()?;
        let user = command.user.as_ref().map(|user| user.render(&scope).map(|user| said(&quoted(&user)))).transpose().ok()?;
        Some(Command { script, first, stdin, user, shell: command.shell, secrets, needs })
    }

    /// A fact of an action, read into its variable by this.
    #[must_use]
    pub fn assigned(&self, slot: SlotId, read: &str) -> String {
        let slot = &self.plan.slots[slot.index()];
        if slot.kind == Type::Bool { format!("{0}=false; if {read}; then {0}=true; fi\n", slot.name) } else { format!("{}=$({read})\n", slot.name) }
    }

    /// What is to be said of a variable, before it is used for the first time.
    #[must_use]
    pub fn source(&self, name: &str) -> Typed {
        match name {
            "run_id" => return Typed::Line("run_id=by-hand   # stands in names of what is kept".to_owned()),
            "operator" => return Typed::Line("operator=$(id -un)".to_owned()),
            "now" => return Typed::Line("now=$(date -u +%Y-%m-%dT%H:%M:%SZ)".to_owned()),
            _ => {}
        }
        let is = |slot: SlotId| self.plan.slots[slot.index()].name == name;
        if let Some(fact) = self.plan.facts.iter().find(|fact| is(fact.slot)) {
            return Typed::Comment(self.fact(name, fact));
        }
        let from = self.plan.iter().find_map(|(_, node)| match &node.kind {
            NodeKind::Manual { evidence, .. } if evidence.iter().any(|asked| is(asked.slot)) => Some(format!("what {} asks for", node.label())),
            NodeKind::Fact(fact) if is(fact.slot) => Some(self.fact(name, fact)),
            _ => {
                let captured = node.spec().is_some_and(|step| step.captures.iter().any(|capture| is(capture.slot)));
                captured.then(|| format!("what {} has printed", node.label()))
            }
        });
        Typed::Comment(format!("Set {name} first: {}", from.unwrap_or_else(|| "a secret, or an answer that a run asks for".to_owned())))
    }

    fn fact(&self, name: &str, fact: &FactSpec) -> String {
        let host = fact.hosts.first().map(String::as_str);
        let command = self.typed(&fact.command, host).map_or_else(|| fact.command.script.source_text().text.clone(), |typed| typed.script);
        format!("Set {name} first, as {} says it:\n{command}", fact.hosts.join(", "))
    }
}

/// A word as a person types it, with the variables in it still variables.
fn quoted(word: &str) -> String {
    if !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c)) {
        return word.to_owned();
    }
    let mut text = String::from("\"");
    for c in word.chars() {
        if ['\\', '"', '$', '`'].contains(&c) {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}
