//! The shape of a condition: `and`, `or`, `not`, and what stands between them. For those who ask what a condition says
//! before its names have values.

use grammar::source::Text;

use super::expression::Expression;
use super::tokens::{Kind, Token, tokens};
use super::types::{matching, without_parentheses};

#[derive(Debug, Clone)]
pub(crate) enum Logic {
    All(Vec<Logic>),
    Any(Vec<Logic>),
    Not(Box<Logic>),
    Atom(Atom),
}

/// A part without `and`, `or` and `not` of its own.
#[derive(Debug, Clone)]
pub(crate) struct Atom {
    pub(crate) expression: Expression,
    /// It asks of one name alone whether it is some literals, or how it compares with them.
    pub(crate) about: Option<About>,
}

#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) name: String,
    /// Each can be evaluated without any name.
    pub(crate) literals: Vec<Expression>,
    /// It asks for more or less, not only for the same.
    pub(crate) ordered: bool,
}

impl Logic {
    /// `None`: it can't be read.
    pub(crate) fn of(text: &Text) -> Option<Self> {
        logic(text, &tokens(text).ok()?)
    }

    /// Every part, left to right.
    pub(crate) fn atoms(&self) -> Vec<&Atom> {
        match self {
            Self::Atom(atom) => vec![atom],
            Self::Not(inside) => inside.atoms(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::atoms).collect(),
        }
    }
}

fn logic(text: &Text, tokens: &[Token<'_>]) -> Option<Logic> {
    let tokens = without_parentheses(tokens);
    if outside(tokens, &["if", "else"]).next().is_some() {
        return atom(text, tokens);
    }
    if let Some(parts) = split(text, tokens, "or") {
        return Some(Logic::Any(parts?));
    }
    if let Some(parts) = split(text, tokens, "and") {
        return Some(Logic::All(parts?));
    }
    match tokens.first() {
        Some(first) if first.is_word(&["not"]) => Some(Logic::Not(Box::new(logic(text, &tokens[1..])?))),
        Some(_) => atom(text, tokens),
        None => None,
    }
}

/// Where one of these words stands outside all brackets.
fn outside<'t>(tokens: &'t [Token<'_>], words: &'t [&str]) -> impl Iterator<Item = usize> + 't {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
        }
        (depth == 0 && token.is_word(words)).then_some(at)
    })
}

/// `None`: the word does not stand there. `Some(None)`: one of the parts can't be read.
#[expect(clippy::option_option, reason = "there is no such word, a part is unreadable, these are the parts")]
fn split(text: &Text, tokens: &[Token<'_>], word: &str) -> Option<Option<Vec<Logic>>> {
    let at: Vec<usize> = outside(tokens, &[word]).collect();
    if at.is_empty() {
        return None;
    }
    let starts = std::iter::once(0).chain(at.iter().map(|at| at + 1));
    let ends = at.iter().copied().chain(std::iter::once(tokens.len()));
    Some(starts.zip(ends).map(|(from, to)| logic(text, &tokens[from..to])).collect())
}

fn atom(text: &Text, tokens: &[Token<'_>]) -> Option<Logic> {
    let expression = Expression::compile(&part(text, tokens)?).ok()?;
    Some(Logic::Atom(Atom { expression, about: about(text, tokens) }))
}

/// The text of these tokens, with its place.
fn part(text: &Text, tokens: &[Token<'_>]) -> Option<Text> {
    let (start, end) = (tokens.first()?.start, tokens.last()?.end());
    Some(Text::verbatim(&text.text[start..end], text.span_of(start, end)))
}

/// `x`, `x == 1`, `1 < x`, `x in ["a", "b"]`, `x not in […]`, `x is none`, `x is defined`.
fn about(text: &Text, tokens: &[Token<'_>]) -> Option<About> {
    let (name, literals) = match tokens {
        [name] => (name, Vec::new()),
        [name, is, rest @ ..] if is.is_word(&["is"]) && matches!(rest, [t] | [_, t] if t.is_word(&["none", "defined", "undefined"])) => (name, Vec::new()),
        [name, sign, value @ ..] if sign.compares() && is_variable(name) => (name, vec![literal(text, value)?]),
        [value @ .., sign, name] if sign.compares() => (name, vec![literal(text, value)?]),
        [name, word, list @ ..] if word.is_word(&["in"]) => (name, literals(text, list)?),
        [name, not, word, list @ ..] if not.is_word(&["not"]) && word.is_word(&["in"]) => (name, literals(text, list)?),
        _ => return None,
    };
    let ordered = tokens.iter().any(|token| token.compares() && !token.is("==") && !token.is("!="));
    is_variable(name).then(|| About { name: name.text.to_owned(), literals, ordered })
}

fn is_variable(token: &Token<'_>) -> bool {
    token.kind == Kind::Name && !token.is_word(&["true", "false", "True", "False", "none", "None", "not", "and", "or", "in", "is", "if", "else"])
}

fn literal(text: &Text, tokens: &[Token<'_>]) -> Option<Expression> {
    let plain = match tokens {
        [one] => !matches!(one.kind, Kind::Name | Kind::Sign) || one.is_word(&["true", "false", "True", "False"]),
        [minus, number] => minus.is("-") && number.kind == Kind::Number,
        [version, open, text, close] => version.is_word(&["version"]) && open.is("(") && text.kind == Kind::Quoted && close.is(")"),
        _ => false,
    };
    if plain { Expression::compile(&part(text, tokens)?).ok() } else { None }
}

fn literals(text: &Text, tokens: &[Token<'_>]) -> Option<Vec<Expression>> {
    if !tokens.first()?.is("[") || matching(tokens, 0) != Some(tokens.len() - 1) {
        return None;
    }
    let inside = &tokens[1..tokens.len() - 1];
    inside.split(|token| token.is(",")).filter(|item| !item.is_empty()).map(|item| literal(text, item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammar::source::Span;

    fn shape(logic: &Logic) -> String {
        let many = |parts: &[Logic]| parts.iter().map(shape).collect::<Vec<_>>().join(" ");
        match logic {
            Logic::All(parts) => format!("(and {})", many(parts)),
            Logic::Any(parts) => format!("(or {})", many(parts)),
            Logic::Not(inside) => format!("(not {})", shape(inside)),
            Logic::Atom(atom) => match &atom.about {
                Some(about) => format!("{}/{}", about.name, about.literals.len()),
                None => format!("?{}", atom.expression.source_text().text),
            },
        }
    }

    #[test]
    fn a_condition_is_taken_apart_where_it_may_be_and_left_whole_elsewhere() {
        for (text, wanted) in [
            ("a", "a/0"),
            ("true", "?true"),
            ("not a == 1 and (b or c == \"x or y\")", "(and (not a/1) (or b/0 c/1))"),
            ("a in [1, -2,] or a not in []", "(or a/2 a/0)"),
            ("3 < n", "n/1"),
            ("a is defined and a is not none", "(and a/0 a/0)"),
            ("a == b", "?a == b"),
            ("a if b else c", "?a if b else c"),
            ("(a and b) == c", "?(a and b) == c"),
            ("max(lag) < 3 and not (v > version(\"1.2\"))", "(and ?max(lag) < 3 (not v/1))"),
            ("a[0] == 1", "?a[0] == 1"),
        ] {
            let logic = Logic::of(&Text::verbatim(text, Span::default())).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(shape(&logic), wanted, "{text}");
        }
    }
}
