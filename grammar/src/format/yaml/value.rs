//! Texts, expressions and values as YAML holds them.

use super::shape::{FLOWING, Role, Scalar, Unit, Value, item, key, made, named};
use crate::ast::{ActionCall, Expr, Name, Operand, TypeName};
use crate::expression;
use crate::format::origin::Origin;
use crate::source::{SourceId, Span, Text};
use crate::syntax_error::{Errors, SyntaxError};

/// Makes values, and gathers what YAML can't hold.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub(super) origin: Origin<'a>,
    pub(super) errors: Errors,
}

impl Values<'_> {
    pub(super) fn unwritable(&mut self, span: Span, what: &'static str, help: &'static str) {
        self.errors.push(SyntaxError::Unwritable { span, what, form: "YAML", help });
    }

    pub(super) fn text(&self, text: &Text) -> Value {
        Value::Scalar(Scalar { text: text.text.clone(), role: Role::Text, written: self.origin.written(text) })
    }

    pub(super) fn command(&self, command: &Text) -> Value {
        Value::Scalar(Scalar { text: command.text.clone(), role: Role::Command, written: self.origin.written(command) })
    }

    pub(super) fn command_key(&self, word: &str, command: &Text) -> Unit {
        key(word, self.command(command), Vec::new()).own([command.span])
    }

    pub(super) fn text_key(&self, word: &str, text: &Text) -> Unit {
        key(word, self.text(text), Vec::new()).own([text.span])
    }

    pub(super) fn maybe_text(&self, word: &str, text: Option<&Text>) -> Option<Unit> {
        text.map(|text| self.text_key(word, text))
    }

    fn expression(&mut self, expr: &Expr) -> (Value, Vec<Unit>) {
        if let Some(items) = list_of(&expr.text) {
            return (Value::List { tall: false }, items.into_iter().map(|one| item(made(one, Role::Typed), Vec::new())).collect());
        }
        let bare = &expr.text;
        let candidates = [bare.clone(), format!("({bare})"), template(bare), template(&format!("({bare})"))];
        match candidates.iter().find(|written| reads(written) == *bare) {
            Some(written) => (Value::Scalar(Scalar { text: written.clone(), role: Role::Typed, written: self.origin.written(expr) }), Vec::new()),
            None => {
                self.unwritable(expr.span, "this expression", "close its brackets and quotes");
                (Value::Nothing, Vec::new())
            }
        }
    }

    pub(super) fn expression_key(&mut self, word: &str, expr: &Expr) -> Unit {
        let (value, inside) = self.expression(expr);
        key(word, value, inside).own([expr.span])
    }

    pub(super) fn maybe_expression(&mut self, word: &str, expr: Option<&Expr>) -> Option<Unit> {
        expr.map(|expr| self.expression_key(word, expr))
    }

    fn operand(&mut self, operand: &Operand) -> (Value, Vec<Unit>) {
        match operand {
            Operand::Literal(text) => {
                let role = if self.origin.is_literal(text) { Role::Typed } else { Role::Text };
                (Value::Scalar(Scalar { text: text.text.clone(), role, written: self.origin.written(text) }), Vec::new())
            }
            Operand::Computed(expr) => (self.computed(expr), Vec::new()),
            Operand::List(items) => {
                let unit = |one: &Operand| {
                    let (value, inside) = self.operand(one);
                    item(value, inside).value(one)
                };
                (Value::List { tall: false }, items.iter().map(unit).collect())
            }
        }
    }

    fn computed(&mut self, expr: &Expr) -> Value {
        let candidates = [template(&expr.text), template(&format!("({})", expr.text))];
        let reads_back = |written: &String| expression::only_template(&verbatim(written)).is_some_and(|read| read == *expr);
        match candidates.iter().find(|written| reads_back(written)) {
            Some(written) => made(written, Role::Text),
            None => {
                self.unwritable(expr.span, "this expression", "close its brackets and quotes");
                Value::Nothing
            }
        }
    }

    pub(super) fn operand_key(&mut self, word: &str, operand: &Operand) -> Unit {
        let (value, inside) = self.operand(operand);
        key(word, value, inside).value(operand)
    }

    pub(super) fn maybe_operand(&mut self, word: &str, operand: Option<&Operand>) -> Option<Unit> {
        operand.map(|operand| self.operand_key(word, operand))
    }

    /// Values by name.
    pub(super) fn arguments(&mut self, arguments: &[(Name, Operand)]) -> Vec<Unit> {
        arguments.iter().map(|(name, value)| self.operand_key(&name.value, value).own([name.span])).collect()
    }

    /// `word: NAME`, or `word: {NAME: {args}}`.
    pub(super) fn call(&mut self, word: &str, call: &ActionCall) -> Unit {
        let ActionCall { name, args } = call;
        if args.is_empty() {
            return named(word, name);
        }
        key(word, FLOWING, vec![self.action(call)])
    }

    /// `NAME: {args}`.
    pub(super) fn action(&mut self, call: &ActionCall) -> Unit {
        let ActionCall { name, args } = call;
        key(&name.value, FLOWING, self.arguments(args)).own([name.span])
    }
}

fn verbatim(text: &str) -> Text {
    Text::verbatim(text, Span::new(SourceId::default(), 0, text.len()))
}

fn template(expr: &str) -> String {
    format!("{{{{ {expr} }}}}")
}

/// What an expression reads as that stands in a scalar.
fn reads(written: &str) -> String {
    let text = verbatim(written);
    expression::only_template(&text).unwrap_or_else(|| expression::expression(&text, false)).text
}

/// The items of an expression that is a list of simple things: it is written as a list of YAML.
fn list_of(expr: &str) -> Option<Vec<String>> {
    let items = expression::items_of(expr)?;
    let is_simple = |one: &String| one.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.%".contains(&b)) && reads(one) == *one;
    (!items.is_empty() && items.iter().all(is_simple) && format!("[{}]", items.join(", ")) == expr).then_some(items)
}

/// `list(host)`, `version?`.
pub(super) fn kind(kind: &TypeName) -> Value {
    let TypeName { name, of, optional } = kind;
    let of = of.as_ref().map_or(String::new(), |of| format!("({})", of.value));
    made(format!("{}{of}{}", name.value, if *optional { "?" } else { "" }), Role::Name)
}

/// `word: type`.
pub(super) fn kind_key(word: &str, of: &TypeName) -> Unit {
    key(word, kind(of), Vec::new()).own([of.name.span])
}

/// One name as it is, several in brackets.
pub(super) fn names_key(word: &str, names: &[Name]) -> Option<Unit> {
    match names {
        [] => None,
        [one] => Some(named(word, one)),
        several => Some(list_key(word, several)),
    }
}

/// Names in brackets.
pub(super) fn list_key(word: &str, names: &[Name]) -> Unit {
    // Among names digits are an exit status, which is a number to anybody.
    let role = |name: &Name| if name.value.bytes().all(|b| b.is_ascii_digit()) { Role::Typed } else { Role::Name };
    let items = names.iter().map(|name| item(made(&name.value, role(name)), Vec::new()).own([name.span]));
    key(word, Value::List { tall: false }, items.collect())
}
