//! Values on their way into an expression and out of it. Durations and sizes are plain numbers there and dates are
//! text, so that they can be reckoned with; versions and percentages keep their type.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::Value as Computed;
use minijinja::value::{DynObject, Object, ObjectRepr, Serde, ValueKind};

use super::{Value, version};

/// What stays itself inside an expression.
#[derive(Debug)]
pub(crate) struct Typed(pub(crate) Value);

impl Object for Typed {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        match (&self.0, &other.downcast_ref::<Self>()?.0) {
            (Value::Version(a), Value::Version(b)) => Some(version::compare(a, b)),
            (Value::Percent(a), Value::Percent(b)) => Some(a.total_cmp(b)),
            (a, b) => Some(a.type_name().cmp(b.type_name())),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.display())
    }
}

impl Value {
    /// The value inside an expression. A secret goes in as text: what comes out is made a secret again by the
    /// expression that asked.
    #[must_use]
    pub fn to_computed(&self) -> Computed {
        match self {
            Self::None => Computed::from(()),
            Self::String(text) | Self::Date(text) | Self::DateTime(text) => Computed::from(text.as_str()),
            Self::Int(n) => Computed::from(*n),
            Self::Duration(n) | Self::Size(n) => Computed::from(*n),
            Self::Float(n) => Computed::from(*n),
            Self::Bool(yes) => Computed::from(*yes),
            Self::Version(_) | Self::Percent(_) => Computed::from_object(Typed(self.clone())),
            Self::Json(value) => Computed::from(Serde(value)),
            Self::List(items) => items.iter().map(Self::to_computed).collect(),
            Self::PerHost(hosts) => Computed::from_pairs(hosts.iter().map(|(host, value)| (host.as_str(), value.to_computed()))),
            Self::Secret(text) => Computed::from(text.reveal()),
        }
    }

    /// What an expression came to. `None`: something that is no value of the language, such as a function or
    /// undefined.
    #[must_use]
    pub fn from_computed(value: &Computed) -> Option<Self> {
        if let Some(typed) = value.downcast_object_ref::<Typed>() {
            return Some(typed.0.clone());
        }
        Some(match value.kind() {
            ValueKind::None => Self::None,
            ValueKind::Bool => Self::Bool(value.is_true()),
            ValueKind::Number => match value.as_i64().filter(|_| value.is_integer()) {
                Some(n) => Self::Int(n),
                None => Self::Float(f64::try_from(value.clone()).ok()?),
            },
            ValueKind::String => Self::String(value.as_str()?.to_owned()),
            ValueKind::Seq | ValueKind::Iterable => Self::List(value.try_iter().ok()?.map(|item| Self::from_computed(&item)).collect::<Option<_>>()?),
            ValueKind::Map => Self::Json(serde_json::to_value(value).ok()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_out_of_an_expression_as_it_went_in() {
        for value in [
            Value::None,
            Value::String("a".into()),
            Value::Int(-3),
            Value::Float(0.5),
            Value::Bool(false),
            Value::Version("1.4.0".into()),
            Value::Percent(20.0),
            Value::List(vec![Value::Int(1), Value::Version("2".into())]),
            Value::Json(serde_json::json!({"a": [1, null, "x"]})),
        ] {
            assert_eq!(Value::from_computed(&value.to_computed()), Some(value));
        }
    }

    #[test]
    fn undefined_is_no_value() {
        assert_eq!(Value::from_computed(&Computed::UNDEFINED), None);
    }
}
