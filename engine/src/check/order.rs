//! The order of siblings in a `parallel`, and circles: petgraph names every node of one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use grammar::ast::{Action, Does, Name, Piece};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::error::CheckError;
use super::names::similar;

/// The id that `after` can name a piece by.
pub(crate) fn id(piece: &Piece) -> Option<&Name> {
    match piece {
        Piece::Step(step) | Piece::Manual(step) => Some(&step.id),
        Piece::Gate(gate) => Some(&gate.id),
        Piece::Boundary(boundary) => Some(&boundary.id),
        Piece::Call(call) => Some(&call.id),
        Piece::During(_) | Piece::Parallel(_) | Piece::For(_) | Piece::Series(_) | Piece::Fact(_) | Piece::Require(_) => None,
    }
}

pub(crate) fn after(piece: &Piece) -> &[Name] {
    match piece {
        Piece::Step(step) | Piece::Manual(step) => &step.after,
        Piece::Gate(gate) => &gate.after,
        Piece::Boundary(boundary) => &boundary.block.after,
        Piece::Parallel(block) => &block.after,
        Piece::For(each) => &each.block.after,
        Piece::During(during) => during.block.as_ref().map_or(&[], |b| &b.after),
        Piece::Call(call) => &call.after,
        Piece::Series(series) => &series.block.after,
        Piece::Fact(_) | Piece::Require(_) => &[],
    }
}

/// The children of a `parallel` in an order that respects `after`, each with all that come before it.
pub(crate) fn siblings(pieces: &[Piece]) -> Result<Vec<(usize, Vec<usize>)>, Vec<CheckError>> {
    let mut errors = Vec::new();
    // A gate and a step may have one id: who names it waits for both.
    let mut ids: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        if let Some(id) = id(piece) {
            ids.entry(&id.value).or_default().push(at);
        }
    }
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); pieces.len()];
    for (at, piece) in pieces.iter().enumerate() {
        for name in after(piece) {
            match ids.get(name.value.as_str()) {
                Some(others) => before[at].extend(others),
                None => errors.push(CheckError::UnknownSibling { at: name.span, name: name.value.clone(), similar: similar(name, ids.keys().copied()) }),
            }
        }
    }
    let mut graph = DiGraph::<usize, ()>::new();
    let nodes: Vec<NodeIndex> = (0..pieces.len()).map(|at| graph.add_node(at)).collect();
    for (at, others) in before.iter().enumerate() {
        for other in others {
            graph.add_edge(nodes[*other], nodes[at], ());
        }
    }
    for circle in circles(&graph) {
        let names: Vec<&Name> = circle.iter().filter_map(|at| id(&pieces[*at])).collect();
        let mut spans = circle.iter().flat_map(|at| after(&pieces[*at])).filter(|n| names.iter().any(|m| m.value == n.value)).map(|n| n.span);
        let Some(at) = spans.next() else { continue };
        let mut ids: Vec<String> = names.iter().map(|n| n.value.clone()).collect();
        ids.extend(ids.first().cloned());
        errors.push(CheckError::OrderCycle { at, others: spans.collect(), ids });
    }
    if errors.is_empty() { Ok(sorted(&before)) } else { Err(errors) }
}

/// As written, but each behind those that it names. There is no circle.
fn sorted(before: &[BTreeSet<usize>]) -> Vec<(usize, Vec<usize>)> {
    let mut out: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut all: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    while out.len() < before.len() {
        let next = (0..before.len()).find(|at| !all.contains_key(at) && before[*at].iter().all(|other| all.contains_key(other)));
        let Some(next) = next else { break };
        let mut ancestors = before[next].clone();
        for other in &before[next] {
            ancestors.extend(all.get(other).into_iter().flatten());
        }
        out.push((next, ancestors.iter().copied().collect()));
        all.insert(next, ancestors);
    }
    out
}

/// A circle of every knot, in the order in which it turns, from its smallest member on. Of several in one knot it is the
/// shortest through that member.
pub(crate) fn circles(graph: &DiGraph<usize, ()>) -> Vec<Vec<usize>> {
    // Kosaraju's algorithm as petgraph has it keeps its own stack: a long chain is no danger to ours.
    let mut found: Vec<Vec<usize>> = kosaraju_scc(graph)
        .into_iter()
        .filter_map(|part| {
            let least = part.iter().copied().min_by_key(|node| graph[*node])?;
            circle_through(graph, least, &part.into_iter().collect())
        })
        .collect();
    found.sort();
    found
}

/// The shortest way from a node back to itself inside its knot.
fn circle_through(graph: &DiGraph<usize, ()>, start: NodeIndex, knot: &BTreeSet<NodeIndex>) -> Option<Vec<usize>> {
    let mut came_from: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    let mut look = VecDeque::from([start]);
    while let Some(node) = look.pop_front() {
        // Neighbours come in the reverse order of their edges.
        let mut next: Vec<NodeIndex> = graph.neighbors(node).filter(|other| knot.contains(other)).collect();
        next.reverse();
        if next.contains(&start) {
            let mut way = vec![graph[node]];
            let mut at = node;
            while at != start {
                at = *came_from.get(&at)?;
                way.push(graph[at]);
            }
            way.reverse();
            return Some(way);
        }
        for other in next {
            if let std::collections::btree_map::Entry::Vacant(vacant) = came_from.entry(other) {
                vacant.insert(node);
                look.push_back(other);
            }
        }
    }
    None
}

/// Actions that come back to themselves.
pub(super) fn recursions(actions: &BTreeMap<String, Action>) -> Vec<CheckError> {
    let mut graph = DiGraph::<usize, ()>::new();
    // By their places: a circle is told from its smallest.
    let mut all: Vec<&Action> = actions.values().collect();
    all.sort_by_key(|action| action.name.span);
    let nodes: Vec<NodeIndex> = (0..all.len()).map(|at| graph.add_node(at)).collect();
    let used = |action: &Action| match &action.fields.does {
        Some(Does::Use(call)) => Some(call.name.clone()),
        _ => None,
    };
    for (at, action) in all.iter().enumerate() {
        if let Some(name) = used(action)
            && let Some(other) = all.iter().position(|a| a.name.value == name.value)
        {
            graph.add_edge(nodes[at], nodes[other], ());
        }
    }
    circles(&graph)
        .into_iter()
        .filter_map(|circle| {
            let mut spans = circle.iter().filter_map(|at| used(all[*at])).map(|n| n.span);
            let at = spans.next()?;
            let mut names: Vec<String> = circle.iter().map(|at| all[*at].name.value.clone()).collect();
            names.extend(names.first().cloned());
            Some(CheckError::ActionRecursion { at, others: spans.collect(), names })
        })
        .collect()
}
