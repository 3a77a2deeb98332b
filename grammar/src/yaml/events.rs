//! From YAML text to nodes. The only module that knows the YAML parser, which serde-saphyr re-exports.
//!
//! Tags, anchors, aliases and merge keys are refused here, each at its place, and reading goes on. Aliases are never
//! followed, so a file can't grow in memory.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{self as granit, Event, Options, Parser, ScalarStyle};

use super::align::{Style, align};
use super::node::{Entry, Key, Node, Scalar, Value};
use crate::source::{Source, Span};
use crate::syntax_error::{Errors, SyntaxError};

const DEPTH: usize = 64;
const NODES: usize = 200_000;

pub(super) struct Loaded {
    pub(super) documents: Vec<Node>,
    /// Empty unless they were asked for.
    pub(super) comments: Vec<Span>,
    /// Was the file read to its end?
    pub(super) complete: bool,
    /// The tags that were allowed, by where their values begin.
    pub(super) tags: HashMap<usize, String>,
}

/// A container that is not closed yet.
struct Open {
    span: Span,
    within: Within,
}

enum Within {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: HashMap<String, Span>, key: Option<KeyNode> },
}

enum KeyNode {
    Good(Key),
    /// Told already; its value is dropped.
    Bad,
}

struct Loader<'a> {
    source: &'a Source,
    errors: &'a mut Errors,
    open: Vec<Open>,
    documents: Vec<Node>,
    comments: Vec<Span>,
    nodes: usize,
    /// Those that a text may have.
    allowed: &'a [&'a str],
    tags: HashMap<usize, String>,
}

pub(super) fn load(source: &Source, comments: bool, errors: &mut Errors) -> Loaded {
    load_with_tags(source, comments, &[], errors)
}

/// The same, where texts may have these tags.
pub(super) fn load_with_tags(source: &Source, comments: bool, allowed: &[&str], errors: &mut Errors) -> Loaded {
    let tags = HashMap::new();
    let mut loader = Loader { source, errors, open: Vec::new(), documents: Vec::new(), comments: Vec::new(), nodes: 0, allowed, tags };
    let complete = loader.read(comments);
    while let Some(open) = loader.open.pop() {
        loader.close(open, source.text.len());
    }
    Loaded { documents: loader.documents, comments: loader.comments, complete, tags: loader.tags }
}

impl Loader<'_> {
    /// False if the file could not be read to its end.
    fn read(&mut self, comments: bool) -> bool {
        let mut options = Options::default();
        options.emit_anchor_events = true;
        options.emit_unresolved_aliases = true;
        options.set_emit_comments(comments);
        // The size of the file bounds them.
        options.max_buffered_comment_events = usize::MAX;
        let text = &self.source.text;
        for event in Parser::new_from_str_with_options(text, options) {
            match event {
                Ok((event, span)) => {
                    if !self.event(event, span) {
                        return false;
                    }
                }
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                    self.broken(error.info(), at);
                    return false;
                }
            }
        }
        true
    }

    fn broken(&mut self, reason: String, at: usize) {
        let next = self.source.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = Span::new(self.source.id, at, at + next);
        self.errors.push(if reason.contains("nesting") || reason.contains("recursion") {
            SyntaxError::NestedTooDeep { span, limit: DEPTH }
        } else {
            SyntaxError::BrokenYaml { span, reason }
        });
    }

    /// False if reading must stop.
    fn event(&mut self, event: Event<'_>, at: granit::Span) -> bool {
        let span = self.span(&at);
        match event {
            Event::Scalar(text, style, _, tag) => {
                let written = self.tag(tag.is_some(), &at).filter(|tag| self.allowed.contains(&tag.as_str()));
                if written.is_none() {
                    self.refuse_tag(tag.is_some(), &at);
                }
                let node = if tag.is_some() && written.is_none() { Node { value: Value::Refused, span } } else { self.scalar(&text, style, span) };
                self.tags.extend(written.map(|tag| (node.span.start, tag)));
                return self.add(node);
            }
            Event::SequenceStart(_, _, tag) => {
                self.refuse_tag(tag.is_some(), &at);
                return self.begin(Within::List(Vec::new()), span);
            }
            Event::MappingStart(_, _, tag) => {
                self.refuse_tag(tag.is_some(), &at);
                return self.begin(Within::Map { entries: Vec::new(), seen: HashMap::new(), key: None }, span);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.close(open, span.end);
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.errors.push(SyntaxError::Alias { span });
                return self.add(Node { value: Value::Refused, span });
            }
            Event::Anchor(..) => self.errors.push(SyntaxError::Anchor { span }),
            Event::Comment(..) => {
                let written = self.source.text.get(span.start..span.end).unwrap_or_default();
                self.comments.push(Span::new(span.source, span.start, span.start + written.trim_end().len()));
            }
            _ => {}
        }
        true
    }

    fn span(&self, span: &granit::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        Span::new(self.source.id, range.start, range.end.max(range.start))
    }

    fn refuse_tag(&mut self, is_there: bool, at: &granit::Span) {
        if let Some(tag) = self.tag(is_there, at) {
            let span = at.tag_span().map_or_else(|| self.span(at), |tag| self.span(&tag));
            self.errors.push(SyntaxError::Tag { span, tag });
        }
    }

    /// As it is written.
    fn tag(&self, is_there: bool, at: &granit::Span) -> Option<String> {
        let span = at.tag_span().map_or_else(|| self.span(at), |tag| self.span(&tag));
        is_there.then(|| self.source.text.get(span.start..span.end).unwrap_or_default().to_owned())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, mut span: Span) -> Node {
        let written = self.source.text.get(span.start..span.end).unwrap_or_default();
        if text.contains('\0') && !written.contains('\0') {
            let escape = ["\\0", "\\x00", "\\u0000", "\\U00000000"].iter().find_map(|escape| written.find(escape).map(|at| (at, escape.len())));
            let (at, length) = escape.unwrap_or((0, written.len()));
            self.errors.push(SyntaxError::NulByte { span: Span::new(span.source, span.start + at, span.start + at + length) });
        }
        if style == ScalarStyle::Plain && (written.is_empty() || matches!(written, "~" | "null")) {
            return Node { value: Value::Nothing, span };
        }
        let inside = |style| {
            let span = Span::new(span.source, span.start + 1, (span.end - 1).max(span.start + 1));
            align(text, self.source.text.get(span.start..span.end).unwrap_or_default(), span, style)
        };
        let content = match style {
            ScalarStyle::Plain => align(text, written, span, Style::Flowing),
            ScalarStyle::SingleQuoted => inside(Style::SingleQuoted),
            ScalarStyle::DoubleQuoted => inside(Style::DoubleQuoted),
            // The last line breaks are the block's, not the text's.
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let written = written.trim_end_matches(['\n', '\r', ' ']);
                span = Span::new(span.source, span.start, span.start + written.len());
                let style = if style == ScalarStyle::Literal { Style::Literal } else { Style::Flowing };
                align(text.trim_end_matches('\n'), self.source.text.get(span.start..).unwrap_or_default(), span, style)
            }
        };
        Node { value: Value::Scalar(Scalar { text: content, plain: style == ScalarStyle::Plain }), span }
    }

    fn begin(&mut self, within: Within, span: Span) -> bool {
        if self.open.len() == DEPTH {
            self.errors.push(SyntaxError::NestedTooDeep { span, limit: DEPTH });
            return false;
        }
        self.open.push(Open { span, within });
        true
    }

    fn close(&mut self, open: Open, end: usize) {
        let Open { span, within } = open;
        let (value, last) = match within {
            Within::List(items) => {
                let last = items.last().map(|item| item.span.end);
                (Value::List(items), last)
            }
            // `key: {{ x }}` is a mapping with a mapping as its key, which nobody means.
            Within::Map { .. } if self.is_template(span) => {
                let span = Span::new(span.source, span.start, end);
                let what = "a value with `{{ … }}`".to_owned();
                let help = Some("put it in quotes: \"{{ … }}\"".to_owned());
                self.errors.push(SyntaxError::WrongKind { span, what, expected: "a text", found: "a mapping of YAML", help });
                self.add(Node { value: Value::Refused, span });
                return;
            }
            Within::Map { entries, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key.span.end));
                (Value::Map(entries), last)
            }
        };
        // A block ends with its last value; a flow collection with its bracket.
        let flow = span.end > span.start;
        let end = if flow { end } else { last.unwrap_or(span.start) };
        self.add(Node { value, span: Span::new(span.source, span.start, end.max(span.start)) });
    }

    fn is_template(&self, span: Span) -> bool {
        self.source.text.get(span.start..).is_some_and(|rest| rest.starts_with("{{"))
    }

    /// Puts a finished node where it belongs. False if reading must stop.
    fn add(&mut self, node: Node) -> bool {
        self.nodes += 1;
        if self.nodes > NODES {
            self.errors.push(SyntaxError::TooManyNodes { span: node.span, limit: NODES });
            return false;
        }
        let in_template = self.open.last().is_some_and(|open| self.is_template(open.span));
        match self.open.last_mut().map(|open| &mut open.within) {
            None => self.documents.push(node),
            Some(Within::List(items)) => items.push(node),
            Some(Within::Map { entries, seen, key }) => match key.take() {
                None => *key = Some(key_of(node, in_template, seen, self.errors)),
                Some(KeyNode::Good(key)) => entries.push(Entry { key, value: node }),
                Some(KeyNode::Bad) => {}
            },
        }
        true
    }
}

fn key_of(node: Node, in_template: bool, seen: &mut HashMap<String, Span>, errors: &mut Errors) -> KeyNode {
    let span = node.span;
    let text = match node.value {
        Value::Scalar(Scalar { text, plain: true }) if text.text == "<<" => {
            errors.push(SyntaxError::MergeKey { span });
            return KeyNode::Bad;
        }
        Value::Scalar(scalar) => scalar.text.text,
        Value::Refused => return KeyNode::Bad,
        Value::Nothing | Value::List(_) | Value::Map(_) => {
            // The inner mapping of `{{ x }}` is told with the outer one.
            if !in_template {
                let found = node.kind();
                errors.push(SyntaxError::WrongKind { span, what: "a key".to_owned(), expected: "a word", found, help: None });
            }
            return KeyNode::Bad;
        }
    };
    match seen.get(&text) {
        Some(&first) => {
            errors.push(SyntaxError::DuplicateName { span, first, name: text });
            KeyNode::Bad
        }
        None => {
            seen.insert(text.clone(), span);
            KeyNode::Good(Key { text, span })
        }
    }
}
