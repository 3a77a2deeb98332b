//! P3: whose yes counts at a gate.

use std::collections::BTreeSet;

use super::event::{Actor, Answer};
use crate::plan::model::GateSpec;

/// Why somebody's yes does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTheirs {
    NotAnApprover,
    /// They started, resumed or edited the run, and a second person is wanted.
    OwnHands,
}

/// Whether this person's yes counts. A no is taken from anybody: it does what silence does, and whoever can write it
/// could roll back as well.
///
/// # Errors
/// Why it does not count.
pub fn takes(gate: &GateSpec, hands: &BTreeSet<String>, answer: &Answer, by: &Actor) -> Result<(), NotTheirs> {
    if *answer == Answer::Rejected {
        return Ok(());
    }
    let name = match by {
        Actor::Person(name) => Some(name),
        Actor::Policy => None,
    };
    if !gate.approvers.is_empty() && !name.is_some_and(|name| gate.approvers.contains(name)) {
        return Err(NotTheirs::NotAnApprover);
    }
    if gate.second_person && name.is_none_or(|name| hands.contains(name)) {
        return Err(NotTheirs::OwnHands);
    }
    Ok(())
}

/// Whose yes a gate takes; none where it takes anybody's.
#[must_use]
pub fn whose_yes(gate: &GateSpec, hands: &BTreeSet<String>) -> Option<String> {
    let approvers = (!gate.approvers.is_empty()).then(|| listed(gate.approvers.iter(), "or"));
    let second = gate.second_person.then(|| format!("a second person, not {}", listed(hands.iter(), "or")));
    match (approvers, second) {
        (None, None) => None,
        (Some(approvers), None) => Some(approvers),
        (None, Some(second)) => Some(second),
        (Some(approvers), Some(second)) => Some(format!("{approvers}; {second}")),
    }
}

/// P3: what is not signed is a courtesy.
pub const COURTESY: &str = "by the names of OS users: without signatures a courtesy, no proof";

/// Why somebody's yes does not count.
#[must_use]
pub fn not_theirs(gate: &GateSpec, hands: &BTreeSet<String>, why: &NotTheirs, who: &str) -> String {
    match why {
        NotTheirs::NotAnApprover => format!("it takes a yes of {}, and you are {who}", listed(gate.approvers.iter(), "or")),
        NotTheirs::OwnHands => {
            let hands = listed(hands.iter(), "and");
            let whose =
                if hands == who { "you started or resumed this run".to_owned() } else { format!("{hands} started or resumed this run, and you are {who}") };
            format!("it wants a second person, and {whose}")
        }
    }
}

/// `ada`, `ada or bo`, `ada, bo or cy`.
fn listed<'a>(names: impl Iterator<Item = &'a String>, and: &str) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {and} {last}", rest.join(", ")),
        _ => names.join(""),
    }
}
