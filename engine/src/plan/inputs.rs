//! What a run is given: the values of params and the hosts of targets. All that is missing or wrong is said at once.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use grammar::ast::{Fact, Operand, Param, Runbook, Target};
use grammar::source::Span;

use super::error::PlanError;
use super::frames::typed;
use super::lower::Lowering;
use super::model::{Bound, FactSpec, FrameId, HostName};
use super::transfer::ProjectFiles;
use crate::check::similar;
use crate::inventory::{Vars, Ways};
use crate::value::{Type, Value, pattern};

/// What the plan is drawn for. Operator and run id come later: a plan is the same for everyone.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    pub params: BTreeMap<String, Given>,
    pub targets: BTreeMap<String, Vec<HostName>>,
    /// Facts of the top that the plan's shape depends on, by their names.
    pub facts: BTreeMap<String, GivenFact>,
    /// What the inventory knows of each host.
    pub vars: Vars,
    /// How the inventory says that hosts are reached; of all others ssh's own configuration decides.
    pub ways: Ways,
    /// The inventory's file, as a person knows it.
    pub inventory: Option<String>,
    /// What may be uploaded; `None`: nothing.
    pub files: Option<Rc<dyn ProjectFiles>>,
}

/// A param's value as it was given.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// From a command line or a terminal; a list's items stand between commas.
    Text(String),
    Value(Value),
}

/// A fact as it is known before the plan is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenFact {
    /// As a person supposes it to be, the same on every host.
    Text(String),
    /// As it was read.
    Read(BTreeMap<HostName, Value>),
}

/// The root frame.
pub(super) const ROOT: FrameId = FrameId(0);

impl Lowering<'_> {
    pub(super) fn take_inputs(&mut self, runbook: &Runbook, inputs: &Inputs) {
        let names: Vec<String> = runbook.params.iter().map(|p| p.name.value.clone()).collect();
        for name in inputs.params.keys().filter(|name| !names.contains(name)) {
            self.error(PlanError::UnknownParam {
                at: runbook.name.span,
                name: name.clone(),
                similar: similar(name, names.iter().map(String::as_str)),
                known: names.clone(),
            });
        }
        for param in &runbook.params {
            if Type::written(&param.kind).is_some_and(|kind| *kind.present() == Type::Secret) {
                self.secret(param, inputs.params.contains_key(&param.name.value));
                continue;
            }
            if let Some(value) = self.param(param, inputs.params.get(&param.name.value)) {
                self.in_range(param, &value, ROOT, param.name.span);
                self.bind(ROOT, &param.name.value, Bound::Value(value), Type::written(&param.kind));
            }
        }
        let names: Vec<String> = runbook.facts.iter().map(|f| f.name.value.clone()).collect();
        for name in inputs.facts.keys().filter(|name| !names.contains(name)) {
            let similar = similar(name, names.iter().map(String::as_str));
            self.error(PlanError::UnknownFact { at: runbook.name.span, name: name.clone(), similar, known: names.clone() });
        }
        let names: Vec<String> = runbook.targets.iter().map(|t| t.name.value.clone()).collect();
        for name in inputs.targets.keys().filter(|name| !names.contains(name)) {
            self.error(PlanError::UnknownTarget {
                at: runbook.name.span,
                name: name.clone(),
                similar: similar(name, names.iter().map(String::as_str)),
                known: names.clone(),
            });
        }
        for target in &runbook.targets {
            if let Some(value) = self.target(target, inputs.targets.get(&target.name.value)) {
                let kind = if target.kind.is_some() { Type::Host } else { Type::List(Box::new(Type::Host)) };
                self.bind(ROOT, &target.name.value, Bound::Value(value), Some(kind));
            }
        }
    }

    /// A fact of the top with what is known of it.
    pub(super) fn given_fact(&mut self, fact: &Fact, mut spec: FactSpec, inputs: &Inputs) -> FactSpec {
        let name = &fact.name.value;
        let drawn = match inputs.facts.get(name) {
            None => return spec,
            Some(GivenFact::Read(values)) => values.clone(),
            Some(GivenFact::Text(text)) => match read(text, &self.slots[spec.slot.index()].kind) {
                Ok(value) => spec.hosts.iter().map(|host| (host.clone(), value.clone())).collect(),
                Err(error) => {
                    self.error(PlanError::BadFact { at: fact.name.span, name: name.clone(), error });
                    return spec;
                }
            },
        };
        self.known.insert(spec.slot, drawn.clone());
        spec.drawn = drawn;
        spec
    }

    /// Its place, and never its value.
    fn secret(&mut self, param: &Param, given: bool) {
        let name = &param.name.value;
        if param.kind.optional && !given {
            self.bind(ROOT, name, Bound::Value(Value::None), Type::written(&param.kind));
            return;
        }
        let slot = self.slot(name, Type::Secret, Vec::new(), false);
        let text = |text: &Option<grammar::source::Text>| text.as_ref().map(|t| t.text.clone());
        self.secrets.push(super::model::SecretSpec { name: name.clone(), slot, help: text(&param.help), matches: text(&param.matches) });
        self.bind(ROOT, name, Bound::Slot(slot), Some(Type::Secret));
    }

    fn param(&mut self, param: &Param, given: Option<&Given>) -> Option<Value> {
        let kind = Type::written(&param.kind)?;
        let name = param.name.value.clone();
        let at = param.name.span;
        match given {
            Some(Given::Text(text)) => match read(text, &kind) {
                Ok(value) => Some(value),
                Err(error) => {
                    self.error(PlanError::BadParam { at, name, error });
                    None
                }
            },
            Some(Given::Value(value)) => match typed(value.clone(), &kind) {
                Ok(value) => Some(value),
                Err(why) => {
                    self.error(PlanError::ParamOutOfRange { at, name, why, allowed: format!("give {kind}") });
                    None
                }
            },
            None => match &param.default {
                Some(default) => self.early_operand(default, &kind, &format!("`{name}`"), ROOT, None),
                None if param.kind.optional => Some(Value::None),
                None => {
                    self.error(PlanError::MissingParam { at, name, kind, help: param.help.as_ref().map(|h| h.text.clone()) });
                    None
                }
            },
        }
    }

    /// Whether a value is among those that its param allows. Limits are reckoned in `frame`, and `at` is told of.
    pub(super) fn in_range(&mut self, param: &Param, value: &Value, frame: FrameId, at: Span) {
        let Some(kind) = Type::written(&param.kind) else { return };
        if *value == Value::None {
            return;
        }
        let name = || param.name.value.clone();
        if let Some(one_of) = &param.one_of
            && let Some(Value::List(allowed)) = self.early_operand(one_of, &Type::List(Box::new(kind.present().clone())), "`one_of`", frame, None)
            && !allowed.contains(value)
        {
            let allowed = allowed.iter().map(|v| format!("`{}`", v.display())).collect::<Vec<_>>().join(", ");
            self.error(PlanError::ParamOutOfRange {
                at,
                name: name(),
                why: format!("`{}` is not one of those allowed", value.display()),
                allowed: format!("give one of {allowed}"),
            });
        }
        if let Some(pattern) = &param.matches
            && !pattern::matches(&pattern.text, value)
        {
            let why = format!("`{}` does not match", value.display());
            self.error(PlanError::ParamOutOfRange { at, name: name(), why, allowed: format!("give what matches `{}` as a whole", pattern.text) });
        }
        let bounds = [(&param.min, std::cmp::Ordering::Less, "less than", "at least"), (&param.max, std::cmp::Ordering::Greater, "more than", "at most")];
        for (bound, wrong, than, help) in bounds {
            let Some(bound) = bound else { continue };
            let Some(limit) = self.early_operand(bound, kind.present(), "a bound", frame, None) else { continue };
            if compare(value, &limit) == Some(wrong) {
                let why = format!("{} is {than} {}", value.display(), limit.display());
                self.error(PlanError::ParamOutOfRange { at, name: name(), why, allowed: format!("give {help} {}", limit.display()) });
            }
        }
    }

    fn target(&mut self, target: &Target, given: Option<&Vec<HostName>>) -> Option<Value> {
        let one = target.kind.is_some();
        let name = target.name.value.clone();
        let at = target.name.span;
        let hosts: Vec<HostName> = match (given, &target.is) {
            (Some(hosts), _) => hosts.clone(),
            (None, Some(is)) => self.hosts_of(is, &name, one)?,
            (None, None) => {
                self.error(PlanError::MissingTarget { at, name, one });
                return None;
            }
        };
        self.hosts_as_value(target, hosts, at)
    }

    /// A target's hosts, if they can be that.
    pub(super) fn hosts_as_value(&mut self, target: &Target, hosts: Vec<HostName>, at: Span) -> Option<Value> {
        let one = target.kind.is_some();
        let name = target.name.value.clone();
        let mut sound = true;
        let mut seen = HashSet::new();
        for host in &hosts {
            if Type::Host.read(host).is_err() {
                self.error(PlanError::BadHost { at, host: host.clone() });
                sound = false;
            } else if !seen.insert(host) {
                self.error(PlanError::HostTwice { at, name: name.clone(), host: host.clone() });
                sound = false;
            }
        }
        if hosts.is_empty() {
            self.error(PlanError::EmptyTarget { at, name });
            return None;
        }
        if one && hosts.len() != 1 {
            self.error(PlanError::NotOneHost { at, name, count: hosts.len() });
            return None;
        }
        let mut hosts: Vec<Value> = hosts.into_iter().map(Value::String).collect();
        let value = if one { hosts.pop()? } else { Value::List(hosts) };
        sound.then_some(value)
    }

    fn hosts_of(&mut self, is: &Operand, name: &str, one: bool) -> Option<Vec<String>> {
        // Text first: a bad name then gets its own sentence.
        let kind = if one { Type::String } else { Type::List(Box::new(Type::String)) };
        match self.early_operand(is, &kind, &format!("the target `{name}`"), ROOT, None)? {
            Value::String(host) => Some(vec![host]),
            Value::List(hosts) => Some(hosts.iter().map(Value::display).collect()),
            _ => None,
        }
    }
}

/// What a person typed when they were asked for a value: as `-p` takes it, and an empty line where nothing need be said.
///
/// # Errors
/// It is not of this type.
pub fn entered(text: &str, kind: &Type) -> Result<Value, crate::value::ReadError> {
    let text = text.trim();
    match kind {
        Type::Optional(_) if text.is_empty() => Ok(Value::None),
        Type::String if text.is_empty() => {
            let help = Some("write something; what may be left out is `string?`".to_owned());
            Err(crate::value::ReadError { found: String::new(), expected: Type::String, help })
        }
        kind => read(text, kind),
    }
}

fn read(text: &str, kind: &Type) -> Result<Value, crate::value::ReadError> {
    match kind {
        Type::Optional(_) if text == "none" => Ok(Value::None),
        Type::Optional(of) => read(text, of),
        Type::List(_) if text.is_empty() => Ok(Value::List(Vec::new())),
        Type::List(of) => text.split(',').map(|item| of.read(item.trim())).collect::<Result<_, _>>().map(Value::List),
        simple => simple.read(text),
    }
}

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a) | Value::Percent(a), Value::Float(b) | Value::Percent(b)) => a.partial_cmp(b),
        (Value::Duration(a), Value::Duration(b)) | (Value::Size(a), Value::Size(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) | (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        (Value::Version(a), Value::Version(b)) => Some(crate::value::version::compare(a, b)),
        _ => None,
    }
}
