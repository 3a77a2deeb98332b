//! What must be true of a run, worked out from the plan and the deeds alone, by another way than the decider's.

use std::collections::BTreeSet;

use super::world::{Deed, World};
use crate::plan::model::{NodeId, NodeKind, Plan, UndoSpec};
use crate::run::event::{Answer, EventKind};
use crate::run::state::Phase;

/// All that comes after a node, by walking edges until nothing new is found.
fn descendants(plan: &Plan, of: NodeId) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::from([of]);
    loop {
        let more: Vec<NodeId> = plan.iter().filter(|(id, n)| !found.contains(id) && n.after.iter().any(|a| found.contains(a))).map(|(id, _)| id).collect();
        if more.is_empty() {
            found.remove(&of);
            return found;
        }
        found.extend(more);
    }
}

/// A scope is left when its body is done, too: that is no rollback.
fn is_scope(plan: &Plan, id: NodeId) -> bool {
    matches!(plan.node(id).kind, NodeKind::Enter { .. })
}

fn has_undo_command(plan: &Plan, id: NodeId) -> bool {
    matches!(plan.node(id).spec().map(|s| &s.undo), Some(UndoSpec::Command(_)))
}

/// R1: an undo runs only when everything of ours that came after its step was undone before, or never ran.
pub(super) fn undos_run_in_reverse(world: &World<'_>) {
    for (at, deed) in world.deeds.iter().enumerate().filter(|(_, d)| d.undoing && !is_scope(world.plan, d.node)) {
        for later in descendants(world.plan, deed.node) {
            if !has_undo_command(world.plan, later) {
                continue;
            }
            let last = world.deeds[..at].iter().rev().find(|d| d.node == later);
            let fine = match last {
                None | Some(Deed { undoing: true, .. }) => true,
                Some(Deed { undoing: false, .. }) => was_let_be(world, later),
            };
            assert!(
                fine,
                "R1: `{}` was undone before `{}`, which came after it and stands\n{}",
                world.plan.node(deed.node).path,
                world.plan.node(later).path,
                world.story()
            );
        }
    }
}

/// Its own marks say that it did not need to be undone: a scope that was kept, a step that was undone by hand, or one
/// whose attempt left no trace.
fn was_let_be(world: &World<'_>, id: NodeId) -> bool {
    world.events.iter().any(|e| matches!(&e.kind, EventKind::ScopeKept { node, .. } | EventKind::UndoneByHand { node, .. } if *node == id))
        || is_scope(world.plan, id)
}

/// A run that says `rolled_back` leaves nothing of ours: every step that ran was undone after it ran, has no undo by
/// its author's word, or is a scope that its policy kept.
pub(super) fn rolled_back_means_undone(world: &World<'_>) {
    if world.state.phase != Phase::RolledBack {
        return;
    }
    for (id, node) in world.plan.iter() {
        if !matches!(node.kind, NodeKind::Step(_)) || !has_undo_command(world.plan, id) {
            continue;
        }
        let deeds: Vec<&Deed> = world.deeds.iter().filter(|d| d.node == id).collect();
        if let Some(last) = deeds.last() {
            assert!(last.undoing && last.well, "rolled_back, but the last deed of `{}` is {last:?}", node.path);
        }
    }
}

/// R2: nothing at or before an irreversible step that began is undone after it.
pub(super) fn nothing_is_undone_past_the_return(world: &World<'_>) {
    for (at, deed) in world.deeds.iter().enumerate() {
        let irreversible = world.plan.node(deed.node).spec().is_some_and(|s| s.irreversible.is_some());
        if deed.undoing || !irreversible {
            continue;
        }
        for undo in world.deeds[at..].iter().filter(|d| d.undoing) {
            assert!(
                is_scope(world.plan, undo.node) || !descendants(world.plan, undo.node).contains(&deed.node),
                "R2: `{}` was undone after the irreversible `{}`",
                world.plan.node(undo.node).path,
                world.plan.node(deed.node).path
            );
        }
    }
}

/// P2, P3: nothing begins behind a gate whose last word is not a yes that still counts.
pub(super) fn nothing_begins_behind_a_gate_without_a_yes(world: &World<'_>) {
    let gates: Vec<NodeId> = world.plan.iter().filter(|(_, n)| matches!(n.kind, NodeKind::Gate(_))).map(|(id, _)| id).collect();
    let behind: Vec<BTreeSet<NodeId>> = gates.iter().map(|gate| descendants(world.plan, *gate)).collect();
    let mut passed = BTreeSet::new();
    for event in &world.events {
        match &event.kind {
            EventKind::GateAnswered { node, answer: Answer::Approved { .. }, .. } | EventKind::NodeSkipped { node, .. } => {
                passed.insert(*node);
            }
            EventKind::GateOpened { node, .. } | EventKind::GateLapsed { node, .. } => {
                passed.remove(node);
            }
            EventKind::StepBegan { node, .. } | EventKind::ManualAsked { node, .. } => {
                let unasked = gates.iter().zip(&behind).find(|(gate, behind)| behind.contains(node) && !passed.contains(*gate));
                assert!(unasked.is_none(), "`{}` began behind {unasked:?}, which nobody passed\n{}", world.plan.node(*node).path, world.story());
            }
            _ => {}
        }
    }
}

/// Who holds locks holds all of them when something begins, and a run that is over holds none that it could give back.
pub(super) fn locks_are_held_while_it_works_and_given_back_at_the_end(world: &World<'_>) {
    let wanted = world.plan.lock_places();
    let (mut held, mut reached) = (BTreeSet::new(), BTreeSet::new());
    for event in &world.events {
        match &event.kind {
            EventKind::DriverStarted { .. } => reached.clear(),
            EventKind::HostGreeted { host, .. } => {
                reached.insert(host.clone());
            }
            EventKind::LockTaken { host, lock, .. } => {
                held.insert((host.clone(), lock.clone()));
            }
            EventKind::LockReleased { host, lock } | EventKind::LockLeft { host, lock, .. } | EventKind::LockLost { host, lock, .. } => {
                held.remove(&(host.clone(), lock.clone()));
            }
            EventKind::StepBegan { .. } | EventKind::UndoBegan { .. } | EventKind::GateOpened { .. } => {
                assert!(wanted.iter().all(|place| held.contains(place) || !reached.contains(&place.0)), "something began without all locks\n{}", world.story());
            }
            EventKind::RunDone | EventKind::RunRolledBack | EventKind::RunRefused { .. } | EventKind::RunFailed { .. } | EventKind::RunEnded { .. } => {
                assert!(held.is_empty(), "the run is over and holds {held:?}\n{}", world.story());
            }
            _ => {}
        }
    }
}

/// O2: nothing begins before what it comes after is settled.
pub(super) fn nothing_begins_early(world: &World<'_>) {
    for (at, deed) in world.deeds.iter().enumerate().filter(|(_, d)| !d.undoing) {
        for before in &world.plan.node(deed.node).after {
            let node = world.plan.node(*before);
            if !matches!(node.kind, NodeKind::Step(_)) || node.spec().is_none_or(|s| s.does.is_none() || s.check.is_some()) {
                continue;
            }
            let ran = world.deeds[..at].iter().any(|d| d.node == *before && !d.undoing);
            let waved = world.events.iter().any(|e| matches!(&e.kind, EventKind::FailureAnswered { node, .. } if node == before));
            assert!(ran || waved, "O2: `{}` began before `{}`", world.plan.node(deed.node).path, node.path);
        }
    }
}
