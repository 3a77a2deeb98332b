//! Builds a [`Text`] run by run and remembers where each run came from.

use crate::source::{Span, Text};

#[derive(Debug, Default)]
pub(crate) struct Weave {
    text: String,
    pieces: Vec<(usize, usize)>,
    /// The offset in the source that would continue the last run.
    next: Option<usize>,
}

impl Weave {
    /// Adds what stands verbatim at `offset` of the source.
    pub(crate) fn run(&mut self, run: &str, offset: usize) {
        self.replaced(run, offset, run.len());
    }

    /// Adds `run` for `length` bytes at `offset` of the source.
    pub(crate) fn replaced(&mut self, run: &str, offset: usize, length: usize) {
        if run.is_empty() {
            return;
        }
        if self.next != Some(offset) {
            self.pieces.push((self.text.len(), offset));
        }
        self.text.push_str(run);
        self.next = (run.len() == length).then_some(offset + length);
    }

    /// Adds a text with all that it knows of its places.
    pub(crate) fn text(&mut self, text: &Text) {
        self.part(text, 0, text.text.len());
    }

    /// Adds bytes `start..end` of a text.
    pub(crate) fn part(&mut self, text: &Text, start: usize, end: usize) {
        let mut from = start;
        while from < end {
            let next = text.pieces.partition_point(|(at, _)| *at <= from);
            let to = text.pieces.get(next).map_or(end, |(at, _)| (*at).min(end));
            self.run(text.text.get(from..to).unwrap_or_default(), text.offset(from));
            from = to;
        }
    }

    /// Drops the characters at the end for which `drop` holds.
    pub(crate) fn trim_end(&mut self, drop: impl Fn(char) -> bool) {
        let length = self.text.trim_end_matches(drop).len();
        if length < self.text.len() {
            self.text.truncate(length);
            self.pieces.retain(|(at, _)| *at < length);
            self.next = None;
        }
    }

    pub(crate) fn finish(self, span: Span) -> Text {
        let one_run = self.pieces.len() == 1 && self.pieces[0] == (0, span.start);
        Text { text: self.text, span, pieces: if one_run { Vec::new() } else { self.pieces } }
    }
}

/// Bytes `start..end` of a text as a text of their own.
pub(crate) fn part(text: &Text, start: usize, end: usize) -> Text {
    let pieces = if text.pieces.is_empty() {
        Vec::new()
    } else {
        let first = text.pieces.partition_point(|(at, _)| *at <= start);
        let last = text.pieces.partition_point(|(at, _)| *at < end);
        let head = std::iter::once((0, text.offset(start)));
        head.chain(text.pieces.get(first..last).unwrap_or_default().iter().map(|(at, source)| (at - start, *source))).collect()
    };
    Text { text: text.text[start..end].to_owned(), span: text.span_of(start, end), pieces }
}
