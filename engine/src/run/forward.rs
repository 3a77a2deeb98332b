//! Going forward: what has begun ends, what is ready begins, and a failure stops everything new.

use super::effect::Effect;
use super::event::{Actor, EventKind, FailureAnswer};
use super::exclusion;
use super::gate;
use super::in_flight::in_flight;
use super::lock;
use super::retry::{retry_is_left, retry_wait};
use super::state::{Declined, Stage, Told};
use super::unwind;
use super::view::View;
use crate::plan::model::{Does, GateThen, NodeId, NodeKind, Release};

pub(super) fn decide(view: &View<'_>) -> Vec<Effect> {
    let mut effects = in_flight(view);
    if view.state.interrupted || view.state.parking.is_some() || !troubles(view).is_empty() {
        effects.extend(put_back(view));
        if effects.is_empty() && !view.is_busy() {
            effects.extend(halted(view));
        }
        return effects;
    }
    let releases = leave(view);
    if let Some(why) = unwind::why_stuck(view) {
        // R5: a release that fails never causes a rollback; the others are tried, then hands are needed.
        effects.extend(put_back(view));
        effects.extend(releases);
        if effects.is_empty() && !view.is_busy() {
            effects.push(Effect::Record(EventKind::RunStuck { why }));
        }
        return effects;
    }
    effects.extend(releases);
    if let Some((node, why)) = gate::rebooted(view.plan, view.state) {
        effects.push(Effect::Record(EventKind::GateLapsed { node, opening: view.state.node(node).openings, why }));
        return effects;
    }
    effects.extend(go_on(view));
    if view.all_passed() && effects.is_empty() && !view.is_busy() {
        effects = before_the_end(view, EventKind::RunDone);
    }
    effects
}

/// Locks are given back while the run could still be taken up by another process, then it is over.
pub(super) fn before_the_end(view: &View<'_>, end: EventKind) -> Vec<Effect> {
    let locks = lock::give_back(view.state);
    if locks.is_empty() { vec![Effect::Record(end)] } else { locks }
}

/// What stops everything new until someone decides.
pub(super) fn troubles(view: &View<'_>) -> Vec<NodeId> {
    view.plan
        .iter()
        .filter(|(id, node)| {
            let state = view.state.node(*id);
            let again = matches!(state.stage, Stage::Failed { .. } | Stage::Lost { told: Some(Told::NotDone), .. }) && retry_is_left(node, state);
            state.stage.is_trouble() && !again
        })
        .map(|(id, _)| id)
        .collect()
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
    let depth = |id: &NodeId| view.plan.enclosing(view.plan.node(*id).block).count();
    let Some(node) = troubles(view).into_iter().max_by_key(|id| (depth(id), std::cmp::Reverse(*id))) else { return Vec::new() };
    match (view.state.stage(node), &view.plan.node(node).kind) {
        (Stage::Declined { why, .. }, NodeKind::Gate(gate)) => vec![declined(view, node, *why, gate.then)],
        _ => vec![Effect::AskFailure { node }],
    }
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
    let Some(boundary) = view.plan.boundary_of(view.plan.node(node).block) else { return false };
    unwind::points_of_no_return(view.plan, view.state).iter().any(|id| view.plan.inside(view.plan.node(*id).block, boundary))
}

/// Scopes whose work is done are left by their policy.
fn leave(view: &View<'_>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (id, node) in view.plan.iter() {
        let NodeKind::Leave { enter } = node.kind else { continue };
        if !view.is_reachable(id) || !view.holds(enter) {
            continue;
        }
        let NodeKind::Enter { release, .. } = view.plan.node(enter).kind else { continue };
        effects.push(match release {
            Release::Ask if !view.state.node(enter).release_chosen => Effect::AskScope { node: enter },
            Release::Ask | Release::Always | Release::OnSuccess => unwind::begin_undo(view, enter),
        });
    }
    effects
}

fn go_on(view: &View<'_>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut ready = Vec::new();
    for (id, node) in view.plan.iter() {
        let state = view.state.node(id);
        match &state.stage {
            Stage::Pending if view.is_reachable(id) && !matches!(node.kind, NodeKind::Join | NodeKind::Leave { .. }) => ready.push(id),
            Stage::Guarding { passed } => effects.push(next_of(view, id, *passed)),
            Stage::Open { opening, .. } => effects.push(Effect::AwaitGate { node: id, opening: *opening }),
            Stage::AwaitingPerson => effects.push(Effect::AwaitManual { node: id }),
            Stage::Failed { .. } | Stage::Lost { told: Some(Told::NotDone), .. } if retry_is_left(node, state) => {
                effects.push(Effect::AwaitRetry { node: id, seconds: retry_wait(node, state) });
            }
            _ => {}
        }
    }
    let admitted = exclusion::admit(view.plan, view.state, ready.into_iter());
    effects.extend(admitted.into_iter().map(|node| Effect::Reach { node }));
    effects
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
