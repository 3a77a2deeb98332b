//! The type of an expression, where its form alone tells it: names, literals, items of a list, folds, arithmetic.
//! `None` is never wrong, it only refuses more.

use super::tokens::{Kind, Token};
use crate::value::{Type, Value};

pub(super) fn type_of(tokens: &[Token<'_>], types: &dyn Fn(&str) -> Option<Type>) -> Option<Type> {
    let tokens = without_parentheses(tokens);
    if let [token] = tokens {
        return single(token, types);
    }
    let first = tokens.first()?;
    if outermost(tokens, |token| token.is_word(&["if", "else", "and", "or"])).next().is_some() {
        return None;
    }
    if outermost(tokens, |token| token.compares() || token.is_word(&["is", "in", "not"])).next().is_some() {
        return Some(Type::Bool);
    }
    // A filter binds tighter than any sign: `a ~ b | int` is text.
    let signs = outermost(tokens, |token| token.kind == Kind::Sign && matches!(token.text, "+" | "-" | "*" | "**" | "/" | "//" | "%" | "~")).next();
    if let (None, Some(bar)) = (signs, outermost(tokens, |token| token.is("|")).last()) {
        return filtered(tokens.get(bar + 1)?.text, &tokens[..bar], types);
    }
    if first.is("[") && matching(tokens, 0) == Some(tokens.len() - 1) {
        return Some(Type::List(Box::new(item_type(&tokens[1..tokens.len() - 1], types))));
    }
    if let (Kind::Name, Some(open)) = (&first.kind, tokens.get(1))
        && matching(tokens, 1) == Some(tokens.len() - 1)
    {
        let inside = &tokens[2..tokens.len() - 1];
        return if open.is("[") { item_of(&types(first.text)?) } else { called(first.text, inside, types) };
    }
    arithmetic(tokens, types)
}

fn single(token: &Token<'_>, types: &dyn Fn(&str) -> Option<Type>) -> Option<Type> {
    match &token.kind {
        Kind::Literal(kind, _) => Some(kind.clone()),
        Kind::Quoted => Some(Type::String),
        Kind::Number if token.text.contains('.') => Some(Type::Float),
        Kind::Number => Some(Type::Int),
        Kind::Name if matches!(token.text, "true" | "false" | "True" | "False") => Some(Type::Bool),
        Kind::Name => types(token.text),
        Kind::Sign => None,
    }
}

pub(super) fn without_parentheses<'t, 's>(mut tokens: &'t [Token<'s>]) -> &'t [Token<'s>] {
    while tokens.first().is_some_and(|token| token.is("(")) && matching(tokens, 0) == Some(tokens.len() - 1) {
        tokens = &tokens[1..tokens.len() - 1];
    }
    tokens
}

/// Where the bracket at `open` is closed.
pub(super) fn matching(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    if !tokens.get(open)?.opens() {
        return None;
    }
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(i);
            }
        }
    }
    None
}

/// The tokens outside all brackets that are asked for.
fn outermost<'t>(tokens: &'t [Token<'_>], wanted: impl Fn(&Token<'_>) -> bool + 't) -> impl Iterator<Item = usize> + 't {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter_map(move |(i, token)| {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
        }
        (depth == 0 && wanted(token)).then_some(i)
    })
}

/// The one type of all items of a list that is written out; `json` where they have none in common.
fn item_type(items: &[Token<'_>], types: &dyn Fn(&str) -> Option<Type>) -> Type {
    let commas: Vec<usize> = outermost(items, |token| token.is(",")).collect();
    let starts = std::iter::once(0).chain(commas.iter().map(|at| at + 1));
    let ends = commas.iter().copied().chain([items.len()]);
    let kinds: Option<Vec<Type>> = starts.zip(ends).filter(|(start, end)| start < end).map(|(start, end)| type_of(&items[start..end], types)).collect();
    match kinds.as_deref() {
        Some([first, rest @ ..]) if rest.iter().all(|kind| kind == first) => first.clone(),
        _ => Type::Json,
    }
}

fn item_of(kind: &Type) -> Option<Type> {
    match kind.present() {
        Type::List(of) => Some((**of).clone()),
        _ => None,
    }
}

fn called(function: &str, arguments: &[Token<'_>], types: &dyn Fn(&str) -> Option<Type>) -> Option<Type> {
    match function {
        "version" => Some(Type::Version),
        "dates" => Some(Type::List(Box::new(Type::Date))),
        "range" => Some(Type::List(Box::new(Type::Int))),
        "all" | "any" | "succeeded" => Some(Type::Bool),
        "min" | "max" | "sum" => item_of(&type_of(arguments, types)?),
        _ => None,
    }
}

fn filtered(filter: &str, value: &[Token<'_>], types: &dyn Fn(&str) -> Option<Type>) -> Option<Type> {
    match filter {
        "int" | "length" | "count" => Some(Type::Int),
        "float" => Some(Type::Float),
        "bool" | "all" | "any" => Some(Type::Bool),
        "join" | "string" | "lower" | "upper" | "title" | "capitalize" | "replace" | "trim" | "tojson" => Some(Type::String),
        "min" | "max" | "sum" | "first" | "last" => item_of(&type_of(value, types)?),
        "sort" | "unique" | "list" | "reverse" | "select" | "reject" => type_of(value, types).filter(|kind| matches!(kind, Type::List(_))),
        _ => None,
    }
}

/// Whole numbers stay whole; with one other unit the result has that unit.
fn arithmetic(tokens: &[Token<'_>], types: &dyn Fn(&str) -> Option<Type>) -> Option<Type> {
    let mut unit = Type::Int;
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        let operand = match (&token.kind, tokens.get(i + 1)) {
            (Kind::Sign, _) if matches!(token.text, "+" | "-" | "*" | "//" | "%") => {
                i += 1;
                continue;
            }
            (Kind::Sign, _) if token.is("(") => {
                let end = matching(tokens, i)?;
                let inside = type_of(&tokens[i + 1..end], types)?;
                i = end;
                inside
            }
            (Kind::Name, Some(open)) if open.is("(") || open.is("[") => {
                let end = matching(tokens, i + 1)?;
                let inside = type_of(&tokens[i..=end], types)?;
                i = end;
                inside
            }
            _ => single(token, types)?,
        };
        i += 1;
        match operand.present() {
            Type::Int => {}
            other @ (Type::Duration | Type::Size) if unit == Type::Int || unit == *other => unit = other.clone(),
            _ => return None,
        }
    }
    Some(unit)
}

/// The value with the type that the expression has, where the two differ only in name: minijinja gives plain numbers
/// and text.
pub(super) fn typed(value: Value, kind: &Type) -> Value {
    match (value, kind.present()) {
        (Value::Int(n), Type::Duration) => u64::try_from(n).map_or(Value::Int(n), Value::Duration),
        (Value::Int(n), Type::Size) => u64::try_from(n).map_or(Value::Int(n), Value::Size),
        (Value::Int(n), Type::Float) => Value::Float(n as f64),
        (Value::String(text), Type::Date) => Value::Date(text),
        (Value::String(text), Type::DateTime) => Value::DateTime(text),
        (Value::List(items), Type::List(of)) => Value::List(items.into_iter().map(|item| typed(item, of)).collect()),
        (value, _) => value,
    }
}
