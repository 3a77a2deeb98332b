//! The walk over a runbook: every piece in its order, with the names that it can see.

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{Action, Block, Expr, Fact, Name, Operand, Piece, Require, Runbook, Settings, Target, TypeName};
use grammar::diagnostic::Diagnostic;
use grammar::source::Span;

use super::error::CheckError;
use super::library::Update;
use super::merged::Merged;
use super::names::{self, Known, Names, RESERVED, What, similar};
use super::order;
use crate::plan::template::{Advice, Reading};
use crate::plan::window::Window;
use crate::value::Type;

/// Where a name gets its value, for uses that come too early.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elsewhere {
    pub(super) span: Span,
    pub(super) in_loop: bool,
}

pub(super) struct Checker<'a> {
    pub(super) actions: &'a BTreeMap<String, Action>,
    pub(super) runbooks: &'a BTreeMap<String, Runbook>,
    pub(super) series: &'a BTreeMap<Span, Vec<Update>>,
    /// The runbooks that hold what can't be taken back, or call one that does, by the places of their names.
    pub(super) irreversible: BTreeSet<Span>,
    pub(super) errors: Vec<Diagnostic>,
    /// The declarations that something uses, by their spans.
    pub(super) used: BTreeSet<Span>,
    /// What is allowed in commands and deserves a word.
    pub(super) advice: Vec<Advice>,
    /// Every command as its shell will read it, by the place of its text.
    pub(super) readings: BTreeMap<Span, Reading>,
    /// What is looked at now goes to a program, by a pipe.
    pub(super) may_be_secret: bool,
    /// The paths of files that are uploaded, where they are written out.
    pub(super) uploads: Vec<grammar::source::Text>,
    pub(super) ids: BTreeMap<String, Span>,
    pub(super) gates: BTreeMap<String, Span>,
    /// Every name that some piece gives a value.
    pub(super) elsewhere: BTreeMap<String, Elsewhere>,
    /// The steps of this runbook, and what has an id and is none.
    pub(super) steps: BTreeMap<String, Span>,
    pub(super) pieces_with_ids: BTreeMap<String, &'static str>,
    /// The steps that some `succeeded` asks about.
    pub(super) asked: BTreeSet<String>,
}

/// Where a piece stands and what it can see.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) names: Names,
    pub(super) on: Vec<String>,
    pub(super) conditions: Vec<String>,
    /// The steps that come before.
    pub(super) before: BTreeSet<String>,
    pub(super) boundary: bool,
    pub(super) parallel: bool,
    pub(super) in_action: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn new(actions: &'a BTreeMap<String, Action>, runbooks: &'a BTreeMap<String, Runbook>, series: &'a BTreeMap<Span, Vec<Update>>) -> Self {
        Self {
            actions,
            runbooks,
            series,
            irreversible: BTreeSet::new(),
            errors: Vec::new(),
            used: BTreeSet::new(),
            advice: Vec::new(),
            readings: BTreeMap::new(),
            uploads: Vec::new(),
            may_be_secret: false,
            ids: BTreeMap::new(),
            gates: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            steps: BTreeMap::new(),
            pieces_with_ids: BTreeMap::new(),
            asked: BTreeSet::new(),
        }
    }

    pub(super) fn error(&mut self, error: CheckError) {
        self.errors.push(error.into());
    }

    pub(super) fn runbook(&mut self, runbook: &Runbook) {
        self.ids.clear();
        self.gates.clear();
        self.elsewhere.clear();
        self.steps.clear();
        self.pieces_with_ids.clear();
        self.collect(&runbook.body, false);
        let mut place = Place { names: Names::with_builtins(), ..Place::default() };
        if !names::is_dotted(&runbook.name) {
            let corrected = runbook.name.split('.').map(|part| names::corrected(part, '-')).collect::<Vec<_>>().join(".");
            self.error(CheckError::BadId {
                at: runbook.name.span,
                name: runbook.name.value.clone(),
                what: "a runbook's name: they are dotted kebab-case",
                corrected,
            });
        }
        if let Some(window) = &runbook.window
            && let Err(why) = Window::parse(&window.text)
        {
            self.error(CheckError::BadWindow { at: window.span, why });
        }
        if let Some(date) = &runbook.verified
            && let Err(error) = Type::Date.read(date.text.trim())
        {
            self.error(CheckError::UnreadableValue { at: date.span, what: "`verified`".to_owned(), error });
        }
        for param in &runbook.params {
            self.param(param, &mut place);
        }
        self.targets(&runbook.targets, &mut place);
        // The runbook is the outermost block: facts inherit its settings, which are looked at again when facts are known.
        let said = self.errors.len();
        let on = self.settings(&runbook.body.settings, &place).on;
        self.errors.truncate(said);
        place.on = on;
        for fact in &runbook.facts {
            self.fact(fact, &mut place, What::TopFact);
        }
        for notify in &runbook.notify {
            self.notify(notify, &place);
        }
        self.locks(&runbook.locks, &place);
        for require in &runbook.requires {
            let nowhere = require.on.is_empty() && matches!(require.that, grammar::ast::Condition::Holds(_));
            let on = if nowhere { Vec::new() } else { place.on.clone() };
            self.require(require, &Place { on, ..place.clone() });
        }
        place.on.clear();
        let mut place = self.settings(&runbook.body.settings, &place);
        self.no_after(&runbook.body.after);
        if let Some(when) = &runbook.body.when {
            self.guard(when, "`when`", &place);
        }
        self.pieces(&runbook.body.pieces, &mut place);
    }

    pub(super) fn targets(&mut self, targets: &[Target], place: &mut Place) {
        for target in targets {
            let one = match &target.kind {
                Some(kind) if kind.value == "host" => true,
                Some(kind) => {
                    self.error(CheckError::UnknownWord { at: kind.span, word: kind.value.clone(), what: "what a target can be", allowed: &["host"] });
                    true
                }
                None => false,
            };
            let kind = if one { Type::Host } else { Type::List(Box::new(Type::Host)) };
            let mut known = Known::new(if one { What::Target } else { What::Targets }, Some(kind.clone()), target.name.span);
            if let Some(is) = &target.is {
                let what = format!("the target `{}`", target.name.value);
                self.operand(is, &kind, &what, place);
                self.known_early(is, &what, place);
                known.part_of = mentioned(is, place);
            }
            self.variable(&target.name, known, place);
        }
    }

    /// A variable comes into scope.
    pub(super) fn variable(&mut self, name: &Name, known: Known, place: &mut Place) {
        if RESERVED.contains(&name.value.as_str()) {
            self.error(CheckError::ReservedName { at: name.span, name: name.value.clone() });
            return;
        }
        if !names::is_snake(name) {
            let corrected = names::corrected(name, '_');
            self.error(CheckError::BadId { at: name.span, name: name.value.clone(), what: "a name: they are snake_case", corrected });
        }
        match place.names.get(name) {
            Some(first) if first.span != name.span => {
                let first = first.span;
                self.error(CheckError::DuplicateName { at: name.span, first, name: name.value.clone() });
            }
            _ => place.names.bind(name, known),
        }
    }

    pub(super) fn written_type(&mut self, written: &TypeName) -> Option<Type> {
        let kind = Type::written(written);
        if kind.is_none() {
            let unknown = match &written.of {
                Some(of) if written.name.value == "list" => of,
                _ => &written.name,
            };
            let similar = similar(unknown, Type::names());
            self.error(CheckError::UnknownType { at: unknown.span, name: unknown.value.clone(), similar });
        }
        if let Some(Type::List(of)) = kind.as_ref().map(Type::present)
            && **of == Type::Secret
        {
            let help = "declare each secret by a name of its own";
            self.error(CheckError::SecretWritten { at: written.name.span, what: "there is no list of secrets", help });
        }
        kind
    }

    /// Gates have ids of their own: a gate is asked about by its id, a step by its id and host.
    pub(super) fn gate_id(&mut self, id: &Name) {
        let steps = std::mem::take(&mut self.ids);
        self.ids = std::mem::take(&mut self.gates);
        self.id(id);
        self.gates = std::mem::replace(&mut self.ids, steps);
    }

    pub(super) fn id(&mut self, id: &Name) {
        if !names::is_kebab(id) {
            let corrected = names::corrected(id, '-');
            self.error(CheckError::BadId { at: id.span, name: id.value.clone(), what: "an id: they are kebab-case", corrected });
        }
        if let Some(first) = self.ids.insert(id.value.clone(), id.span) {
            self.ids.insert(id.value.clone(), first);
            self.error(CheckError::DuplicateId { at: id.span, first, id: id.value.clone() });
        }
    }

    /// `on`: the names that exist.
    pub(super) fn on(&mut self, on: &[Name], place: &Place) -> Vec<String> {
        for name in on {
            match place.names.get(name) {
                Some(known) if name.value != "local" => {
                    let span = known.span;
                    let host = known.kind.as_ref().is_none_or(|k| match k.present() {
                        Type::List(of) => matches!(**of, Type::Host | Type::String),
                        Type::Host | Type::String | Type::Json => true,
                        _ => false,
                    });
                    let place_for_it = matches!(known.what, What::Target | What::Targets | What::Loop) || place.in_action && known.what == What::Param;
                    self.used.insert(span);
                    if !host || !place_for_it {
                        self.error(CheckError::UnknownTarget { at: name.span, name: name.value.clone(), similar: None, known: targets(place) });
                    }
                }
                Some(_) => {}
                None => {
                    let known = targets(place);
                    let similar = similar(name, known.iter().map(String::as_str));
                    self.error(CheckError::UnknownTarget { at: name.span, name: name.value.clone(), similar, known });
                }
            }
        }
        on.iter().map(|n| n.value.clone()).collect()
    }

    /// The place inside a block with these settings.
    pub(super) fn settings(&mut self, settings: &Settings, place: &Place) -> Place {
        let mut place = place.clone();
        if !settings.on.is_empty() {
            place.on = self.on(&settings.on, &place);
        }
        let here = if place.on.is_empty() { place.clone() } else { Place { names: place.names.on_a_host(), ..place.clone() } };
        for text in settings.as_user.iter().chain(&settings.cwd) {
            self.prose(text, &here);
        }
        for (name, value) in &settings.env {
            let variable = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
            if !variable {
                self.error(CheckError::BadId {
                    at: name.span,
                    name: name.value.clone(),
                    what: "the name of an environment variable",
                    corrected: names::corrected(name, '_').to_uppercase(),
                });
            }
            self.with_secrets(|checker| checker.any_operand(value, &here));
        }
        if let Some(shell) = &settings.shell
            && !matches!(shell.text.as_str(), "bash" | "sh")
        {
            self.error(CheckError::UnknownWord {
                at: shell.span,
                word: shell.text.clone(),
                what: "a shell that the engine knows",
                allowed: &["\"bash\"", "\"sh\""],
            });
        }
        self.duration(settings.timeout.as_ref(), "`timeout`", &here);
        self.unreachable(settings.unreachable.as_ref());
        place
    }

    pub(super) fn no_after(&mut self, after: &[Name]) {
        if let Some(first) = after.first() {
            self.error(CheckError::AfterOutsideParallel { at: first.span });
        }
    }

    pub(super) fn when(&mut self, when: Option<&grammar::ast::Expr>, place: &mut Place) {
        if let Some(when) = when {
            let here = if place.on.is_empty() { place.clone() } else { Place { names: place.names.on_a_host(), ..place.clone() } };
            self.guard(when, "`when`", &here);
            place.conditions.push(when.text.trim().to_owned());
        }
    }

    /// The pieces of a block, top to bottom.
    pub(super) fn pieces(&mut self, pieces: &[Piece], place: &mut Place) {
        for piece in pieces {
            self.no_after(order::after(piece));
            self.piece(piece, place);
        }
    }

    pub(super) fn piece(&mut self, piece: &Piece, place: &mut Place) {
        match piece {
            Piece::Step(step) => self.step(step, place, false),
            Piece::Manual(step) => self.step(step, place, true),
            Piece::Gate(gate) => self.gate(gate, place),
            Piece::Boundary(boundary) => self.boundary(boundary, place),
            Piece::During(during) => self.during(during, place),
            Piece::Parallel(block) => self.parallel(block, place),
            Piece::For(each) => self.each(each, place),
            Piece::Fact(fact) => self.fact(fact, place, What::Fact),
            Piece::Require(require) => self.require(require, place),
            Piece::Call(call) => self.call(call, place),
            Piece::Series(series) => self.series(series, place),
        }
    }

    /// A block inside this one; what it binds is seen behind it.
    pub(super) fn block(&mut self, block: &Block, place: &mut Place, change: impl FnOnce(&mut Place)) {
        let mut inner = self.settings(&block.settings, place);
        self.when(block.when.as_ref(), &mut inner);
        change(&mut inner);
        self.pieces(&block.pieces, &mut inner);
        place.names.extend(&inner.names);
        place.before.extend(inner.before);
    }

    pub(super) fn fact(&mut self, fact: &Fact, place: &mut Place, what: What) {
        let kind = self.written_type(&fact.kind);
        let said = fact.secret.as_ref().is_some_and(|s| s.value);
        let kind = if said { Some(Type::Secret) } else { kind };
        let is_secret = kind.as_ref().is_some_and(|k| *k.present() == Type::Secret);
        let wrong = if said && !matches!(fact.kind.name.value.as_str(), "string" | "secret") {
            Some(("a secret fact is text", "declare it `string` or `secret`"))
        } else if is_secret && fact.kind.optional {
            Some(("a secret fact can't be left out", "leave the `?` out"))
        } else if is_secret && what != What::TopFact {
            Some(("a secret fact is read in preflight only", "move it to the top of the runbook, and pass it on as an argument that is declared `secret`"))
        } else {
            None
        };
        if let Some((what, help)) = wrong {
            self.error(CheckError::SecretWritten { at: fact.name.span, what, help });
        }
        let here = self.settings(&fact.settings, place);
        if here.on.is_empty() && !place.in_action {
            self.error(CheckError::OnMissing { at: fact.name.span, id: format!("fact {}", fact.name.value) });
        }
        let here = Place { names: here.names.on_a_host(), ..here };
        self.script(&fact.cmd, &here);
        if let Some(stdin) = &fact.stdin {
            self.with_secrets(|checker| checker.prose(stdin, &here));
        }
        let mut known = Known::new(what, kind, fact.name.span);
        known.spread = self.spread(&here);
        known.unless.clone_from(&place.conditions);
        self.variable(&fact.name, known, place);
    }

    /// The names that spread what is read here over several hosts; none where it is one host for sure.
    pub(super) fn spread(&self, place: &Place) -> Vec<String> {
        let several = place.on.len() > 1 || place.on.iter().any(|on| place.names.get(on).is_some_and(|k| matches!(k.kind, Some(Type::List(_)))));
        if several { place.on.clone() } else { Vec::new() }
    }

    pub(super) fn require(&mut self, require: &Require, place: &Place) {
        let mut here = place.clone();
        if !require.on.is_empty() {
            here.on = self.on(&require.on, place);
        }
        let here = if here.on.is_empty() && !place.in_action { here } else { Place { names: here.names.on_a_host(), ..here } };
        self.prose(&require.why, &here);
        match &require.that {
            grammar::ast::Condition::Holds(that) => self.guard(that, "`require`", &here),
            grammar::ast::Condition::Succeeds(command) => {
                if here.on.is_empty() && !place.in_action {
                    self.error(CheckError::OnMissing { at: require.why.span, id: "require".to_owned() });
                }
                self.script(command, &here);
            }
        }
    }

    /// A value that the plan needs: nothing that is read during the run.
    pub(super) fn known_early(&mut self, operand: &Operand, what: &str, place: &Place) {
        self.known(operand, what, place, false);
    }

    /// A value that gives the plan its shape: facts of the top may be in it, since they are read before the plan is drawn.
    pub(super) fn known_when_drawn(&mut self, text: &Expr, what: &str, place: &Place) {
        self.known(&Operand::Computed(text.clone()), what, place, true);
    }

    fn known(&mut self, operand: &Operand, what: &str, place: &Place, facts: bool) {
        let names = match operand {
            Operand::List(items) => {
                for item in &items.value {
                    self.known(item, what, place, facts);
                }
                return;
            }
            Operand::Literal(text) => crate::plan::template::Prose::compile(text).map(|p| p.names()).unwrap_or_default(),
            Operand::Computed(text) => crate::plan::template::Expression::compile(text).map(|e| e.names()).unwrap_or_default(),
        };
        for (name, at) in names {
            let late = |k: &Known| !k.what.is_known_before() && name != "local" && !(facts && k.what == What::TopFact);
            if place.names.get(&name).is_some_and(late) {
                self.error(CheckError::KnownTooLate { at, what: what.to_owned(), name });
            }
        }
    }

    /// Where names get their values, for the errors of those who use them too early.
    pub(super) fn collect(&mut self, block: &Block, in_loop: bool) {
        for piece in &block.pieces {
            let mut found = |name: &str, span: Span| {
                self.elsewhere.entry(name.to_owned()).or_insert(Elsewhere { span, in_loop });
            };
            match piece {
                Piece::Step(step) | Piece::Manual(step) => {
                    self.steps.insert(step.id.value.clone(), step.id.span);
                    for capture in Merged::of_step(&step.fields, self.actions).captures() {
                        found(&capture.name, capture.name.span);
                    }
                    for evidence in &step.fields.evidence {
                        found(&evidence.name, evidence.name.span);
                    }
                }
                Piece::Gate(gate) => {
                    self.pieces_with_ids.insert(gate.id.value.clone(), "gate");
                    if gate.choices.is_some() {
                        found(&gate.id.replace('-', "_"), gate.id.span);
                    }
                }
                Piece::Fact(fact) => found(&fact.name, fact.name.span),
                Piece::Boundary(boundary) => {
                    self.pieces_with_ids.insert(boundary.id.value.clone(), "boundary");
                    self.collect(&boundary.block, in_loop);
                }
                Piece::During(during) => during.block.iter().for_each(|b| self.collect(b, in_loop)),
                Piece::Parallel(block) => self.collect(block, in_loop),
                Piece::For(each) => {
                    found(&each.var, each.var.span);
                    if let Some(e) = self.elsewhere.get_mut(&each.var.value) {
                        e.in_loop = true;
                    }
                    self.collect(&each.block, true);
                }
                Piece::Series(series) => self.collect(&series.block, true),
                Piece::Call(call) => {
                    self.pieces_with_ids.insert(call.id.value.clone(), "call");
                }
                Piece::Require(_) => {}
            }
        }
    }
}

pub(super) fn targets(place: &Place) -> Vec<String> {
    place
        .names
        .iter()
        .filter(|(name, k)| matches!(k.what, What::Target | What::Targets | What::Loop) || *name == "local")
        .map(|(name, _)| name.clone())
        .collect()
}

/// The sets of hosts, and their parts, that an operand is taken from.
pub(super) fn mentioned(operand: &grammar::ast::Operand, place: &Place) -> Vec<String> {
    let grammar::ast::Operand::Computed(text) = operand else { return Vec::new() };
    let names = crate::plan::template::Expression::compile(text).map(|e| e.names()).unwrap_or_default();
    let mut out = Vec::new();
    for (name, _) in names {
        if let Some(known) = place.names.get(&name) {
            out.extend(known.part_of.iter().cloned());
            out.push(name);
        }
    }
    out
}
