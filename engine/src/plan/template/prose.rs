//! Prose with values in it: titles, questions, what a command reads as `stdin`.

use std::sync::Arc;

use grammar::source::{Span, Text};
use serde::{Deserialize, Serialize};

use super::error::{EvalError, TemplateError};
use super::expression::{Expression, Scope};
use super::slots::{Piece, split};
use crate::value::Value;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Plain(String),
    Value(Expression),
}

/// Text with slots, frozen with the place that it came from, and shared as [`Expression`] is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prose(Arc<Read>);

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Read {
    text: Text,
    parts: Vec<Part>,
}

impl Prose {
    /// # Errors
    /// Every mistake in its slots.
    pub fn compile(text: &Text) -> Result<Self, Vec<TemplateError>> {
        let (pieces, mut errors) = split(text);
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Plain { text, .. } => parts.push(Part::Plain(text)),
                Piece::Slot(slot) => match Expression::compile(&slot.expression) {
                    Ok(expression) => parts.push(Part::Value(expression)),
                    Err(error) => errors.push(error),
                },
            }
        }
        if errors.is_empty() { Ok(Self(Arc::new(Read { text: text.clone(), parts }))) } else { Err(errors) }
    }

    /// The expressions in it, in order.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.0.parts.iter().filter_map(|part| match part {
            Part::Value(expression) => Some(expression),
            Part::Plain(_) => None,
        })
    }

    /// Text that stands for itself, braces and all: what values were put into is never read as a template again.
    #[must_use]
    pub fn plain(text: String, span: Span) -> Self {
        Self(Arc::new(Read { text: Text::verbatim(text.clone(), span), parts: vec![Part::Plain(text)] }))
    }

    /// The expression that it begins with, where it does.
    #[must_use]
    pub fn begins_with(&self) -> Option<&Expression> {
        match self.0.parts.first() {
            Some(Part::Value(expression)) => Some(expression),
            Some(Part::Plain(_)) | None => None,
        }
    }

    #[must_use]
    pub fn names(&self) -> Vec<(String, Span)> {
        self.expressions().flat_map(Expression::names).collect()
    }

    /// As [`Expression::needs`].
    #[must_use]
    pub fn needs(&self) -> Vec<(String, Span)> {
        self.expressions().flat_map(Expression::needs).collect()
    }

    #[must_use]
    pub fn source_text(&self) -> &Text {
        &self.0.text
    }

    /// For people: durations and sizes with their units, a secret as `***`.
    ///
    /// # Errors
    /// When a value is undefined or can't be worked out.
    pub fn render(&self, scope: &dyn Scope) -> Result<String, EvalError> {
        self.write(scope, Value::display)
    }

    /// For programs: values as they are in a command, and secrets as they are. Never shown, never stored.
    ///
    /// # Errors
    /// As `render`, and when a program can't be given the value.
    pub fn render_for_program(&self, scope: &dyn Scope) -> Result<String, EvalError> {
        let mut written = String::new();
        for part in &self.0.parts {
            match part {
                Part::Plain(text) => written.push_str(text),
                Part::Value(expression) => match expression.eval(scope)? {
                    Value::Secret(text) => written.push_str(text.reveal()),
                    value => {
                        let refuse =
                            |error| EvalError { sentence: format!("`{}` can't be passed on: {error}", expression.source_text().text), span: expression.span() };
                        written.push_str(&value.to_shell_words().map_err(refuse)?.join("\n"));
                    }
                },
            }
        }
        Ok(written)
    }

    fn write(&self, scope: &dyn Scope, display: impl Fn(&Value) -> String) -> Result<String, EvalError> {
        let mut written = String::new();
        for part in &self.0.parts {
            match part {
                Part::Plain(text) => written.push_str(text),
                Part::Value(expression) => written.push_str(&display(&expression.eval(scope)?)),
            }
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use grammar::source::SourceId;

    use super::*;
    use crate::value::SecretText;

    struct Names;

    impl Scope for Names {
        fn lookup(&self, name: &str) -> Option<Value> {
            match name {
                "wait" => Some(Value::Duration(90)),
                "hosts" => Some(Value::List(vec![Value::String("a".into()), Value::String("b".into())])),
                "token" => Some(Value::Secret(SecretText::new("hunter2"))),
                _ => None,
            }
        }
    }

    fn compile(source: &str) -> Prose {
        Prose::compile(&Text::verbatim(source, Span::new(SourceId(0), 0, source.len()))).expect("compiles")
    }

    #[test]
    fn prose_is_for_people_and_the_same_text_for_programs_is_exact() {
        for (source, people, programs) in [
            ("wait {{ wait }} {% no %}", "wait 90s {% no %}", "wait 90 {% no %}"),
            ("on {{ hosts }}", "on a, b", "on a\nb"),
            ("\\{{ x }} {{ token }}", "{{ x }} ***", "{{ x }} hunter2"),
        ] {
            assert_eq!(compile(source).render(&Names).as_deref(), Ok(people), "{source}");
            assert_eq!(compile(source).render_for_program(&Names).as_deref(), Ok(programs), "{source}");
        }
        assert!(compile("{{ nothing }}").render(&Names).is_err());
        assert_eq!(compile("{{ wait }} {{ hosts[0] }}").names().len(), 2);
    }
}
