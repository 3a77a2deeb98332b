//! What is inherited from the blocks around a step, and what must be known before the run: users, durations, counts.

use grammar::ast::{Expr, Operand, Settings};
use grammar::source::{Span, Text};

use super::error::PlanError;
use super::frames::{Early, typed};
use super::lower::Lowering;
use super::model::{Bound, Command, FrameId, OnUnreachable};
use super::template::{Prose, RawValues, Script};
use crate::outcome::Shell;
use crate::value::{Type, Value};

/// A guard or a fact that does not say how long it may take.
pub(super) const GUARD_SECONDS: u64 = 60;
/// A `run` or an `undo` that does not say so.
pub(super) const STEP_SECONDS: u64 = 3600;

/// The nearest of each setting, with the frame in which it was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Around<'p> {
    pub(super) user: Option<(&'p Text, FrameId)>,
    pub(super) cwd: Option<(&'p Text, FrameId)>,
    pub(super) shell: Option<Shell>,
    pub(super) timeout: Option<(&'p Expr, FrameId)>,
    pub(super) unreachable: OnUnreachable,
    pub(super) env: Vec<(&'p str, &'p Operand, FrameId)>,
}

impl<'p> Around<'p> {
    /// What these settings say, and the rest as it was.
    pub(super) fn with(&self, settings: &'p Settings, frame: FrameId) -> Self {
        let mut env = self.env.clone();
        for (name, value) in &settings.env {
            env.retain(|(other, ..)| *other != name.value);
            env.push((&name.value, value, frame));
        }
        Self {
            user: settings.as_user.as_ref().map(|u| (u, frame)).or(self.user),
            cwd: settings.cwd.as_ref().map(|c| (c, frame)).or(self.cwd),
            shell: settings.shell.as_ref().map(|s| if s.text == "sh" { Shell::Sh } else { Shell::Bash }).or(self.shell),
            timeout: settings.timeout.as_ref().map(|t| (t, frame)).or(self.timeout),
            unreachable: settings.unreachable.as_ref().map_or(self.unreachable, |word| OnUnreachable::written(&word.value)),
            env,
        }
    }
}

impl<'p> Lowering<'p> {
    /// What can be said of names before the run.
    pub(super) fn early<T>(&self, frame: FrameId, host: Option<&str>, ask: impl FnOnce(&Early<'_>) -> T) -> T {
        ask(&Early { frames: &self.frames, frame, host, slots: &self.slots, known: &self.known, vars: &self.vars, inventory: self.inventory.as_deref() })
    }

    /// An expression whose value must stand before the run.
    pub(super) fn early_value(&mut self, text: &Expr, what: &str, frame: FrameId, host: Option<&str>) -> Option<Value> {
        let expression = self.expression(text)?;
        if let Some((name, at)) = self.early(frame, host, |early| early.unknown(expression.needs())) {
            self.error(PlanError::KnownTooLate { at, what: what.to_owned(), name });
            return None;
        }
        match self.early(frame, host, |early| expression.eval(early)) {
            Ok(value) => Some(value),
            Err(error) => {
                self.error(PlanError::NotComputed { at: error.span, what: what.to_owned(), why: error.sentence });
                None
            }
        }
    }

    pub(super) fn early_typed(&mut self, text: &Expr, kind: &Type, what: &str, frame: FrameId, host: Option<&str>) -> Option<Value> {
        let value = self.early_value(text, what, frame, host)?;
        self.as_type(value, kind, what, text.span)
    }

    pub(super) fn as_type(&mut self, value: Value, kind: &Type, what: &str, at: Span) -> Option<Value> {
        typed(value, kind).map_err(|why| self.error(PlanError::NotComputed { at, what: what.to_owned(), why })).ok()
    }

    pub(super) fn seconds_of(&mut self, text: Option<&Expr>, what: &str, frame: FrameId, host: Option<&str>) -> Option<u64> {
        match self.early_typed(text?, &Type::Duration, what, frame, host)? {
            Value::Duration(seconds) => Some(seconds),
            _ => None,
        }
    }

    /// An operand whose value must stand before the run.
    pub(super) fn early_operand(&mut self, operand: &Operand, kind: &Type, what: &str, frame: FrameId, host: Option<&str>) -> Option<Value> {
        match self.operand(operand, kind, what, frame, host)? {
            Bound::Value(value) => Some(value),
            Bound::Computed { .. } | Bound::Written { .. } | Bound::Slot(_) => {
                self.error(PlanError::KnownTooLate { at: operand.span(), what: what.to_owned(), name: "something in it".to_owned() });
                None
            }
        }
    }

    /// A value if it stands already, else how it is come by during the run.
    pub(super) fn operand(&mut self, operand: &Operand, kind: &Type, what: &str, frame: FrameId, host: Option<&str>) -> Option<Bound> {
        match operand {
            Operand::Literal(text) if text.text.contains("{{") => self.written(text, kind, what, frame, host),
            Operand::Literal(text) if matches!(kind, Type::Optional(_)) && text.text == "none" => Some(Bound::Value(Value::None)),
            Operand::Literal(text) => {
                let plain = text.text.replace("\\{{", "{{");
                match kind.present().read(&plain) {
                    Ok(value) => Some(Bound::Value(value)),
                    Err(error) => {
                        self.error(PlanError::NotComputed { at: text.span, what: what.to_owned(), why: error.to_string() });
                        None
                    }
                }
            }
            Operand::Computed(text) => {
                let expression = self.expression(text)?;
                if self.early(frame, host, |early| early.unknown(expression.needs())).is_some() {
                    return Some(Bound::Computed { expression, frame, kind: kind.clone() });
                }
                self.early_typed(text, kind, what, frame, host).map(Bound::Value)
            }
            Operand::List(items) => self.list(&items.value, items.span, kind, what, frame, host),
        }
    }

    /// A variable of the environment takes what it is given as it is.
    fn variable(&mut self, operand: &Operand, name: &str, frame: FrameId, host: Option<&str>) -> Option<Bound> {
        let what = format!("`{name}`");
        match operand {
            Operand::Literal(text) if text.text.contains("{{") => {
                let prose = self.prose(text)?;
                if self.early(frame, host, |early| early.unknown(prose.names())).is_some() {
                    return Some(Bound::Written { prose, frame, kind: Type::String });
                }
                match self.early(frame, host, |early| prose.render_for_program(early)) {
                    Ok(rendered) => Some(Bound::Value(Value::String(rendered))),
                    Err(error) => {
                        self.error(PlanError::NotComputed { at: error.span, what, why: error.sentence });
                        None
                    }
                }
            }
            Operand::Literal(_) => self.operand(operand, &Type::String, &what, frame, host),
            Operand::List(_) => self.operand(operand, &Type::List(Box::new(Type::String)), &what, frame, host),
            Operand::Computed(text) => {
                let expression = self.expression(text)?;
                if self.early(frame, host, |early| early.unknown(expression.needs())).is_some() {
                    return Some(Bound::Computed { expression, frame, kind: Type::Json });
                }
                self.early_value(text, &what, frame, host).map(Bound::Value)
            }
        }
    }

    fn written(&mut self, text: &Text, kind: &Type, what: &str, frame: FrameId, host: Option<&str>) -> Option<Bound> {
        let prose = self.prose(text)?;
        if self.early(frame, host, |early| early.unknown(prose.needs())).is_some() {
            return Some(Bound::Written { prose, frame, kind: kind.clone() });
        }
        match self.early(frame, host, |early| prose.render(early)) {
            Ok(rendered) => self.as_type(Value::String(rendered), kind, what, text.span).map(Bound::Value),
            Err(error) => {
                self.error(PlanError::NotComputed { at: error.span, what: what.to_owned(), why: error.sentence });
                None
            }
        }
    }

    /// A list; with something of the run in it, it becomes one expression.
    fn list(&mut self, items: &[Operand], span: Span, kind: &Type, what: &str, frame: FrameId, host: Option<&str>) -> Option<Bound> {
        let of = match kind.present() {
            Type::List(of) => (**of).clone(),
            _ => Type::String,
        };
        let mut values = Vec::new();
        let mut late = false;
        for item in items {
            match self.operand(item, &of, what, frame, host)? {
                Bound::Value(value) => values.push(value),
                _ => late = true,
            }
        }
        if !late {
            return Some(Bound::Value(Value::List(values)));
        }
        let written: Vec<String> = items.iter().map(as_expression).collect();
        let expression = self.expression(&Text::verbatim(format!("[{}]", written.join(", ")), span))?;
        Some(Bound::Computed { expression, frame, kind: kind.clone() })
    }

    /// Text as it can be shown before the run: with its values, or as written where they are not known.
    pub(super) fn shown(&mut self, text: &Text, frame: FrameId, host: Option<&str>) -> String {
        let Some(prose) = self.prose(text) else { return text.text.clone() };
        self.early(frame, host, |early| prose.render(early)).unwrap_or_else(|_| text.text.clone())
    }

    /// Text for a program that the command's frame may not see: filled in now where it can be.
    fn carried(&mut self, text: &Text, written_in: FrameId, command: FrameId, host: Option<&str>, what: &'static str) -> Option<Prose> {
        let prose = self.prose(text)?;
        match self.early(written_in, host, |early| early.unknown(prose.needs())) {
            None => match self.early(written_in, host, |early| prose.render_for_program(early)) {
                Ok(rendered) => Some(Prose::plain(rendered, text.span)),
                Err(error) => {
                    self.error(PlanError::NotComputed { at: error.span, what: what.to_owned(), why: error.sentence });
                    None
                }
            },
            Some(_) if self.sees(command, written_in) => Some(prose),
            Some((_, at)) => {
                self.error(PlanError::NotBuiltYet { at, what, help: "give the value to the action as an argument" });
                None
            }
        }
    }

    /// Whether a frame sees the names of another.
    fn sees(&self, from: FrameId, to: FrameId) -> bool {
        let mut at = Some(from);
        while let Some(id) = at {
            if id == to {
                return true;
            }
            let frame = &self.frames[id.index()];
            at = if frame.sealed { None } else { frame.parent };
        }
        false
    }

    /// A command with all that it needs.
    #[expect(clippy::too_many_arguments, reason = "each is another part of one command")]
    pub(super) fn command(
        &mut self,
        text: &'p Text,
        frame: FrameId,
        host: Option<&str>,
        around: &Around<'p>,
        timeout: Option<(&Expr, FrameId)>,
        stdin: Option<(&'p Text, FrameId)>,
        otherwise: u64,
    ) -> Option<Command> {
        let script = self.script(text, frame, host)?;
        self.command_of(script, frame, host, around, timeout, stdin, otherwise)
    }

    #[expect(clippy::too_many_arguments, reason = "each is another part of one command")]
    pub(super) fn command_of(
        &mut self,
        script: Script,
        frame: FrameId,
        host: Option<&str>,
        around: &Around<'p>,
        timeout: Option<(&Expr, FrameId)>,
        stdin: Option<(&'p Text, FrameId)>,
        otherwise: u64,
    ) -> Option<Command> {
        let user = match around.user {
            Some((text, written_in)) => Some(self.user(text, written_in, host)?),
            None => None,
        };
        let cwd = match around.cwd {
            Some((text, written_in)) => Some(self.carried(text, written_in, frame, host, "a `cwd` outside an action that needs a value of the run")?),
            None => None,
        };
        let stdin = match stdin {
            Some((text, written_in)) => Some(self.carried(text, written_in, frame, host, "a `stdin` outside an action that needs a value of the run")?),
            None => None,
        };
        let mut env = Vec::new();
        for (name, value, written_in) in &around.env {
            env.push(((*name).to_owned(), self.variable(value, name, *written_in, host)?));
        }
        let seconds = match timeout {
            Some((text, written_in)) => self.seconds_of(Some(text), "`timeout`", written_in, host)?,
            None => otherwise,
        };
        Some(Command { script, frame, user, env, cwd, shell: around.shell.unwrap_or_default(), stdin, timeout: seconds })
    }

    /// Preflight tries every user, so each must be known by then.
    fn user(&mut self, text: &Text, frame: FrameId, host: Option<&str>) -> Option<Prose> {
        let prose = self.prose(text)?;
        if let Some((name, at)) = self.early(frame, host, |early| early.unknown(prose.needs())) {
            self.error(PlanError::KnownTooLate { at, what: "`as`".to_owned(), name });
            return None;
        }
        self.carried(text, frame, frame, host, "`as`")
    }

    /// Scripts of one place in the source are the same for every host, unless a value is pasted into them.
    fn script(&mut self, text: &'p Text, frame: FrameId, host: Option<&str>) -> Option<Script> {
        if let Some(known) = self.scripts.get(&text.span) {
            return Some(known.clone());
        }
        let script = self.compiled(text, frame, host)?;
        if !script.uses_raw() {
            self.scripts.insert(text.span, script.clone());
        }
        Some(script)
    }

    pub(super) fn compiled(&mut self, text: &Text, frame: FrameId, host: Option<&str>) -> Option<Script> {
        let compiled = self.early(frame, host, |early| Script::compile(text, &|name| self.type_of(frame, host, name), &RawValues::Known(early)));
        match compiled {
            Ok(script) => Some(script),
            Err(errors) => {
                self.errors.extend(errors.into_iter().map(Into::into));
                None
            }
        }
    }

    /// The type that a name was declared with: what it promises holds for every value.
    pub(super) fn type_of(&self, frame: FrameId, host: Option<&str>, name: &str) -> Option<Type> {
        match super::frames::find(&self.frames, frame, name) {
            Some(Bound::Computed { kind, .. } | Bound::Written { kind, .. }) => Some(kind.clone()),
            Some(Bound::Slot(slot)) => {
                let slot = &self.slots[slot.index()];
                let own = !slot.spread || host.is_some_and(|host| slot.hosts.iter().any(|h| h == host));
                Some(if own { slot.kind.clone() } else { Type::List(Box::new(slot.kind.clone())) })
            }
            Some(Bound::Value(value)) => self.declared(frame, name).or_else(|| value.kind()),
            None => match name {
                "host" | "local" => Some(Type::Host),
                "operator" | "run_id" => Some(Type::String),
                "now" => Some(Type::DateTime),
                "vars" => Some(Type::Json),
                _ => None,
            },
        }
    }

    fn declared(&self, frame: FrameId, name: &str) -> Option<Type> {
        let mut at = Some(frame);
        while let Some(id) = at {
            if let Some(kind) = self.types.get(&(id, name.to_owned())) {
                return Some(kind.clone());
            }
            let frame = &self.frames[id.index()];
            at = if frame.sealed { None } else { frame.parent };
        }
        None
    }

    /// A name whose value stands already, with its declared type.
    pub(super) fn bind(&mut self, frame: FrameId, name: &str, value: Bound, kind: Option<Type>) {
        if let Some(kind) = kind {
            self.types.insert((frame, name.to_owned()), kind);
        }
        self.frames[frame.index()].names.insert(name.to_owned(), value);
    }

    /// A host has to offer what a command wants there.
    pub(super) fn meet(&mut self, host: &str, command: &Command) {
        let user = command.user.as_ref().map(|u| self.early(command.frame, Some(host), |early| u.render(early)).unwrap_or_default());
        let bash = command.shell == Shell::Bash;
        let plan = self.touch(host);
        plan.bash |= bash;
        if let Some(user) = user
            && !plan.users.contains(&user)
        {
            plan.users.push(user);
        }
    }
}

/// An item of a list as it stands in an expression.
fn as_expression(operand: &Operand) -> String {
    match operand {
        Operand::Literal(text) => format!("\"{}\"", text.text.replace('\\', "\\\\").replace('"', "\\\"")),
        Operand::Computed(text) => format!("({})", text.text),
        Operand::List(items) => format!("[{}]", items.value.iter().map(as_expression).collect::<Vec<_>>().join(", ")),
    }
}
