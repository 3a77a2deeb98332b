//! Fields of several parts, each a mapping, or in its short form the first part alone.

use super::Lowering;
use super::node::{Node, Value};
use crate::ast::{Capture, Condition, Evidence, Expr, Name, Notify, Require, Retry, Show, Silence, Undo, Verify};
use crate::source::Text;
use crate::syntax_error::SyntaxError;
use crate::word::{Place, Word};

/// A value that may be one or a list of them.
pub(super) fn each(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

impl Lowering<'_> {
    fn missing<T>(&mut self, node: &Node, place: Place, what: &'static str, help: &'static str) -> Option<T> {
        self.errors.push(SyntaxError::MissingPart { span: node.span, place, what, help });
        None
    }

    pub(super) fn verify(&mut self, node: &Node) -> Option<Verify> {
        if !matches!(node.value, Value::Map(_)) {
            return self.command(node, "`verify`").map(|cmd| Verify { cmd, every: None, within: None });
        }
        let (mut cmd, mut every, mut within) = (None, None, None);
        let parts = self.known(node, "`verify`", &[Word::Cmd, Word::Every, Word::Within]);
        let has_cmd = parts.iter().any(|(word, _)| *word == Word::Cmd);
        for (word, entry) in parts {
            match word {
                Word::Cmd => cmd = self.command(&entry.value, "`cmd`"),
                Word::Every => every = self.expression(&entry.value, "`every`"),
                _ => within = self.expression(&entry.value, "`within`"),
            }
        }
        if !has_cmd {
            return self.missing(node, Place::Step, "a command in `verify`", "write: verify: {cmd: …, every: 5s, within: 5m}");
        }
        cmd.map(|cmd| Verify { cmd, every, within })
    }

    pub(super) fn show(&mut self, node: &Node) -> Option<Show> {
        if !matches!(node.value, Value::Map(_)) {
            return self.command(node, "`show`").map(|cmd| Show { cmd, on: Vec::new() });
        }
        let (mut cmd, mut on) = (None, Vec::new());
        let parts = self.known(node, "`show`", &[Word::Cmd, Word::On]);
        let has_cmd = parts.iter().any(|(word, _)| *word == Word::Cmd);
        for (word, entry) in parts {
            match word {
                Word::Cmd => cmd = self.command(&entry.value, "`cmd`"),
                _ => on = self.names(&entry.value, "`on`"),
            }
        }
        if !has_cmd {
            return self.missing(node, Place::Gate, "a command in `show`", "write: show: {cmd: …, on: T}");
        }
        cmd.map(|cmd| Show { cmd, on })
    }

    pub(super) fn undo(&mut self, node: &Node) -> Option<Undo> {
        if !matches!(node.value, Value::Map(_)) {
            return self.command(node, "`undo`").map(Undo::Command);
        }
        let parts = self.known(node, "`undo`", &[Word::None, Word::Manual, Word::Cmd]);
        match parts.as_slice() {
            [(Word::None, entry)] => self.text(&entry.value, "`none`").map(Undo::None),
            [(Word::Manual, entry)] => self.text(&entry.value, "`manual`").map(Undo::Manual),
            [(_, entry)] => self.command(&entry.value, "`cmd`").map(Undo::Command),
            _ => self.missing(node, Place::Step, "one thing in `undo`", "write a command, {none: reason} or {manual: instructions}"),
        }
    }

    pub(super) fn require(&mut self, node: &Node) -> Option<Require> {
        let (mut why, mut that, mut on) = (None, None, Vec::new());
        let parts = self.known(node, "`require`", &[Word::Why, Word::That, Word::Cmd, Word::On]);
        let written = |wanted| parts.iter().any(|(word, _)| *word == wanted);
        let whole = written(Word::Why) && (written(Word::That) != written(Word::Cmd));
        let is_map = matches!(node.value, Value::Map(_));
        for (word, entry) in parts {
            match word {
                Word::Why => why = self.text(&entry.value, "`why`"),
                Word::That => that = self.expression(&entry.value, "`that`").map(Condition::Holds),
                Word::Cmd => that = self.command(&entry.value, "`cmd`").map(Condition::Succeeds),
                _ => on = self.names(&entry.value, "`on`"),
            }
        }
        if is_map && !whole {
            let what = "a `why`, and either `that` or `cmd`";
            self.errors.push(SyntaxError::Unexpected {
                span: node.span,
                expected: what.to_owned(),
                found: "something else".to_owned(),
                help: Some("write: require: {why: …, that: EXPRESSION}, or {why: …, cmd: command, on: T}".to_owned()),
            });
            return None;
        }
        Some(Require { why: why?, that: that?, on })
    }

    /// A duration, or `{after: D, then: WHAT}`.
    pub(super) fn silence(&mut self, node: &Node, what: &str, place: Place) -> Option<Silence> {
        if !matches!(node.value, Value::Map(_)) {
            return self.expression(node, what).map(|after| Silence { after, then: None });
        }
        let (mut after, mut then): (Option<Expr>, Option<Name>) = (None, None);
        let parts = self.known(node, what, &[Word::After, Word::Then]);
        let has_after = parts.iter().any(|(word, _)| *word == Word::After);
        for (word, entry) in parts {
            match word {
                Word::After => after = self.expression(&entry.value, "`after`"),
                _ => then = self.name(&entry.value, "`then`"),
            }
        }
        if !has_after {
            return match place {
                Place::Gate => self.missing(node, place, "a duration in `timeout`", "write: timeout: {after: 30m, then: rollback}"),
                _ => self.missing(node, place, "a duration in `ask`", "write: ask: {after: 10m, then: park}"),
            };
        }
        after.map(|after| Silence { after, then })
    }

    pub(super) fn retry(&mut self, node: &Node) -> Option<Retry> {
        if !matches!(node.value, Value::Map(_)) {
            return self.expression(node, "`retry`").map(|times| Retry { times, every: None, backoff: None, on: Vec::new() });
        }
        let (mut times, mut every, mut backoff, mut on) = (None, None, None, Vec::new());
        let parts = self.known(node, "`retry`", &[Word::Times, Word::Every, Word::Backoff, Word::On]);
        let has_times = parts.iter().any(|(word, _)| *word == Word::Times);
        for (word, entry) in parts {
            match word {
                Word::Times => times = self.expression(&entry.value, "`times`"),
                Word::Every => every = self.expression(&entry.value, "`every`"),
                Word::Backoff => backoff = self.expression(&entry.value, "`backoff`"),
                _ => on = self.names(&entry.value, "`on`"),
            }
        }
        if !has_times {
            return self.missing(node, Place::Step, "`times` in `retry`", "write: retry: {times: 3, every: 10s}");
        }
        times.map(|times| Retry { times, every, backoff, on })
    }

    /// `10m` or `{within: 10m}`.
    pub(super) fn reboots(&mut self, node: &Node) -> Option<Expr> {
        if !matches!(node.value, Value::Map(_)) {
            return self.expression(node, "`reboots`");
        }
        match self.known(node, "`reboots`", &[Word::Within]).as_slice() {
            [(_, entry)] => self.expression(&entry.value, "`within`"),
            _ => self.missing(node, Place::Step, "a duration in `reboots`", "write: reboots: {within: 10m}"),
        }
    }

    /// `{name: type}`, of one or several.
    pub(super) fn captures(&mut self, node: &Node) -> Vec<Capture> {
        let mut captures = Vec::new();
        for one in each(node) {
            for entry in self.map(one, "`capture`") {
                let name = self.key_name(&entry.key);
                let kind = self.type_name(&entry.value, "what is captured");
                captures.extend(name.zip(kind).map(|(name, kind)| Capture { name, kind }));
            }
        }
        captures
    }

    pub(super) fn evidence(&mut self, node: &Node) -> Option<Evidence> {
        let (mut name, mut kind, mut ask) = (None, None, None);
        let parts = self.known(node, "`evidence`", &[Word::Name, Word::Type, Word::Ask]);
        let whole = parts.len() == 3;
        for (word, entry) in parts {
            match word {
                Word::Name => name = self.name(&entry.value, "`name`"),
                Word::Type => kind = self.type_name(&entry.value, "`type`"),
                _ => ask = self.text(&entry.value, "`ask`"),
            }
        }
        if !whole && matches!(node.value, Value::Map(_)) {
            return self.missing(node, Place::Manual, "three parts in `evidence`", "write: evidence: {name: …, type: …, ask: question}");
        }
        Some(Evidence { name: name?, kind: kind?, ask: ask? })
    }

    /// `upload` and `download`.
    pub(super) fn transfer(&mut self, node: &Node, what: &str) -> Option<(Text, Text)> {
        let (mut src, mut to) = (None, None);
        let parts = self.known(node, what, &[Word::Src, Word::To]);
        let whole = parts.len() == 2;
        for (word, entry) in parts {
            match word {
                Word::Src => src = self.text(&entry.value, "`src`"),
                _ => to = self.text(&entry.value, "`to`"),
            }
        }
        if !whole && matches!(node.value, Value::Map(_)) {
            return self.missing(node, Place::Step, "`src` and `to` for a transfer", "write: upload: {src: file, to: /path}");
        }
        src.zip(to)
    }

    /// `{ACTION: {args}, on: [events]}`, or the action's name.
    pub(super) fn notify(&mut self, node: &Node) -> Option<Notify> {
        let Value::Map(entries) = &node.value else {
            return self.call(node, "`notify`").map(|action| Notify { action, on: Vec::new() });
        };
        let (on, calls): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.key.text == Word::On.text());
        let on = on.first().map(|entry| self.names(&entry.value, "`on`")).unwrap_or_default();
        match calls.as_slice() {
            [call] => self.call_of(call).map(|action| Notify { action, on }),
            _ => {
                self.wrong_kind(node, "`notify`", "one action and `on`", Some("write: {chat.post: {channel: ops}, on: [failed, done]}"));
                None
            }
        }
    }
}
