//! Where the keys and items of a YAML file begin and end, with the comments inside.

use super::events;
use super::node::{Node, Value};
use crate::format::extent::{Comment, Extent, Extents, Range, column};
use crate::source::Source;
use crate::syntax_error::Errors;
use crate::word::Word;

pub(crate) fn extents(source: &Source) -> Extents {
    let loaded = events::load(source, true, &mut Errors::default());
    let mut comments: Vec<_> = loaded.comments.iter().map(|span| Comment::at(*span)).collect();
    comments.sort_by_key(|comment| comment.at.start);
    let reading = Reading { text: &source.text, comments: &comments };
    let documents = loaded.documents.iter().filter(|node| !matches!(node.value, Value::Nothing | Value::Refused));
    let inside = documents.flat_map(|node| reading.document(node)).collect();
    Extents { whole: Extent::new(Range::new(0, source.text.len()), inside), comments }
}

struct Reading<'a> {
    text: &'a str,
    comments: &'a [Comment],
}

impl Reading<'_> {
    /// Imports are the file's, not those of the runbook whose keys they stand above.
    fn document(&self, node: &Node) -> Vec<Extent> {
        let mut whole = self.node(node, None);
        let imports = matches!(&node.value, Value::Map(entries) if entries.first().is_some_and(|first| first.key.text == Word::Import.text()));
        if !imports || whole.inside.is_empty() {
            return vec![whole];
        }
        let import = whole.inside.remove(0);
        let Some(next) = whole.inside.first().map(|next| next.at.start) else { return vec![import] };
        whole.at.start = next;
        vec![import, whole]
    }

    /// `around` is the column of the mapping around it.
    fn node(&self, node: &Node, around: Option<usize>) -> Extent {
        let written = self.text.get(node.span.start..node.span.end).unwrap_or_default();
        let mut at = Range::new(node.span.start, node.span.start + written.trim_end_matches(['\n', '\r', ' ']).len());
        let flow = written.starts_with(['[', '{']);
        let inside: Vec<Extent> = match &node.value {
            Value::Nothing | Value::Refused | Value::Scalar(_) => return Extent::new(at, Vec::new()),
            Value::List(items) => {
                let mut from = at.start;
                let mut item = |item: &Node| {
                    let mut extent = self.node(item, None);
                    // An item begins with its dash.
                    let dash = self.next_token(from);
                    if !flow && dash < extent.at.start && self.text[dash..].starts_with('-') {
                        extent.at.start = dash;
                    }
                    from = extent.at.end;
                    extent
                };
                items.iter().map(&mut item).collect()
            }
            Value::Map(entries) => entries
                .iter()
                .map(|entry| {
                    let key = Range::new(entry.key.span.start, entry.key.span.end);
                    let value = self.node(&entry.value, Some(column(self.text, key.start)));
                    // A value that is not there is told to stand where the next one does.
                    if matches!(entry.value.value, Value::Nothing) { Extent::new(key, Vec::new()) } else { Extent { at: key.to(value.at), ..value } }
                })
                .collect(),
        };
        let core = inside.last().map_or(at.end, |last| last.core.max(at.end));
        at.end = inside.last().map_or(at.end, |last| last.at.end.max(at.end));
        if !flow {
            let own = column(self.text, at.start);
            // The dashes of a list may stand below its key: a comment there is not the list's.
            let least = if around == Some(own) { own + 1 } else { own };
            at.end = self.with_comments(at.end, least);
        }
        Extent { at, core, inside }
    }

    /// Where the next thing stands that is neither white space nor a comment.
    fn next_token(&self, mut from: usize) -> usize {
        loop {
            let rest = self.text.get(from..).unwrap_or_default();
            let next = from + (rest.len() - rest.trim_start().len());
            match self.comments.binary_search_by_key(&next, |comment| comment.at.start) {
                Ok(number) => from = self.comments[number].at.end,
                Err(_) => return next,
            }
        }
    }

    /// The end with the comments that follow at once and are indented as deep as the lines before them.
    fn with_comments(&self, mut end: usize, least: usize) -> usize {
        let first = self.comments.partition_point(|comment| comment.at.start < end);
        for comment in self.comments.get(first..).unwrap_or_default() {
            let between = self.text.get(end..comment.at.start).unwrap_or_default();
            if !between.trim().is_empty() || (comment.is_alone(self.text) && comment.column(self.text) < least) {
                break;
            }
            // One behind the last value belongs to that, but those below it may be this block's.
            end = comment.at.end;
        }
        end
    }
}
