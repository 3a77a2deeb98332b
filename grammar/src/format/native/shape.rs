//! The units of the native form.

use crate::format::node::Node;
use crate::format::rows::Align;

pub(super) type Unit = Node<Shape>;

#[derive(Debug)]
pub(super) enum Shape {
    File,
    /// A line of a block, maybe with a block of its own.
    Line(Line),
    /// One of several in brackets.
    Item(Vec<Part>),
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) parts: Vec<Part>,
    pub(super) align: Align,
    pub(super) block: bool,
}

#[derive(Debug)]
pub(super) enum Part {
    Word(String),
    /// Text between two marks, on lines of its own.
    Lines {
        mark: String,
        text: String,
    },
    /// The items of the unit, between brackets: right behind the part before, or behind a space.
    Items {
        close_to: bool,
        open: char,
        close: char,
    },
    Equals,
}

impl Part {
    pub(super) fn word(word: impl Into<String>) -> Self {
        Self::Word(word.into())
    }
}

impl Line {
    pub(super) fn new(word: &str) -> Self {
        Self { parts: vec![Part::word(word)], align: Align::Nothing, block: false }
    }

    /// One of the fields that are put under each other.
    pub(super) fn field(word: &str) -> Self {
        // A long word would push all others to the right.
        let align = if word.len() <= 8 { Align::Values } else { Align::Nothing };
        Self { align, ..Self::new(word) }
    }

    pub(super) fn with(mut self, parts: impl IntoIterator<Item = Part>) -> Self {
        self.parts.extend(parts);
        self
    }

    pub(super) fn word(self, word: impl Into<String>) -> Self {
        self.with([Part::word(word)])
    }

    /// `KEYWORD value`, if there is a value.
    pub(super) fn clause(self, keyword: &str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.word(keyword).word(value),
            None => self,
        }
    }

    pub(super) fn block(mut self) -> Self {
        self.block = true;
        self
    }

    pub(super) fn unit(self) -> Unit {
        Unit::new(Shape::Line(self))
    }
}
