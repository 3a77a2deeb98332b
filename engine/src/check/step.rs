//! Steps and actions: their fields, and the arguments that an action is given.

use grammar::ast::{Action, ActionCall, Does, Fields, Name, Param, Step, Undo};
use grammar::source::Text;

use super::error::CheckError;
use super::merged::Merged;
use super::names::{self, Known, Names, What, similar};
use super::walk::{Checker, Place};
use crate::value::{Type, pattern};

impl<'a> Checker<'a> {
    pub(super) fn step(&mut self, step: &Step, place: &mut Place, manual: bool) {
        self.id(&step.id);
        let mut here = self.settings(&step.settings, place);
        if here.on.is_empty() {
            self.error(CheckError::OnMissing { at: step.id.span, id: step.id.value.clone() });
        }
        here.names = here.names.on_a_host();
        if let Some(title) = &step.title {
            self.prose(title, &here);
        }
        if let Some(when) = &step.when {
            self.guard(when, "`when`", &here);
            here.conditions.push(when.text.trim().to_owned());
        }
        if manual {
            self.manual(&step.id, &step.fields, &here);
        } else if let Some(text) = &step.fields.instructions {
            self.error(CheckError::MisplacedField { at: text.span, field: "instructions", place: "a step", help: "a step that a person does is a `manual`" });
        }
        let actions = self.actions;
        let merged = Merged::of_step(&step.fields, actions);
        self.fields(&step.fields, &mut here, &merged);
        if !manual && does_nothing(&step.fields) {
            self.error(CheckError::EmptyStep { at: step.id.span, id: step.id.value.clone() });
        }
        if merged.irreversible().is_some() && place.parallel {
            self.error(CheckError::IrreversibleInParallel {
                at: step.fields.irreversible.as_ref().map_or(step.id.span, |i| i.span),
                id: step.id.value.clone(),
            });
        }
        let spread = self.spread(&here);
        let mut unless = here.conditions.clone();
        if merged.check().is_some() {
            unless.push(format!("`{}` was not satisfied", step.id.value));
        }
        for evidence in step.fields.evidence.iter().filter(|_| manual) {
            let mut known = Known::new(What::Capture, Type::written(&evidence.kind), evidence.name.span);
            known.spread.clone_from(&spread);
            known.unless.clone_from(&unless);
            self.variable(&evidence.name, known, place);
        }
        for capture in merged.captures() {
            let kind = Type::written(&capture.kind);
            let mut known = Known::new(What::Capture, kind, capture.name.span);
            known.spread.clone_from(&spread);
            known.unless.clone_from(&unless);
            let own = step.fields.captures.iter().any(|c| c.name.span == capture.name.span);
            // An action's capture is named where the action is used: two uses would clash here, not in the action.
            let name = if own { capture.name.clone() } else { Name { value: capture.name.value.clone(), span: step.id.span } };
            if !own {
                known.span = step.id.span;
            }
            self.variable(&name, known, place);
        }
        place.before.insert(step.id.value.clone());
    }

    fn manual(&mut self, id: &Name, fields: &Fields, here: &Place) {
        match &fields.instructions {
            Some(text) => self.prose(text, here),
            None => self.error(CheckError::ManualWithoutInstructions { at: id.span, id: id.value.clone() }),
        }
        let help = "a person does it: `verify` checks their work";
        match &fields.does {
            Some(Does::Run(text)) => self.error(CheckError::MisplacedField { at: text.span, field: "run", place: "a manual step", help }),
            Some(Does::Use(call)) => self.error(CheckError::MisplacedField { at: call.name.span, field: "use", place: "a manual step", help }),
            Some(Does::Sleep(text)) => self.error(CheckError::MisplacedField { at: text.span, field: "sleep", place: "a manual step", help }),
            Some(Does::Upload { src, .. }) => self.error(CheckError::MisplacedField { at: src.span, field: "upload", place: "a manual step", help }),
            Some(Does::Download { src, .. }) => self.error(CheckError::MisplacedField { at: src.span, field: "download", place: "a manual step", help }),
            None => {}
        }
        if let Some(capture) = fields.captures.first() {
            self.error(CheckError::MisplacedField { at: capture.name.span, field: "capture", place: "a manual step", help: "a person prints nothing" });
        }
        if let Some(retry) = &fields.retry {
            self.error(CheckError::MisplacedField { at: retry.times.span, field: "retry", place: "a manual step", help });
        }
    }

    /// The fields that steps and actions share.
    fn fields(&mut self, fields: &Fields, here: &mut Place, merged: &Merged<'_>) {
        for fact in &fields.facts {
            self.fact(fact, here, What::Fact);
        }
        for require in &fields.requires {
            self.require(require, here);
        }
        if let Some(check) = &fields.check {
            self.script(check, here);
        }
        self.does(fields, here);
        let done = self.evidence(fields, here);
        for verify in &fields.verify {
            self.script(&verify.cmd, &done);
            self.duration(verify.every.as_ref(), "`every`", here);
            self.duration(verify.within.as_ref(), "`within`", here);
            if let (Some(every), None) = (&verify.every, &verify.within) {
                self.error(CheckError::MisplacedField {
                    at: every.span,
                    field: "every",
                    place: "a `verify` without `within`",
                    help: "say how long it may take: `every 5s within 5m`",
                });
            }
        }
        if let Some(stdin) = &fields.stdin {
            self.with_secrets(|checker| checker.prose(stdin, here));
        }
        if let (true, Some(capture)) = (merged.is_private(), merged.captures().first()) {
            self.error(CheckError::PrivateCapture { at: capture.name.span, name: capture.name.value.clone() });
        }
        self.undo(fields, here, merged);
        self.rest(fields, here, merged);
    }

    /// The place of a step that a person has done: what they entered is known to its `verify`.
    fn evidence(&mut self, fields: &Fields, here: &Place) -> Place {
        let mut done = here.clone();
        for evidence in &fields.evidence {
            let kind = self.written_type(&evidence.kind);
            if kind.as_ref().is_some_and(is_secret) {
                self.error(CheckError::SecretEvidence { at: evidence.kind.name.span, name: evidence.name.value.clone() });
            }
            self.prose(&evidence.ask, here);
            done.names.bind(&evidence.name, Known::new(What::Capture, kind, evidence.name.span));
        }
        done
    }

    fn does(&mut self, fields: &Fields, here: &Place) {
        match &fields.does {
            None => {}
            Some(Does::Run(command)) => self.script(command, here),
            Some(Does::Use(call)) => {
                self.action_call(call, here);
            }
            Some(Does::Sleep(duration)) => self.duration(Some(duration), "`sleep`", here),
            Some(Does::Upload { src, to }) => self.upload(src, to, fields, here),
            Some(Does::Download { src, to }) => self.download(src, to, fields, here),
        }
    }

    fn undo(&mut self, fields: &Fields, here: &Place, merged: &Merged<'_>) {
        // Its own captures are let through here: a rule of its own explains why they can't be used.
        let mut here = here.clone();
        let own = merged.captures().iter().map(|c| &c.name).chain(fields.evidence.iter().map(|e| &e.name));
        for name in own {
            here.names.bind(name, Known::new(What::Fact, None, name.span));
        }
        match &fields.undo {
            None | Some(Undo::None(_)) => {}
            Some(Undo::Manual(text)) => self.prose(text, &here),
            Some(Undo::Command(command)) => self.script(command, &here),
        }
    }

    fn rest(&mut self, fields: &Fields, here: &Place, merged: &Merged<'_>) {
        for capture in &fields.captures {
            if self.written_type(&capture.kind).is_some_and(|kind| *kind.present() == Type::Secret) {
                let help = "what is captured stands in the journal: read it as a secret fact at the top of the runbook";
                self.error(CheckError::SecretWritten { at: capture.kind.name.span, what: "a capture can't be a secret", help });
            }
        }
        self.tolerate(fields.tolerate.as_ref(), here);
        let runs = matches!(merged.does(), Some((_, Does::Run(_))));
        if let Some(reboots) = &fields.reboots {
            self.duration(Some(reboots), "`reboots within`", here);
            if !runs && !here.in_action {
                self.error(CheckError::MisplacedField {
                    at: reboots.span,
                    field: "reboots",
                    place: "a step without `run`",
                    help: "say what reboots the host: `run \\`systemctl reboot\\``",
                });
            }
        }
        if let Some(capture) = fields.captures.first()
            && !runs
            && !here.in_action
        {
            self.error(CheckError::MisplacedField {
                at: capture.name.span,
                field: "capture",
                place: "a step without `run`",
                help: "only what `run` prints can be captured; a value that is only read is a `fact`",
            });
        }
        self.duration(fields.expect.as_ref(), "`expect`", here);
        if let Some(limit) = &fields.output_limit {
            self.clause(limit, "`output_limit`", &Type::Size, here);
        }
        if let Some(retry) = &fields.retry {
            self.clause(&retry.times, "`retry`", &Type::Int, here);
            self.duration(retry.every.as_ref(), "`every`", here);
            if let Some(backoff) = &retry.backoff {
                self.clause(backoff, "`backoff`", &Type::Float, here);
            }
            for on in &retry.on {
                let code = on.value.parse::<u8>().is_ok();
                if !code && !matches!(on.value.as_str(), "signal" | "timeout") {
                    self.error(CheckError::UnknownWord {
                        at: on.span,
                        word: on.value.clone(),
                        what: "what `retry` can answer to",
                        allowed: &["an exit status from 1 to 255", "signal", "timeout"],
                    });
                }
            }
        }
    }

    /// `NAME(args)`. The action, where there is one.
    pub(super) fn action_call(&mut self, call: &ActionCall, here: &Place) -> Option<&'a Action> {
        let actions = self.actions;
        let Some(action) = actions.get(&call.name.value) else {
            let similar = similar(&call.name, actions.keys().map(String::as_str)).or_else(|| same_last_word(&call.name, actions.keys()));
            self.error(CheckError::UnknownAction { at: call.name.span, name: call.name.value.clone(), similar });
            for (_, value) in &call.args {
                self.any_operand(value, here);
            }
            return None;
        };
        self.used.insert(action.name.span);
        let known: Vec<String> = action.params.iter().map(|p| p.name.value.clone()).collect();
        for (name, value) in &call.args {
            match action.params.iter().find(|p| p.name.value == name.value) {
                Some(param) => match Type::written(&param.kind) {
                    Some(kind) => self.operand(value, &kind, &format!("`{}`", name.value), here),
                    None => self.any_operand(value, here),
                },
                None => {
                    let similar = similar(name, known.iter().map(String::as_str));
                    self.error(CheckError::UnknownArgument {
                        at: name.span,
                        action: action.name.value.clone(),
                        name: name.value.clone(),
                        similar,
                        known: known.clone(),
                    });
                }
            }
        }
        for param in &action.params {
            let given = call.args.iter().any(|(name, _)| name.value == param.name.value);
            if !given && param.default.is_none() && !param.kind.optional {
                let kind = Type::written(&param.kind).map_or_else(String::new, |k| k.to_string());
                self.error(CheckError::MissingArgument { at: call.name.span, action: action.name.value.clone(), name: param.name.value.clone(), kind });
            }
        }
        Some(action)
    }

    /// A param of a runbook or of an action.
    pub(super) fn param(&mut self, param: &Param, place: &mut Place) {
        let kind = self.written_type(&param.kind);
        // Without a type nothing can be said of the values.
        let Some(wanted) = kind.clone() else {
            self.variable(&param.name, Known::new(What::Param, None, param.name.span), place);
            return;
        };
        let what = format!("`{}`", param.name.value);
        if let (Some(default), Type::Secret) = (&param.default, wanted.present()) {
            let help = "leave the default out; it is asked for, or comes from RUNBOOK_SECRET_NAME or --params";
            self.error(CheckError::SecretWritten { at: default.span(), what: "a secret can't be written into a runbook", help });
        } else if let Some(default) = &param.default {
            self.operand(default, &wanted, &what, place);
            self.known_early(default, &what, place);
        }
        if let Some(one_of) = &param.one_of {
            self.operand(one_of, &Type::List(Box::new(wanted.present().clone())), "`one_of`", place);
            self.known_early(one_of, "`one_of`", place);
        }
        for bound in param.min.iter().chain(&param.max) {
            self.operand(bound, wanted.present(), "a bound", place);
            self.known_early(bound, "a bound", place);
        }
        if let Some(pattern) = &param.matches {
            self.pattern(pattern, &wanted);
        }
        if place.in_action {
            self.no_limits(param);
        }
        self.variable(&param.name, Known::new(What::Param, kind, param.name.span), place);
    }

    /// `matches`: a regular expression that can be read, for something that is text.
    fn pattern(&mut self, pattern: &Text, wanted: &Type) {
        let of = match wanted.present() {
            Type::List(of) => of,
            one => one,
        };
        if !pattern::fits(of) {
            let help = "only text has a pattern; for numbers, durations and sizes write `min` and `max`";
            self.error(CheckError::MisplacedField { at: pattern.span, field: "matches", place: "a param that is no text", help });
        } else if let Err(why) = pattern::compile(&pattern.text) {
            self.error(CheckError::BadPattern { at: pattern.span, why });
        }
    }

    /// The native spelling has no place for them, and who uses an action sees none of them.
    fn no_limits(&mut self, param: &Param) {
        let limits = [("one_of", param.one_of.as_ref()), ("min", param.min.as_ref()), ("max", param.max.as_ref())];
        let limits = limits.into_iter().filter_map(|(field, limit)| Some((field, limit?.span())));
        for (field, at) in limits.chain(param.matches.iter().map(|pattern| ("matches", pattern.span))) {
            self.error(CheckError::MisplacedField { at, field, place: "a param of an action", help: "`require` in the action what must hold" });
        }
    }

    pub(super) fn action(&mut self, action: &Action) {
        self.ids.clear();
        self.elsewhere.clear();
        if !names::is_dotted(&action.name) {
            let corrected = action.name.split('.').map(|part| names::corrected(part, '-')).collect::<Vec<_>>().join(".");
            self.error(CheckError::BadId { at: action.name.span, name: action.name.value.clone(), what: "an action's name", corrected });
        }
        let mut place = Place { names: Names::with_builtins(), in_action: true, ..Place::default() };
        for param in &action.params {
            self.param(param, &mut place);
        }
        let mut here = self.settings(&action.settings, &place);
        here.names = here.names.on_a_host();
        if let Some(title) = &action.title {
            self.prose(title, &here);
        }
        if let Some(on) = action.settings.on.first() {
            self.error(CheckError::MisplacedField { at: on.span, field: "on", place: "an action", help: "the step that uses it says where" });
        }
        if let Some(text) = &action.fields.instructions {
            self.error(CheckError::MisplacedField {
                at: text.span,
                field: "instructions",
                place: "an action",
                help: "a `manual` step says what a person does",
            });
        }
        let actions = self.actions;
        let merged = Merged::of_action(action, actions);
        self.fields(&action.fields, &mut here, &merged);
        if does_nothing(&action.fields) {
            self.error(CheckError::EmptyStep { at: action.name.span, id: action.name.value.clone() });
        }
    }
}

fn is_secret(kind: &Type) -> bool {
    match kind.present() {
        Type::List(of) => is_secret(of),
        kind => *kind == Type::Secret,
    }
}

/// Only a name, a title, a guard: nothing that is done or looked at.
fn does_nothing(fields: &Fields) -> bool {
    fields.does.is_none() && fields.verify.is_empty() && fields.requires.is_empty() && !matches!(fields.undo, Some(Undo::Command(_) | Undo::Manual(_)))
}

/// `stopped` for `service.stopped`.
fn same_last_word<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    let mut found = known.filter(|other| other.rsplit('.').next() == Some(name.rsplit('.').next().unwrap_or(name)));
    let first = found.next()?;
    found.next().is_none().then(|| first.clone())
}
