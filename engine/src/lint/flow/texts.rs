//! Everything that a piece has to say: its expressions, and its texts with values in them.

use grammar::ast::{ActionCall, Condition, Does, Expr, Fact, Fields, Operand, Piece, Require, Settings, Undo};
use grammar::source::{Span, Text};

use crate::plan::template::{Expression, Prose};

/// A text as it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Written<'a> {
    Expression(&'a Expr),
    Template(&'a Text),
}

impl<'a> Written<'a> {
    pub(crate) fn text(self) -> &'a Text {
        match self {
            Self::Expression(text) | Self::Template(text) => text,
        }
    }

    /// The names in it, each with its place.
    pub(crate) fn names(self) -> Vec<(String, Span)> {
        match self {
            Self::Expression(text) => Expression::compile(text).map(|e| e.names()).unwrap_or_default(),
            Self::Template(text) => Prose::compile(text).map(|p| p.names()).unwrap_or_default(),
        }
    }
}

/// What stands in a piece itself; what stands in its block is a piece of its own.
pub(crate) fn of_piece(piece: &Piece) -> Vec<Written<'_>> {
    let mut found = Found::default();
    match piece {
        Piece::Step(step) | Piece::Manual(step) => {
            found.expressions(step.when.iter());
            found.templates(step.title.iter());
            found.settings(&step.settings);
            found.fields(&step.fields);
        }
        Piece::Gate(gate) => {
            found.expressions(gate.when.iter().chain(&gate.valid_for).chain(gate.timeout.iter().map(|t| &t.after)));
            found.templates(gate.question.iter().chain(&gate.confirm).chain(gate.show.iter().map(|show| &show.cmd)));
            found.operands(gate.choices.iter().chain(&gate.approvers));
            found.settings(&gate.settings);
        }
        Piece::Boundary(boundary) => {
            found.templates(boundary.title.iter());
            found.expressions(boundary.budget.iter().chain(boundary.ask.iter().map(|ask| &ask.after)).chain(&boundary.block.when));
            found.settings(&boundary.block.settings);
        }
        Piece::During(during) => {
            found.call(&during.action);
            found.settings(&during.settings);
            if let Some(block) = &during.block {
                found.expressions(block.when.iter());
                found.settings(&block.settings);
            }
        }
        Piece::Parallel(block) => {
            found.expressions(block.when.iter());
            found.settings(&block.settings);
        }
        Piece::For(each) => {
            found.expressions(std::iter::once(&each.over).chain(&each.batch).chain(&each.pause).chain(&each.tolerate).chain(&each.block.when));
            found.settings(&each.block.settings);
        }
        Piece::Call(call) => {
            found.expressions(call.when.iter());
            found.operands(call.with.iter().map(|(_, value)| value));
        }
        Piece::Series(series) => {
            found.expressions([&series.from, &series.to].into_iter().chain(&series.block.when));
            found.settings(&series.block.settings);
        }
        Piece::Fact(fact) => found.fact(fact),
        Piece::Require(require) => found.require(require),
    }
    found.list
}

#[derive(Default)]
struct Found<'a> {
    list: Vec<Written<'a>>,
}

impl<'a> Found<'a> {
    fn expressions(&mut self, texts: impl Iterator<Item = &'a Expr>) {
        self.list.extend(texts.map(Written::Expression));
    }

    fn templates(&mut self, texts: impl Iterator<Item = &'a Text>) {
        self.list.extend(texts.map(Written::Template));
    }

    fn operands(&mut self, operands: impl Iterator<Item = &'a Operand>) {
        for operand in operands {
            match operand {
                Operand::Literal(text) => self.list.push(Written::Template(text)),
                Operand::Computed(text) => self.list.push(Written::Expression(text)),
                Operand::List(items) => self.operands(items.value.iter()),
            }
        }
    }

    fn settings(&mut self, settings: &'a Settings) {
        self.templates(settings.as_user.iter().chain(&settings.cwd));
        self.operands(settings.env.iter().map(|(_, value)| value));
        self.expressions(settings.timeout.iter());
    }

    fn fact(&mut self, fact: &'a Fact) {
        self.templates(std::iter::once(&fact.cmd).chain(&fact.stdin));
        self.settings(&fact.settings);
    }

    fn require(&mut self, require: &'a Require) {
        match &require.that {
            Condition::Holds(that) => self.list.push(Written::Expression(that)),
            Condition::Succeeds(command) => self.list.push(Written::Template(command)),
        }
    }

    fn call(&mut self, call: &'a ActionCall) {
        self.operands(call.args.iter().map(|(_, value)| value));
    }

    fn fields(&mut self, fields: &'a Fields) {
        fields.facts.iter().for_each(|fact| self.fact(fact));
        fields.requires.iter().for_each(|require| self.require(require));
        self.templates(fields.check.iter().chain(&fields.instructions).chain(&fields.stdin));
        match &fields.does {
            Some(Does::Run(text)) => self.list.push(Written::Template(text)),
            Some(Does::Use(call)) => self.call(call),
            Some(Does::Upload { src, to } | Does::Download { src, to }) => self.templates([src, to].into_iter()),
            Some(Does::Sleep(duration)) => self.list.push(Written::Expression(duration)),
            None => {}
        }
        self.templates(fields.evidence.iter().map(|evidence| &evidence.ask));
        for verify in &fields.verify {
            self.list.push(Written::Template(&verify.cmd));
            self.expressions(verify.every.iter().chain(&verify.within));
        }
        if let Some(Undo::Command(text) | Undo::Manual(text)) = &fields.undo {
            self.list.push(Written::Template(text));
        }
        if let Some(retry) = &fields.retry {
            self.expressions(std::iter::once(&retry.times).chain(&retry.every).chain(&retry.backoff));
        }
        self.expressions(fields.reboots.iter().chain(&fields.output_limit).chain(&fields.expect).chain(&fields.tolerate));
    }
}
