//! `notify`: an action as a hook. It runs beside the run, on the engine's machine, so of an action's fields only those
//! count that make up one command.

use grammar::ast::{Does, Fields, Notify, Undo};

use super::error::CheckError;
use super::merged::Merged;
use super::names::{Known, What};
use super::walk::{Checker, Place};
use crate::plan::model::{HookEvent, TOLD};

impl Checker<'_> {
    pub(super) fn notify(&mut self, notify: &Notify, place: &Place) {
        let name = &notify.action.name;
        let mut names = place.names.on_a_host();
        for (told, kind) in TOLD {
            if let Some(first) = names.get(told) {
                self.error(CheckError::DuplicateName { at: name.span, first: first.span, name: told.to_owned() });
            }
            names.bind(told, Known::new(What::Builtin, Some(kind), name.span));
        }
        let here = Place { names, on: vec!["local".to_owned()], ..Place::default() };
        if let Some(action) = self.action_call(&notify.action, &here) {
            let merged = Merged::of_action(action, self.actions);
            let beyond = merged.layers.iter().find_map(|layer| beyond_a_hook(layer.fields));
            let beyond = beyond.or_else(|| (!matches!(merged.does(), Some((_, Does::Run(_))))).then_some("no `run`"));
            if let Some(has) = beyond {
                self.error(CheckError::NotAHook { at: name.span, action: name.value.clone(), has, defined: action.name.span });
            }
        }
        if notify.on.is_empty() {
            self.error(CheckError::NotifyWithoutOn { at: name.span });
        }
        for on in notify.on.iter().filter(|on| HookEvent::written(on).is_none()) {
            self.error(CheckError::UnknownWord { at: on.span, word: on.value.clone(), what: "what a run tells of", allowed: &HookEvent::WORDS });
        }
    }
}

/// The first field that a hook can't heed.
fn beyond_a_hook(fields: &Fields) -> Option<&'static str> {
    let said = [
        (!fields.facts.is_empty(), "a `fact`"),
        (!fields.requires.is_empty(), "a `require`"),
        (fields.check.is_some(), "a `check`"),
        (!fields.verify.is_empty(), "a `verify`"),
        (matches!(fields.undo, Some(Undo::Command(_) | Undo::Manual(_))), "an `undo`"),
        (fields.irreversible.is_some(), "`irreversible`"),
        (!fields.captures.is_empty(), "a `capture`"),
        (fields.retry.is_some(), "a `retry`"),
        (fields.reboots.is_some(), "`reboots`"),
        (fields.tolerate.is_some(), "`tolerate`"),
        (!fields.evidence.is_empty(), "`evidence`"),
    ];
    said.into_iter().find_map(|(is_said, field)| is_said.then_some(field))
}
