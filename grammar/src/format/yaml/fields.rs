//! The fields of a step, a manual step and an action.

use std::collections::HashSet;

use super::Builder;
use super::shape::{FLOWING, Role, Unit, Value, group, item, key, made, named};
use super::value::{kind, kind_key, list_key};
use crate::ast::{Capture, Does, Evidence, Fields, Retry, Undo, Verify};
use crate::source::{Spanned, Text};

impl Builder<'_> {
    /// In the order of the language page; whoever asks puts them into the order in which they were written.
    pub(super) fn fields(&mut self, fields: &Fields) -> Vec<Unit> {
        let Fields { facts, requires, check, does, instructions, evidence, verify, undo, irreversible, captures, retry, reboots, .. } = fields;
        let Fields { private, output_limit, expect, tolerate, stdin, .. } = fields;
        let mut units: Vec<_> = self.values.maybe_expression("expect", expect.as_ref()).into_iter().collect();
        units.extend(self.facts(facts));
        units.extend(self.requires(requires));
        units.extend(check.iter().map(|check| self.values.command_key("check", check)));
        units.extend(does.iter().map(|does| self.does(does)));
        units.extend(self.values.maybe_text("instructions", instructions.as_ref()));
        units.extend(self.values.maybe_text("stdin", stdin.as_ref()));
        units.extend(self.values.maybe_expression("reboots", reboots.as_ref()));
        units.extend(self.verify(verify));
        units.extend(self.evidence(evidence));
        units.extend(undo.iter().map(|undo| self.undo(undo)));
        units.extend(self.values.maybe_text("irreversible", irreversible.as_ref()));
        units.extend(captured(captures));
        units.extend(retry.iter().map(|retry| self.retry(retry)));
        units.extend(self.values.maybe_expression("tolerate", tolerate.as_ref()));
        units.extend(private.iter().map(|private| truth("private", private)));
        units.extend(self.values.maybe_expression("output_limit", output_limit.as_ref()));
        units
    }

    fn does(&mut self, does: &Does) -> Unit {
        let transfer = |word: &str, src: &Text, to: &Text| key(word, FLOWING, vec![self.values.text_key("src", src), self.values.text_key("to", to)]);
        match does {
            Does::Run(command) => self.values.command_key("run", command),
            Does::Use(call) => self.values.call("use", call),
            Does::Upload { src, to } => transfer("upload", src, to),
            Does::Download { src, to } => transfer("download", src, to),
            Does::Sleep(time) => self.values.expression_key("sleep", time),
        }
    }

    fn verify(&mut self, verify: &[Verify]) -> Option<Unit> {
        match verify {
            [] => None,
            [Verify { cmd, every: None, within: None }] => Some(self.values.command_key("verify", cmd)),
            [one] => Some(key("verify", FLOWING, self.verify_parts(one))),
            several => {
                let unit = |one: &Verify| match one {
                    Verify { cmd, every: None, within: None } => item(self.values.command(cmd), Vec::new()).own([cmd.span]),
                    one => item(FLOWING, self.verify_parts(one)),
                };
                group("verify", Value::List { tall: true }, several.iter().map(unit).collect())
            }
        }
    }

    fn verify_parts(&mut self, verify: &Verify) -> Vec<Unit> {
        let Verify { cmd, every, within } = verify;
        let mut parts = vec![self.values.command_key("cmd", cmd)];
        parts.extend(self.values.maybe_expression("every", every.as_ref()));
        parts.extend(self.values.maybe_expression("within", within.as_ref()));
        parts
    }

    fn undo(&mut self, undo: &Undo) -> Unit {
        match undo {
            Undo::Command(command) => self.values.command_key("undo", command),
            Undo::None(why) => key("undo", FLOWING, vec![self.values.text_key("none", why)]),
            Undo::Manual(what) => key("undo", FLOWING, vec![self.values.text_key("manual", what)]),
        }
    }

    fn retry(&mut self, retry: &Retry) -> Unit {
        let Retry { times, every, backoff, on } = retry;
        if every.is_none() && backoff.is_none() && on.is_empty() {
            return self.values.expression_key("retry", times);
        }
        let mut parts = vec![self.values.expression_key("times", times)];
        parts.extend(self.values.maybe_expression("every", every.as_ref()));
        parts.extend(self.values.maybe_expression("backoff", backoff.as_ref()));
        parts.extend((!on.is_empty()).then(|| list_key("on", on)));
        key("retry", FLOWING, parts)
    }

    fn evidence(&mut self, evidence: &[Evidence]) -> Option<Unit> {
        let parts =
            |Evidence { name, kind: type_name, ask }: &Evidence| vec![named("name", name), kind_key("type", type_name), self.values.text_key("ask", ask)];
        match evidence {
            [] => None,
            [one] => Some(key("evidence", FLOWING, parts(one))),
            several => group("evidence", Value::List { tall: true }, several.iter().map(|one| item(FLOWING, parts(one))).collect()),
        }
    }
}

/// `{name: type, …}`; a name that comes twice needs a list.
fn captured(captures: &[Capture]) -> Option<Unit> {
    let one = |Capture { name, kind: type_name }: &Capture| key(&name.value, kind(type_name), Vec::new()).own([name.span, type_name.name.span]);
    let names: HashSet<_> = captures.iter().map(|capture| capture.name.value.as_str()).collect();
    if names.len() == captures.len() {
        return group("capture", FLOWING, captures.iter().map(one).collect());
    }
    group("capture", Value::List { tall: true }, captures.iter().map(|capture| item(FLOWING, vec![one(capture)])).collect())
}

/// A key whose value is `true` or `false`.
pub(super) fn truth(word: &str, truth: &Spanned<bool>) -> Unit {
    key(word, made(truth.to_string(), Role::Typed), Vec::new()).own([truth.span])
}
