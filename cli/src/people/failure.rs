//! P1: the page at a failure: what failed, what it said last, what has changed, what a rollback would run, and what there
//! is left of time.

use engine::exec::people::FailureQuestion;
use engine::report::shown::one_line;
use engine::report::tone::{Line, Tone};
use engine::report::words::took;
use engine::run::event::FailureAnswer;

use super::wording::{INDENT, title};
use crate::out::{tame, wrap};

pub(super) fn page(failure: &FailureQuestion, width: usize) -> Vec<Line> {
    let mut head = title("failed", Tone::Bad, &failure.path, &failure.why);
    if let Some(host) = failure.host.as_ref().filter(|h| !failure.path.ends_with(&format!("@{h}"))) {
        head = head.dim(format!("  on {host}"));
    }
    let mut lines = vec![head];
    lines.extend(failure.output.lines().map(|l| Line::new().plain(INDENT).dim("│ ").plain(tame(l))));
    let mut say =
        |tone: Tone, words: &str| lines.extend(wrap(words, width.saturating_sub(INDENT.len())).into_iter().map(|l| Line::new().plain(INDENT).with(tone, l)));
    if let Some(stops) = &failure.stops {
        say(Tone::Warn, stops);
    }
    if failure.runs_perhaps {
        say(Tone::Warn, "something of it may still run, so it is neither done nor skipped, and nothing is undone over it");
    }
    if !failure.began {
        say(Tone::Dim, "nothing of it has run");
    }
    say(Tone::Plain, &changed(failure));
    if failure.past_return {
        say(Tone::Warn, "the point of no return is passed: a rollback stops there");
    } else if let Some(ahead) = &failure.return_ahead {
        say(Tone::Plain, &format!("the point of no return is not passed: it is {ahead}"));
    }
    if let Some((left, window)) = &failure.window {
        say(Tone::Plain, &format!("{} left in the window, {window}", seconds(i64::try_from(*left).unwrap_or(i64::MAX))));
    }
    for (boundary, left) in &failure.budgets {
        match left {
            0.. => say(Tone::Plain, &format!("{} left in the budget of {boundary}", seconds(*left))),
            _ => say(Tone::Warn, &format!("the budget of {boundary} is spent, for {}", seconds(-left))),
        }
    }
    lines.extend(rollback(failure));
    lines
}

fn changed(failure: &FailureQuestion) -> String {
    if failure.changed.is_empty() { "nothing has changed so far".to_owned() } else { format!("changed so far: {}", failure.changed.join(", ")) }
}

/// Its commands stay whole, so that they can be read to their end.
fn rollback(failure: &FailureQuestion) -> Vec<Line> {
    if failure.rollback.is_empty() {
        return vec![Line::new().plain(INDENT).dim("rolling back would run nothing")];
    }
    let undo = |(path, command): &(String, String)| Line::new().plain(INDENT).plain(INDENT).plain(format!("{path}  ")).dim(one_line(command));
    std::iter::once(Line::new().plain(INDENT).dim("rolling back would run")).chain(failure.rollback.iter().map(undo)).collect()
}

fn seconds(seconds: i64) -> String {
    took(seconds.saturating_mul(1000))
}

/// What silence means, in two words.
pub(super) fn silence(failure: &FailureQuestion) -> &'static str {
    match failure.silence {
        FailureAnswer::RollBack => "roll back",
        FailureAnswer::Park => "park",
        FailureAnswer::Retry => "retry",
        FailureAnswer::MarkDone => "mark done",
        FailureAnswer::Skip => "skip",
    }
}
