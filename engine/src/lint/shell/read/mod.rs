//! From the shell's tree to flat facts. This is the one place of lint that knows brush-parser.

mod simple;
mod words;

use std::ops::Range;

use brush_parser::SourceSpan;
use brush_parser::ast::{AndOr, AndOrList, Command, CompoundCommand, CompoundList, IoRedirect, Program, SeparatorOperator, SourceLocation};

use super::facts::{Assigned, At, Chain, Facts, From, Joint, Kind, Layer, Member, Pipeline, Site, Stands};

/// Text inside text inside text: deeper than this nothing is looked at.
const DEEPEST: usize = 16;

/// `posix`: it runs under `sh`, where a substitution inherits `set -e`.
pub(crate) fn read(script: &str, tree: &Program, posix: bool) -> Facts {
    let here = Here { strict: true, asked: false, fed: false, top: true, layer: Layer::Script, depth: 0 };
    let mut reader = Reader { script, facts: Facts::default(), posix, errexit: true, base: Base::new(script, 0), chain: 0, pipeline: (0, 0) };
    reader.program(tree, here);
    reader.facts
}

struct Reader<'s> {
    script: &'s str,
    facts: Facts,
    posix: bool,
    /// What `set -e` and `set +e` said last.
    errexit: bool,
    base: Base,
    /// Those around what is being read: the statement, and the pipeline with the position in it.
    chain: usize,
    pipeline: (usize, usize),
}

/// What surrounds a list.
#[derive(Debug, Clone, Copy)]
struct Here {
    /// No construct around it turns `set -e` off.
    strict: bool,
    asked: bool,
    fed: bool,
    top: bool,
    layer: Layer,
    depth: usize,
}

/// Where the text that is being read lies in the script. The parser counts characters.
struct Base {
    at: usize,
    /// The byte of each character; empty where they are the same.
    bytes: Vec<usize>,
    length: usize,
    /// It does not lie there word for word, so all of it is at this place.
    whole: Option<At>,
}

impl Base {
    fn new(text: &str, at: usize) -> Self {
        let bytes = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(byte, _)| byte).collect() };
        Self { at, bytes, length: text.len(), whole: None }
    }

    fn byte(&self, index: usize) -> usize {
        let byte = if self.bytes.is_empty() { index } else { self.bytes.get(index).copied().unwrap_or(self.length) };
        self.at + byte.min(self.length)
    }

    fn at(&self, location: &SourceSpan) -> At {
        self.whole.unwrap_or_else(|| At { start: self.byte(location.start.index), end: self.byte(location.end.index) })
    }
}

impl Reader<'_> {
    fn program(&mut self, tree: &Program, here: Here) {
        let items: Vec<_> = tree.complete_commands.iter().flat_map(|list| &list.0).map(|item| (&item.0, matches!(item.1, SeparatorOperator::Async))).collect();
        self.statements(&items, here);
    }

    fn list(&mut self, list: &CompoundList, here: Here) {
        let items: Vec<_> = list.0.iter().map(|item| (&item.0, matches!(item.1, SeparatorOperator::Async))).collect();
        self.statements(&items, here);
    }

    fn statements(&mut self, items: &[(&AndOrList, bool)], here: Here) {
        let mut previous = None;
        for (item, background) in items {
            let chain = self.statement(item, *background, here);
            if let Some(before) = previous {
                self.facts.chains[chain].previous = Some(before);
                let before: &mut Chain = &mut self.facts.chains[before];
                before.next = Some(chain);
            }
            previous = Some(chain);
        }
    }

    fn statement(&mut self, list: &AndOrList, background: bool, here: Here) -> usize {
        let number = self.facts.chains.len();
        let around = std::mem::replace(&mut self.chain, number);
        let (first, put_in) = (self.facts.simples.len(), self.facts.expansions.len());
        let strict = here.strict && self.errexit;
        self.facts.chains.push(Chain {
            parts: Vec::new(),
            background,
            previous: None,
            next: None,
            top: here.top,
            strict,
            layer: here.layer,
            simples: first..first,
            expansions: put_in..put_in,
        });
        let all = std::iter::once((Joint::First, &list.first)).chain(list.additional.iter().map(|next| match next {
            AndOr::And(pipeline) => (Joint::And, pipeline),
            AndOr::Or(pipeline) => (Joint::Or, pipeline),
        }));
        let mut parts = Vec::new();
        for (i, (joint, pipeline)) in all.enumerate() {
            let decides = i < list.additional.len();
            let inside = Here { strict: here.strict && !decides, asked: here.asked || decides, top: false, ..here };
            parts.push((joint, self.pipe(pipeline, inside)));
        }
        let chain = &mut self.facts.chains[number];
        chain.parts = parts;
        chain.simples = first..self.facts.simples.len();
        chain.expansions = put_in..self.facts.expansions.len();
        self.chain = around;
        number
    }

    fn pipe(&mut self, pipeline: &brush_parser::ast::Pipeline, here: Here) -> usize {
        let number = self.facts.pipelines.len();
        let here = Here { strict: here.strict && !pipeline.bang, asked: here.asked || pipeline.bang, ..here };
        let around = std::mem::replace(&mut self.pipeline, (number, 0));
        let stands = self.stands(here);
        self.facts.pipelines.push(Pipeline { members: Vec::new(), bang: pipeline.bang, stands });
        let several = pipeline.seq.len() > 1;
        let mut members = Vec::new();
        for (i, command) in pipeline.seq.iter().enumerate() {
            self.pipeline = (number, i);
            let errexit = self.errexit;
            let inside = Here { fed: here.fed || i > 0, ..here };
            members.push(self.command(command, inside));
            if several {
                // Each of them is a shell of its own.
                self.errexit = errexit;
            }
        }
        self.facts.pipelines[number].members = members;
        self.pipeline = around;
        number
    }

    fn stands(&self, here: Here) -> Stands {
        Stands { asked: here.asked, fed: here.fed, layer: here.layer, chain: self.chain, pipeline: self.pipeline.0, member: self.pipeline.1 }
    }

    fn command(&mut self, command: &Command, here: Here) -> Member {
        let first = self.facts.simples.len();
        let located = command.location().map(|location| self.base.at(&location));
        let kind = match command {
            Command::Simple(simple) => {
                self.simple(simple, here);
                Kind::Simple
            }
            Command::Compound(compound, redirects) => {
                let redirects: Vec<&IoRedirect> = redirects.iter().flat_map(|list| &list.0).collect();
                let fed = here.fed || redirects.iter().any(|redirect| simple::feeds(redirect));
                self.redirects(&redirects, here);
                self.compound(compound, Here { fed, ..here })
            }
            Command::Function(function) => {
                self.facts.functions.push(function.fname.value.clone());
                self.compound(&function.body.0, Here { strict: true, asked: false, ..here });
                Kind::Function
            }
            Command::ExtendedTest(test, _) => {
                self.test(&test.expr);
                Kind::Test
            }
        };
        let simples = first..self.facts.simples.len();
        let own = self.facts.simples[simples.clone()].iter().map(|simple| simple.at).reduce(At::to);
        Member { kind, at: own.or(located).unwrap_or_default(), simples }
    }

    fn compound(&mut self, compound: &CompoundCommand, here: Here) -> Kind {
        let condition = Here { strict: false, asked: true, ..here };
        match compound {
            CompoundCommand::Arithmetic(command) => {
                self.arithmetic(&command.expr.value, self.base.at(&command.loc));
                Kind::Test
            }
            CompoundCommand::ArithmeticForClause(clause) => {
                self.list(&clause.body.list, here);
                Kind::Loop
            }
            CompoundCommand::BraceGroup(group) => {
                self.list(&group.list, here);
                Kind::Braces
            }
            CompoundCommand::Subshell(shell) => {
                let errexit = self.errexit;
                self.list(&shell.list, Here { ..here });
                self.errexit = errexit;
                Kind::Subshell
            }
            CompoundCommand::ForClause(clause) => {
                for word in clause.values.iter().flatten() {
                    self.facts.assigned.push(Assigned { name: clause.variable_name.clone(), from: From::Item(word.value.clone()) });
                    self.word(word, Site::Items, here);
                }
                if clause.values.is_none() {
                    self.facts.assigned.push(Assigned { name: clause.variable_name.clone(), from: From::Elsewhere });
                }
                self.list(&clause.body.list, here);
                Kind::Loop
            }
            CompoundCommand::CaseClause(clause) => {
                self.word(&clause.value, Site::Case, here);
                for case in &clause.cases {
                    case.patterns.iter().for_each(|pattern| self.word(pattern, Site::Case, here));
                    case.cmd.iter().for_each(|list| self.list(list, here));
                }
                Kind::Case
            }
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition, condition);
                self.list(&clause.then, here);
                for other in clause.elses.iter().flatten() {
                    other.condition.iter().for_each(|list| self.list(list, condition));
                    self.list(&other.body, here);
                }
                Kind::If
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0, condition);
                self.list(&clause.1.list, here);
                Kind::Loop
            }
            CompoundCommand::Coprocess(process) => {
                self.command(&process.body, Here { ..here });
                Kind::Subshell
            }
        }
    }

    /// Text that another shell reads: what runs in it.
    fn nested(&mut self, text: &str, at: usize, around: At, here: Here) -> Range<usize> {
        let first = self.facts.simples.len();
        if here.depth >= DEEPEST {
            return first..first;
        }
        if let Ok(tree) = crate::plan::template::parse_shell(text) {
            let mut base = Base::new(text, at);
            // Backslashes in backticks and the like: what is read is not what is written.
            base.whole = (!self.script.get(at..).is_some_and(|rest| rest.starts_with(text))).then_some(around);
            let outer = std::mem::replace(&mut self.base, base);
            let (chain, pipeline, errexit) = (self.chain, self.pipeline, self.errexit);
            self.program(&tree, Here { depth: here.depth + 1, top: false, ..here });
            (self.base, self.chain, self.pipeline, self.errexit) = (outer, chain, pipeline, errexit);
        }
        first..self.facts.simples.len()
    }
}
