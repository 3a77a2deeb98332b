//! A command as its shell will read it, parsed once for all who look at it, and the way back into the runbook's text.

use brush_parser::ast::Program;
use grammar::source::{Span, Text};

use crate::value::Type;

/// The command with a variable `${rb_N}` in the place of each value, and its tree.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) script: String,
    /// `None`: a value stands where none may, and the shell can't read it.
    pub(crate) tree: Option<Program>,
    /// What is known of each value, in order.
    pub(crate) types: Vec<Option<Type>>,
    pub(super) runs: Vec<Run>,
}

/// Where the script's bytes from `script` on came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) script: usize,
    pub(super) text: usize,
    /// A value stands here; its braces end there in the text.
    pub(super) value: Option<usize>,
}

impl Reading {
    /// Without what only the rules look at.
    pub(crate) fn without_tree(&self) -> Self {
        Self { script: self.script.clone(), tree: None, types: self.types.clone(), runs: self.runs.clone() }
    }

    /// Whether these bytes of the script are one value and nothing else.
    pub(crate) fn is_value(&self, range: std::ops::Range<usize>) -> bool {
        let run = |at: usize| self.runs[..self.runs.partition_point(|run| run.script <= at)].last();
        let (first, last) = (run(range.start), run(range.end.saturating_sub(1).max(range.start)));
        matches!((first, last), (Some(first), Some(last)) if first.value.is_some() && first.script == last.script)
    }

    /// Bytes `start..end` of the script, as a range of the text that it was read from. A value is covered whole.
    pub(crate) fn range(&self, text: &Text, start: usize, end: usize) -> (usize, usize) {
        place(&self.runs, text, start, end)
    }

    pub(crate) fn span(&self, text: &Text, start: usize, end: usize) -> Span {
        let (start, end) = self.range(text, start, end);
        text.span_of(start, end)
    }
}

pub(super) fn place(runs: &[Run], text: &Text, start: usize, end: usize) -> (usize, usize) {
    let run = |at: usize| runs[..runs.partition_point(|run| run.script <= at)].last().copied().unwrap_or(Run { script: 0, text: 0, value: None });
    let first = run(start);
    let from = match first.value {
        // Behind the value: what is missing at the end of the script.
        Some(behind) if start == end && start > first.script => behind,
        Some(_) => first.text,
        None => first.text + (start - first.script),
    };
    let to = if end > start {
        let last = run(end - 1);
        last.value.unwrap_or(last.text + (end - last.script))
    } else {
        from
    };
    let from = from.min(text.text.len());
    (from, to.clamp(from, text.text.len()))
}
