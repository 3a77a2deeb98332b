//! Texts, commands, expressions and values as the native form writes them: in the shortest spelling that reads back to
//! the same.

use super::shape::{Part, Shape, Unit};
use crate::ast::{Expr, Name, Operand, TypeName};
use crate::expression;
use crate::format::origin::{Origin, Written};
use crate::native::{Slot, takes};
use crate::source::{Span, Spanned, Text};
use crate::syntax_error::{Errors, SyntaxError};

/// Spells values, and gathers what can't be spelled.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub(super) origin: Origin<'a>,
    pub(super) errors: Errors,
}

impl Values<'_> {
    fn unwritable(&mut self, span: Span, what: &'static str, help: &'static str) {
        self.errors.push(SyntaxError::Unwritable { span, what, form: "the native form", help });
    }

    /// A field's text: of several lines as a block, if a block can hold it.
    pub(super) fn text(&self, text: &Text) -> Part {
        let is_block = text.text.contains('\n') || self.origin.written(text) == Written::Block;
        if is_block && fits_block(&text.text, "\"\"\"") {
            return Part::Lines { mark: "\"\"\"".to_owned(), text: text.text.clone() };
        }
        Part::Word(quoted(&text.text))
    }

    pub(super) fn command(&mut self, text: &Text) -> Part {
        let command = &text.text;
        let one_line = !command.contains(['\n', '`']);
        if one_line && self.origin.written(text) != Written::Block {
            return Part::Word(format!("`{command}`"));
        }
        let mark = "`".repeat(longest_fence(command).max(2) + 1);
        if fits_block(command, &mark) {
            return Part::Lines { mark, text: command.clone() };
        }
        if one_line {
            return Part::Word(format!("`{command}`"));
        }
        self.unwritable(
            text.span,
            "a command with a carriage return at the end of a line",
            "write the carriage return as the shell does, for example by printf '\\r'",
        );
        Part::Word("``".to_owned())
    }

    pub(super) fn expression(&mut self, expr: &Expr, slot: Slot) -> String {
        let bare = &expr.text;
        let candidates = [bare.clone(), format!("({bare})")];
        let reads_back = |written: &String| takes(slot, written) && expression::expression(&made(written), true).text == *bare;
        match candidates.iter().find(|written| reads_back(written)) {
            Some(written) => written.clone(),
            None => {
                self.unwritable(expr.span, "this expression", "an expression there has no line break, no `;`, and no bracket or quote that is not closed");
                bare.clone()
            }
        }
    }

    pub(super) fn optional(&mut self, expr: Option<&Expr>, slot: Slot) -> Option<String> {
        expr.map(|expr| self.expression(expr, slot))
    }

    /// `verified`, which is kept as it is written.
    pub(super) fn verbatim(&mut self, text: &Text) -> String {
        if !takes(Slot::Operand, &text.text) {
            self.unwritable(text.span, "this date", "write a date such as 2021-09-13");
        }
        text.text.clone()
    }

    /// A value, with the units of the items if it is a list.
    pub(super) fn operand(&mut self, operand: &Operand, slot: Slot) -> (Part, Vec<Unit>) {
        match operand {
            Operand::Literal(text) => (self.literal(text, slot), Vec::new()),
            Operand::Computed(expr) => (Part::Word(self.computed(expr, slot)), Vec::new()),
            Operand::List(items) => {
                let items = items.iter().map(|item| {
                    let (part, inside) = self.operand(item, Slot::Item);
                    Unit::new(Shape::Item(vec![part])).value(item).inside(inside)
                });
                (Part::Items { close_to: false, open: '[', close: ']' }, items.collect())
            }
        }
    }

    fn literal(&self, text: &Text, slot: Slot) -> Part {
        let reads_back = |written: &str| reads(written, slot) == Some(Operand::Literal(text.clone()));
        if self.origin.is_literal(text) && reads_back(&text.text) {
            return Part::Word(text.text.clone());
        }
        self.text(text)
    }

    fn computed(&mut self, expr: &Expr, slot: Slot) -> String {
        let bare = &expr.text;
        let candidates = [bare.clone(), format!("({bare})"), quoted(&format!("{{{{ {bare} }}}}"))];
        let reads_back = |written: &String| reads(written, slot) == Some(Operand::Computed(expr.clone()));
        match candidates.iter().find(|written| reads_back(written)) {
            Some(written) => written.clone(),
            None => {
                self.unwritable(expr.span, "this expression", "close its brackets and quotes");
                bare.clone()
            }
        }
    }

    /// `name: value` between brackets.
    pub(super) fn arguments(&mut self, arguments: &[(Name, Operand)]) -> Vec<Unit> {
        let unit = |(name, value): &(Name, Operand)| {
            let (part, inside) = self.operand(value, Slot::Item);
            Unit::new(Shape::Item(vec![Part::Word(format!("{}:", name.value)), part])).own([name.span]).value(value).inside(inside)
        };
        arguments.iter().map(unit).collect()
    }
}

/// What a value reads as at this place. In a list it is looked at as the only item of one.
fn reads(written: &str, slot: Slot) -> Option<Operand> {
    let mut errors = Errors::default();
    let alone = takes(slot, written).then(|| expression::operand(&made(written), &mut errors));
    let as_item = (slot == Slot::Item).then(|| format!("[{written}]")).map(|list| expression::operand(&made(&list), &mut errors));
    let same = match (&alone, as_item) {
        (Some(alone), Some(Operand::List(Spanned { value, .. }))) => value == std::slice::from_ref(alone),
        (Some(_), None) => true,
        _ => false,
    };
    alone.filter(|_| same && errors.list.is_empty())
}

fn made(text: &str) -> Text {
    Text::verbatim(text, Span::new(crate::source::SourceId::default(), 0, text.len()))
}

/// Between quotes on one line, with escapes.
pub(super) fn quoted(text: &str) -> String {
    let mut written = String::from("\"");
    for (at, c) in text.char_indices() {
        match c {
            '"' => written.push_str("\\\""),
            // Written so, it is read so: the template layer undoes it.
            '\\' if text[at + 1..].starts_with("{{") => written.push('\\'),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

/// Can lines between these marks hold the text? A line break at its end, a carriage return before one and a line that
/// begins with the mark are read as something else.
fn fits_block(text: &str, mark: &str) -> bool {
    let line = |line: &str| !line.ends_with('\r') && !line.trim_start_matches([' ', '\t']).starts_with(mark);
    !text.trim().is_empty() && !text.ends_with('\n') && text.split('\n').all(line)
}

/// The most backticks that a line begins with.
fn longest_fence(command: &str) -> usize {
    let ticks = |line: &str| line.trim_start_matches([' ', '\t']).bytes().take_while(|b| *b == b'`').count();
    command.split('\n').map(ticks).max().unwrap_or(0)
}

/// `list(host)`, `version?`.
pub(super) fn kind(kind: &TypeName) -> String {
    let TypeName { name, of, optional } = kind;
    let of = of.as_ref().map_or(String::new(), |of| format!("({})", of.value));
    format!("{}{of}{}", name.value, if *optional { "?" } else { "" })
}

/// One name, or several by comma.
pub(super) fn names(names: &[Name]) -> String {
    names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(", ")
}

/// Names in brackets.
pub(super) fn listed(list: &[Name]) -> String {
    format!("[{}]", names(list))
}
