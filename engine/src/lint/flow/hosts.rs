//! The hosts that a piece works on, as far as the runbook says: `--target` may put others in their place, but then what
//! the runbook says of two targets is no longer what its author had in mind. In a called runbook a target is what the
//! call gives it.

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{Call, Expr, For, Name, Operand, Runbook, Target};
use grammar::source::Span;

use super::names::{Names, constant};
use crate::check::is_reckoned;
use crate::plan::template::{Expression, Scope};
use crate::value::{Type, Value};

/// The targets of a runbook: their values, and where they come from.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    values: BTreeMap<String, Value>,
    /// Of a called runbook: what its targets are to the one that is looked at. Others stand for themselves.
    given: BTreeMap<String, Where>,
    /// Which of the runbooks that are looked at together this is: two calls of one runbook have two sets of items.
    frame: usize,
}

impl Scope for Hosts {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.values.get(name).cloned()
    }
}

/// What stands after an `on`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Where {
    /// `None`: not all of them are known.
    pub(crate) hosts: Option<BTreeSet<String>>,
    /// The targets that they are taken from.
    targets: BTreeSet<String>,
    /// The loops whose items they are.
    items: BTreeSet<(usize, Span)>,
}

impl Hosts {
    pub(crate) fn of(runbook: &Runbook) -> Self {
        let mut hosts = Self { values: BTreeMap::from([("local".to_owned(), Value::String("local".to_owned()))]), ..Self::default() };
        for target in &runbook.targets {
            hosts.declare(target, target.is.as_ref());
        }
        hosts
    }

    /// Those of a called runbook. `loops`: those around the call, the innermost first; `call`: none where a series passes
    /// what has the same name.
    pub(crate) fn called(runbook: &Runbook, call: Option<&Call>, caller: &Self, loops: &[&For], frame: usize) -> Self {
        let mut hosts = Self { values: BTreeMap::from([("local".to_owned(), Value::String("local".to_owned()))]), frame, ..Self::default() };
        for target in &runbook.targets {
            let name = &target.name.value;
            let passed = call.and_then(|call| call.with.iter().find(|(n, _)| n.value == *name)).map(|(_, operand)| operand);
            let at = match passed {
                Some(operand) => caller.given_by(operand, loops),
                None if is_reckoned(target) => {
                    hosts.declare(target, target.is.as_ref());
                    Where { hosts: hosts.lookup(name).map(names_of), targets: BTreeSet::new(), items: BTreeSet::new() }
                }
                None => caller.on(std::slice::from_ref(&target.name), loops),
            };
            if let (Some(known), false) = (&at.hosts, hosts.values.contains_key(name)) {
                let mut all = known.iter().cloned().map(Value::String);
                let value = if target.kind.is_some() { all.next() } else { Some(Value::List(all.collect())) };
                hosts.values.extend(value.map(|value| (name.clone(), value)));
            }
            let own = || BTreeSet::from([format!("{name} of {frame}")]);
            let is_nowhere = at.targets.is_empty() && at.items.is_empty();
            hosts.given.insert(name.clone(), if is_nowhere { Where { targets: own(), ..at } } else { at });
        }
        hosts
    }

    fn declare(&mut self, target: &Target, is: Option<&Operand>) {
        let kind = if target.kind.is_some() { Type::Host } else { Type::List(Box::new(Type::Host)) };
        let value = is.and_then(|is| match is {
            Operand::Computed(text) => self.value(text),
            other => constant(other, &kind),
        });
        self.values.extend(value.map(|value| (target.name.value.clone(), value)));
    }

    /// What an argument stands for.
    fn given_by(&self, operand: &Operand, loops: &[&For]) -> Where {
        let nothing = Where { hosts: None, targets: BTreeSet::new(), items: BTreeSet::new() };
        match operand {
            Operand::Computed(text) => {
                let name = Name { value: text.text.trim().to_owned(), span: text.span };
                if self.is_known(&name.value, loops) {
                    return self.on(&[name], loops);
                }
                // A part of an item is some host of that item, and of no other.
                let names = names_in(text);
                let items = loops.iter().filter(|each| names.contains(&each.var.value)).map(|each| (self.frame, each.var.span)).collect();
                Where { hosts: self.value(text).map(names_of), items, ..nothing }
            }
            Operand::Literal(text) if text.text.contains("{{") => nothing,
            Operand::Literal(text) => Where { hosts: Some(BTreeSet::from([text.text.clone()])), ..nothing },
            Operand::List(items) => {
                let all = items.value.iter().map(|item| self.given_by(item, loops));
                all.reduce(Where::and).unwrap_or(nothing)
            }
        }
    }

    /// On how many hosts these names stand each time: one item of a loop over hosts is one host.
    pub(crate) fn at_once(&self, on: &[Name], loops: &[&For], names: &Names) -> Option<usize> {
        let mut hosts = BTreeSet::new();
        let mut items = 0;
        for name in on {
            match loops.iter().find(|each| each.var.value == name.value) {
                Some(each) if self.is_over_hosts(each, names) => items += 1,
                Some(_) => return None,
                // A target of one host is one, whichever it is.
                None if names.get(name).and_then(|known| known.kind.as_ref()) == Some(&Type::Host) => {
                    hosts.insert(self.lookup(name).map_or_else(|| format!("{{{}}}", name.value), |value| value.display()));
                }
                None => hosts.extend(names_of(self.lookup(name)?)),
            }
        }
        Some(hosts.len() + items)
    }

    /// Whether the items of a loop are hosts, and not lists of them.
    fn is_over_hosts(&self, each: &For, names: &Names) -> bool {
        let Some(Value::List(items)) = self.value(&each.over) else {
            let declared = names.get(each.over.text.trim()).and_then(|known| known.kind.as_ref());
            return matches!(declared, Some(Type::List(of)) if matches!(**of, Type::Host | Type::String));
        };
        items.iter().all(|item| matches!(item, Value::String(_)))
    }

    fn is_known(&self, name: &str, loops: &[&For]) -> bool {
        name == "local" || self.given.contains_key(name) || self.values.contains_key(name) || loops.iter().any(|each| each.var.value == name)
    }

    /// By name.
    pub(crate) fn into_values(self) -> BTreeMap<String, Value> {
        self.values
    }

    /// What an expression of targets comes to as they are declared.
    pub(crate) fn value(&self, text: &Expr) -> Option<Value> {
        Expression::compile(text).ok()?.eval(self).ok()
    }

    /// `loops`: those around the piece in its own runbook, the innermost first.
    pub(crate) fn on(&self, on: &[Name], loops: &[&For]) -> Where {
        on.iter().map(|name| self.one(name, loops)).reduce(Where::and).unwrap_or_else(|| Where {
            hosts: Some(BTreeSet::new()),
            targets: BTreeSet::new(),
            items: BTreeSet::new(),
        })
    }

    fn one(&self, name: &Name, loops: &[&For]) -> Where {
        if let Some(each) = loops.iter().find(|each| each.var.value == name.value) {
            let mut from = Where { hosts: None, targets: BTreeSet::new(), items: BTreeSet::new() };
            self.roots(&each.over, loops, &mut from);
            from.items.insert((self.frame, each.var.span));
            return Where { hosts: self.value(&each.over).map(names_of), ..from };
        }
        let own = || Where { hosts: self.lookup(name).map(names_of), targets: BTreeSet::from([name.value.clone()]), items: BTreeSet::new() };
        self.given.get(&name.value).cloned().unwrap_or_else(own)
    }

    /// The targets and loops that an expression takes its hosts from.
    fn roots(&self, text: &Expr, loops: &[&For], found: &mut Where) {
        for name in names_in(text) {
            match loops.iter().find(|each| each.var.value == name && each.over.text != text.text) {
                Some(each) => self.roots(&each.over, loops, found),
                None => match self.given.get(&name) {
                    Some(given) => {
                        found.targets.extend(given.targets.iter().cloned());
                        found.items.extend(given.items.iter().copied());
                    }
                    None => {
                        found.targets.insert(name);
                    }
                },
            }
        }
    }
}

fn names_in(text: &Expr) -> Vec<String> {
    Expression::compile(text).map(|e| e.names()).unwrap_or_default().into_iter().map(|(name, _)| name).collect()
}

/// A host, or a list of hosts and of lists of them.
fn names_of(value: Value) -> BTreeSet<String> {
    match value {
        Value::List(items) => items.into_iter().flat_map(names_of).collect(),
        one => BTreeSet::from([one.display()]),
    }
}

impl Where {
    /// Both together.
    fn and(mut self, other: Self) -> Self {
        self.hosts = match (self.hosts, other.hosts) {
            (Some(one), Some(other)) => Some(one.into_iter().chain(other).collect()),
            _ => None,
        };
        self.targets.extend(other.targets);
        self.items.extend(other.items);
        self
    }

    /// Whether a host is surely among both: the same item, a host that both name, or the same target.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        if !self.items.is_disjoint(&other.items) {
            return true;
        }
        match (&self.hosts, &other.hosts) {
            (Some(one), Some(other)) => !one.is_disjoint(other),
            _ => self.items.is_empty() && other.items.is_empty() && !self.targets.is_disjoint(&other.targets),
        }
    }

    /// Whether it is another for each item of a loop.
    pub(crate) fn is_of(&self, frame: usize, each: Span) -> bool {
        self.items.contains(&(frame, each))
    }

    /// Exactly one host, and always the same.
    pub(crate) fn is_one(&self) -> bool {
        self.items.is_empty() && (self.is_local() || self.hosts.as_ref().is_some_and(|hosts| hosts.len() == 1))
    }

    /// Only the machine that the engine runs on.
    pub(crate) fn is_local(&self) -> bool {
        !self.targets.is_empty() && self.targets.iter().all(|name| name == "local")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::parsed;

    fn on(names: &[&str]) -> Vec<Name> {
        names.iter().map(|name| Name::new((*name).to_owned(), Span::default())).collect()
    }

    #[test]
    fn hosts_meet_where_the_runbook_says_so() {
        let text = "runbook x { target web = [\"a\", \"b\"]\n target first: host = web[0]\n target b: host = \"b\"\n target c: host = \"c\"\n target later\n target too }";
        let file = parsed("t.runbook", text).file;
        let hosts = Hosts::of(&file.runbooks[0]);
        let meet = |one: &[&str], other: &[&str]| hosts.on(&on(one), &[]).meets(&hosts.on(&on(other), &[]));
        for (one, other, meets) in [
            ("web", "first", true),
            ("web", "b", true),
            ("first", "b", false),
            ("web", "c", false),
            ("later", "later", true),
            ("later", "too", false),
            ("later", "web", false),
        ] {
            assert_eq!(meet(&[one], &[other]), meets, "{one} {other}");
        }
        assert!(meet(&["c", "b"], &["web"]));
        assert!(hosts.on(&on(&["local"]), &[]).is_local());
    }

    #[test]
    fn a_called_runbook_works_on_what_it_is_given() {
        let text = "runbook x { target web = [\"a\", \"b\"]\n target later\n target h: host = \"h\"
            for i in later { call one low(to: i) }
            call two low(to: web[0], h: \"b\")
            call three low(to: h) }
          runbook low { target to: host\n target h: host\n target own: host = to\n target rest = [\"x\"] }";
        let file = parsed("t.runbook", text).file;
        let (caller, low) = (Hosts::of(&file.runbooks[0]), &file.runbooks[1]);
        let grammar::ast::Piece::For(each) = &file.runbooks[0].body.pieces[0] else { panic!("a loop") };
        let calls = [&each.block.pieces[0], &file.runbooks[0].body.pieces[1], &file.runbooks[0].body.pieces[2]];
        let given = |at: usize, name: &str| {
            let grammar::ast::Piece::Call(call) = calls[at] else { panic!("a call") };
            let loops: &[&For] = if at == 0 { &[each] } else { &[] };
            Hosts::called(low, Some(call), &caller, loops, at + 1).on(&on(&[name]), &[])
        };
        let here = |name: &str| caller.on(&on(&[name]), &[]);
        assert!(given(0, "to").meets(&caller.on(&on(&["i"]), &[each])) && !given(0, "to").is_one());
        assert!(given(0, "h").meets(&here("h")), "of the same name");
        assert!(given(1, "to").meets(&here("web")) && given(1, "own").meets(&here("web")) && given(1, "h").meets(&here("web")));
        assert!(!given(1, "to").meets(&given(1, "h")) && given(1, "to").is_one());
        assert!(given(2, "to").meets(&given(2, "h")) && given(2, "own").meets(&here("h")));
        assert!(!given(0, "to").meets(&given(2, "to")) && !given(1, "rest").meets(&here("web")));
    }
}
