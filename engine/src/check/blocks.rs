//! Blocks: boundaries, scopes, branches, loops.

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{Block, Boundary, During, Expr, For, Operand, Piece};
use grammar::source::Spanned;

use super::error::CheckError;
use super::merged::Merged;
use super::names::{Known, Names, What};
use super::order;
use super::walk::{Checker, Place, mentioned};
use crate::plan::template::{Expression, Scope};
use crate::value::{Type, Value};

impl Checker<'_> {
    pub(super) fn boundary(&mut self, boundary: &Boundary, place: &mut Place) {
        self.id(&boundary.id);
        self.duration(boundary.budget.as_ref(), "`budget`", place);
        if let Some(word) = &boundary.on_failure
            && !matches!(word.value.as_str(), "rollback" | "park")
        {
            self.error(CheckError::UnknownWord { at: word.span, word: word.value.clone(), what: "what can follow a failure", allowed: &["rollback", "park"] });
        }
        if let Some(ask) = &boundary.ask {
            self.duration(Some(&ask.after), "`ask`", place);
            if let Some(word) = ask.then.as_ref().filter(|word| !matches!(word.value.as_str(), "rollback" | "park")) {
                let word = (word.span, word.value.clone());
                self.error(CheckError::UnknownWord { at: word.0, word: word.1, what: "what can follow silence", allowed: &["rollback", "park"] });
            }
        }
        if let Some(title) = &boundary.title {
            self.prose(title, place);
        }
        self.block(&boundary.block, place, |inner| inner.boundary = true);
    }

    pub(super) fn during(&mut self, during: &During, place: &mut Place) {
        let name = &during.action.name;
        let header = self.settings(&during.settings, place);
        if header.on.is_empty() {
            self.error(CheckError::OnMissing { at: name.span, id: format!("during {}", name.value) });
        }
        let here = Place { names: header.names.on_a_host(), ..header };
        if let Some(action) = self.action_call(&during.action, &here) {
            let merged = Merged::of_action(action, self.actions);
            if !matches!(merged.undo(), Some(grammar::ast::Undo::Command(_))) {
                self.error(CheckError::DuringWithoutUndo { at: name.span, action: name.value.clone(), defined: action.name.span });
            }
        }
        match &during.release {
            None => self.error(CheckError::ReleaseMissing { at: name.span, action: name.value.clone() }),
            Some(word) if !matches!(word.value.as_str(), "always" | "on_success" | "ask") => {
                self.error(CheckError::UnknownWord {
                    at: word.span,
                    word: word.value.clone(),
                    what: "when a scope can be released",
                    allowed: &["always", "on_success", "ask"],
                });
            }
            Some(_) => {}
        }
        if let Some(block) = &during.block {
            self.block(block, place, |_| {});
        }
    }

    pub(super) fn parallel(&mut self, block: &Spanned<Block>, place: &mut Place) {
        let mut inner = self.settings(&block.settings, place);
        self.when(block.when.as_ref(), &mut inner);
        inner.parallel = true;
        let order = match order::siblings(&block.pieces) {
            Ok(order) => order,
            Err(errors) => {
                self.errors.extend(errors.into_iter().map(Into::into));
                (0..block.pieces.len()).map(|at| (at, Vec::new())).collect()
            }
        };
        let mut bound: BTreeMap<usize, (Names, BTreeSet<String>)> = BTreeMap::new();
        for (at, before) in order {
            let mut child = inner.clone();
            for other in before {
                if let Some((names, before)) = bound.get(&other) {
                    child.names.extend(names);
                    child.before.extend(before.iter().cloned());
                }
            }
            if let Piece::During(During { block: None, action, .. }) = &block.pieces[at] {
                let help = "give it a block of its own, or put it before the `parallel`";
                self.error(CheckError::MisplacedField { at: action.name.span, field: "during", place: "a `parallel` when it has no block", help });
            }
            self.piece(&block.pieces[at], &mut child);
            bound.insert(at, (child.names, child.before));
        }
        for (names, before) in bound.values() {
            self.clashes(&place.names.clone(), names, &bound);
            place.names.extend(names);
            place.before.extend(before.iter().cloned());
        }
    }

    /// Two children of a `parallel` that give a value to one name.
    pub(super) fn clashes(&mut self, outer: &Names, names: &Names, all: &BTreeMap<usize, (Names, BTreeSet<String>)>) {
        for (name, known) in names.iter() {
            if outer.get(name).is_some() {
                continue;
            }
            let other = all.values().filter_map(|(n, _)| n.get(name)).find(|k| k.span < known.span);
            if let Some(other) = other {
                self.error(CheckError::DuplicateName { at: known.span, first: other.span, name: name.clone() });
            }
        }
    }

    pub(super) fn each(&mut self, each: &For, place: &mut Place) {
        let over = self.expression(&each.over, place);
        self.known_when_drawn(&each.over, "what a `for` goes over", place);
        let item = match &over {
            Some(Type::List(of)) => Some((**of).clone()),
            Some(Type::Json) | None => None,
            Some(found) => {
                self.error(CheckError::WrongType {
                    at: each.over.span,
                    what: "`for`".to_owned(),
                    wanted: Type::List(Box::new(Type::String)),
                    found: found.clone(),
                });
                None
            }
        };
        self.tolerate(each.tolerate.as_ref(), place);
        if let Some(batch) = &each.batch {
            self.batch(batch, place);
        }
        self.duration(each.pause.as_ref(), "`pause`", place);
        let mut inner = place.clone();
        let mut known = Known::new(What::Loop, item, each.var.span);
        known.part_of = mentioned(&Operand::Computed(each.over.clone()), place);
        self.variable(&each.var, known, &mut inner);
        // Items pass side by side only in a batch, where each has its own copy of the block.
        inner.parallel = place.parallel;
        self.block(&each.block, &mut inner, |_| {});
        place.before.extend(inner.before);
    }

    /// A number, a share, or a list of those.
    pub(super) fn batch(&mut self, batch: &Expr, place: &Place) {
        let text = batch.text.trim();
        let is_list = text.starts_with('[');
        let constant = if is_list { Expression::compile(batch).ok().filter(|e| e.names().is_empty()) } else { None };
        if let Some(list) = constant {
            let sizes = match list.eval(&Nothing) {
                Ok(Value::List(items)) => items,
                Ok(other) => vec![other],
                Err(_) => Vec::new(),
            };
            let wrong = sizes.iter().find(|size| !is_size(size)).map(Value::display).or(sizes.is_empty().then(|| "empty".to_owned()));
            if let Some(found) = wrong {
                self.error(CheckError::OutOfRange { at: batch.span, what: "a batch", found, help: "write numbers from 1 and shares up to 100%: [1, 5, 20%]" });
            }
        } else if is_list {
            self.expression(batch, place);
            self.known_early(&Operand::Computed(batch.clone()), "`batch`", place);
        } else if text.ends_with('%') {
            match Type::Percent.read(text) {
                Err(error) => self.error(CheckError::UnreadableValue { at: batch.span, what: "`batch`".to_owned(), error }),
                Ok(size) if !is_size(&size) => {
                    self.error(CheckError::OutOfRange { at: batch.span, what: "a batch", found: text.to_owned(), help: "write a share between 1% and 100%" });
                }
                Ok(_) => {}
            }
        } else if text == "0" {
            self.error(CheckError::OutOfRange { at: batch.span, what: "a batch", found: text.to_owned(), help: "a batch holds one item at least" });
        } else {
            self.clause(batch, "`batch`", &Type::Int, place);
        }
    }
}

fn is_size(value: &Value) -> bool {
    match value {
        Value::Percent(share) => *share > 0.0 && *share <= 100.0,
        Value::Int(n) => *n > 0,
        _ => false,
    }
}

/// A scope without names, for what is written out.
struct Nothing;

impl Scope for Nothing {
    fn lookup(&self, _: &str) -> Option<Value> {
        None
    }
}
