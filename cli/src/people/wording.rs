//! What a person reads before they answer.

use engine::exec::people::{Asking, Question, Seat};
use engine::report::shown::one_line;
use engine::report::tone::{Line, Tone};
use engine::report::words::took;
use engine::run::event::{Evidence, Millis};

use engine::value::{ReadError, Type};

use super::menu::Choice;
use super::{failure, reading, step};
use crate::clock;
use crate::out::{tame, wrap};

pub(super) const INDENT: &str = "  ";

/// The page above the prompt.
pub(crate) fn page(question: &Question, now: Millis, width: usize) -> Vec<Line> {
    let mut lines = vec![Line::new()];
    match question {
        Question::Gate { path, question, evidence, behind, hosts, asked, deadline, then, .. } => {
            lines.push(title("gate", Tone::Ask, path, question));
            lines.extend(evidence.iter().flat_map(shown));
            lines.extend(hosts.iter().map(|_| Line::new().plain(INDENT).plain(format!("it leads to {}", tame(behind)))));
            lines.extend(asked.iter().map(|who| Line::new().plain(INDENT).dim(format!("a yes counts of {}", tame(who)))));
            lines.push(Line::new().plain(INDENT).dim(format!("open until {}, {} left, then {then}", clock::time(*deadline), took(deadline - now))));
        }
        Question::Manual { path, instructions, asks, .. } => {
            lines.push(title("by hand", Tone::Ask, path, ""));
            lines.extend(text(instructions));
            if !asks.is_empty() {
                let names: Vec<&str> = asks.iter().map(|a| a.name.as_str()).collect();
                lines.push(Line::new().plain(INDENT).dim(format!("when it is done, you are asked for {}", names.join(", "))));
            }
        }
        Question::Failure(failure) => lines.extend(failure::page(failure, width)),
        Question::Step(step) => lines.extend(step::page(step, width)),
        Question::Shell { path, host, seat, .. } => {
            lines.push(title("shell", Tone::Ask, path, &format!("on {host}")));
            let how = if *seat == Seat::Here { "on this machine" } else { "over the connection that the run has" };
            lines.push(Line::new().plain(INDENT).dim(format!("{how}; the run waits until you leave it with `exit`")));
        }
        Question::Unproven { path, said, .. } => {
            lines.push(title("mark done", Tone::Ask, path, ""));
            lines.push(Line::new().plain(INDENT).plain(tame(said)));
        }
        Question::Facts { changed } => {
            lines.push(Line::new().with(Tone::Warn, "facts").plain("  they are no longer what this run has read and goes by"));
            lines.extend(changed.iter().map(|fact| Line::new().plain(format!("{INDENT}{}", tame(&fact.said())))));
        }
        Question::Interrupt => {
            lines.push(Line::new().with(Tone::Warn, "interrupted").plain("  what was under way has ended; nothing new begins"));
        }
        Question::UndoManual { path, instructions, .. } => {
            lines.push(title("undo by hand", Tone::Ask, path, ""));
            lines.extend(text(instructions));
        }
        Question::Scope { path, title: words, .. } => {
            lines.push(title("scope", Tone::Ask, path, words));
            lines.push(Line::new().plain(INDENT).dim("it is still held"));
        }
    }
    lines
}

/// What can be chosen, within so many columns; a line ends between two choices.
pub(crate) fn menu(menu: &[Choice], width: usize) -> Vec<Line> {
    let room = width.saturating_sub(INDENT.len());
    let mut lines: Vec<String> = Vec::new();
    for (at, choice) in menu.iter().enumerate() {
        let shown = if at + 1 < menu.len() { format!("{},", choice.shown) } else { choice.shown.clone() };
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + shown.chars().count() <= room => {
                line.push(' ');
                line.push_str(&shown);
            }
            _ => lines.extend(wrap(&shown, room)),
        }
    }
    lines.into_iter().map(|line| Line::new().plain(INDENT).plain(line)).collect()
}

/// The last line, where the answer is typed.
pub(crate) fn prompt(question: &Question) -> String {
    match question {
        Question::Gate { not_theirs: true, .. } => "  type `reject`, or wait: a yes comes from another shell: ".to_owned(),
        Question::Gate { confirm, choices, hosts, .. } => {
            let yes = match (choices.is_empty(), confirm) {
                (false, _) => choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "),
                (true, Some(word)) => format!("`{word}`"),
                (true, None) => "`approve`".to_owned(),
            };
            let number = hosts.map_or("", |_| " and the number of hosts,");
            format!("  type {yes}{number} or `reject`, and a note behind it if you like: ")
        }
        Question::Manual { .. } => "  type `done` or `failed`, and a note behind it if you like: ".to_owned(),
        Question::Failure(failure) => format!("  then {}; your choice: ", failure::silence(failure)),
        Question::Step(_) => "  your choice: ".to_owned(),
        // Nothing is typed to us there.
        Question::Shell { .. } => String::new(),
        Question::Unproven { .. } => "  why is it done? it stands in the report; nothing typed goes back: ".to_owned(),
        Question::Facts { .. } => "  go on with what it has read? [y]es, [n]o: ".to_owned(),
        Question::Interrupt => "  [g]o on, roll [b]ack, [p]ark? ".to_owned(),
        Question::UndoManual { .. } => "  is it undone? [y]es, [n]o: ".to_owned(),
        Question::Scope { .. } => "  release it now? [y]es, [n]o, keep it: ".to_owned(),
    }
}

/// What a person is asked to enter.
pub(crate) fn asking(asking: &Asking) -> String {
    let question = tame(&asking.question.split_whitespace().collect::<Vec<_>>().join(" "));
    let left_out = if matches!(asking.kind, Type::Optional(_)) { ", or nothing" } else { "" };
    format!("  {question} ({}{left_out}) ", asking.kind.present())
}

/// Why what was typed is not what was asked for.
pub(crate) fn unreadable(error: &ReadError) -> String {
    let help = error.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("  {}{}", tame(&error.to_string()), tame(&help))
}

/// Said when a line was not an answer.
pub(crate) fn not_understood(question: &Question, line: &str) -> String {
    if let Question::Gate { not_theirs: true, asked, .. } = question
        && !line.is_empty()
    {
        return format!("  `{}` is no answer here: a yes counts of {}", tame(line), tame(asked.as_deref().unwrap_or("others")));
    }
    if let Question::Gate { confirm, choices, behind, hosts: Some(_), .. } = question
        && reading::yes_word(line, confirm.as_deref(), choices).is_some()
    {
        return format!("  a yes says to how many hosts: it leads to {}", tame(behind));
    }
    if line.is_empty() { "  nothing was typed; nothing happens until you answer".to_owned() } else { format!("  `{}` is no answer here", tame(line)) }
}

pub(super) fn title(word: &str, tone: Tone, path: &str, words: &str) -> Line {
    let line = Line::new().with(tone, word).plain("  ").with(Tone::Strong, path);
    if words.is_empty() { line } else { line.plain(format!("  {words}")) }
}

fn text(words: &str) -> Vec<Line> {
    words.lines().map(|l| Line::new().plain(format!("{INDENT}{}", tame(l)))).collect()
}

fn shown(evidence: &Evidence) -> Vec<Line> {
    let mut lines = vec![Line::new().plain(INDENT).dim(format!("{}$ {}", evidence.host, one_line(&evidence.command)))];
    lines.extend(evidence.output.lines().map(|l| Line::new().plain(format!("{INDENT}{INDENT}{}", tame(l)))));
    if let Some(exit) = evidence.exit.as_ref().filter(|e| !e.is_success()) {
        lines.push(Line::new().plain(INDENT).plain(INDENT).with(Tone::Warn, exit.to_string()));
    }
    lines
}
