//! What is printed, as a tree of units: a line of the native form with its block, a key of YAML with its value, an item
//! of a list. Both printers make their own units of the syntax tree; comments are put to them in one way.

use super::extent::Range;
use crate::ast::Operand;
use crate::source::Span;

#[derive(Debug)]
pub(super) struct Node<S> {
    /// What the unit is, for its printer.
    pub(super) shape: S,
    /// The parts of the tree that are written in the unit itself, not in a unit inside it.
    pub(super) own: Vec<Range>,
    /// The brackets around what is inside, and all between them.
    pub(super) brackets: Option<Range>,
    /// Made by the printer to hold others: a native file has no such thing.
    pub(super) group: bool,
    pub(super) inside: Vec<Node<S>>,
    pub(super) notes: Notes,
    /// Where it stands in the source.
    pub(super) at: Option<Range>,
}

/// The comments at a unit, and how it stood among its neighbours.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// On lines of their own above it.
    pub(super) before: Vec<Note>,
    /// Behind what opens it.
    pub(super) header: Vec<String>,
    /// Behind its end.
    pub(super) behind: Vec<String>,
    /// On lines of their own behind the last unit inside it.
    pub(super) end: Vec<Note>,
    /// A blank line stood above it.
    pub(super) gap: bool,
    /// It began a line.
    pub(super) own_line: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// With its `#`.
    pub(super) text: String,
    /// A blank line stood above it.
    pub(super) gap: bool,
}

impl<S> Node<S> {
    pub(super) fn new(shape: S) -> Self {
        Self { shape, own: Vec::new(), brackets: None, group: false, inside: Vec::new(), notes: Notes::default(), at: None }
    }

    /// Says that this part of the tree is written in the unit itself.
    pub(super) fn own(mut self, spans: impl IntoIterator<Item = Span>) -> Self {
        self.own.extend(spans.into_iter().map(|span| Range::new(span.start, span.end)));
        self
    }

    /// Says where a value stands: in the unit itself, or around the units of its items.
    pub(super) fn value(mut self, value: &Operand) -> Self {
        let range = Range::new(value.span().start, value.span().end);
        match value {
            Operand::List(items) if !items.is_empty() => self.brackets = Some(range),
            Operand::List(_) | Operand::Literal(_) | Operand::Computed(_) => self.own.push(range),
        }
        self
    }

    pub(super) fn maybe_value(self, value: Option<&Operand>) -> Self {
        match value {
            Some(value) => self.value(value),
            None => self,
        }
    }

    pub(super) fn inside(mut self, inside: Vec<Self>) -> Self {
        self.inside.extend(inside);
        self
    }

    pub(super) fn group(mut self) -> Self {
        self.group = true;
        self
    }

    /// The smallest range that holds all that is written in it.
    pub(super) fn hull(&self) -> Option<Range> {
        let own = self.own.iter().copied().chain(self.brackets).reduce(Range::to);
        let inside = self.inside.iter().filter_map(Self::hull).reduce(Range::to);
        match (own, inside) {
            (Some(own), Some(inside)) => Some(own.to(inside)),
            (one, other) => one.or(other),
        }
    }

    /// Where its first part stands, by which units are put into the order that they were written in.
    pub(super) fn start(&self) -> usize {
        self.hull().map_or(0, |hull| hull.start)
    }

    /// Is there a comment at it or inside it?
    pub(super) fn has_notes(&self) -> bool {
        let Notes { before, header, behind, end, .. } = &self.notes;
        !(before.is_empty() && header.is_empty() && behind.is_empty() && end.is_empty()) || self.inside.iter().any(Self::has_notes)
    }

    /// Did a blank line stand above all that is printed for it?
    pub(super) fn has_gap(&self) -> bool {
        match self.notes.before.first() {
            Some(note) => note.gap,
            None => self.notes.gap || (self.group && self.at.is_none() && self.inside.first().is_some_and(Self::has_gap)),
        }
    }
}
