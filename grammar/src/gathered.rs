//! What stands in one block, gathered word by word, and the node that comes of it. Both spellings gather here, so what
//! holds for one of them (once only, one deed a step, this part is needed) holds for the other.

use std::collections::HashMap;

use crate::ast::{
    Action, ActionCall, Block, Boundary, Call, Does, During, Expr, Fact, Fields, For, Gate, Name, Notify, Operand, Param, Piece, Require, Runbook, Series,
    Settings, Show, Silence, Step, Target, TypeName,
};
use crate::source::{Span, Spanned, Text};
use crate::syntax_error::{Errors, SyntaxError};
use crate::word::{Place, Word};

#[derive(Debug, Default)]
pub(crate) struct Gathered {
    seen: HashMap<Word, Span>,
    deed: Option<(Word, Span)>,

    pub(crate) title: Option<Text>,
    pub(crate) about: Option<Text>,
    pub(crate) source: Option<Text>,
    pub(crate) owner: Option<Text>,
    pub(crate) verified: Option<Text>,
    pub(crate) window: Option<Text>,
    pub(crate) signers: Option<Text>,
    pub(crate) locks: Vec<Text>,
    pub(crate) notify: Vec<Notify>,
    pub(crate) params: Vec<Param>,
    pub(crate) targets: Vec<Target>,

    pub(crate) when: Option<Expr>,
    pub(crate) after: Vec<Name>,
    pub(crate) settings: Settings,
    /// Of a step; its facts and requirements are those of a runbook too.
    pub(crate) fields: Fields,
    pub(crate) pieces: Vec<Piece>,

    pub(crate) show: Vec<Show>,
    pub(crate) confirm: Option<Text>,
    pub(crate) choices: Option<Operand>,
    pub(crate) approvers: Option<Operand>,
    pub(crate) second_person: Option<Spanned<bool>>,
    pub(crate) down: Option<Spanned<bool>>,
    pub(crate) valid_for: Option<Expr>,
    pub(crate) gate_timeout: Option<Silence>,

    pub(crate) on_failure: Option<Name>,
    pub(crate) ask: Option<Silence>,
    pub(crate) budget: Option<Expr>,
    pub(crate) release: Option<Name>,

    pub(crate) over: Option<Expr>,
    pub(crate) batch: Option<Expr>,
    pub(crate) pause: Option<Expr>,
    pub(crate) from: Option<Expr>,
    pub(crate) to: Option<Expr>,
    pub(crate) called: Option<Name>,
    pub(crate) with: Vec<(Name, Operand)>,

    pub(crate) kind: Option<TypeName>,
    pub(crate) default: Option<Operand>,
    pub(crate) help: Option<Text>,
    pub(crate) one_of: Option<Operand>,
    pub(crate) matches: Option<Text>,
    pub(crate) min: Option<Operand>,
    pub(crate) max: Option<Operand>,
    pub(crate) cmd: Option<Text>,
    pub(crate) secret: Option<Spanned<bool>>,
}

impl Gathered {
    /// In a box, because blocks nest and it is large.
    pub(crate) fn boxed() -> Box<Self> {
        Box::default()
    }

    /// Notes that `word` stands here. False, with an error, if it did before and may stand only once.
    pub(crate) fn is_first(&mut self, word: Word, span: Span, errors: &mut Errors) -> bool {
        if word.repeats() {
            return true;
        }
        match self.seen.get(&word) {
            Some(&first) => {
                errors.push(SyntaxError::DuplicateField { span, first, word });
                false
            }
            None => {
                self.seen.insert(word, span);
                true
            }
        }
    }

    /// Where `word` stands, if it does.
    pub(crate) fn place_of(&self, word: Word) -> Option<Span> {
        self.seen.get(&word).copied()
    }

    /// What the step does: at most one thing.
    pub(crate) fn does(&mut self, word: Word, span: Span, does: Does, errors: &mut Errors) {
        match self.deed {
            Some((first_word, first)) => errors.push(SyntaxError::SecondDeed { span, first, first_word, word }),
            None => {
                self.deed = Some((word, span));
                self.fields.does = Some(does);
            }
        }
    }

    pub(crate) fn fact(&mut self, fact: Fact, place: Place) {
        if place.lists_its_facts() {
            self.fields.facts.push(fact);
        } else {
            self.pieces.push(Piece::Fact(fact));
        }
    }

    pub(crate) fn require(&mut self, require: Require, place: Place) {
        if place.lists_its_facts() {
            self.fields.requires.push(require);
        } else {
            self.pieces.push(Piece::Require(require));
        }
    }

    fn block(self: Box<Self>) -> Block {
        Block { when: self.when, after: self.after, settings: self.settings, pieces: self.pieces }
    }

    pub(crate) fn runbook(mut self: Box<Self>, name: Name) -> Runbook {
        Runbook {
            name,
            title: self.title.take(),
            about: self.about.take(),
            source: self.source.take(),
            owner: self.owner.take(),
            verified: self.verified.take(),
            window: self.window.take(),
            signers: self.signers.take(),
            locks: std::mem::take(&mut self.locks),
            params: std::mem::take(&mut self.params),
            targets: std::mem::take(&mut self.targets),
            facts: std::mem::take(&mut self.fields.facts),
            requires: std::mem::take(&mut self.fields.requires),
            notify: std::mem::take(&mut self.notify),
            body: self.block(),
        }
    }

    pub(crate) fn action(self: Box<Self>, name: Name) -> Action {
        Action { name, title: self.title, params: self.params, settings: self.settings, fields: self.fields }
    }

    /// A step, or with [`Place::Manual`] a manual one. `span` is its header. A step with `mistakes` in it may well do
    /// something that could not be read, so it isn't said to do nothing.
    pub(crate) fn step(self: Box<Self>, id: Name, place: Place, span: Span, mistakes: bool, errors: &mut Errors) -> Step {
        let fields = self.fields;
        let idle = match place {
            Place::Manual => fields.instructions.is_none(),
            _ => fields.does.is_none() && fields.verify.is_empty() && fields.undo.is_none() && fields.requires.is_empty(),
        };
        if idle && !mistakes {
            errors.push(SyntaxError::EmptyStep { span, place });
        }
        Step { id, title: self.title, when: self.when, after: self.after, settings: self.settings, fields }
    }

    pub(crate) fn gate(self: Box<Self>, id: Name) -> Gate {
        Gate {
            id,
            question: self.title,
            when: self.when,
            after: self.after,
            settings: self.settings,
            show: self.show,
            confirm: self.confirm,
            choices: self.choices,
            approvers: self.approvers,
            second_person: self.second_person,
            valid_for: self.valid_for,
            timeout: self.gate_timeout,
        }
    }

    pub(crate) fn boundary(mut self: Box<Self>, id: Name) -> Boundary {
        Boundary { id, title: self.title.take(), on_failure: self.on_failure.take(), ask: self.ask.take(), budget: self.budget.take(), block: self.block() }
    }

    /// `on` of the header belongs to the scope, everything else to its block.
    pub(crate) fn during(mut self: Box<Self>, action: ActionCall, on: Vec<Name>, has_block: bool) -> During {
        let release = self.release.take();
        let settings = Settings { on, ..Settings::default() };
        During { action, release, settings, block: has_block.then(|| self.block()) }
    }

    pub(crate) fn parallel(self: Box<Self>, span: Span) -> Spanned<Block> {
        Spanned::new(self.block(), span)
    }

    pub(crate) fn each(mut self: Box<Self>, var: Name, span: Span, errors: &mut Errors) -> Option<For> {
        let Some(over) = self.over.take() else {
            return missing(Place::For, "`in`: what it goes over", "in: name of a list or target", span, errors);
        };
        let (batch, pause, tolerate) = (self.batch.take(), self.pause.take(), self.fields.tolerate.take());
        Some(For { var, over, batch, pause, tolerate, block: self.block() })
    }

    pub(crate) fn call(self: Box<Self>, id: Name, span: Span, errors: &mut Errors) -> Option<Call> {
        let Some(runbook) = self.called else {
            return missing(Place::Call, "`runbook`: the one to call", "runbook: NAME", span, errors);
        };
        Some(Call { id, runbook, with: self.with, when: self.when, after: self.after })
    }

    pub(crate) fn series(mut self: Box<Self>, folder: Text, span: Span, errors: &mut Errors) -> Option<Series> {
        let (Some(from), Some(to)) = (self.from.take(), self.to.take()) else {
            return missing(Place::Series, "`from` and `to`", "from: the version that is there; to: the one that is wanted", span, errors);
        };
        // `down: false` says what its absence says.
        let down = self.down.take().filter(|down| down.value);
        Some(Series { folder, from, to, down, block: self.block() })
    }

    pub(crate) fn param(self: Box<Self>, name: Name, span: Span, errors: &mut Errors) -> Option<Param> {
        let Some(kind) = self.kind else {
            return missing(Place::Param, "a type", "write the type: param NAME: string", span, errors);
        };
        let Self { default, help, one_of, matches, min, max, .. } = *self;
        Some(Param { name, kind, default, help, one_of, matches, min, max })
    }

    pub(crate) fn into_fact(self: Box<Self>, name: Name, span: Span, errors: &mut Errors) -> Option<Fact> {
        let Some(kind) = self.kind else {
            return missing(Place::Fact, "a type", "write the type: fact NAME: bool on T = `command`", span, errors);
        };
        let Some(cmd) = self.cmd else {
            return missing(Place::Fact, "a command", "write what is read: fact NAME: bool on T = `command`", span, errors);
        };
        Some(Fact { name, kind, cmd, settings: self.settings, stdin: self.fields.stdin, secret: self.secret })
    }
}

fn missing<T>(place: Place, what: &'static str, help: &'static str, span: Span, errors: &mut Errors) -> Option<T> {
    errors.push(SyntaxError::MissingPart { span, place, what, help });
    None
}

/// Adds `name` and its value, unless the name is there already.
pub(crate) fn add_named(list: &mut Vec<(Name, Operand)>, seen: &mut HashMap<String, Span>, name: Name, value: Operand, errors: &mut Errors) {
    match seen.get(&name.value) {
        Some(&first) => errors.push(SyntaxError::DuplicateName { span: name.span, first, name: name.value }),
        None => {
            seen.insert(name.value.clone(), name.span);
            list.push((name, value));
        }
    }
}
