//! From the text of an inventory to what it says, or to everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use grammar::data::{Content, Datum, Field, data};
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, Span};
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::{Map, Value as Json};

use super::{HostVars, Inventory, InventoryError, Var, Vars, Way, Ways};
use crate::check::order::circles;
use crate::check::similar;
use crate::plan::model::{HostName, LOCAL};
use crate::value::Type;

const TOP: &[&str] = &["groups", "hosts"];
const GROUP: &[&str] = &["hosts", "groups", "vars", SSH];
const SSH: &str = "ssh";
/// How ssh reaches a host.
const WORDS: &[&str] = &["address", "port", "user", "key", "jump"];
/// What a word of `ssh` is called among the vars, until all of them are gathered. No var is called so.
const PREFIX: &str = "ssh: ";
/// How many groups may stand inside each other.
const DEPTH: usize = 33;

/// A group as it is written.
#[derive(Default)]
struct Group {
    hosts: Vec<HostName>,
    groups: Vec<(String, Span)>,
    vars: Vec<(String, Span, Json)>,
}

#[derive(Default)]
struct Reader {
    errors: Vec<InventoryError>,
    groups: BTreeMap<String, Group>,
    /// In the order of the file.
    order: Vec<(String, Span)>,
    hosts: BTreeMap<HostName, Map<String, Json>>,
}

/// # Errors
/// Every mistake, in the order of the text.
pub fn read(source: &Source) -> Result<Inventory, Vec<Diagnostic>> {
    read_from(source, "")
}

/// A relative path in it is meant from `folder`.
pub(super) fn read_from(source: &Source, folder: &str) -> Result<Inventory, Vec<Diagnostic>> {
    let (documents, mut said) = data(source);
    let mut reader = Reader::default();
    match documents.as_slice() {
        [] => {}
        [one] => reader.top(one),
        [_, second, ..] => reader.wrong(second, "an inventory", "it is one document: take the `---` out"),
    }
    let inventory = reader.inventory(source, folder);
    said.extend(reader.errors.into_iter().map(Diagnostic::from));
    if said.iter().any(|d| d.severity == Severity::Error) {
        said.sort_by_key(|d| (d.span.start, d.span.end));
        return Err(said);
    }
    Ok(inventory)
}

impl Reader {
    fn wrong(&mut self, at: &Datum, what: impl Into<String>, help: &'static str) {
        self.errors.push(InventoryError::WrongShape { at: at.span, what: what.into(), found: at.kind(), help });
    }

    /// The fields of a mapping; none where it is something else, which is told.
    fn fields<'d>(&mut self, of: &'d Datum, what: &str, help: &'static str) -> &'d [Field] {
        match &of.value {
            Content::Map(fields) => fields,
            Content::Nothing => &[],
            Content::Scalar { .. } | Content::List(_) => {
                self.wrong(of, what, help);
                &[]
            }
        }
    }

    fn unknown(&mut self, field: &Field, place: &'static str, known: &'static [&'static str]) {
        let similar = similar(&field.key, known.iter().copied());
        self.errors.push(InventoryError::UnknownKey { at: field.at, place, key: field.key.clone(), similar, known });
    }

    fn top(&mut self, top: &Datum) {
        for field in self.fields(top, "an inventory", "write `groups:` and `hosts:`") {
            match field.key.as_str() {
                "groups" => {
                    for group in self.fields(&field.value, "`groups`", "name each group: `web: [web1, web2]`") {
                        self.group(group);
                    }
                }
                "hosts" => {
                    for host in self.fields(&field.value, "`hosts`", "name each host: `web1: {rack: a}`") {
                        self.host(&host.key, host.at);
                        let vars = self.of_host(&host.value, &host.key);
                        self.hosts.entry(host.key.clone()).or_default().extend(vars.into_iter().map(|(name, _, value)| (name, value)));
                    }
                }
                _ => self.unknown(field, "an inventory", TOP),
            }
        }
    }

    fn group(&mut self, field: &Field) {
        let mut group = Group::default();
        self.order.push((field.key.clone(), field.at));
        match &field.value.value {
            Content::List(_) | Content::Nothing => group.hosts = self.host_names(&field.value),
            Content::Scalar { .. } => self.wrong(&field.value, format!("the group `{}`", field.key), "write a list: `[web1, web2]`"),
            Content::Map(fields) => {
                for part in fields {
                    match part.key.as_str() {
                        "hosts" => group.hosts = self.host_names(&part.value),
                        "groups" => group.groups = self.names(&part.value, "`groups`"),
                        "vars" => group.vars.extend(self.vars(&part.value, &field.key)),
                        SSH => group.vars.extend(self.ssh(&part.value, &field.key)),
                        _ => self.unknown(part, "a group", GROUP),
                    }
                }
            }
        }
        self.groups.insert(field.key.clone(), group);
    }

    fn names(&mut self, list: &Datum, what: &str) -> Vec<(String, Span)> {
        let Content::List(items) = &list.value else {
            if list.value != Content::Nothing {
                self.wrong(list, what, "write a list: `[a, b]`");
            }
            return Vec::new();
        };
        let mut names = Vec::new();
        for item in items {
            match &item.value {
                Content::Scalar { text, .. } => names.push((text.clone(), item.span)),
                _ => self.wrong(item, format!("a name in {what}"), "write a name"),
            }
        }
        names
    }

    fn host_names(&mut self, list: &Datum) -> Vec<HostName> {
        let names = self.names(list, "`hosts`");
        for (host, at) in &names {
            self.host(host, *at);
            self.hosts.entry(host.clone()).or_default();
        }
        each_once(names.into_iter().map(|(host, _)| host))
    }

    fn host(&mut self, host: &str, at: Span) {
        if Type::Host.read(host).is_err() {
            self.errors.push(InventoryError::BadHost { at, host: host.to_owned() });
        }
    }

    /// Vars, and `ssh` among them.
    fn of_host(&mut self, of: &Datum, host: &str) -> Vec<(String, Span, Json)> {
        let mut said = Vec::new();
        for field in self.fields(of, &format!("what is said of `{host}`"), "write a mapping: `{rack: a, weight: 3}`") {
            if field.key == SSH {
                said.extend(self.ssh(&field.value, host));
            } else {
                said.push((field.key.clone(), field.at, json(&field.value)));
            }
        }
        said
    }

    fn ssh(&mut self, of: &Datum, whose: &str) -> Vec<(String, Span, Json)> {
        let mut said = Vec::new();
        for field in self.fields(of, &format!("`ssh` of `{whose}`"), "write a mapping: `{address: 10.0.0.5, port: 2222}`") {
            if !WORDS.contains(&field.key.as_str()) {
                self.unknown(field, "`ssh`", WORDS);
                continue;
            }
            let wanted = match field.key.as_str() {
                "address" => "write a name or an address",
                "port" => "write a number from 1 to 65535",
                "user" => "write the name of a user",
                "key" => "write the path of a private key",
                _ => "write a host that ssh jumps over: `gate`, `me@gate:22`, or several between commas",
            };
            match &field.value.value {
                Content::Scalar { text, .. } if is_word(&field.key, text) => {
                    said.push((format!("{PREFIX}{}", field.key), field.at, Json::String(text.clone())))
                }
                _ => self.wrong(&field.value, format!("`{}` of `{whose}`", field.key), wanted),
            }
        }
        said
    }

    fn vars(&mut self, of: &Datum, whose: &str) -> Vec<(String, Span, Json)> {
        let fields = self.fields(of, &format!("what is said of `{whose}`"), "write a mapping: `{rack: a, weight: 3}`");
        fields.iter().map(|field| (field.key.clone(), field.at, json(&field.value))).collect()
    }

    fn inventory(&mut self, source: &Source, folder: &str) -> Inventory {
        let inner_first = self.look_at_groups();
        if !self.errors.is_empty() {
            return Inventory::default();
        }
        let mut members: BTreeMap<String, Vec<HostName>> = BTreeMap::new();
        for name in inner_first {
            let Some(group) = self.groups.get(&name) else { continue };
            let inner = group.groups.iter().filter_map(|(inner, _)| members.get(inner)).flatten();
            let hosts = each_once(group.hosts.iter().chain(inner).cloned());
            members.insert(name, hosts);
        }
        let mut groups_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, _) in &self.order {
            for host in members.get(name).into_iter().flatten() {
                groups_of.entry(host).or_default().push(name);
            }
        }
        let (mut vars, mut ways) = (HostVars::new(), Vec::new());
        let mut errors = Vec::new();
        for (host, own) in &self.hosts {
            let groups = groups_of.get(host.as_str()).map(Vec::as_slice).unwrap_or_default();
            let mut all: Map<String, Json> = self.of_groups(host, own, groups, &mut errors).into_iter().collect();
            all.extend(own.clone());
            let way = way(&mut all, folder);
            if host == LOCAL && way != Way::default() {
                ways.push((host.clone(), Err("`local` is the machine that runs the engine: give the host another name".to_owned())));
            } else {
                ways.push((host.clone(), Ok(way)));
            }
            vars.insert(host.clone(), all.into_iter().map(|(name, value)| (name, Var::Known(value))).collect());
        }
        self.errors.extend(errors);
        let hosts = self.hosts.keys().cloned().collect();
        Inventory { path: source.path.clone(), groups: members, hosts, vars: Vars::new(vars), ways: Ways::new(ways), notes: Vec::new() }
    }

    /// Names that are none, and circles. The groups, those that stand inside others first.
    fn look_at_groups(&mut self) -> Vec<String> {
        let mut graph = DiGraph::<usize, ()>::new();
        let nodes: Vec<NodeIndex> = (0..self.order.len()).map(|at| graph.add_node(at)).collect();
        let places: BTreeMap<&str, usize> = self.order.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
        let mut found = Vec::new();
        for (at, (name, span)) in self.order.iter().enumerate() {
            if self.hosts.contains_key(name) {
                found.push(InventoryError::HostAndGroup { at: *span, name: name.clone() });
            }
            for (inner, span) in self.groups.get(name).into_iter().flat_map(|group| &group.groups) {
                match places.get(inner.as_str()) {
                    Some(other) => {
                        graph.update_edge(nodes[at], nodes[*other], ());
                    }
                    None => found.push(InventoryError::UnknownGroup {
                        at: *span,
                        name: inner.clone(),
                        similar: similar(inner, self.groups.keys().map(String::as_str)),
                        is_host: self.hosts.contains_key(inner),
                    }),
                }
            }
        }
        for circle in circles(&graph) {
            let mut names: Vec<String> = circle.iter().map(|at| self.order[*at].0.clone()).collect();
            names.extend(names.first().cloned());
            found.push(InventoryError::GroupCycle { at: self.order[circle[0]].1, names });
        }
        let mut inner_first = Vec::new();
        let mut depth = vec![0; self.order.len()];
        for node in toposort(&graph, None).unwrap_or_default().into_iter().rev() {
            let at = graph[node];
            depth[at] = graph.neighbors(node).map(|inner| depth[graph[inner]] + 1).max().unwrap_or(0);
            let (name, span) = &self.order[at];
            if depth[at] == DEPTH {
                let what = format!("the group `{name}`");
                found.push(InventoryError::WrongShape { at: *span, what, found: "nested too deep", help: "let no group hold more than 32 others in a row" });
            }
            inner_first.push(name.clone());
        }
        self.errors.extend(found);
        inner_first
    }

    /// The groups inside a group, at any depth.
    fn inside<'g>(&'g self, name: &str, found: &mut BTreeSet<&'g str>) {
        for (inner, _) in self.groups.get(name).into_iter().flat_map(|group| &group.groups) {
            if found.insert(inner) {
                self.inside(inner, found);
            }
        }
    }

    /// What its groups say of a host, but for what it says itself.
    fn of_groups(&self, host: &str, own: &Map<String, Json>, groups: &[&str], errors: &mut Vec<InventoryError>) -> BTreeMap<String, Json> {
        let mut said: BTreeMap<&str, Vec<(&str, Span, &Json)>> = BTreeMap::new();
        for name in groups {
            for (var, at, value) in self.groups.get(*name).into_iter().flat_map(|group| &group.vars) {
                if !own.contains_key(var) {
                    said.entry(var).or_default().push((name, *at, value));
                }
            }
        }
        let mut vars = BTreeMap::new();
        for (var, all) in said {
            let saying: BTreeSet<&str> = all.iter().map(|(group, ..)| *group).collect();
            // A group that holds another of them says less of the host than that one does.
            let holds = |outer: &str| {
                let mut inside = BTreeSet::new();
                self.inside(outer, &mut inside);
                inside.iter().any(|inner| saying.contains(inner))
            };
            let nearest: Vec<&(&str, Span, &Json)> = all.iter().filter(|(group, ..)| all.len() == 1 || !holds(group)).collect();
            let Some((first, rest)) = nearest.split_first() else { continue };
            if let Some(other) = rest.iter().find(|other| other.2 != first.2) {
                let groups = [first.0, other.0].map(|g| format!("`{g}`")).to_vec();
                errors.push(InventoryError::TwoValues { at: other.1, first: first.1, host: host.to_owned(), var: var.to_owned(), groups });
            }
            vars.insert(var.to_owned(), first.2.clone());
        }
        vars
    }
}

fn is_word(word: &str, text: &str) -> bool {
    let plain = !text.is_empty() && !text.starts_with('-') && !text.contains(char::is_control);
    match word {
        "address" => Type::Host.read(text).is_ok(),
        "port" => text.parse::<u16>().is_ok_and(|port| port > 0),
        "key" => plain,
        _ => plain && !text.contains(char::is_whitespace),
    }
}

/// Takes what `ssh` says out of the vars.
fn way(vars: &mut Map<String, Json>, folder: &str) -> Way {
    let mut word = |word: &str| match vars.remove(&format!("{PREFIX}{word}")) {
        Some(Json::String(text)) => Some(text),
        _ => None,
    };
    let key = word("key");
    let folder = key.as_ref().filter(|key| !key.starts_with(['/', '~'])).map(|_| folder.to_owned());
    let args = word("jump").map_or_else(Vec::new, |jump| vec!["-J".to_owned(), jump]);
    Way { address: word("address"), port: word("port").and_then(|port| port.parse().ok()), user: word("user"), key, args, folder, ..Way::default() }
}

fn each_once(hosts: impl Iterator<Item = HostName>) -> Vec<HostName> {
    let mut seen = BTreeSet::new();
    hosts.filter(|host| seen.insert(host.clone())).collect()
}

/// A value as JSON. A number is one if it is written as a number is shown: `1.10` and `007` stay text, and so do `yes`
/// and `no`.
fn json(of: &Datum) -> Json {
    match &of.value {
        Content::Nothing => Json::Null,
        Content::List(items) => items.iter().map(json).collect(),
        Content::Map(fields) => Json::Object(fields.iter().map(|field| (field.key.clone(), json(&field.value))).collect()),
        Content::Scalar { text, plain: false } => Json::String(text.clone()),
        Content::Scalar { text, plain: true } => match text.as_str() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => number(text).unwrap_or_else(|| Json::String(text.clone())),
        },
    }
}

fn number(text: &str) -> Option<Json> {
    if let Ok(whole) = text.parse::<i64>() {
        return (whole.to_string() == text).then(|| whole.into());
    }
    let float = text.parse::<f64>().ok().filter(|f| f.is_finite() && f.to_string() == text)?;
    serde_json::Number::from_f64(float).map(Json::Number)
}
