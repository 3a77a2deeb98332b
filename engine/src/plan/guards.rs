//! What is asked of a node before it begins.

use super::model::*;

/// What is asked before a node begins, in this order (promise O2).
#[derive(Debug, Clone, Copy)]
pub enum Guard<'a> {
    When(&'a When),
    Fact(&'a FactSpec),
    Require(&'a RequireSpec),
    Check(&'a Command),
    /// Whether what would be downloaded is here already.
    Fetched(&'a Download),
    /// Which boot the host is in before a step reboots it. It may have rebooted by itself since the preflight.
    Boot,
}

impl Node {
    /// Its guards in the order in which they are asked.
    #[must_use]
    pub fn guards(&self) -> Vec<Guard<'_>> {
        let mut guards: Vec<Guard<'_>> = self.when.iter().map(Guard::When).collect();
        match &self.kind {
            NodeKind::Fact(fact) => guards.push(Guard::Fact(fact)),
            NodeKind::Require(require) => guards.push(Guard::Require(require)),
            _ => {}
        }
        if let Some(spec) = self.spec() {
            guards.extend(spec.facts.iter().map(Guard::Fact));
            guards.extend(spec.requires.iter().map(Guard::Require));
            guards.extend(spec.check().map(Guard::Check));
            if let (None, Some(Does::Download(download))) = (&spec.check, &spec.does) {
                guards.push(Guard::Fetched(download));
            }
            if spec.reboots.is_some() {
                guards.push(Guard::Boot);
            }
        }
        guards
    }

    /// A step that runs nothing forward but has something to do on the way back.
    #[must_use]
    pub fn owes_undo_for_passing(&self) -> bool {
        self.spec().is_some_and(|s| s.does.is_none() && matches!(s.undo, UndoSpec::Command(_) | UndoSpec::Manual(_)))
    }

    /// Where the value of a guard that is a fact goes.
    #[must_use]
    pub fn guard_slot(&self, guard: u32) -> Option<SlotId> {
        match self.guards().get(guard as usize)? {
            Guard::Fact(fact) => Some(fact.slot),
            Guard::When(_) | Guard::Require(_) | Guard::Check(_) | Guard::Fetched(_) | Guard::Boot => None,
        }
    }

    /// Whether a node that is nothing but guards is done when so many have held.
    #[must_use]
    pub fn is_done_by_guards(&self, passed: u32) -> bool {
        matches!(self.kind, NodeKind::Fact(_) | NodeKind::Require(_)) && passed as usize >= self.guards().len()
    }
}
