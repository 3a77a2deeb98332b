//! O4: facts stay as the run has read them. A resume reads them once more, and a person is asked once about each that has
//! changed.

use std::collections::BTreeMap;

use super::effect::Effect;
use super::event::Purpose;
use super::state::{Greeting, RunState};
use crate::plan::model::{HostName, NodeId, Plan};
use crate::value::{Type, Value};

/// A fact on a host.
pub type FactPlace = (u32, HostName);

/// What facts were found to be: none where one can't be read any more.
pub type Found = BTreeMap<FactPlace, Option<Value>>;

/// A fact that is no longer what the run goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed<'a> {
    pub fact: u32,
    pub host: &'a HostName,
    pub was: &'a Value,
    pub is: Option<&'a Value>,
    /// The run itself has changed something there.
    pub is_ours: bool,
}

/// Whether it is a quantity, which is another one each time: of those a person is asked only when one can't be read.
#[must_use]
pub fn is_measured(kind: &Type) -> bool {
    matches!(kind, Type::Int | Type::Float | Type::Size | Type::Percent | Type::Duration | Type::Date | Type::DateTime)
}

/// A resume looks at every fact again, and asks about what is new. A secret can't be compared: it is not kept.
pub(super) fn look_again(plan: &Plan, state: &RunState) -> Vec<Effect> {
    if state.purpose != Purpose::Resume {
        return Vec::new();
    }
    let mut unseen = Vec::new();
    for (fact, spec) in (0u32..).zip(&plan.facts) {
        let known = state.slots.get(&spec.slot).filter(|_| plan.slots[spec.slot.index()].kind != Type::Secret);
        let answers = |host: &&HostName| state.hosts.get(*host).is_some_and(|h| matches!(h.now, Some(Greeting::Answered { .. })));
        for host in known.into_iter().flat_map(BTreeMap::keys).filter(answers) {
            if !state.facts_seen.contains_key(&(fact, host.clone())) {
                unseen.push(Effect::SeeFact { fact, host: host.clone() });
            }
        }
    }
    match unseen.is_empty() && changed(plan, state).next().is_some() {
        true => vec![Effect::AskFacts],
        false => unseen,
    }
}

/// What has changed since the run read it, and was not accepted so far.
pub fn changed<'a>(plan: &'a Plan, state: &'a RunState) -> impl Iterator<Item = Changed<'a>> {
    state.facts_seen.iter().filter(|(place, is)| state.facts_accepted.get(*place) != Some(*is)).filter_map(|((fact, host), is)| {
        let slot = plan.facts.get(*fact as usize)?.slot;
        let was = state.slots.get(&slot)?.get(host)?;
        let touched = |id: NodeId| state.node(id).is_touched() && plan.node(id).host.as_ref() == Some(host);
        let is_ours = plan.iter().any(|(id, _)| touched(id));
        let is_other = is.as_ref() != Some(was) && !(is.is_some() && is_measured(&plan.slots[slot.index()].kind));
        is_other.then_some(Changed { fact: *fact, host, was, is: is.as_ref(), is_ours })
    })
}

impl RunState {
    /// A person, or nobody who could be asked, goes on with what the run goes by.
    pub(super) fn accept_facts(&mut self) {
        self.facts_accepted.extend(self.facts_seen.clone());
    }
}
