//! `series`: the runbooks of a folder above one version and up to another, one after the other, each followed by the
//! block's own pieces; or down, the last one first.

use grammar::ast::{Expr, Operand, Series};
use grammar::source::{Span, Text};

use super::error::PlanError;
use super::frames;
use super::loops::names_in;
use super::lower::{Context, Exits, Lowering};
use super::model::{BlockKind, Bound, FrameId};
use crate::check::Update;
use crate::check::series::{VERSION, literal};
use crate::value::{Type, Value, version};

impl<'p> Lowering<'p> {
    pub(super) fn series(&mut self, series: &'p Series, context: &Context<'p>, before: Exits) -> Exits {
        let needs = [&series.from, &series.to].into_iter().filter(|end| literal(end).is_none()).flat_map(names_in).collect();
        let (from, to) = (series.from.text.trim(), series.to.text.trim());
        let way = if series.goes_down() { "down to" } else { "to" };
        if self.waits_for_facts(&format!("series {} from {from} {way} {to}", series.folder.text), needs, context) {
            return before;
        }
        let (from, to) = (self.version(&series.from, "`from`", context.frame), self.version(&series.to, "`to`", context.frame));
        let (Some(from), Some(to)) = (from, to) else { return before };
        let down = series.goes_down();
        let (lower, upper) = if down { (&to, &from) } else { (&from, &to) };
        if version::compare(lower, upper).is_gt() {
            self.error(PlanError::SeriesOtherWay { at: series.to.span, from, to, down });
            return before;
        }
        let mut exits = before;
        let updates = self.program.updates(series.folder.span);
        for (at, update) in updates.iter().enumerate() {
            if version::compare(&update.version, lower).is_gt() && version::compare(&update.version, upper).is_le() {
                // Without an update there is the one below it, or what is wanted.
                let below = updates.get(at + 1).map(|next| &next.version).filter(|next| version::compare(next, &to).is_gt());
                let reached = if down { below.unwrap_or(&to) } else { &update.version };
                exits = self.join(exits, context);
                exits = self.update(series, update, reached, context, exits);
            }
        }
        exits
    }

    /// `reached` is what the system has behind it.
    fn update(&mut self, series: &'p Series, update: &'p Update, reached: &str, context: &Context<'p>, before: Exits) -> Exits {
        let Update { version, runbook } = update;
        let frame = self.frame(context.frame, false);
        self.bind(frame, VERSION, Bound::Value(Value::Version(version.clone())), Some(Type::Version));
        let block = self.new_block(context.block, BlockKind::Sequence);
        let mut inner = Context { frame, block, items: format!("{}[{version}]", context.items), ..context.clone() };
        if let Some(when) = &series.block.when {
            match self.known_condition(when, frame) {
                Some(true) => {}
                Some(false) => return before,
                None => self.when(Some(when), &mut inner),
            }
        }
        let own = self.frame(frame, true);
        let at = series.folder.span;
        for param in &runbook.params {
            let given = self.of_the_same_name(&param.name.value, frame, at);
            self.argument(runbook, param, given.as_ref(), frame, own, at);
        }
        for target in &runbook.targets {
            self.called_target(target, None, frame, own, at);
        }
        let id = format!("{}{version}{}", context.calls, context.items);
        let exits = self.called(runbook, id, own, &inner, before);
        let frame = self.frame(context.frame, false);
        self.bind(frame, VERSION, Bound::Value(Value::Version(reached.to_owned())), Some(Type::Version));
        let (on, around) = self.place(&series.block.settings, &Context { frame, ..inner.clone() });
        let exits = self.join(exits, &inner);
        self.pieces(&series.block.pieces, &Context { frame, on, around, ..inner }, exits)
    }

    /// A series passes what has the same name where it stands.
    fn of_the_same_name(&self, name: &str, frame: FrameId, at: Span) -> Option<Operand> {
        frames::find(&self.frames, frame, name).is_some().then(|| Operand::Computed(Text::verbatim(name, at)))
    }

    fn version(&mut self, text: &Expr, what: &str, frame: FrameId) -> Option<String> {
        if let Some(written) = literal(text) {
            return Some(written.to_owned());
        }
        match self.early_typed(text, &Type::Version, what, frame, None)? {
            Value::Version(version) => Some(version),
            _ => None,
        }
    }
}
