//! What an edit would change, before it is confirmed.

use engine::report::tone::{Line, Tone};
use engine::report::words::count;
use engine::run::edit::Edit;

use crate::out::wrap;

const INDENT: &str = "  ";

pub(crate) fn preview(run: &str, edit: &Edit, width: usize) -> Vec<Line> {
    let mut lines = vec![Line::new().with(Tone::Ask, "edit").plain(format!("  of run {run}: {} of its plan as before", count(edit.kept, "node")))];
    let mut say = |tone: Tone, head: &str, text: &str| {
        let room = width.saturating_sub(INDENT.len() + head.len() + 1);
        for (at, line) in wrap(text, room).into_iter().enumerate() {
            let head = if at == 0 { head.to_owned() } else { " ".repeat(head.len()) };
            lines.push(Line::new().plain(INDENT).with(tone, head).plain(format!(" {line}")));
        }
    };
    for (path, fields) in &edit.changed {
        say(Tone::Warn, "changed", &format!("{path}: {}", fields.join(", ")));
    }
    for path in &edit.new {
        say(Tone::Good, "new    ", path);
    }
    for path in &edit.gone {
        say(Tone::Bad, "gone   ", path);
    }
    for id in &edit.boundaries {
        say(Tone::Warn, "changed", &format!("the policy, the patience or the budget of {id}"));
    }
    for path in &edit.asked_again {
        say(Tone::Warn, "asked  ", &format!("{path} is asked again: what was answered or shown counts no more"));
    }
    for name in &edit.read_again {
        say(Tone::Plain, "read   ", &format!("the fact {name} is read before anything goes on"));
    }
    lines
}

/// Whether it would change nothing at all.
pub(crate) fn is_empty(edit: &Edit) -> bool {
    edit.changed.is_empty() && edit.new.is_empty() && edit.gone.is_empty() && edit.boundaries.is_empty()
}
