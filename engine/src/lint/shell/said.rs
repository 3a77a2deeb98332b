//! Every command of a program's own files, with its role and what is said of it around it.

use grammar::ast::{Action, Block, Condition, Does, Fact, Fields, Name, Operand, Piece, Require, Settings, Step, Undo};
use grammar::diagnostic::Edit;
use grammar::source::{Span, Text};

use super::facts::{At, Facts};
use super::read::read;
use crate::check::Program;
use crate::plan::template::Reading;
use crate::value::Type;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Check,
    Run,
    Verify,
    Undo,
    Require,
    /// `true`: its exit status is its value.
    Fact(bool),
    Show,
}

impl Role {
    /// It may be asked again and again, and must change nothing.
    pub(crate) fn only_reads(self) -> bool {
        !matches!(self, Self::Run | Self::Undo)
    }

    /// The engine sets `pipefail` for it, where there is bash.
    pub(crate) fn has_pipefail(self) -> bool {
        !self.only_reads()
    }

    /// As it is written in a runbook.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Run => "run",
            Self::Verify => "verify",
            Self::Undo => "undo",
            Self::Require => "require",
            Self::Fact(_) => "fact",
            Self::Show => "show",
        }
    }
}

/// Whose field it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner<'a> {
    Step(&'a Step),
    Action(&'a Action),
    /// The runbook, a block or a gate.
    Around,
}

/// A command, taken apart.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) text: &'a Text,
    pub(crate) role: Role,
    pub(crate) owner: Owner<'a>,
    /// The user that it runs as, where one is named.
    pub(crate) as_user: Option<&'a Text>,
    /// It runs under `sh`.
    pub(crate) posix: bool,
    /// It is given something to read.
    pub(crate) has_stdin: bool,
    /// What the runbook sets in its environment.
    pub(crate) env: Vec<(&'a Name, &'a Operand)>,
    pub(crate) facts: Facts,
    reading: &'a Reading,
}

impl<'a> Said<'a> {
    pub(crate) fn script(&self) -> &str {
        &self.reading.script
    }

    pub(crate) fn reading(&self) -> &Reading {
        self.reading
    }

    /// Where a part of the script stands in the file.
    pub(crate) fn span(&self, at: At) -> Span {
        self.reading.span(self.text, at.start, at.end)
    }

    /// The change after which `new` stands in the place of a part of the script. `None` where a value stands in it, or
    /// where the spelling can't hold it.
    pub(crate) fn edit(&self, program: &Program, at: At, new: &str) -> Option<Edit> {
        let (start, end) = self.reading.range(self.text, at.start, at.end);
        let same = self.text.text.get(start..end) == self.reading.script.get(at.start..at.end);
        same.then(|| grammar::splice(program.source(self.text.span.source)?, self.text, start..end, new))?
    }

    /// What is known of a value, by its number.
    pub(crate) fn value_type(&self, number: usize) -> Option<&Type> {
        self.reading.types.get(number.checked_sub(1)?)?.as_ref().map(Type::present)
    }

    /// Whether the runbook sets a variable for it.
    pub(crate) fn sets(&self, variable: &str) -> bool {
        self.env.iter().any(|(name, _)| name.value == variable)
    }

    pub(crate) fn fields(&self) -> Option<&'a Fields> {
        match self.owner {
            Owner::Step(step) => Some(&step.fields),
            Owner::Action(action) => Some(&action.fields),
            Owner::Around => None,
        }
    }
}

/// Every command of the runbook and of the program's own actions.
pub(crate) fn commands(program: &Program) -> Vec<Said<'_>> {
    let mut walk = Walk { program, found: Vec::new() };
    for action in program.own_actions() {
        let around = Around::default().with(&action.settings);
        walk.fields(&action.fields, Owner::Action(action), &around);
    }
    if let Some(runbook) = program.runbook() {
        let around = Around::default().with(&runbook.body.settings);
        runbook.facts.iter().for_each(|fact| walk.fact(fact, Owner::Around, &around));
        runbook.requires.iter().for_each(|require| walk.require(require, Owner::Around, &around));
        walk.block(&runbook.body, &Around::default());
    }
    walk.found
}

/// Settings that hold.
#[derive(Debug, Clone, Default)]
struct Around<'a> {
    as_user: Option<&'a Text>,
    posix: bool,
    env: Vec<(&'a Name, &'a Operand)>,
}

impl<'a> Around<'a> {
    fn with(&self, settings: &'a Settings) -> Self {
        let mut inner = self.clone();
        inner.as_user = settings.as_user.as_ref().or(self.as_user);
        if let Some(shell) = &settings.shell {
            inner.posix = shell.text == "sh";
        }
        inner.env.extend(settings.env.iter().map(|(name, value)| (name, value)));
        inner
    }
}

struct Walk<'a> {
    program: &'a Program,
    found: Vec<Said<'a>>,
}

impl<'a> Walk<'a> {
    fn block(&mut self, block: &'a Block, around: &Around<'a>) {
        let around = around.with(&block.settings);
        for piece in &block.pieces {
            match piece {
                Piece::Step(step) | Piece::Manual(step) => self.fields(&step.fields, Owner::Step(step), &around.with(&step.settings)),
                Piece::Gate(gate) => {
                    let around = around.with(&gate.settings);
                    gate.show.iter().for_each(|show| self.command(&show.cmd, Role::Show, Owner::Around, &around, false));
                }
                Piece::Boundary(boundary) => self.block(&boundary.block, &around),
                Piece::During(during) => {
                    let around = around.with(&during.settings);
                    during.block.iter().for_each(|block| self.block(block, &around));
                }
                Piece::Parallel(block) => self.block(block, &around),
                Piece::For(each) => self.block(&each.block, &around),
                Piece::Series(series) => self.block(&series.block, &around),
                Piece::Fact(fact) => self.fact(fact, Owner::Around, &around),
                Piece::Require(require) => self.require(require, Owner::Around, &around),
                Piece::Call(_) => {}
            }
        }
    }

    fn fields(&mut self, fields: &'a Fields, owner: Owner<'a>, around: &Around<'a>) {
        fields.facts.iter().for_each(|fact| self.fact(fact, owner, around));
        fields.requires.iter().for_each(|require| self.require(require, owner, around));
        fields.check.iter().for_each(|check| self.command(check, Role::Check, owner, around, false));
        if let Some(Does::Run(run)) = &fields.does {
            self.command(run, Role::Run, owner, around, fields.stdin.is_some());
        }
        fields.verify.iter().for_each(|verify| self.command(&verify.cmd, Role::Verify, owner, around, false));
        if let Some(Undo::Command(undo)) = &fields.undo {
            self.command(undo, Role::Undo, owner, around, fields.stdin.is_some());
        }
    }

    fn fact(&mut self, fact: &'a Fact, owner: Owner<'a>, around: &Around<'a>) {
        let role = Role::Fact(fact.kind.name.value == "bool");
        self.command(&fact.cmd, role, owner, &around.with(&fact.settings), fact.stdin.is_some());
    }

    fn require(&mut self, require: &'a Require, owner: Owner<'a>, around: &Around<'a>) {
        match &require.that {
            Condition::Succeeds(command) => self.command(command, Role::Require, owner, around, false),
            Condition::Holds(_) => {}
        }
    }

    fn command(&mut self, text: &'a Text, role: Role, owner: Owner<'a>, around: &Around<'a>, has_stdin: bool) {
        let Some(reading) = self.program.reading(text) else { return };
        let Some(tree) = &reading.tree else { return };
        let facts = read(&reading.script, tree, around.posix);
        self.found.push(Said { text, role, owner, as_user: around.as_user, posix: around.posix, has_stdin, env: around.env.clone(), facts, reading });
    }
}
