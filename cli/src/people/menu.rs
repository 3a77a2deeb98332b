//! What can be chosen at a failure and before a step. What is offered is what is understood, and nothing else.

use engine::exec::people::{FailureQuestion, Printed, Question, StepQuestion};
use engine::run::event::{FailureAnswer, StepAnswer};

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) pick: Pick,
    /// With the letter that stands for it in brackets.
    pub(super) shown: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pick {
    Failure(FailureAnswer),
    Step(StepAnswer),
    /// The runbook, and goes on.
    Edit,
    /// On the host of the step.
    Shell,
    /// Shows all that was printed, and asks again.
    Output(Printed),
}

impl Pick {
    /// What may be typed for it.
    fn typed(&self) -> &'static [&'static str] {
        match self {
            Self::Failure(FailureAnswer::Retry) => &["r", "retry"],
            Self::Failure(FailureAnswer::MarkDone) | Self::Step(StepAnswer::MarkDone) => &["d", "done", "mark done"],
            Self::Failure(FailureAnswer::Skip) | Self::Step(StepAnswer::Skip) => &["s", "skip"],
            Self::Failure(FailureAnswer::RollBack) | Self::Step(StepAnswer::RollBack) => &["b", "back", "roll back", "rollback"],
            Self::Failure(FailureAnswer::Park) | Self::Step(StepAnswer::Park) => &["p", "park"],
            Self::Step(StepAnswer::Run) => &["r", "run"],
            Self::Step(StepAnswer::RunTheRest) => &["a", "all", "run all", "rest"],
            Self::Edit => &["e", "edit"],
            Self::Shell => &["h", "shell"],
            Self::Output(_) => &["o", "output"],
        }
    }
}

/// The menu of a question; empty for one that wants other words.
pub(super) fn of(question: &Question) -> Vec<Choice> {
    match question {
        Question::Failure(failure) => at_a_failure(failure),
        Question::Step(step) => before_a_step(step),
        _ => Vec::new(),
    }
}

/// What a line chooses.
pub(super) fn read(menu: &[Choice], line: &str) -> Option<Pick> {
    menu.iter().map(|choice| &choice.pick).find(|pick| pick.typed().contains(&line)).cloned()
}

fn choice(pick: Pick, shown: impl Into<String>) -> Choice {
    Choice { pick, shown: shown.into() }
}

fn at_a_failure(failure: &FailureQuestion) -> Vec<Choice> {
    use FailureAnswer::{MarkDone, Park, Retry, RollBack, Skip};
    let pick = |answer, shown: &str| choice(Pick::Failure(answer), shown);
    let mut menu = if failure.runs_perhaps {
        vec![pick(Retry, "[r]etry, which looks for it again")]
    } else {
        vec![pick(Retry, "[r]etry"), choice(Pick::Edit, "[e]dit and go on"), pick(MarkDone, "mark [d]one"), pick(Skip, "[s]kip")]
    };
    menu.extend(failure.host.as_ref().map(|host| choice(Pick::Shell, format!("s[h]ell on {host}"))));
    menu.extend(failure.printed.clone().map(|printed| choice(Pick::Output(printed), "whole [o]utput")));
    menu.extend([pick(RollBack, "roll [b]ack"), pick(Park, "[p]ark")]);
    menu
}

fn before_a_step(step: &StepQuestion) -> Vec<Choice> {
    use StepAnswer::{MarkDone, Park, RollBack, Run, RunTheRest, Skip};
    let pick = |answer, shown: &str| choice(Pick::Step(answer), shown);
    let mut menu = vec![
        pick(Run, if step.is_release { "[r]elease" } else { "[r]un" }),
        pick(RunTheRest, "run [a]ll the rest without asking"),
        choice(Pick::Edit, "[e]dit and go on"),
        pick(Skip, if step.is_release { "[s]kip, it is kept" } else { "[s]kip" }),
        pick(MarkDone, "mark [d]one"),
    ];
    menu.extend(step.host.as_ref().map(|host| choice(Pick::Shell, format!("s[h]ell on {host}"))));
    menu.extend(step.last.clone().map(|printed| choice(Pick::Output(printed), "last [o]utput")));
    menu.extend([pick(RollBack, "roll [b]ack"), pick(Park, "[p]ark")]);
    menu
}
