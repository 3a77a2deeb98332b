//! `plan --format json`: `{"runbook", "hash", "nodes": [{"id", "step", "host", "kind", "command", "undo", "boundary",
//! "after"}]}`. Joins are not shown: `after` names the nodes before them.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::usual::Usual;
use crate::plan::expected::{expected, of_node};
use crate::plan::found::{Found, Now};
use crate::plan::model::{BlockKind, HostName, HostPlan, LOCAL, NodeId, NodeKind, Plan};
use crate::plan::shown::{self, Undo};
use crate::plan::{Outline, plain};
use crate::run::fleet;
use crate::value::Value;

/// The keys are in order, as those of all that is in it.
#[derive(Serialize)]
struct Shown<'a> {
    boundaries: Vec<Json>,
    calls: Vec<Json>,
    expected: Option<Json>,
    facts: Vec<Json>,
    hash: &'a str,
    hooks: Vec<Json>,
    hosts: Vec<Json>,
    later: Vec<Json>,
    locks: Vec<Json>,
    nodes: Nodes<'a>,
    requires: Vec<Json>,
    runbook: &'a str,
    title: Option<&'a str>,
    tolerances: Vec<Json>,
    windows: &'a [String],
}

/// A plan may have very many: each is made when it is written, and then forgotten.
struct Nodes<'a>(&'a Plan, &'a Usual, &'a Found);

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(plan, usual, found) = self;
        serializer.collect_seq(plan.iter().filter(|(_, node)| !matches!(node.kind, NodeKind::Join)).map(|(id, _)| node(plan, usual, found, id)))
    }
}

#[must_use]
pub fn json<'a>(outline: &'a Outline, usual: &'a Usual) -> impl Serialize + use<'a> {
    let plan = &outline.plan;
    let later: Vec<Json> = outline.later.iter().map(|l| json!({"piece": l.piece, "after": l.after, "facts": l.names(plan)})).collect();
    let boundaries: Vec<Json> = plan
        .blocks
        .iter()
        .filter_map(|block| match &block.kind {
            BlockKind::Boundary { id, title, on_failure, ask, budget } => {
                Some(json!({"id": id, "title": title, "on_failure": on_failure, "ask": ask, "budget": budget}))
            }
            _ => None,
        })
        .collect();
    let calls: Vec<Json> = plan
        .blocks
        .iter()
        .filter_map(|block| match &block.kind {
            BlockKind::Call { id, runbook, title } => Some(json!({"id": id, "runbook": runbook, "title": title})),
            _ => None,
        })
        .collect();
    let hosts: Vec<Json> = plan.hosts.iter().map(host).collect();
    let facts: Vec<Json> = plan
        .facts
        .iter()
        .map(|f| {
            let name = &plan.slots[f.slot.index()].name;
            let value = known(outline.read.get(name).unwrap_or(&f.drawn));
            json!({"name": name, "hosts": f.hosts, "command": shown::command(plan, &f.command, None), "value": value})
        })
        .collect();
    let requires: Vec<Json> = plan
        .requires
        .iter()
        .zip(0u32..)
        .map(|(r, at)| {
            let (why, what) = shown::require(plan, r);
            let said = outline.now.requires.iter().filter(|((of, _), _)| *of == at);
            let said: Vec<Json> = said.map(|((_, host), found)| json!({"host": host, "now": now(found)})).collect();
            json!({"why": why, "that": what, "hosts": r.hosts, "now": said})
        })
        .collect();
    let tolerances: Vec<Json> = plan
        .tolerances
        .iter()
        .map(|t| json!({"of": t.of, "counts": t.noun, "parts": t.parts, "tolerates": t.most, "stops_at": t.stops_at(), "says": t.said()}))
        .collect();
    let hooks: Vec<Json> =
        plan.hooks.iter().map(|hook| json!({"action": hook.action, "on": hook.on, "command": shown::command(plan, &hook.command, Some(LOCAL))})).collect();
    let locks: Vec<Json> = plan.locks.iter().map(|lock| json!({"name": lock, "hosts": plan.locked_hosts().collect::<Vec<_>>()})).collect();
    // Whole seconds: a little is never nothing.
    let own = |id| Some(usual.or_expected(plan, id)?.unsigned_abs());
    let expected = expected(plan, own)
        .map(|e| json!({"seconds": e.long.div_ceil(1000), "path": paths(plan, &e.path), "unsaid": paths(plan, &e.unsaid), "gates": paths(plan, &e.gates)}));
    Shown {
        boundaries,
        calls,
        expected,
        facts,
        hash: &plan.hash,
        hooks,
        hosts,
        later,
        locks,
        nodes: Nodes(plan, usual, &outline.now),
        requires,
        runbook: &plan.runbook,
        title: plan.title.as_deref(),
        tolerances,
        windows: &plan.windows,
    }
}

/// What would become of it now; a requirement of the top `runs` where it holds.
fn now(now: &Now) -> Json {
    json!({"state": now.word(), "why": now.why()})
}

fn host(host: &HostPlan) -> Json {
    let mut said = json!({"name": host.name, "users": host.users});
    if let Some(way) = &host.way {
        said["way"] = json!(way);
    }
    said
}

fn paths<'a>(plan: &'a Plan, ids: &[NodeId]) -> Vec<&'a str> {
    ids.iter().map(|id| plan.node(*id).path.as_str()).collect()
}

/// What a fact is known to be, by host.
fn known(values: &BTreeMap<HostName, Value>) -> Option<Json> {
    let shown = |value: &Value| if matches!(value, Value::Secret(_)) { value.display().into() } else { plain(value) };
    let values: serde_json::Map<String, Json> = values.iter().map(|(host, value)| (host.clone(), shown(value))).collect();
    (!values.is_empty()).then_some(Json::Object(values))
}

fn node(plan: &Plan, usual: &Usual, found: &Found, id: NodeId) -> Json {
    let node = plan.node(id);
    let shown = shown::node(plan, id);
    let (undo, undo_none, undo_manual) = match shown.undo {
        Undo::Unsaid => (None, None, None),
        Undo::Command(command) => (Some(command), None, None),
        Undo::None(why) => (None, Some(why), None),
        Undo::Manual(text) => (None, None, Some(text)),
    };
    let gate = if let NodeKind::Gate(gate) = &node.kind { Some(gate) } else { None };
    let after: Vec<&str> = shown::after(plan, id).into_iter().map(|before| plan.node(before).path.as_str()).collect();
    json!({
        "id": node.path,
        "step": node.step,
        "title": node.title,
        "host": node.host,
        "as": shown.user,
        "kind": shown.kind,
        "when": shown.when,
        "tolerates": fleet::tolerating(plan, id).map(|(_, t)| plan.tolerances[t.index()].of.as_str()).collect::<Vec<_>>(),
        "unreachable": node.unreachable,
        "check": shown.check,
        "command": shown.command,
        "evidence": shown.asks.iter().map(|(name, kind, ask)| json!({"name": name, "type": kind, "ask": ask})).collect::<Vec<_>>(),
        "verify": shown.verify.iter().map(|(command, every, within)| json!({"command": command, "every": every, "within": within})).collect::<Vec<_>>(),
        "approvers": gate.map(|g| &g.approvers),
        "second_person": gate.map(|g| g.second_person),
        "signed": gate.map(|g| g.signed),
        "valid_for": gate.and_then(|g| g.valid_for),
        "undo": undo,
        "undo_none": undo_none,
        "undo_manual": undo_manual,
        "irreversible": shown.irreversible,
        "expect": of_node(plan, id),
        "usually": usual.took(plan, id),
        "now": found.nodes.get(&id).map(now),
        "boundary": shown.boundary,
        "after": after,
    })
}
