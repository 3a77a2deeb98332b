//! Text and commands of the native form: escapes undone, indentation cut.

use crate::source::{SourceId, Span, Text};
use crate::syntax_error::{Errors, SyntaxError};
use crate::weave::Weave;

/// Undoes the escapes of a `"…"`. `\{{` is kept: the template layer undoes it.
pub(crate) fn unescape(content: &str, span: Span, errors: &mut Errors) -> Text {
    let mut woven = Weave::default();
    let mut from = 0;
    while let Some(found) = content[from..].find('\\') {
        let at = from + found;
        woven.run(&content[from..at], span.start + from);
        let rest = &content[at + 1..];
        let length = rest.chars().next().map_or(0, char::len_utf8);
        let offset = span.start + at;
        from = at + 1 + length;
        match rest.chars().next() {
            Some('"') => woven.replaced("\"", offset, 2),
            Some('\\') => woven.replaced("\\", offset, 2),
            Some('n') => woven.replaced("\n", offset, 2),
            Some('t') => woven.replaced("\t", offset, 2),
            Some('{') if rest.starts_with("{{") => woven.run("\\{", offset),
            _ => {
                let escape = content[at..from].to_owned();
                woven.run(&escape, offset);
                errors.push(SyntaxError::WrongEscape { span: Span::new(span.source, offset, span.start + from), escape });
            }
        }
    }
    woven.run(&content[from..], span.start + from);
    woven.finish(span)
}

/// What stands between two `"""` or two lines of three backticks: the closing line's indentation is cut from every
/// line, and so are carriage returns and the last line break. `content` reaches from mark to mark, `offset` is its place.
pub(crate) fn block(content: &str, offset: usize, source: SourceId, mark: &'static str, errors: &mut Errors) -> Text {
    let span = Span::new(source, offset, offset + content.len());
    let first_end = content.find('\n').unwrap_or(content.len());
    let beside = content[..first_end].trim();
    if !beside.is_empty() {
        let start = offset + content[..first_end].find(beside).unwrap_or(0);
        errors.push(SyntaxError::TextBesideMark { span: Span::new(source, start, start + beside.len()), mark });
        return Text::verbatim(beside, Span::new(source, start, start + beside.len()));
    }
    let last_start = content.rfind('\n').map_or(content.len(), |at| at + 1);
    let indent = &content[last_start..];
    let closing = Span::new(source, offset + last_start, offset + content.len() + mark.len());
    let mut woven = Weave::default();
    let mut at = (first_end + 1).min(last_start);
    let mut first = None;
    while at < last_start {
        let line_end = content[at..last_start].find('\n').map_or(last_start, |end| at + end);
        let line = content[at..line_end].strip_suffix('\r').unwrap_or(&content[at..line_end]);
        if let Some(kept) = line.strip_prefix(indent) {
            let from = offset + at + indent.len();
            first = first.or(Some(from));
            woven.run(kept, from);
        } else if !line.trim().is_empty() {
            let shallow = line.len() - line.trim_start().len();
            let from = offset + at + shallow;
            first = first.or(Some(from));
            woven.run(line.trim_start(), from);
            errors.push(SyntaxError::ShallowLine { span: Span::new(source, from, offset + at + line.len()), closing });
        }
        woven.run("\n", offset + at + line.len());
        at = line_end + 1;
    }
    woven.trim_end(|c| c == '\n');
    let start = first.unwrap_or(offset).min(span.end);
    let mut text = woven.finish(Span::new(source, start, start));
    text.span = text.span_of(0, text.text.len());
    text
}
