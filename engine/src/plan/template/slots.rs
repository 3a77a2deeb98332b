//! Splits text at its slots. `{{ expression }}` is the only syntax; `{%` and `{#` are text, `\{{` is a literal `{{`.

use grammar::source::Text;

use super::error::TemplateError;

#[derive(Debug)]
pub(super) enum Piece {
    /// As it will stand; `at` is where it begins in the text.
    Plain {
        text: String,
        at: usize,
    },
    Slot(Slot),
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) expression: Text,
    /// With its braces.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Every piece that can be read, and what is wrong with the rest.
pub(super) fn split(text: &Text) -> (Vec<Piece>, Vec<TemplateError>) {
    let all = text.text.as_str();
    let (mut pieces, mut errors) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(open) = all[at..].find("{{").map(|i| at + i) {
        let backslashes = all[at..open].bytes().rev().take_while(|b| *b == b'\\').count();
        if backslashes % 2 == 1 {
            plain(&mut pieces, &all[at..open - 1], at);
            plain(&mut pieces, "{{", open);
            at = open + 2;
            continue;
        }
        plain(&mut pieces, &all[at..open], at);
        let Some(length) = expression_length(&all[open + 2..]) else {
            errors.push(TemplateError::UnclosedSlot { span: text.span_of(open, open + 2) });
            return (pieces, errors);
        };
        let (start, end) = (open + 2, open + 2 + length);
        let inside = &all[start..end];
        if inside.trim().is_empty() {
            errors.push(TemplateError::EmptySlot { span: text.span_of(open, end + 2) });
        } else {
            let lead = inside.len() - inside.trim_start().len();
            let expression = part(text, start + lead, start + lead + inside.trim().len());
            pieces.push(Piece::Slot(Slot { expression, start: open, end: end + 2 }));
        }
        at = end + 2;
    }
    plain(&mut pieces, &all[at..], at);
    (pieces, errors)
}

fn plain(pieces: &mut Vec<Piece>, text: &str, at: usize) {
    if !text.is_empty() {
        pieces.push(Piece::Plain { text: text.to_owned(), at });
    }
}

/// Up to the `}}` that is outside quotes and brackets.
fn expression_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                chars.next();
            }
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') if text[i..].starts_with("}}") => return Some(i),
            _ => {}
        }
    }
    // A lone quote may have hidden the end; then the expression itself is what can't be read.
    if quote.is_some() { text.find("}}") } else { None }
}

/// Bytes `start..end` of a text, as a text of their own that still knows where it came from.
pub(super) fn part(text: &Text, start: usize, end: usize) -> Text {
    let mut pieces = vec![(0, text.span_of(start, start).start)];
    pieces.extend(text.pieces.iter().filter(|(at, _)| *at > start && *at < end).map(|(at, source)| (at - start, *source)));
    Text { text: text.text[start..end].to_owned(), span: text.span_of(start, end), pieces }
}

#[cfg(test)]
mod tests {
    use grammar::source::{SourceId, Span};

    use super::*;

    fn shown(text: &str) -> String {
        let (pieces, errors) = split(&Text::verbatim(text, Span::new(SourceId(0), 10, 10 + text.len())));
        let pieces = pieces.iter().map(|piece| match piece {
            Piece::Plain { text, .. } => text.clone(),
            Piece::Slot(slot) => format!("<{}@{}>", slot.expression.text, slot.expression.span.start),
        });
        pieces.chain(errors.iter().map(|error| format!("!{}", error.code()))).collect()
    }

    #[test]
    fn only_double_braces_are_slots() {
        for (text, expected) in [
            ("a {{ b }} c", "a <b@15> c"),
            ("{% if %} {# no #}", "{% if %} {# no #}"),
            (r"\{{ literal }}", "{{ literal }}"),
            (r"\\{{ b }}", r"\\<b@15>"),
            (r#"{{ "}}" }}"#, r#"<"}}"@13>"#),
            ("{{ {\"a\": 1} }}", "<{\"a\": 1}@13>"),
            ("{{ b", "!RB0201"),
            ("{{ }}x", "x!RB0202"),
            ("é{{ b }}", "é<b@15>"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
