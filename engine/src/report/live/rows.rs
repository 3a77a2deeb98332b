//! The lines: how the run stands, what is under way, what is held, what is spent.

use super::groups::{Group, groups, own_name};
use super::held::held;
use super::left::left;
use super::place::{Place, is_step};
use super::{Live, Room};
use crate::plan::model::{BlockKind, NodeId, Plan};
use crate::report::run_text::phase_tone;
use crate::report::shown;
use crate::report::tone::{Line, Tone};
use crate::report::words::{phase_word, seconds, took, whole};
use crate::run::budget::{budgets, is_nearly_spent, is_spent, spent};
use crate::run::event::Millis;
use crate::run::state::{Greeting, Phase, RunState, Stage};

/// What is looked at, and when.
pub(super) struct At<'a> {
    pub(super) plan: &'a Plan,
    pub(super) state: &'a RunState,
    pub(super) now: Millis,
}

/// Fewer columns than these are no room for a command's words.
const WORDS: usize = 20;
/// Names that stand beside a number.
const NAMED: usize = 3;

pub(super) fn lines(live: &Live, at: &At<'_>, room: Room) -> Vec<Line> {
    let groups = groups(at);
    let mut lines = head(live, at, room.columns);
    let mut below: Vec<Line> = budget(at).into_iter().collect();
    let held = held(live, at);
    if !held.is_empty() {
        below.push(Line::new().dim("  held    ").plain(held.join(", ")));
    }
    let most = room.rows.saturating_sub(lines.len() + below.len()).max(1);
    let mut body: Vec<Line> = groups.iter().filter(|group| group.is_lively()).flat_map(|group| rows(live, at, group, room.columns)).collect();
    if body.len() > most {
        let more = body.len() - most + 1;
        body.truncate(most - 1);
        body.push(Line::new().dim(format!("  … {more} more")));
    }
    lines.extend(body);
    lines.extend(below);
    // What turns stands before the first, as wide as the indent of the others.
    lines.into_iter().enumerate().map(|(at, line)| cut(line, if at == 0 { room.columns.saturating_sub(2) } else { room.columns })).collect()
}

/// `running  7 of 12 done, 3 running, 2 waiting  3m 12s, about 2m left`.
fn head(live: &Live, at: &At<'_>, columns: usize) -> Vec<Line> {
    let elapsed = live.created.map_or(0, |created| at.now - created);
    let mut time = whole(elapsed);
    if let Some(left) = left(live, at) {
        let about = if left.at_least { "at least" } else { "about" };
        time = if left.long >= 1000 { format!("{time}, {about} {} left", whole(left.long)) } else { format!("{time}, nearly done") };
    }
    let word = phase_word(at.state);
    let counts = counts(at);
    let line = Line::new().with(phase_tone(at.state), &word);
    // The spinner stands before it.
    if word.chars().count() + counts.chars().count() + time.chars().count() + 6 > columns {
        return vec![line.plain(format!("  {time}")), Line::new().dim(format!("  {counts}"))];
    }
    vec![line.plain(format!("  {counts}")).dim(format!("  {time}"))]
}

fn counts(at: &At<'_>) -> String {
    if matches!(at.state.phase, Phase::New | Phase::Preparing { .. }) {
        let met = at.state.hosts.values().filter(|host| matches!(host.now, Some(Greeting::Answered { .. }))).count();
        return format!("{met} of {} hosts reached", at.plan.hosts.len());
    }
    let places: Vec<Place> = at.plan.iter().filter(|(id, _)| is_step(at.plan, *id)).map(|(id, _)| Place::of(at.plan, at.state, id)).collect();
    let of = |wanted: &[Place]| places.iter().filter(|place| wanted.contains(place)).count();
    let mut said = vec![format!("{} of {} done", of(&[Place::Done, Place::Passed]), places.len())];
    for (number, word) in [
        (of(&[Place::Running, Place::Verifying, Place::Checking, Place::Retrying, Place::Undoing]), "running"),
        (of(&[Place::Failed]), "failed"),
        (of(&[Place::LeftOut]), "left out"),
        (of(&[Place::Undone]), "undone"),
        (of(&[Place::Waiting, Place::Asking]), "waiting"),
    ] {
        if number > 0 {
            said.push(format!("{number} {word}"));
        }
    }
    said.join(", ")
}

fn rows(live: &Live, at: &At<'_>, group: &Group, columns: usize) -> Vec<Line> {
    if let [(id, place)] = group.nodes.as_slice() {
        let name = &at.plan.node(*id).path;
        return if place.is_lively() { row(live, at, *id, *place, name, "  ", columns) } else { Vec::new() };
    }
    let mut rows = folded(at, group, columns);
    let lively = group.nodes.iter().filter(|(_, place)| place.is_lively());
    // All that ask for a person are seen; of the others the slowest, which are those that began first.
    let mut lively: Vec<(NodeId, Place)> = lively.copied().collect();
    lively.sort_by_key(|(id, place)| (*place != Place::Asking, live.began.get(id).copied().unwrap_or(at.now)));
    let hidden = lively.len().saturating_sub(NAMED);
    for (id, place) in lively.into_iter().take(NAMED) {
        rows.extend(row(live, at, id, place, &own_name(at.plan.node(id)), "    ", columns));
    }
    if hidden > 0 {
        rows.push(Line::new().dim(format!("    … {hidden} more")));
    }
    rows
}

/// `restart  47 ok, 2 running, 1 failed: web17`, on more lines where one is too narrow.
fn folded(at: &At<'_>, group: &Group, columns: usize) -> Vec<Line> {
    let mut said: Vec<(Tone, String)> = Vec::new();
    for (places, word, tone, named) in [
        (&[Place::Done, Place::Passed][..], "ok", Tone::Good, false),
        (&[Place::Running, Place::Verifying, Place::Checking], "running", Tone::Strong, false),
        (&[Place::Retrying], "tried again soon", Tone::Warn, true),
        (&[Place::Undoing], "undoing", Tone::Warn, false),
        (&[Place::Asking], "asking", Tone::Ask, true),
        (&[Place::Failed], "failed", Tone::Bad, true),
        (&[Place::LeftOut], "left out", Tone::Warn, false),
        (&[Place::Undone], "undone", Tone::Warn, false),
        (&[Place::Waiting], "waiting", Tone::Dim, false),
    ] {
        let nodes = group.of(places);
        if nodes.is_empty() {
            continue;
        }
        let mut names: Vec<String> = nodes.iter().take(NAMED).filter(|_| named).map(|id| own_name(at.plan.node(*id))).collect();
        if named && nodes.len() > NAMED {
            names.push("…".to_owned());
        }
        let names = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        said.push((tone, format!("{} {word}{names}", nodes.len())));
    }
    let mut lines = vec![Line::new().with(Tone::Strong, format!("  {}", group.step)).plain("  ")];
    let mut column = group.step.chars().count() + 4;
    let last = said.len().saturating_sub(1);
    for (number, (tone, text)) in said.into_iter().enumerate() {
        let comma = if number == last { "" } else { ", " };
        let long = text.chars().count() + comma.len();
        if number > 0 && column + long > columns + 1 {
            lines.push(Line::new().plain("    "));
            column = 4;
        }
        column += long;
        if let Some(line) = lines.pop() {
            lines.push(line.with(tone, text).plain(comma));
        }
    }
    lines
}

/// `stop@web1  12s, usually 10s  │ the last line of its output`, on two lines where one is too narrow.
fn row(live: &Live, at: &At<'_>, id: NodeId, place: Place, name: &str, indent: &str, columns: usize) -> Vec<Line> {
    let since = live.began.get(&id).map_or(0, |began| at.now - began);
    let usual = live.usual.took(at.plan, id).filter(|_| matches!(place, Place::Running | Place::Verifying));
    let usual = usual.map(|millis| format!(", usually {}", took(millis))).unwrap_or_default();
    let (word, tone) = match (place, at.state.stage(id)) {
        (Place::Asking, Stage::Open { deadline, .. }) => (format!("waits for an answer, {} left", whole(deadline - at.now)), Tone::Ask),
        (Place::Asking, _) => (format!("waits for a person, {}", whole(since)), Tone::Ask),
        (Place::Checking, _) => (format!("checking {}", whole(since)), Tone::Dim),
        (Place::Verifying, _) => (format!("verifying {}{usual}", whole(since)), Tone::Dim),
        (Place::Retrying, _) => ("failed, is tried again soon".to_owned(), Tone::Warn),
        (Place::Undoing, _) => (format!("undoing {}", whole(since)), Tone::Warn),
        _ => (format!("{}{usual}", whole(since)), Tone::Dim),
    };
    let line = Line::new().plain(indent).with(Tone::Strong, name).plain("  ").with(tone, &word);
    let Some(words) = words(live, at, id, place) else { return vec![line] };
    let column = indent.len() + name.chars().count() + word.chars().count() + 2;
    if column + 4 + WORDS.min(words.chars().count()) <= columns {
        return vec![line.dim("  │ ").with(Tone::Dim, words)];
    }
    vec![line, Line::new().plain(indent).dim("  │ ").with(Tone::Dim, words)]
}

/// What it printed last; before that, the command itself.
fn words(live: &Live, at: &At<'_>, id: NodeId, place: Place) -> Option<String> {
    match place {
        Place::Running | Place::Undoing | Place::Verifying => live.said.get(&id).cloned().or_else(|| match place {
            Place::Running => shown::does("", at.plan, at.state, id),
            Place::Undoing => shown::undo("", at.plan, at.state, id),
            _ => None,
        }),
        _ => None,
    }
}

/// Of those that go on, the one that is nearest to its end.
fn budget(at: &At<'_>) -> Option<Line> {
    let going = budgets(at.plan).filter_map(|(block, budget)| Some((block, spent(at.plan, at.state, block, at.now)?, budget)));
    let (block, spent, budget) = going.max_by(|a, b| (i128::from(a.1) * i128::from(b.2)).cmp(&(i128::from(b.1) * i128::from(a.2))))?;
    let BlockKind::Boundary { id, .. } = &at.plan.blocks[block.index()].kind else { return None };
    let tone = if is_nearly_spent(spent, budget) { Tone::Warn } else { Tone::Plain };
    let said = if is_spent(spent, budget) { "spent: " } else { "" };
    Some(Line::new().dim("  budget  ").with(tone, format!("{said}{} of {}", whole(spent), seconds(budget))).dim(format!("  {id}")))
}

/// No line is wider than the screen: one that wraps would push the others away.
fn cut(line: Line, columns: usize) -> Line {
    let mut room = columns;
    let mut pieces = Vec::with_capacity(line.0.len());
    for (tone, text) in line.0 {
        let long = text.chars().count();
        if long <= room {
            room -= long;
            pieces.push((tone, text));
            continue;
        }
        let mut kept: String = text.chars().take(room.saturating_sub(1)).collect();
        if room > 0 {
            kept.push('…');
        }
        pieces.push((tone, kept));
        break;
    }
    Line(pieces)
}
