//! Names in scope, what they stand for, and the forms that names must have.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use grammar::source::Span;

use crate::value::Type;

/// Always in scope, and not to be redefined.
pub const RESERVED: [&str; 6] = ["local", "host", "operator", "run_id", "now", "vars"];

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Param,
    /// Exactly one host.
    Target,
    /// A set of hosts.
    Targets,
    Loop,
    /// A fact of the top: read before anything changes, and before the plan is drawn where that needs it.
    TopFact,
    Fact,
    Capture,
    Choice,
    Builtin,
}

impl What {
    /// Whether its value stands before the run begins.
    pub(super) fn is_known_before(self) -> bool {
        matches!(self, Self::Param | Self::Target | Self::Targets | Self::Loop)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) what: What,
    /// `None`: can't be told before the run.
    pub(super) kind: Option<Type>,
    pub(super) span: Span,
    /// The names after the `on` that spread it over several hosts; empty for one value.
    pub(super) spread: Vec<String>,
    /// The names that it is an item or a part of.
    pub(super) part_of: Vec<String>,
    /// The conditions under which its step runs.
    pub(super) unless: Vec<String>,
}

impl Known {
    pub(super) fn new(what: What, kind: Option<Type>, span: Span) -> Self {
        Self { what, kind, span, spread: Vec::new(), part_of: Vec::new(), unless: Vec::new() }
    }
}

/// The names that a place can see. There is a place for every step, and most see the same: what they share is not copied.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    bound: Rc<BTreeMap<String, Known>>,
    /// There is a host, so that `host` has a value.
    host: bool,
}

static HOST: LazyLock<Known> = LazyLock::new(|| Known::new(What::Builtin, Some(Type::Host), Span::default()));

impl Names {
    pub(super) fn with_builtins() -> Self {
        let builtin = |kind| Known::new(What::Builtin, Some(kind), Span::default());
        let bound = BTreeMap::from([
            ("local".to_owned(), builtin(Type::Host)),
            ("operator".to_owned(), builtin(Type::String)),
            ("run_id".to_owned(), builtin(Type::String)),
            ("now".to_owned(), builtin(Type::DateTime)),
            ("vars".to_owned(), builtin(Type::Json)),
        ]);
        Self { bound: Rc::new(bound), host: false }
    }

    /// The same, where there is a host.
    pub(super) fn on_a_host(&self) -> Self {
        Self { host: true, ..self.clone() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        if self.host && name == "host" { Some(&HOST) } else { self.bound.get(name) }
    }

    pub(super) fn bind(&mut self, name: &str, known: Known) {
        Rc::make_mut(&mut self.bound).insert(name.to_owned(), known);
    }

    /// Takes over what another place has bound.
    pub(super) fn extend(&mut self, other: &Self) {
        self.host |= other.host;
        if Rc::ptr_eq(&self.bound, &other.bound) {
            return;
        }
        for (name, known) in other.bound.iter().filter(|(name, _)| !self.bound.contains_key(*name)).collect::<Vec<_>>() {
            self.bind(name, known.clone());
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Known)> {
        self.bound.iter()
    }

    /// The name that was probably meant.
    pub(super) fn similar(&self, name: &str) -> Option<String> {
        similar(name, self.bound.keys().map(String::as_str))
    }
}

/// The one of `known` that `name` was probably meant to be.
pub(crate) fn similar<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let alike = |other: &str| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
    let best = known.filter(|other| *other != name).map(|other| (alike(other), other)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.8).then(|| best.1.to_owned())
}

fn is_word(text: &str, joint: char) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    let last = text.chars().last().is_some_and(|c| c != joint);
    starts && last && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint) && !text.contains(&format!("{joint}{joint}"))
}

pub(super) fn is_kebab(text: &str) -> bool {
    is_word(text, '-')
}

pub(super) fn is_snake(text: &str) -> bool {
    is_word(text, '_')
}

/// `matomo.maintenance`, `puppet.replication_stopped`, `wikitech.matomo-restart`.
pub(super) fn is_dotted(text: &str) -> bool {
    text.split('.').all(|part| is_kebab(part) || is_snake(part))
}

/// A legal name as near as can be to what was written.
pub(super) fn corrected(text: &str, joint: char) -> String {
    let mut out = String::new();
    let mut before: Option<char> = None;
    for c in text.chars() {
        let camel = c.is_ascii_uppercase() && before.is_some_and(|b| b.is_ascii_lowercase());
        if (camel || !c.is_ascii_alphanumeric()) && !out.is_empty() && !out.ends_with(joint) {
            out.push(joint);
        }
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        }
        before = Some(c);
    }
    let out = out.trim_end_matches(joint).to_owned();
    if out.starts_with(|c: char| c.is_ascii_lowercase()) { out } else { format!("x{joint}{out}").trim_end_matches(joint).to_owned() }
}
