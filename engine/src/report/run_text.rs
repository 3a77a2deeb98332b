//! `runbook show RUN`: where a run stands, why, and what to type next.

use super::history::{self, Past};
use super::next::{self, Next};
use super::shown::{self, one_line};
use super::tone::{Line, Tone};
use super::usual::Usual;
use super::words::{self, count, node_word, stage_tone, stage_why, stage_word, took};
use crate::plan::model::{GateSpec, Node, NodeId, NodeKind, Plan};
use crate::run::approver::Wanted;
use crate::run::behind::Behind;
use crate::run::event::{Event, Evidence, Millis};
use crate::run::gate;
use crate::run::state::{Phase, RunState, Stage};
use crate::run::verdict;

/// What a page about a run needs besides its events.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    pub run: &'a str,
    pub head: &'a str,
    pub now: Millis,
    /// A moment as the reader's clock shows it.
    pub clock: fn(Millis) -> String,
    /// How long its steps took in earlier runs.
    pub usual: &'a Usual,
}

/// The whole page.
#[must_use]
pub fn page(page: &Page<'_>, plan: &Plan, state: &RunState, events: &[Event]) -> Vec<Line> {
    let pasts = history::of(plan, events);
    let mut lines = heading(page, plan, state, events);
    section(&mut lines, "steps", rows(page, plan, state, &pasts, |n| matches!(n.kind, NodeKind::Step(_) | NodeKind::Manual { .. })));
    section(&mut lines, "gates", gates(page, plan, state, &pasts));
    section(&mut lines, "scopes", rows(page, plan, state, &pasts, |n| matches!(n.kind, NodeKind::Enter { .. })));
    section(&mut lines, "locks", locks(page, state));
    section(&mut lines, "goes on without", tolerated(plan, state, &pasts));
    section(&mut lines, "not undone, the last first", not_undone(page.run, plan, state));
    section(&mut lines, "next", next_lines(&next::of(page.run, plan, state)));
    lines.push(Line::new());
    lines.push(Line::new().dim(format!("head {}", page.head)));
    lines
}

fn heading(page: &Page<'_>, plan: &Plan, state: &RunState, events: &[Event]) -> Vec<Line> {
    let title = plan.title.as_deref().map(|t| format!("  {t}")).unwrap_or_default();
    let mut lines = vec![Line::new().with(Tone::Strong, &plan.runbook).plain(title)];
    let mut stands = Line::new().dim("run ").plain(page.run).plain("  ").with(phase_tone(state), verdict::word(state).replace('_', " "));
    if let (Some(first), Some(last)) = (events.first(), events.last()) {
        let until = if state.phase.is_final() { last.at } else { page.now };
        stands = stands.dim(format!("  since {}, {}", (page.clock)(first.at), took(until - first.at)));
    }
    lines.push(stands.dim(format!(", by {}", state.operator)));
    if is_left_alone(state) {
        lines.push(Line::new().with(Tone::Warn, "  no process drives it; what was under way may still run on its hosts"));
    }
    if let Some(why) = phase_why(&state.phase) {
        lines.extend(why.lines().map(|l| Line::new().plain(format!("  {l}"))));
    }
    lines
}

/// Whether something was under way when the last process went.
#[must_use]
pub fn is_left_alone(state: &RunState) -> bool {
    !state.driven
        && matches!(state.phase, Phase::Preparing { .. } | Phase::Running | Phase::RollingBack | Phase::Ending | Phase::Releasing { .. })
        && !state.is_waiting()
}

/// The tone of a run as a whole.
#[must_use]
pub fn phase_tone(state: &RunState) -> Tone {
    match &state.phase {
        Phase::Done => Tone::Good,
        Phase::Stuck { .. } | Phase::Failed { .. } | Phase::Refused { .. } => Tone::Bad,
        Phase::Parked { .. } | Phase::RolledBack | Phase::RollingBack | Phase::Ended => Tone::Warn,
        Phase::New | Phase::Preparing { .. } | Phase::Running | Phase::Ending | Phase::Releasing { .. } => {
            if state.is_waiting() {
                Tone::Ask
            } else {
                Tone::Strong
            }
        }
    }
}

/// Why a run is in its phase, where the phase says so.
#[must_use]
pub fn phase_why(phase: &Phase) -> Option<&str> {
    match phase {
        Phase::Parked { why } | Phase::Stuck { why } | Phase::Failed { why } | Phase::Refused { why } => Some(why),
        Phase::New
        | Phase::Preparing { .. }
        | Phase::Running
        | Phase::RollingBack
        | Phase::Ending
        | Phase::Releasing { .. }
        | Phase::Done
        | Phase::RolledBack
        | Phase::Ended => None,
    }
}

fn section(lines: &mut Vec<Line>, name: &str, rows: Vec<Line>) {
    if rows.is_empty() {
        return;
    }
    lines.push(Line::new());
    lines.push(Line::new().dim(name));
    lines.extend(rows);
}

fn rows(page: &Page<'_>, plan: &Plan, state: &RunState, pasts: &[Past], wanted: impl Fn(&Node) -> bool) -> Vec<Line> {
    let chosen: Vec<_> = plan.iter().filter(|(_, node)| wanted(node)).collect();
    let width = chosen.iter().map(|(_, n)| n.path.chars().count()).max().unwrap_or(0).min(40);
    let mut lines = Vec::new();
    for (id, node) in chosen {
        let (now, past) = (state.node(id), &pasts[id.index()]);
        let word = node_word(plan, state, id);
        let mut line = Line::new().plain("  ").with(stage_tone(&now.stage), format!("{:<14}", word.replace('_', " "))).plain(format!(" {:<width$}", node.path));
        if let Some(host) = words::other_host(node) {
            line = line.dim(format!("  {host}"));
        }
        if now.attempts > 1 {
            line = line.dim(format!("  {}", count(now.attempts as usize, "attempt")));
        }
        if let Some(took) = past.took().filter(|_| !matches!(now.stage, Stage::Pending)) {
            line = line.dim(format!("  {}", words::took(took)));
        }
        if let Some(usual) = page.usual.took(plan, id).filter(|_| !matches!(now.stage, Stage::Skipped { .. } | Stage::Satisfied)) {
            line = line.dim(format!("  usually {}", words::took(usual)));
        }
        lines.push(line);
        if let Some(why) = stage_why(&now.stage) {
            lines.extend(why.lines().map(|l| Line::new().dim(format!("{:17}{l}", ""))));
        }
        if let Some(instructions) = past.instructions.as_ref().filter(|_| matches!(now.stage, Stage::AwaitingPerson)) {
            lines.extend(instructions.lines().map(|l| Line::new().plain(format!("{:17}{}", "", without_controls(l)))));
            let asks = node.evidence().iter().zip(&past.asks).map(|(spec, ask)| words::asked(plan, spec, ask));
            lines.extend(asks.map(|ask| Line::new().plain(format!("{:17}{}", "", without_controls(&ask)))));
        }
        let entered = past.entered.iter().map(|(slot, value)| format!("{} = {}", plan.slots[slot.index()].name, value.display()));
        lines.extend(entered.map(|said| Line::new().dim(format!("{:17}{}", "", without_controls(&said)))));
    }
    lines
}

/// What was tolerated, and why it failed.
fn tolerated(plan: &Plan, state: &RunState, pasts: &[Past]) -> Vec<Line> {
    let said = history::tolerated(plan, state, pasts).into_iter();
    said.map(|(id, why)| Line::new().plain("  ").with(Tone::Warn, &plan.node(id).path).dim(format!("  {}", why.lines().next().unwrap_or_default()))).collect()
}

fn gates(page: &Page<'_>, plan: &Plan, state: &RunState, pasts: &[Past]) -> Vec<Line> {
    let mut lines = Vec::new();
    for (id, node) in plan.iter() {
        let NodeKind::Gate(gate) = &node.kind else { continue };
        let stage = state.stage(id);
        let mut line = Line::new().plain("  ").with(stage_tone(stage), format!("{:<14}", stage_word(stage).replace('_', " "))).plain(format!(" {}", node.path));
        let opened = pasts[id.index()].gate.as_ref();
        if let Some(opened) = opened {
            line = line.plain(format!("  {}", opened.question));
        }
        lines.push(line);
        let said = match (stage, opened) {
            (Stage::Open { deadline, .. }, _) => {
                Some(format!("until {}, {} left, then {}", (page.clock)(*deadline), took(deadline - page.now), words::then_word(gate.then)))
            }
            (_, Some(opened)) => opened.answered.as_ref().map(|(answer, who, note)| {
                format!("{} {}{}", words::answer_word(answer), words::voted(who), note.as_ref().map(|n| format!(": {n}")).unwrap_or_default())
            }),
            _ => None,
        };
        lines.extend(said.map(|s| Line::new().dim(format!("{:17}{s}", ""))));
        lines.extend(asked_of(page, gate, plan, state, id).into_iter().map(|s| Line::new().dim(format!("{:17}{s}", ""))));
        lines.extend(opened.iter().flat_map(|o| &o.evidence).flat_map(evidence));
    }
    lines
}

fn locks(page: &Page<'_>, state: &RunState) -> Vec<Line> {
    let line = |tone, word: &str, host: &str, lock: &str| Line::new().plain("  ").with(tone, format!("{word:<14}")).plain(format!(" {lock} on {host}"));
    let held = state
        .locks
        .iter()
        .map(|((host, lock), held)| line(Tone::Good, "held", host, lock).dim(format!("  since {}, number {}", (page.clock)(held.since), held.number)));
    let left = state.locks_left.iter().map(|((host, lock), why)| line(Tone::Warn, "still locked", host, lock).dim(format!("  {}", one_line(why))));
    held.chain(left).collect()
}

/// P3: whose yes counts, until when, and what that is worth.
fn asked_of(page: &Page<'_>, gate: &GateSpec, plan: &Plan, state: &RunState, id: NodeId) -> Vec<String> {
    let mut said = Vec::new();
    let behind = Behind::of(plan, state, id);
    if behind.typed().is_some() && matches!(state.stage(id), Stage::Open { .. }) {
        said.push(format!("it leads to {}", behind.said()));
    }
    let wanted = Wanted::of(gate, state);
    if let Some(who) = wanted.whose_yes() {
        said.push(format!("a yes counts of {who}"));
        said.push(format!("({})", wanted.worth()));
    }
    if let (Stage::Open { .. } | Stage::Approved { .. }, Some(opening)) = (state.stage(id), state.gates.get(&id))
        && let Some(until) = gate::valid_until(gate, opening).filter(|_| !opening.consumed)
    {
        let over = if page.now > until { ", which is over: it is shown anew" } else { "" };
        said.push(format!("what it shows counts until {}{over}", (page.clock)(until)));
    }
    said
}

/// What the answer rests on: frozen when the gate was opened.
fn evidence(shown: &Evidence) -> Vec<Line> {
    let mut lines = vec![Line::new().dim(format!("{:17}{}$ {}", "", shown.host, one_line(&shown.command)))];
    lines.extend(shown.output.lines().map(|l| Line::new().plain(format!("{:19}{}", "", without_controls(l)))));
    lines.extend(shown.exit.as_ref().filter(|e| !e.is_success()).map(|e| Line::new().with(Tone::Warn, format!("{:19}{e}", ""))));
    lines
}

/// What a command printed must not move the reader's cursor.
fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

/// R4, R5: what is left to a person, with the commands to type: all that a stuck run did not take back, and the scopes
/// that a run which is over keeps.
#[must_use]
pub fn not_undone(run: &str, plan: &Plan, state: &RunState) -> Vec<Line> {
    let held = next::held(plan, state);
    let is_stuck = matches!(state.phase, Phase::Stuck { .. });
    let is_left = |path: &str| is_stuck || state.phase.is_final() && held.contains(&path);
    let mut lines = Vec::new();
    for (path, how) in shown::by_hand(run, plan, state).into_iter().filter(|(path, _)| is_left(path)) {
        lines.push(Line::new().plain("  ").with(Tone::Strong, path));
        lines.extend(how.lines().map(|l| Line::new().plain(format!("    {}", without_controls(l)))));
    }
    lines
}

/// The commands, one a line, with what each does.
#[must_use]
pub fn next_lines(next: &[Next]) -> Vec<Line> {
    let width = next.iter().map(|n| n.command.chars().count()).max().unwrap_or(0).min(44);
    next.iter().map(|n| Line::new().plain("  ").with(Tone::Strong, format!("{:<width$}", n.command)).dim(format!("  {}", n.does))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{folded, sample, up_to_the_failure, up_to_the_gate, written};
    use super::*;
    use crate::run::event::EventKind;

    fn drawn(kinds: Vec<EventKind>) -> String {
        let plan = sample();
        let events = written(kinds);
        let at = Page { run: "abc", head: "0123", now: 600_000, clock: |at| format!("T+{}", at / 1000), usual: &Usual::default() };
        page(&at, &plan, &folded(&plan, &events), &events).iter().map(|l| format!("{}\n", l.text().trim_end())).collect()
    }

    #[test]
    fn a_waiting_run_says_who_is_waited_for_until_when_and_what_to_type() {
        insta::assert_snapshot!(drawn(up_to_the_gate(&sample())));
    }

    #[test]
    fn a_parked_run_says_why_and_what_stands() {
        let mut kinds = up_to_the_failure(&sample());
        kinds.push(EventKind::RunParked { why: "`start@web1` failed".to_owned() });
        insta::assert_snapshot!(drawn(kinds));
    }
}
