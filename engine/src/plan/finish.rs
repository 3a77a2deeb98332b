//! From the draft to the plan: joins that join nothing are taken out, and gates learn what they stand before.

use super::model::*;

/// Takes out the joins that have less than two nodes on one side, and numbers the rest.
pub(super) fn compact(nodes: Vec<Node>, blocks: &mut [BlockSpec], frames: &mut [Frame]) -> Vec<Node> {
    let mut followers = vec![0usize; nodes.len()];
    for before in nodes.iter().flat_map(|n| &n.after) {
        followers[before.index()] += 1;
    }
    // Where each old node went: one new node, or those that stood before a join that is gone.
    let mut becomes: Vec<Vec<NodeId>> = Vec::with_capacity(nodes.len());
    let mut kept: Vec<Node> = Vec::new();
    let mut joins = 0;
    for (position, mut node) in nodes.into_iter().enumerate() {
        let mut after: Vec<NodeId> = node.after.iter().flat_map(|b| becomes[b.index()].clone()).collect();
        after.sort_unstable();
        after.dedup();
        if matches!(node.kind, NodeKind::Join) && (after.len() < 2 || followers[position] < 2) {
            becomes.push(after);
            continue;
        }
        node.after = after;
        if matches!(node.kind, NodeKind::Join) {
            joins += 1;
            node.path = format!("join-{joins}");
        }
        if let NodeKind::Leave { enter } = &mut node.kind
            && let Some(new) = becomes[enter.index()].first()
        {
            *enter = *new;
        }
        becomes.push(vec![node_id(kept.len())]);
        kept.push(node);
    }
    for asked in frames.iter_mut().flat_map(|f| f.steps.values_mut()) {
        *asked = asked.iter().flat_map(|node| becomes[node.index()].clone()).collect();
    }
    for block in blocks {
        if let BlockKind::Held { by } = &mut block.kind {
            *by = by.iter().flat_map(|enter| becomes[enter.index()].clone()).collect();
        }
    }
    kept
}

/// Marks the gates behind which an irreversible step comes with no other gate between.
pub(super) fn mark_gates(nodes: &mut [Node]) {
    let mut leads = vec![false; nodes.len()];
    for position in (0..nodes.len()).rev() {
        let node = &mut nodes[position];
        let irreversible = node.spec().is_some_and(|s| s.irreversible.is_some());
        let reaches = if let NodeKind::Gate(gate) = &mut node.kind {
            gate.guards_irreversible = leads[position];
            false
        } else {
            irreversible || leads[position]
        };
        if reaches {
            for before in node.after.clone() {
                leads[before.index()] = true;
            }
        }
    }
}
