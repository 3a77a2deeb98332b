//! Expressions: compiled once, evaluated where their names have values.

use std::collections::BTreeMap;
use std::sync::Arc;

use grammar::source::{Span, Text};
use minijinja::{ErrorKind, Value as Computed};
use serde::{Deserialize, Serialize};

use super::error::{EvalError, TemplateError};
use super::functions::{ENVIRONMENT, SUCCEEDED};
use super::rewrite::{Rewritten, rewrite};
use super::tokens::{Kind, tokens};
use super::types::{type_of, typed};
use super::vars;
use crate::inventory::Vars;
use crate::value::{SecretText, Type, Value};

/// What the inventory knows, by host.
const VARS: &str = "vars";
/// The most text that one value may have.
const MOST_TEXT: usize = 1 << 20;

/// Where names have values.
pub trait Scope {
    /// `None`: undefined. A value that was left out is `Some(Value::None)`.
    fn lookup(&self, name: &str) -> Option<Value>;

    /// What `vars` stands for: large, so it is neither copied nor looked up. `lookup` only says that it is there.
    fn vars(&self) -> Option<&Vars> {
        None
    }

    /// The inventory's file, for a var that is missing in it.
    fn inventory(&self) -> Option<&str> {
        None
    }

    /// What `succeeded("step-id")` answers; `None`: there is nothing to say about such a step here.
    fn succeeded(&self, step: &str) -> Option<bool> {
        let _ = step;
        None
    }
}

/// An expression that can be read, frozen with the place that it came from. It is read once, and shared by all of the plan
/// that stand for the same place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expression(Arc<Read>);

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Read {
    text: Text,
    rewritten: Rewritten,
}

impl Expression {
    /// # Errors
    /// The first mistake in it: an unreadable literal, a name with a dash, an unknown function, filter or test, or a
    /// form that is no expression.
    pub fn compile(text: &Text) -> Result<Self, TemplateError> {
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Err(TemplateError::EmptySlot { span: text.span });
        }
        let rewritten = rewrite(text, &tokens)?;
        let expression = Self(Arc::new(Read { text: text.clone(), rewritten }));
        match ENVIRONMENT.compile_expression(&expression.0.rewritten.code) {
            Ok(_) => Ok(expression),
            Err(error) => {
                if let Some(assigns) = tokens.iter().find(|token| token.is("=")) {
                    let span = text.span_of(assigns.start, assigns.start + 1);
                    return Err(TemplateError::BadExpression { span, why: "`=` compares nothing".to_owned(), help: Some("write `==`".to_owned()) });
                }
                let span = expression.place(&error);
                let why = error.detail().unwrap_or("it is no expression").to_owned();
                let foreign = expression.0.text.text.trim_start().starts_with('.');
                let help = foreign.then(|| "for the literal braces of another program's template write `\\{{`".to_owned());
                Err(TemplateError::BadExpression { span, why, help })
            }
        }
    }

    /// The names that need a value, each as often as it stands there, with its place. Of `a.b[c]`: `a` and `c`.
    #[must_use]
    pub fn names(&self) -> Vec<(String, Span)> {
        self.0.rewritten.names.iter().map(|(name, start, end)| (name.clone(), self.0.text.span_of(*start, *end))).collect()
    }

    /// All that has no value before the run: names, and the steps that it asks about.
    #[must_use]
    pub fn needs(&self) -> Vec<(String, Span)> {
        let steps = self.steps_asked().into_iter().map(|(step, span)| (format!("succeeded(\"{step}\")"), span));
        self.names().into_iter().chain(steps).collect()
    }

    /// The steps that `succeeded("…")` asks about.
    #[must_use]
    pub fn steps_asked(&self) -> Vec<(String, Span)> {
        self.0.rewritten.steps.iter().map(|(name, start, end)| (name.clone(), self.0.text.span_of(*start, *end))).collect()
    }

    #[must_use]
    pub fn source_text(&self) -> &Text {
        &self.0.text
    }

    #[must_use]
    pub fn span(&self) -> Span {
        self.0.text.span
    }

    /// The type that the expression has whatever its values are. For a fact on a set, `types` gives the list of its
    /// type.
    #[must_use]
    pub fn static_type(&self, types: &dyn Fn(&str) -> Option<Type>) -> Option<Type> {
        type_of(&tokens(&self.0.text).ok()?, types)
    }

    /// # Errors
    /// When a name is undefined, or the expression can't be worked out. A secret in it makes text that comes out a
    /// secret.
    pub fn eval(&self, scope: &dyn Scope) -> Result<Value, EvalError> {
        if let Some(value) = self.alone(scope) {
            return value;
        }
        let known: BTreeMap<&str, Value> = self.0.rewritten.names.iter().filter_map(|(name, ..)| Some((name.as_str(), scope.lookup(name)?))).collect();
        let secret = known.values().any(holds_secret);
        let mut context: BTreeMap<String, Computed> = known.iter().map(|(name, value)| ((*name).to_owned(), value.to_computed())).collect();
        if let Some(vars) = scope.vars().filter(|_| self.asks_for_vars()) {
            context.insert(VARS.to_owned(), vars.to_computed());
        }
        if !self.0.rewritten.steps.is_empty() {
            context.insert(SUCCEEDED.to_owned(), self.answers(scope));
        }
        let computed = ENVIRONMENT
            .compile_expression(&self.0.rewritten.code)
            .and_then(|expression| expression.eval(context))
            .map_err(|error| self.missing_var(scope).unwrap_or_else(|| self.explain(&error, secret)))?;
        let value = Value::from_computed(&computed).ok_or_else(|| self.missing_var(scope).unwrap_or_else(|| self.undefined()))?;
        if value.display().len() > MOST_TEXT {
            return Err(EvalError { sentence: format!("`{}` gives more than 1 MiB of text", self.0.text.text), span: self.span() });
        }
        let value = match self.static_type(&|name| known.get(name).and_then(Value::kind)) {
            Some(kind) => typed(value, &kind),
            None => value,
        };
        Ok(if secret { hidden(value) } else { value })
    }

    /// # Errors
    /// As `eval`, and when the result is not true or false: a guard that is undefined is never a "no".
    pub fn eval_bool(&self, scope: &dyn Scope) -> Result<bool, EvalError> {
        match self.eval(scope)? {
            Value::Bool(yes) => Ok(yes),
            other => {
                let sentence = format!("`{}` is {}, and a condition is true or false", self.0.text.text, other.type_name());
                Err(EvalError { sentence, span: self.span() })
            }
        }
    }

    /// A name or a literal alone: its value keeps its type and never sees minijinja.
    fn alone(&self, scope: &dyn Scope) -> Option<Result<Value, EvalError>> {
        let tokens = tokens(&self.0.text).ok()?;
        match (tokens.as_slice(), self.0.rewritten.names.as_slice()) {
            ([one], [(name, ..)]) if one.kind == Kind::Name && name == VARS && scope.vars().is_some() => Some(Ok(Value::Json(scope.vars()?.to_json()))),
            ([one], [(name, ..)]) if one.kind == Kind::Name => Some(scope.lookup(name).ok_or_else(|| self.undefined())),
            ([one], _) => match &one.kind {
                Kind::Literal(_, value) => Some(Ok(value.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    fn answers(&self, scope: &dyn Scope) -> Computed {
        let known: BTreeMap<String, bool> = self.0.rewritten.steps.iter().filter_map(|(id, ..)| Some((id.clone(), scope.succeeded(id)?))).collect();
        Computed::from_function(move |step: &str| {
            known.get(step).copied().ok_or_else(|| minijinja::Error::new(ErrorKind::InvalidOperation, format!("nothing is known of a step `{step}` here")))
        })
    }

    fn asks_for_vars(&self) -> bool {
        self.0.rewritten.names.iter().any(|(name, ..)| name == VARS)
    }

    /// The inventory does not say what the expression asks for.
    fn missing_var(&self, scope: &dyn Scope) -> Option<EvalError> {
        let why = self.asks_for_vars().then(|| vars::missing(&self.0.text, scope)).flatten()?;
        Some(EvalError { sentence: format!("`{}` can't be worked out: {why}", self.0.text.text), span: self.span() })
    }

    fn undefined(&self) -> EvalError {
        EvalError { sentence: format!("`{}` is undefined here", self.0.text.text), span: self.span() }
    }

    fn place(&self, error: &minijinja::Error) -> Span {
        error.range().map_or(self.0.text.span, |range| {
            let length = self.0.text.text.len();
            let start = self.0.rewritten.offset(range.start).min(length);
            let end = self.0.rewritten.offset(range.end).clamp(start, length);
            self.0.text.span_of(start, end)
        })
    }

    /// minijinja's own words hold values now and then, so with a secret in scope they are not passed on.
    fn explain(&self, error: &minijinja::Error, secret: bool) -> EvalError {
        let span = self.place(error);
        let why = match (error.kind(), error.detail()) {
            (ErrorKind::OutOfFuel, _) => "it takes too many steps".to_owned(),
            (kind, _) if secret => kind.to_string(),
            (_, Some(detail)) => detail.to_owned(),
            (kind, None) => kind.to_string(),
        };
        EvalError { sentence: format!("`{}` can't be worked out: {why}", self.0.text.text), span }
    }
}

fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Secret(_) => true,
        Value::List(items) => items.iter().any(holds_secret),
        Value::PerHost(hosts) => hosts.values().any(holds_secret),
        _ => false,
    }
}

/// Text that a secret went into is a secret; what it was compared with is not.
fn hidden(value: Value) -> Value {
    match value {
        Value::String(text) => Value::Secret(SecretText::new(text)),
        Value::Json(json) => Value::Secret(SecretText::new(json.to_string())),
        Value::List(items) => Value::List(items.into_iter().map(hidden).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
