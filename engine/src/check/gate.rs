//! Gates: what is asked, what may be answered, what silence means.

use grammar::ast::{Gate, Name};

use super::error::CheckError;
use super::names::{Known, What};
use super::walk::{Checker, Place};
use crate::value::Type;

impl Checker<'_> {
    pub(super) fn gate(&mut self, gate: &Gate, place: &mut Place) {
        self.gate_id(&gate.id);
        let mut here = self.settings(&gate.settings, place);
        let no_host = Place { on: Vec::new(), ..here.clone() };
        if let Some(when) = &gate.when {
            self.guard(when, "`when`", &no_host);
            here.conditions.push(when.text.trim().to_owned());
        }
        for text in gate.question.iter().chain(&gate.confirm) {
            self.prose(text, &no_host);
        }
        for show in &gate.show {
            let on = if show.on.is_empty() { here.on.clone() } else { self.on(&show.on, &here) };
            if on.is_empty() {
                self.error(CheckError::OnMissing { at: show.cmd.span, id: "show".to_owned() });
            }
            let at = Place { names: here.names.on_a_host(), on, ..here.clone() };
            self.script(&show.cmd, &at);
        }
        if let Some(approvers) = &gate.approvers {
            self.not_built(approvers.span(), "`approvers`");
        }
        if let Some(second) = &gate.second_person
            && second.value
        {
            self.not_built(second.span, "`second_person`");
        }
        if let Some(valid) = &gate.valid_for {
            self.not_built(valid.span, "`valid_for`");
        }
        self.gate_timeout(gate, &no_host);
        self.choices(gate, place, &Place { conditions: here.conditions, ..no_host });
    }

    pub(super) fn gate_timeout(&mut self, gate: &Gate, place: &Place) {
        let id = gate.id.value.clone();
        let Some(timeout) = &gate.timeout else {
            self.error(CheckError::GateWithoutTimeout { at: gate.id.span, id });
            return;
        };
        self.duration(Some(&timeout.after), "`timeout`", place);
        match timeout.then.as_ref().map(|t| (t.value.as_str(), t.span)) {
            None => self.error(CheckError::GateWithoutThen { at: timeout.after.span, id }),
            Some(("rollback", at)) if !place.boundary => self.error(CheckError::RollbackWithoutBoundary { at, id }),
            Some(("rollback" | "park" | "end", _)) => {}
            Some((word, at)) => {
                self.error(CheckError::UnknownWord { at, word: word.to_owned(), what: "what can follow silence", allowed: &["rollback", "park", "end"] })
            }
        }
    }

    pub(super) fn choices(&mut self, gate: &Gate, place: &mut Place, here: &Place) {
        let Some(choices) = &gate.choices else { return };
        let texts = Type::List(Box::new(Type::String));
        self.operand(choices, &texts, "`choices`", here);
        self.known_early(choices, "`choices`", here);
        if let grammar::ast::Operand::List(items) = choices
            && items.value.is_empty()
        {
            self.error(CheckError::OutOfRange {
                at: items.span,
                what: "a list of choices",
                found: "empty".to_owned(),
                help: "write what can be chosen, or leave `choices` out",
            });
        }
        let name = Name { value: gate.id.replace('-', "_"), span: gate.id.span };
        let mut known = Known::new(What::Choice, Some(Type::String), gate.id.span);
        known.unless.clone_from(&here.conditions);
        self.variable(&name, known, place);
    }
}
