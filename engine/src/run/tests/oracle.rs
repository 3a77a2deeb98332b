//! What must be true of a run, worked out from the plan and the deeds alone, by another way than the decider's.

use std::collections::BTreeSet;

use super::world::{Deed, World};
use crate::plan::model::{BlockId, BlockKind, NodeId, NodeKind, OnFailure, Plan, UndoSpec};
use crate::run::event::{Answer, EventKind, StepAnswer};
use crate::run::state::{Phase, Stage, Told};

/// All that comes after a node, by walking edges until nothing new is found.
pub(super) fn descendants(plan: &Plan, of: NodeId) -> BTreeSet<NodeId> {
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

/// Whether a node stands in a block, by walking up the blocks around it.
fn is_within(plan: &Plan, node: NodeId, block: BlockId) -> bool {
    let mut at = Some(plan.node(node).block);
    while let Some(here) = at {
        if here == block {
            return true;
        }
        at = plan.blocks[here.index()].parent;
    }
    false
}

/// The run has said that it goes on without this node.
fn is_given_up(world: &World<'_>, node: NodeId) -> bool {
    world.state.node(node).passed_over || world.state.ended.keys().any(|item| is_within(world.plan, node, *item))
}

/// What must be true in the moment before an event.
pub(super) fn may_follow(world: &World<'_>, event: &EventKind) {
    let forward = world.state.phase == Phase::Running;
    match event {
        EventKind::NodeReached { node, .. } | EventKind::StepBegan { node, .. } if forward => {
            nothing_has_failed(world, *node);
            assert!(!is_given_up(world, *node), "`{}` begins, and the run goes on without it\n{}", world.plan.node(*node).path, world.story());
            items_before_are_over(world, *node);
        }
        EventKind::UndoBegan { node, .. } if forward => nothing_has_failed(world, *node),
        EventKind::FailureTolerated { node, ends, .. } => tolerance_has_room(world, *node, *ends),
        EventKind::RunDone => done_means_settled(world),
        _ => {}
    }
}

/// Nothing new begins while something has failed and neither a person nor a `tolerate` has decided on it.
fn nothing_has_failed(world: &World<'_>, begins: NodeId) {
    for (id, node) in world.plan.iter() {
        let state = world.state.node(id);
        let retries = node.spec().and_then(|s| s.retry.as_ref()).is_some_and(|r| (1..=r.times).contains(&state.failures));
        let failed = match &state.stage {
            Stage::Failed { .. } => !retries,
            Stage::Lost { told: Some(told), .. } => !(retries && *told == Told::NotDone),
            Stage::Refused { .. } | Stage::Unreachable { .. } | Stage::Unsettled { undoing: false, .. } | Stage::Declined { .. } => true,
            _ => false,
        };
        let path = &world.plan.node(begins).path;
        assert!(!failed || is_given_up(world, id), "`{path}` begins, and `{}` is {:?}\n{}", node.path, state.stage, world.story());
    }
}

/// An item that the run goes on without is over before what comes behind it begins, but for what its host owes.
fn items_before_are_over(world: &World<'_>, begins: NodeId) {
    for item in world.state.ended.keys().filter(|item| !is_within(world.plan, begins, **item)) {
        let inside = || world.plan.iter().map(|(id, _)| id).filter(|id| is_within(world.plan, *id, *item));
        if !inside().any(|id| descendants(world.plan, id).contains(&begins)) {
            continue;
        }
        for id in world.in_the_air().filter(|id| is_within(world.plan, *id, *item)) {
            assert!(
                world.is_away(id) || world.state.away(world.plan.node(id).host.as_deref().unwrap_or_default()).is_some(),
                "`{}` begins before `{}` has ended\n{}",
                world.plan.node(begins).path,
                world.plan.node(id).path,
                world.story()
            );
        }
    }
}

/// The parts of one `tolerate` that have failed, this one among them, are no more than it says.
fn tolerance_has_room(world: &World<'_>, node: NodeId, ends: Option<BlockId>) {
    let plan = world.plan;
    let of_block = |block: BlockId| match plan.blocks[block.index()].kind {
        BlockKind::Iteration { tolerance, .. } => tolerance,
        _ => panic!("{block:?} is no item"),
    };
    let Some(tolerance) = ends.map_or(plan.node(node).tolerance, of_block) else { return };
    let mut blocks: BTreeSet<BlockId> = world.state.ended.keys().copied().filter(|b| of_block(*b) == Some(tolerance)).collect();
    blocks.extend(ends);
    let mut steps: BTreeSet<NodeId> =
        plan.iter().filter(|(id, n)| n.tolerance == Some(tolerance) && world.state.node(*id).passed_over).map(|(id, _)| id).collect();
    steps.extend(Some(node).filter(|_| ends.is_none()));
    let (failed, most) = (blocks.len() + steps.len(), plan.tolerances[tolerance.index()].most as usize);
    assert!(failed <= most, "{failed} failed, and {most} are tolerated\n{}", world.story());
}

/// A run is done when all that began has ended, what a boundary in a failed item covers is undone, and no scope in it is
/// still to be released.
fn done_means_settled(world: &World<'_>) {
    if let Some(id) = world.in_the_air().next() {
        panic!("K4: done, and nobody knows what became of `{}`\n{}", world.plan.node(id).path, world.story());
    }
    for (item, failed) in &world.state.ended {
        for id in failed {
            let mut block = world.plan.node(*id).block;
            let mut undone = None;
            while block != *item {
                if let BlockKind::Boundary { on_failure, .. } = &world.plan.blocks[block.index()].kind {
                    let gone = world
                        .deeds
                        .iter()
                        .any(|d| is_within(world.plan, d.node, block) && world.plan.node(d.node).spec().is_some_and(|s| s.irreversible.is_some()));
                    if *on_failure == OnFailure::Park || gone {
                        break;
                    }
                    undone = Some(block);
                }
                block = world.plan.blocks[block.index()].parent.expect("it stands in the item");
            }
            let irreversible: Vec<NodeId> =
                world.deeds.iter().map(|d| d.node).filter(|n| world.plan.node(*n).spec().is_some_and(|s| s.irreversible.is_some())).collect();
            for (other, node) in world.plan.iter().filter(|(other, _)| undone.is_some_and(|b| is_within(world.plan, *other, b))) {
                let later = descendants(world.plan, other);
                let out_of_reach = irreversible.iter().any(|n| *n == other || later.contains(n));
                let stands = world.deeds.iter().rev().find(|d| d.node == other).is_some_and(|d| !d.undoing || !d.well);
                let by_hand = matches!(world.state.stage(other), Stage::UndoneByHand { .. } | Stage::Kept { .. });
                let never = world.state.node(other).effective == 0;
                assert!(
                    !stands || !has_undo_command(world.plan, other) || out_of_reach || by_hand || never,
                    "done, and `{}` was not undone\n{}",
                    node.path,
                    world.story()
                );
            }
        }
        for (id, node) in world.plan.iter().filter(|(id, _)| is_scope(world.plan, *id) && is_within(world.plan, *id, *item)) {
            let held = world.state.node(id).effective > 0 && !matches!(world.state.stage(id), Stage::Undone | Stage::UndoneByHand { .. } | Stage::Kept { .. });
            assert!(!held, "done, and the scope `{}` is {:?}\n{}", node.path, world.state.stage(id), world.story());
        }
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
            // The items of a loop are undone each for itself.
            let is_elsewhere = deed.item.is_some_and(|item| !is_within(world.plan, later, item));
            if !has_undo_command(world.plan, later) || is_elsewhere {
                continue;
            }
            let before = &world.deeds[..at];
            let done = before.iter().rposition(|d| d.node == deed.node && !d.undoing);
            let fine = match before.iter().enumerate().rev().find(|(_, d)| d.node == later) {
                None | Some((_, Deed { undoing: true, .. })) => true,
                // An item that was taken back has its turn again behind what came after it the first time.
                Some((when, Deed { undoing: false, .. })) => done.is_some_and(|done| when < done) || was_let_be(world, later),
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
    let (mut passed, mut used, mut answered) = (BTreeSet::new(), world.used.clone(), BTreeSet::new());
    for event in &world.events {
        match &event.kind {
            // The run went on without the item that the gate stands in.
            EventKind::FailureTolerated { ends: Some(item), .. } => passed.extend(gates.iter().filter(|gate| is_within(world.plan, **gate, *item))),
            EventKind::GateAnswered { node, answer: Answer::Approved { .. }, .. } | EventKind::NodeSkipped { node, .. } => {
                if matches!(event.kind, EventKind::GateAnswered { .. }) {
                    answered.insert(*node);
                }
                passed.insert(*node);
            }
            EventKind::GateOpened { node, .. } | EventKind::GateLapsed { node, .. } => {
                passed.remove(node);
            }
            // What was answered and not used counts no more.
            EventKind::RunbookEdited { .. } => passed.retain(|gate| used.contains(gate) || !answered.contains(gate)),
            EventKind::StepBegan { node, .. } | EventKind::ManualAsked { node, .. } => {
                used.extend(gates.iter().zip(&behind).filter(|(_, behind)| behind.contains(node)).map(|(gate, _)| *gate));
                let unasked = gates.iter().zip(&behind).find(|(gate, behind)| behind.contains(node) && !passed.contains(*gate));
                assert!(unasked.is_none(), "`{}` began behind {unasked:?}, which nobody passed\n{}", world.plan.node(*node).path, world.story());
            }
            _ => {}
        }
    }
}

/// P4: where a process stops before every step, nothing begins without a person's word on it in that process.
pub(super) fn each_step_is_asked_about_where_that_is_wanted(world: &World<'_>) {
    let (mut stepping, mut said) = (false, BTreeSet::new());
    for event in &world.events {
        match &event.kind {
            EventKind::DriverStarted { .. } => (stepping, said) = (false, BTreeSet::new()),
            EventKind::StepModeBegan { .. } => stepping = true,
            EventKind::StepAnswered { node, answer, .. } => {
                assert!(stepping, "`{}` was asked about, and nobody wanted that\n{}", world.plan.node(*node).path, world.story());
                said.insert(*node);
                stepping &= *answer != StepAnswer::RunTheRest;
            }
            EventKind::StepBegan { node, .. } if stepping => {
                assert!(said.contains(node), "`{}` began unasked\n{}", world.plan.node(*node).path, world.story());
            }
            _ => {}
        }
    }
}

/// While somebody has a shell on its host, nothing of a step begins and nothing is decided on it.
pub(super) fn nothing_is_done_where_somebody_has_a_shell(world: &World<'_>) {
    let mut open = BTreeSet::new();
    for event in &world.events {
        match &event.kind {
            EventKind::DriverStarted { .. } => open.clear(),
            EventKind::ShellOpened { node, .. } => assert!(open.insert(*node), "a second shell\n{}", world.story()),
            EventKind::ShellClosed { node, .. } => assert!(open.remove(node), "a shell that was not open\n{}", world.story()),
            EventKind::StepBegan { node, .. }
            | EventKind::UndoBegan { node, .. }
            | EventKind::FailureAnswered { node, .. }
            | EventKind::StepAnswered { node, .. } => {
                assert!(!open.contains(node), "`{}` goes on under somebody's hands\n{}", world.plan.node(*node).path, world.story());
            }
            EventKind::RunParked { .. } | EventKind::RunDone => assert!(open.is_empty(), "it leaves somebody at a shell\n{}", world.story()),
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

/// O4: once another machine has answered in a host's place, this process begins nothing more, and nothing is tolerated.
pub(super) fn nothing_begins_once_a_stranger_has_answered(world: &World<'_>) {
    let mut stranger = None;
    for event in &world.events {
        match &event.kind {
            EventKind::DriverStarted { .. } => stranger = None,
            EventKind::StrangerAnswered { host, .. } => stranger = Some(host),
            EventKind::StepBegan { .. } | EventKind::UndoBegan { .. } | EventKind::GateOpened { .. } => {
                assert!(stranger.is_none(), "something began after {stranger:?} was another machine\n{}", world.story());
            }
            EventKind::FailureTolerated { node, .. } => {
                let here = world.plan.node(*node).host.as_ref();
                assert!(stranger.is_none() || here != stranger, "`{}` was tolerated on another machine\n{}", world.plan.node(*node).path, world.story());
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
            let waved = world.events.iter().any(|e| match &e.kind {
                EventKind::FailureAnswered { node, .. } => node == before,
                EventKind::StepAnswered { node, answer, .. } => node == before && matches!(answer, StepAnswer::MarkDone | StepAnswer::Skip),
                _ => false,
            });
            let told = world.events.iter().any(|e| matches!(&e.kind, EventKind::LostSettled { node, done: Some(true), .. } if node == before));
            let tolerated = world.events.iter().any(|e| match &e.kind {
                EventKind::FailureTolerated { node, ends: None, .. } => node == before,
                EventKind::FailureTolerated { ends: Some(item), .. } => is_within(world.plan, *before, *item),
                _ => false,
            });
            assert!(ran || waved || told || tolerated, "O2: `{}` began before `{}`", world.plan.node(deed.node).path, node.path);
        }
    }
}
