//! O1 and O4: until everything here holds, nothing has changed anywhere.

use std::collections::BTreeMap;

use super::effect::Effect;
use super::event::{EventKind, Purpose, Refusal};
use super::facts;
use super::fleet::{self, Part};
use super::lock;
use super::state::{Greeting, HostState, RunState, Stage, Verdict};
use crate::outcome::{self, Identity};
use crate::plan::model::{HostName, NodeId, NodeKind, OnUnreachable, Plan, RequireSpec, ToleranceId};

pub(super) fn decide(plan: &Plan, state: &RunState) -> Vec<Effect> {
    if let Some(why) = &state.start_refused {
        return refuse(state, why.clone());
    }
    if state.purpose == Purpose::End && !state.touched_anything() && state.locks.is_empty() {
        return vec![Effect::Record(EventKind::PreflightPassed)];
    }
    let hosts = greet(plan, state);
    if !hosts.is_empty() {
        return hosts;
    }
    let locks = take_locks(plan, state);
    if !locks.is_empty() {
        return locks;
    }
    let facts = read_facts(plan, state);
    if !facts.is_empty() {
        return facts;
    }
    let changed = changed(plan, state);
    if !changed.is_empty() {
        return refuse(state, changed.join("\n"));
    }
    let again = facts::look_again(plan, state);
    if !again.is_empty() {
        return again;
    }
    let requires = ask_requires(plan, state);
    if !requires.is_empty() {
        return requires;
    }
    vec![Effect::Record(EventKind::PreflightPassed)]
}

/// A refusal is the run's end only while nothing has changed. First it gives back what it has locked.
fn refuse(state: &RunState, why: String) -> Vec<Effect> {
    let locks = lock::give_back_what_was_taken(state);
    if !locks.is_empty() {
        return locks;
    }
    vec![Effect::Record(if state.purpose == Purpose::Run { EventKind::RunRefused { why } } else { EventKind::PreflightFailed { why } })]
}

/// Who only closes a run needs its locks as little as the hosts that it can't reach.
fn take_locks(plan: &Plan, state: &RunState) -> Vec<Effect> {
    if state.purpose == Purpose::End && !state.touched_anything() {
        return Vec::new();
    }
    match lock::refused(state) {
        Some(why) => refuse(state, why),
        None if state.closing => Vec::new(),
        None => lock::take(plan, state),
    }
}

/// All hosts are asked before one of them is complained about: the message names every one that fails.
fn greet(plan: &Plan, state: &RunState) -> Vec<Effect> {
    let known = |host: &HostName| state.hosts.get(host);
    let is_open = |host: &HostName| known(host).is_none_or(|h| h.now.is_none() && h.gone.is_none()) && is_asked(plan, state, host);
    let asked: Vec<Effect> = plan.hosts.iter().filter(|h| is_open(&h.name)).map(|h| Effect::Greet { host: h.name.clone() }).collect();
    if !asked.is_empty() {
        return asked;
    }
    let mut refusals: Vec<String> = Vec::new();
    let mut awaited: Vec<String> = Vec::new();
    for host in &plan.hosts {
        let Some(known) = known(&host.name).filter(|h| h.gone.is_none()) else { continue };
        match &known.now {
            // K6: whoever knows less of the run than a host does has no say about it, whatever it needs there.
            Some(Greeting::Refused { why, how: Refusal::Fenced }) => refusals.push(format!("{}: {why}", host.name)),
            Some(Greeting::Refused { .. } | Greeting::Unreachable { .. }) if !is_needed(plan, state, &host.name) => {}
            Some(Greeting::Refused { why, .. }) => refusals.push(format!("{}: {why}", host.name)),
            // Without its host there is nothing to free.
            Some(Greeting::Unreachable { why }) if matches!(state.purpose, Purpose::Release { .. }) => refusals.push(format!("{}: {why}", host.name)),
            Some(Greeting::Unreachable { why }) => match policy(plan, &host.name) {
                OnUnreachable::Fail => refusals.push(format!("{}: {why}", host.name)),
                OnUnreachable::Park => awaited.push(format!("{}: {why}", host.name)),
                OnUnreachable::Skip => {}
            },
            Some(Greeting::Answered { identity, claims }) => {
                refusals.extend(stranger(known, identity).map(|why| format!("{}: {why}", host.name)));
                refusals.extend(unknown_claim(plan, state, &host.name, claims).map(|why| format!("{}: {why}", host.name)));
                if host.sums && !identity.sums {
                    refusals.push(format!("{}: there is no sha256sum, shasum or openssl, and without one no file can be compared", host.name));
                }
                if host.bash && !identity.bash {
                    refusals.push(format!("{}: there is no bash; say `shell \"sh\"` for what runs there", host.name));
                }
            }
            None => {}
        }
    }
    refusals.extend(twins(plan, state));
    if refusals.is_empty() && matches!(state.purpose, Purpose::Run | Purpose::Resume) {
        refusals.extend(beyond_tolerance(plan, state));
    }
    match (refusals.is_empty(), awaited.is_empty()) {
        (false, _) => {
            refusals.extend(awaited);
            refuse(state, refusals.join("\n"))
        }
        // `unreachable park`: nothing has changed, and a resume asks again.
        (true, false) if state.purpose == Purpose::Run => vec![Effect::Record(EventKind::HostsAwaited { why: awaited.join("\n") })],
        (true, false) => refuse(state, awaited.join("\n")),
        (true, true) => Vec::new(),
    }
}

/// Who frees a scope has business with its host alone.
fn is_asked(plan: &Plan, state: &RunState, host: &str) -> bool {
    match state.purpose {
        Purpose::Release { scope } => plan.node(scope).host.as_deref() == Some(host),
        Purpose::Run | Purpose::Resume | Purpose::Rollback { .. } | Purpose::End => true,
    }
}

/// Whether a process can do nothing of what it is for without a host. A run needs all of them.
fn is_needed(plan: &Plan, state: &RunState, host: &str) -> bool {
    let here = || plan.iter().filter(|(_, node)| node.host.as_deref() == Some(host)).map(|(id, _)| id);
    let is_held = |id: NodeId| matches!(plan.node(id).kind, NodeKind::Enter { .. }) && stands(state, id);
    let is_open = |id: NodeId| state.node(id).is_in_flight() || matches!(state.stage(id), Stage::Unsettled { .. });
    match state.purpose {
        Purpose::Run => true,
        // What the run went on without is over, but for what is owed there.
        Purpose::Resume => here().any(|id| !fleet::is_left_out(plan, state, id) || is_open(id) || stands(state, id)) || is_read(plan, state, host),
        Purpose::Rollback { .. } => here().any(|id| is_open(id) || stands(state, id)),
        // Closing a run needs only the hosts on which something of it is held, or may still run.
        Purpose::End => here().any(|id| is_open(id) || is_held(id)),
        Purpose::Release { .. } => is_asked(plan, state, host),
    }
}

fn stands(state: &RunState, id: NodeId) -> bool {
    let ours = state.node(id);
    ours.is_touched() && !matches!(ours.stage, Stage::Undone | Stage::UndoneByHand { .. } | Stage::Kept { .. })
}

/// Whether something of the top is still to be read or asked there.
fn is_read(plan: &Plan, state: &RunState, host: &str) -> bool {
    let is_here = |hosts: &[HostName]| hosts.iter().any(|h| h == host);
    let is_known = |slot| state.slots.get(&slot).is_some_and(|read| read.contains_key(host));
    plan.facts.iter().any(|f| is_here(&f.hosts) && !is_known(f.slot)) || !state.touched_anything() && plan.requires.iter().any(|r| is_here(&r.hosts))
}

/// What is to be done when a host can't be reached: the strictest word of all that is to happen there.
pub(crate) fn policy(plan: &Plan, host: &str) -> OnUnreachable {
    let nodes = plan.nodes.iter().filter(|n| n.host.as_deref() == Some(host)).map(|n| n.unreachable);
    let facts = plan.facts.iter().filter(|f| f.hosts.iter().any(|h| h == host)).map(|f| f.unreachable);
    let requires = plan.requires.iter().filter(|r| r.hosts.iter().any(|h| h == host)).map(|r| r.unreachable);
    nodes.chain(facts).chain(requires).max().unwrap_or_default()
}

/// More hosts are missing already than are tolerated: nothing is begun that is sure to stop.
fn beyond_tolerance(plan: &Plan, state: &RunState) -> Vec<String> {
    let mut missing: BTreeMap<ToleranceId, BTreeMap<Part, &str>> = BTreeMap::new();
    for (id, node) in plan.iter() {
        if !fleet::is_missing(plan, state, id) {
            continue;
        }
        let mut around = fleet::tolerating(plan, id);
        // One that stands inside another is that one's failure.
        if let (Some((part, tolerance)), None) = (around.next(), around.next()) {
            missing.entry(tolerance).or_default().insert(part, node.host.as_deref().unwrap_or_default());
        }
    }
    let mut said = Vec::new();
    for (id, parts) in missing {
        let tolerance = &plan.tolerances[id.index()];
        if fleet::used(plan, state, id) + parts.len() > tolerance.most as usize {
            let mut hosts: Vec<&str> = parts.into_values().collect();
            hosts.dedup();
            let each = hosts.iter().map(|h| format!("\n{h}: {}", state.away(h).unwrap_or_default())).collect::<String>();
            said.extend(tolerance.stops().map(|stops| format!("{stops}, and so many can't be reached{each}")));
        }
    }
    said
}

/// The machine behind the name is another one than the run began with.
fn stranger(known: &HostState, identity: &Identity) -> Option<String> {
    if known.met == Identity::default() { None } else { outcome::stranger(&known.met.machine_id, &identity.machine_id) }
}

/// K6: a job there that the journal does not know means that the journal is behind.
fn unknown_claim(plan: &Plan, state: &RunState, host: &HostName, claims: &[String]) -> Option<String> {
    let is_one_of = |claim: &str, path: &str, attempts: u32, undos: u32| {
        (1..=attempts).any(|n| super::verdict::attempt_name(path, false, n) == claim)
            || (1..=undos).any(|n| super::verdict::attempt_name(path, true, n) == claim)
    };
    let unknown = claims.iter().find(|claim| {
        let is_planned = plan.iter().any(|(id, node)| {
            let ours = state.node(id);
            node.host.as_ref() == Some(host) && is_one_of(claim, &node.path, ours.attempts, ours.undos)
        });
        let is_retired = || state.retired.iter().any(|(path, ours)| ours.host.as_ref() == Some(host) && is_one_of(claim, path, ours.attempts, ours.undos));
        !is_planned && !is_retired()
    })?;
    Some(format!(
        "it holds the job `{unknown}` of this run, which this journal does not know: the journal is older than the run (a restored or copied state folder?)"
    ))
}

/// Two names that are one machine would be changed by two steps at once.
fn twins(plan: &Plan, state: &RunState) -> Vec<String> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for host in plan.hosts.iter().filter(|h| h.name != crate::plan::model::LOCAL) {
        let Some(Greeting::Answered { identity, .. }) = state.hosts.get(&host.name).and_then(|h| h.now.as_ref()) else { continue };
        // Containers on one machine may share a machine id; the life mark's folder is one only if the host is.
        let first = *seen.entry(&identity.life).or_insert(&host.name);
        if first != host.name {
            found.push(format!("{} and {first} are the same host: name it once", host.name));
        }
    }
    found
}

/// Facts stay frozen: only the first preflight reads them, in the order written.
fn read_facts(plan: &Plan, state: &RunState) -> Vec<Effect> {
    for (index, fact) in (0u32..).zip(&plan.facts) {
        let known = state.slots.get(&fact.slot);
        let missing: Vec<&HostName> =
            fact.hosts.iter().filter(|h| is_asked(plan, state, h) && state.away(h).is_none() && known.is_none_or(|k| !k.contains_key(*h))).collect();
        if missing.is_empty() {
            continue;
        }
        let failed: Vec<String> = missing
            .iter()
            .filter_map(|h| state.fact_failures.get(&(index, (*h).clone())).map(|why| format!("fact `{}` on {h}: {why}", plan.slots[fact.slot.index()].name)))
            .collect();
        if failed.len() == missing.len() {
            return refuse(state, failed.join("\n"));
        }
        return missing
            .into_iter()
            .filter(|h| !state.fact_failures.contains_key(&(index, (*h).clone())))
            .map(|h| Effect::ReadFact { fact: index, host: h.clone() })
            .collect();
    }
    Vec::new()
}

/// Facts that are not what the plan was drawn for. They were read before it, without locks.
fn changed(plan: &Plan, state: &RunState) -> Vec<String> {
    let mut said = Vec::new();
    for fact in &plan.facts {
        for (host, drawn) in &fact.drawn {
            let read = state.slots.get(&fact.slot).and_then(|read| read.get(host));
            if let Some(read) = read.filter(|read| *read != drawn) {
                let name = &plan.slots[fact.slot.index()].name;
                said.push(format!("fact `{name}` on {host} was {} when the plan was drawn, and is {} now: run it again", drawn.display(), read.display()));
            }
        }
    }
    said
}

/// Preconditions are asked while nothing of ours has changed anything: later they would look at our own work, and a
/// rollback must never wait for them.
fn ask_requires(plan: &Plan, state: &RunState) -> Vec<Effect> {
    if state.touched_anything() || !matches!(state.purpose, Purpose::Run | Purpose::Resume) {
        return Vec::new();
    }
    let places: Vec<(u32, Option<HostName>)> =
        (0u32..).zip(&plan.requires).flat_map(|(index, require)| places(state, require).into_iter().map(move |host| (index, host))).collect();
    let unasked: Vec<Effect> = places
        .iter()
        .filter(|place| !state.requires.contains_key(place))
        .map(|(require, host)| Effect::AskRequire { require: *require, host: host.clone() })
        .collect();
    if !unasked.is_empty() {
        return unasked;
    }
    let failed: Vec<String> = places
        .iter()
        .filter_map(|place| match state.requires.get(place) {
            Some(Verdict::Failed { why }) => Some(why.clone()),
            Some(Verdict::Held) | None => None,
        })
        .collect();
    if failed.is_empty() { Vec::new() } else { refuse(state, failed.join("\n")) }
}

/// A host that can't be reached is not asked.
fn places(state: &RunState, require: &RequireSpec) -> Vec<Option<HostName>> {
    if require.hosts.is_empty() { vec![None] } else { require.hosts.iter().filter(|h| state.away(h).is_none()).cloned().map(Some).collect() }
}
