//! What opens a block of its own: runbooks, actions, params, facts and the pieces.

use super::entry::{Entry, Parts};
use super::{Lowering, Rule};
use crate::ast::{File, Name, Notify, Param, Piece, Require, Target};
use crate::gathered::Gathered;
use crate::source::{Span, Spanned, Text};
use crate::syntax_error::SyntaxError;
use crate::word::{Place, Word};

impl Lowering<'_> {
    pub(super) fn import(&mut self, entry: Entry<'_>, file: &mut File) {
        self.refuse_rest(&entry, Place::File, Word::Import);
        let Some(head) = entry.head else { return };
        if let Some(path) = Parts::of(head).next() {
            let path = self.text(path);
            file.imports.push(path);
        }
    }

    pub(super) fn runbook(&mut self, entry: Entry<'_>, file: &mut File) {
        if let Some((name, gathered)) = self.piece_head(&entry, Place::Runbook, Word::Runbook) {
            file.runbooks.push(gathered.runbook(name));
        }
    }

    pub(super) fn action(&mut self, entry: Entry<'_>, file: &mut File) {
        let mut gathered = Gathered::boxed();
        let Some(mut parts) = self.parts(&entry) else { return };
        let Some(name) = parts.next().map(|name| self.name(name)) else { return };
        if let Some(declarations) = parts.take(Rule::declarations) {
            gathered.params = super::entry::parts(declarations).filter_map(|one| self.declaration(Parts::of(one))).collect();
        }
        gathered.title = parts.next().map(|title| self.text(title));
        self.block(&entry, Place::Action, Word::Action, &mut gathered);
        file.actions.push(gathered.action(name));
    }

    fn declaration(&mut self, mut parts: Parts<'_>) -> Option<Param> {
        let name = parts.next().map(|name| self.name(name))?;
        let kind = parts.next().and_then(|kind| self.type_name(kind))?;
        let default = parts.next().map(|default| self.operand(default));
        Some(Param { name, kind, default, help: None, one_of: None, matches: None, min: None, max: None })
    }

    pub(super) fn param(&mut self, entry: &Entry<'_>) -> Option<Param> {
        let parts = self.parts(entry)?;
        let mut limits = Gathered::boxed();
        self.block(entry, Place::Param, Word::Param, &mut limits);
        let param = self.declaration(parts)?;
        let Gathered { help, one_of, matches, min, max, .. } = *limits;
        Some(Param { help, one_of, matches, min, max, ..param })
    }

    pub(super) fn target(&mut self, entry: &Entry<'_>) -> Option<Target> {
        let mut parts = self.parts(entry)?;
        let name = parts.next().map(|name| self.name(name))?;
        let kind = parts.take(Rule::name).map(|kind| self.name(kind));
        let is = parts.next().map(|is| self.operand(is));
        Some(Target { name, kind, is })
    }

    pub(super) fn fact(&mut self, entry: &Entry<'_>) -> Option<crate::ast::Fact> {
        let mut parts = self.parts(entry)?;
        let mut gathered = Gathered::boxed();
        let name = parts.next().map(|name| self.name(name))?;
        gathered.kind = parts.next().and_then(|kind| self.type_name(kind));
        self.header_on(&mut parts, &mut gathered);
        gathered.cmd = parts.next().map(|cmd| self.command(cmd));
        self.block(entry, Place::Fact, Word::Fact, &mut gathered);
        gathered.kind.as_ref()?;
        let span = name.span;
        gathered.into_fact(name, span, self.errors)
    }

    pub(super) fn require(&mut self, entry: &Entry<'_>) -> Option<Require> {
        let mut parts = self.parts(entry)?;
        let why = parts.next().map(|why| self.text(why))?;
        let that = parts.next()?;
        let that = match that.as_rule() {
            Rule::command => crate::ast::Condition::Succeeds(self.command(that)),
            _ => crate::ast::Condition::Holds(self.expression(that)),
        };
        let on = self.on_clause(&mut parts).map(|(on, _)| on).unwrap_or_default();
        Some(Require { why, that, on })
    }

    pub(super) fn notify(&mut self, entry: &Entry<'_>) -> Option<Notify> {
        let mut parts = self.parts(entry)?;
        let action = parts.next().and_then(|call| self.call(call))?;
        let on = self.on_clause(&mut parts).map(|(on, _)| on).unwrap_or_default();
        Some(Notify { action, on })
    }

    /// A piece with its block. Each kind has a function of its own, since blocks nest and frames add up.
    pub(super) fn piece(&mut self, entry: &Entry<'_>, rule: Rule, pieces: &mut Vec<Piece>) {
        match rule {
            Rule::step => self.step(entry, Place::Step, Word::Step, pieces),
            Rule::manual => self.step(entry, Place::Manual, Word::Manual, pieces),
            Rule::gate => self.gate(entry, pieces),
            Rule::boundary => self.boundary(entry, pieces),
            Rule::parallel => self.parallel(entry, pieces),
            Rule::during => pieces.extend(self.during(entry)),
            Rule::for_each => pieces.extend(self.for_each(entry)),
            Rule::call_runbook => pieces.extend(self.call_runbook(entry)),
            Rule::series => pieces.extend(self.series(entry)),
            _ => {}
        }
    }

    fn step(&mut self, entry: &Entry<'_>, place: Place, word: Word, pieces: &mut Vec<Piece>) {
        let span = self.header(entry);
        let before = self.errors.list.len();
        let Some((id, gathered)) = self.piece_head(entry, place, word) else { return };
        let mistakes = self.errors.list.len() > before;
        let step = gathered.step(id, place, span, mistakes, self.errors);
        pieces.push(if place == Place::Manual { Piece::Manual(step) } else { Piece::Step(step) });
    }

    fn gate(&mut self, entry: &Entry<'_>, pieces: &mut Vec<Piece>) {
        if let Some((id, gathered)) = self.piece_head(entry, Place::Gate, Word::Gate) {
            pieces.push(Piece::Gate(gathered.gate(id)));
        }
    }

    fn boundary(&mut self, entry: &Entry<'_>, pieces: &mut Vec<Piece>) {
        if let Some((id, gathered)) = self.piece_head(entry, Place::Boundary, Word::Boundary) {
            pieces.push(Piece::Boundary(gathered.boundary(id)));
        }
    }

    fn parallel(&mut self, entry: &Entry<'_>, pieces: &mut Vec<Piece>) {
        let span = self.header(entry);
        let mut gathered = Gathered::boxed();
        self.block(entry, Place::Parallel, Word::Parallel, &mut gathered);
        pieces.push(Piece::Parallel(gathered.parallel(span)));
    }

    fn during(&mut self, entry: &Entry<'_>) -> Option<Piece> {
        let mut parts = self.parts(entry)?;
        let mut gathered = Gathered::boxed();
        let action = parts.next().and_then(|call| self.call(call))?;
        let on = self.on_clause(&mut parts).map(|(on, _)| on).unwrap_or_default();
        if let Some(clause) = parts.take(Rule::release_clause) {
            gathered.release = Parts::of(clause).next().map(|release| self.name(release));
        }
        self.block(entry, Place::During, Word::During, &mut gathered);
        Some(Piece::During(gathered.during(action, on, entry.block.is_some())))
    }

    fn for_each(&mut self, entry: &Entry<'_>) -> Option<Piece> {
        let mut parts = self.parts(entry)?;
        let mut gathered = Gathered::boxed();
        let var = parts.next().map(|var| self.name(var))?;
        gathered.over = parts.next().map(|over| self.expression(over));
        gathered.batch = self.clause(&mut parts, Rule::batch_clause);
        gathered.pause = self.clause(&mut parts, Rule::pause_clause);
        gathered.fields.tolerate = self.clause(&mut parts, Rule::tolerate_clause);
        self.block(entry, Place::For, Word::For, &mut gathered);
        let span = self.header(entry);
        gathered.each(var, span, self.errors).map(Piece::For)
    }

    fn call_runbook(&mut self, entry: &Entry<'_>) -> Option<Piece> {
        let mut parts = self.parts(entry)?;
        let mut gathered = Gathered::boxed();
        let id = parts.next().map(|id| self.name(id))?;
        gathered.called = parts.next().map(|name| self.name(name));
        gathered.with = parts.next().map(|arguments| self.arguments(arguments)).unwrap_or_default();
        self.block(entry, Place::Call, Word::Call, &mut gathered);
        let span = self.header(entry);
        gathered.call(id, span, self.errors).map(Piece::Call)
    }

    fn series(&mut self, entry: &Entry<'_>) -> Option<Piece> {
        let mut parts = self.parts(entry)?;
        let mut gathered = Gathered::boxed();
        let folder = parts.next().map(|folder| self.text(folder))?;
        gathered.from = parts.next().map(|from| self.expression(from));
        gathered.down = parts.take(Rule::down).map(|down| Spanned::new(true, self.span(down.as_span().start(), down.as_span().end())));
        gathered.to = parts.next().map(|to| self.expression(to));
        self.block(entry, Place::Series, Word::Series, &mut gathered);
        let span = self.header(entry);
        gathered.series(folder, span, self.errors).map(Piece::Series)
    }

    /// `KEYWORD id "title" on T { … }`.
    fn piece_head(&mut self, entry: &Entry<'_>, place: Place, word: Word) -> Option<(Name, Box<Gathered>)> {
        let mut parts = self.parts(entry)?;
        let mut gathered = Gathered::boxed();
        let id = parts.next().map(|id| self.name(id))?;
        gathered.title = self.optional_text(&mut parts);
        self.header_on(&mut parts, &mut gathered);
        self.block(entry, place, word, &mut gathered);
        Some((id, gathered))
    }

    fn parts<'b>(&self, entry: &Entry<'b>) -> Option<Parts<'b>> {
        entry.head.clone().map(Parts::of)
    }

    fn optional_text(&mut self, parts: &mut Parts<'_>) -> Option<Text> {
        parts.take(Rule::text).map(|text| self.text(text))
    }

    fn header_on(&mut self, parts: &mut Parts<'_>, gathered: &mut Gathered) {
        if let Some((on, span)) = self.on_clause(parts)
            && gathered.is_first(Word::On, span, self.errors)
        {
            gathered.settings.on = on;
        }
    }

    /// Where the header stands.
    pub(super) fn header(&self, entry: &Entry<'_>) -> Span {
        match &entry.head {
            Some(head) => self.span_of(head),
            None => self.span(entry.whole.start(), entry.whole.end()),
        }
    }

    /// Reads the block of a piece into `gathered`.
    fn block(&mut self, entry: &Entry<'_>, place: Place, word: Word, gathered: &mut Gathered) {
        if !entry.leftover.is_empty() {
            self.explain_leftover(entry, place);
        }
        if let Some(at) = entry.loose {
            let span = self.span(at, at + 1);
            self.errors.push(SyntaxError::LooseBlock { span });
        }
        let optional = matches!(place, Place::Param | Place::Fact | Place::During | Place::Call);
        if entry.block.is_none() && !optional {
            let span = self.header(entry);
            self.errors.push(SyntaxError::MissingBlock { span, place, word });
        }
        for inner in entry.entries() {
            self.field(inner, place, gathered);
        }
    }
}
