//! The pieces of a block: mappings whose first key is their keyword.

use super::Builder;
use super::fields::truth;
use super::shape::{FLOWING, LINES, Role, Unit, Value, item, key, made, maybe_named, named};
use super::value::{list_key, names_key};
use crate::ast::{Block, Boundary, Call, During, For, Gate, Name, Operand, Piece, Series, Settings, Show, Silence, Step};

/// The list that `steps` holds.
const PIECES: Value = Value::List { tall: true };

impl Builder<'_> {
    /// The keys of a block: those of its piece and its own as they were written, then `steps`.
    pub(super) fn block(&mut self, block: &Block, fields: Vec<Unit>) -> Vec<Unit> {
        let Block { when: _, after: _, settings: _, pieces } = block;
        let mut units = self.block_fields(block, fields);
        let steps: Vec<_> = pieces.iter().map(|piece| self.piece(piece)).collect();
        units.extend((!steps.is_empty()).then(|| key("steps", PIECES, steps).group()));
        units
    }

    fn block_fields(&mut self, block: &Block, mut fields: Vec<Unit>) -> Vec<Unit> {
        let Block { when, after, settings, pieces: _ } = block;
        fields.extend(self.values.maybe_expression("when", when.as_ref()));
        fields.extend(after_key(after));
        fields.extend(self.settings(settings));
        fields.sort_by_key(Unit::start);
        fields
    }

    fn piece(&mut self, piece: &Piece) -> Unit {
        let parts = match piece {
            Piece::Step(step) => self.step("step", step),
            Piece::Manual(step) => self.step("manual", step),
            Piece::Gate(gate) => self.gate(gate),
            Piece::Boundary(boundary) => self.boundary(boundary),
            Piece::During(during) => self.during(during),
            Piece::Parallel(block) => {
                let steps: Vec<_> = block.pieces.iter().map(|piece| self.piece(piece)).collect();
                let start = crate::source::Span::new(block.span.source, block.span.start, block.span.start);
                let mut parts = vec![key("parallel", PIECES, steps).own([start])];
                parts.extend(self.block_fields(block, Vec::new()));
                parts
            }
            Piece::For(each) => self.each(each),
            Piece::Call(call) => self.call_runbook(call),
            Piece::Series(series) => self.series(series),
            Piece::Fact(fact) => {
                let mut parts = vec![named("fact", &fact.name)];
                parts.extend(self.fact_parts(fact));
                parts
            }
            Piece::Require(require) => vec![key("require", FLOWING, self.require_parts(require))],
        };
        item(LINES, parts)
    }

    fn step(&mut self, word: &str, step: &Step) -> Vec<Unit> {
        let Step { id, title, when, after, settings, fields } = step;
        let mut parts: Vec<_> = names_key("on", &settings.on).into_iter().collect();
        parts.extend(self.values.maybe_expression("when", when.as_ref()));
        parts.extend(after_key(after));
        parts.extend(self.settings_but_on(settings));
        parts.extend(self.fields(fields));
        headed(named(word, id), self.values.maybe_text("title", title.as_ref()), parts)
    }

    fn gate(&mut self, gate: &Gate) -> Vec<Unit> {
        let Gate { id, question, when, after, settings, show, confirm, choices, approvers, second_person, valid_for, timeout } = gate;
        let mut parts: Vec<_> = self.values.maybe_expression("when", when.as_ref()).into_iter().collect();
        parts.extend(after_key(after));
        parts.extend(self.settings(settings));
        parts.extend(self.shows(show));
        parts.extend(self.values.maybe_text("confirm", confirm.as_ref()));
        parts.extend(self.values.maybe_operand("choices", choices.as_ref()));
        parts.extend(self.values.maybe_operand("approvers", approvers.as_ref()));
        parts.extend(second_person.iter().map(|second| truth("second_person", second)));
        parts.extend(self.values.maybe_expression("valid_for", valid_for.as_ref()));
        parts.extend(timeout.iter().map(|timeout| self.silence("timeout", timeout)));
        headed(named("gate", id), self.values.maybe_text("question", question.as_ref()), parts)
    }

    fn silence(&mut self, word: &'static str, silence: &Silence) -> Unit {
        match &silence.then {
            None => self.values.expression_key(word, &silence.after),
            Some(then) => key(word, FLOWING, vec![self.values.expression_key("after", &silence.after), named("then", then)]),
        }
    }

    fn shows(&mut self, shows: &[Show]) -> Option<Unit> {
        let parts = |show: &Show| {
            let mut parts = vec![self.values.command_key("cmd", &show.cmd)];
            parts.extend(names_key("on", &show.on));
            parts
        };
        match shows {
            [] => None,
            [one] if one.on.is_empty() => Some(self.values.command_key("show", &one.cmd)),
            [one] => Some(key("show", FLOWING, parts(one))),
            several => {
                let unit = |show: &Show| match show.on.as_slice() {
                    [] => item(self.values.command(&show.cmd), Vec::new()).own([show.cmd.span]),
                    _ => item(FLOWING, parts(show)),
                };
                super::shape::group("show", Value::List { tall: true }, several.iter().map(unit).collect())
            }
        }
    }

    fn boundary(&mut self, boundary: &Boundary) -> Vec<Unit> {
        let Boundary { id, title, on_failure, ask, budget, block } = boundary;
        let mut parts: Vec<_> = maybe_named("on_failure", on_failure.as_ref()).into_iter().collect();
        parts.extend(ask.iter().map(|ask| self.silence("ask", ask)));
        parts.extend(self.values.maybe_expression("budget", budget.as_ref()));
        headed_block(named("boundary", id), self.values.maybe_text("title", title.as_ref()), self.block(block, parts))
    }

    fn during(&mut self, during: &During) -> Vec<Unit> {
        let During { action, release, settings, block } = during;
        let mut parts: Vec<_> = names_key("on", &settings.on).into_iter().collect();
        parts.extend(maybe_named("release", release.as_ref()));
        let head = self.values.call("during", action);
        let others = self.settings_but_on(settings);
        if !others.is_empty() {
            self.values.unwritable(action.name.span, "a setting of the scope itself", "put it into the block");
        }
        let Some(block) = block else { return headed(head, None, parts) };
        if let Some(on) = block.settings.on.first() {
            let help = "in YAML the `on` of a `during` is the scope's own: say `on` in each piece of its block";
            self.values.unwritable(on.span, "`on` for the block of a `during`", help);
        }
        let mut inside = self.block(block, parts);
        if block.pieces.is_empty() {
            // Without `steps` it would hold to the end of the block around it.
            inside.push(key("steps", PIECES, Vec::new()));
        }
        headed_block(head, None, inside)
    }

    fn each(&mut self, each: &For) -> Vec<Unit> {
        let For { var, over, batch, pause, tolerate, block } = each;
        let mut parts = vec![self.values.expression_key("in", over)];
        for (word, value) in [("batch", batch), ("pause", pause), ("tolerate", tolerate)] {
            parts.extend(self.values.maybe_expression(word, value.as_ref()));
        }
        headed_block(named("for", var), None, self.block(block, parts))
    }

    fn call_runbook(&mut self, call: &Call) -> Vec<Unit> {
        let Call { id, runbook, with, when, after } = call;
        let mut parts = vec![named("runbook", runbook)];
        parts.extend((!with.is_empty()).then(|| key("with", FLOWING, self.values.arguments(with)).group()));
        parts.extend(self.values.maybe_expression("when", when.as_ref()));
        parts.extend(after_key(after));
        headed(named("call", id), None, parts)
    }

    fn series(&mut self, series: &Series) -> Vec<Unit> {
        let Series { folder, from, to, down, block } = series;
        let mut parts = vec![self.values.expression_key("from", from), self.values.expression_key("to", to)];
        parts.extend(down.iter().map(|down| truth("down", down)));
        headed_block(self.values.text_key("series", folder), None, self.block(block, parts))
    }

    pub(super) fn settings(&mut self, settings: &Settings) -> Vec<Unit> {
        names_key("on", &settings.on).into_iter().chain(self.settings_but_on(settings)).collect()
    }

    /// Where `on` has its place already.
    pub(super) fn settings_but_on(&mut self, settings: &Settings) -> Vec<Unit> {
        let Settings { on: _, as_user, env, cwd, shell, timeout, unreachable } = settings;
        let mut units: Vec<_> = self.values.maybe_text("as", as_user.as_ref()).into_iter().collect();
        units.extend(self.values.maybe_text("cwd", cwd.as_ref()));
        units.extend(self.env(env));
        units.extend(self.values.maybe_text("shell", shell.as_ref()));
        units.extend(self.values.maybe_expression("timeout", timeout.as_ref()));
        units.extend(maybe_named("unreachable", unreachable.as_ref()));
        units
    }

    fn env(&mut self, env: &[(Name, Operand)]) -> Option<Unit> {
        (!env.is_empty()).then(|| key("env", FLOWING, self.values.arguments(env)))
    }
}

/// The keyword, the title, then the rest as it was written.
fn headed(head: Unit, title: Option<Unit>, mut parts: Vec<Unit>) -> Vec<Unit> {
    parts.sort_by_key(Unit::start);
    headed_block(head, title, parts)
}

fn headed_block(head: Unit, title: Option<Unit>, parts: Vec<Unit>) -> Vec<Unit> {
    std::iter::once(head).chain(title).chain(parts).collect()
}

fn after_key(after: &[Name]) -> Option<Unit> {
    match after {
        [] => None,
        [one] => Some(key("after", Value::List { tall: false }, vec![item(made(&one.value, Role::Name), Vec::new()).own([one.span])])),
        several => Some(list_key("after", several)),
    }
}
