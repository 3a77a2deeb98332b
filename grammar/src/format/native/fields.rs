//! The fields of a step, a manual step and an action.

use super::Builder;
use super::shape::{Line, Part, Unit};
use super::value::{kind, listed, quoted};
use crate::ast::{Capture, Does, Evidence, Expr, Fields, Name, Retry, Undo, Verify};
use crate::native::Slot;

impl Builder<'_> {
    /// In the order of the language page; whoever asks puts them into the order in which they were written.
    pub(super) fn fields(&mut self, fields: &Fields) -> Vec<Unit> {
        let Fields { facts, requires, check, does, instructions, evidence, verify, undo, irreversible, captures, retry, reboots, .. } = fields;
        let Fields { private, output_limit, expect, tolerate, stdin, .. } = fields;
        let mut units: Vec<_> = self.expression_field("expect", expect.as_ref()).into_iter().collect();
        units.extend(facts.iter().map(|fact| self.fact(fact)));
        units.extend(requires.iter().map(|require| self.require(require)));
        units.extend(check.iter().map(|check| Line::field("check").with([self.values.command(check)]).unit().own([check.span])));
        units.extend(does.iter().map(|does| self.does(does)));
        units.extend(self.text_field("instructions", instructions.as_ref()));
        units.extend(self.text_field("stdin", stdin.as_ref()));
        units.extend(
            reboots.iter().map(|within| Line::field("reboots").clause("within", Some(self.values.expression(within, Slot::Operand))).unit().own([within.span])),
        );
        units.extend(verify.iter().map(|verify| self.verify(verify)));
        units.extend(evidence.iter().map(evidence_line));
        units.extend(undo.iter().map(|undo| self.undo(undo)));
        units.extend(self.text_field("irreversible", irreversible.as_ref()));
        units.extend(captures.iter().map(capture));
        units.extend(retry.iter().map(|retry| self.retry(retry)));
        units.extend(self.expression_field("tolerate", tolerate.as_ref()));
        units.extend(private.iter().map(|private| Line::field("private").word(private.to_string()).unit().own([private.span])));
        units.extend(self.expression_field("output_limit", output_limit.as_ref()));
        units
    }

    fn does(&mut self, does: &Does) -> Unit {
        match does {
            Does::Run(command) => Line::field("run").with([self.values.command(command)]).unit().own([command.span]),
            Does::Use(call) => {
                let (line, arguments) = self.call(Line::field("use"), call);
                line.unit().own([call.name.span]).inside(arguments)
            }
            Does::Upload { src, to } => Line::field("upload").word(quoted(&src.text)).clause("to", Some(quoted(&to.text))).unit().own([src.span, to.span]),
            Does::Download { src, to } => Line::field("download").word(quoted(&src.text)).clause("to", Some(quoted(&to.text))).unit().own([src.span, to.span]),
            Does::Sleep(time) => Line::field("sleep").word(self.values.expression(time, Slot::Operand)).unit().own([time.span]),
        }
    }

    fn verify(&mut self, verify: &Verify) -> Unit {
        let Verify { cmd, every, within } = verify;
        let line = Line::field("verify").with([self.values.command(cmd)]);
        let line = line.clause("every", self.values.optional(every.as_ref(), Slot::Operand));
        let line = line.clause("within", self.values.optional(within.as_ref(), Slot::Operand));
        line.unit().own([cmd.span]).own([every, within].into_iter().flatten().map(|expr| expr.span))
    }

    fn undo(&mut self, undo: &Undo) -> Unit {
        let line = Line::field("undo");
        match undo {
            Undo::Command(command) => line.with([self.values.command(command)]).unit().own([command.span]),
            Undo::None(why) => line.word("none").with([self.values.text(why)]).unit().own([why.span]),
            Undo::Manual(what) => line.word("manual").with([self.values.text(what)]).unit().own([what.span]),
        }
    }

    fn retry(&mut self, retry: &Retry) -> Unit {
        let Retry { times, every, backoff, on } = retry;
        let line = Line::field("retry").word(self.values.expression(times, Slot::Operand));
        let line = line.clause("every", self.values.optional(every.as_ref(), Slot::Operand));
        let line = line.clause("backoff", self.values.optional(backoff.as_ref(), Slot::Operand));
        let line = line.clause("on", (!on.is_empty()).then(|| listed(on)));
        let expressions = [Some(times), every.as_ref(), backoff.as_ref()];
        line.unit().own(expressions.into_iter().flatten().map(|expr| expr.span)).own(on.iter().map(|on| on.span))
    }

    pub(super) fn when(&mut self, when: Option<&Expr>) -> Option<Unit> {
        when.map(|when| Line::field("when").word(self.values.expression(when, Slot::Line)).unit().own([when.span]))
    }

    pub(super) fn expression_field(&mut self, word: &str, value: Option<&Expr>) -> Option<Unit> {
        value.map(|value| Line::field(word).word(self.values.expression(value, Slot::Operand)).unit().own([value.span]))
    }

    pub(super) fn name_field(&self, word: &str, name: Option<&Name>) -> Option<Unit> {
        name.map(|name| Line::field(word).word(&name.value).unit().own([name.span]))
    }
}

fn capture(capture: &Capture) -> Unit {
    let Capture { name, kind: type_name } = capture;
    Line::field("capture").word(format!("{}: {}", name.value, kind(type_name))).unit().own([name.span, type_name.name.span])
}

fn evidence_line(evidence: &Evidence) -> Unit {
    let Evidence { name, kind: type_name, ask } = evidence;
    let line = Line::field("evidence").word(format!("{}: {}", name.value, kind(type_name))).with([Part::Word(quoted(&ask.text))]);
    line.unit().own([name.span, type_name.name.span, ask.span])
}
