//! One telling as lines of the screen: `14:02:11      begin  stop-mariadb@web  systemctl stop mariadb`.

use engine::report::tell::{Telling, Weight};
use engine::report::tone::{Line, Tone};
use engine::run::event::Millis;

use crate::clock;
use crate::out::{fit, tame, wrap};

/// Under the first word: the time, a space, the verb, two spaces.
pub(crate) const INDENT: &str = "                      ";

/// The lines of a telling. What matters is wrapped; what can be looked up is cut.
pub(crate) fn lines(telling: &Telling, at: Millis, width: usize) -> Vec<Line> {
    let mut first = Line::new().dim(clock::time(at)).with(telling.tone, format!(" {:>11}  ", telling.verb));
    let mut column = INDENT.len();
    if let Some(subject) = &telling.subject {
        let tone = if telling.tone == Tone::Dim { Tone::Dim } else { Tone::Strong };
        first = first.with(tone, subject);
        column += subject.chars().count();
    }
    if let Some(host) = &telling.host {
        first = first.dim(format!(" on {host}"));
        column += host.chars().count() + 4;
    }
    let gap = if telling.subject.is_some() { 2 } else { 0 };
    let words = tame(&telling.words);
    let room = width.saturating_sub(column + gap);
    let tone = if telling.weight == Weight::Must { Tone::Plain } else { Tone::Dim };
    let mut lines = Vec::new();
    if words.is_empty() {
        lines.push(first);
    } else if words.chars().count() <= room {
        lines.push(first.plain(" ".repeat(gap)).with(tone, words));
    } else if telling.weight == Weight::Must {
        lines.push(first);
        lines.extend(wrap(&words, width.saturating_sub(INDENT.len())).into_iter().map(|l| Line::new().plain(INDENT).plain(l)));
    } else if room >= 20 {
        lines.push(first.plain(" ".repeat(gap)).with(tone, fit(&words, room)));
    } else {
        lines.push(first);
        lines.push(Line::new().plain(INDENT).with(tone, fit(&words, width.saturating_sub(INDENT.len()))));
    }
    lines.extend(telling.below.iter().map(|l| Line::new().plain(INDENT).dim("│ ").plain(tame(l))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn telling(weight: Weight, words: &str) -> Telling {
        Telling {
            weight,
            tone: Tone::Plain,
            verb: "begin",
            subject: Some("stop-mariadb@matomo1002".to_owned()),
            host: None,
            words: words.to_owned(),
            below: vec!["last words".to_owned()],
        }
    }

    #[test]
    fn a_long_command_is_cut_and_a_long_reason_is_wrapped_within_80_columns() {
        let long = "systemctl stop mariadb and then wait until every connection of every client is closed for good";
        for (weight, count) in [(Weight::Normal, 2), (Weight::Must, 4)] {
            let lines: Vec<String> = lines(&telling(weight, long), 0, 80).iter().map(Line::text).collect();
            assert_eq!(lines.len(), count, "{lines:#?}");
            assert!(lines.iter().all(|l| l.chars().count() <= 80), "{lines:#?}");
        }
    }

    #[test]
    fn everything_stands_under_the_first_word() {
        let lines: Vec<String> = lines(&telling(Weight::Normal, "true"), 0, 80).iter().map(Line::text).collect();
        assert_eq!(&lines[0][8..], "       begin  stop-mariadb@matomo1002  true");
        assert_eq!(lines[1], format!("{INDENT}│ last words"));
    }
}
