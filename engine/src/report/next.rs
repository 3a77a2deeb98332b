//! What a person can type next, from where a run stands.

use super::words::count;
use crate::plan::model::{GateThen, NodeKind, Plan};
use crate::run::behind::Behind;
use crate::run::event::Refusal;
use crate::run::fleet;
use crate::run::release;
use crate::run::state::{Greeting, Phase, RunState, Stage};
use crate::run::unwind;
use crate::value::Type;

/// A command and what it would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    pub command: String,
    pub does: String,
}

/// The commands that make sense now, the most likely first.
#[must_use]
pub fn of(run: &str, plan: &Plan, state: &RunState) -> Vec<Next> {
    let mut next = Vec::new();
    let mut say = |command: String, does: &str| next.push(Next { command, does: does.to_owned() });
    let questions = open_questions(run, plan, state);
    let asked = !questions.is_empty();
    questions.into_iter().for_each(|(command, does)| say(command, does));
    let standing = standing(plan, state).len();
    // What lies at or before a point of no return stands for good.
    let undoable = unwind::all_would_undo(plan, state).len();
    match &state.phase {
        Phase::New | Phase::Preparing { .. } | Phase::Running | Phase::Ending | Phase::Releasing { .. } if state.driven => {}
        Phase::Preparing { .. } | Phase::Releasing { .. } if state.phase.beneath().is_final() => {}
        Phase::Running | Phase::New | Phase::Preparing { .. } => {
            hosts(run, plan, state).into_iter().for_each(|(command, does)| say(command, does));
            say(format!("runbook resume {run}"), if asked { "go on, when that is answered" } else { "go on from where it stands" });
            if undoable > 0 {
                say(format!("runbook rollback {run}"), &undoing(undoable));
            }
        }
        Phase::RollingBack | Phase::Ending | Phase::Releasing { .. } => {
            if !state.driven {
                say(format!("runbook resume {run}"), "go on with what was under way");
            }
        }
        Phase::Parked { .. } => {
            hosts(run, plan, state).into_iter().for_each(|(command, does)| say(command, does));
            lost(run, plan, state).into_iter().for_each(|(command, does)| say(command, does));
            say(format!("runbook resume {run}"), resuming(plan, state));
            if plan.lock_places().iter().any(|place| !state.locks.contains_key(place)) {
                say(format!("runbook resume {run} --take-lock REASON"), "take its lock back from who has it");
            }
            if undoable > 0 {
                say(format!("runbook rollback {run}"), &undoing(undoable));
            }
            say(format!("runbook end {run}"), "close it; nothing is undone");
        }
        Phase::Stuck { .. } => {
            hosts(run, plan, state).into_iter().for_each(|(command, does)| say(command, does));
            if state.unwinding.is_some() {
                say(format!("runbook rollback {run}"), "try the undo again, when its cause is mended");
            } else {
                // It was on its way forward: a rollback would take back all of it.
                say(format!("runbook resume {run}"), "try that again, when its cause is mended, and go on");
                say(format!("runbook rollback {run}"), &undoing(standing));
            }
            say(format!("runbook end {run}"), "close it; nothing is undone");
        }
        Phase::Done | Phase::RolledBack | Phase::Failed { .. } | Phase::Refused { .. } | Phase::Ended => {}
    }
    for (_, node) in plan.iter().filter(|(id, _)| !state.driven && release::may_be_freed(plan, state, *id)) {
        say(format!("runbook release {run} {}", quoted(&node.path)), "free it");
    }
    if let Some(failed) = plan.iter().find(|(id, _)| troubled_stage(state.stage(*id))).filter(|_| !state.driven) {
        say(format!("runbook log {run} {}", quoted(&failed.1.path)), "what it printed");
    }
    next
}

fn open_questions(run: &str, plan: &Plan, state: &RunState) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for (id, node) in plan.iter() {
        let path = quoted(&node.path);
        match (state.stage(id), &node.kind) {
            (Stage::Open { .. }, NodeKind::Gate(gate)) => {
                let (hosts, yes) = match Behind::of(plan, state, id).typed() {
                    Some(_) => (" --hosts N", "say yes, and to how many hosts"),
                    None => ("", "say yes"),
                };
                if gate.choices.is_empty() {
                    found.push((format!("runbook approve {run} {path}{hosts}"), yes));
                }
                // One line each: what is shown here is copied into a shell.
                found.extend(gate.choices.iter().map(|choice| (format!("runbook approve {run} {path} --choice {}{hosts}", quoted(choice)), "choose this")));
                found.push((format!("runbook reject {run} {path}"), refusal_means(gate.then)));
            }
            (Stage::AwaitingPerson, _) => {
                let entered: String = node
                    .evidence()
                    .iter()
                    .filter(|spec| !matches!(spec.kind, Type::Optional(_)))
                    .map(|spec| format!(" --evidence {}=…", plan.slots[spec.slot.index()].name))
                    .collect();
                found.push((format!("runbook approve {run} {path}{entered}"), "it is done"));
                found.push((format!("runbook reject {run} {path}"), "it could not be done"));
            }
            _ => {}
        }
    }
    found
}

fn refusal_means(then: GateThen) -> &'static str {
    match then {
        GateThen::Rollback => "say no; the boundary is rolled back",
        GateThen::Park => "say no; the run parks",
        GateThen::End => "say no; the run ends",
    }
}

fn undoing(standing: usize) -> String {
    format!("undo {}", count(standing, "change"))
}

/// The paths of what this run changed and did not take back.
#[must_use]
pub fn standing<'a>(plan: &'a Plan, state: &RunState) -> Vec<&'a str> {
    let stands = |stage: &Stage| !matches!(stage, Stage::Undone | Stage::UndoneByHand { .. });
    plan.iter().filter(|(id, node)| node.changes() && state.node(*id).is_touched() && stands(state.stage(*id))).map(|(_, node)| node.path.as_str()).collect()
}

/// Of these, what stands where the run has gone on.
#[must_use]
pub fn standing_left_out<'a>(plan: &'a Plan, state: &RunState) -> Vec<&'a str> {
    let standing = standing(plan, state);
    plan.iter()
        .filter(|(id, node)| fleet::is_left_out(plan, state, *id) && standing.contains(&node.path.as_str()))
        .map(|(_, node)| node.path.as_str())
        .collect()
}

/// The paths of the scopes that are held now.
#[must_use]
pub fn held<'a>(plan: &'a Plan, state: &RunState) -> Vec<&'a str> {
    plan.iter()
        .filter(|(id, node)| {
            matches!(node.kind, NodeKind::Enter { .. })
                && state.node(*id).is_touched()
                && !matches!(state.stage(*id), Stage::Undone | Stage::UndoneByHand { .. })
        })
        .map(|(_, node)| node.path.as_str())
        .collect()
}

fn troubled(plan: &Plan, state: &RunState, wanted: impl Fn(&Stage) -> bool) -> bool {
    plan.iter().any(|(id, _)| wanted(state.stage(id)) && !fleet::is_left_out(plan, state, id))
}

/// What a resume does here.
fn resuming(plan: &Plan, state: &RunState) -> &'static str {
    let retries = |stage: &Stage| matches!(stage, Stage::Failed { .. } | Stage::Refused { .. } | Stage::UndoFailed { .. });
    if troubled(plan, state, retries) {
        "try the failed step again"
    } else if troubled(plan, state, |stage| matches!(stage, Stage::Lost { .. })) {
        "ask once more what became of it; at a terminal you decide"
    } else if plan.hosts.iter().any(|h| state.away(&h.name).is_some()) {
        "go on when the host is back"
    } else {
        "go on from where it stands"
    }
}

/// K4: what nobody can tell about is tried again only at a person's word.
fn lost(run: &str, plan: &Plan, state: &RunState) -> Vec<(String, &'static str)> {
    let lost = plan.iter().filter(|(id, _)| matches!(state.stage(*id), Stage::Lost { told: Some(_), .. }) && !fleet::is_left_out(plan, state, *id));
    lost.map(|(_, node)| (format!("runbook resume {run} --retry {}", quoted(&node.path)), "run it again, if that does no harm")).collect()
}

/// What a person can say of hosts that do not answer as they did.
fn hosts(run: &str, plan: &Plan, state: &RunState) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for host in &plan.hosts {
        let name = quoted(&host.name);
        match state.hosts.get(&host.name).and_then(|known| known.now.as_ref()) {
            Some(Greeting::Refused { how: Refusal::Forgotten, .. }) => {
                found.push((format!("runbook resume {run} --forgotten {name}=REASON"), "go on, if nothing of this run can be running there"));
            }
            Some(Greeting::Unreachable { .. }) => found.push((format!("runbook end {run} --gone {name}=REASON"), "close it, if that host never comes back")),
            Some(Greeting::Refused { .. } | Greeting::Answered { .. }) | None => {}
        }
    }
    found
}

fn troubled_stage(stage: &Stage) -> bool {
    matches!(stage, Stage::Failed { .. } | Stage::Refused { .. } | Stage::Lost { .. } | Stage::Unsettled { .. } | Stage::UndoFailed { .. })
}

/// As a shell takes it: a path with brackets is a pattern there.
#[must_use]
pub fn quoted(word: &str) -> String {
    shell_words::quote(word).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{folded, sample, up_to_the_failure, up_to_the_gate, written};
    use super::*;
    use crate::run::event::EventKind;

    fn commands(kinds: Vec<EventKind>) -> Vec<String> {
        let plan = sample();
        of("abc", &plan, &folded(&plan, &written(kinds))).into_iter().map(|n| n.command).collect()
    }

    #[test]
    fn an_open_gate_says_how_it_is_answered() {
        let plan = sample();
        assert_eq!(commands(up_to_the_gate(&plan)), ["runbook approve abc go --choice now", "runbook approve abc go --choice later", "runbook reject abc go"]);
    }

    #[test]
    fn a_parked_run_can_be_resumed_rolled_back_or_ended() {
        let plan = sample();
        let mut kinds = up_to_the_failure(&plan);
        kinds.push(EventKind::RunParked { why: "`start@web1` failed".to_owned() });
        assert_eq!(commands(kinds), ["runbook resume abc", "runbook rollback abc", "runbook end abc", "runbook log abc start@web1"]);
    }
}
