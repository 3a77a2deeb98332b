//! What one wants to know of a plan before one says yes: what it holds from when to when, where the way back ends, what is
//! so already, and what stands against it now.

use std::collections::BTreeMap;

use super::usual::step_of;
use super::words::count;
use crate::plan::found::{Found, Now};
use crate::plan::model::{NodeId, NodeKind, Plan};

/// Gathered while the page is written, by the numbers that its steps have there.
#[derive(Debug, Default)]
pub(super) struct Short {
    scopes: Vec<Scope>,
    /// Number and name of each step beyond which nothing is undone.
    ends: Vec<(usize, String)>,
}

#[derive(Debug)]
struct Scope {
    step: String,
    hosts: Vec<String>,
    from: usize,
    to: usize,
}

impl Short {
    pub(super) fn take(&mut self, plan: &Plan, id: NodeId, hosts: &[&str], number: usize) {
        let node = plan.node(id);
        let name = |id: NodeId| step_of(&plan.node(id).path, plan.node(id).host.as_deref());
        match &node.kind {
            NodeKind::Enter { .. } => {
                let step = name(id);
                let at = self.scopes.iter().position(|scope| scope.step == step).unwrap_or_else(|| {
                    self.scopes.push(Scope { step, hosts: Vec::new(), from: number, to: number });
                    self.scopes.len() - 1
                });
                let scope = &mut self.scopes[at];
                let new: Vec<String> = hosts.iter().filter(|host| !scope.hosts.iter().any(|known| known == *host)).map(|host| (*host).to_owned()).collect();
                scope.hosts.extend(new);
            }
            NodeKind::Leave { enter } => {
                let step = name(*enter);
                self.scopes.iter_mut().filter(|scope| scope.step == step).for_each(|scope| scope.to = number);
            }
            _ => {}
        }
        if node.spec().is_some_and(|spec| spec.irreversible.is_some()) {
            self.ends.push((number, node.label().to_owned()));
        }
    }

    pub(super) fn lines(&self, plan: &Plan, found: &Found) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let locked = plan.locked_hosts().count();
        lines.extend(plan.locks.iter().map(|lock| format!("holds the lock {lock} on {}, from before the first step to the end", count(locked, "host"))));
        for Scope { step, hosts, from, to } in &self.scopes {
            let on = if hosts.is_empty() { String::new() } else { format!(" on {}", hosts.join(", ")) };
            lines.push(format!("holds {step}{on}, from step {from} to step {to}"));
        }
        lines.extend(self.ends.iter().map(|(number, name)| format!("step {number}, {name}, is a point of no return: a rollback never goes behind it")));
        let all = || found.nodes.iter().filter(|(id, _)| !matches!(plan.node(**id).kind, NodeKind::Require(_) | NodeKind::Fact(_)));
        let satisfied = all().filter(|(_, now)| **now == Now::Satisfied).count();
        if satisfied > 0 {
            lines.push(format!(
                "{} as wanted already, and would be passed over",
                if satisfied == 1 { "1 step is".to_owned() } else { format!("{satisfied} steps are") }
            ));
        }
        let refused: Vec<&str> = found.nodes.iter().filter(|(_, now)| matches!(now, Now::Refused { .. })).map(|(id, _)| plan.node(*id).path.as_str()).collect();
        if !refused.is_empty() {
            lines.push(format!("would be refused as things stand now: {}", refused.join(", ")));
        }
        let unmet = found.requires.values().filter(|now| matches!(now, Now::Refused { .. })).count();
        if unmet > 0 {
            lines.push(format!(
                "a run would be refused before anything changes: {} not met",
                if unmet == 1 { "1 requirement is".to_owned() } else { format!("{unmet} requirements are") }
            ));
        }
        lines
    }
}

/// What is found now of one step on its hosts, each answer once.
pub(super) fn now(plan: &Plan, ids: &[NodeId], found: &Found) -> Vec<String> {
    let checks = ids.first().is_some_and(|id| plan.node(*id).spec().is_some_and(|spec| spec.check().is_some()));
    let found = ids.iter().filter_map(|id| Some((plan.node(*id).host.as_deref().unwrap_or_default(), found.nodes.get(id)?)));
    let passes = ids.first().is_some_and(|id| matches!(plan.node(*id).kind, NodeKind::Fact(_) | NodeKind::Require(_)));
    grouped(
        found,
        ids.len(),
        if passes {
            "it holds"
        } else if checks {
            "not as wanted yet: it would run"
        } else {
            "nothing stands against it"
        },
    )
}

/// The same of a requirement of the top.
pub(super) fn now_of_require(at: u32, found: &Found) -> Vec<String> {
    let said: Vec<(&str, &Now)> =
        found.requires.iter().filter(|((of, _), _)| *of == at).map(|((_, host), now)| (host.as_deref().unwrap_or_default(), now)).collect();
    let hosts = said.len();
    grouped(said.into_iter(), hosts, "it holds")
}

fn grouped<'a>(found: impl Iterator<Item = (&'a str, &'a Now)>, hosts: usize, runs: &str) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (host, now) in found {
        groups.entry(sentence(now, runs)).or_default().push(host);
    }
    let named = |(said, on): (String, Vec<&str>)| if hosts > 1 { format!("{said}  (on {})", on.join(", ")) } else { said };
    groups.into_iter().map(named).collect()
}

fn sentence(now: &Now, runs: &str) -> String {
    let why = one_line(now.why().unwrap_or_default());
    match now {
        Now::Satisfied => "as wanted already: it would be passed over".to_owned(),
        Now::Runs => runs.to_owned(),
        Now::Skipped { .. } => format!("it would be skipped: {why}"),
        Now::Refused { .. } => format!("REFUSED: {why}"),
        Now::Unknown { .. } => format!("not known before the run: {why}"),
    }
}

/// What came from a host neither breaks the page nor moves the cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
