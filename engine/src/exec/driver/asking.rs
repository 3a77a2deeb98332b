//! A guard as a question: what can be said of it at once, and what a host is asked. Said in the same words whether a run
//! asks it, its preflight, or a plan that is looked at.

use super::answers::{Answered, ask, read_value};
use super::bind::{Place, Ready};
use super::world::World;
use crate::exec::keeper::Away;
use crate::plan::model::{Command, Condition, FactSpec, Guard, Plan, RequireSpec, When};
use crate::value::{Type, Value};

/// What a guard says.
pub(super) enum Said {
    /// With what it was read to be, where it is a fact.
    Holds(Option<Value>),
    /// `check`: as wanted already.
    Satisfied,
    /// `when` is false.
    Skipped {
        why: String,
    },
    /// It does not hold, or could not be asked.
    Refused {
        why: String,
    },
    /// It rests on something that is not known.
    Unknown {
        why: String,
    },
    Away(Away),
}

pub(super) enum Asked {
    Said(Said),
    Open(Box<Question>),
}

/// What a host must be asked. It holds all that it needs.
pub(super) struct Question {
    ready: Ready,
    of: Of,
}

enum Of {
    Require { why: String },
    Fact { name: String, kind: Type },
    Check,
}

impl Question {
    pub(super) async fn ask(self) -> Said {
        match self.of {
            Of::Fact { name, kind } => match read_value(&self.ready, &kind).await {
                Ok(value) => Said::Holds(Some(value)),
                Err(unread) => unread.away.map_or_else(|| Said::Refused { why: format!("fact `{name}`: {}", unread.why) }, Said::Away),
            },
            Of::Require { why } => match ask(&self.ready).await {
                Answered::Yes(_) => Said::Holds(None),
                Answered::No { why: said } => Said::Refused { why: format!("required, and not so: {why} ({said})") },
                Answered::Error { why: said } => Said::Refused { why: format!("could not be asked whether {why}: {said}") },
                Answered::Away(away) => Said::Away(away),
            },
            Of::Check => match ask(&self.ready).await {
                Answered::Yes(_) => Said::Satisfied,
                Answered::No { .. } => Said::Holds(None),
                Answered::Error { why } => Said::Refused { why: format!("`check` could not be asked: {why}") },
                Answered::Away(away) => Said::Away(away),
            },
        }
    }
}

/// A guard of a node. None: it is about the moment of the step, not about how things stand.
pub(super) fn guard(plan: &Plan, place: Place<'_>, guard: Guard<'_>, world: &World) -> Option<Asked> {
    match guard {
        Guard::When(when) => Some(Asked::Said(when_holds(place, when, world))),
        Guard::Require(spec) => Some(require(place, spec, place.at(spec.frame).text(&spec.why, world), world)),
        Guard::Fact(spec) => Some(fact(plan, place, spec, world)),
        Guard::Check(command) => Some(check(place, command, world)),
        Guard::Fetched(_) | Guard::Boot => None,
    }
}

fn when_holds(place: Place<'_>, when: &When, world: &World) -> Said {
    match place.at(when.frame).holds(&when.that, world) {
        Ok(true) => Said::Holds(None),
        Ok(false) => Said::Skipped { why: format!("`when {}` is false", when.that.source_text().text.trim()) },
        Err(why) => Said::Unknown { why: format!("`when` could not be evaluated: {why}") },
    }
}

/// `why`: what must be so, in the words of the runbook.
pub(super) fn require(place: Place<'_>, spec: &RequireSpec, why: String, world: &World) -> Asked {
    let unknown = |error: String| Asked::Said(Said::Unknown { why: format!("could not be asked whether {why}: {error}") });
    match &spec.that {
        Condition::Holds(expression) => match place.at(spec.frame).holds(expression, world) {
            Ok(true) => Asked::Said(Said::Holds(None)),
            Ok(false) => Asked::Said(Said::Refused { why: format!("required, and not so: {why}") }),
            Err(error) => unknown(error),
        },
        Condition::Succeeds(command) => match place.ready(command, false, world) {
            Ok(ready) => Asked::Open(Box::new(Question { ready, of: Of::Require { why } })),
            Err(error) => unknown(error),
        },
    }
}

fn fact(plan: &Plan, place: Place<'_>, spec: &FactSpec, world: &World) -> Asked {
    let slot = &plan.slots[spec.slot.index()];
    match place.captured(true).ready(&spec.command, false, world) {
        Ok(ready) => Asked::Open(Box::new(Question { ready, of: Of::Fact { name: slot.name.clone(), kind: slot.kind.clone() } })),
        Err(why) => Asked::Said(Said::Unknown { why }),
    }
}

fn check(place: Place<'_>, command: &Command, world: &World) -> Asked {
    match place.ready(command, false, world) {
        Ok(ready) => Asked::Open(Box::new(Question { ready, of: Of::Check })),
        Err(why) => Asked::Said(Said::Unknown { why }),
    }
}
