//! The hosts that a piece works on, as far as the runbook says: `--target` may put others in their place, but then what
//! the runbook says of two targets is no longer what its author had in mind.

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{During, Expr, For, Name, Runbook};
use grammar::source::Span;

use super::names::constant;
use super::paths::{Paths, Spot};
use crate::plan::template::{Expression, Scope};
use crate::value::{Type, Value};

/// The declared values of a runbook's targets.
#[derive(Debug, Default)]
pub(crate) struct Hosts(BTreeMap<String, Value>);

impl Scope for Hosts {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
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
    items: BTreeSet<Span>,
}

impl Hosts {
    pub(crate) fn of(runbook: &Runbook) -> Self {
        let mut hosts = Self(BTreeMap::from([("local".to_owned(), Value::String("local".to_owned()))]));
        for target in &runbook.targets {
            let kind = if target.kind.is_some() { Type::Host } else { Type::List(Box::new(Type::Host)) };
            let value = target.is.as_ref().and_then(|is| match is {
                grammar::ast::Operand::Computed(text) => hosts.value(text),
                other => constant(other, &kind),
            });
            if let Some(value) = value {
                hosts.0.insert(target.name.value.clone(), value);
            }
        }
        hosts
    }

    /// By name.
    pub(crate) fn into_values(self) -> BTreeMap<String, Value> {
        self.0
    }

    /// What an expression of targets comes to as they are declared.
    pub(crate) fn value(&self, text: &Expr) -> Option<Value> {
        Expression::compile(text).ok()?.eval(self).ok()
    }

    /// `loops`: those around the piece, the innermost first.
    pub(crate) fn on(&self, on: &[Name], loops: &[&For]) -> Where {
        let mut found = Where { hosts: Some(BTreeSet::new()), targets: BTreeSet::new(), items: BTreeSet::new() };
        for name in on {
            let each = loops.iter().find(|each| each.var.value == name.value);
            let hosts = match each {
                Some(each) => {
                    found.items.insert(each.var.span);
                    self.roots(&each.over, loops, &mut found.targets);
                    self.value(&each.over)
                }
                None => {
                    found.targets.insert(name.value.clone());
                    self.lookup(name)
                }
            };
            let hosts = hosts.map(|value| match value {
                Value::List(items) => items.iter().map(Value::display).collect(),
                one => vec![one.display()],
            });
            match (&mut found.hosts, hosts) {
                (Some(all), Some(hosts)) => all.extend(hosts),
                _ => found.hosts = None,
            }
        }
        found
    }

    /// The hosts of a piece.
    pub(crate) fn of_piece<'a>(&self, spot: Spot<'a>, paths: &Paths<'a>) -> Where {
        self.on(paths.on(spot), &paths.loops(spot).collect::<Vec<_>>())
    }

    /// The scopes around a piece that hold something on its own host, the innermost first.
    pub(crate) fn scopes_here<'a>(&self, spot: Spot<'a>, paths: &Paths<'a>) -> Vec<&'a During> {
        let here = self.of_piece(spot, paths);
        let held_here = |during: &&During| paths.holder(during).is_some_and(|at| self.of_piece(at, paths).meets(&here));
        paths.scopes(spot).filter(held_here).collect()
    }

    /// The targets that an expression takes its hosts from.
    fn roots(&self, text: &Expr, loops: &[&For], found: &mut BTreeSet<String>) {
        for (name, _) in Expression::compile(text).map(|e| e.names()).unwrap_or_default() {
            match loops.iter().find(|each| each.var.value == name && each.over.text != text.text) {
                Some(each) => self.roots(&each.over, loops, found),
                None => {
                    found.insert(name);
                }
            }
        }
    }
}

impl Where {
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

    /// Exactly one host, and always the same.
    pub(crate) fn is_one(&self) -> bool {
        self.items.is_empty() && (self.is_local() || self.hosts.as_ref().is_some_and(|hosts| hosts.len() == 1))
    }

    /// Only the machine that the engine runs on.
    pub(crate) fn is_local(&self) -> bool {
        self.targets.iter().all(|name| name == "local")
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
}
