//! P6: another plan for a run that has begun. Steps are matched by template, host and frozen values, which their path
//! says. [`compare`] tells what would change, or why it may not; [`adopt`] carries the state over. A journal with edits in
//! it is folded by [`Plans`].

mod adopt;
mod around;
mod frozen;
mod owners;
mod place;
mod plans;

use std::collections::{BTreeMap, BTreeSet};

use grammar::source::Span;

use self::around::around;
use self::frozen::{Form, Forms, differing};
use self::place::{place, place_of_field};
use super::event::Actor;
use super::state::{Phase, RunState, Stage};
use super::unwind::ancestors;
use crate::plan::model::{BlockId, BlockKind, NodeId, NodeKind, Plan};

pub use plans::Plans;

/// What an edit comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// How many nodes are as they were.
    pub kept: usize,
    /// Path, and the fields that differ.
    pub changed: Vec<(String, Vec<&'static str>)>,
    pub new: Vec<String>,
    pub gone: Vec<String>,
    /// Gates and manual steps that are asked anew: what was answered, or shown, counts no more.
    pub asked_again: Vec<String>,
    /// Facts of the top that are read anew.
    pub read_again: Vec<String>,
    /// Boundaries whose policy, budget or patience is another.
    pub boundaries: Vec<String>,
}

/// Why an edit may not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The node that it is about; none for the run as a whole.
    pub path: Option<String>,
    /// Where that stands in the new text.
    pub at: Option<Span>,
    pub why: String,
}

/// What an edit changes where the run stands.
///
/// # Errors
/// Everything that is not allowed: of what has begun only `undo`, `verify`, `title` and `timeout` may change, nothing may
/// come before it, cross a boundary, or go while its undo or scope is owed.
pub fn compare(old: &Plan, state: &RunState, new: &Plan) -> Result<Edit, Vec<Refused>> {
    let comparison = Comparison::of(old, state, new);
    let refused = comparison.refused();
    if refused.is_empty() { Ok(comparison.edit()) } else { Err(refused) }
}

/// The run goes on by another plan.
///
/// # Errors
/// See [`compare`].
pub fn adopt(old: &Plan, state: &RunState, new: &Plan, by: &Actor) -> Result<RunState, Vec<Refused>> {
    let comparison = Comparison::of(old, state, new);
    let refused = comparison.refused();
    if refused.is_empty() { Ok(comparison.adopted(by)) } else { Err(refused) }
}

/// Both plans, and what of them is the same.
struct Comparison<'a> {
    old: &'a Plan,
    state: &'a RunState,
    new: &'a Plan,
    /// Where each old node stands in the new plan, and the other way round.
    there: Vec<Option<NodeId>>,
    back: Vec<Option<NodeId>>,
    before: Vec<Form>,
    after: Vec<Form>,
    /// The old nodes that have begun, and which nodes come at or before each.
    begun: Vec<(NodeId, Vec<bool>)>,
}

impl<'a> Comparison<'a> {
    fn of(old: &'a Plan, state: &'a RunState, new: &'a Plan) -> Self {
        let by_path: BTreeMap<&str, NodeId> = matched(new).map(|(id, path)| (path, id)).collect();
        let mut there = vec![None; old.nodes.len()];
        let mut back = vec![None; new.nodes.len()];
        for (id, path) in matched(old) {
            if let Some(new) = by_path.get(path) {
                there[id.index()] = Some(*new);
                back[new.index()] = Some(id);
            }
        }
        let forms = |plan: &Plan| {
            let forms = Forms::of(plan);
            plan.iter().map(|(id, _)| forms.node(id)).collect()
        };
        let begun = old.iter().map(|(id, _)| id).filter(|id| has_begun(state, *id)).map(|id| (id, ancestors(old, &[id]))).collect();
        Self { old, state, new, there, back, before: forms(old), after: forms(new), begun }
    }

    /// An old node and its counterpart.
    fn pairs(&self) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        self.old.iter().filter_map(|(id, _)| Some((id, self.there[id.index()]?)))
    }

    /// Whether what ran, or decided that it runs, is another now.
    fn is_other(&self, old: NodeId, new: NodeId) -> bool {
        self.before[old.index()].frozen != self.after[new.index()].frozen
    }

    fn refused(&self) -> Vec<Refused> {
        if let Some(why) = self.closed_to_edits() {
            return vec![Refused { path: None, at: None, why }];
        }
        let mut refused = Vec::new();
        for (id, ancestors) in &self.begun {
            match self.there[id.index()] {
                None => refused.push(self.gone(*id)),
                Some(new) => {
                    refused.extend(self.changed(*id, new));
                    refused.extend(self.moved(*id, new, ancestors));
                }
            }
        }
        refused.extend(self.put_before());
        refused.extend(self.passed());
        refused.extend(self.blocks_that_are_gone());
        refused
    }

    /// Where the run as a whole takes no edit.
    fn closed_to_edits(&self) -> Option<String> {
        if self.old.runbook != self.new.runbook {
            return Some(format!("this run is one of `{}`, and the text is `{}`", self.old.runbook, self.new.runbook));
        }
        // An edit is not signed, and so nobody could tell later whose it was.
        if self.old.signers.is_some() {
            return Some("this run has signers, and takes no edit: roll it back or end it, and run the edited text".to_owned());
        }
        if self.new.signers.is_some() {
            return Some("this run began without signers, and gets none by an edit".to_owned());
        }
        let stands = match &self.state.phase {
            Phase::Preparing { before } => before,
            other => other,
        };
        match stands {
            _ if self.state.closing => Some("the run is at its end: its locks were given back".to_owned()),
            Phase::New | Phase::Running | Phase::Parked { .. } | Phase::Stuck { .. } => None,
            Phase::RollingBack | Phase::Ending | Phase::Releasing { .. } | Phase::Preparing { .. } => {
                Some("the run is on its way back, or to its end: let it come there, or stop it, first".to_owned())
            }
            Phase::Done | Phase::RolledBack | Phase::Failed { .. } | Phase::Refused { .. } | Phase::Ended => Some("the run is over".to_owned()),
        }
    }

    fn gone(&self, id: NodeId) -> Refused {
        let what = if matches!(self.old.node(id).kind, NodeKind::Enter { .. }) { "its scope is still held" } else { "it has begun, and its undo is owed" };
        Refused { path: Some(self.old.node(id).path.clone()), at: None, why: format!("it may not go: {what}") }
    }

    /// Of what has begun only four fields may change.
    fn changed(&self, id: NodeId, new: NodeId) -> Option<Refused> {
        let fields = differing(&self.before[id.index()].frozen, &self.after[new.index()].frozen);
        let first = fields.first()?;
        let said = fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ");
        let why = format!(
            "{said} may not change: it has begun, and what ran stays what it was. Only its `undo`, `verify`, `title` and `timeout` may change; a mended command is a step of its own behind it"
        );
        Some(Refused { path: Some(self.old.node(id).path.clone()), at: place_of_field(self.new, new, first), why })
    }

    /// It stands in the same blocks, and behind what has begun before it.
    fn moved(&self, id: NodeId, new: NodeId, ancestors: &[bool]) -> Vec<Refused> {
        let refuse = |why: String| Refused { path: Some(self.old.node(id).path.clone()), at: place(self.new, new), why };
        let (was, is) = (around(self.old, id), around(self.new, new));
        let mut refused = Vec::new();
        if was != is {
            let named = |blocks: &[String]| if blocks.is_empty() { "the top".to_owned() } else { blocks.join(", ") };
            refused.push(refuse(format!("it has begun, and may not move: it stood in {}, and would stand in {}", named(&was), named(&is))));
        }
        let comes_before = ancestors_of(self.new, new);
        for (other, _) in self.begun.iter().filter(|(other, _)| *other != id && ancestors[other.index()]) {
            if self.there[other.index()].is_some_and(|there| !comes_before[there.index()]) {
                refused.push(refuse(format!("it has begun behind `{}`, and would no longer come after it", self.old.node(*other).path)));
            }
        }
        refused
    }

    /// Nothing comes before what has begun that did not before.
    fn put_before(&self) -> Vec<Refused> {
        let mut told = BTreeSet::new();
        let mut refused = Vec::new();
        for (id, ancestors) in &self.begun {
            let Some(new) = self.there[id.index()] else { continue };
            let now = ancestors_of(self.new, new);
            for (before, node) in self.new.iter().filter(|(before, node)| now[before.index()] && *before != new && !matches!(node.kind, NodeKind::Join)) {
                let was_before = self.back[before.index()].is_some_and(|old| ancestors[old.index()]);
                if !was_before && told.insert(before) {
                    let why = format!("it may not come before `{}`, which has begun", self.old.node(*id).path);
                    refused.push(Refused { path: Some(node.path.clone()), at: place(self.new, before), why });
                }
            }
        }
        refused
    }

    /// What the run has passed without changing anything stays as it is where something has begun behind it.
    fn passed(&self) -> Vec<Refused> {
        let mut refused = Vec::new();
        for (id, new) in self.pairs().filter(|(id, new)| is_settled(self.state, *id) && self.is_other(*id, *new)) {
            let behind = self.begun.iter().find(|(begun, ancestors)| *begun != id && ancestors[id.index()]);
            if let Some((begun, _)) = behind {
                let why = format!("the run has passed it, and `{}` has begun behind it: it may not change", self.old.node(*begun).path);
                refused.push(Refused { path: Some(self.old.node(id).path.clone()), at: place(self.new, new), why });
            }
        }
        refused
    }

    /// What the run has gone on without, or is being undone, is known by its block.
    fn blocks_that_are_gone(&self) -> Vec<Refused> {
        let blocks = self.blocks();
        let unwinding = match self.state.unwinding {
            Some(super::state::Unwinding::Boundary(block)) => Some(block),
            _ => None,
        };
        let wanted = self.state.ended.keys().copied().chain(unwinding);
        let lost = wanted.filter(|block| !blocks.contains_key(block));
        let said = |block: BlockId| around::name_of(self.old, &self.old.blocks[block.index()].kind).unwrap_or_default();
        lost.map(|block| Refused { path: None, at: None, why: format!("{} may not go: the run needs it to know what became of its steps", said(block)) })
            .collect()
    }

    /// Where each old block is in the new plan, by the nodes that stand in both.
    fn blocks(&self) -> BTreeMap<BlockId, BlockId> {
        let mut blocks = BTreeMap::new();
        let written = |plan: &Plan, id: NodeId| -> Vec<BlockId> {
            plan.enclosing(plan.node(id).block).filter(|b| !matches!(plan.blocks[b.index()].kind, BlockKind::Sequence)).collect()
        };
        for (id, new) in self.pairs().filter(|(id, new)| around(self.old, *id) == around(self.new, *new)) {
            for (was, is) in written(self.old, id).into_iter().zip(written(self.new, new)) {
                blocks.entry(was).or_insert(is);
            }
        }
        blocks
    }

    fn edit(&self) -> Edit {
        let mut edit = Edit::default();
        for (id, new) in self.pairs() {
            let (before, after) = (&self.before[id.index()], &self.after[new.index()]);
            let mut fields = differing(&before.frozen, &after.frozen);
            fields.extend(differing(&before.free, &after.free));
            let path = self.old.node(id).path.clone();
            if self.is_asked_again(id) {
                edit.asked_again.push(path.clone());
            }
            if fields.is_empty() { edit.kept += 1 } else { edit.changed.push((path, fields)) }
        }
        let unmatched = |plan: &Plan, others: &[Option<NodeId>]| -> Vec<String> {
            matched(plan).filter(|(id, _)| others[id.index()].is_none()).map(|(_, path)| path.to_owned()).collect()
        };
        edit.gone = unmatched(self.old, &self.there);
        edit.new = unmatched(self.new, &self.back);
        edit.read_again = self.facts_read_again();
        edit.boundaries = self.boundaries_changed();
        edit
    }

    /// An edit voids what was answered, or is being asked, of what has not been passed.
    fn is_asked_again(&self, id: NodeId) -> bool {
        match self.state.stage(id) {
            Stage::Open { .. } | Stage::AwaitingPerson => true,
            Stage::Approved { .. } => self.state.gates.get(&id).is_none_or(|gate| !gate.consumed),
            _ => false,
        }
    }

    fn facts_read_again(&self) -> Vec<String> {
        let (old, new) = (Forms::of(self.old), Forms::of(self.new));
        let known: Vec<_> = self.old.facts.iter().map(|fact| old.fact(fact)).collect();
        let is_new = |fact: &&crate::plan::model::FactSpec| !known.contains(&new.fact(fact));
        self.new.facts.iter().filter(is_new).map(|fact| self.new.slots[fact.slot.index()].name.clone()).collect()
    }

    fn boundaries_changed(&self) -> Vec<String> {
        let said = |plan: &Plan, block: BlockId| match &plan.blocks[block.index()].kind {
            BlockKind::Boundary { id, on_failure, ask, budget, .. } => Some((id.clone(), *on_failure, *ask, *budget)),
            _ => None,
        };
        let both = self.blocks().into_iter().filter_map(|(was, is)| Some((said(self.old, was)?, said(self.new, is)?)));
        both.filter(|(was, is)| was != is).map(|((id, ..), _)| id).collect()
    }
}

/// What has a name of its own; a join is known by its number alone.
fn matched(plan: &Plan) -> impl Iterator<Item = (NodeId, &str)> {
    plan.iter().filter(|(_, node)| !matches!(node.kind, NodeKind::Join)).map(|(id, node)| (id, node.path.as_str()))
}

/// It has begun, and was not undone.
fn has_begun(state: &RunState, id: NodeId) -> bool {
    state.node(id).is_touched() && !matches!(state.stage(id), Stage::Undone | Stage::UndoneByHand { .. })
}

/// The run is past it, and nothing of it is ours.
fn is_settled(state: &RunState, id: NodeId) -> bool {
    let settled = matches!(
        state.stage(id),
        Stage::Skipped { .. } | Stage::Satisfied | Stage::Succeeded | Stage::MarkedDone { .. } | Stage::SkippedByPerson { .. } | Stage::Approved { .. }
    );
    settled && !state.node(id).is_touched()
}

fn ancestors_of(plan: &Plan, id: NodeId) -> Vec<bool> {
    ancestors(plan, &[id])
}
