//! A step with the actions that it uses, laid over each other: the step's own field counts before the action's, and
//! that before the field of an action which the action uses. Requirements and postconditions add up.

use std::collections::BTreeMap;

use grammar::ast::{Action, ActionCall, Capture, Does, Fields, Settings, Undo};
use grammar::source::{Spanned, Text};

/// One layer: a step's own fields, or those of an action with the call that brought it in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(crate) fields: &'a Fields,
    /// `None` for the step's own: its settings are part of the block's.
    pub(crate) settings: Option<&'a Settings>,
    pub(crate) call: Option<&'a ActionCall>,
    pub(crate) action: Option<&'a Action>,
}

#[derive(Debug, Clone)]
pub(crate) struct Merged<'a> {
    /// The step first.
    pub(crate) layers: Vec<Layer<'a>>,
}

impl<'a> Merged<'a> {
    pub(crate) fn of_step(fields: &'a Fields, actions: &'a BTreeMap<String, Action>) -> Self {
        let mut merged = Self { layers: vec![Layer { fields, settings: None, call: None, action: None }] };
        merged.follow(actions);
        merged
    }

    pub(crate) fn of_action(action: &'a Action, actions: &'a BTreeMap<String, Action>) -> Self {
        let mut merged = Self { layers: vec![Layer { fields: &action.fields, settings: Some(&action.settings), call: None, action: Some(action) }] };
        merged.follow(actions);
        merged
    }

    fn follow(&mut self, actions: &'a BTreeMap<String, Action>) {
        while let Some(Does::Use(call)) = self.layers.last().and_then(|l| l.fields.does.as_ref()) {
            let Some(action) = actions.get(&call.name.value) else { break };
            if self.layers.iter().any(|l| l.action.is_some_and(|a| a.name.value == action.name.value)) {
                break;
            }
            self.layers.push(Layer { fields: &action.fields, settings: Some(&action.settings), call: Some(call), action: Some(action) });
        }
    }

    /// The first layer that has a field, and the field.
    pub(crate) fn first<T: ?Sized>(&self, field: impl Fn(&'a Fields) -> Option<&'a T>) -> Option<(usize, &'a T)> {
        self.layers.iter().enumerate().find_map(|(at, layer)| field(layer.fields).map(|f| (at, f)))
    }

    /// What it does in the end: an action's own command where actions are used.
    pub(crate) fn does(&self) -> Option<(usize, &'a Does)> {
        self.layers.iter().enumerate().rev().find_map(|(at, layer)| layer.fields.does.as_ref().filter(|d| !matches!(d, Does::Use(_))).map(|d| (at, d)))
    }

    pub(crate) fn undo(&self) -> Option<&'a Undo> {
        self.first(|f| f.undo.as_ref()).map(|(_, undo)| undo)
    }

    pub(crate) fn check(&self) -> Option<&'a Text> {
        self.first(|f| f.check.as_ref()).map(|(_, check)| check)
    }

    pub(crate) fn irreversible(&self) -> Option<&'a Text> {
        self.first(|f| f.irreversible.as_ref()).map(|(_, why)| why)
    }

    pub(crate) fn is_private(&self) -> bool {
        self.first(|f| f.private.as_ref()).is_some_and(|(_, p): (usize, &Spanned<bool>)| p.value)
    }

    pub(crate) fn captures(&self) -> &'a [Capture] {
        self.layers.iter().map(|l| l.fields.captures.as_slice()).find(|c| !c.is_empty()).unwrap_or_default()
    }
}
