//! What of a source is not in its tree: where its entries begin and end, and its comments.

use crate::source::Span;

/// Bytes `start..end` of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Range {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Range {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    pub(crate) fn holds(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    pub(crate) fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A line of the native form with its block, a key of YAML with its value, an item: and those inside it, in order.
#[derive(Debug, Default)]
pub(crate) struct Extent {
    pub(crate) at: Range,
    /// Where it ends without the comments that follow its last value. What has nothing inside can't hold these.
    pub(crate) core: usize,
    pub(crate) inside: Vec<Extent>,
}

impl Extent {
    pub(crate) fn new(at: Range, inside: Vec<Self>) -> Self {
        Self { at, core: at.end, inside }
    }

    /// The widest extent inside this one that holds `hull` and reaches neither into what stands before it nor into what
    /// stands behind it.
    pub(crate) fn of(&self, hull: Range, before: usize, behind: usize) -> Option<&Self> {
        let mut at = self;
        loop {
            let next = at.inside.partition_point(|extent| extent.at.start <= hull.start);
            at = at.inside.get(next.checked_sub(1)?).filter(|extent| extent.at.holds(hull))?;
            if before <= at.at.start && at.at.end <= behind {
                return Some(at);
            }
        }
    }
}

/// From its `#` to the end of its line, without the white space there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) at: Range,
}

impl Comment {
    pub(crate) fn at(span: Span) -> Self {
        Self { at: Range::new(span.start, span.end) }
    }

    /// Does nothing but white space stand before it on its line?
    pub(crate) fn is_alone(self, text: &str) -> bool {
        let line = text.get(..self.at.start).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
        line.trim_start_matches('\u{feff}').trim().is_empty()
    }

    /// How many bytes stand before it on its line.
    pub(crate) fn column(self, text: &str) -> usize {
        column(text, self.at.start)
    }
}

/// How many bytes stand before `at` on its line.
pub(crate) fn column(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.len() - before.rfind('\n').map_or(0, |end| end + 1)
}

#[derive(Debug, Default)]
pub(crate) struct Extents {
    /// The whole source.
    pub(crate) whole: Extent,
    /// In their order.
    pub(crate) comments: Vec<Comment>,
}
