//! A file, its runbooks and actions, and what stands at their heads.

use super::Builder;
use super::shape::{FLOWING, LINES, Role, Shape, Unit, Value, group, item, key, made, maybe_named, named};
use super::value::{kind, kind_key, list_key, names_key};
use crate::ast::{Action, Condition, Fact, File, Notify, Param, Require, Runbook, Target};
use crate::source::Text;

impl Builder<'_> {
    pub(super) fn file(&mut self, file: &File) -> Unit {
        let File { imports, actions, runbooks } = file;
        let imports = match imports.as_slice() {
            [] => None,
            [one] => Some(self.values.text_key("import", one)),
            several => {
                let items = several.iter().map(|path| item(self.values.text(path), Vec::new()).own([path.span]));
                Some(key("import", Value::List { tall: true }, items.collect()).group())
            }
        };
        let mut heads: Vec<_> = actions.iter().map(|action| self.action(action)).collect();
        heads.extend(runbooks.iter().map(|runbook| self.runbook(runbook)));
        heads.sort_by_key(Unit::start);
        Unit::new(Shape::Document).inside(imports.into_iter().collect()).inside(heads)
    }

    fn runbook(&mut self, runbook: &Runbook) -> Unit {
        let Runbook { name, title, about, source, owner, verified, window, signers, locks, params, targets, facts, requires, notify, body } = runbook;
        let mut head = Vec::new();
        for (word, text) in [("about", about), ("source", source), ("owner", owner)] {
            head.extend(self.values.maybe_text(word, text.as_ref()));
        }
        head.extend(verified.iter().map(|date| key("verified", made(&date.text, Role::Typed), Vec::new()).own([date.span])));
        head.extend(self.values.maybe_text("window", window.as_ref()));
        head.extend(self.values.maybe_text("signers", signers.as_ref()));
        head.extend(self.locks(locks));
        head.extend(group("params", LINES, params.iter().map(|param| self.param(param)).collect()));
        head.extend(group("targets", LINES, targets.iter().map(|target| self.target(target)).collect()));
        head.extend(self.facts(facts));
        head.extend(self.requires(requires));
        head.extend(self.notify(notify));
        let inside = self.block(body, head);
        let title = self.values.maybe_text("title", title.as_ref());
        Unit::new(Shape::Document).inside(vec![named("runbook", name)]).inside(title.into_iter().collect()).inside(inside)
    }

    fn action(&mut self, action: &Action) -> Unit {
        let Action { name, title, params, settings, fields } = action;
        let title = self.values.maybe_text("title", title.as_ref());
        let mut inside: Vec<_> = group("params", LINES, params.iter().map(|param| self.param(param)).collect()).into_iter().collect();
        inside.extend(self.settings(settings));
        inside.extend(self.fields(fields));
        inside.sort_by_key(Unit::start);
        Unit::new(Shape::Document).inside(vec![named("action", name)]).inside(title.into_iter().collect()).inside(inside)
    }

    fn locks(&self, locks: &[Text]) -> Option<Unit> {
        match locks {
            [] => None,
            [one] => Some(self.values.text_key("lock", one)),
            several => {
                let items = several.iter().map(|lock| item(self.values.text(lock), Vec::new()).own([lock.span]));
                Some(key("lock", Value::List { tall: false }, items.collect()).group())
            }
        }
    }

    fn param(&mut self, param: &Param) -> Unit {
        let Param { name, kind: type_name, default, help, one_of, matches, min, max } = param;
        let mut parts = vec![kind_key("type", type_name)];
        parts.extend(self.values.maybe_operand("default", default.as_ref()));
        parts.extend(self.values.maybe_text("help", help.as_ref()));
        parts.extend(self.values.maybe_operand("one_of", one_of.as_ref()));
        parts.extend(self.values.maybe_text("matches", matches.as_ref()));
        parts.extend(self.values.maybe_operand("min", min.as_ref()));
        parts.extend(self.values.maybe_operand("max", max.as_ref()));
        if parts.len() == 1 {
            return key(&name.value, kind(type_name), Vec::new()).own([name.span, type_name.name.span]);
        }
        parts.sort_by_key(Unit::start);
        key(&name.value, FLOWING, parts).own([name.span])
    }

    fn target(&mut self, target: &Target) -> Unit {
        let Target { name, kind, is } = target;
        match (kind, is) {
            (None, None) => key(&name.value, Value::Nothing, Vec::new()).own([name.span]),
            (Some(kind), None) => named(&name.value, kind).own([name.span]),
            (kind, Some(is)) => {
                let mut parts: Vec<_> = maybe_named("type", kind.as_ref()).into_iter().collect();
                parts.push(self.values.operand_key("is", is));
                key(&name.value, FLOWING, parts).own([name.span])
            }
        }
    }

    pub(super) fn facts(&mut self, facts: &[Fact]) -> Option<Unit> {
        let facts = facts.iter().map(|fact| key(&fact.name.value, FLOWING, self.fact_parts(fact)).own([fact.name.span]));
        group("facts", LINES, facts.collect())
    }

    /// All of a fact but its name.
    pub(super) fn fact_parts(&mut self, fact: &Fact) -> Vec<Unit> {
        let Fact { name: _, kind: type_name, cmd, settings, stdin, secret } = fact;
        let mut parts = vec![kind_key("type", type_name)];
        parts.extend(names_key("on", &settings.on));
        parts.push(self.values.command_key("cmd", cmd));
        parts.extend(self.settings_but_on(settings));
        parts.extend(self.values.maybe_text("stdin", stdin.as_ref()));
        parts.extend(secret.iter().map(|secret| super::fields::truth("secret", secret)));
        parts.sort_by_key(Unit::start);
        parts
    }

    pub(super) fn requires(&mut self, requires: &[Require]) -> Option<Unit> {
        match requires {
            [] => None,
            [one] => Some(key("require", FLOWING, self.require_parts(one))),
            several => {
                let items = several.iter().map(|require| item(FLOWING, self.require_parts(require)));
                group("require", Value::List { tall: true }, items.collect())
            }
        }
    }

    pub(super) fn require_parts(&mut self, require: &Require) -> Vec<Unit> {
        let Require { why, that, on } = require;
        let mut parts = vec![self.values.text_key("why", why)];
        parts.push(match that {
            Condition::Holds(expr) => self.values.expression_key("that", expr),
            Condition::Succeeds(command) => self.values.command_key("cmd", command),
        });
        parts.extend(names_key("on", on));
        parts
    }

    fn notify(&mut self, notify: &[Notify]) -> Option<Unit> {
        match notify {
            [] => None,
            [Notify { action, on }] if on.is_empty() && action.args.is_empty() => Some(named("notify", &action.name)),
            [one] => Some(key("notify", FLOWING, self.notify_parts(one))),
            several => {
                let items = several.iter().map(|one| {
                    if one.on.is_empty() && one.action.args.is_empty() {
                        let name = made(&one.action.name.value, Role::Name);
                        return item(name, Vec::new()).own([one.action.name.span]);
                    }
                    item(FLOWING, self.notify_parts(one))
                });
                group("notify", Value::List { tall: true }, items.collect())
            }
        }
    }

    fn notify_parts(&mut self, notify: &Notify) -> Vec<Unit> {
        let Notify { action, on } = notify;
        if action.name.value == "on" {
            let help = "give the action another name: here `on` says at which events";
            self.values.unwritable(action.name.span, "an action that is called `on`", help);
        }
        let mut parts = vec![self.values.action(action)];
        parts.extend((!on.is_empty()).then(|| list_key("on", on)));
        parts
    }
}
