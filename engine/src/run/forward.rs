//! Going forward: what has begun ends, what is ready begins, and a failure stops everything new.

use std::collections::BTreeSet;

use super::effect::Effect;
use super::event::{Actor, EventKind, FailureAnswer};
use super::gate;
use super::in_flight::in_flight;
use super::lock;
use super::retry::{retry_is_left, retry_wait};
use super::state::{Declined, Stage, Told};
use super::unwind::{self, How};
use super::view::View;
use super::{exclusion, fleet, stepping};
use crate::plan::model::{Does, GateThen, NodeId, NodeKind, OnUnreachable, Release};

pub(super) fn decide(view: &View<'_>) -> Vec<Effect> {
    let mut effects = in_flight(view);
    // While somebody works on a host by hand nothing is decided.
    effects.extend(view.state.shells.iter().map(|node| Effect::Shell { node: *node }));
    effects.extend(tolerated(view));
    if view.state.interrupted || view.state.parking.is_some() || !troubles(view).is_empty() {
        effects.extend(put_back(view));
        if effects.is_empty() && !view.is_busy() {
            effects.extend(halted(view));
        }
        return effects;
    }
    effects.extend(view.clearing.put_back.iter().map(|node| Effect::Record(EventKind::NodePutBack { node: *node })));
    let mut wanted = Wanted::default();
    view.clearing.ready.iter().for_each(|id| wanted.add(*id, unwind::how(view, *id)));
    leave(view, &mut wanted);
    if let Some(why) = unwind::why_stuck(view) {
        // R5: a release that fails never causes a rollback; the others are tried, then hands are needed.
        effects.extend(put_back(view));
        effects.extend(wanted.admitted(view));
        if effects.is_empty() && !view.is_busy() {
            effects.push(Effect::Record(EventKind::RunStuck { why }));
        }
        return effects;
    }
    if let Some((node, why)) = gate::rebooted(view.plan, view.state) {
        effects.extend(wanted.admitted(view));
        effects.push(Effect::Record(EventKind::GateLapsed { node, opening: view.state.node(node).openings, why }));
        return effects;
    }
    effects.extend(go_on(view, &mut wanted));
    effects.extend(wanted.admitted(view));
    if effects.is_empty() && !view.is_busy() {
        match unwind::why_awaited(view, &awaited(view)) {
            Some(why) => effects.push(Effect::Record(EventKind::HostsAwaited { why })),
            None if view.all_passed() => effects = before_the_end(view, EventKind::RunDone),
            None => {}
        }
    }
    effects
}

/// Locks are given back while the run could still be taken up by another process, then it is over.
pub(super) fn before_the_end(view: &View<'_>, end: EventKind) -> Vec<Effect> {
    let locks = lock::give_back(view.state);
    if locks.is_empty() { vec![Effect::Record(end)] } else { locks }
}

/// What would begin on a host, in the order in which it is preferred.
#[derive(Default)]
struct Wanted {
    queue: Vec<(NodeId, Effect)>,
    /// Questions and decisions, which need no host.
    free: Vec<Effect>,
}

impl Wanted {
    fn add(&mut self, id: NodeId, how: How) {
        match how {
            How::Send(effect) => self.queue.push((id, effect)),
            How::Ask(effect) => self.free.push(effect),
        }
    }

    /// As many as their hosts and the run's `jobs` allow (O3).
    fn admitted(self, view: &View<'_>) -> Vec<Effect> {
        let admitted = exclusion::admit(view.plan, view.state, self.queue.iter().map(|(id, _)| *id));
        let sent = self.queue.into_iter().filter(|(id, _)| admitted.contains(id)).map(|(_, effect)| effect);
        self.free.into_iter().chain(sent).collect()
    }
}

/// Failures that the run goes on without: each is a decision of its own, so that the next one is counted right.
fn tolerated(view: &View<'_>) -> Option<Effect> {
    view.plan.iter().find_map(|(node, _)| {
        let part = fleet::who_tolerates(view.plan, view.state, node)?;
        let why = match view.state.stage(node) {
            Stage::Failed { why, .. } => why.to_string(),
            Stage::Refused { why } | Stage::Lost { why, .. } | Stage::Unsettled { why, .. } | Stage::Unreachable { why, .. } => why.clone(),
            other => format!("{other:?}"),
        };
        Some(Effect::Record(EventKind::FailureTolerated { node, ends: part.block(), why }))
    })
}

/// What stops everything new until someone decides.
pub(super) fn troubles(view: &View<'_>) -> Vec<NodeId> {
    view.plan
        .iter()
        .map(|(id, _)| id)
        .filter(|id| fleet::is_trouble(view.plan, view.state, *id) && fleet::who_tolerates(view.plan, view.state, *id).is_none())
        .collect()
}

/// All that has to wait until a host is back.
fn awaited(view: &View<'_>) -> Vec<NodeId> {
    let mut awaited = view.clearing.waiting.clone();
    for (id, node) in view.plan.iter() {
        awaited.extend(Some(id).filter(|id| unwind::is_unanswered(view, *id)));
        if let NodeKind::Leave { enter } = node.kind {
            awaited.extend(Some(enter).filter(|enter| !fleet::is_left_out(view.plan, view.state, id) && view.is_release_awaited(*enter)));
        }
    }
    awaited.sort_unstable();
    awaited.dedup();
    awaited
}

fn put_back(view: &View<'_>) -> Vec<Effect> {
    let guarding = view.plan.iter().filter(|(id, _)| matches!(view.state.stage(*id), Stage::Guarding { .. }));
    guarding.map(|(node, _)| Effect::Record(EventKind::NodePutBack { node })).collect()
}

/// Nothing is under way any more: what was decided is carried out, or someone is asked. One failure at a time, the
/// innermost first.
fn halted(view: &View<'_>) -> Vec<Effect> {
    if let Some(why) = &view.state.parking {
        return vec![Effect::Record(EventKind::RunParked { why: why.clone() })];
    }
    if view.state.interrupted {
        return vec![Effect::AskInterrupt];
    }
    if let Some(why) = waits_for_its_host(view) {
        return vec![Effect::Record(EventKind::RunParked { why })];
    }
    let depth = |id: &NodeId| view.plan.enclosing(view.plan.node(*id).block).count();
    let Some(node) = troubles(view).into_iter().max_by_key(|id| (depth(id), std::cmp::Reverse(*id))) else { return Vec::new() };
    match (view.state.stage(node), &view.plan.node(node).kind) {
        (Stage::Declined { why, .. }, NodeKind::Gate(gate)) => vec![declined(view, node, *why, gate.then)],
        _ => vec![Effect::AskFailure { node }],
    }
}

/// `unreachable park`: nobody is asked, since nobody can do anything until the host is back.
fn waits_for_its_host(view: &View<'_>) -> Option<String> {
    let node = troubles(view).into_iter().find(|id| {
        let is_open = matches!(view.state.stage(*id), Stage::Unreachable { .. } | Stage::Unsettled { .. });
        is_open && view.plan.node(*id).unreachable == OnUnreachable::Park && fleet::is_awaited(view.plan, view.state, *id)
    })?;
    let at = view.plan.node(node);
    let host = at.host.as_deref().unwrap_or_default();
    Some(format!("`{}` waits for {host}: {}", at.path, view.state.away(host).unwrap_or_default()))
}

/// P2: `then rollback` acts only in a process that was alive at the deadline.
fn declined(view: &View<'_>, node: NodeId, why: Declined, then: GateThen) -> Effect {
    let path = &view.plan.node(node).path;
    let said = match why {
        Declined::Rejected => format!("the gate `{path}` was refused"),
        Declined::Expired { live: true } => format!("the gate `{path}` was not answered in time"),
        Declined::Expired { live: false } => format!("the gate `{path}` expired while no process was there"),
    };
    Effect::Record(match (then, why) {
        (GateThen::Park, _) | (_, Declined::Expired { live: false }) => EventKind::RunParked { why: said },
        // R2: past the point of no return nothing is undone by itself.
        (GateThen::Rollback, _) if is_past_return(view, node) => EventKind::RunParked { why: format!("{said}, past the point of no return of its boundary") },
        (GateThen::Rollback, _) => EventKind::FailureAnswered { node, answer: FailureAnswer::RollBack, by: Actor::Policy, note: Some(said) },
        (GateThen::End, _) => EventKind::RunEnding { node },
    })
}

fn is_past_return(view: &View<'_>, node: NodeId) -> bool {
    view.plan.boundary_of(view.plan.node(node).block).is_some_and(|boundary| fleet::is_past_return(view.plan, view.state, boundary))
}

/// Scopes whose work is done are left by their policy.
fn leave(view: &View<'_>, wanted: &mut Wanted) {
    for (id, node) in view.plan.iter() {
        let NodeKind::Leave { enter } = node.kind else { continue };
        let is_due = view.is_reachable(id) && view.holds(enter) && !fleet::is_left_out(view.plan, view.state, id);
        if !is_due || view.is_release_awaited(enter) || view.state.shells.contains(&id) {
            continue;
        }
        wanted.add(
            enter,
            match release(view, enter) {
                How::Send(_) if stepping::is_held_back(view.plan, view.state, id) => How::Ask(Effect::AskStep { node: id }),
                how => how,
            },
        );
    }
}

fn release(view: &View<'_>, enter: NodeId) -> How {
    match view.plan.node(enter).kind {
        NodeKind::Enter { release: Release::Ask, .. } if !view.state.node(enter).release_chosen => How::Ask(Effect::AskScope { node: enter }),
        NodeKind::Enter { release: Release::OnSuccess, .. } => match view.failed_inside(enter) {
            Some(failed) => How::Ask(Effect::Record(EventKind::ScopeKept {
                node: enter,
                by: Actor::Policy,
                why: format!("`{}` failed and was not undone", view.plan.node(failed).path),
            })),
            None => How::Send(unwind::begin_undo(view, enter)),
        },
        _ => How::Send(unwind::begin_undo(view, enter)),
    }
}

fn go_on(view: &View<'_>, wanted: &mut Wanted) -> Vec<Effect> {
    let mut effects = Vec::new();
    let absent = fleet::absent(view.plan, view.state);
    let mut told = BTreeSet::new();
    for (id, node) in view.plan.iter() {
        let state = view.state.node(id);
        if fleet::is_left_out(view.plan, view.state, id) {
            continue;
        }
        match &state.stage {
            Stage::Pending if view.is_reachable(id) && !matches!(node.kind, NodeKind::Join | NodeKind::Leave { .. }) => {
                // An item ends with its host before anything of it begins elsewhere.
                let missing = absent.iter().find(|(block, _)| view.plan.inside(node.block, *block)).map(|(_, missing)| *missing);
                match missing.or_else(|| Some(id).filter(|id| fleet::is_shut(view.plan, view.state, *id))) {
                    Some(node) => effects.extend(told.insert(node).then(|| unreachable(view, node))),
                    None => wanted.add(id, How::Send(Effect::Reach { node: id })),
                }
            }
            // Somebody works on its host by hand.
            Stage::Guarding { .. } if view.state.shells.contains(&id) => {}
            Stage::Guarding { .. } if stepping::is_held_back(view.plan, view.state, id) => effects.push(Effect::AskStep { node: id }),
            Stage::Guarding { passed } => effects.push(next_of(view, id, *passed)),
            Stage::Open { opening, .. } => effects.push(Effect::AwaitGate { node: id, opening: *opening }),
            Stage::AwaitingPerson => effects.push(Effect::AwaitManual { node: id }),
            Stage::Failed { .. } | Stage::Lost { told: Some(Told::NotDone), .. } if retry_is_left(node, state) => {
                effects.push(Effect::AwaitRetry { node: id, seconds: retry_wait(node, state) });
            }
            _ => {}
        }
    }
    effects
}

fn unreachable(view: &View<'_>, node: NodeId) -> Effect {
    let host = view.plan.node(node).host.as_deref().unwrap_or_default();
    Effect::Record(EventKind::NodeUnreachable { node, why: view.state.away(host).unwrap_or_default().to_owned() })
}

/// The next guard, or what the node does once all of them hold.
fn next_of(view: &View<'_>, id: NodeId, passed: u32) -> Effect {
    let node = view.plan.node(id);
    if (passed as usize) < node.guards().len() {
        return Effect::AskGuard { node: id, guard: passed };
    }
    let attempt = view.state.node(id).attempts + 1;
    match &node.kind {
        NodeKind::Gate(_) => Effect::OpenGate { node: id, opening: view.state.node(id).openings + 1 },
        NodeKind::Manual { .. } => Effect::AskManual { node: id },
        NodeKind::Step(step) | NodeKind::Enter { step, .. } => match step.does {
            Some(Does::Run(_) | Does::Sleep(_) | Does::Upload(_) | Does::Download(_)) => Effect::Begin { node: id, attempt },
            None => Effect::Record(EventKind::StepPassed { node: id }),
        },
        // Facts and requirements are guards alone and are done by then; joins and leaves have no stage of their own.
        NodeKind::Fact(_) | NodeKind::Require(_) | NodeKind::Leave { .. } | NodeKind::Join => Effect::Record(EventKind::StepPassed { node: id }),
    }
}
