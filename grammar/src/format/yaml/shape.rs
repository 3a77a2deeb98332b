//! The units of the YAML form.

use crate::ast::Name;
use crate::format::node::Node;
use crate::format::origin::Written;

pub(super) type Unit = Node<Shape>;

#[derive(Debug)]
pub(super) enum Shape {
    /// Keys between two `---`.
    Document,
    /// A key and its value.
    Key(String, Value),
    /// An item of a list.
    Item(Value),
}

#[derive(Debug)]
pub(super) enum Value {
    Nothing,
    Scalar(Scalar),
    /// The units inside are keys. `tall`: always on lines of their own.
    Map {
        tall: bool,
    },
    /// The units inside are items.
    List {
        tall: bool,
    },
}

#[derive(Debug)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) role: Role,
    pub(super) written: Written,
}

/// What a scalar says, by which it is decided whether it needs quotes: a text that other readers of YAML would take for
/// a number does, a number does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Text,
    /// One that is rather spread over several lines than put into quotes.
    Command,
    /// A name or a type.
    Name,
    /// An expression or a literal.
    Typed,
}

pub(super) const LINES: Value = Value::Map { tall: true };
pub(super) const FLOWING: Value = Value::Map { tall: false };

pub(super) fn key(key: impl Into<String>, value: Value, inside: Vec<Unit>) -> Unit {
    Unit::new(Shape::Key(key.into(), value)).inside(inside)
}

pub(super) fn item(value: Value, inside: Vec<Unit>) -> Unit {
    Unit::new(Shape::Item(value)).inside(inside)
}

/// A key that holds others and has no place of its own in the native form; nothing, if it would hold nothing.
pub(super) fn group(word: &str, value: Value, inside: Vec<Unit>) -> Option<Unit> {
    (!inside.is_empty()).then(|| key(word, value, inside).group())
}

/// A value that was not a text of the source as it is.
pub(super) fn made(text: impl Into<String>, role: Role) -> Value {
    Value::Scalar(Scalar { text: text.into(), role, written: Written::Unknown })
}

/// A key whose value is a name.
pub(super) fn named(word: &str, name: &Name) -> Unit {
    key(word, made(&name.value, Role::Name), Vec::new()).own([name.span])
}

/// A key whose value is a name, if there is one.
pub(super) fn maybe_named(word: &str, name: Option<&Name>) -> Option<Unit> {
    name.map(|name| named(word, name))
}
