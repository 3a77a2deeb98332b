//! What a typed line means as an answer. What is not understood is asked again: nothing is ever guessed.

use engine::run::event::{Answer, InterruptAnswer};

/// A gate's answer, and the words behind it as a note. Where it leads to many `hosts`, a yes says how many.
pub(crate) fn gate(line: &str, confirm: Option<&str>, choices: &[String], hosts: Option<usize>) -> Option<(Answer, Option<String>)> {
    let no = || behind(line, "reject").map(|note| (Answer::Rejected, note));
    let Some((choice, note)) = yes_word(line, confirm, choices) else { return no() };
    let note = match (hosts, note) {
        (None, note) => note,
        (Some(hosts), note) => behind(&note?, &hosts.to_string())?,
    };
    Some((Answer::Approved { choice }, note))
}

/// The choice, where there are some, and what stands behind the word of a yes.
pub(crate) fn yes_word(line: &str, confirm: Option<&str>, choices: &[String]) -> Option<(Option<String>, Option<String>)> {
    if choices.is_empty() {
        return behind(line, confirm.unwrap_or("approve")).map(|note| (None, note));
    }
    // The longest first: a choice may begin with another one.
    let mut longest: Vec<&String> = choices.iter().collect();
    longest.sort_by_key(|c| std::cmp::Reverse(c.len()));
    longest.into_iter().find_map(|choice| behind(line, choice).map(|note| (Some(choice.clone()), note)))
}

/// The rest of a line that begins with a word; none when it does not.
fn behind(line: &str, word: &str) -> Option<Option<String>> {
    let rest = line.strip_prefix(word)?;
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return None;
    }
    Some(Some(rest.trim().to_owned()).filter(|note| !note.is_empty()))
}

/// `done`, or `not done`, with a note.
pub(crate) fn manual(line: &str) -> Option<(bool, Option<String>)> {
    behind(line, "done").map(|note| (true, note)).or_else(|| behind(line, "failed").map(|note| (false, note)))
}

pub(crate) fn interrupt(line: &str) -> Option<InterruptAnswer> {
    Some(match line {
        "g" | "go" | "go on" => InterruptAnswer::GoOn,
        "b" | "back" | "roll back" | "rollback" => InterruptAnswer::RollBack,
        "p" | "park" => InterruptAnswer::Park,
        _ => return None,
    })
}

pub(crate) fn yes(line: &str) -> Option<bool> {
    match line {
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_typed_word_passes_a_gate_that_wants_one() {
        let passed = |line| gate(line, Some("reboot"), &[], None);
        assert_eq!(passed("reboot"), Some((Answer::Approved { choice: None }, None)));
        assert_eq!(passed("reboot all is quiet"), Some((Answer::Approved { choice: None }, Some("all is quiet".to_owned()))));
        assert_eq!(passed("reject not now"), Some((Answer::Rejected, Some("not now".to_owned()))));
        for wrong in ["", "y", "yes", "approve", "rebootnow", "Reboot"] {
            assert_eq!(passed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_gate_with_choices_takes_one_of_them() {
        let choices = ["wait".to_owned(), "wait longer".to_owned()];
        assert_eq!(gate("wait", None, &choices, None), Some((Answer::Approved { choice: Some("wait".to_owned()) }, None)));
        assert_eq!(
            gate("wait longer please", None, &choices, None),
            Some((Answer::Approved { choice: Some("wait longer".to_owned()) }, Some("please".to_owned())))
        );
        assert_eq!(gate("approve", None, &choices, None), None);
    }

    #[test]
    fn where_many_hosts_lie_behind_a_gate_a_yes_says_how_many() {
        let passed = |line| gate(line, Some("reboot"), &[], Some(47));
        assert_eq!(passed("reboot 47"), Some((Answer::Approved { choice: None }, None)));
        assert_eq!(passed("reboot 47 all is quiet"), Some((Answer::Approved { choice: None }, Some("all is quiet".to_owned()))));
        assert_eq!(passed("reject not now"), Some((Answer::Rejected, Some("not now".to_owned()))));
        for wrong in ["reboot", "reboot 46", "reboot 470", "reboot all 47", "47"] {
            assert_eq!(passed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_empty_line_answers_nothing() {
        assert_eq!((gate("", None, &[], None), manual(""), interrupt(""), yes("")), (None, None, None, None));
    }
}
