//! Gates: what is asked, what may be answered, what silence means.

use grammar::ast::{Gate, Name, Operand};

use super::error::CheckError;
use super::names::{Known, What};
use super::walk::{Checker, Place};
use crate::value::{Type, Value};

pub(crate) const AT_ONCE: &str = "an answer would be too old at once: give it some minutes";
pub(crate) const APPROVERS: &str = "name OS users, each by itself: `approvers [\"ada\", \"bo\"]`; without the word anybody may say yes";

/// Whether this can be the name of an OS user. Directories have names that `useradd` would not take.
pub(crate) fn is_user(name: &str) -> bool {
    !name.is_empty() && name.trim() == name && name.len() <= 256 && !name.contains(|c: char| c.is_control() || matches!(c, ',' | ':'))
}

pub(crate) fn bad_approver(name: &str) -> String {
    if name.is_empty() { "nobody could say yes: a name is missing".to_owned() } else { format!("`{}` is no name of a user", name.escape_debug()) }
}

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
            self.approvers(approvers, &no_host);
        }
        self.duration(gate.valid_for.as_ref(), "`valid_for`", &no_host);
        if let Some(at) = gate.valid_for.as_ref().filter(|valid| Type::Duration.read(valid.text.trim()) == Ok(Value::Duration(0))) {
            self.error(CheckError::OutOfRange { at: at.span, what: "`valid_for`", found: at.text.trim().to_owned(), help: AT_ONCE });
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

    fn approvers(&mut self, approvers: &Operand, place: &Place) {
        self.operand(approvers, &Type::List(Box::new(Type::String)), "`approvers`", place);
        self.known_early(approvers, "`approvers`", place);
        let Operand::List(items) = approvers else { return };
        if items.value.is_empty() {
            self.error(CheckError::BadApprover { at: items.span, name: String::new() });
        }
        for item in &items.value {
            if let Operand::Literal(text) = item
                && !text.text.contains("{{")
                && !is_user(&text.text)
            {
                self.error(CheckError::BadApprover { at: text.span, name: text.text.clone() });
            }
        }
    }

    pub(super) fn choices(&mut self, gate: &Gate, place: &mut Place, here: &Place) {
        let Some(choices) = &gate.choices else { return };
        let texts = Type::List(Box::new(Type::String));
        self.operand(choices, &texts, "`choices`", here);
        self.known_early(choices, "`choices`", here);
        if let Operand::List(items) = choices
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
