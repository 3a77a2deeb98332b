//! From an expression as it is written to the one that minijinja evaluates. Literals become numbers and text, calls
//! go to the engine's own functions (so that a variable may be called `version`), and comparisons become calls,
//! because minijinja would compare `none` and text with numbers without a word.

use grammar::source::Text;
use serde::{Deserialize, Serialize};

use super::error::TemplateError;
use super::functions::{COMPARE, FILTERS, FUNCTIONS, PERCENT, PREFIX, TESTS};
use super::tokens::{Kind, Token};
use crate::value::{Type, Value};

/// What minijinja is given, and the way back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rewritten {
    pub(super) code: String,
    /// `(offset in code, offset in text)`, ascending.
    map: Vec<(usize, usize)>,
    /// Root names: where each stands in the text.
    pub(super) names: Vec<(String, usize, usize)>,
    /// The steps that `succeeded("…")` asks about.
    pub(super) steps: Vec<(String, usize, usize)>,
}

impl Rewritten {
    /// Where an offset of the code stands in the text.
    pub(super) fn offset(&self, at: usize) -> usize {
        let (code, text) = self.map.iter().rev().find(|(code, _)| *code <= at).copied().unwrap_or_default();
        text + (at - code)
    }
}

const OPERATORS: [&str; 12] = ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False"];
const AROUND_A_COMPARISON: [&str; 6] = ["and", "or", "not", "in", "if", "else"];

pub(super) fn rewrite(text: &Text, tokens: &[Token<'_>]) -> Result<Rewritten, TemplateError> {
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    let mut found = Rewritten::default();
    for (i, token) in tokens.iter().enumerate() {
        match &token.kind {
            Kind::Literal(kind, value) => edits.push((token.start, token.text.len(), code_of(kind, value))),
            Kind::Name => name(text, tokens, i, &mut edits, &mut found)?,
            Kind::Sign if token.compares() => comparison(text, tokens, i, &mut edits)?,
            _ => {}
        }
    }
    // At one place a side that ends comes first, then a comparison that begins, then the call that it begins with.
    edits.sort_by_key(|(start, length, new)| (*start, *length, new != ")", !new.starts_with(COMPARE)));
    apply(&text.text, &edits, &mut found);
    Ok(found)
}

fn apply(text: &str, edits: &[(usize, usize, String)], found: &mut Rewritten) {
    let mut at = 0;
    for (start, length, new) in edits {
        found.map.push((found.code.len(), at));
        found.code.push_str(&text[at..*start]);
        found.map.push((found.code.len(), *start));
        found.code.push_str(new);
        at = start + length;
    }
    found.map.push((found.code.len(), at));
    found.code.push_str(&text[at..]);
}

fn code_of(kind: &Type, value: &Value) -> String {
    match value {
        Value::Duration(n) | Value::Size(n) => n.to_string(),
        Value::Percent(n) => format!("{PERCENT}({n:?})"),
        other => {
            debug_assert!(matches!(kind, Type::Date | Type::DateTime));
            format!("\"{}\"", other.display())
        }
    }
}

fn name(text: &Text, tokens: &[Token<'_>], i: usize, edits: &mut Vec<(usize, usize, String)>, found: &mut Rewritten) -> Result<(), TemplateError> {
    let token = &tokens[i];
    let before = i.checked_sub(1).map(|i| &tokens[i]);
    let before_that = i.checked_sub(2).map(|i| &tokens[i]);
    let span = text.span_of(token.start, token.end());
    let known = |what: &'static str, names: &[&str]| {
        if names.contains(&token.text) {
            return Ok(());
        }
        let similar = names.iter().map(|name| (strsim::damerau_levenshtein(name, token.text), name)).min().filter(|(distance, _)| *distance <= 2);
        Err(TemplateError::Unknown { span, what, name: token.text.to_owned(), similar: similar.map(|(_, name)| (*name).to_owned()) })
    };
    let after_is =
        before.is_some_and(|b| b.is_word(&["is"])) || (before.is_some_and(|b| b.is_word(&["not"])) && before_that.is_some_and(|b| b.is_word(&["is"])));
    if before.is_some_and(|b| b.is(".")) {
        return Ok(());
    }
    if before.is_some_and(|b| b.is("|")) {
        return known("filter", &FILTERS);
    }
    if after_is && token.text != "not" {
        return known("test", &TESTS);
    }
    if OPERATORS.contains(&token.text) {
        return Ok(());
    }
    match tokens.get(i + 1) {
        Some(next) if next.is("(") => {
            known("function", &FUNCTIONS)?;
            edits.push((token.start, 0, PREFIX.to_owned()));
            if token.text == "succeeded" {
                found.steps.push(asked_step(text, tokens, i)?);
            }
        }
        Some(next) if next.is("=") && before.is_some_and(|b| b.is("(") || b.is(",")) => {}
        _ => found.names.push((token.text.to_owned(), token.start, token.end())),
    }
    Ok(())
}

fn asked_step(text: &Text, tokens: &[Token<'_>], i: usize) -> Result<(String, usize, usize), TemplateError> {
    match (tokens.get(i + 2), tokens.get(i + 3)) {
        (Some(id), Some(end)) if id.kind == Kind::Quoted && end.is(")") => Ok((id.text[1..id.text.len() - 1].to_owned(), id.start, id.end())),
        _ => Err(TemplateError::SucceededOfWhat { span: text.span_of(tokens[i].start, tokens[i].end()) }),
    }
}

/// `a < b` becomes a call with both sides whole.
fn comparison(text: &Text, tokens: &[Token<'_>], i: usize, edits: &mut Vec<(usize, usize, String)>) -> Result<(), TemplateError> {
    let operator = &tokens[i];
    let nothing = |side: &str| TemplateError::BadExpression {
        span: text.span_of(operator.start, operator.end()),
        why: format!("nothing stands {side} `{}`", operator.text),
        help: None,
    };
    let left = reach(tokens[..i].iter().rev(), Token::closes, Token::opens, false, text)?;
    let right = reach(tokens[i + 1..].iter(), Token::opens, Token::closes, true, text)?;
    if left == 0 {
        return Err(nothing("before"));
    }
    if right == 0 {
        return Err(nothing("after"));
    }
    edits.push((tokens[i - left].start, 0, format!("{COMPARE}(")));
    edits.push((operator.start, operator.text.len(), format!(", \"{}\", ", operator.text)));
    edits.push((tokens[i + right].end(), 0, ")".to_owned()));
    Ok(())
}

/// How many tokens one side of a comparison has, going away from its operator.
fn reach<'t, 's: 't>(
    side: impl Iterator<Item = &'t Token<'s>>,
    enters: fn(&Token<'s>) -> bool,
    leaves: fn(&Token<'s>) -> bool,
    forward: bool,
    text: &Text,
) -> Result<usize, TemplateError> {
    let mut depth = 0_usize;
    let side: Vec<_> = side.collect();
    for (count, token) in side.iter().enumerate() {
        if enters(token) {
            depth += 1;
        } else if leaves(token) {
            if depth == 0 {
                return Ok(count);
            }
            depth -= 1;
        } else if depth == 0 {
            if token.compares() {
                return Err(TemplateError::ChainedComparison { span: text.span_of(token.start, token.end()) });
            }
            // `is not` belongs to the operand that it asks about.
            let beside_is = token.is_word(&["not"]) && side.get(if forward { count.wrapping_sub(1) } else { count + 1 }).is_some_and(|t| t.is_word(&["is"]));
            let ends = token.is(",") || token.is(":") || token.is("=") || token.is_word(&AROUND_A_COMPARISON);
            if ends && !beside_is {
                return Ok(count);
            }
        }
    }
    Ok(side.len())
}
