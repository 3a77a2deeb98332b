//! One entry: its head, what was left over behind it, and its block.

use super::{Pair, Rule};

pub(super) struct Entry<'a> {
    /// Where the entry stands, with its block.
    pub(super) whole: pest::Span<'a>,
    pub(super) head: Option<Pair<'a>>,
    /// Behind the head, and behind the block.
    pub(super) leftover: Vec<Pair<'a>>,
    pub(super) block: Option<Pair<'a>>,
    /// Where its block begins, if that is on a line of its own.
    pub(super) loose: Option<usize>,
}

impl<'a> Entry<'a> {
    pub(super) fn read(pair: Pair<'a>) -> Self {
        let mut entry = Self { whole: pair.as_span(), head: None, leftover: Vec::new(), block: None, loose: None };
        for part in parts(pair) {
            match part.as_rule() {
                Rule::block => entry.block = Some(part),
                Rule::leftover => entry.leftover.push(part),
                _ => entry.head = Some(part),
            }
        }
        entry
    }

    /// The entries of its block.
    pub(super) fn entries(&self) -> Vec<Entry<'a>> {
        Entry::all(self.block.iter().flat_map(|block| block.clone().into_inner()))
    }

    /// The entries among these pairs. A block on a line of its own goes to the header before it: that is what was meant.
    pub(super) fn all(pairs: impl Iterator<Item = Pair<'a>>) -> Vec<Entry<'a>> {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for entry in pairs.filter(|pair| pair.as_rule() == Rule::entry).map(Entry::read) {
            match entries.last_mut() {
                Some(header) if entry.head.is_none() && header.waits_for_block() => {
                    header.loose = Some(entry.whole.start());
                    header.block = entry.block;
                }
                _ => entries.push(entry),
            }
        }
        entries
    }

    fn waits_for_block(&self) -> bool {
        let blocks = |head: &Pair<'_>| {
            matches!(
                head.as_rule(),
                Rule::runbook
                    | Rule::action
                    | Rule::step
                    | Rule::manual
                    | Rule::gate
                    | Rule::boundary
                    | Rule::during
                    | Rule::parallel
                    | Rule::for_each
                    | Rule::series
            )
        };
        self.block.is_none() && self.leftover.is_empty() && self.head.as_ref().is_some_and(blocks)
    }

    /// The line that the entry begins with, without its block.
    pub(super) fn line(&self) -> (usize, usize) {
        let end = match (&self.block, self.leftover.last(), &self.head) {
            (Some(block), ..) => block.as_span().start(),
            (None, Some(leftover), _) => leftover.as_span().end(),
            (None, None, Some(head)) => head.as_span().end(),
            (None, None, None) => self.whole.end(),
        };
        (self.whole.start(), end)
    }
}

/// The pairs inside, without the comments.
pub(super) fn parts(pair: Pair<'_>) -> impl Iterator<Item = Pair<'_>> {
    pair.into_inner().filter(|part| part.as_rule() != Rule::COMMENT)
}

/// The parts of a head, taken one after the other.
pub(super) struct Parts<'a> {
    rest: std::iter::Peekable<std::vec::IntoIter<Pair<'a>>>,
}

impl<'a> Parts<'a> {
    /// Without the keyword and the punctuation.
    pub(super) fn of(pair: Pair<'a>) -> Self {
        let dull = |rule| matches!(rule, Rule::colon | Rule::equals) || super::expected::is_keyword(rule);
        let rest: Vec<_> = parts(pair).filter(|part| !dull(part.as_rule())).collect();
        Self { rest: rest.into_iter().peekable() }
    }

    pub(super) fn next(&mut self) -> Option<Pair<'a>> {
        self.rest.next()
    }

    /// The next part, if it is of this rule.
    pub(super) fn take(&mut self, rule: Rule) -> Option<Pair<'a>> {
        self.rest.next_if(|part| part.as_rule() == rule)
    }
}
