//! The small parts: names, types, text, commands, operands, arguments.

use std::collections::HashMap;

use super::entry::{Parts, parts};
use super::{Lowering, Pair, Rule};
use crate::ast::{ActionCall, Expr, Name, Operand, TypeName};
use crate::expression;
use crate::gathered::add_named;
use crate::name;
use crate::source::{Span, Spanned, Text};
use crate::syntax_error::SyntaxError;
use crate::text;

impl Lowering<'_> {
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source.id, start, end)
    }

    pub(super) fn span_of(&self, pair: &Pair<'_>) -> Span {
        // A rule whose last part is optional may end behind the white space before that part.
        self.span(pair.as_span().start(), pair.as_span().start() + pair.as_str().trim_end().len())
    }

    fn verbatim(&self, pair: &Pair<'_>) -> Text {
        Text::verbatim(pair.as_str().trim_end(), self.span_of(pair))
    }

    pub(super) fn name(&mut self, pair: Pair<'_>) -> Name {
        Spanned::new(pair.as_str().to_owned(), self.span_of(&pair))
    }

    pub(super) fn names(&mut self, pair: Pair<'_>) -> Vec<Name> {
        parts(pair).map(|name| self.name(name)).collect()
    }

    /// The names of an `on` clause, if there is one next.
    pub(super) fn on_clause(&mut self, parts: &mut Parts<'_>) -> Option<(Vec<Name>, Span)> {
        let clause = parts.take(Rule::on_clause)?;
        let span = self.span_of(&clause);
        let names = Parts::of(clause).next().map(|names| self.names(names));
        Some((names.unwrap_or_default(), span))
    }

    /// The operand of a clause, if that clause is next.
    pub(super) fn clause(&mut self, parts: &mut Parts<'_>, rule: Rule) -> Option<Expr> {
        let clause = parts.take(rule)?;
        Parts::of(clause).next().map(|operand| self.expression(operand))
    }

    pub(super) fn type_name(&mut self, pair: Pair<'_>) -> Option<TypeName> {
        let span = self.span_of(&pair);
        let kind = name::type_name(pair.as_str(), span);
        if kind.is_none() {
            self.errors.push(SyntaxError::NotAType { span, found: pair.as_str().to_owned() });
        }
        kind
    }

    /// Of a `text` or `command` pair: the content between its marks.
    pub(super) fn text(&mut self, pair: Pair<'_>) -> Text {
        let span = self.span_of(&pair);
        let whole = pair.as_str();
        if whole.len() >= 6 && whole.starts_with("\"\"\"") {
            return text::block(&whole[3..whole.len() - 3], span.start + 3, span.source, "\"\"\"", self.errors);
        }
        if whole.len() >= 6 && whole.starts_with("```") {
            let fence = whole.len() - whole.trim_start_matches('`').len();
            return text::block(&whole[fence..whole.len() - fence], span.start + fence, span.source, "```", self.errors);
        }
        let inside = &whole[1..whole.len() - 1];
        let inside_span = self.span(span.start + 1, span.end - 1);
        if whole.starts_with('`') {
            return Text::verbatim(inside, inside_span);
        }
        text::unescape(inside, inside_span, self.errors)
    }

    pub(super) fn command(&mut self, pair: Pair<'_>) -> Text {
        let span = self.span_of(&pair);
        let command = self.text(pair);
        if command.text.trim().is_empty() {
            self.errors.push(SyntaxError::EmptyValue { span, what: "the command".to_owned() });
        }
        command
    }

    pub(super) fn expression(&mut self, pair: Pair<'_>) -> Expr {
        expression::expression(&self.verbatim(&pair), true)
    }

    pub(super) fn operand(&mut self, pair: Pair<'_>) -> Operand {
        expression::operand(&self.verbatim(&pair), self.errors)
    }

    pub(super) fn truth(&mut self, pair: Pair<'_>) -> Spanned<bool> {
        Spanned::new(pair.as_str() == "true", self.span_of(&pair))
    }

    pub(super) fn arguments(&mut self, pair: Pair<'_>) -> Vec<(Name, Operand)> {
        let mut list = Vec::new();
        let mut seen = HashMap::new();
        for argument in parts(pair) {
            let mut parts = Parts::of(argument);
            if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                let (name, value) = (self.name(name), self.operand(value));
                add_named(&mut list, &mut seen, name, value, self.errors);
            }
        }
        list
    }

    pub(super) fn call(&mut self, pair: Pair<'_>) -> Option<ActionCall> {
        let mut parts = Parts::of(pair);
        let name = parts.next().map(|name| self.name(name))?;
        let args = parts.next().map(|arguments| self.arguments(arguments));
        Some(ActionCall { name, args: args.unwrap_or_default() })
    }
}
