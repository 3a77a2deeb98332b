//! The state of a run, carried over to another plan.

use std::collections::{BTreeMap, BTreeSet};

use super::Comparison;
use super::frozen::Forms;
use crate::plan::model::{BlockId, HookSpec, NodeId, Plan, SlotId};
use crate::run::event::{Actor, Purpose};
use crate::run::gate::Opening;
use crate::run::hook::{Occasion, Telling};
use crate::run::state::{NodeState, Numbers, RunState, Stage, Unwinding};

impl Comparison<'_> {
    pub(super) fn adopted(&self, by: &Actor) -> RunState {
        // Field by field, so that what is new in a state is thought of here.
        let RunState {
            phase,
            epoch,
            purpose,
            operator,
            hands,
            signers,
            jobs,
            driven: _,
            hosts,
            locks,
            locks_refused: _,
            locks_left,
            slots: _,
            requires: _,
            fact_failures: _,
            facts_seen: _,
            facts_accepted: _,
            start_refused: _,
            nodes: _,
            gates: _,
            ended,
            unwinding,
            ending,
            scopes_decided: _,
            parking: _,
            interrupted: _,
            stepping: _,
            confirmed: _,
            shells: _,
            closing: _,
            began,
            occasions,
            hooks: _,
            retired: _,
            editing: _,
            last_failed,
            budgets_warned,
            budgets_spent,
            seq,
        } = self.state;
        let blocks = self.blocks();
        let still = |of: &BTreeSet<BlockId>| of.iter().filter_map(|block| blocks.get(block).copied()).collect();
        let occasions: Vec<Occasion> = occasions.iter().filter_map(|occasion| self.occasion(*occasion)).collect();
        let mut hands = hands.clone();
        if let Actor::Person(name) = by {
            hands.insert(name.clone());
        }
        RunState {
            phase: phase.clone(),
            epoch: *epoch,
            purpose: match purpose {
                Purpose::Rollback { to: Some(to) } => Purpose::Rollback { to: self.now(*to) },
                other => other.clone(),
            },
            operator: operator.clone(),
            hands,
            signers: signers.clone(),
            jobs: *jobs,
            hosts: hosts.clone(),
            locks: locks.clone(),
            locks_left: locks_left.clone(),
            slots: self.slots(),
            nodes: self.nodes(),
            gates: self.gates(),
            ended: ended.iter().filter_map(|(block, nodes)| Some((*blocks.get(block)?, nodes.iter().filter_map(|id| self.now(*id)).collect()))).collect(),
            unwinding: unwinding.and_then(|unwinding| match unwinding {
                Unwinding::Boundary(block) => blocks.get(&block).copied().map(Unwinding::Boundary),
                Unwinding::After(node) => self.now(node).map(Unwinding::After),
                other => Some(other),
            }),
            ending: ending.clone(),
            began: *began,
            hooks: self.hooks(&occasions),
            occasions,
            retired: self.retired(),
            last_failed: last_failed.and_then(|id| self.now(id)),
            budgets_warned: still(budgets_warned),
            budgets_spent: still(budgets_spent),
            seq: *seq,
            // Of the process that is gone: the next one finds it out anew.
            ..RunState::new(self.new)
        }
    }

    fn now(&self, old: NodeId) -> Option<NodeId> {
        self.there[old.index()]
    }

    fn nodes(&self) -> Vec<NodeState> {
        let mut nodes = vec![NodeState::default(); self.new.nodes.len()];
        for (id, node) in self.new.iter() {
            nodes[id.index()] = match self.back[id.index()] {
                Some(old) => self.carried(old, id),
                // A step that was taken out and is back goes on with its numbers: its attempts stand on their hosts.
                None => self.state.retired.get(&node.path).map(Numbers::restored).unwrap_or_default(),
            };
        }
        nodes
    }

    fn carried(&self, old: NodeId, new: NodeId) -> NodeState {
        let mut node = self.state.node(old).clone();
        if self.is_other(old, new) && !super::has_begun(self.state, old) {
            node.start_over();
        }
        if self.is_asked_again(old) {
            node.stage = Stage::Pending;
        }
        let verify = |plan: &Plan, id: NodeId| plan.node(id).spec().map_or(0, |s| s.verify.len());
        let asked_otherwise = self.before[old.index()].free.get("verify") != self.after[new.index()].free.get("verify");
        node.stage = match node.stage {
            // Its guards are asked anew.
            Stage::Guarding { .. } => Stage::Pending,
            Stage::Ran { .. } if verify(self.new, new) == 0 => Stage::Succeeded,
            Stage::Ran { attempt, .. } if asked_otherwise => Stage::Ran { attempt, verified: 0 },
            other => other,
        };
        node
    }

    /// The numbers of what is in no plan any more.
    fn retired(&self) -> BTreeMap<String, Numbers> {
        let mut retired = self.state.retired.clone();
        for (id, node) in self.old.iter().filter(|(id, _)| self.there[id.index()].is_none()) {
            let numbers = Numbers::of(node.host.as_deref(), self.state.node(id));
            if numbers.is_any() {
                retired.insert(node.path.clone(), numbers);
            }
        }
        retired.retain(|path, _| !self.new.nodes.iter().any(|node| node.path == *path));
        retired
    }

    /// A gate that was shown keeps its deadline where its question is the same: silence still ends when it would have.
    fn gates(&self) -> BTreeMap<NodeId, Opening> {
        let mut gates = BTreeMap::new();
        for (old, opening) in &self.state.gates {
            let Some(new) = self.now(*old).filter(|new| !self.is_other(*old, *new)) else { continue };
            let mut opening = opening.clone();
            match self.state.stage(*old) {
                Stage::Open { deadline, .. } => opening.deadline = Some(*deadline),
                _ if self.is_asked_again(*old) => continue,
                _ => {}
            }
            gates.insert(new, opening);
        }
        gates
    }

    /// Values that stand for the same as before.
    fn slots(&self) -> BTreeMap<SlotId, BTreeMap<String, crate::value::Value>> {
        let (old, new) = (Forms::of(self.old), Forms::of(self.new));
        let ids = |plan: &Plan| (0u32..).take(plan.slots.len()).map(SlotId);
        let known: Vec<(String, SlotId)> = ids(self.old).filter(|id| self.state.slots.contains_key(id)).map(|id| (old.slot(id).to_string(), id)).collect();
        let known: BTreeMap<String, SlotId> = known.into_iter().collect();
        ids(self.new).filter_map(|id| Some((id, self.state.slots.get(known.get(&new.slot(id).to_string())?)?.clone()))).collect()
    }

    fn occasion(&self, occasion: Occasion) -> Option<Occasion> {
        Some(match occasion {
            Occasion::Gate { node, opening } => Occasion::Gate { node: self.now(node)?, opening },
            Occasion::Failed { node, visit, undos } => Occasion::Failed { node: self.now(node)?, visit, undos },
            Occasion::Started | Occasion::RolledBack { .. } | Occasion::Done => occasion,
        })
    }

    /// Who was told of what. A hook that is new is told of nothing that came before it.
    fn hooks(&self, occasions: &[Occasion]) -> BTreeMap<(u32, Occasion), Telling> {
        let (old, new) = (Forms::of(self.old), Forms::of(self.new));
        let same = |forms: &Forms<'_>, hook: &HookSpec| (hook.action.clone(), hook.on.clone(), hook.private, forms.command(&hook.command));
        let known: Vec<_> = self.old.hooks.iter().map(|hook| same(&old, hook)).collect();
        let mut hooks = BTreeMap::new();
        for (number, hook) in (0u32..).zip(&self.new.hooks) {
            let before = known.iter().position(|other| *other == same(&new, hook)).and_then(|at| u32::try_from(at).ok());
            match before {
                Some(before) => {
                    let told = self.state.hooks.iter().filter(|((hook, _), _)| *hook == before);
                    hooks.extend(told.filter_map(|((_, occasion), telling)| Some(((number, self.occasion(*occasion)?), telling.clone()))));
                }
                None => hooks.extend(occasions.iter().map(|occasion| ((number, *occasion), Telling::Delivered))),
            }
        }
        hooks
    }
}
