//! Texts, commands, expressions, values and names.

use grammar::ast::{ActionCall, Expr, Name, Operand, TypeName};
use grammar::source::{Span, Spanned, Text};
use proptest::collection::vec;
use proptest::prelude::*;

/// What texts and commands may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hardness {
    /// What both spellings can write, however hard.
    Writable,
    /// Also what one of them must refuse.
    Any,
}

/// A tree that was made stands nowhere.
pub(super) fn span() -> Span {
    Span::default()
}

fn made(text: String) -> Text {
    Text::verbatim(text, span())
}

const WORDS: &[&str] = &[
    "a",
    "true",
    "no",
    "null",
    "~",
    "1.10",
    "0x1F",
    "5m",
    "15%",
    "2021-09-13",
    "1:30",
    "systemctl restart x",
    "it's",
    "\"quoted\"",
    "'",
    "''",
    "\"",
    "`",
    "``",
    "```",
    "````",
    "\"\"\"",
    "\\",
    "\\\\",
    "\\n",
    "\\{{",
    "{{ x }}",
    "{{ a.b | c }}",
    "{{",
    "}}",
    "{",
    "}",
    "[",
    "]",
    "[a]",
    "(",
    ")",
    ",",
    ";",
    ": ",
    ":",
    " #",
    "#",
    "# c",
    "- ",
    "-",
    "? ",
    "!",
    "! x",
    "&a",
    "*b",
    "|",
    ">",
    "%",
    "@",
    "=",
    "<<",
    "---",
    "...",
    "ü",
    "größe",
    "日本",
    "\u{1F600}",
    "\t",
    "  ",
    " ",
    "\\G",
    "$x",
    "$(y)",
    "on",
    "step a {",
    "\u{a0}",
    "\u{feff}",
    "\u{2028}",
    "\u{85}",
    "\u{7f}",
    "\u{1b}[0m",
    "\r",
];
const BREAKS: &[&str] = &["\n", "\n\n", "\n  ", "\n\t", "\n   \n"];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![6 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<char>().prop_filter("no NUL", |c| *c != '\0').prop_map(String::from), 1 => "[a-z0-9 .:/_-]{1,20}"]
}

fn line() -> impl Strategy<Value = String> {
    vec(word(), 1..6).prop_map(|words| words.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    let lines = (line(), vec((prop::sample::select(BREAKS), line()), 0..4));
    let several = lines.prop_map(|(first, rest)| rest.iter().fold(first, |text, (between, line)| text + between + line));
    prop_oneof![3 => "[A-Za-z ,.']{1,30}", 3 => line(), 2 => several, 1 => Just(String::new()), 1 => line().prop_map(|line| line + "\n")]
}

pub(super) fn text(_: Hardness) -> impl Strategy<Value = Text> {
    any_text().prop_map(made)
}

/// Not empty, and without a line break at its end: no reader makes others. A carriage return at the end of a line is
/// what the native form has no place for.
pub(super) fn command(hardness: Hardness) -> impl Strategy<Value = Text> {
    let whole = any_text().prop_map(move |text| match hardness {
        Hardness::Any => text.trim_end_matches('\n').to_owned(),
        Hardness::Writable => text.split('\n').map(|line| line.trim_end_matches('\r')).collect::<Vec<_>>().join("\n").trim_end_matches('\n').to_owned(),
    });
    whole.prop_filter("a command says something", |text| !text.trim().is_empty()).prop_map(made)
}

/// Written as the readers write them.
const EXPRESSIONS: &[&str] = &[
    "a",
    "true",
    "none",
    "5",
    "-5",
    "1.5",
    "5m",
    "100MB",
    "15%",
    "2021-09-13",
    "web[0].name",
    "not a and (b or c)",
    "a == \"on\"",
    "x.on == 'off'",
    "a ~ \"/x\"",
    "web | batch(2)",
    "f(a, b)[0]",
    "[1, 5, 20%]",
    "[\"a\", b]",
    "[]",
    "[[1, 2], [3]]",
    "(a)",
    "(a) + (b)",
    "{\"k\": 1}",
    "{\"k\": {\"l\": 2}}",
    "a if b else c",
    "\"it's # no ; comment { on\"",
    "'a'",
    "\"a\\\"b\"",
    "a on b",
    "on",
    "null",
    "~",
    "a, b",
    "a < 5 and b > 3",
    "x is defined",
    "every",
    "a: b",
    "\"ü\"",
    "a.b.c(d)",
    "-x",
    "!a",
    "a - b",
    "a: [b]",
    "'#'",
    "\"{{ x }}\"",
];

pub(super) fn expr() -> impl Strategy<Value = Expr> {
    prop::sample::select(EXPRESSIONS).prop_map(|text| made(text.to_owned()))
}

/// A text that is exactly one template is computed: no reader takes it for a literal.
fn is_template(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{") && text.ends_with("}}")
}

pub(super) fn operand(hardness: Hardness) -> impl Strategy<Value = Operand> {
    let literal = text(hardness).prop_filter("a template is computed", |text| !is_template(&text.text)).prop_map(Operand::Literal);
    let leaf = prop_oneof![3 => literal, 2 => expr().prop_map(Operand::Computed)];
    leaf.prop_recursive(2, 6, 3, |inner| vec(inner, 0..3).prop_map(|items| Operand::List(Spanned::new(items, span()))))
}

const NAMES: &[&str] = &[
    "a",
    "b",
    "web",
    "db-1",
    "service.stopped",
    "x_y",
    "on",
    "in",
    "run",
    "step",
    "null",
    "true",
    "no",
    "5",
    "1.10",
    "when",
    "parallel",
    "then",
    "every",
    "type",
    "env",
    "0x1f",
    "steps",
    "y",
    "is",
    "manual",
    "none",
    "cmd",
    "release",
    "name",
    "2021-09-13",
];

pub(super) fn name() -> impl Strategy<Value = Name> {
    prop_oneof![3 => prop::sample::select(NAMES).prop_map(str::to_owned), 1 => "[a-z][a-z0-9_-]{0,8}"].prop_map(|name| Spanned::new(name, span()))
}

pub(super) fn names(number: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Name>> {
    vec(name(), number)
}

pub(super) fn kind() -> impl Strategy<Value = TypeName> {
    let part =
        || prop::sample::select(vec!["string", "int", "bool", "list", "host", "x-y", "5", "null"]).prop_map(|name| Spanned::new(name.to_owned(), span()));
    (part(), prop::option::weighted(0.3, part()), any::<bool>()).prop_map(|(name, of, optional)| TypeName { name, of, optional })
}

pub(super) fn arguments(hardness: Hardness, number: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(Name, Operand)>> {
    vec((name(), operand(hardness)), number).prop_map(|list| distinct(list, |(name, _)| name))
}

pub(super) fn call(hardness: Hardness) -> impl Strategy<Value = ActionCall> {
    (name(), arguments(hardness, 0..4)).prop_map(|(name, args)| ActionCall { name, args })
}

/// The first of each name.
pub(super) fn distinct<T>(list: Vec<T>, name: impl Fn(&T) -> &Name) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    list.into_iter().filter(|one| seen.insert(name(one).value.clone())).collect()
}
