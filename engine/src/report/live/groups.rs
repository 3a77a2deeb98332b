//! A step on all of its hosts, and for all items, is one thing to look at.

use std::collections::HashMap;

use super::place::Place;
use super::rows::At;
use crate::plan::model::{Node, NodeId, NodeKind};
use crate::report::usual::step_of;

#[derive(Debug)]
pub(super) struct Group {
    pub(super) step: String,
    pub(super) nodes: Vec<(NodeId, Place)>,
}

/// In plan order, of all that a person would look at.
pub(super) fn groups(at: &At<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (id, node) in at.plan.iter() {
        if matches!(node.kind, NodeKind::Join | NodeKind::Leave { .. }) {
            continue;
        }
        let step = step_of(&node.path, node.host.as_deref());
        let index = *known.entry(step.clone()).or_insert_with(|| {
            groups.push(Group { step, nodes: Vec::new() });
            groups.len() - 1
        });
        groups[index].nodes.push((id, Place::of(at.plan, at.state, id)));
    }
    groups
}

impl Group {
    /// Something of it happens, or it is neither untouched nor over.
    pub(super) fn is_lively(&self) -> bool {
        let any = |is: fn(Place) -> bool| self.nodes.iter().any(|(_, place)| is(*place));
        any(Place::is_lively) || any(Place::is_over) && !self.nodes.iter().all(|(_, place)| place.is_over())
    }

    pub(super) fn of(&self, wanted: &[Place]) -> Vec<NodeId> {
        self.nodes.iter().filter(|(_, place)| wanted.contains(place)).map(|(id, _)| *id).collect()
    }
}

/// What tells one node of a group from the others: its item, its host, or both.
pub(super) fn own_name(node: &Node) -> String {
    let label = node.label();
    let item = label.rfind('[').map(|at| label[at + 1..].trim_end_matches(']'));
    match (item, node.host.as_deref()) {
        (Some(item), Some(host)) if item != host && host != crate::plan::model::LOCAL => format!("{item}@{host}"),
        (Some(item), _) => item.to_owned(),
        (None, Some(host)) => host.to_owned(),
        (None, None) => label.to_owned(),
    }
}
