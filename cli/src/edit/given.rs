//! What a run was given when it began, for another text of it.

use std::collections::BTreeMap;

use engine::inventory::Ways;
use engine::plan::model::Bound;
use engine::plan::{Given, GivenFact, Inputs};
use engine::run::event::Role;
use engine::value::Value;

use crate::complaint::{Complaint, FAILED};
use crate::run::open::{Opened, pins};

/// What the run was given when it began.
pub(super) fn given_then(opened: &Opened) -> Result<Inputs, Complaint> {
    let plan = &opened.plan;
    let unread = |what: &str| Complaint::new(FAILED, format!("what run {} was given can't be read: {what}", opened.run));
    let pin = pins(&opened.events).filter(|pin| pin.role == Role::Params && pin.name == "params").last().ok_or_else(|| unread("it is not in its journal"))?;
    let content = opened.journal.store().content(&opened.run, &pin.hash)?;
    let pinned: Pinned = serde_json::from_slice(&content).map_err(|e| unread(&e.to_string()))?;
    let mut inputs = Inputs { targets: pinned.targets, vars: plan.vars.clone(), inventory: plan.inventory.clone(), ..Inputs::default() };
    inputs.ways = Ways::again(plan.hosts.iter().filter_map(|host| Some((host.name.clone(), host.way.clone()?))));
    for name in pinned.params.into_keys() {
        // With its type, as the plan has it.
        let value = plan.frames.first().and_then(|frame| frame.names.get(&name));
        if let Some(Bound::Value(value)) = value.filter(|v| !matches!(v, Bound::Value(Value::None))) {
            inputs.params.insert(name, Given::Value(value.clone()));
        }
    }
    for secret in &plan.secrets {
        inputs.params.insert(secret.name.clone(), Given::Text("***".to_owned()));
    }
    for fact in plan.facts.iter().filter(|fact| !fact.drawn.is_empty()) {
        inputs.facts.insert(plan.slots[fact.slot.index()].name.clone(), GivenFact::Read(fact.drawn.clone()));
    }
    Ok(inputs)
}

#[derive(serde::Deserialize)]
struct Pinned {
    params: BTreeMap<String, serde_json::Value>,
    targets: BTreeMap<String, Vec<String>>,
}
