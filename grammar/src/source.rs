//! Source files and the places inside them.

use serde::{Deserialize, Serialize};

/// Names one source among those that were read for a program. The reader counts from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct SourceId(pub u32);

/// One file, read whole. `path` is what a person is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub id: SourceId,
    pub path: String,
    pub text: String,
}

impl Source {
    /// Line and column of a byte offset, both from 1, the column in characters.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Lines and columns of one text, each found without going through it: for those who ask for many.
#[derive(Debug, Clone)]
pub struct Lines {
    /// Where each line begins.
    starts: Vec<usize>,
    /// How many characters stand before each block of so many bytes.
    characters: Vec<usize>,
}

impl Lines {
    const BLOCK: usize = 256;

    #[must_use]
    pub fn of(text: &str) -> Self {
        let begins = |byte: &u8| byte & 0xC0 != 0x80;
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let mut count = 0;
        let characters = text.as_bytes().chunks(Self::BLOCK).map(|block| {
            let before = count;
            count += block.iter().filter(|b| begins(b)).count();
            before
        });
        Self { starts: std::iter::once(0).chain(breaks).collect(), characters: characters.collect() }
    }

    /// The same as [`Source::line_column`]. `text` is the one that this was made of.
    #[must_use]
    pub fn line_column(&self, text: &str, offset: usize) -> (usize, usize) {
        let mut at = offset.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        (line, self.before(text, at) - self.before(text, start) + 1)
    }

    /// How many characters begin before this byte.
    fn before(&self, text: &str, at: usize) -> usize {
        let block = at / Self::BLOCK;
        let rest = text.as_bytes().get(block * Self::BLOCK..at).unwrap_or_default();
        let all = || text.chars().count();
        self.characters.get(block).map_or_else(all, |count| count + rest.iter().filter(|byte| **byte & 0xC0 != 0x80).count())
    }
}

/// Bytes `start..end` of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Span {
    pub source: SourceId,
    pub start: usize,
    pub end: usize,
}

impl Span {
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Self { source, start, end }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value and where it was written. Two of them are equal when their values are:
/// the two spellings of a runbook give equal trees.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Spanned<T> {
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<T: Eq> Eq for Spanned<T> {}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Text taken out of a source: a command, a title, an expression. What stands in `text` may differ from the
/// source (escapes undone, indentation cut), so `pieces` says where each run of its bytes came from; an error
/// inside a snippet then points into the file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Text {
    pub text: String,
    /// The content in the source, without its quotes.
    pub span: Span,
    /// `(offset in text, offset in source)`, ascending; empty means one run from `span.start`.
    pub pieces: Vec<(usize, usize)>,
}

impl Text {
    #[must_use]
    pub fn verbatim(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span, pieces: Vec::new() }
    }

    /// Where bytes `start..end` of the text stand in the source.
    #[must_use]
    pub fn span_of(&self, start: usize, end: usize) -> Span {
        let from = self.offset(start);
        let to = if end > start { self.offset(end - 1) + 1 } else { from };
        Span::new(self.span.source, from, to.max(from))
    }

    /// Where byte `at` of the text stands in the source.
    #[must_use]
    pub fn offset(&self, at: usize) -> usize {
        let after = self.pieces.partition_point(|(text, _)| *text <= at);
        let (text, source) = after.checked_sub(1).and_then(|i| self.pieces.get(i)).copied().unwrap_or((0, self.span.start));
        source + (at - text)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for Text {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_the_same_however_they_are_found() {
        let texts = [
            String::new(),
            "\n".to_owned(),
            "a\nb".to_owned(),
            "größe\r\n𝄞x\n\n".repeat(80),
            "ü".repeat(700),
            format!("{}\n{}", "x".repeat(256), "y".repeat(255)),
        ];
        for text in texts {
            let source = Source { id: SourceId(0), path: String::new(), text };
            let lines = Lines::of(&source.text);
            for at in 0..=source.text.len() + 2 {
                assert_eq!(lines.line_column(&source.text, at), source.line_column(at), "{at} of {:?}", source.text);
            }
        }
    }
}
