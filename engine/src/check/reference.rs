//! What the standard library says of itself: every action with its own text, its arguments, its guards and its way back.
//! Read out of the files as they are compiled in, so that a page about an action can't say other than the action.

use grammar::ast::{Action, Does, Param, Undo};

use super::{names, stdlib};

/// An action as somebody reads about it who wants to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    /// What it does, in a few words.
    pub title: String,
    /// The comment above it.
    pub about: String,
    /// `NAME(arg: type, arg: type = default)`, as it is written.
    pub signature: String,
    /// What must hold before it does anything.
    pub requires: Vec<String>,
    /// Whether it asks first if all is as wanted already.
    pub checks: bool,
    pub deed: Deed,
    /// Whether it asks afterwards; and for how long: "every 1s for `within`".
    pub verify: Option<String>,
    pub undo: WayBack,
    /// A step that uses it, with what must be given.
    pub example: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A command changes something.
    Acts,
    /// It only looks.
    Looks,
    /// Nothing now: it says what is done on the way back.
    OnlyBack,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayBack {
    /// There is nothing to undo.
    NotNeeded,
    Command,
    /// There is none, and why.
    None(String),
}

/// A file of the library: `service` for `stdlib/service.runbook`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    pub name: String,
    /// The comment at the head of the file.
    pub about: String,
    pub actions: Vec<Entry>,
}

/// All of it, in the order of the names of files, and inside in the order written.
#[must_use]
pub fn reference() -> Vec<Family> {
    stdlib::sources().map(|source| family(&source.path, &source.text, &grammar::parse(&source).file.actions)).collect()
}

/// The action or the family that was probably meant.
#[must_use]
pub fn similar(written: &str) -> Option<String> {
    let all = reference();
    let known = all.iter().flat_map(|family| std::iter::once(&family.name).chain(family.actions.iter().map(|action| &action.name)));
    names::similar(written, known.map(String::as_str))
}

fn family(path: &str, text: &str, actions: &[Action]) -> Family {
    let name = path.trim_start_matches("stdlib/").trim_end_matches(".runbook").to_owned();
    let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
    // A comment right above the first action is that action's.
    let is_own = text.lines().nth(head.len()).is_some_and(str::is_empty);
    let about = if is_own { unmarked(head.into_iter()) } else { String::new() };
    Family { name, about, actions: actions.iter().map(|action| entry(text, action)).collect() }
}

fn entry(text: &str, action: &Action) -> Entry {
    let fields = &action.fields;
    let start = action.name.span.start;
    let above: Vec<&str> = text[..start].lines().rev().skip(1).take_while(|line| line.starts_with('#')).collect();
    let end = action.title.as_ref().map_or(start + action.name.value.len(), |title| title.span.start - 1);
    let flat = text[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    let does = matches!(fields.does, Some(Does::Run(_) | Does::Use(_) | Does::Upload { .. } | Does::Download { .. } | Does::Sleep(_)));
    let verify = fields.verify.first().map(|verify| match (&verify.every, &verify.within) {
        (Some(every), Some(within)) => format!("every {} for {}", quoted(action, &every.text), quoted(action, &within.text)),
        _ => String::new(),
    });
    Entry {
        name: action.name.value.clone(),
        title: action.title.as_ref().map(|title| plain(&title.text)).unwrap_or_default(),
        about: unmarked(above.into_iter().rev()),
        signature: flat.replace("( ", "(").replace(", )", ")"),
        requires: fields.requires.iter().map(|require| plain(&require.why.text)).collect(),
        checks: fields.check.is_some(),
        deed: match (does, &fields.undo) {
            (true, _) => Deed::Acts,
            (false, Some(Undo::Command(_))) => Deed::OnlyBack,
            (false, _) => Deed::Looks,
        },
        verify,
        undo: match &fields.undo {
            Some(Undo::Command(_)) => WayBack::Command,
            Some(Undo::None(why) | Undo::Manual(why)) => WayBack::None(why.text.clone()),
            None => WayBack::NotNeeded,
        },
        example: example(action),
    }
}

/// The name of an argument stands in its quotes, as in the text around it.
fn quoted(action: &Action, text: &str) -> String {
    if action.params.iter().any(|param| param.name.value == text) { format!("`{text}`") } else { text.to_owned() }
}

/// The arguments that have no default, with something to write over.
fn example(action: &Action) -> String {
    let given: Vec<String> = action
        .params
        .iter()
        .filter(|param| param.default.is_none() && !param.kind.optional)
        .map(|param| format!("{}: {}", param.name.value, sample(param)))
        .collect();
    let name = &action.name.value;
    match given.as_slice() {
        [] => format!("use {name}"),
        given => format!("use {name}({})", given.join(", ")),
    }
}

fn sample(param: &Param) -> &'static str {
    match (param.kind.name.value.as_str(), param.kind.of.as_ref().map(|of| of.value.as_str())) {
        ("list", Some("host")) => "[\"web1\", \"web2\"]",
        ("list", _) => "[\"…\"]",
        ("host", _) => "\"web1\"",
        ("path", _) => "\"/…\"",
        ("url", _) => "\"https://…\"",
        ("duration", _) => "1h",
        ("size", _) => "10GiB",
        ("int", _) => "1",
        ("version", _) => "\"1.0\"",
        ("datetime", _) => "\"2026-03-01T00:00:00Z\"",
        // A secret has no value that could be written: it is handed on.
        ("secret", _) => "hook",
        _ => "\"…\"",
    }
}

fn unmarked<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(|line| line.trim_start_matches('#').trim()).collect::<Vec<_>>().join("\n")
}

/// `Start {{ name }}` as somebody reads it: `Start NAME`.
fn plain(text: &str) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, (name, after))) = rest.split_once("{{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?))) {
        said.push_str(before);
        said.push_str(&name.trim().to_uppercase());
        rest = after;
    }
    said + rest
}
