//! The pieces in `steps`: mappings whose first key is their keyword.

use super::Lowering;
use super::node::{Entry, Node, Value};
use crate::ast::{Name, Piece};
use crate::gathered::Gathered;
use crate::source::Span;
use crate::syntax_error::SyntaxError;
use crate::word::{PIECES, Place, Word};

impl Lowering<'_> {
    /// One item of the `steps` of `place`.
    pub(super) fn piece(&mut self, node: &Node, place: Place, gathered: &mut Gathered) {
        let Value::Map(entries) = &node.value else {
            return self.wrong_kind(node, "a piece", "a mapping", Some("write: - step: ID"));
        };
        if entries.is_empty() {
            return self.errors.push(SyntaxError::EmptyValue { span: node.span, what: "a piece".to_owned() });
        }
        let Some(head) = self.keyword(entries) else { return };
        let Some(word) = Word::read(&head.key.text) else { return };
        let rest = entries.iter().filter(|entry| entry.key.span != head.key.span);
        let span = Span::new(node.span.source, head.key.span.start, head.value.span.end.max(head.key.span.end));
        match word {
            Word::Fact => {
                let inside = self.fields(rest, Place::Fact);
                if let Some(fact) = self.name(&head.value, "`fact`").and_then(|name| inside.into_fact(name, span, self.errors)) {
                    gathered.fact(fact, place);
                }
            }
            Word::Require => {
                for other in rest {
                    self.unknown_key(&other.key, "a `require`, which has all its parts in its value", &[]);
                }
                if let Some(require) = self.require(&head.value) {
                    gathered.require(require, place);
                }
            }
            _ => {
                self.block(word, head, rest, span, &mut gathered.pieces);
            }
        }
    }

    /// The entry that says what the piece is.
    fn keyword<'n>(&mut self, entries: &'n [Entry]) -> Option<&'n Entry> {
        let is_piece = |entry: &&Entry| Word::read(&entry.key.text).is_some_and(|word| PIECES.contains(&word));
        let first = entries.first()?;
        if is_piece(&first) {
            return Some(first);
        }
        match entries.iter().find(is_piece) {
            Some(later) => {
                if let Some(word) = Word::read(&later.key.text) {
                    self.errors.push(SyntaxError::KeywordNotFirst { span: later.key.span, word });
                }
                Some(later)
            }
            None => {
                self.unknown_key(&first.key, "`steps`, where a piece begins with its keyword", PIECES);
                None
            }
        }
    }

    /// Each kind has a function of its own, since blocks nest and frames add up.
    fn block<'n>(&mut self, word: Word, head: &'n Entry, rest: impl Iterator<Item = &'n Entry>, span: Span, pieces: &mut Vec<Piece>) {
        match word {
            Word::Step => self.step(Place::Step, head, rest, span, pieces),
            Word::Manual => self.step(Place::Manual, head, rest, span, pieces),
            Word::Gate => self.gate(head, rest, pieces),
            Word::Boundary => self.boundary(head, rest, pieces),
            Word::Parallel => self.parallel(head, rest, span, pieces),
            Word::During => pieces.extend(self.during(head, rest)),
            Word::For => pieces.extend(self.for_each(head, rest, span)),
            Word::Call => pieces.extend(self.call_runbook(head, rest, span)),
            _ => pieces.extend(self.series(head, rest, span)),
        }
    }

    fn id(&mut self, head: &Entry) -> Option<Name> {
        self.name(&head.value, &format!("`{}`", head.key.text))
    }

    fn step<'n>(&mut self, place: Place, head: &'n Entry, rest: impl Iterator<Item = &'n Entry>, span: Span, pieces: &mut Vec<Piece>) {
        let before = self.errors.list.len();
        let mut refused = false;
        let gathered = self.fields(rest.inspect(|entry| refused |= matches!(entry.value.value, Value::Refused)), place);
        let Some(id) = self.id(head) else { return };
        let mistakes = refused || self.errors.list.len() > before;
        let step = gathered.step(id, place, span, mistakes, self.errors);
        pieces.push(if place == Place::Manual { Piece::Manual(step) } else { Piece::Step(step) });
    }

    fn gate<'n>(&mut self, head: &'n Entry, rest: impl Iterator<Item = &'n Entry>, pieces: &mut Vec<Piece>) {
        let gathered = self.fields(rest, Place::Gate);
        pieces.extend(self.id(head).map(|id| Piece::Gate(gathered.gate(id))));
    }

    fn boundary<'n>(&mut self, head: &'n Entry, rest: impl Iterator<Item = &'n Entry>, pieces: &mut Vec<Piece>) {
        let gathered = self.fields(rest, Place::Boundary);
        pieces.extend(self.id(head).map(|id| Piece::Boundary(gathered.boundary(id))));
    }

    fn parallel<'n>(&mut self, head: &'n Entry, rest: impl Iterator<Item = &'n Entry>, span: Span, pieces: &mut Vec<Piece>) {
        let mut gathered = self.fields(rest, Place::Parallel);
        self.children(&head.value, &mut gathered);
        pieces.push(Piece::Parallel(gathered.parallel(span)));
    }

    fn for_each<'n>(&mut self, head: &'n Entry, rest: impl Iterator<Item = &'n Entry>, span: Span) -> Option<Piece> {
        let gathered = self.fields(rest, Place::For);
        let var = self.id(head)?;
        gathered.each(var, span, self.errors).map(Piece::For)
    }

    fn call_runbook<'n>(&mut self, head: &'n Entry, rest: impl Iterator<Item = &'n Entry>, span: Span) -> Option<Piece> {
        let gathered = self.fields(rest, Place::Call);
        let id = self.id(head)?;
        gathered.call(id, span, self.errors).map(Piece::Call)
    }

    fn series<'n>(&mut self, head: &'n Entry, rest: impl Iterator<Item = &'n Entry>, span: Span) -> Option<Piece> {
        let gathered = self.fields(rest, Place::Series);
        let folder = self.text(&head.value, "`series`")?;
        gathered.series(folder, span, self.errors).map(Piece::Series)
    }

    fn children(&mut self, node: &Node, gathered: &mut Gathered) {
        let Value::List(items) = &node.value else {
            return self.wrong_kind(node, "`parallel`", "a list of pieces", Some("begin each piece with a `-`: - step: ID"));
        };
        for item in items {
            self.piece(item, Place::Parallel, gathered);
        }
    }

    fn during<'n>(&mut self, head: &'n Entry, rest: impl Iterator<Item = &'n Entry>) -> Option<Piece> {
        let mut gathered = self.fields(rest, Place::During);
        let on = std::mem::take(&mut gathered.settings.on);
        let has_block = gathered.place_of(Word::Steps).is_some();
        // Without a block there is nothing that these could hold for, and the native form has no place for them.
        let inside = [Word::When, Word::After, Word::As, Word::Env, Word::Cwd, Word::Shell, Word::Timeout, Word::Unreachable];
        if let Some(span) = inside.iter().find_map(|word| gathered.place_of(*word)).filter(|_| !has_block) {
            let help = "this key holds inside the block of the `during`: write its `steps`, or take the key away";
            self.errors.push(SyntaxError::MissingPart { span, place: Place::During, what: "`steps` here", help });
        }
        let action = self.call(&head.value, "`during`")?;
        Some(Piece::During(gathered.during(action, on, has_block)))
    }
}
