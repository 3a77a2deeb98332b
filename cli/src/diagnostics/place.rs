//! Where a finding stands, in lines and columns, for formats that tell of many.

use std::collections::HashMap;
use std::sync::OnceLock;

use engine::check::stdlib;
use grammar::source::{Lines, Source, SourceId, Span};

/// Every source that a finding may point into.
#[derive(Debug)]
pub(crate) struct Sources {
    all: Vec<Source>,
    by_id: HashMap<SourceId, usize>,
    lines: Vec<OnceLock<Lines>>,
}

/// Lines and columns count from 1, columns in characters; the end is the first character behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) path: &'a str,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
}

impl Sources {
    /// With those of the standard library.
    pub(crate) fn new(read: Vec<Source>) -> Self {
        let all: Vec<Source> = read.into_iter().chain(stdlib::sources()).collect();
        let by_id = all.iter().enumerate().map(|(at, source)| (source.id, at)).collect();
        let lines = all.iter().map(|_| OnceLock::new()).collect();
        Self { all, by_id, lines }
    }

    pub(crate) fn all(&self) -> &[Source] {
        &self.all
    }

    pub(crate) fn get(&self, id: SourceId) -> Option<&Source> {
        self.by_id.get(&id).and_then(|at| self.all.get(*at))
    }

    pub(crate) fn place(&self, span: Span) -> Place<'_> {
        let at = self.by_id.get(&span.source).copied();
        let Some((source, lines)) = at.and_then(|at| Some((self.all.get(at)?, self.lines.get(at)?))) else {
            return Place { path: "", line: 1, column: 1, end_line: 1, end_column: 1 };
        };
        let lines = lines.get_or_init(|| Lines::of(&source.text));
        let ((line, column), (end_line, end_column)) = (lines.line_column(&source.text, span.start), lines.line_column(&source.text, span.end));
        Place { path: &source.path, line, column, end_line, end_column }
    }
}
