//! Finds each run of a scalar's text in the source that it was written in: behind escapes, folds and indentation.

use crate::source::{Span, Text};
use crate::weave::Weave;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Plain and folded: only white space differs.
    Flowing,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// `written` is the source of the content, without quotes, at `span`.
pub(super) fn align(text: &str, written: &str, span: Span, style: Style) -> Text {
    if text == written {
        return Text::verbatim(text, span);
    }
    match style {
        Style::Literal => by_line(text, written, span),
        _ => by_character(text, written, span, style),
    }
}

fn by_line(text: &str, written: &str, span: Span) -> Text {
    let mut woven = Weave::default();
    let mut at = span.start;
    let mut lines = written.split_inclusive('\n');
    let mut last = span.start;
    // The reader may begin behind the blank lines that the text begins with.
    let blank = |text: &str| text.split('\n').take_while(|line| line.trim().is_empty()).count();
    let unseen = blank(text).saturating_sub(blank(written));
    for (number, line) in text.split('\n').enumerate() {
        let source = if number < unseen { "" } else { lines.next().unwrap_or_default() };
        let bare = source.trim_end_matches(['\n', '\r']);
        if number > 0 {
            woven.run("\n", last);
        }
        let indent = bare.strip_suffix(line).map_or(0, str::len);
        woven.run(line, at + indent);
        last = at + bare.len();
        at += source.len();
    }
    woven.finish(span)
}

fn by_character(text: &str, written: &str, span: Span, style: Style) -> Text {
    let mut woven = Weave::default();
    let mut at = 0;
    let mut buffer = [0; 4];
    for c in text.chars() {
        let run: &str = c.encode_utf8(&mut buffer);
        loop {
            let rest = written.get(at..).unwrap_or_default();
            let Some(next) = rest.chars().next() else {
                woven.replaced(run, span.start + at, 0);
                break;
            };
            let escape = if style == Style::DoubleQuoted && next == '\\' { escape_length(rest) } else { None };
            match escape {
                // A line break that is escaped stands for nothing, with the indentation behind it.
                Some(length) if rest[1..].starts_with(['\n', '\r']) => at += length,
                Some(length) => {
                    woven.replaced(run, span.start + at, length);
                    at += length;
                    break;
                }
                None if style == Style::SingleQuoted && c == '\'' && rest.starts_with("''") => {
                    woven.replaced(run, span.start + at, 2);
                    at += 2;
                    break;
                }
                None if next == c => {
                    woven.run(run, span.start + at);
                    at += next.len_utf8();
                    break;
                }
                None if next.is_whitespace() => at += next.len_utf8(),
                // A space that stands for a fold.
                None => {
                    woven.replaced(run, span.start + at, 0);
                    break;
                }
            }
        }
    }
    woven.finish(span)
}

fn escape_length(rest: &str) -> Option<usize> {
    let length = match rest[1..].chars().next()? {
        'x' => 4,
        'u' => 6,
        'U' => 10,
        '\n' | '\r' => rest.len() - rest[1..].trim_start().len(),
        c => 1 + c.len_utf8(),
    };
    Some(length.min(rest.len()))
}
