//! A file, its runbooks and actions, and what stands at their heads.

use super::Builder;
use super::shape::{Line, Part, Shape, Unit};
use super::value::{kind, listed, names};
use crate::ast::{Action, Condition, Fact, File, Notify, Operand, Param, Require, Runbook, Target};
use crate::format::rows::Align;
use crate::native::Slot;
use crate::source::Text;

impl Builder<'_> {
    pub(super) fn file(&mut self, file: &File) -> Unit {
        let File { imports, actions, runbooks } = file;
        let imports = imports.iter().map(|path| Line::field("import").with([self.values.text(path)]).unit().own([path.span]));
        let imports: Vec<_> = imports.collect();
        let mut heads: Vec<_> = actions.iter().map(|action| self.action(action)).collect();
        heads.extend(runbooks.iter().map(|runbook| self.runbook(runbook)));
        heads.sort_by_key(Unit::start);
        Unit::new(Shape::File).inside(imports).inside(heads)
    }

    fn runbook(&mut self, runbook: &Runbook) -> Unit {
        let Runbook { name, title, about, source, owner, verified, window, signers, locks, params, targets, facts, requires, notify, body } = runbook;
        let mut head = Vec::new();
        for (word, text) in [("about", about), ("source", source), ("owner", owner)] {
            head.extend(self.text_field(word, text.as_ref()));
        }
        head.extend(verified.iter().map(|date| Line::field("verified").word(self.values.verbatim(date)).unit().own([date.span])));
        head.extend(self.text_field("window", window.as_ref()));
        head.extend(self.text_field("signers", signers.as_ref()));
        head.extend(locks.iter().filter_map(|lock| self.text_field("lock", Some(lock))));
        head.extend(params.iter().map(|param| self.param(param)));
        head.extend(targets.iter().map(|target| self.target(target)));
        head.extend(facts.iter().map(|fact| self.fact(fact)));
        head.extend(requires.iter().map(|require| self.require(require)));
        head.extend(notify.iter().map(|notify| self.notify(notify)));
        let line = Line::new("runbook").word(&name.value).with(self.title(title.as_ref())).block();
        let inside = self.block(body, head);
        line.unit().own([name.span]).own(title.as_ref().map(|title| title.span)).inside(inside)
    }

    fn action(&mut self, action: &Action) -> Unit {
        let Action { name, title, params, settings, fields } = action;
        let mut line = Line::new("action").word(&name.value);
        let mut parameters = Vec::new();
        if !params.is_empty() {
            line = line.with([Part::Items { close_to: true, open: '(', close: ')' }]);
            parameters = params.iter().map(|param| self.declaration(param)).collect();
        }
        let mut inside = self.settings(settings);
        inside.extend(self.fields(fields));
        inside.sort_by_key(Unit::start);
        let line = line.with(self.title(title.as_ref())).block();
        line.unit().own([name.span]).own(title.as_ref().map(|title| title.span)).inside(parameters).inside(inside)
    }

    /// A parameter of an action has no limits in the native form.
    fn declaration(&mut self, param: &Param) -> Unit {
        let Param { name, kind: type_name, default, help, one_of, matches, min, max } = param;
        let limit = help.as_ref().or(matches.as_ref()).map(|text| text.span);
        let limit = limit.or_else(|| [one_of, min, max].into_iter().flatten().next().map(Operand::span));
        if let Some(span) = limit {
            let help = "leave the limits of an action's parameters away, or put them to the params of the runbooks that use it";
            self.unwritable(span, "a limit of an action's parameter", help);
        }
        let mut parts = vec![Part::Word(format!("{}: {}", name.value, kind(type_name)))];
        let mut items = Vec::new();
        if let Some(default) = default {
            let (part, inside) = self.values.operand(default, Slot::Item);
            parts.extend([Part::word("="), part]);
            items = inside;
        }
        Unit::new(Shape::Item(parts)).own([name.span, type_name.name.span]).maybe_value(default.as_ref()).inside(items)
    }

    fn param(&mut self, param: &Param) -> Unit {
        let Param { name, kind: type_name, default, help, one_of, matches, min, max } = param;
        let mut line = Line::new("param").word(format!("{}: {}", name.value, kind(type_name)));
        let mut inside = Vec::new();
        if let Some(default) = default {
            let (part, items) = self.values.operand(default, Slot::Line);
            line = line.with([Part::Equals, part]);
            line.align = Align::Equals("param");
            inside = items;
        }
        let mut limits: Vec<_> = self.text_field("help", help.as_ref()).into_iter().collect();
        limits.extend(self.operand_field("one_of", one_of.as_ref()));
        limits.extend(self.text_field("matches", matches.as_ref()));
        limits.extend(self.operand_field("min", min.as_ref()));
        limits.extend(self.operand_field("max", max.as_ref()));
        limits.sort_by_key(Unit::start);
        line.block = !limits.is_empty();
        line.unit().own([name.span, type_name.name.span]).maybe_value(default.as_ref()).inside(inside).inside(limits)
    }

    fn target(&mut self, target: &Target) -> Unit {
        let Target { name, kind, is } = target;
        let kind = kind.as_ref();
        let mut line = Line::new("target").word(kind.map_or_else(|| name.value.clone(), |kind| format!("{}: {}", name.value, kind.value)));
        let mut inside = Vec::new();
        if let Some(is) = is {
            let (part, items) = self.values.operand(is, Slot::Line);
            line = line.with([Part::Equals, part]);
            line.align = Align::Equals("target");
            inside = items;
        }
        line.unit().own([name.span]).own(kind.map(|kind| kind.span)).maybe_value(is.as_ref()).inside(inside)
    }

    pub(super) fn fact(&mut self, fact: &Fact) -> Unit {
        let Fact { name, kind: type_name, cmd, settings, stdin, secret } = fact;
        let on = (!settings.on.is_empty()).then(|| names(&settings.on));
        let line = Line::new("fact").word(format!("{}: {}", name.value, kind(type_name))).clause("on", on);
        let mut line = line.with([Part::word("="), self.values.command(cmd)]);
        let mut inside = self.settings_but_on(settings);
        inside.extend(self.text_field("stdin", stdin.as_ref()));
        inside.extend(secret.iter().map(|secret| Line::field("secret").word(secret.to_string()).unit().own([secret.span])));
        inside.sort_by_key(Unit::start);
        line.block = !inside.is_empty();
        line.unit().own([name.span, type_name.name.span, cmd.span]).own(settings.on.iter().map(|on| on.span)).inside(inside)
    }

    pub(super) fn require(&mut self, require: &Require) -> Unit {
        let Require { why, that, on } = require;
        let (part, span) = match that {
            Condition::Holds(expr) => (Part::Word(self.values.expression(expr, Slot::Condition)), expr.span),
            Condition::Succeeds(command) => (self.values.command(command), command.span),
        };
        let line = Line::field("require").word(super::value::quoted(&why.text)).with([part]);
        line.clause("on", (!on.is_empty()).then(|| names(on))).unit().own([why.span, span]).own(on.iter().map(|on| on.span))
    }

    fn notify(&mut self, notify: &Notify) -> Unit {
        let Notify { action, on } = notify;
        let (line, arguments) = self.call(Line::field("notify"), action);
        let line = line.clause("on", (!on.is_empty()).then(|| listed(on)));
        line.unit().own([action.name.span]).own(on.iter().map(|on| on.span)).inside(arguments)
    }

    pub(super) fn title(&self, title: Option<&Text>) -> Option<Part> {
        title.map(|title| Part::Word(super::value::quoted(&title.text)))
    }

    pub(super) fn text_field(&self, word: &str, text: Option<&Text>) -> Option<Unit> {
        text.map(|text| Line::field(word).with([self.values.text(text)]).unit().own([text.span]))
    }

    pub(super) fn operand_field(&mut self, word: &str, value: Option<&Operand>) -> Option<Unit> {
        value.map(|value| {
            let (part, items) = self.values.operand(value, Slot::Operand);
            Line::field(word).with([part]).unit().value(value).inside(items)
        })
    }
}
