//! The tokens of an expression. minijinja has a lexer of its own; this one exists because the language has literals
//! that minijinja would read as something else (`2021-09-13` is a subtraction to it), and because errors point into
//! the file.

use grammar::source::Text;

use super::error::TemplateError;
use crate::value::{Type, Value};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Name,
    /// A number that minijinja reads by itself.
    Number,
    /// Text in quotes.
    Quoted,
    /// A literal of the language, with its value.
    Literal(Type, Value),
    Sign,
}

#[derive(Debug, Clone)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn is(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    pub(super) fn is_word(&self, words: &[&str]) -> bool {
        self.kind == Kind::Name && words.contains(&self.text)
    }

    pub(super) fn opens(&self) -> bool {
        self.kind == Kind::Sign && matches!(self.text, "(" | "[" | "{")
    }

    pub(super) fn closes(&self) -> bool {
        self.kind == Kind::Sign && matches!(self.text, ")" | "]" | "}")
    }

    pub(super) fn compares(&self) -> bool {
        self.kind == Kind::Sign && matches!(self.text, "==" | "!=" | "<" | "<=" | ">" | ">=")
    }
}

const SIGNS: [&str; 25] = ["**", "//", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "~", "|", ".", ",", ":", "(", ")", "[", "]", "{", "}", "="];

pub(super) fn tokens(text: &Text) -> Result<Vec<Token<'_>>, TemplateError> {
    let all = text.text.as_str();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = all[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = match first {
            '"' | '\'' => (Kind::Quoted, quoted(text, at)?),
            c if c.is_ascii_digit() => number(text, at)?,
            c if c.is_ascii_alphabetic() || c == '_' => (Kind::Name, name(text, at)?),
            _ => (Kind::Sign, sign(text, at)?),
        };
        tokens.push(Token { kind, text: &all[at..at + length], start: at });
        at += length;
    }
    Ok(tokens)
}

fn run(text: &str, same: impl Fn(char) -> bool) -> usize {
    text.find(|c| !same(c)).unwrap_or(text.len())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn quoted(text: &Text, at: usize) -> Result<usize, TemplateError> {
    let mut chars = text.text[at..].char_indices();
    let quote = chars.next().map(|(_, c)| c);
    while let Some((i, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if Some(c) == quote {
            return Ok(i + 1);
        }
    }
    Err(TemplateError::BadExpression { span: text.span_of(at, text.text.len()), why: "the text in quotes is not closed".to_owned(), help: None })
}

fn name(text: &Text, at: usize) -> Result<usize, TemplateError> {
    let rest = &text.text[at..];
    let length = run(rest, is_word);
    let dashed = rest[length..].strip_prefix('-').is_some_and(|after| after.starts_with(is_word));
    if !dashed {
        return Ok(length);
    }
    let whole = run(rest, |c| is_word(c) || c == '-');
    Err(TemplateError::NameWithDash {
        span: text.span_of(at, at + whole),
        written: rest[..whole].to_owned(),
        left: rest[..length].to_owned(),
        right: rest[length + 1..whole].replace('-', "_"),
    })
}

fn number(text: &Text, at: usize) -> Result<(Kind, usize), TemplateError> {
    let rest = &text.text[at..];
    let literal = |kind: Type, length: usize| match kind.read(&rest[..length]) {
        Ok(value) => Ok((Kind::Literal(kind, value), length)),
        Err(error) => Err(TemplateError::BadLiteral { span: text.span_of(at, at + length), written: error.found, expected: error.expected.to_string() }),
    };
    if looks_like_date(rest) {
        let time = rest[10..].strip_prefix('T').map(|time| 1 + run(time, |c| c.is_ascii_digit() || ":.Z+-".contains(c)));
        return match time {
            Some(length) => literal(Type::DateTime, 10 + length),
            None => literal(Type::Date, 10 + run(&rest[10..], |c| is_word(c) || c == '-')),
        };
    }
    let digits = run(rest, |c| c.is_ascii_digit());
    let point = rest[digits..].strip_prefix('.').map_or(0, |part| run(part, |c| c.is_ascii_digit()));
    let length = if point > 0 { digits + 1 + point } else { digits };
    let unit = run(&rest[length..], is_word);
    if unit > 0 {
        let kind = if rest[..length + unit].ends_with('B') { Type::Size } else { Type::Duration };
        return literal(kind, length + unit);
    }
    if let Some(after) = rest[length..].strip_prefix('%')
        && (after.trim_start().is_empty() || after.trim_start().starts_with([',', ']', ')']))
    {
        return literal(Type::Percent, length + 1);
    }
    Ok((Kind::Number, length))
}

/// Four digits, two, two, with dashes between.
fn looks_like_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10 && bytes[..10].iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() })
}

fn sign(text: &Text, at: usize) -> Result<usize, TemplateError> {
    let rest = &text.text[at..];
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Ok(sign.len());
    }
    let help =
        [("&&", "and"), ("||", "or"), ("!", "not")].iter().find(|(sign, _)| rest.starts_with(sign)).map(|(sign, word)| format!("write `{word}` for `{sign}`"));
    let length = rest.chars().next().map_or(0, char::len_utf8);
    Err(TemplateError::BadExpression { span: text.span_of(at, at + length), why: format!("`{}` means nothing here", &rest[..length]), help })
}
