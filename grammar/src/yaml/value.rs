//! The small parts: text, commands, expressions, values, names.

use std::collections::HashMap;

use super::Lowering;
use super::node::{Entry, Key, Node, Scalar, Value};
use crate::ast::{ActionCall, Expr, Name, Operand, TypeName};
use crate::expression::{expression, only_template};
use crate::gathered::add_named;
use crate::name::{self, is_name};
use crate::source::{Span, Spanned, Text};
use crate::syntax_error::{SyntaxError, suggest};
use crate::weave::{Weave, part};
use crate::word::Word;

impl Lowering<'_> {
    pub(super) fn wrong_kind(&mut self, node: &Node, what: &str, expected: &'static str, help: Option<&str>) {
        let (span, what) = (node.span, what.to_owned());
        match node.value {
            Value::Refused => {}
            Value::Nothing => self.errors.push(SyntaxError::EmptyValue { span, what }),
            _ => {
                let (found, help) = (node.kind(), help.map(str::to_owned));
                self.errors.push(SyntaxError::WrongKind { span, what, expected, found, help });
            }
        }
    }

    fn scalar<'n>(&mut self, node: &'n Node, what: &str, expected: &'static str) -> Option<&'n Scalar> {
        match &node.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => {
                self.wrong_kind(node, what, expected, None);
                None
            }
        }
    }

    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Text> {
        let scalar = self.scalar(node, what, "a text")?;
        let tail = scalar.plain.then(|| self.comment_behind(node.span.end)).flatten();
        // `#42` is part of a sentence as likely as not; `# because …` is a comment.
        if let Some(span) = tail.filter(|span| !self.source.text[span.start + 1..].starts_with([' ', '\t', '\n'])) {
            self.errors.push(SyntaxError::LostTail { span });
        }
        Some(scalar.text.clone())
    }

    pub(super) fn command(&mut self, node: &Node, what: &str) -> Option<Text> {
        let scalar = self.scalar(node, what, "a command")?;
        if scalar.text.text.trim().is_empty() {
            self.errors.push(SyntaxError::EmptyValue { span: node.span, what: what.to_owned() });
            return None;
        }
        if let Some(span) = scalar.plain.then(|| self.comment_behind(node.span.end)).flatten() {
            self.errors.push(SyntaxError::LostTail { span });
        }
        // Line breaks at its end mean nothing to a shell, and the native form has no place for them.
        let command = scalar.text.text.trim_end_matches('\n');
        Some(if command.len() < scalar.text.text.len() { part(&scalar.text, 0, command.len()) } else { scalar.text.clone() })
    }

    /// The comment on the same line behind `end`.
    fn comment_behind(&self, end: usize) -> Option<Span> {
        let line = self.source.text.get(end..)?.split('\n').next()?;
        let comment = line.trim_start_matches([' ', '\t']);
        let start = end + (line.len() - comment.len());
        // One that speaks to the linter is no part of the text.
        let is_tail = comment.starts_with('#') && !comment.trim_start_matches(['#', ' ']).starts_with("lint:");
        is_tail.then(|| Span::new(self.source.id, start, end + line.trim_end().len()))
    }

    /// An expression; a list is one of its items.
    pub(super) fn expression(&mut self, node: &Node, what: &str) -> Option<Expr> {
        let Value::List(items) = &node.value else {
            let scalar = self.scalar(node, what, "an expression or a list of them")?;
            if scalar.text.text.trim().is_empty() {
                self.errors.push(SyntaxError::EmptyValue { span: node.span, what: what.to_owned() });
                return None;
            }
            return Some(only_template(&scalar.text).unwrap_or_else(|| expression(&scalar.text, false)));
        };
        let mut woven = Weave::default();
        woven.replaced("[", node.span.start, 0);
        for (number, item) in items.iter().enumerate() {
            let expr = self.expression(item, what)?;
            if number > 0 {
                woven.replaced(", ", expr.offset(0), 0);
            }
            woven.text(&expr);
        }
        woven.replaced("]", node.span.end.saturating_sub(1).max(node.span.start), 0);
        Some(woven.finish(node.span))
    }

    pub(super) fn operand(&mut self, node: &Node, what: &str) -> Option<Operand> {
        if let Value::List(items) = &node.value {
            let items = items.iter().filter_map(|item| self.operand(item, what)).collect();
            return Some(Operand::List(Spanned::new(items, node.span)));
        }
        if let Value::Map(_) = node.value {
            let help = "write a mapping as an expression: \"{{ {'key': value} }}\"";
            self.wrong_kind(node, what, "a value or a list", Some(help));
            return None;
        }
        let scalar = self.scalar(node, what, "a value or a list")?;
        Some(match only_template(&scalar.text) {
            Some(expression) => Operand::Computed(expression),
            None => Operand::Literal(scalar.text.clone()),
        })
    }

    pub(super) fn name(&mut self, node: &Node, what: &str) -> Option<Name> {
        let text = &self.scalar(node, what, "a name")?.text;
        self.checked_name(&text.text, text.span, what)
    }

    pub(super) fn key_name(&mut self, key: &Key) -> Option<Name> {
        self.checked_name(&key.text, key.span, "this")
    }

    fn checked_name(&mut self, text: &str, span: Span, what: &str) -> Option<Name> {
        if is_name(text) {
            return Some(Spanned::new(text.to_owned(), span));
        }
        let help = format!("{what} is a name: letters, digits, `-`, `_` and points");
        self.errors.push(SyntaxError::NotAName { span, found: text.to_owned(), help });
        None
    }

    /// `web`, `web, db` or `[web, db]`.
    pub(super) fn names(&mut self, node: &Node, what: &str) -> Vec<Name> {
        if let Value::List(items) = &node.value {
            return items.iter().filter_map(|item| self.name(item, what)).collect();
        }
        let Some(scalar) = self.scalar(node, what, "a name or a list of names") else { return Vec::new() };
        let text = &scalar.text;
        let mut names = Vec::new();
        let mut at = 0;
        for part in text.text.split(',') {
            let start = at + (part.len() - part.trim_start().len());
            let span = text.span_of(start, start + part.trim().len());
            names.extend(self.checked_name(part.trim(), span, what));
            at += part.len() + 1;
        }
        names
    }

    pub(super) fn type_name(&mut self, node: &Node, what: &str) -> Option<TypeName> {
        let text = &self.scalar(node, what, "a type")?.text;
        let kind = name::type_name(&text.text, text.span);
        if kind.is_none() {
            self.errors.push(SyntaxError::NotAType { span: text.span, found: text.text.clone() });
        }
        kind
    }

    pub(super) fn truth(&mut self, node: &Node, what: &str) -> Option<Spanned<bool>> {
        let text = &self.scalar(node, what, "`true` or `false`")?.text;
        match text.text.as_str() {
            "true" => Some(Spanned::new(true, text.span)),
            "false" => Some(Spanned::new(false, text.span)),
            found => {
                self.errors.push(SyntaxError::NotABool { span: text.span, found: found.to_owned() });
                None
            }
        }
    }

    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Entry] {
        match &node.value {
            Value::Map(entries) => entries,
            _ => {
                self.wrong_kind(node, what, "a mapping", None);
                &[]
            }
        }
    }

    /// Values by name: arguments, `env`, `with`.
    pub(super) fn arguments(&mut self, node: &Node, what: &str) -> Vec<(Name, Operand)> {
        let mut list = Vec::new();
        if matches!(node.value, Value::Nothing) {
            return list;
        }
        let mut seen = HashMap::new();
        for entry in self.map(node, what) {
            let name = self.key_name(&entry.key);
            let value = self.operand(&entry.value, &format!("`{}`", entry.key.text));
            if let (Some(name), Some(value)) = (name, value) {
                add_named(&mut list, &mut seen, name, value, self.errors);
            }
        }
        list
    }

    /// `{NAME: {args}}`, or the name alone.
    pub(super) fn call(&mut self, node: &Node, what: &str) -> Option<ActionCall> {
        match &node.value {
            Value::Map(entries) if entries.len() == 1 => self.call_of(&entries[0]),
            Value::Scalar(_) => self.name(node, what).map(|name| ActionCall { name, args: Vec::new() }),
            _ => {
                self.wrong_kind(node, what, "one action with its arguments", Some("write: {service.stopped: {name: mariadb}}"));
                None
            }
        }
    }

    pub(super) fn call_of(&mut self, entry: &Entry) -> Option<ActionCall> {
        let name = self.key_name(&entry.key)?;
        Some(ActionCall { name, args: self.arguments(&entry.value, "what an action is given") })
    }

    /// The entries of a mapping inside a field, each with its word; other keys are told.
    pub(super) fn known<'n>(&mut self, node: &'n Node, what: &str, known: &[Word]) -> Vec<(Word, &'n Entry)> {
        let mut found = Vec::new();
        for entry in self.map(node, what) {
            match Word::read(&entry.key.text).filter(|word| known.contains(word)) {
                Some(word) => found.push((word, entry)),
                None => self.unknown_key(&entry.key, what, known),
            }
        }
        found
    }

    pub(super) fn unknown_key(&mut self, key: &Key, what: &str, known: &[Word]) {
        let known: Vec<_> = known.iter().map(|word| word.text()).collect();
        let suggestion = suggest(&key.text, known.iter().copied());
        let known = if known.len() <= 12 { known } else { Vec::new() };
        self.errors.push(SyntaxError::UnknownWord { span: key.span, found: key.text.clone(), place: what.to_owned(), suggestion, known });
    }
}
