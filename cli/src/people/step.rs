//! P4: the page before a step.

use engine::exec::people::{StepQuestion, Undo};
use engine::report::shown::one_line;
use engine::report::tone::{Line, Tone};

use super::wording::{INDENT, title};
use crate::out::{fit, tame};

/// Where the words of a row begin.
const COLUMN: usize = 11;

/// What is copied stays whole; what only tells how it goes on is cut to the screen.
pub(super) fn page(step: &StepQuestion, width: usize) -> Vec<Line> {
    let mut lines = vec![title(if step.is_release { "release" } else { "next" }, Tone::Ask, &step.path, step.title.as_deref().unwrap_or_default())];
    lines.push(row("where", &place(step)));
    if step.does.is_empty() {
        lines.extend(rows("checks", &step.verify.join("\n")));
    } else {
        lines.extend(rows(if step.is_release { "releases" } else { "runs" }, &step.does));
    }
    if let Some(why) = &step.irreversible {
        lines.push(Line::new().plain(INDENT).with(Tone::Warn, format!("it can't be taken back: {}", tame(why))));
    } else if !step.is_release {
        match &step.undo {
            Undo::Command(command) => lines.extend(rows("undo", command)),
            Undo::ByHand(how) => lines.extend(rows("undo", &format!("by hand: {how}"))),
            Undo::Nothing(why) => lines.push(row("undo", &format!("none: {why}"))),
            Undo::Unsaid if step.does.is_empty() => {}
            Undo::Unsaid => lines.push(Line::new().plain(INDENT).with(Tone::Warn, "the runbook does not say what undoes it")),
        }
    }
    for (at, (path, does)) in step.next.iter().enumerate() {
        let ahead = fit(&format!("{path}  {}", one_line(does)), width.saturating_sub(COLUMN));
        lines.push(row(if at == 0 { "then" } else { "" }, &ahead));
    }
    lines
}

fn place(step: &StepQuestion) -> String {
    let host = step.host.as_deref().unwrap_or("local");
    match &step.user {
        Some(user) => format!("{host} as {user}"),
        None => host.to_owned(),
    }
}

fn row(name: &str, words: &str) -> Line {
    Line::new().plain(INDENT).dim(format!("{name:<9}")).plain(tame(words))
}

/// A text of several lines under one name.
fn rows(name: &str, text: &str) -> Vec<Line> {
    text.trim_end().lines().enumerate().map(|(at, line)| row(if at == 0 { name } else { "" }, line)).collect()
}
