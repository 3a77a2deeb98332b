//! Groups and hosts as Ansible gathers them from all its files, and what comes of that: members, and the one value that
//! counts of each var.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use grammar::source::Span;
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value as Json;

use super::super::InventoryError;
use super::super::vars::Var;
use crate::check::order::circles;
use crate::plan::model::HostName;

pub(super) const ALL: &str = "all";
pub(super) const UNGROUPED: &str = "ungrouped";

/// How many groups may stand inside each other.
const DEPTH: usize = 33;

pub(super) type Vars = BTreeMap<String, Var>;

/// In the order in which they are met. `all` and `ungrouped` are always there.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) groups: Vec<Group>,
    by_name: HashMap<String, usize>,
    pub(super) hosts: Vec<Host>,
    by_host: HashMap<HostName, usize>,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    at: Span,
    hosts: Vec<usize>,
    has: BTreeSet<usize>,
    children: Vec<usize>,
    pub(super) vars: Vars,
    priority: i64,
    /// From `group_vars`: it counts after what the files of the inventory say of any group.
    pub(super) more: Vars,
}

#[derive(Debug)]
pub(super) struct Host {
    pub(super) name: HostName,
    groups: Vec<usize>,
    pub(super) vars: Vars,
    /// From `host_vars`.
    pub(super) more: Vars,
}

/// What is known of hosts when all is read.
pub(super) struct Grown {
    /// The hosts of each group, those of the groups inside it too.
    pub(super) members: BTreeMap<String, Vec<HostName>>,
    /// By host: the names of its groups, without `all`, and its vars.
    pub(super) hosts: Vec<(HostName, Vec<String>, Vars)>,
}

impl Tree {
    pub(super) fn new(at: Span) -> Self {
        let mut tree = Self { groups: Vec::new(), by_name: HashMap::new(), hosts: Vec::new(), by_host: HashMap::new() };
        let (all, ungrouped) = (tree.group(ALL, at), tree.group(UNGROUPED, at));
        tree.add_child(all, ungrouped);
        tree
    }

    /// The group of this name, made if it is not there.
    pub(super) fn group(&mut self, name: &str, at: Span) -> usize {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let number = self.groups.len();
        self.by_name.insert(name.to_owned(), number);
        let (hosts, has, children) = (Vec::new(), BTreeSet::new(), Vec::new());
        self.groups.push(Group { name: name.to_owned(), at, hosts, has, children, vars: Vars::new(), priority: 1, more: Vars::new() });
        number
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn group_names(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|group| group.name.as_str())
    }

    pub(super) fn add_child(&mut self, group: usize, child: usize) {
        if !self.groups[group].children.contains(&child) {
            self.groups[group].children.push(child);
        }
    }

    /// The host of this name in this group. A port counts where the host is met for the first time.
    pub(super) fn host(&mut self, name: &str, group: usize, port: Option<u16>) -> usize {
        let number = *self.by_host.entry(name.to_owned()).or_insert_with(|| {
            let vars = port.map(|port| ("ansible_port".to_owned(), Var::Known(port.into()))).into_iter().collect();
            self.hosts.push(Host { name: name.to_owned(), groups: Vec::new(), vars, more: Vars::new() });
            self.hosts.len() - 1
        });
        if self.groups[group].has.insert(number) {
            self.groups[group].hosts.push(number);
            self.hosts[number].groups.push(group);
        }
        number
    }

    /// Of `ansible_group_priority` the number is kept, and no var.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn set_group(&mut self, group: usize, name: String, value: Var) -> Result<(), String> {
        let group = &mut self.groups[group];
        if name != "ansible_group_priority" {
            group.vars.insert(name, value);
            return Ok(());
        }
        let number = match &value {
            Var::Known(Json::Number(n)) => n.as_i64(),
            Var::Known(Json::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        group.priority = number.ok_or_else(|| format!("`ansible_group_priority` of `{}` is no number", group.name))?;
        Ok(())
    }

    /// # Errors
    /// Groups that hold each other in a circle.
    pub(super) fn grown(mut self) -> Result<Grown, Vec<InventoryError>> {
        let (all, ungrouped) = (0, 1);
        self.settle(all, ungrouped);
        let outer_first = self.order()?;
        let mut depth = vec![0_usize; self.groups.len()];
        let mut above: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.groups.len()];
        for group in outer_first {
            for child in self.groups[group].children.clone() {
                depth[child] = depth[child].max(depth[group] + 1);
                if depth[child] > DEPTH {
                    let Group { name, at, .. } = &self.groups[child];
                    let (at, what, found) = (*at, format!("the group `{name}`"), "nested too deep");
                    return Err(vec![InventoryError::WrongShape { at, what, found, help: "let no group hold more than 32 others in a row" }]);
                }
                let ancestors: Vec<usize> = above[group].iter().copied().chain([group]).collect();
                above[child].extend(ancestors);
            }
        }
        let members = self.groups.iter().enumerate().map(|(at, group)| (group.name.clone(), self.members(at))).collect();
        let mut hosts = Vec::with_capacity(self.hosts.len());
        // Most hosts are in the same groups as others.
        let mut merged: HashMap<Vec<usize>, (Vec<String>, Vars)> = HashMap::new();
        for host in &self.hosts {
            let mut key = host.groups.clone();
            key.sort_unstable();
            let (names, of_groups) = merged.entry(key).or_insert_with_key(|direct| self.of_groups(direct, &above, &depth, all));
            let mut vars = of_groups.clone();
            vars.extend(host.vars.clone());
            vars.extend(host.more.clone());
            hosts.push((host.name.clone(), names.clone(), vars));
        }
        Ok(Grown { members, hosts })
    }

    /// Every group is inside `all`, and a host of no other group in `ungrouped`.
    fn settle(&mut self, all: usize, ungrouped: usize) {
        let inside: BTreeSet<usize> = self.groups.iter().flat_map(|group| group.children.iter().copied()).collect();
        for group in (0..self.groups.len()).filter(|group| *group != all && !inside.contains(group)) {
            self.add_child(all, group);
        }
        for (number, host) in self.hosts.iter_mut().enumerate() {
            let is_grouped = host.groups.iter().any(|group| *group != all && *group != ungrouped);
            if is_grouped && self.groups[ungrouped].has.remove(&number) {
                host.groups.retain(|group| *group != ungrouped);
            } else if !is_grouped && self.groups[ungrouped].has.insert(number) {
                self.groups[ungrouped].hosts.push(number);
                host.groups.push(ungrouped);
            }
        }
        let Group { hosts, has, .. } = &mut self.groups[ungrouped];
        hosts.retain(|host| has.contains(host));
    }

    fn order(&self) -> Result<Vec<usize>, Vec<InventoryError>> {
        let mut graph = DiGraph::<usize, ()>::new();
        let nodes: Vec<NodeIndex> = (0..self.groups.len()).map(|at| graph.add_node(at)).collect();
        for (at, group) in self.groups.iter().enumerate() {
            for child in &group.children {
                graph.update_edge(nodes[at], nodes[*child], ());
            }
        }
        let circles = circles(&graph).into_iter().map(|circle| {
            let mut names: Vec<String> = circle.iter().map(|at| self.groups[*at].name.clone()).collect();
            names.extend(names.first().cloned());
            InventoryError::GroupCycle { at: self.groups[circle[0]].at, names }
        });
        let found: Vec<InventoryError> = circles.collect();
        if !found.is_empty() {
            return Err(found);
        }
        Ok(toposort(&graph, None).unwrap_or_default().into_iter().map(|node| graph[node]).collect())
    }

    /// Its own first, then those of its children, and so on down.
    fn members(&self, group: usize) -> Vec<HostName> {
        let mut groups = vec![group];
        let mut seen = BTreeSet::from([group]);
        let mut next = 0;
        while let Some(group) = groups.get(next).copied() {
            groups.extend(self.groups[group].children.iter().copied().filter(|child| seen.insert(*child)));
            next += 1;
        }
        let mut taken = BTreeSet::new();
        groups.iter().flat_map(|group| &self.groups[*group].hosts).filter(|host| taken.insert(**host)).map(|host| self.hosts[*host].name.clone()).collect()
    }

    /// The outer groups' words first, so that an inner one's counts; at one depth by priority, then by name. What
    /// `group_vars` says comes after all that stands in files of the inventory, `all`'s before the others'.
    fn of_groups(&self, direct: &[usize], above: &[BTreeSet<usize>], depth: &[usize], all: usize) -> (Vec<String>, Vars) {
        let mut groups: BTreeSet<usize> = direct.iter().flat_map(|group| above[*group].iter().copied().chain([*group])).collect();
        groups.insert(all);
        let mut sorted: Vec<usize> = groups.into_iter().collect();
        sorted.sort_by_key(|group| (*group != all, depth[*group], self.groups[*group].priority, self.groups[*group].name.clone()));
        let mut vars = Vars::new();
        for group in &sorted {
            vars.extend(self.groups[*group].vars.clone());
        }
        for group in &sorted {
            vars.extend(self.groups[*group].more.clone());
        }
        let mut names: Vec<String> = sorted.into_iter().filter(|group| *group != all).map(|group| self.groups[group].name.clone()).collect();
        names.sort();
        (names, vars)
    }
}
