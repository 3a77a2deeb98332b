//! The pieces of a block.

use super::Builder;
use super::shape::{Line, Part, Unit};
use super::value::{listed, names};
use crate::ast::{ActionCall, Block, Boundary, Call, During, For, Gate, Name, Operand, Piece, Series, Settings, Show, Silence, Step};
use crate::format::rows::Align;
use crate::native::Slot;
use crate::source::Span;

impl Builder<'_> {
    /// What a block holds: `when` first, then its fields as they were written, then its pieces.
    pub(super) fn block(&mut self, block: &Block, fields: Vec<Unit>) -> Vec<Unit> {
        let Block { when, after, settings, pieces } = block;
        let mut units: Vec<_> = self.when(when.as_ref()).into_iter().collect();
        let mut rest: Vec<_> = self.after(after).into_iter().collect();
        rest.extend(fields);
        rest.extend(self.settings(settings));
        rest.sort_by_key(Unit::start);
        units.extend(rest);
        units.extend(pieces.iter().map(|piece| self.piece(piece)));
        units
    }

    fn piece(&mut self, piece: &Piece) -> Unit {
        match piece {
            Piece::Step(step) => self.step("step", step),
            Piece::Manual(step) => self.step("manual", step),
            Piece::Gate(gate) => self.gate(gate),
            Piece::Boundary(boundary) => self.boundary(boundary),
            Piece::During(during) => self.during(during),
            // Its span is its first word, or in YAML the whole.
            Piece::Parallel(block) => {
                let start = Span::new(block.span.source, block.span.start, block.span.start);
                let inside = self.block(block, Vec::new());
                Line::new("parallel").block().unit().own([start]).inside(inside)
            }
            Piece::For(each) => self.each(each),
            Piece::Call(call) => self.call_runbook(call),
            Piece::Series(series) => self.series(series),
            Piece::Fact(fact) => self.fact(fact),
            Piece::Require(require) => self.require(require),
        }
    }

    fn step(&mut self, word: &str, step: &Step) -> Unit {
        let Step { id, title, when, after, settings, fields } = step;
        let on = (!settings.on.is_empty()).then(|| names(&settings.on));
        let line = Line::new(word).word(&id.value).with(self.title(title.as_ref())).clause("on", on).block();
        let mut inside: Vec<_> = self.when(when.as_ref()).into_iter().collect();
        let mut rest: Vec<_> = self.after(after).into_iter().collect();
        rest.extend(self.settings_but_on(settings));
        rest.extend(self.fields(fields));
        rest.sort_by_key(Unit::start);
        inside.extend(rest);
        let own = std::iter::once(id.span).chain(title.as_ref().map(|title| title.span)).chain(settings.on.iter().map(|on| on.span));
        line.unit().own(own).inside(inside)
    }

    fn gate(&mut self, gate: &Gate) -> Unit {
        let Gate { id, question, when, after, settings, show, confirm, choices, approvers, second_person, valid_for, timeout } = gate;
        let mut inside: Vec<_> = self.when(when.as_ref()).into_iter().collect();
        let mut rest: Vec<_> = self.after(after).into_iter().collect();
        rest.extend(self.settings(settings));
        rest.extend(show.iter().map(|show| self.show(show)));
        rest.extend(self.text_field("confirm", confirm.as_ref()));
        rest.extend(self.operand_field("choices", choices.as_ref()));
        rest.extend(self.operand_field("approvers", approvers.as_ref()));
        rest.extend(second_person.iter().map(|truth| Line::field("second_person").word(truth.to_string()).unit().own([truth.span])));
        rest.extend(self.expression_field("valid_for", valid_for.as_ref()));
        rest.extend(timeout.iter().map(|timeout| self.silence("timeout", timeout)));
        rest.sort_by_key(Unit::start);
        inside.extend(rest);
        let line = Line::new("gate").word(&id.value).with(self.title(question.as_ref())).block();
        line.unit().own([id.span]).own(question.as_ref().map(|question| question.span)).inside(inside)
    }

    fn show(&mut self, show: &Show) -> Unit {
        let Show { cmd, on } = show;
        let line = Line::field("show").with([self.values.command(cmd)]).clause("on", (!on.is_empty()).then(|| names(on)));
        line.unit().own([cmd.span]).own(on.iter().map(|on| on.span))
    }

    fn silence(&mut self, word: &'static str, silence: &Silence) -> Unit {
        let Silence { after, then } = silence;
        let line = Line::field(word).word(self.values.expression(after, Slot::Operand));
        line.clause("then", then.as_ref().map(|then| then.value.clone())).unit().own([after.span]).own(then.as_ref().map(|then| then.span))
    }

    fn boundary(&mut self, boundary: &Boundary) -> Unit {
        let Boundary { id, title, on_failure, ask, budget, block } = boundary;
        let mut fields: Vec<_> = self.name_field("on_failure", on_failure.as_ref()).into_iter().collect();
        fields.extend(ask.iter().map(|ask| self.silence("ask", ask)));
        fields.extend(self.expression_field("budget", budget.as_ref()));
        let inside = self.block(block, fields);
        let line = Line::new("boundary").word(&id.value).with(self.title(title.as_ref())).block();
        line.unit().own([id.span]).own(title.as_ref().map(|title| title.span)).inside(inside)
    }

    fn during(&mut self, during: &During) -> Unit {
        let During { action, release, settings, block } = during;
        let (line, arguments) = self.call(Line::new("during"), action);
        let on = (!settings.on.is_empty()).then(|| names(&settings.on));
        let mut line = line.clause("on", on).clause("release", release.as_ref().map(|release| release.value.clone()));
        // There is no place for these behind the scope's header; no reader puts any there.
        let others = self.settings_but_on(settings);
        if let Some(other) = others.first() {
            let at = Span::new(action.name.span.source, other.start(), other.start());
            self.unwritable(at, "a setting of the scope itself", "put it into the block");
        }
        line.block = block.is_some();
        let inside = block.as_ref().map(|block| self.block(block, Vec::new())).unwrap_or_default();
        let own = std::iter::once(action.name.span).chain(settings.on.iter().map(|on| on.span)).chain(release.as_ref().map(|release| release.span));
        line.unit().own(own).inside(arguments).inside(inside)
    }

    fn each(&mut self, each: &For) -> Unit {
        let For { var, over, batch, pause, tolerate, block } = each;
        let mut line = Line::new("for").word(&var.value).word("in").word(self.values.expression(over, Slot::Operand)).block();
        for (word, value) in [("batch", batch), ("pause", pause), ("tolerate", tolerate)] {
            line = line.clause(word, self.values.optional(value.as_ref(), Slot::Operand));
        }
        let own = [Some(over), batch.as_ref(), pause.as_ref(), tolerate.as_ref()].into_iter().flatten().map(|expr| expr.span);
        let inside = self.block(block, Vec::new());
        line.unit().own([var.span]).own(own).inside(inside)
    }

    fn call_runbook(&mut self, call: &Call) -> Unit {
        let Call { id, runbook, with, when, after } = call;
        let mut line = Line::new("call").word(&id.value).word(&runbook.value);
        if !with.is_empty() {
            line = line.with([Part::Items { close_to: true, open: '(', close: ')' }]);
        }
        let arguments = self.values.arguments(with);
        let mut inside: Vec<_> = self.when(when.as_ref()).into_iter().collect();
        inside.extend(self.after(after));
        line.block = !inside.is_empty();
        line.unit().own([id.span, runbook.span]).inside(arguments).inside(inside)
    }

    fn series(&mut self, series: &Series) -> Unit {
        let Series { folder, from, to, down, block } = series;
        let line = Line::new("series").word(super::value::quoted(&folder.text));
        let line = line.clause("from", Some(self.values.expression(from, Slot::Operand)));
        let line = if series.goes_down() { line.word("down") } else { line };
        let line = line.clause("to", Some(self.values.expression(to, Slot::Operand)));
        let inside = self.block(block, Vec::new());
        line.block().unit().own([folder.span, from.span, to.span].into_iter().chain(down.as_ref().map(|down| down.span))).inside(inside)
    }

    /// `NAME(arg: value, …)` behind a line's words, and the units of the arguments.
    pub(super) fn call(&mut self, line: Line, call: &ActionCall) -> (Line, Vec<Unit>) {
        let ActionCall { name, args } = call;
        let line = line.word(&name.value);
        if args.is_empty() {
            return (line, Vec::new());
        }
        (line.with([Part::Items { close_to: true, open: '(', close: ')' }]), self.values.arguments(args))
    }

    pub(super) fn settings(&mut self, settings: &Settings) -> Vec<Unit> {
        let on = (!settings.on.is_empty()).then(|| Line::field("on").word(names(&settings.on)).unit().own(settings.on.iter().map(|on| on.span)));
        on.into_iter().chain(self.settings_but_on(settings)).collect()
    }

    /// Where `on` stands in the header.
    pub(super) fn settings_but_on(&mut self, settings: &Settings) -> Vec<Unit> {
        let Settings { on: _, as_user, env, cwd, shell, timeout, unreachable } = settings;
        let mut units: Vec<_> = self.text_field("as", as_user.as_ref()).into_iter().collect();
        units.extend(self.text_field("cwd", cwd.as_ref()));
        units.extend(self.env(env));
        units.extend(self.text_field("shell", shell.as_ref()));
        units.extend(self.expression_field("timeout", timeout.as_ref()));
        units.extend(self.name_field("unreachable", unreachable.as_ref()));
        units
    }

    fn env(&mut self, env: &[(Name, Operand)]) -> Option<Unit> {
        let binding = |(name, value): &(Name, Operand)| {
            let (part, items) = self.values.operand(value, Slot::Line);
            let mut line = Line::new(&name.value).with([Part::Equals, part]);
            line.align = Align::Equals("env");
            line.unit().own([name.span]).value(value).inside(items)
        };
        let inside: Vec<_> = env.iter().map(binding).collect();
        (!inside.is_empty()).then(|| Line::field("env").block().unit().inside(inside))
    }

    fn after(&self, after: &[Name]) -> Option<Unit> {
        (!after.is_empty()).then(|| Line::field("after").word(listed(after)).unit().own(after.iter().map(|name| name.span)))
    }
}
