//! From the draft to the plan: joins that join nothing are taken out, gates learn what they stand before, and the
//! whole gets its hash.

use sha2::{Digest, Sha256};

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

/// SHA-256 over what will happen: the plan without the places that its text came from, so that both spellings and any
/// layout of a runbook have the same.
pub(super) fn hash(plan: &Plan) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(plan)?;
    forget_places(&mut value);
    if let Some(object) = value.as_object_mut() {
        object.remove("hash");
        object.remove("inventory");
    }
    let canonical = serde_json::to_vec(&sorted(value))?;
    Ok(Sha256::digest(&canonical).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A span is known by its shape; a value of a runbook with that shape would have to be JSON given on purpose.
fn forget_places(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            let text = map.len() == 3 && map.contains_key("text") && map.contains_key("span") && map.contains_key("pieces");
            if text {
                map.remove("pieces");
            }
            map.retain(|_, inner| !is_span(inner));
            map.values_mut().for_each(forget_places);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(forget_places),
        _ => {}
    }
}

fn is_span(value: &serde_json::Value) -> bool {
    value.as_object().is_some_and(|map| map.len() == 3 && ["source", "start", "end"].iter().all(|key| map.get(*key).is_some_and(serde_json::Value::is_u64)))
}

/// Keys in order, whatever the map's own order is.
fn sorted(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(key, inner)| (key, sorted(inner))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            serde_json::Value::Object(entries.into_iter().collect())
        }
        serde_json::Value::Array(items) => serde_json::Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
