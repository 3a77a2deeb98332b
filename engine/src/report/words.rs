//! The words for what a node is, how long something took, and who said something.

use super::tone::Tone;
use crate::outcome::Exit;
use crate::plan::model::{EvidenceSpec, GateThen, Node, NodeId, NodeKind, Plan};
use crate::run::event::{Actor, Answer, Millis, Voter};
use crate::run::fleet;
use crate::run::state::{Declined, RunState, Stage};
use crate::run::verdict;

/// How a run stands, for people.
#[must_use]
pub fn phase_word(state: &RunState) -> String {
    verdict::word(state).replace('_', " ")
}

/// A node's state as scripts read it. Stable.
#[must_use]
pub fn stage_word(stage: &Stage) -> &'static str {
    match stage {
        Stage::Pending => "pending",
        Stage::Guarding { .. } => "checking",
        Stage::Skipped { .. } => "skipped",
        Stage::Satisfied => "satisfied",
        Stage::Refused { .. } => "refused",
        Stage::Began { .. } => "running",
        Stage::Ran { .. } => "verifying",
        Stage::AwaitingPerson => "waiting",
        Stage::Failed { .. } => "failed",
        Stage::Lost { .. } => "unknown",
        Stage::Unreachable { .. } => "unreachable",
        Stage::Unsettled { .. } => "unsettled",
        Stage::Succeeded => "succeeded",
        Stage::MarkedDone { .. } => "marked_done",
        Stage::SkippedByPerson { .. } => "skipped_by_person",
        Stage::Open { .. } => "open",
        Stage::Approved { .. } => "approved",
        Stage::Declined { why: Declined::Rejected, .. } => "rejected",
        Stage::Declined { why: Declined::Expired { .. }, .. } => "expired",
        Stage::UndoOwed => "undo_owed",
        Stage::Undoing { .. } => "undoing",
        Stage::Undone => "undone",
        Stage::UndoneByHand { .. } => "undone_by_hand",
        Stage::UndoFailed { .. } => "undo_failed",
        Stage::Kept { .. } => "kept",
    }
}

/// The same of a node in its run: what the run went on without never had its turn.
#[must_use]
pub fn node_word(plan: &Plan, state: &RunState, id: NodeId) -> &'static str {
    match state.stage(id) {
        Stage::Pending if fleet::is_left_out(plan, state, id) => "left_out",
        // It has run, and not only been called off before it began: whoever takes it for untouched would be wrong.
        Stage::Pending if state.node(id).is_touched() => "retry_due",
        stage if matches!(plan.node(id).kind, NodeKind::Enter { .. }) => scope_word(stage),
        stage => stage_word(stage),
    }
}

/// A scope's state: what its entry and its release mean for it.
#[must_use]
pub fn scope_word(stage: &Stage) -> &'static str {
    match stage {
        Stage::Succeeded | Stage::MarkedDone { .. } => "held",
        Stage::Undoing { .. } => "releasing",
        Stage::Undone | Stage::UndoneByHand { .. } => "released",
        Stage::UndoFailed { .. } => "release_failed",
        Stage::UndoOwed => "release_owed",
        Stage::Began { .. } | Stage::Ran { .. } => "entering",
        Stage::Satisfied => "already_held",
        other => stage_word(other),
    }
}

/// What a state means at a glance.
#[must_use]
pub fn stage_tone(stage: &Stage) -> Tone {
    match stage {
        Stage::Pending | Stage::Skipped { .. } | Stage::Satisfied => Tone::Dim,
        Stage::Succeeded | Stage::Approved { .. } | Stage::Undone => Tone::Good,
        Stage::Guarding { .. } | Stage::Began { .. } | Stage::Ran { .. } | Stage::Undoing { .. } => Tone::Strong,
        Stage::AwaitingPerson | Stage::Open { .. } => Tone::Ask,
        Stage::Failed { .. } | Stage::Refused { .. } | Stage::Unreachable { .. } | Stage::Unsettled { .. } | Stage::UndoFailed { .. } | Stage::Lost { .. } => {
            Tone::Bad
        }
        Stage::MarkedDone { .. }
        | Stage::SkippedByPerson { .. }
        | Stage::Declined { .. }
        | Stage::UndoOwed
        | Stage::UndoneByHand { .. }
        | Stage::Kept { .. } => Tone::Warn,
    }
}

/// Why a node is where it is, where its state says so.
#[must_use]
pub fn stage_why(stage: &Stage) -> Option<String> {
    match stage {
        Stage::Skipped { why }
        | Stage::Refused { why }
        | Stage::Lost { why, .. }
        | Stage::Unreachable { why, .. }
        | Stage::Unsettled { why, .. }
        | Stage::UndoFailed { why, .. }
        | Stage::Kept { why } => Some(why.clone()),
        Stage::Failed { why, .. } => Some(why.to_string()),
        Stage::MarkedDone { reason } | Stage::SkippedByPerson { reason } => Some(reason.clone()).filter(|r| !r.is_empty()),
        Stage::UndoneByHand { note } => Some(note.clone()),
        Stage::Approved { choice } => choice.clone(),
        _ => None,
    }
}

/// `40ms`, `1.2s`, `12s`, `3m 20s`, `2h 5m`, `3d 4h`.
#[must_use]
pub fn took(millis: Millis) -> String {
    let millis = millis.max(0);
    let seconds = millis / 1000;
    match seconds {
        0 => format!("{millis}ms"),
        1..10 => format!("{}.{}s", seconds, millis % 1000 / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => pair(seconds / 60, "m", seconds % 60, "s"),
        3600..86_400 => pair(seconds / 3600, "h", seconds % 3600 / 60, "m"),
        _ => pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// The same in whole seconds: `4s`, `3m 20s`. Tenths that change all the time only make one nervous.
#[must_use]
pub fn whole(millis: Millis) -> String {
    let seconds = millis.max(0) / 1000;
    if seconds < 60 { format!("{seconds}s") } else { took(seconds * 1000) }
}

/// Seconds as a person says them.
#[must_use]
pub fn seconds(seconds: u64) -> String {
    whole(i64::try_from(seconds).unwrap_or(i64::MAX / 1000).saturating_mul(1000))
}

fn pair(big: i64, unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit} {small}{small_unit}") }
}

/// Who it was, as a sentence goes on: `by mara`, `by its policy`.
#[must_use]
pub fn by(actor: &Actor) -> String {
    match actor {
        Actor::Person(name) => format!("by {name}"),
        Actor::Policy => "by its policy".to_owned(),
    }
}

#[must_use]
pub fn voted(voter: &Voter) -> String {
    match voter {
        Voter::Person(name) => format!("by {name}"),
        Voter::Signed(signed) => format!("signed by {}", signed.principal),
        Voter::Policy => by(&Actor::Policy),
    }
}

/// What a person has to enter: its name, how it is written, the question.
#[must_use]
pub fn asked(plan: &Plan, spec: &EvidenceSpec, question: &str) -> String {
    format!("{}, {}: {question}", plan.slots[spec.slot.index()].name, spec.kind)
}

#[must_use]
pub fn answer_word(answer: &Answer) -> String {
    match answer {
        Answer::Approved { choice: None } => "approved".to_owned(),
        Answer::Approved { choice: Some(choice) } => format!("approved with `{choice}`"),
        Answer::Rejected => "rejected".to_owned(),
    }
}

#[must_use]
pub fn then_word(then: GateThen) -> &'static str {
    match then {
        GateThen::Rollback => "rollback",
        GateThen::Park => "park",
        GateThen::End => "end",
    }
}

/// The exit status that a script would see; none where there was none.
#[must_use]
pub fn exit_number(exit: &Exit) -> Option<i32> {
    match exit {
        Exit::Code(code) => Some(*code),
        Exit::Signal(signal) => Some(128 + signal),
        Exit::TimedOut { .. } | Exit::Stopped { .. } => None,
    }
}

/// The host that a node's path does not say already.
#[must_use]
pub fn other_host(node: &Node) -> Option<&str> {
    let host = node.host.as_deref()?;
    let said = node.path.strip_suffix(host).is_some_and(|rest| rest.ends_with('@'));
    (!said).then_some(host)
}

/// `1 step`, `3 steps`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_at_a_glance() {
        assert_eq!(took(1_240), "1.2s");
        assert_eq!(took(59_900), "59s");
        assert_eq!(took(200_000), "3m 20s");
        assert_eq!(took(7_200_000), "2h");
        assert_eq!(took(273_600_000), "3d 4h");
        assert_eq!(took(-5), "0ms");
    }
}
