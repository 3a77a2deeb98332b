//! Inventories as INI: sections of hosts, of groups (`[g:children]`) and of vars (`[g:vars]`).

use grammar::source::{Source, Span};

use super::super::InventoryError;
use super::super::vars::Var;
use super::tree::{Tree, UNGROUPED};
use super::words::{Word, words};
use super::{add_hosts, literal};
use crate::check::similar;

/// A group that is named before it is defined, or never.
struct Named {
    name: String,
    at: Span,
    /// The group that holds it; `None`: its vars are said.
    parent: Option<usize>,
}

enum Section {
    Hosts(usize),
    Children(usize),
    Vars(usize),
    /// Told already.
    Unknown,
}

struct Reader<'a> {
    source: &'a Source,
    tree: &'a mut Tree,
    errors: &'a mut Vec<InventoryError>,
    named: Vec<Named>,
    /// Those that a section of this file defines.
    defined: Vec<String>,
}

pub(super) fn read(source: &Source, tree: &mut Tree, errors: &mut Vec<InventoryError>) {
    let top = tree.group(UNGROUPED, Span::new(source.id, 0, 0));
    let mut reader = Reader { source, tree, errors, named: Vec::new(), defined: Vec::new() };
    let mut section = Section::Hosts(top);
    let mut start = 0;
    for written in source.text.split_inclusive('\n') {
        let line = written.trim();
        let at = start + (written.len() - written.trim_start().len());
        start += written.len();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') {
            section = reader.section(line, at);
            continue;
        }
        match section {
            Section::Hosts(group) => reader.hosts(line, at, group),
            Section::Children(group) => reader.child(line, at, group),
            Section::Vars(group) => reader.var(line, at, group),
            Section::Unknown => {}
        }
    }
    reader.end();
}

impl Reader<'_> {
    fn span(&self, start: usize, length: usize) -> Span {
        Span::new(self.source.id, start, start + length)
    }

    fn wrong(&mut self, start: usize, length: usize, why: impl Into<String>, help: impl Into<String>) {
        let at = self.span(start, length);
        self.errors.push(InventoryError::Unreadable { at, why: why.into(), help: help.into() });
    }

    fn section(&mut self, line: &str, at: usize) -> Section {
        let inside = line[1..].split_once(']').filter(|(_, rest)| rest.trim_start().is_empty() || rest.trim_start().starts_with('#'));
        let Some((title, _)) = inside.filter(|(title, _)| !title.is_empty() && !title.contains(char::is_whitespace)) else {
            self.wrong(at, line.len(), format!("`{line}` is no section"), "a section is `[web]`, `[web:children]` or `[web:vars]`, without spaces");
            return Section::Unknown;
        };
        let (name, kind) = title.split_once(':').unwrap_or((title, "hosts"));
        if name.is_empty() || !matches!(kind, "hosts" | "children" | "vars") {
            let help = similar(kind, ["hosts", "children", "vars"].into_iter())
                .map_or_else(|| "there is `[GROUP]`, `[GROUP:children]` and `[GROUP:vars]`".to_owned(), |kind| format!("did you mean `[{name}:{kind}]`?"));
            self.wrong(at, title.len() + 2, format!("there is no section `[{title}]`"), help);
            return Section::Unknown;
        }
        let span = self.span(at + 1, name.len());
        let is_new = self.tree.find(name).is_none();
        let group = self.tree.group(name, span);
        match kind {
            "vars" => {
                if is_new {
                    self.named.push(Named { name: name.to_owned(), at: span, parent: None });
                }
                Section::Vars(group)
            }
            kind => {
                self.defined.push(name.to_owned());
                if kind == "children" { Section::Children(group) } else { Section::Hosts(group) }
            }
        }
    }

    fn hosts(&mut self, line: &str, at: usize, group: usize) {
        let words = match words(line) {
            Ok(words) => words,
            Err((place, what)) => {
                return self.wrong(at + place, line.len() - place, format!("this line has {what}"), "close it; a `'` in a value stands in `\"…\"`");
            }
        };
        let Some((name, rest)) = words.split_first() else { return };
        if name.text == "---" {
            return self.wrong(at, 3, "`---` is YAML, and this file was taken for INI", "give the file a name that ends in `.yml`");
        }
        let mut vars = Vec::new();
        for Word { text, start, end } in rest {
            match text.split_once('=').filter(|(name, _)| !name.is_empty()) {
                Some((name, value)) => vars.push((name.to_owned(), Var::Known(literal::value(value)))),
                None => self.wrong(
                    at + start,
                    end - start,
                    format!("`{text}` is no var"),
                    "behind a host stands `name=value`, with quotes where the value has spaces",
                ),
            }
        }
        let span = self.span(at + name.start, name.end - name.start);
        add_hosts(self.tree, self.errors, (&name.text, span), group, &vars);
    }

    fn child(&mut self, line: &str, at: usize, group: usize) {
        let name = line.split_once('#').map_or(line, |(name, _)| name).trim_end();
        if name.is_empty() || name.contains([':', ']']) || name.contains(char::is_whitespace) {
            return self.wrong(at, line.len(), format!("`{line}` is no name of a group"), "a `:children` section has the name of one group on each line");
        }
        let span = self.span(at, name.len());
        match self.tree.find(name) {
            Some(child) => self.tree.add_child(group, child),
            None => self.named.push(Named { name: name.to_owned(), at: span, parent: Some(group) }),
        }
    }

    fn var(&mut self, line: &str, at: usize, group: usize) {
        let Some((name, value)) = line.split_once('=').map(|(name, value)| (name.trim(), value.trim())).filter(|(name, _)| !name.is_empty()) else {
            return self.wrong(at, line.len(), format!("`{line}` is no var"), "a `:vars` section has `name=value` on each line");
        };
        if let Err(why) = self.tree.set_group(group, name.to_owned(), Var::Known(literal::value(value))) {
            self.wrong(at, line.len(), why, "write a whole number");
        }
    }

    /// Every group that was named is defined by now.
    fn end(&mut self) {
        for Named { name, at, parent } in std::mem::take(&mut self.named) {
            let known = self.tree.find(&name).filter(|_| parent.is_some() || self.defined.contains(&name));
            match (known, parent) {
                (Some(child), Some(parent)) => self.tree.add_child(parent, child),
                (Some(_), None) => {}
                (None, _) => {
                    let similar = similar(&name, self.tree.group_names());
                    let is_host = self.tree.hosts.iter().any(|host| host.name == name);
                    self.errors.push(InventoryError::UnknownGroup { at, name, similar, is_host });
                }
            }
        }
    }
}
