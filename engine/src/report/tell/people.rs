//! Events of people: gates, manual steps, and what becomes of a failure.

use super::super::tone::Tone;
use super::super::words::{asked, by, then_word, took, voted};
use super::{About, Telling, Weight};
use crate::plan::model::{NodeId, NodeKind};
use crate::run::approver::Wanted;
use crate::run::event::{Actor, Answer, EventKind, FailureAnswer, StepAnswer};
use crate::run::state::Stage;

impl About<'_> {
    pub(super) fn people(&self, id: NodeId, kind: &EventKind) -> Option<Telling> {
        use Tone::{Ask, Bad, Good, Plain, Warn};
        use Weight::Must;
        Some(match kind {
            EventKind::GateOpened { question, evidence, deadline, .. } => {
                let mut telling = Telling::new(Must, Ask, "gate", question.clone());
                for shown in evidence {
                    telling.below.push(format!("{}$ {}", shown.host, super::super::shown::one_line(&shown.command)));
                    telling.below.extend(shown.output.lines().map(|l| format!("  {l}")));
                }
                if let NodeKind::Gate(gate) = &self.plan.node(id).kind {
                    telling.below.extend(Wanted::of(gate, self.state).whose_yes().map(|who| format!("a yes counts of {who}")));
                    // To the nearest second: the event comes a moment after its deadline was reckoned.
                    let left = (deadline - self.at + 500) / 1000 * 1000;
                    telling.below.push(format!("open for {}, then {}", took(left), then_word(gate.then)));
                }
                telling
            }
            EventKind::GateAnswered { answer, by: who, note, .. } => {
                let tone = if *answer == Answer::Rejected { Warn } else { Good };
                let verb = if *answer == Answer::Rejected { "rejected" } else { "approved" };
                let said = match answer {
                    Answer::Approved { choice: Some(choice) } => format!("with `{choice}`, "),
                    Answer::Approved { choice: None } | Answer::Rejected => String::new(),
                };
                Telling::new(Must, tone, verb, format!("{said}{}{}", voted(who), noted(note.as_deref())))
            }
            EventKind::GateLapsed { why, .. } => Telling::new(Must, Warn, "lapsed", format!("{why}: it is shown anew, and asked again")),
            EventKind::GateExpired { live, .. } => {
                let then = match &self.plan.node(id).kind {
                    NodeKind::Gate(gate) if *live => format!("; it says {}", then_word(gate.then)),
                    _ => "; no process was there, so the run parks".to_owned(),
                };
                Telling::new(Must, Warn, "expired", format!("nobody answered in time{then}"))
            }
            EventKind::ManualAsked { instructions, asks, .. } => {
                let mut telling = Telling::new(Must, Ask, "by hand", self.plan.node(id).title.clone().unwrap_or_default()).below(instructions);
                telling.below.extend(self.plan.node(id).evidence().iter().zip(asks).map(|(spec, ask)| asked(self.plan, spec, ask)));
                telling
            }
            EventKind::ManualAnswered { done: true, by: who, note, entered, .. } => {
                let verb = if matches!(self.state.stage(id), Stage::Succeeded) { "ok" } else { "checking" };
                let mut telling = Telling::new(Weight::Normal, Good, verb, format!("done {}{}", by(who), noted(note.as_deref())));
                telling.below.extend(entered.iter().map(|(slot, value)| format!("{} = {}", self.plan.slots[slot.index()].name, value.display())));
                telling
            }
            EventKind::ManualAnswered { done: false, by: who, note, .. } => {
                Telling::new(Must, Bad, "failed", format!("not done, {}{}", by(who), noted(note.as_deref())))
            }
            EventKind::FailureAnswered { answer, by: who, note, .. } => {
                let verb = match answer {
                    FailureAnswer::Retry => "retry",
                    FailureAnswer::MarkDone => "marked done",
                    FailureAnswer::Skip => "skipped",
                    FailureAnswer::RollBack => "roll back",
                    FailureAnswer::Park => "park",
                };
                let weight = if *who == Actor::Policy { Weight::Normal } else { Must };
                Telling::new(weight, Plain, verb, format!("{}{}", by(who), noted(note.as_deref())))
            }
            EventKind::ShellOpened { by: who, .. } => {
                Telling::new(Must, Plain, "shell", format!("opened on {}, {}", self.plan.node(id).host.as_deref().unwrap_or_default(), by(who)))
            }
            EventKind::ShellClosed { by: who, why: None, .. } => Telling::new(Must, Plain, "shell", format!("closed, {}", by(who))),
            EventKind::ShellClosed { why: Some(why), .. } => Telling::new(Must, Warn, "no shell", "it could not be opened").below(why),
            EventKind::StepAnswered { answer, by: who, note, .. } => {
                let verb = match answer {
                    StepAnswer::Run => "run",
                    StepAnswer::RunTheRest => "run the rest",
                    StepAnswer::MarkDone => "marked done",
                    StepAnswer::Skip => "skipped",
                    StepAnswer::RollBack => "roll back",
                    StepAnswer::Park => "park",
                };
                // That it runs is told by its own line.
                let weight = if *answer == StepAnswer::Run { Weight::Detail } else { Must };
                Telling::new(weight, Plain, verb, format!("{}{}", by(who), noted(note.as_deref())))
            }
            EventKind::RunEnding { .. } => Telling::new(Must, Warn, "end", "the gate says end; scopes are left by their policy"),
            _ => return None,
        })
    }
}

pub(super) fn noted(note: Option<&str>) -> String {
    note.filter(|n| !n.is_empty()).map(|n| format!(": {n}")).unwrap_or_default()
}
