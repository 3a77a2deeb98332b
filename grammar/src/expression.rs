//! Expressions as text: one canonical writing, and the sorting of a native value into literal, list and computed.
//!
//! Expressions are not understood here. They are cut from their surroundings and written in one way (one space where
//! there was white space, none inside brackets, one behind a comma, no comma before a closing bracket, no parentheses
//! around the whole), so that both spellings and every layout give the same text.

use crate::ast::{Expr, Operand};
use crate::literal;
use crate::source::{Spanned, Text};
use crate::syntax_error::Errors;
use crate::text::unescape;
use crate::weave::{Weave, part};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    Comment,
    Quoted,
    Open,
    Close,
    Comma,
    Other,
}

/// Splits an expression into tokens that say no more than is needed to find its ends.
struct Tokens<'a> {
    text: &'a str,
    at: usize,
    comments: bool,
}

impl Iterator for Tokens<'_> {
    type Item = (Kind, usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let rest = &self.text[start..];
        let first = rest.chars().next()?;
        let (kind, length) = match first {
            c if c.is_whitespace() => (Kind::Space, rest.len() - rest.trim_start().len()),
            '#' if self.comments => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
            '"' | '\'' => (Kind::Quoted, quoted_length(rest, first)),
            '(' | '[' | '{' => (Kind::Open, 1),
            ')' | ']' | '}' => (Kind::Close, 1),
            ',' => (Kind::Comma, 1),
            c => (Kind::Other, c.len_utf8()),
        };
        self.at = start + length;
        Some((kind, start, self.at))
    }
}

fn quoted_length(rest: &str, quote: char) -> usize {
    if let Some(inside) = rest.strip_prefix("\"\"\"") {
        return block_end(inside).map_or(rest.len(), |end| 3 + end);
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Where a block of text ends that was opened by `"""`: on the same line, or at the beginning of a later one.
fn block_end(inside: &str) -> Option<usize> {
    let mut at = 0;
    for (number, line) in inside.split_inclusive('\n').enumerate() {
        let start = line.len() - line.trim_start_matches([' ', '\t']).len();
        match line.find("\"\"\"").filter(|mark| number == 0 || *mark == start) {
            Some(mark) => return Some(at + mark + 3),
            None => at += line.len(),
        }
    }
    None
}

/// The canonical writing of an expression, without one pair of parentheses around the whole.
pub(crate) fn expression(text: &Text, comments: bool) -> Expr {
    let text = canonical(text, comments);
    match parenthesised(&text.text) {
        true => part(&text, 1, text.text.len() - 1),
        false => text,
    }
}

fn canonical(text: &Text, comments: bool) -> Text {
    let mut woven = Weave::default();
    let mut space = None;
    let mut comma = None;
    let mut after_open = true;
    for (kind, start, end) in (Tokens { text: &text.text, at: 0, comments }) {
        match kind {
            Kind::Space | Kind::Comment => {
                space = space.or(Some(start));
                continue;
            }
            Kind::Comma => {
                weave_comma(&mut woven, comma.take(), text);
                comma = Some(start);
                space = None;
                after_open = false;
                continue;
            }
            Kind::Close => {
                comma = None;
                space = None;
            }
            Kind::Open | Kind::Quoted | Kind::Other => {}
        }
        if let Some(at) = comma.take() {
            weave_comma(&mut woven, Some(at), text);
            woven.run(" ", text.offset(at + 1));
        } else if let (Some(at), false) = (space, after_open) {
            woven.run(" ", text.offset(at));
        }
        space = None;
        // A quoted text may cross pieces: an escape of the YAML around it, a folded line.
        woven.part(text, start, end);
        after_open = kind == Kind::Open;
    }
    let span = text.span;
    let mut woven = woven.finish(span);
    woven.span = if woven.text.is_empty() { span } else { woven.span_of(0, woven.text.len()) };
    if woven.pieces == [(0, woven.span.start)] {
        woven.pieces.clear();
    }
    woven
}

fn weave_comma(woven: &mut Weave, at: Option<usize>, text: &Text) {
    if let Some(at) = at {
        woven.run(",", text.offset(at));
    }
}

/// Does one pair of parentheses hold the whole?
fn parenthesised(text: &str) -> bool {
    text.starts_with('(') && spans_whole(text) && text.len() > 2
}

/// Is the bracket at the start closed by the last character?
fn spans_whole(text: &str) -> bool {
    let mut depth = 0_usize;
    for (kind, _, end) in (Tokens { text, at: 0, comments: false }) {
        match kind {
            Kind::Open => depth += 1,
            Kind::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return end == text.len();
                }
            }
            _ => {}
        }
    }
    false
}

/// `e` of a text that is exactly `{{ e }}`.
pub(crate) fn only_template(text: &Text) -> Option<Expr> {
    let start = text.text.len() - text.text.trim_start().len();
    let end = text.text.trim_end().len();
    let inside = text.text.get(start..end)?.strip_prefix("{{")?.strip_suffix("}}")?;
    let mut depth = 0_usize;
    for (kind, _, _) in (Tokens { text: inside, at: 0, comments: false }) {
        match kind {
            Kind::Open => depth += 1,
            Kind::Close if depth > 0 => depth -= 1,
            // `{{ a }} and {{ b }}`: the first template ends before the text does.
            Kind::Close => return None,
            _ => {}
        }
    }
    if inside.trim().is_empty() {
        return None;
    }
    Some(expression(&part(text, start + 2, start + 2 + inside.len()), false))
}

/// A native value: a text or a literal as it is, a list by its items, all else computed.
pub(crate) fn operand(text: &Text, errors: &mut Errors) -> Operand {
    let trimmed = trim(text);
    let value = trimmed.text.as_str();
    if let Some(literal) = quoted_whole(&trimmed, errors) {
        return match only_template(&literal) {
            Some(expression) => Operand::Computed(expression),
            None => Operand::Literal(literal),
        };
    }
    if literal::kind(value).is_some() {
        return Operand::Literal(trimmed);
    }
    if value.starts_with('[') && last_is_its_end(value) {
        return Operand::List(Spanned::new(items(&trimmed, errors), trimmed.span));
    }
    Operand::Computed(expression(&trimmed, true))
}

fn last_is_its_end(value: &str) -> bool {
    let mut depth = 0_usize;
    for (kind, _, end) in (Tokens { text: value, at: 0, comments: true }) {
        match kind {
            Kind::Open => depth += 1,
            Kind::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return end == value.len();
                }
            }
            _ => {}
        }
    }
    false
}

/// The items of an expression that is one list, as they are written.
pub(crate) fn items_of(text: &str) -> Option<Vec<String>> {
    (text.starts_with('[') && spans_whole(text)).then(|| {
        let whole = Text::verbatim(text, crate::source::Span::default());
        texts_of(&whole).into_iter().map(|item| item.text).collect()
    })
}

fn items(list: &Text, errors: &mut Errors) -> Vec<Operand> {
    texts_of(list).iter().map(|item| operand(item, errors)).collect()
}

/// What stands between the commas of a list.
fn texts_of(list: &Text) -> Vec<Text> {
    let end = list.text.len() - 1;
    let mut items = Vec::new();
    let mut depth = 0_usize;
    let mut from = 1;
    for (kind, start, to) in (Tokens { text: &list.text[..end], at: 1, comments: true }) {
        match kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Comma if depth == 0 => {
                items.push((from, start));
                from = to;
            }
            _ => {}
        }
    }
    items.push((from, end));
    let texts = items.into_iter().map(|(start, end)| trim(&part(list, start, end)));
    texts.filter(|item| !item.text.is_empty()).collect()
}

/// Without the white space and the comments around it.
fn trim(text: &Text) -> Text {
    let mut start = None;
    let mut last = 0;
    for (kind, from, to) in (Tokens { text: &text.text, at: 0, comments: true }) {
        if !matches!(kind, Kind::Space | Kind::Comment) {
            start = start.or(Some(from));
            last = to;
        }
    }
    let start = start.unwrap_or(last);
    part(text, start, last.max(start))
}

/// The content of a text that is one quoted text and nothing else.
fn quoted_whole(text: &Text, errors: &mut Errors) -> Option<Text> {
    let value = text.text.as_str();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    if value.len() < 2 || quoted_length(value, quote) != value.len() || !value.ends_with(quote) {
        return None;
    }
    if value.len() >= 6 && value.starts_with("\"\"\"") {
        return Some(crate::text::block(&value[3..value.len() - 3], text.offset(3), text.span.source, "\"\"\"", errors));
    }
    let inside = part(text, 1, value.len() - 1);
    if quote == '\'' {
        return (!inside.text.contains('\\')).then_some(inside);
    }
    Some(unescape(&inside.text, inside.span, errors))
}
