//! P3: whose yes counts at a gate.

use std::collections::BTreeSet;

use super::event::{Answer, Voter};
use super::state::RunState;
use crate::plan::model::GateSpec;

/// Whose yes a gate wants, as the run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    approvers: Vec<String>,
    second_person: bool,
    signed: bool,
    /// Who started, resumed or edited the run.
    hands: BTreeSet<String>,
}

/// Why somebody's yes does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTheirs {
    /// The runbook names its signers.
    Unsigned,
    NotAnApprover,
    /// They started, resumed or edited the run, and a second person is wanted.
    OwnHands,
}

impl Wanted {
    #[must_use]
    pub fn of(gate: &GateSpec, state: &RunState) -> Self {
        let hands = if gate.signed { &state.signers } else { &state.hands };
        Self { approvers: gate.approvers.clone(), second_person: gate.second_person, signed: gate.signed, hands: hands.clone() }
    }

    /// Whether this person's yes counts. A no is taken from anybody, signed or not: it does what silence does, and
    /// nobody should look for a key to stop.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn takes(&self, answer: &Answer, by: &Voter) -> Result<(), NotTheirs> {
        if *answer == Answer::Rejected {
            return Ok(());
        }
        let name = match by {
            Voter::Signed(signed) => Some(&signed.principal),
            Voter::Person(_) | Voter::Policy if self.signed => return Err(NotTheirs::Unsigned),
            Voter::Person(name) => Some(name),
            Voter::Policy => None,
        };
        if !self.approvers.is_empty() && !name.is_some_and(|name| self.approvers.contains(name)) {
            return Err(NotTheirs::NotAnApprover);
        }
        if self.second_person && name.is_none_or(|name| self.hands.contains(name)) {
            return Err(NotTheirs::OwnHands);
        }
        Ok(())
    }

    /// Whose yes it takes; none where it takes anybody's.
    #[must_use]
    pub fn whose_yes(&self) -> Option<String> {
        let signed = self.signed.then(|| "who signs it".to_owned());
        let approvers = (!self.approvers.is_empty()).then(|| listed(self.approvers.iter(), "or"));
        let second = self.second_person.then(|| format!("a second person, not {}", listed(self.hands.iter(), "or")));
        let all: Vec<String> = [signed, approvers, second].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// P3: what is not signed is a courtesy.
    #[must_use]
    pub fn worth(&self) -> &'static str {
        if self.signed { "by their signatures: `runbook verify RUN` checks them" } else { "by the names of OS users: without signatures a courtesy, no proof" }
    }

    /// Why somebody's yes does not count.
    #[must_use]
    pub fn not_theirs(&self, why: &NotTheirs, who: &str) -> String {
        match why {
            NotTheirs::Unsigned => "a yes is signed in this run, and yours is not".to_owned(),
            NotTheirs::NotAnApprover => format!("it takes a yes of {}, and you are {who}", listed(self.approvers.iter(), "or")),
            NotTheirs::OwnHands => {
                let hands = listed(self.hands.iter(), "and");
                let whose =
                    if hands == who { "you started or resumed this run".to_owned() } else { format!("{hands} started or resumed this run, and you are {who}") };
                format!("it wants a second person, and {whose}")
            }
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
