//! Events of a step on its way forward.

use super::super::shown;
use super::super::tone::Tone;
use super::{About, Telling, Weight};
use crate::outcome::Ended;
use crate::plan::model::{Guard, NodeId, NodeKind};
use crate::run::event::EventKind;
use crate::run::fleet;
use crate::run::state::Stage;

impl About<'_> {
    pub(super) fn forward(&self, id: NodeId, kind: &EventKind) -> Option<Telling> {
        use Tone::{Bad, Dim, Plain, Warn};
        use Weight::{Detail, Must, Normal};
        Some(match kind {
            EventKind::NodeSkipped { why, .. } => Telling::new(Normal, Dim, "skip", why.clone()),
            EventKind::NodeSatisfied { .. } => Telling::new(Normal, Dim, "already", "as wanted; nothing sent"),
            EventKind::NodeRefused { why, .. } => Telling::new(Must, Bad, "refused", "nothing of it has run").below(why),
            EventKind::NodePutBack { .. } => Telling::new(Detail, Dim, "put back", "it starts over when the run goes on"),
            // The host was told of when it was lost; the rest follows from that.
            EventKind::NodeUnreachable { .. } => Telling::new(Detail, Warn, "unreachable", "it waits for its host, or is left out"),
            EventKind::FailureTolerated { .. } => self.tolerated(id),
            EventKind::GuardHeld { guard, value: Some(_), .. } if matches!(self.plan.node(id).guards().get(*guard as usize), Some(Guard::Boot)) => return None,
            EventKind::GuardHeld { value: Some(value), .. } => Telling::new(Normal, Plain, "fact", format!("= {}", value.display())),
            EventKind::StepBegan { attempt, .. } => {
                let again = if *attempt > 1 { format!("attempt {attempt}  ") } else { String::new() };
                let verb = if self.is_scope(id) { "hold" } else { "begin" };
                Telling::new(Normal, Plain, verb, format!("{again}{}", shown::does(self.run, self.plan, self.state, id).unwrap_or_default()))
            }
            EventKind::StepEnded { ended, capture_error, .. } => match self.ended(id) {
                Some(telling) => telling.below(&remarks(ended)),
                None if matches!(self.state.stage(id), Stage::Ran { .. }) => {
                    let remarks = remarks(ended);
                    let weight = if remarks.is_empty() { Detail } else { Normal };
                    Telling::new(weight, Dim, "verify", format!("it ended after {}", self.took())).below(&remarks)
                }
                // Told after the next decision, which may have been to undo it.
                None if ended.exit.is_success() && capture_error.is_none() => Telling::new(Normal, Tone::Good, "ok", self.took()).below(&remarks(ended)),
                None => {
                    let why = capture_error.clone().filter(|_| ended.exit.is_success()).unwrap_or_else(|| ended.exit.to_string());
                    self.failed(&why).below(&remarks(ended))
                }
            },
            EventKind::HostRebooted { .. } => {
                self.ended(id).unwrap_or_else(|| Telling::new(Normal, Plain, "rebooted", format!("the host is back after {}", self.took())))
            }
            EventKind::StepPassed { .. } | EventKind::VerifyHeld { .. } => self.ended(id)?,
            EventKind::RebootMissed { why, .. } => self.failed(&format!("the host did not come back: {why}")),
            EventKind::VerifyFailed { why, .. } => self.failed("verify did not hold").below(why),
            EventKind::StepVoided { why, .. } => Telling::new(Normal, Dim, "voided", format!("it never began: {why}")),
            EventKind::StepLost { why, .. } => Telling::new(Must, Warn, "unknown", format!("how it ended can't be known: {why}")),
            EventKind::StepUnsettled { why, .. } => Telling::new(Must, Bad, "unknown", format!("whether it still runs can't be shown: {why}")),
            EventKind::LostSettled { done: Some(true), why, .. } => Telling::new(Normal, Tone::Good, "ok", format!("it was done after all: {why}")),
            EventKind::LostSettled { done: Some(false), why, .. } => Telling::new(Must, Warn, "not done", why.clone()),
            EventKind::LostSettled { done: None, why, .. } => Telling::new(Must, Bad, "unknown", format!("nothing can tell whether it was done: {why}")),
            EventKind::RetryDue { .. } => Telling::new(Normal, Warn, "retry", "by its own retry"),
            _ => return None,
        })
    }

    /// The line of a node that just succeeded; none while it has postconditions left.
    pub(super) fn ended(&self, id: NodeId) -> Option<Telling> {
        if !matches!(self.state.stage(id), Stage::Succeeded) {
            return None;
        }
        let verb = if self.is_scope(id) { "held" } else { "ok" };
        let weight = if matches!(self.plan.node(id).kind, NodeKind::Require(_) | NodeKind::Fact(_)) { Weight::Detail } else { Weight::Normal };
        Some(Telling::new(weight, Tone::Good, verb, self.took()))
    }

    /// What the run goes on without, and how much of that is left.
    fn tolerated(&self, id: NodeId) -> Telling {
        let host = if matches!(self.state.stage(id), Stage::Unreachable { .. } | Stage::Unsettled { .. }) { "its host can't be reached; " } else { "" };
        match fleet::tolerance_of(self.plan, self.state, id) {
            Some((tolerance, used)) => {
                let then = tolerance.stops().map(|stops| format!("; {stops}")).unwrap_or_default();
                Telling::new(Weight::Must, Tone::Warn, "tolerated", format!("{host}{used} of {} that may fail{then}", tolerance.most))
            }
            None => Telling::new(Weight::Must, Tone::Warn, "skipped", format!("{host}the run goes on without it")),
        }
    }

    pub(super) fn failed(&self, why: &str) -> Telling {
        let after = self.began.map(|_| format!(" after {}", self.took())).unwrap_or_default();
        Telling::new(Weight::Must, Tone::Bad, "failed", format!("{why}{after}"))
    }
}

/// J4: that output was not kept whole is told, whatever became of the step; and processes that a command left in its
/// group are counted.
pub(super) fn remarks(ended: &Ended) -> String {
    let mut remarks = Vec::new();
    if ended.cut {
        remarks.push("its output is not kept whole: it is over the limit (`output_limit`), or a disk is full".to_owned());
    }
    match ended.left_behind {
        0 => {}
        1 => remarks.push("one process of its group still runs".to_owned()),
        more => remarks.push(format!("{more} processes of its group still run")),
    }
    remarks.join("\n")
}
