//! A called runbook as a block: its own names, its own settings, its facts and requirements as nodes, its scopes to the
//! end of the call.

use grammar::ast::{Call, Condition, Operand, Param, Runbook, Target};
use grammar::source::Span;

use super::error::PlanError;
use super::lower::{Context, Exits, Hosts, Lowering};
use super::model::*;
use super::settings::Around;
use crate::value::{Type, Value};

impl<'p> Lowering<'p> {
    pub(super) fn call(&mut self, call: &'p Call, context: &Context<'p>, before: Exits) -> Exits {
        // Refused by the check.
        let Some(runbook) = self.program.runbooks().get(&call.runbook.value) else { return before };
        let mut context = context.clone();
        self.when(call.when.as_ref(), &mut context);
        let frame = self.frame(context.frame, true);
        let given = |name: &str| call.with.iter().find(|(n, _)| n.value == name).map(|(_, value)| value);
        for param in &runbook.params {
            self.argument(runbook, param, given(&param.name.value), context.frame, frame, call.runbook.span);
        }
        for target in &runbook.targets {
            self.called_target(target, given(&target.name.value), context.frame, frame, call.runbook.span);
        }
        let id = format!("{}{}{}", context.calls, call.id.value, context.items);
        self.called(runbook, id, frame, &context, before)
    }

    /// The runbook's own blocks, in its own frame. Of the caller it keeps the conditions and the place, no setting.
    pub(super) fn called(&mut self, runbook: &'p Runbook, id: String, frame: FrameId, context: &Context<'p>, before: Exits) -> Exits {
        self.window(runbook);
        self.called_signers(runbook);
        self.lock(runbook, frame);
        let title = runbook.title.as_ref().map(|t| self.shown(t, frame, None));
        let calls = format!("{id}/");
        let block = self.new_block(context.block, BlockKind::Call { id, runbook: runbook.name.value.clone(), title });
        let own = Context { frame, block, on: Hosts::default(), around: Around::default(), when: context.when.clone(), calls, items: String::new() };
        let mut exits = before;
        // As at the top of a run: its environment may hold facts, so those are read without it.
        let (on, mut around) = self.place(&runbook.body.settings, &own);
        around.env.clear();
        let top = Context { on, around, ..own.clone() };
        for fact in &runbook.facts {
            exits = self.join(exits, &top);
            exits = self.fact_nodes(fact, &top, exits);
        }
        let nowhere = Context { on: Hosts::default(), ..top.clone() };
        for require in &runbook.requires {
            exits = self.join(exits, &top);
            let on_nothing = require.on.is_empty() && matches!(require.that, Condition::Holds(_));
            exits = self.require_nodes(require, if on_nothing { &nowhere } else { &top }, exits);
        }
        self.block(&runbook.body, &own, exits)
    }

    pub(super) fn window(&mut self, runbook: &Runbook) {
        if let Some(window) = &runbook.window
            && !self.windows.contains(&window.text)
        {
            self.windows.push(window.text.clone());
        }
    }

    /// A param's value: as it is given, else its default. What has limits must be known now, since nobody looks later.
    pub(super) fn argument(&mut self, runbook: &Runbook, param: &'p Param, given: Option<&Operand>, caller: FrameId, frame: FrameId, at: Span) {
        let Some(kind) = Type::written(&param.kind) else { return };
        let what = format!("`{}` of `{}`", param.name.value, runbook.name.value);
        let bound = match (given, &param.default) {
            (Some(value), _) => {
                self.given.insert((frame, param.name.value.clone()), (value.clone(), caller));
                self.operand(value, &kind, &what, caller, None)
            }
            (None, Some(default)) => {
                self.given.insert((frame, param.name.value.clone()), (default.clone(), frame));
                self.operand(default, &kind, &what, frame, None)
            }
            (None, None) => Some(Bound::Value(Value::None)),
        };
        let Some(bound) = bound else { return };
        match &bound {
            Bound::Value(value) => self.in_range(param, value, frame, given.map_or(at, Operand::span)),
            Bound::Computed { .. } | Bound::Written { .. } | Bound::Slot(_) if has_limits(param) => {
                self.error(PlanError::LimitedTooLate { at: given.map_or(at, Operand::span), name: param.name.value.clone(), limits: param.name.span });
            }
            Bound::Computed { .. } | Bound::Written { .. } | Bound::Slot(_) => {}
        }
        self.bind(frame, &param.name.value, bound, Some(kind));
    }

    /// Passed, or of the same name in the caller, or reckoned from the runbook's own names.
    pub(super) fn called_target(&mut self, target: &'p Target, given: Option<&Operand>, caller: FrameId, frame: FrameId, at: Span) {
        let at = given.map_or(at, Operand::span);
        let name = &target.name.value;
        let kind = if target.kind.is_some() { Type::Host } else { Type::List(Box::new(Type::Host)) };
        let what = format!("the target `{name}`");
        let value = match (given, &target.is) {
            (Some(value), _) => self.early_operand(value, &kind, &what, caller, None),
            (None, is) => match self.early(caller, None, |early| super::template::Scope::lookup(early, name)) {
                Some(value) => self.as_type(value, &kind, &what, at),
                None => is.as_ref().and_then(|is| self.early_operand(is, &kind, &what, frame, None)),
            },
        };
        let hosts = match value {
            Some(Value::List(items)) => items.iter().map(Value::display).collect(),
            Some(value) => vec![value.display()],
            None => return,
        };
        if let Some(value) = self.hosts_as_value(target, hosts, at) {
            self.bind(frame, name, Bound::Value(value), Some(kind));
        }
    }
}

fn has_limits(param: &Param) -> bool {
    param.one_of.is_some() || param.matches.is_some() || param.min.is_some() || param.max.is_some()
}
