//! One telling as lines: `14:02:11      begin  stop-mariadb@web  systemctl stop mariadb`. On a terminal they fit its width; in
//! a file each event is one line with its day, its time and how far that is from UTC.

use engine::report::tell::{Telling, Weight};
use engine::report::tone::{Line, Tone};
use engine::run::event::Millis;

use crate::clock;
use crate::out::{Out, fit, tame, wrap};

/// How lines are laid out, by where they go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    stamp: fn(Millis) -> String,
    /// None: nothing is cut or broken.
    width: Option<usize>,
    /// Before what a command printed.
    bar: &'static str,
}

/// Between the time and the first word: a space, the verb, two spaces.
const VERB: usize = 11;

impl Shape {
    /// For standard error.
    pub(crate) fn of_screen(out: &Out) -> Self {
        Self::of(out.is_terminal(), out.is_plain(), out.width())
    }

    /// For standard output.
    pub(crate) fn of_data(out: &Out) -> Self {
        Self::of(out.data_width().is_some(), out.is_plain(), out.data_width().map_or(80, |columns| usize::from(columns).clamp(40, 120)))
    }

    fn of(is_terminal: bool, is_plain: bool, width: usize) -> Self {
        Self {
            stamp: if is_terminal { clock::time } else { clock::stamp },
            width: (is_terminal && !is_plain).then_some(width),
            // A screen reader would read the bar aloud.
            bar: if is_plain { "  " } else { "│ " },
        }
    }

    /// What stands before the words of an event's first line.
    fn head(&self, at: Millis, tone: Tone, verb: &str) -> Line {
        Line::new().dim((self.stamp)(at)).with(tone, format!(" {verb:>VERB$}  "))
    }

    /// Under the first word.
    pub(crate) fn indent(&self) -> String {
        " ".repeat((self.stamp)(0).chars().count() + VERB + 3)
    }

    /// A line of what a command printed.
    pub(crate) fn printed(&self, text: &str) -> Line {
        Line::new().plain(self.indent()).dim(self.bar).plain(tame(text))
    }

    /// A word of our own that is no event.
    pub(crate) fn note(&self, at: Millis, words: &str) -> Vec<Line> {
        let mut rest = words.lines();
        let first = self.head(at, Tone::Warn, "note").plain(rest.next().unwrap_or_default());
        std::iter::once(first).chain(rest.map(|l| Line::new().plain(self.indent()).plain(l))).collect()
    }

    /// The lines of a telling. What matters is wrapped; what can be looked up is cut.
    pub(crate) fn lines(&self, telling: &Telling, at: Millis) -> Vec<Line> {
        let indent = self.indent();
        let mut first = self.head(at, telling.tone, telling.verb);
        let mut column = indent.len();
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
        let width = self.width.unwrap_or(usize::MAX);
        let (room, under) = (width.saturating_sub(column + gap), width.saturating_sub(indent.len()));
        let tone = if telling.weight == Weight::Must { Tone::Plain } else { Tone::Dim };
        let mut lines = Vec::new();
        if words.is_empty() {
            lines.push(first);
        } else if words.chars().count() <= room {
            lines.push(first.plain(" ".repeat(gap)).with(tone, words));
        } else if telling.weight == Weight::Must {
            lines.push(first);
            lines.extend(wrap(&words, under).into_iter().map(|l| Line::new().plain(&indent).plain(l)));
        } else if room >= 20 {
            lines.push(first.plain(" ".repeat(gap)).with(tone, fit(&words, room)));
        } else {
            lines.push(first);
            lines.push(Line::new().plain(&indent).with(tone, fit(&words, under)));
        }
        lines.extend(telling.below.iter().map(|l| self.printed(l)));
        lines
    }
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

    fn shown(shape: Shape, telling: &Telling) -> Vec<String> {
        shape.lines(telling, 0).iter().map(Line::text).collect()
    }

    const LONG: &str = "systemctl stop mariadb and then wait until every connection of every client is closed for good";

    #[test]
    fn a_long_command_is_cut_and_a_long_reason_is_wrapped_within_80_columns() {
        for (weight, count) in [(Weight::Normal, 2), (Weight::Must, 4)] {
            let lines = shown(Shape::of(true, false, 80), &telling(weight, LONG));
            assert_eq!(lines.len(), count, "{lines:#?}");
            assert!(lines.iter().all(|l| l.chars().count() <= 80), "{lines:#?}");
        }
    }

    #[test]
    fn everything_stands_under_the_first_word() {
        let shape = Shape::of(true, false, 80);
        let lines = shown(shape, &telling(Weight::Normal, "true"));
        assert_eq!(&lines[0][8..], "       begin  stop-mariadb@matomo1002  true");
        assert_eq!(lines[1], format!("{}│ last words", shape.indent()));
    }

    #[test]
    fn in_a_file_an_event_is_one_line_with_its_day() {
        for weight in [Weight::Normal, Weight::Must] {
            let lines = shown(Shape::of(false, false, 80), &telling(weight, LONG));
            assert_eq!(lines.len(), 2, "{lines:#?}");
            assert!(lines[0].ends_with(&format!("  stop-mariadb@matomo1002  {LONG}")), "{lines:#?}");
            // `1970-01-01T00:00:00+00:00`, wherever this is.
            let stamp: String = lines[0].chars().take(25).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            assert_eq!(stamp.replace('-', "+"), "0000+00+00T00:00:00+00:00");
        }
    }

    #[test]
    fn for_a_screen_reader_nothing_is_drawn() {
        let lines = shown(Shape::of(true, true, 40), &telling(Weight::Must, LONG));
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert!(lines.iter().all(|l| l.is_ascii()), "{lines:#?}");
    }
}
