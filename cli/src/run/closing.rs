//! The last words about a run that no process drives any more: where it stands, what stands, what to type next.

use engine::plan::model::{NodeKind, Plan};
use engine::report::next;
use engine::report::run_text::{is_left_alone, next_lines, not_undone, phase_tone, phase_why};
use engine::report::tone::{Line, Tone};
use engine::report::words::{count, took};
use engine::run::event::Millis;
use engine::run::fleet;
use engine::run::state::{Phase, RunState, Stage};
use engine::run::verdict;

use crate::out::Out;

pub(crate) fn tell(out: &Out, run: &str, plan: &Plan, state: &RunState, head: &str) {
    out.must("");
    for line in lines(run, plan, state, head, crate::clock::now() - state.began) {
        out.line(&line);
    }
}

fn lines(run: &str, plan: &Plan, state: &RunState, head: &str, lasted: Millis) -> Vec<Line> {
    let mut gone = state.clone();
    // This process has left, whatever the journal says of it.
    gone.driven = false;
    let word = verdict::word(state).replace('_', " ");
    let mut lines =
        vec![Line::new().with(phase_tone(state), &word).plain(format!("  {}", plan.runbook)).dim(format!("  {} in {}", tally(plan, state), took(lasted)))];
    if is_left_alone(&gone) {
        lines.push(Line::new().with(Tone::Warn, "  no process drives it now; what was under way may still run on its hosts"));
    }
    if let Some(why) = phase_why(&state.phase) {
        lines.extend(why.lines().map(|l| Line::new().plain(format!("  {l}"))));
    }
    if matches!(state.phase, Phase::Refused { .. }) {
        lines.push(Line::new().plain("  nothing has changed anywhere; mend it and run again"));
    } else if state.phase == Phase::RolledBack {
        let is_held = !next::held(plan, state).is_empty();
        lines.push(Line::new().plain(if is_held { "  nothing of this run stands but what is held" } else { "  nothing of this run stands" }));
    } else if state.phase != Phase::Done {
        lines.extend(list("stands", &next::standing(plan, state)));
    }
    let without = without(plan, state);
    lines.extend(list("went on without", &without));
    if state.phase == Phase::Done {
        lines.extend(list("stands there", &next::standing_left_out(plan, state)));
    }
    lines.extend(list("held", &next::held(plan, state)));
    let by_hand = not_undone(run, plan, state);
    if !by_hand.is_empty() {
        lines.push(Line::new().dim("not undone, the last first"));
        lines.extend(by_hand);
    }
    let next = next_lines(&next::of(run, plan, &gone));
    if !next.is_empty() {
        lines.push(Line::new().dim("next"));
        lines.extend(next);
    }
    lines.push(Line::new().dim(format!("head {head}")));
    lines
}

/// The paths of what failed and was tolerated.
fn without<'p>(plan: &'p Plan, state: &RunState) -> Vec<&'p str> {
    let failed = |id| state.node(id).passed_over || state.ended.values().any(|nodes| nodes.contains(&id));
    plan.iter().filter(|(id, _)| failed(*id)).map(|(_, node)| node.path.as_str()).collect()
}

fn list(name: &str, paths: &[&str]) -> Option<Line> {
    (!paths.is_empty()).then(|| Line::new().dim(format!("  {name}  ")).with(Tone::Plain, paths.join(", ")))
}

/// `3 of 5 steps done, 2 already as wanted`: each step is counted once.
fn tally(plan: &Plan, state: &RunState) -> String {
    let steps = || plan.iter().filter(|(_, node)| matches!(node.kind, NodeKind::Step(_) | NodeKind::Manual { .. }));
    let of = |wanted: fn(&Stage) -> bool| steps().filter(|(id, _)| wanted(state.stage(*id))).count();
    let mut said = vec![format!("{} of {} done", of(|s| matches!(s, Stage::Succeeded | Stage::MarkedDone { .. })), count(steps().count(), "step"))];
    let left_out = steps().filter(|(id, _)| matches!(state.stage(*id), Stage::Pending) && fleet::is_left_out(plan, state, *id)).count();
    for (number, what) in [
        (left_out, "left out"),
        (of(|s| matches!(s, Stage::Unreachable { .. })), "unreachable"),
        (of(|s| matches!(s, Stage::Satisfied)), "already as wanted"),
        (of(|s| matches!(s, Stage::Skipped { .. } | Stage::SkippedByPerson { .. })), "skipped"),
        (of(|s| matches!(s, Stage::Undone | Stage::UndoneByHand { .. })), "undone"),
        (of(|s| matches!(s, Stage::Failed { .. } | Stage::Refused { .. } | Stage::UndoFailed { .. })), "failed"),
        (of(|s| matches!(s, Stage::Lost { .. } | Stage::Unsettled { .. })), "unknown"),
    ] {
        if number > 0 {
            said.push(format!("{number} {what}"));
        }
    }
    said.join(", ")
}
