//! Inventories as YAML, and the files of `group_vars` and `host_vars`.

use grammar::data::{Content, Datum, Field, data_with_tags};
use grammar::diagnostic::Diagnostic;
use grammar::source::Source;
use serde_json::Value as Json;

use super::super::InventoryError;
use super::super::vars::Var;
use super::scalar::scalar;
use super::tree::{Tree, Vars};
use super::{add_hosts, encrypted};
use crate::check::similar;

const PARTS: [&str; 3] = ["hosts", "children", "vars"];
const VAULT: &str = "!vault";
/// Tags of Ansible's that a value may have: it is encrypted, or holds no template.
const TAGS: [&str; 3] = [VAULT, "!vault-encrypted", "!unsafe"];

/// The one document of a file.
pub(in crate::inventory) fn document(source: &Source, said: &mut Vec<Diagnostic>) -> Option<Datum> {
    let (documents, diagnostics) = data_with_tags(source, &TAGS);
    said.extend(diagnostics);
    let mut documents = documents.into_iter();
    let first = documents.next();
    if let Some(second) = documents.next() {
        let (what, help) = ("an inventory".to_owned(), "it is one document: take the `---` out");
        said.push(InventoryError::WrongShape { at: second.span, what, found: second.kind(), help }.into());
    }
    first
}

pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) tree: &'a mut Tree,
    pub(super) errors: &'a mut Vec<InventoryError>,
}

impl Reader<'_> {
    pub(super) fn read(&mut self, top: &Datum) {
        for field in self.fields(top, "an inventory", "name each group: `web: {hosts: {web1: }}`") {
            self.group(field);
        }
    }

    fn wrong(&mut self, at: &Datum, what: impl Into<String>, help: &'static str) {
        self.errors.push(InventoryError::WrongShape { at: at.span, what: what.into(), found: at.kind(), help });
    }

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

    fn group(&mut self, field: &Field) -> usize {
        let name = &field.key;
        let group = self.tree.group(name, field.at);
        for part in self.fields(&field.value, &format!("the group `{name}`"), "a group has `hosts`, `children` and `vars`") {
            match part.key.as_str() {
                "hosts" => self.hosts(&part.value, name, group),
                "children" => {
                    let inner: Vec<usize> = match &part.value.value {
                        Content::Scalar { text, .. } => vec![self.tree.group(text, part.value.span)],
                        _ => self
                            .fields(&part.value, &format!("`children` of `{name}`"), "write a mapping, a `:` behind each group: `web1:`")
                            .iter()
                            .map(|child| self.group(child))
                            .collect(),
                    };
                    for child in inner {
                        self.tree.add_child(group, child);
                    }
                }
                "vars" => {
                    for var in self.fields(&part.value, &format!("`vars` of `{name}`"), "write a mapping: `{rack: a}`") {
                        if let Err(why) = self.tree.set_group(group, var.key.clone(), value(&var.value, &self.source.path)) {
                            self.errors.push(InventoryError::Unreadable { at: var.value.span, why, help: "write a whole number".to_owned() });
                        }
                    }
                }
                _ => {
                    let similar = similar(&part.key, PARTS.into_iter());
                    self.errors.push(InventoryError::UnknownKey { at: part.at, place: "a group", key: part.key.clone(), similar, known: &PARTS });
                }
            }
        }
        group
    }

    fn hosts(&mut self, of: &Datum, name: &str, group: usize) {
        if let Content::Scalar { text, .. } = &of.value {
            return add_hosts(self.tree, self.errors, (text, of.span), group, &[]);
        }
        for host in self.fields(of, &format!("`hosts` of `{name}`"), "write a mapping, a `:` behind each host: `web1:`") {
            let what = format!("what is said of `{}`", host.key);
            let fields = self.fields(&host.value, &what, "write a mapping: `{ansible_host: 10.0.0.5}`");
            let vars: Vec<(String, Var)> = fields.iter().map(|var| (var.key.clone(), value(&var.value, &self.source.path))).collect();
            add_hosts(self.tree, self.errors, (&host.key, host.at), group, &vars);
        }
    }
}

/// A file of vars: one mapping, or nothing.
pub(super) fn vars(source: &Source, said: &mut Vec<Diagnostic>) -> Vars {
    if source.text.starts_with("$ANSIBLE_VAULT;") {
        return Vars::new();
    }
    let Some(top) = document(source, said) else { return Vars::new() };
    match &top.value {
        Content::Nothing => Vars::new(),
        Content::Map(fields) => fields.iter().map(|var| (var.key.clone(), value(&var.value, &source.path))).collect(),
        Content::Scalar { .. } | Content::List(_) => {
            let (what, help) = ("a file of vars".to_owned(), "write a mapping: `rack: a`");
            said.push(InventoryError::WrongShape { at: top.span, what, found: top.kind(), help }.into());
            Vars::new()
        }
    }
}

/// What stands there, as Ansible's YAML has it.
fn value(of: &Datum, path: &str) -> Var {
    json(of).map_or_else(|| Var::Withheld(encrypted(path)), Var::Known)
}

/// `None`: a part of it is encrypted.
fn json(of: &Datum) -> Option<Json> {
    if of.tag.as_ref().is_some_and(|tag| tag.starts_with(VAULT)) {
        return None;
    }
    Some(match &of.value {
        Content::Nothing => Json::Null,
        Content::List(items) => Json::Array(items.iter().map(json).collect::<Option<_>>()?),
        Content::Map(fields) => Json::Object(fields.iter().map(|field| Some((field.key.clone(), json(&field.value)?))).collect::<Option<_>>()?),
        Content::Scalar { text, plain: true } if of.tag.is_none() => scalar(text),
        Content::Scalar { text, .. } => Json::String(text.clone()),
    })
}
