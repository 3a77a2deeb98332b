//! Rolling back: what began is undone in reverse order of dependency, scopes are left by their policy, and what can't
//! be shown to have ended is never undone over.

use std::collections::BTreeMap;
use std::ops::Range;

use super::effect::Effect;
use super::event::{Actor, EventKind};
use super::forward::before_the_end;
use super::in_flight::in_flight;
use super::state::{RunState, Stage, Unwinding, Was};
use super::view::View;
use super::{exclusion, fleet};
use crate::plan::model::{BlockId, BlockKind, Node, NodeId, NodeKind, OnFailure, Plan, Release, UndoSpec, node_id};

pub(super) fn decide(view: &View<'_>) -> Vec<Effect> {
    let mut effects = in_flight(view);
    // R8: it waits until nothing is in flight but its own undos.
    if view.state.nodes.iter().any(|n| n.is_in_flight() && !matches!(n.stage, Stage::Undoing { .. } | Stage::Lost { .. })) {
        return effects;
    }
    for (node, _) in view.plan.iter() {
        if matches!(view.state.stage(node), Stage::Guarding { .. }) {
            effects.push(Effect::Record(EventKind::NodePutBack { node }));
        }
    }
    if !effects.is_empty() {
        return effects;
    }
    let undoing = view.state.nodes.iter().any(|n| matches!(n.stage, Stage::Undoing { .. }));
    if view.state.interrupted {
        return if undoing { Vec::new() } else { vec![Effect::AskInterrupt] };
    }
    if let Some(why) = view.state.parking.clone() {
        return if undoing { Vec::new() } else { vec![Effect::Record(EventKind::RunParked { why })] };
    }
    let owed = match view.state.unwinding {
        Some(Unwinding::Scopes) => leave_scopes(view),
        Some(_) => undo_ready(view),
        None => Owed::default(),
    };
    let ready = carry_out(view, &owed.ready);
    if !ready.is_empty() || undoing {
        return ready;
    }
    if let Some(why) = why_stuck(view) {
        return vec![Effect::Record(EventKind::RunStuck { why })];
    }
    if let Some(why) = why_awaited(view, &owed.waiting) {
        return vec![Effect::Record(EventKind::HostsAwaited { why })];
    }
    if let Some(id) = owed.left.first() {
        // Owed and out of reach, for a reason that has no name yet: never passed over in silence.
        let why = format!("`{}` has to be undone and can't be: it is {:?}", view.plan.node(*id).path, view.state.stage(*id));
        return vec![Effect::Record(EventKind::RunStuck { why })];
    }
    match settled(view) {
        EventKind::RunRolledBack => before_the_end(view, EventKind::RunRolledBack),
        other => vec![Effect::Record(other)],
    }
}

/// All of the present aim is undone: what the run is now.
fn settled(view: &View<'_>) -> EventKind {
    match view.state.unwinding {
        Some(Unwinding::Boundary(block)) => EventKind::BoundaryUndone { block },
        Some(Unwinding::After(node)) => EventKind::RunParked { why: format!("rolled back to just after `{}`", view.plan.node(node).path) },
        Some(Unwinding::Everything | Unwinding::Scopes | Unwinding::Over) | None => {
            let standing = standing(view);
            if standing.is_empty() {
                EventKind::RunRolledBack
            } else {
                EventKind::RunParked { why: format!("rolled back, but this stands: {}", standing.join(", ")) }
            }
        }
    }
}

fn standing(view: &View<'_>) -> Vec<String> {
    view.plan.iter().filter(|(id, _)| view.stands(*id)).map(|(_, node)| format!("`{}`", node.path)).collect()
}

/// R3: scopes are left only when nothing else of ours stands.
pub(super) fn leave_scopes(view: &View<'_>) -> Owed {
    if view.state.unwinding == Some(Unwinding::Scopes) && !standing(view).is_empty() {
        return Owed::default();
    }
    // R5: a scope stays as long as something inside it may still run.
    let covers = |id: NodeId, node: &Node| matches!(node.kind, NodeKind::Enter { .. }) || matches!(view.state.stage(id), Stage::Unsettled { .. });
    owed(view, everywhere(view), covers)
}

fn everywhere(view: &View<'_>) -> Range<usize> {
    0..view.plan.nodes.len()
}

/// The undos that may begin now.
fn undo_ready(view: &View<'_>) -> Owed {
    let plan = view.plan;
    let out_of_reach = ancestors(plan, &points_of_no_return(plan, view.state));
    let is_within_reach = |id: NodeId| !out_of_reach[id.index()];
    match view.state.unwinding {
        Some(Unwinding::Boundary(_) | Unwinding::Everything) => owed(view, everywhere(view), |id, _| is_within_reach(id) && view.gone_over[id.index()]),
        // What is kept and may be in the middle of its undo is brought to that undo's end.
        Some(Unwinding::After(_)) => {
            owed(view, everywhere(view), |id, node| is_within_reach(id) && (view.gone_over[id.index()] || may_be_in_mid_undo(view, id, node)))
        }
        Some(Unwinding::Scopes | Unwinding::Over) | None => Owed::default(),
    }
}

fn may_be_in_mid_undo(view: &View<'_>, id: NodeId, node: &Node) -> bool {
    let is_in_it = matches!(view.state.stage(id), Stage::Undoing { .. } | Stage::Unsettled { undoing: true, .. });
    is_in_it && !matches!(node.kind, NodeKind::Enter { .. })
}

/// What a rollback would undo, chosen at a node: in the order in which it would, as far as nothing goes side by side.
/// A boundary that was undone is one failure of the boundary around it, which then follows its own policy.
#[must_use]
pub fn would_undo(plan: &Plan, state: &RunState, at: NodeId) -> Vec<NodeId> {
    let mut covered = vec![false; plan.nodes.len()];
    let mut over = |unwinding| covered.iter_mut().zip(covered_by(plan, Some(unwinding))).for_each(|(all, more)| *all |= more);
    match plan.boundary_of(plan.node(at).block) {
        None => over(Unwinding::Everything),
        Some(innermost) => {
            let mut next = Some(innermost);
            while let Some(boundary) = next {
                over(Unwinding::Boundary(boundary));
                let outer = plan.blocks[boundary.index()].parent.and_then(|b| plan.boundary_of(b));
                next = outer.filter(|b| follows(plan, state, *b));
            }
        }
    }
    within_reach(plan, state).filter(|id| covered[id.index()]).collect()
}

/// What `runbook rollback RUN` would undo.
#[must_use]
pub fn all_would_undo(plan: &Plan, state: &RunState) -> Vec<NodeId> {
    within_reach(plan, state).filter(|id| plan.node(*id).changes()).collect()
}

/// What of the run can be taken back, the last first: nothing at or before a point of no return.
fn within_reach<'a>(plan: &'a Plan, state: &'a RunState) -> impl Iterator<Item = NodeId> + 'a {
    let out_of_reach = ancestors(plan, &points_of_no_return(plan, state));
    let ours = |id: NodeId| state.node(id).is_touched() && state.stage(id).may_be_undone() && plan.node(id).spec().is_some();
    plan.iter().rev().map(|(id, _)| id).filter(move |id| !out_of_reach[id.index()] && ours(*id))
}

/// Whether a boundary is undone when one inside it was.
fn follows(plan: &Plan, state: &RunState, boundary: BlockId) -> bool {
    let rolls_back = matches!(plan.blocks[boundary.index()].kind, BlockKind::Boundary { on_failure: OnFailure::Rollback, .. });
    rolls_back && !points_of_no_return(plan, state).iter().any(|id| plan.inside(plan.node(*id).block, boundary))
}

/// What the present rollback goes over.
pub(super) fn gone_over(plan: &Plan, state: &RunState) -> Vec<bool> {
    covered_by(plan, state.unwinding)
}

fn covered_by(plan: &Plan, unwinding: Option<Unwinding>) -> Vec<bool> {
    match unwinding {
        Some(Unwinding::Boundary(block)) => undone_with(plan, block),
        Some(Unwinding::After(stop)) => ancestors(plan, &[stop]).into_iter().map(|is_kept| !is_kept).collect(),
        Some(Unwinding::Everything) => vec![true; plan.nodes.len()],
        Some(Unwinding::Scopes | Unwinding::Over) | None => vec![false; plan.nodes.len()],
    }
}

/// What goes when a boundary is undone: what is inside, and what came after it, where the run had gone on without a
/// failure that now has to be answered for (R1). The items of a loop are undone each for itself.
fn undone_with(plan: &Plan, boundary: BlockId) -> Vec<bool> {
    let item = plan.item_around(boundary);
    let mut covered = vec![false; plan.nodes.len()];
    for (id, node) in plan.iter() {
        let is_after = node.after.iter().any(|before| covered[before.index()]);
        let is_near = item.is_none_or(|item| plan.inside(node.block, item));
        covered[id.index()] = plan.inside(node.block, boundary) || is_after && is_near;
    }
    covered
}

/// R2: the irreversible steps that have begun. Nothing at or before them is undone.
#[must_use]
pub fn points_of_no_return(plan: &Plan, state: &RunState) -> Vec<NodeId> {
    let irreversible = plan.iter().filter(|(id, node)| state.node(*id).is_touched() && node.spec().is_some_and(|s| s.irreversible.is_some()));
    irreversible.map(|(id, _)| id).collect()
}

/// Which nodes come at or before some of these.
pub(super) fn ancestors(plan: &Plan, of: &[NodeId]) -> Vec<bool> {
    let mut marked = vec![false; plan.nodes.len()];
    for id in of {
        marked[id.index()] = true;
    }
    for (id, node) in plan.iter().rev() {
        if marked[id.index()] {
            for before in &node.after {
                marked[before.index()] = true;
            }
        }
    }
    marked
}

/// In reverse order of dependency: of those nodes in `range` that are covered, one is undone when all that came after it
/// is, or has nothing to undo.
pub(super) fn owed(view: &View<'_>, range: Range<usize>, covers: impl Fn(NodeId, &Node) -> bool) -> Owed {
    let mut blocked = vec![false; range.len()];
    let mut owed = Owed::default();
    for position in range.clone().rev() {
        let id = node_id(position);
        let node = view.plan.node(id);
        let is_owed = covers(id, node) && owes(view, id);
        let is_free = !blocked[position - range.start];
        if is_owed {
            owed.left.push(id);
            if fleet::is_awaited(view.plan, view.state, id) {
                owed.waiting.push(id);
            } else if is_free && view.state.stage(id).may_be_undone() {
                owed.ready.push(id);
            }
        }
        if is_owed || !is_free {
            for before in node.after.iter().filter(|b| range.contains(&b.index())) {
                blocked[before.index() - range.start] = true;
            }
        }
    }
    owed
}

/// The effects that undo these, as far as their hosts are free.
pub(super) fn carry_out(view: &View<'_>, ready: &[NodeId]) -> Vec<Effect> {
    let (asked, sent): (Vec<NodeId>, Vec<NodeId>) = ready.iter().partition(|id| matches!(how(view, **id), How::Ask(_)));
    let mut effects: Vec<Effect> = exclusion::admit(view.plan, view.state, sent.into_iter()).into_iter().map(|id| how(view, id).into_effect()).collect();
    effects.extend(asked.into_iter().map(|id| how(view, id).into_effect()));
    effects
}

/// What has to be undone: what may begin now, what waits for its host, and all of it.
#[derive(Debug, Default)]
pub(super) struct Owed {
    pub(super) ready: Vec<NodeId>,
    pub(super) waiting: Vec<NodeId>,
    pub(super) left: Vec<NodeId>,
}

/// What is owed to hosts that can't be reached, in words; none where there is nothing.
pub(super) fn why_awaited(view: &View<'_>, awaited: &[NodeId]) -> Option<String> {
    let mut by_host: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for id in awaited {
        let node = view.plan.node(*id);
        let host = node.host.as_deref().unwrap_or_default();
        let what = match (view.state.stage(*id), &node.kind) {
            (Stage::Unsettled { undoing: false, .. } | Stage::Unreachable { .. }, _) => "what became of",
            (_, NodeKind::Enter { .. }) => "the release of",
            _ => "the undo of",
        };
        by_host.entry(host).or_default().push(format!("{what} `{}`", node.path));
    }
    let said = by_host.iter().map(|(host, owed)| {
        let why = view.state.away(host).unwrap_or("something in it may still run");
        format!("{host} is waited for ({}): {}", why.lines().next().unwrap_or_default(), owed.join(", "))
    });
    (!by_host.is_empty()).then(|| said.collect::<Vec<_>>().join("\n"))
}

/// Whether a node has something to take back, or an undo that did not end well.
fn owes(view: &View<'_>, id: NodeId) -> bool {
    let state = view.state.node(id);
    if !state.is_touched() || matches!(state.stage, Stage::Undone | Stage::UndoneByHand { .. } | Stage::Kept { .. }) {
        return false;
    }
    // Nothing can be done on a host that is gone; its scopes are told of as kept.
    if fleet::is_gone(view.plan, view.state, id) && !matches!(view.plan.node(id).kind, NodeKind::Enter { .. }) {
        return false;
    }
    let Some(spec) = view.plan.node(id).spec() else { return false };
    if matches!(state.stage, Stage::Unsettled { .. } | Stage::Undoing { .. }) || is_unanswered(view, id) {
        return true;
    }
    match spec.undo {
        UndoSpec::Command(_) | UndoSpec::Manual(_) => true,
        UndoSpec::None(_) | UndoSpec::Unsaid => false,
    }
}

/// Whether what became of a node is asked when its host is back.
pub(super) fn is_unanswered(view: &View<'_>, id: NodeId) -> bool {
    let is_open = matches!(view.state.stage(id), Stage::Unsettled { .. } | Stage::Unreachable { was: Was::Ran { .. } | Was::Lost { .. }, .. });
    is_open && fleet::is_awaited(view.plan, view.state, id)
}

pub(super) enum How {
    Send(Effect),
    Ask(Effect),
}

impl How {
    fn into_effect(self) -> Effect {
        match self {
            Self::Send(effect) | Self::Ask(effect) => effect,
        }
    }
}

pub(super) fn how(view: &View<'_>, id: NodeId) -> How {
    let node = view.plan.node(id);
    if let NodeKind::Enter { release, .. } = node.kind {
        if fleet::is_gone(view.plan, view.state, id) {
            let why = "its host was given up for good".to_owned();
            return How::Ask(Effect::Record(EventKind::ScopeKept { node: id, by: Actor::Policy, why }));
        }
        match view.state.scopes_decided.get(&id) {
            Some(true) => return How::Send(begin_undo(view, id)),
            Some(false) => {
                let (by, why) = (Actor::Person(view.state.operator.clone()), "a person keeps it".to_owned());
                return How::Ask(Effect::Record(EventKind::ScopeKept { node: id, by, why }));
            }
            None => {}
        }
        return match release {
            Release::Always => How::Send(begin_undo(view, id)),
            Release::OnSuccess if view.nothing_stands_inside(id) => How::Send(begin_undo(view, id)),
            Release::OnSuccess => How::Ask(Effect::Record(EventKind::ScopeKept {
                node: id,
                by: Actor::Policy,
                why: "what it covers did not succeed and was not all undone".to_owned(),
            })),
            Release::Ask if view.state.node(id).release_chosen => How::Send(begin_undo(view, id)),
            Release::Ask => How::Ask(Effect::AskScope { node: id }),
        };
    }
    match node.spec().map(|s| &s.undo) {
        Some(UndoSpec::Manual(_)) => How::Ask(Effect::AskUndoManual { node: id }),
        _ => How::Send(begin_undo(view, id)),
    }
}

pub(super) fn begin_undo(view: &View<'_>, node: NodeId) -> Effect {
    Effect::BeginUndo { node, attempt: view.state.node(node).undos + 1 }
}

/// What needs hands, where something does.
pub(super) fn why_stuck(view: &View<'_>) -> Option<String> {
    let said: Vec<String> = view
        .plan
        .iter()
        .filter(|(id, _)| !fleet::is_shut(view.plan, view.state, *id) || matches!(view.state.stage(*id), Stage::UndoFailed { .. }))
        .filter_map(|(id, node)| match view.state.stage(id) {
            Stage::UndoFailed { why, .. } => {
                let what = if matches!(node.kind, NodeKind::Enter { .. }) { "the release" } else { "the undo" };
                Some(format!("{what} of `{}` failed: {why}", node.path))
            }
            Stage::Unsettled { why, undoing: true, .. } => Some(format!("the undo of `{}` can't be shown to have ended: {why}", node.path)),
            Stage::Unsettled { why, .. } if matches!(view.state.phase, super::state::Phase::RollingBack | super::state::Phase::Ending) => {
                Some(format!("`{}` can't be shown to have ended, so it is not undone over: {why}", node.path))
            }
            _ => None,
        })
        .collect();
    (!said.is_empty()).then(|| said.join("; "))
}
