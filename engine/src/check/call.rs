//! `call`: another runbook as a block. What it is given fits what it declares, and no runbook comes back to itself.

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{Action, Block, Call, Operand, Param, Piece, Runbook, Series, Target};
use grammar::source::{Span, Text};
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use super::error::CheckError;
use super::library::Update;
use super::merged::Merged;
use super::names::{What, similar};
use super::order;
use super::values::fits;
use super::walk::{Checker, Place};
use crate::plan::template::{Expression, Prose};
use crate::value::Type;

/// How many calls may stand inside each other.
pub(super) const DEPTH: usize = 32;
/// How many a runbook may come to, with all that are inside them.
pub(super) const NUMBER: usize = 10_000;

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &Call, place: &mut Place) {
        self.id(&call.id);
        // Arguments are bound once, whatever the hosts around the call are.
        let mut here = Place { on: Vec::new(), ..place.clone() };
        self.when(call.when.as_ref(), &mut here);
        let Some(runbook) = self.runbooks.get(&call.runbook.value) else {
            let known: Vec<String> = self.runbooks.keys().take(8).cloned().collect();
            let similar = similar(&call.runbook, self.runbooks.keys().map(String::as_str));
            self.error(CheckError::UnknownRunbook { at: call.runbook.span, name: call.runbook.value.clone(), similar, known });
            for (_, value) in &call.with {
                self.any_operand(value, &here);
            }
            return;
        };
        self.arguments(call, runbook, &here);
        for target in &runbook.targets {
            if !call.with.iter().any(|(name, _)| name.value == target.name.value) {
                self.target_of_the_same_name(call.runbook.span, runbook, target, &here);
            }
        }
        if place.parallel && self.irreversible.contains(&runbook.name.span) {
            self.error(CheckError::IrreversibleInParallel { at: call.id.span, id: call.id.value.clone() });
        }
    }

    /// Those that are given fit, and those that are needed are given.
    fn arguments(&mut self, call: &Call, runbook: &Runbook, here: &Place) {
        for (name, value) in &call.with {
            let what = format!("`{}`", name.value);
            let param = runbook.params.iter().find(|p| p.name.value == name.value);
            let target = runbook.targets.iter().find(|t| t.name.value == name.value);
            if let Some(kind) = param.and_then(|p| Type::written(&p.kind)) {
                self.operand(value, &kind, &what, here);
            } else if let Some(target) = target {
                self.operand(value, &hosts(target), &what, here);
                self.known_early(value, &what, here);
            } else {
                self.any_operand(value, here);
                if param.is_none() {
                    self.unknown_argument(call, name, runbook);
                }
            }
        }
        for param in runbook.params.iter().filter(|p| is_needed(p)) {
            if !call.with.iter().any(|(name, _)| name.value == param.name.value) {
                self.missing(call.runbook.span, runbook, param);
            }
        }
    }

    fn unknown_argument(&mut self, call: &Call, name: &grammar::ast::Name, runbook: &Runbook) {
        let known: Vec<String> = runbook.params.iter().map(|p| &p.name).chain(runbook.targets.iter().map(|t| &t.name)).map(|n| n.value.clone()).collect();
        let similar = similar(name, known.iter().map(String::as_str));
        self.error(CheckError::UnknownArgument { at: name.span, action: call.runbook.value.clone(), name: name.value.clone(), similar, known });
    }

    pub(super) fn missing(&mut self, at: Span, runbook: &Runbook, param: &Param) {
        let kind = Type::written(&param.kind).map_or_else(String::new, |k| k.to_string());
        self.error(CheckError::MissingArgument { at, action: runbook.name.value.clone(), name: param.name.value.clone(), kind });
    }

    /// A target that is not passed is the one of the same name here; one that is reckoned from others needs none.
    pub(super) fn target_of_the_same_name(&mut self, at: Span, runbook: &Runbook, target: &Target, here: &Place) {
        let open =
            |here| CheckError::TargetNotPassed { at, runbook: runbook.name.value.clone(), name: target.name.value.clone(), declared: target.name.span, here };
        match here.names.get(&target.name).cloned() {
            Some(known) if matches!(known.what, What::Target | What::Targets | What::Loop) => {
                self.used.insert(known.span);
                let wanted = hosts(target);
                match known.kind {
                    Some(found) if !fits(&found, &wanted) => self.error(open(Some(if found == Type::Host { "one host" } else { "several hosts" }))),
                    _ => {}
                }
            }
            Some(_) => self.error(open(Some("no target"))),
            None if is_reckoned(target) => {}
            None => self.error(open(None)),
        }
    }
}

/// What a target is as a type.
fn hosts(target: &Target) -> Type {
    if target.kind.is_some() { Type::Host } else { Type::List(Box::new(Type::Host)) }
}

pub(super) fn is_needed(param: &Param) -> bool {
    param.default.is_none() && !param.kind.optional
}

/// Whether a target's own value is made of other names of its runbook: `target primary: host = web[0]`. Hosts that are
/// written there belong to the runbook by itself, and a call never falls back on them.
pub(crate) fn is_reckoned(target: &Target) -> bool {
    fn names(operand: &Operand) -> Vec<String> {
        match operand {
            Operand::Literal(text) => Prose::compile(text).map(|p| p.names()).unwrap_or_default().into_iter().map(|(name, _)| name).collect(),
            Operand::Computed(text) => Expression::compile(text).map(|e| e.names()).unwrap_or_default().into_iter().map(|(name, _)| name).collect(),
            Operand::List(items) => items.value.iter().flat_map(names).collect(),
        }
    }
    target.is.as_ref().is_some_and(|is| names(is).iter().any(|name| name != "local"))
}

/// Every piece of a block, at any depth.
fn visit<'a>(block: &'a Block, look: &mut impl FnMut(&'a Piece)) {
    for piece in &block.pieces {
        look(piece);
        match piece {
            Piece::Boundary(boundary) => visit(&boundary.block, look),
            Piece::During(during) => {
                if let Some(block) = &during.block {
                    visit(block, look);
                }
            }
            Piece::Parallel(block) => visit(block, look),
            Piece::For(each) => visit(&each.block, look),
            Piece::Series(series) => visit(&series.block, look),
            Piece::Step(_) | Piece::Manual(_) | Piece::Gate(_) | Piece::Call(_) | Piece::Fact(_) | Piece::Require(_) => {}
        }
    }
}

/// The folder of every `series` in a block, at any depth.
pub(super) fn folders(block: &Block) -> Vec<&Text> {
    let mut found = Vec::new();
    visit(block, &mut |piece| {
        if let Piece::Series(series) = piece {
            found.push(&series.folder);
        }
    });
    found
}

/// Every `series` in a block that goes down: its folder, and where it says so.
pub(super) fn down(block: &Block) -> Vec<(Span, Span)> {
    let mut found = Vec::new();
    visit(block, &mut |piece| {
        if let Piece::Series(Series { folder, down: Some(down), .. }) = piece {
            found.push((folder.span, down.span));
        }
    });
    found
}

/// The runbooks that one calls, each with the place that says so.
fn calls<'a>(runbook: &Runbook, runbooks: &'a BTreeMap<String, Runbook>, series: &'a BTreeMap<Span, Vec<Update>>) -> Vec<(Span, &'a Runbook)> {
    let mut found = Vec::new();
    visit(&runbook.body, &mut |piece| match piece {
        Piece::Call(call) => found.extend(runbooks.get(&call.runbook.value).map(|called| (call.runbook.span, called))),
        Piece::Series(Series { folder, .. }) => found.extend(series.get(&folder.span).into_iter().flatten().map(|update| (folder.span, &update.runbook))),
        _ => {}
    });
    found
}

/// The same without their places.
pub(super) fn called<'a>(runbook: &Runbook, runbooks: &'a BTreeMap<String, Runbook>, series: &'a BTreeMap<Span, Vec<Update>>) -> Vec<&'a Runbook> {
    calls(runbook, runbooks, series).into_iter().map(|(_, called)| called).collect()
}

/// Who calls whom.
struct Calls<'a> {
    all: Vec<&'a Runbook>,
    /// Of each, the place of every call and the position of the one that is called.
    calls: Vec<Vec<(Span, usize)>>,
    graph: DiGraph<usize, ()>,
}

impl<'a> Calls<'a> {
    fn of(runbooks: &'a BTreeMap<String, Runbook>, series: &'a BTreeMap<Span, Vec<Update>>) -> Self {
        let mut all: Vec<&Runbook> = runbooks.values().chain(series.values().flatten().map(|update| &update.runbook)).collect();
        all.sort_by_key(|r| r.name.span);
        all.dedup_by_key(|r| r.name.span);
        let place = |other: &Runbook| all.binary_search_by_key(&other.name.span, |r| r.name.span).ok();
        let calls: Vec<Vec<(Span, usize)>> =
            all.iter().map(|runbook| calls(runbook, runbooks, series).into_iter().filter_map(|(at, other)| Some((at, place(other)?))).collect()).collect();
        let mut graph = DiGraph::<usize, ()>::new();
        let nodes: Vec<NodeIndex> = (0..all.len()).map(|at| graph.add_node(at)).collect();
        let edges: BTreeSet<(usize, usize)> = calls.iter().enumerate().flat_map(|(at, called)| called.iter().map(move |(_, other)| (at, *other))).collect();
        for (at, other) in edges {
            graph.add_edge(nodes[at], nodes[other], ());
        }
        Self { all, calls, graph }
    }

    /// Those that are called come before those that call them; none where there is a circle.
    fn inner_first(&self) -> Vec<usize> {
        toposort(&self.graph, None).unwrap_or_default().into_iter().rev().map(|node| self.graph[node]).collect()
    }
}

/// Runbooks that come back to themselves, each told from its smallest position, and calls that would never come to an end
/// for their number.
pub(super) fn endless(runbooks: &BTreeMap<String, Runbook>, series: &BTreeMap<Span, Vec<Update>>) -> Vec<CheckError> {
    let Calls { all, calls, graph } = &Calls::of(runbooks, series);
    let circles = order::circles(graph).into_iter().filter_map(|circle| {
        let inside: BTreeSet<usize> = circle.iter().copied().collect();
        let mut spans: Vec<Span> = circle.iter().flat_map(|at| &calls[*at]).filter(|(_, other)| inside.contains(other)).map(|(at, _)| *at).collect();
        spans.sort();
        spans.dedup();
        let mut spans = spans.into_iter();
        let at = spans.next()?;
        let mut names: Vec<String> = circle.iter().map(|at| all[*at].name.value.clone()).collect();
        names.extend(names.first().cloned());
        Some(CheckError::CallCycle { at, others: spans.collect(), names })
    });
    circles.chain(too_many(runbooks, series)).collect()
}

/// Calls that are nested too deep, or unfold to too many; each is told once, where it becomes too much.
fn too_many(runbooks: &BTreeMap<String, Runbook>, series: &BTreeMap<Span, Vec<Update>>) -> Vec<CheckError> {
    let graph = Calls::of(runbooks, series);
    let (mut depth, mut number) = (vec![0_usize; graph.all.len()], vec![0_usize; graph.all.len()]);
    let mut found = Vec::new();
    for at in graph.inner_first() {
        let called = &graph.calls[at];
        depth[at] = called.iter().map(|(_, other)| depth[*other] + 1).max().unwrap_or(0);
        number[at] = called.iter().fold(0, |sum, (_, other)| number[*other].saturating_add(1).saturating_add(sum));
        let is_told = called.iter().any(|(_, other)| depth[*other] > DEPTH || number[*other] > NUMBER);
        let deepest = called.iter().max_by_key(|(_, other)| (depth[*other], number[*other])).map(|(at, _)| *at);
        if let Some(deepest) = deepest.filter(|_| !is_told && (depth[at] > DEPTH || number[at] > NUMBER)) {
            found.push(CheckError::TooManyCalls { at: deepest, deep: depth[at] > DEPTH });
        }
    }
    found
}

/// The runbooks that hold what can't be taken back, or call one that does, by the places of their names.
pub(super) fn irreversible(actions: &BTreeMap<String, Action>, runbooks: &BTreeMap<String, Runbook>, series: &BTreeMap<Span, Vec<Update>>) -> BTreeSet<Span> {
    let graph = Calls::of(runbooks, series);
    let mut found = BTreeSet::new();
    for at in graph.inner_first() {
        let runbook = graph.all[at];
        let mut own = false;
        visit(&runbook.body, &mut |piece| {
            if let Piece::Step(step) | Piece::Manual(step) = piece {
                own = own || Merged::of_step(&step.fields, actions).irreversible().is_some();
            }
        });
        if own || graph.calls[at].iter().any(|(_, other)| found.contains(&graph.all[*other].name.span)) {
            found.insert(runbook.name.span);
        }
    }
    found
}
