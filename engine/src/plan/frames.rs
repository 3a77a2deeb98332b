//! What is known when the plan is drawn: params, targets, loop variables, and arguments made of them.

use std::collections::BTreeMap;

use grammar::source::Span;

use super::model::{Bound, Frame, FrameId, HostName, LOCAL, NodeId, Slot, SlotId};
use super::names::of_slot;
use super::template::Scope;
use crate::inventory::Vars;
use crate::value::{Type, Value};

/// The names that a place of the plan can see and whose values stand already.
pub(super) struct Early<'a> {
    pub(super) frames: &'a [Frame],
    pub(super) frame: FrameId,
    pub(super) host: Option<&'a str>,
    pub(super) slots: &'a [Slot],
    /// Facts that were read before the plan is drawn.
    pub(super) known: &'a BTreeMap<SlotId, BTreeMap<HostName, Value>>,
    pub(super) vars: &'a Vars,
    pub(super) inventory: Option<&'a str>,
}

/// What a name stands for in a frame or in those around it; a sealed frame sees no further.
pub(super) fn find<'a>(frames: &'a [Frame], frame: FrameId, name: &str) -> Option<&'a Bound> {
    let mut at = Some(frame);
    while let Some(id) = at {
        let frame = frames.get(id.index())?;
        if let Some(bound) = frame.names.get(name) {
            return Some(bound);
        }
        at = if frame.sealed { None } else { frame.parent };
    }
    None
}

/// The nodes of a step that `succeeded` asks about, seen from a frame.
pub(super) fn find_step<'a>(frames: &'a [Frame], frame: FrameId, step: &str) -> Option<&'a [NodeId]> {
    let mut at = Some(frame);
    while let Some(id) = at {
        let frame = frames.get(id.index())?;
        if let Some(nodes) = frame.steps.get(step) {
            return Some(nodes);
        }
        at = if frame.sealed { None } else { frame.parent };
    }
    None
}

impl Early<'_> {
    /// The first of these names whose value is read only during the run.
    pub(super) fn unknown(&self, names: Vec<(String, Span)>) -> Option<(String, Span)> {
        names.into_iter().find(|(name, _)| self.lookup(name).is_none())
    }
}

impl Scope for Early<'_> {
    fn inventory(&self) -> Option<&str> {
        self.inventory
    }

    fn vars(&self) -> Option<&Vars> {
        Some(self.vars)
    }

    fn lookup(&self, name: &str) -> Option<Value> {
        match (name, self.host) {
            ("local", _) => Some(Value::String(LOCAL.to_owned())),
            ("host", Some(host)) => Some(Value::String(host.to_owned())),
            ("vars", _) => Some(Value::None),
            _ => match find(self.frames, self.frame, name)? {
                Bound::Value(value) => Some(value.clone()),
                Bound::Slot(id) => of_slot(self.slots.get(id.index())?, self.known.get(id)?, self.host),
                Bound::Computed { .. } | Bound::Written { .. } => None,
            },
        }
    }
}

/// A computed value as the declared type that it is for: what was reckoned with durations comes out as a number, and
/// text is read.
///
/// # Errors
/// A sentence that says what it is not.
pub fn typed(value: Value, kind: &Type) -> Result<Value, String> {
    let found = value.type_name();
    let wrong = || format!("it is {found}, not {kind}");
    match (value, kind) {
        (Value::None, Type::Optional(_)) => Ok(Value::None),
        (Value::None, _) => Err(wrong()),
        (value, Type::Optional(of)) => typed(value, of),
        (Value::Json(json), of) if *of != Type::Json => from_json(json, of),
        (Value::List(items), Type::List(of)) => items.into_iter().map(|item| typed(item, of)).collect::<Result<_, _>>().map(Value::List),
        (Value::Int(n), Type::Duration) => u64::try_from(n).map(Value::Duration).map_err(|_| wrong()),
        (Value::Int(n), Type::Size) => u64::try_from(n).map(Value::Size).map_err(|_| wrong()),
        (Value::Int(n), Type::Float) => Ok(Value::Float(n as f64)),
        (Value::Duration(n) | Value::Size(n), Type::Int) => i64::try_from(n).map(Value::Int).map_err(|_| wrong()),
        (Value::Date(text) | Value::DateTime(text) | Value::Version(text), Type::String) => Ok(Value::String(text)),
        (Value::String(text), of) if *of != Type::Json => of.read(&text).map_err(|e| e.to_string()),
        (value, Type::Json) => serde_json::to_value(plain(&value)).map(Value::Json).map_err(|e| e.to_string()),
        (value, of) => {
            if value.kind().is_some_and(|k| k == *of) {
                Ok(value)
            } else {
                Err(wrong())
            }
        }
    }
}

fn from_json(json: serde_json::Value, kind: &Type) -> Result<Value, String> {
    let value = match json {
        serde_json::Value::Null => Value::None,
        serde_json::Value::Bool(yes) => Value::Bool(yes),
        serde_json::Value::Number(n) => n.as_i64().map(Value::Int).or_else(|| n.as_f64().map(Value::Float)).unwrap_or(Value::None),
        serde_json::Value::String(text) => Value::String(text),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(Value::Json).collect()),
        object @ serde_json::Value::Object(_) => {
            return if *kind == Type::Json { Ok(Value::Json(object)) } else { Err(format!("it is a JSON object, not {kind}")) };
        }
    };
    typed(value, kind)
}

/// A value as JSON has it; a secret is null.
#[must_use]
pub fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::None | Value::Secret(_) => serde_json::Value::Null,
        Value::Int(n) => (*n).into(),
        Value::Duration(n) | Value::Size(n) => (*n).into(),
        Value::Float(n) | Value::Percent(n) => (*n).into(),
        Value::Bool(yes) => (*yes).into(),
        Value::Json(json) => json.clone(),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::PerHost(hosts) => hosts.iter().map(|(host, value)| (host.clone(), plain(value))).collect(),
        Value::String(text) | Value::Version(text) | Value::Date(text) | Value::DateTime(text) => text.clone().into(),
    }
}
