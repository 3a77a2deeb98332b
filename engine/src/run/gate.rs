//! What a word that was given beforehand means at a gate.

use super::event::Answer;
use crate::plan::model::GateSpec;
use crate::plan::template::Prose;

/// A choice where the gate has choices, the typed word where it wants one, else yes or no. `None`: not an answer.
#[must_use]
pub fn read_answer(gate: &GateSpec, given: &str, text: &dyn Fn(&Prose) -> String) -> Option<Answer> {
    if matches!(given, "reject" | "no") {
        return Some(Answer::Rejected);
    }
    if !gate.choices.is_empty() {
        return gate.choices.iter().any(|c| c == given).then(|| Answer::Approved { choice: Some(given.to_owned()) });
    }
    let accepted = match &gate.confirm {
        Some(word) => text(word) == given,
        None => matches!(given, "approve" | "yes"),
    };
    accepted.then_some(Answer::Approved { choice: None })
}
