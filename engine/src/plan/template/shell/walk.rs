//! Walks the program and marks every slot that it comes by.

use brush_parser::ast::{
    AndOr, AndOrList, Assignment, AssignmentName, AssignmentValue, Command, CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, IoFileRedirectTarget,
    IoRedirect, Pipeline, ProcessSubstitutionKind, Program, SimpleCommand, SubshellCommand,
};

use super::super::refusal::Refusal;
use super::flow::{self, Flow};
use super::syntax::{SyntaxError, in_comment};
use super::{Finding, Place, feeding, names, tests_of_values};
use crate::value::Type;

#[derive(Debug)]
pub(super) struct Walker<'a> {
    script: &'a str,
    types: &'a [Option<Type>],
    marks: Vec<Option<Result<Place, Refusal>>>,
    may_be_option: Vec<bool>,
    in_sed: Vec<bool>,
    /// Set while everything that is come by is refused for the same reason.
    pub(super) blanket: Option<Refusal>,
    /// Names of variables that evaluate what they are given.
    pub(super) special: names::Special,
    /// Names of functions that read code from their input.
    pub(super) readers: Vec<String>,
    /// Names of all functions.
    pub(super) functions: Vec<String>,
    /// Which slots variables hold.
    pub(super) flow: Flow,
    /// A substitution inside that can't be parsed.
    pub(super) broken: Option<SyntaxError>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(script: &'a str, types: &'a [Option<Type>]) -> Self {
        Self {
            script,
            types,
            marks: vec![None; types.len()],
            may_be_option: vec![false; types.len()],
            in_sed: vec![false; types.len()],
            blanket: None,
            special: names::special(script),
            readers: Vec::new(),
            functions: Vec::new(),
            flow: Flow::default(),
            broken: None,
        }
    }

    pub(super) fn slots(&self) -> usize {
        self.types.len()
    }

    pub(super) fn kind(&self, number: usize) -> Option<&Type> {
        self.types.get(number.checked_sub(1)?)?.as_ref().map(Type::present)
    }

    pub(super) fn is_number(&self, number: usize) -> bool {
        self.kind(number).is_some_and(Type::is_number_in_a_command)
    }

    /// A refusal stands whatever else is found; two different places are unclear.
    pub(super) fn mark(&mut self, number: usize, found: Result<Place, Refusal>) {
        let found = self.blanket.map_or(found, Err);
        let found = match (found, self.kind(number)) {
            (Ok(Place::Quoted | Place::HereDoc), Some(Type::List(_))) => Err(Refusal::ListInText),
            (Ok(Place::Word), Some(Type::List(_))) => Err(Refusal::ListAsOneWord),
            (found, _) => found,
        };
        let Some(mark) = number.checked_sub(1).and_then(|i| self.marks.get_mut(i)) else { return };
        *mark = Some(match (*mark, found) {
            (Some(Err(first)), _) => Err(first),
            (Some(Ok(first)), Ok(second)) if first != second => Err(Refusal::Unclear),
            (_, found) => found,
        });
    }

    pub(super) fn refuse(&mut self, number: usize, refusal: Refusal) {
        let blanket = self.blanket.take();
        self.mark(number, Err(refusal));
        self.blanket = blanket;
    }

    /// Every slot in a text, and where the text would be run also those that its variables hold.
    pub(super) fn refuse_all(&mut self, text: &str, refusal: Refusal) {
        let held = match refusal {
            Refusal::CodePlace | Refusal::ForeignCode | Refusal::NamePlace => self.flow.reached(text),
            Refusal::CommandPosition => self.flow.reached_by_name(text),
            _ => Vec::new(),
        };
        for number in names::slots_in(text).into_iter().chain(held) {
            self.refuse(number, refusal);
        }
    }

    /// Refuses what a word holds if it may split into several, since each of them would be read by itself.
    pub(super) fn refuse_split(&mut self, word: &str, refusal: Refusal) {
        if flow::may_split(word) {
            for number in self.held_by(word) {
                self.refuse(number, refusal);
            }
        }
    }

    pub(super) fn print(&mut self, text: &str) {
        let held = self.held_by(text);
        self.flow.print(held);
    }

    /// What a text holds that may be more than a number: slots of its own, and those of its variables.
    pub(super) fn held_by(&self, text: &str) -> Vec<usize> {
        let own = if flow::prints(text) { names::slots_in(text) } else { Vec::new() };
        let mut slots: Vec<usize> = own.into_iter().chain(self.flow.reached(text)).filter(|number| !self.is_number(*number)).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    pub(super) fn note_option(&mut self, number: usize) {
        if let Some(note) = number.checked_sub(1).and_then(|i| self.may_be_option.get_mut(i)) {
            *note = true;
        }
    }

    pub(super) fn note_sed(&mut self, number: usize) {
        if let Some(note) = number.checked_sub(1).and_then(|i| self.in_sed.get_mut(i)) {
            *note = true;
        }
    }

    pub(super) fn refused_any(&self) -> bool {
        self.marks.iter().any(|mark| matches!(mark, Some(Err(_))))
    }

    /// For a script that can't be parsed: only what was refused, everything else passes for now.
    pub(super) fn refused_only(mut self) -> Vec<Finding> {
        for mark in &mut self.marks {
            mark.get_or_insert(Ok(Place::Word));
        }
        let script = self.script;
        self.findings(script)
    }

    pub(super) fn findings(self, script: &str) -> Vec<Finding> {
        let finish = |(i, mark): (usize, &Option<Result<Place, Refusal>>)| Finding {
            place: mark.unwrap_or_else(|| Err(if in_comment(script, i + 1) { Refusal::Comment } else { Refusal::Unclear })),
            may_be_option: self.may_be_option[i],
            in_sed: self.in_sed[i],
        };
        self.marks.iter().enumerate().map(finish).collect()
    }

    pub(super) fn program(&mut self, program: &Program) {
        // Twice, so that a function is known wherever it is defined.
        for list in &program.complete_commands {
            feeding::collect_readers(list, &mut self.readers);
        }
        for list in &program.complete_commands {
            self.list(list);
        }
    }

    /// The inside of `$( )`.
    pub(super) fn substitution(&mut self, text: &str) {
        let own = !names::slots_in(text).is_empty();
        match super::syntax::parse(text) {
            Ok(program) => self.program(&program),
            Err(_) if !own => {}
            Err(error) => {
                let at = self.script.find(text).unwrap_or(0) + error.at;
                self.broken.get_or_insert(SyntaxError { at, ..error });
            }
        }
    }

    fn under(&mut self, blanket: Option<Refusal>, walk: impl FnOnce(&mut Self)) {
        let before = self.blanket;
        self.blanket = before.or(blanket);
        walk(self);
        self.blanket = before;
    }

    fn list(&mut self, list: &CompoundList) {
        for item in &list.0 {
            self.and_or(&item.0);
        }
    }

    fn and_or(&mut self, list: &AndOrList) {
        self.pipeline(&list.first);
        for AndOr::And(pipeline) | AndOr::Or(pipeline) in &list.additional {
            self.pipeline(pipeline);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        for (i, command) in pipeline.seq.iter().enumerate() {
            let feeds = pipeline.seq[i + 1..].iter().any(|later| feeding::reads_code(later, &self.readers));
            self.under(feeds.then_some(Refusal::FedToInterpreter), |walker| walker.command(command));
        }
    }

    fn command(&mut self, command: &Command) {
        let reads = feeding::reads_code(command, &self.readers);
        match command {
            Command::Simple(simple) => self.simple(simple, reads),
            Command::Compound(compound, redirects) => {
                self.redirects(redirects.iter().flat_map(|list| &list.0), reads);
                let writes = redirects.iter().flat_map(|list| &list.0).any(|redirect| feeding::writes_to_reader(redirect, &self.readers));
                self.under(writes.then_some(Refusal::FedToInterpreter), |walker| walker.compound(compound));
            }
            Command::Function(function) => {
                self.refuse_all(&function.fname.value, Refusal::FunctionName);
                self.functions.push(function.fname.value.clone());
                self.redirects(function.body.1.iter().flat_map(|list| &list.0), reads);
                self.compound(&function.body.0);
            }
            Command::ExtendedTest(test, redirects) => {
                tests_of_values::extended(self, &test.expr);
                self.redirects(redirects.iter().flat_map(|list| &list.0), false);
            }
        }
    }

    fn compound(&mut self, compound: &CompoundCommand) {
        match compound {
            CompoundCommand::Arithmetic(command) => self.arithmetic(&command.expr.value),
            CompoundCommand::ArithmeticForClause(clause) => {
                for part in [&clause.initializer, &clause.condition, &clause.updater].into_iter().flatten() {
                    self.arithmetic(&part.value);
                }
                self.list(&clause.body.list);
            }
            CompoundCommand::BraceGroup(group) => self.list(&group.list),
            CompoundCommand::Subshell(shell) => self.list(&shell.list),
            CompoundCommand::ForClause(clause) => {
                self.refuse_all(&clause.variable_name, Refusal::NamePlace);
                for word in clause.values.iter().flatten() {
                    let held = self.held_by(&word.value);
                    self.flow.give(&clause.variable_name, held);
                }
                let blanket = self.special.refusal_for(&clause.variable_name);
                for word in clause.values.iter().flatten() {
                    self.given_to(&word.value, blanket, true);
                }
                self.list(&clause.body.list);
            }
            CompoundCommand::CaseClause(clause) => {
                self.word(&clause.value.value, false);
                for case in &clause.cases {
                    for pattern in &case.patterns {
                        self.word(&pattern.value, false);
                    }
                    case.cmd.iter().for_each(|list| self.list(list));
                }
            }
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition);
                self.list(&clause.then);
                for other in clause.elses.iter().flatten() {
                    other.condition.iter().for_each(|list| self.list(list));
                    self.list(&other.body);
                }
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0);
                self.list(&clause.1.list);
            }
            // Its input and output have names that other commands may use in any way.
            CompoundCommand::Coprocess(process) => {
                process.name.iter().for_each(|name| self.refuse_all(&name.value, Refusal::NamePlace));
                self.under(Some(Refusal::Unclear), |walker| walker.command(&process.body));
            }
        }
    }

    fn simple(&mut self, command: &SimpleCommand, reads: bool) {
        let items = || command.prefix.iter().flat_map(|prefix| &prefix.0).chain(command.suffix.iter().flat_map(|suffix| &suffix.0));
        let writes = items().any(|item| feeding::item_writes_to_reader(item, &self.readers));
        let words = feeding::words_of(command);
        let quiet = self.blanket == Some(Refusal::FedToInterpreter) && feeding::prints_no_argument(&words);
        let before = self.blanket;
        if writes {
            self.blanket = before.or(Some(Refusal::FedToInterpreter));
        } else if quiet {
            self.blanket = None;
        }
        super::commands::refuse_by_command(self, &words);
        for item in command.prefix.iter().flat_map(|prefix| &prefix.0) {
            self.item(item, &words);
        }
        if let Some(name) = &command.word_or_name {
            self.word(&name.value, false);
        }
        let test = words.first().is_some_and(|name| matches!(name.as_str(), "test" | "["));
        for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
            match item {
                CommandPrefixOrSuffixItem::Word(word) => self.word(&word.value, !test),
                other => self.item(other, &words),
            }
        }
        self.blanket = before;
        let redirects: Vec<&IoRedirect> = items()
            .filter_map(|item| match item {
                CommandPrefixOrSuffixItem::IoRedirect(redirect) => Some(redirect),
                _ => None,
            })
            .collect();
        self.redirects(redirects.into_iter(), reads);
    }

    fn item(&mut self, item: &CommandPrefixOrSuffixItem, words: &[String]) {
        match item {
            // They are looked at together, once it is known who reads them.
            CommandPrefixOrSuffixItem::IoRedirect(_) => {}
            CommandPrefixOrSuffixItem::Word(word) => self.word(&word.value, true),
            CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => self.assignment(assignment),
            CommandPrefixOrSuffixItem::ProcessSubstitution(kind, shell) => {
                let read = matches!(kind, ProcessSubstitutionKind::Read) && feeding::runs_files(words);
                self.process(shell, read);
            }
        }
    }

    fn process(&mut self, shell: &SubshellCommand, feeds: bool) {
        self.under(feeds.then_some(Refusal::FedToInterpreter), |walker| walker.list(&shell.list));
    }

    fn assignment(&mut self, assignment: &Assignment) {
        let name = match &assignment.name {
            AssignmentName::VariableName(name) => name,
            AssignmentName::ArrayElementName(name, index) => {
                self.arithmetic(index);
                name
            }
        };
        self.refuse_all(name, Refusal::NamePlace);
        let blanket = self.special.refusal_for(name);
        let words: Vec<&str> = match &assignment.value {
            AssignmentValue::Scalar(word) => vec![&word.value],
            AssignmentValue::Array(items) => items.iter().map(|(_, word)| word.value.as_str()).collect(),
        };
        for word in words {
            let held = self.held_by(word);
            self.flow.give(name, held);
        }
        match &assignment.value {
            AssignmentValue::Scalar(word) => self.given_to(&word.value, blanket, false),
            AssignmentValue::Array(items) => {
                for (key, word) in items {
                    key.iter().for_each(|key| self.arithmetic(&key.value));
                    // An index with brackets in it is not always told apart from its value.
                    if word.value.starts_with('[') {
                        self.arithmetic(&word.value);
                    }
                    self.given_to(&word.value, blanket, true);
                }
            }
        }
    }

    /// A value that a variable is given; some variables run or reckon with what they are given.
    fn given_to(&mut self, word: &str, refusal: Option<Refusal>, several: bool) {
        if let Some(refusal) = refusal {
            for number in names::slots_in(word).into_iter().chain(self.flow.reached(word)) {
                if !(refusal == Refusal::Arithmetic && self.is_number(number)) {
                    self.refuse(number, refusal);
                }
            }
        }
        self.word(word, several);
    }

    fn redirects<'r>(&mut self, redirects: impl Iterator<Item = &'r IoRedirect>, reads: bool) {
        let blanket = reads.then_some(Refusal::FedToInterpreter);
        for redirect in redirects {
            match redirect {
                IoRedirect::File(_, _, IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word)) | IoRedirect::OutputAndError(word, _) => {
                    self.word(&word.value, false);
                }
                IoRedirect::File(_, _, IoFileRedirectTarget::Fd(_)) => {}
                IoRedirect::File(_, _, IoFileRedirectTarget::ProcessSubstitution(kind, shell)) => {
                    self.process(shell, reads && matches!(kind, ProcessSubstitutionKind::Read));
                }
                IoRedirect::HereString(_, word) => {
                    self.print(&word.value);
                    self.under(blanket, |walker| walker.word(&word.value, false));
                }
                IoRedirect::HereDocument(_, doc) => {
                    self.refuse_all(&doc.here_end.value, Refusal::HereDocMark);
                    if doc.requires_expansion {
                        self.under(blanket, |walker| walker.here_document(&doc.doc.value));
                    } else {
                        self.refuse_all(&doc.doc.value, Refusal::QuotedHereDoc);
                    }
                }
            }
        }
    }
}
