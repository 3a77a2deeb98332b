//! The JSON that `ansible-inventory --list` and a dynamic inventory's `--list` print: groups, and what is known of hosts in
//! `_meta`.

use std::fmt;

use grammar::source::{Source, Span};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::super::InventoryError;
use super::super::vars::Var;
use super::encrypted;
use super::tree::{Tree, Vars};
use crate::check::similar;

const PARTS: [&str; 3] = ["hosts", "children", "vars"];
const GROUP: &str = "a group is a list of hosts, or has `hosts`, `children` and `vars`";
const LIST: &str = "write a list: `[\"web1\", \"web2\"]`";
const OBJECT: &str = "write an object: `{\"rack\": \"a\"}`";

/// The entries of an object in their order, each as it is written.
struct Entries<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Gather;
        impl<'de> Visitor<'de> for Gather {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Gather)
    }
}

/// Reads it. Hosts of which nothing is said in `_meta` are given back where there is no `_meta` at all: their program is
/// asked about each.
pub(super) fn read(source: &Source, tree: &mut Tree, errors: &mut Vec<InventoryError>) -> Vec<usize> {
    let mut reader = Reader { source, tree, errors, met: Vec::new() };
    let entries = match serde_json::from_str::<Entries<'_>>(&source.text) {
        Ok(Entries(entries)) => entries,
        Err(error) => {
            reader.broken(&error);
            return Vec::new();
        }
    };
    let mut known = None;
    for (name, value) in &entries {
        if name == "_meta" {
            known = reader.meta(value);
        } else {
            reader.group(name, value);
        }
    }
    let met = std::mem::take(&mut reader.met);
    let Some(known) = known else { return met };
    let by_name: std::collections::HashMap<&str, &RawValue> = known.0.iter().map(|(name, vars)| (name.as_str(), *vars)).collect();
    for host in met {
        if let Some(said) = by_name.get(reader.tree.hosts[host].name.as_str()) {
            let vars = reader.vars(said, "what is said of a host");
            reader.tree.hosts[host].vars.extend(vars);
        }
    }
    Vec::new()
}

/// What a program said of one host.
pub(super) fn of_host(source: &Source, host: usize, tree: &mut Tree, errors: &mut Vec<InventoryError>) {
    if source.text.trim().is_empty() {
        return;
    }
    let mut reader = Reader { source, tree, errors, met: Vec::new() };
    match serde_json::from_str::<&RawValue>(&source.text) {
        Ok(raw) => {
            let vars = reader.vars(raw, "what is said of a host");
            reader.tree.hosts[host].vars.extend(vars);
        }
        Err(error) => reader.broken(&error),
    }
}

struct Reader<'a> {
    source: &'a Source,
    tree: &'a mut Tree,
    errors: &'a mut Vec<InventoryError>,
    /// The hosts of this source.
    met: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn broken(&mut self, error: &serde_json::Error) {
        let text = &self.source.text;
        let start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let mut at = (start + error.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or(&why);
        let span = Span::new(self.source.id, at, end);
        self.errors.push(InventoryError::Unreadable {
            at: span,
            why: format!("this is no JSON: {why}"),
            help: "`--list` prints one JSON object, and nothing beside it".to_owned(),
        });
    }

    /// A raw value is a piece of the text.
    fn span(&self, raw: &RawValue) -> Span {
        let start = (raw.get().as_ptr() as usize).saturating_sub(self.source.text.as_ptr() as usize).min(self.source.text.len());
        // The first line says enough of a large one.
        let length = raw.get().lines().next().map_or(0, str::len);
        Span::new(self.source.id, start, start + length)
    }

    fn wrong(&mut self, raw: &RawValue, what: impl Into<String>, help: &'static str) {
        let found = match raw.get().as_bytes().first() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "a text",
            Some(b'n') => "nothing",
            Some(b't' | b'f') => "true or false",
            _ => "a number",
        };
        self.errors.push(InventoryError::WrongShape { at: self.span(raw), what: what.into(), found, help });
    }

    fn meta(&mut self, raw: &'a RawValue) -> Option<Entries<'a>> {
        let Ok(Entries(parts)) = serde_json::from_str::<Entries<'a>>(raw.get()) else {
            self.wrong(raw, "`_meta`", "write an object: `{\"hostvars\": {}}`");
            return None;
        };
        let (_, hosts) = parts.iter().find(|(name, _)| name == "hostvars")?;
        let entries = serde_json::from_str(hosts.get());
        if entries.is_err() {
            self.wrong(hosts, "`hostvars`", OBJECT);
        }
        entries.ok()
    }

    fn group(&mut self, name: &str, raw: &'a RawValue) {
        let at = self.span(raw);
        if raw.get().starts_with('[') {
            let group = self.tree.group(name, at);
            return self.hosts(name, raw, group);
        }
        let Ok(Entries(parts)) = serde_json::from_str::<Entries<'a>>(raw.get()) else {
            return self.wrong(raw, format!("the group `{name}`"), GROUP);
        };
        let group = self.tree.group(name, at);
        for (part, value) in parts {
            match part.as_str() {
                "hosts" => self.hosts(name, value, group),
                "children" => {
                    let Ok(children) = serde_json::from_str::<Vec<String>>(value.get()) else {
                        self.wrong(value, format!("`children` of `{name}`"), LIST);
                        continue;
                    };
                    for child in children {
                        let child = self.tree.group(&child, self.span(value));
                        self.tree.add_child(group, child);
                    }
                }
                "vars" => {
                    for (var, said) in self.vars(value, &format!("`vars` of `{name}`")) {
                        if let Err(why) = self.tree.set_group(group, var, said) {
                            self.errors.push(InventoryError::Unreadable { at: self.span(value), why, help: "write a whole number".to_owned() });
                        }
                    }
                }
                _ => {
                    let similar = similar(&part, PARTS.into_iter());
                    self.errors.push(InventoryError::UnknownKey { at: self.span(value), place: "a group", key: part.clone(), similar, known: &PARTS });
                }
            }
        }
    }

    fn hosts(&mut self, name: &str, raw: &RawValue, group: usize) {
        let Ok(hosts) = serde_json::from_str::<Vec<String>>(raw.get()) else {
            return self.wrong(raw, format!("`hosts` of `{name}`"), LIST);
        };
        let at = self.span(raw);
        for host in hosts {
            // A name as it is: no range, and no port.
            self.met.extend(super::add_host(self.tree, self.errors, &host, at, group, None));
        }
    }

    fn vars(&mut self, raw: &RawValue, what: &str) -> Vars {
        match serde_json::from_str::<serde_json::Map<String, Json>>(raw.get()) {
            Ok(vars) => vars.into_iter().map(|(name, value)| (name, value_of(value, &self.source.path))).collect(),
            Err(_) => {
                self.wrong(raw, what, OBJECT);
                Vars::new()
            }
        }
    }
}

/// Whether a text is of this shape, rather than YAML's in the clothes of JSON.
pub(in crate::inventory) fn is_listing(text: &str) -> bool {
    let Ok(Entries(entries)) = serde_json::from_str::<Entries<'_>>(text) else { return false };
    let mut lists = entries.is_empty();
    for (name, raw) in &entries {
        if name == "_meta" || raw.get().starts_with('[') {
            return true;
        }
        let parts = serde_json::from_str::<Entries<'_>>(raw.get()).map(|entries| entries.0).unwrap_or_default();
        lists |= parts.iter().any(|(part, raw)| matches!(part.as_str(), "hosts" | "children") && raw.get().starts_with('['));
    }
    lists
}

/// Ansible writes an encrypted text, and one that holds no template, as an object.
fn value_of(value: Json, path: &str) -> Var {
    plain(value).map_or_else(|| Var::Withheld(encrypted(path)), Var::Known)
}

fn plain(value: Json) -> Option<Json> {
    Some(match value {
        Json::Object(object) if object.contains_key("__ansible_vault") => return None,
        Json::Object(mut object) if object.len() == 1 && object.contains_key("__ansible_unsafe") => object.remove("__ansible_unsafe")?,
        Json::Object(object) => Json::Object(object.into_iter().map(|(name, value)| Some((name, plain(value)?))).collect::<Option<_>>()?),
        Json::Array(items) => Json::Array(items.into_iter().map(plain).collect::<Option<_>>()?),
        other => other,
    })
}
