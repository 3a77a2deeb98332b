//! The keys of a mapping: each goes to its place in what is gathered.

use super::Lowering;
use super::node::{Entry, Node, Value};
use super::parts::each;
use crate::ast::{Does, Fact, Param, Target};
use crate::gathered::Gathered;
use crate::syntax_error::SyntaxError;
use crate::word::{PIECES, Place, Word};

impl Lowering<'_> {
    /// All keys but those that say what the piece is.
    pub(super) fn fields<'n>(&mut self, entries: impl IntoIterator<Item = &'n Entry>, place: Place) -> Box<Gathered> {
        let mut gathered = Gathered::boxed();
        let known = place.yaml();
        for entry in entries {
            match Word::read(&entry.key.text) {
                Some(word) if known.contains(&word) => self.field(word, entry, place, &mut gathered),
                Some(word) if is_misplaced(word, place) => {
                    self.errors.push(SyntaxError::MisplacedWord { span: entry.key.span, word, place });
                }
                _ => self.unknown_key(&entry.key, place.described(), &known),
            }
        }
        gathered
    }

    fn field(&mut self, word: Word, entry: &Entry, place: Place, gathered: &mut Gathered) {
        let span = entry.key.span;
        let node = &entry.value;
        let slot = if place == Place::Gate && word == Word::Title { Word::Question } else { word };
        if !gathered.is_first(slot, span, self.errors) {
            return;
        }
        let what = format!("`{}`", word.text());
        let what = what.as_str();
        match word {
            Word::Title | Word::Question => gathered.title = self.text(node, what),
            Word::About => gathered.about = self.text(node, what),
            Word::Source => gathered.source = self.text(node, what),
            Word::Owner => gathered.owner = self.text(node, what),
            Word::Verified => gathered.verified = self.text(node, what),
            Word::Window => gathered.window = self.text(node, what),
            Word::Signers => gathered.signers = self.text(node, what),
            Word::Lock => gathered.locks = each(node).iter().filter_map(|lock| self.text(lock, what)).collect(),
            Word::Notify => gathered.notify = each(node).iter().filter_map(|one| self.notify(one)).collect(),
            Word::Params => gathered.params = self.params(node),
            Word::Targets => gathered.targets = self.targets(node),
            Word::Facts => gathered.fields.facts = self.facts(node),
            Word::Require => {
                let requires: Vec<_> = each(node).iter().filter_map(|one| self.require(one)).collect();
                gathered.fields.requires.extend(requires);
            }
            Word::Steps => self.steps(node, what, place, gathered),

            Word::When => gathered.when = self.expression(node, what),
            Word::After => gathered.after = self.names(node, what),
            Word::On => gathered.settings.on = self.names(node, what),
            Word::As => gathered.settings.as_user = self.text(node, what),
            Word::Env => gathered.settings.env = self.arguments(node, what),
            Word::Cwd => gathered.settings.cwd = self.text(node, what),
            Word::Shell => gathered.settings.shell = self.text(node, what),
            Word::Timeout if place == Place::Gate => gathered.gate_timeout = self.silence(node, what, place),
            Word::Timeout => gathered.settings.timeout = self.expression(node, what),
            Word::Unreachable => gathered.settings.unreachable = self.name(node, what),

            Word::OnFailure => gathered.on_failure = self.name(node, what),
            Word::Ask => gathered.ask = self.silence(node, what, place),
            Word::Budget => gathered.budget = self.expression(node, what),
            Word::Release => gathered.release = self.name(node, what),
            Word::In => gathered.over = self.expression(node, what),
            Word::Batch => gathered.batch = self.expression(node, what),
            Word::Pause => gathered.pause = self.expression(node, what),
            Word::From => gathered.from = self.expression(node, what),
            Word::To => gathered.to = self.expression(node, what),
            Word::Runbook => gathered.called = self.name(node, what),
            Word::With => gathered.with = self.arguments(node, what),

            Word::Type => gathered.kind = self.type_name(node, what),
            Word::Default => gathered.default = self.operand(node, what),
            Word::Help => gathered.help = self.text(node, what),
            Word::OneOf => gathered.one_of = self.operand(node, what),
            Word::Matches => gathered.matches = self.text(node, what),
            Word::Min => gathered.min = self.operand(node, what),
            Word::Max => gathered.max = self.operand(node, what),
            Word::Cmd => gathered.cmd = self.command(node, what),
            Word::Secret => gathered.secret = self.truth(node, what),
            _ => self.step_field(word, entry, gathered),
        }
    }

    fn step_field(&mut self, word: Word, entry: &Entry, gathered: &mut Gathered) {
        let node = &entry.value;
        let what = format!("`{}`", word.text());
        let what = what.as_str();
        match word {
            Word::Run | Word::Use | Word::Upload | Word::Download | Word::Sleep => {
                if let Some(does) = self.does(word, node, what) {
                    gathered.does(word, entry.key.span, does, self.errors);
                }
            }
            Word::Check => gathered.fields.check = self.command(node, what),
            Word::Verify => gathered.fields.verify = each(node).iter().filter_map(|one| self.verify(one)).collect(),
            Word::Undo => gathered.fields.undo = self.undo(node),
            Word::Irreversible => gathered.fields.irreversible = self.text(node, what),
            Word::Capture => gathered.fields.captures = self.captures(node),
            Word::Retry => gathered.fields.retry = self.retry(node),
            Word::Reboots => gathered.fields.reboots = self.reboots(node),
            Word::Private => gathered.fields.private = self.truth(node, what),
            Word::OutputLimit => gathered.fields.output_limit = self.expression(node, what),
            Word::Expect => gathered.fields.expect = self.expression(node, what),
            Word::Tolerate => gathered.fields.tolerate = self.expression(node, what),
            Word::Stdin => gathered.fields.stdin = self.text(node, what),
            Word::Instructions => gathered.fields.instructions = self.text(node, what),
            Word::Evidence => gathered.fields.evidence = each(node).iter().filter_map(|one| self.evidence(one)).collect(),
            Word::Show => gathered.show = each(node).iter().filter_map(|one| self.show(one)).collect(),
            Word::Confirm => gathered.confirm = self.text(node, what),
            Word::Choices => gathered.choices = self.operand(node, what),
            Word::Approvers => gathered.approvers = self.operand(node, what),
            Word::SecondPerson => gathered.second_person = self.truth(node, what),
            Word::Down => gathered.down = self.truth(node, what),
            Word::ValidFor => gathered.valid_for = self.expression(node, what),
            _ => {}
        }
    }

    fn does(&mut self, word: Word, node: &Node, what: &str) -> Option<Does> {
        Some(match word {
            Word::Run => Does::Run(self.command(node, what)?),
            Word::Use => Does::Use(self.call(node, what)?),
            Word::Sleep => Does::Sleep(self.expression(node, what)?),
            Word::Upload => self.transfer(node, what).map(|(src, to)| Does::Upload { src, to })?,
            _ => self.transfer(node, what).map(|(src, to)| Does::Download { src, to })?,
        })
    }

    fn steps(&mut self, node: &Node, what: &str, place: Place, gathered: &mut Gathered) {
        match &node.value {
            Value::List(items) => {
                for item in items {
                    self.piece(item, place, gathered);
                }
            }
            _ => self.wrong_kind(node, what, "a list of pieces", Some("begin each piece with a `-`: - step: ID")),
        }
    }

    /// `{NAME: type}` or `{NAME: {type, default, …}}`.
    fn params(&mut self, node: &Node) -> Vec<Param> {
        let mut params = Vec::new();
        for entry in self.map(node, "`params`") {
            let name = self.key_name(&entry.key);
            let mut gathered = Gathered::boxed();
            match &entry.value.value {
                Value::Map(entries) => gathered = self.fields(entries, Place::Param),
                _ => gathered.kind = self.type_name(&entry.value, "the type of a param"),
            }
            if let Some(name) = name
                && (gathered.kind.is_some() || matches!(entry.value.value, Value::Map(_)))
            {
                params.extend(gathered.param(name, entry.key.span, self.errors));
            }
        }
        params
    }

    /// `{NAME: type}`, `{NAME: {type, is}}`, or a name with nothing.
    fn targets(&mut self, node: &Node) -> Vec<Target> {
        let mut targets = Vec::new();
        for entry in self.map(node, "`targets`") {
            let Some(name) = self.key_name(&entry.key) else { continue };
            let (mut kind, mut is) = (None, None);
            match &entry.value.value {
                Value::Nothing => {}
                Value::Map(_) => {
                    for (word, part) in self.known(&entry.value, "a target", &[Word::Type, Word::Is]) {
                        match word {
                            Word::Type => kind = self.name(&part.value, "`type`"),
                            _ => is = self.operand(&part.value, "`is`"),
                        }
                    }
                }
                Value::Scalar(_) => kind = self.name(&entry.value, "the type of a target"),
                Value::List(_) | Value::Refused => {
                    self.wrong_kind(&entry.value, "a target", "a type or a mapping", Some("write: {is: [host, host]}"));
                }
            }
            targets.push(Target { name, kind, is });
        }
        targets
    }

    fn facts(&mut self, node: &Node) -> Vec<Fact> {
        let mut facts = Vec::new();
        for entry in self.map(node, "`facts`") {
            let name = self.key_name(&entry.key);
            let entries = self.map(&entry.value, "a fact");
            let gathered = self.fields(entries, Place::Fact);
            if let Some(name) = name.filter(|_| matches!(entry.value.value, Value::Map(_))) {
                facts.extend(gathered.into_fact(name, entry.key.span, self.errors));
            }
        }
        facts
    }
}

/// A word of the language that has no business here, rather than one that was mistyped.
fn is_misplaced(word: Word, place: Place) -> bool {
    let elsewhere = [Place::Runbook, Place::Action, Place::Step, Place::Manual, Place::Gate, Place::Boundary];
    let is_piece = PIECES.contains(&word) && place != Place::File;
    !word.form().is_empty() && (is_piece || elsewhere.iter().any(|other| other.yaml().contains(&word)))
}
