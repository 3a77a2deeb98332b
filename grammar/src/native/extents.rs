//! Where the lines of a native file begin and end, with their blocks. Only asked of a file that was read without errors.

use pest::Parser as _;

use super::balance::balance;
use super::entry::Entry;
use super::{Pair, Rule, RunbookParser};
use crate::format::extent::{Comment, Extent, Extents, Range};
use crate::source::Source;
use crate::syntax_error::Errors;

pub(crate) fn extents(source: &Source) -> Extents {
    let text = source.text.as_str();
    let comments: Vec<_> = balance(text, source.id, &mut Errors::default()).comments.iter().map(|span| Comment::at(*span)).collect();
    let whole = Range::new(0, text.len());
    let Ok(pairs) = RunbookParser::parse(Rule::file, text) else {
        return Extents { whole: Extent::new(whole, Vec::new()), comments };
    };
    let reading = Reading { text, comments: &comments };
    let inside = Entry::all(pairs.flat_map(Pair::into_inner)).iter().map(|entry| reading.entry(entry)).collect();
    Extents { whole: Extent::new(whole, inside), comments }
}

struct Reading<'a> {
    text: &'a str,
    comments: &'a [Comment],
}

impl Reading<'_> {
    fn entry(&self, entry: &Entry<'_>) -> Extent {
        let (start, _) = entry.line();
        let (mut inside, mut end) = (Vec::new(), start);
        if let Some(head) = &entry.head {
            end = self.end(head);
            self.parts(head.clone(), &mut inside);
        }
        if let Some(block) = &entry.block {
            end = block.as_span().end();
            inside.extend(entry.entries().iter().map(|entry| self.entry(entry)));
        }
        Extent::new(Range::new(start, end), inside)
    }

    /// Arguments and parameters.
    fn parts(&self, pair: Pair<'_>, inside: &mut Vec<Extent>) {
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::argument | Rule::declaration => {
                    let at = Range::new(part.as_span().start(), self.end(&part));
                    inside.push(Extent::new(at, Vec::new()));
                }
                Rule::call | Rule::arguments | Rule::declarations => self.parts(part, inside),
                _ => {}
            }
        }
    }

    /// Where a pair ends. Its span may reach over white space and comments, up to a part that could follow and doesn't.
    fn end(&self, pair: &Pair<'_>) -> usize {
        let start = pair.as_span().start();
        let mut end = pair.as_span().end();
        loop {
            let trimmed = start + self.text[start..end].trim_end().len();
            let before = self.comments.partition_point(|comment| comment.at.start < trimmed);
            match before.checked_sub(1).and_then(|last| self.comments.get(last)) {
                Some(comment) if comment.at.start >= start && comment.at.end >= trimmed => end = comment.at.start,
                _ => return trimmed,
            }
        }
    }
}
