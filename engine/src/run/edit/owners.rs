//! What the slots of a plan belong to.

use std::collections::BTreeMap;

use crate::plan::model::{NodeKind, Plan, SlotId};

/// The node or the secret that each slot belongs to, by a name that outlives the plan.
pub(super) fn owners(plan: &Plan) -> BTreeMap<SlotId, String> {
    let mut owners = BTreeMap::new();
    for secret in &plan.secrets {
        owners.insert(secret.slot, "secret".to_owned());
    }
    for (at, hook) in plan.hooks.iter().enumerate() {
        owners.extend(hook.told.iter().map(|slot| (*slot, format!("hook {at}"))));
    }
    for node in &plan.nodes {
        let label = node.label();
        let facts = node.spec().map(|s| s.facts.as_slice()).unwrap_or_default().iter().map(|fact| fact.slot);
        let captures = node.spec().map(|s| s.captures.as_slice()).unwrap_or_default().iter().map(|capture| capture.slot);
        let evidence = node.evidence().iter().map(|evidence| evidence.slot);
        let own = match &node.kind {
            NodeKind::Gate(gate) => gate.slot,
            NodeKind::Fact(fact) => Some(fact.slot),
            _ => None,
        };
        for slot in facts.chain(captures).chain(evidence).chain(own) {
            owners.entry(slot).or_insert_with(|| label.to_owned());
        }
    }
    owners
}
