//! Expressions, templates and operands: whether they can be read, whether every name in them has a value there, and
//! whether the types fit.

use grammar::ast::{Expr, Operand};
use grammar::source::{Span, Text};

use super::error::CheckError;
use super::names::Known;
use super::walk::{Checker, Place};
use crate::plan::template::{Expression, Prose, RawValues, Script};
use crate::value::Type;

/// What folds one value a host into one.
const FOLDS: [&str; 5] = ["min", "max", "sum", "all", "any"];

impl Checker<'_> {
    /// An expression that may use whatever is in scope. Its type, where it can be told.
    pub(super) fn expression(&mut self, text: &Expr, place: &Place) -> Option<Type> {
        match Expression::compile(text) {
            Err(error) => {
                self.errors.push(error.into());
                None
            }
            Ok(expression) => {
                self.steps_asked([&expression].into_iter(), place);
                let sound = self.names_in(text, expression.names(), place, false);
                if sound { expression.static_type(&|name| place.type_of(name)) } else { None }
            }
        }
    }

    /// `when` and `require`.
    pub(super) fn guard(&mut self, text: &Expr, what: &str, place: &Place) {
        if let Some(found) = self.expression(text, place)
            && !matches!(found, Type::Bool | Type::Json)
        {
            self.error(CheckError::WrongType { at: text.span, what: what.to_owned(), wanted: Type::Bool, found });
        }
    }

    /// A clause that must be known when the plan is drawn: a duration, a count.
    pub(super) fn clause(&mut self, text: &Expr, what: &str, wanted: &Type, place: &Place) {
        if let Ok(expression) = Expression::compile(text) {
            if let Some((id, at)) = expression.steps_asked().into_iter().next() {
                self.error(CheckError::KnownTooLate { at, what: what.to_owned(), name: format!("succeeded(\"{id}\")") });
                return;
            }
            for (name, at) in expression.names() {
                if place.names.get(&name).is_some_and(|k| !k.what.is_known_before()) && !place.in_action {
                    self.error(CheckError::KnownTooLate { at, what: what.to_owned(), name });
                    return;
                }
            }
        }
        let literal = text.text.trim().starts_with(|c: char| c.is_ascii_digit()) && !text.text.trim().contains(char::is_whitespace);
        if literal && let Err(error) = wanted.read(text.text.trim()) {
            self.error(CheckError::UnreadableValue { at: text.span, what: what.to_owned(), error });
            return;
        }
        if let Some(found) = self.expression(text, place)
            && !fits(&found, wanted)
        {
            self.error(CheckError::WrongType { at: text.span, what: what.to_owned(), wanted: wanted.clone(), found });
        }
    }

    pub(super) fn duration(&mut self, text: Option<&Expr>, what: &str, place: &Place) {
        if let Some(text) = text {
            self.clause(text, what, &Type::Duration, place);
        }
    }

    pub(super) fn prose(&mut self, text: &Text, place: &Place) {
        match Prose::compile(text) {
            Err(errors) => self.errors.extend(errors.into_iter().map(Into::into)),
            Ok(prose) => {
                self.steps_asked(prose.expressions(), place);
                self.names_in(text, prose.names(), place, true);
            }
        }
    }

    pub(super) fn script(&mut self, text: &Text, place: &Place) {
        match Script::read(text, &|name| place.type_of(name), &RawValues::Unknown) {
            Err(errors) => self.errors.extend(errors.into_iter().map(Into::into)),
            Ok((script, reading)) => {
                self.readings.insert(text.span, reading);
                self.advice.extend(script.advice());
                self.steps_asked(script.expressions(), place);
                let mut names = script.names();
                if script.uses_raw() {
                    names.extend(names_pasted(text));
                }
                self.names_in(text, names, place, true);
            }
        }
    }

    /// A value of any type.
    pub(super) fn any_operand(&mut self, operand: &Operand, place: &Place) {
        match operand {
            Operand::Literal(text) => self.prose(text, place),
            Operand::Computed(text) => {
                self.expression(text, place);
            }
            Operand::List(items) => items.value.iter().for_each(|item| self.any_operand(item, place)),
        }
    }

    /// What goes to a program by a pipe, and nowhere else.
    pub(super) fn with_secrets<T>(&mut self, look: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.may_be_secret, true);
        let looked = look(self);
        self.may_be_secret = before;
        looked
    }

    /// A value for something of a declared type.
    pub(super) fn operand(&mut self, operand: &Operand, kind: &Type, what: &str, place: &Place) {
        if *kind.present() == Type::Secret && !self.may_be_secret {
            let is_made_of_one = match operand {
                Operand::Literal(text) => text.text.contains("{{"),
                Operand::Computed(_) => true,
                Operand::List(_) => false,
            };
            let is_none = matches!((operand, kind), (Operand::Literal(text), Type::Optional(_)) if text.text == "none");
            if !is_made_of_one && !is_none {
                let help = "declare it: `param NAME: secret`; it is asked for, or comes from RUNBOOK_SECRET_NAME or --params";
                self.error(CheckError::SecretWritten { at: operand.span(), what: "a secret can't be written into a runbook", help });
                return;
            }
            return self.with_secrets(|checker| checker.operand(operand, kind, what, place));
        }
        match (operand, kind.present()) {
            (Operand::Literal(text), _) if text.text.contains("{{") => self.prose(text, place),
            (Operand::Literal(text), Type::List(_)) => {
                self.error(CheckError::WrongType { at: text.span, what: what.to_owned(), wanted: kind.clone(), found: Type::String });
            }
            (Operand::Literal(text), simple) => {
                if matches!(kind, Type::Optional(_)) && text.text == "none" {
                    return;
                }
                if let Err(error) = simple.read(&text.text) {
                    self.error(CheckError::UnreadableValue { at: text.span, what: what.to_owned(), error });
                }
            }
            (Operand::List(items), Type::List(of)) => {
                for item in &items.value {
                    self.operand(item, of, what, place);
                }
            }
            (Operand::List(items), Type::Json) => {
                for item in &items.value {
                    self.operand(item, &Type::String, what, place);
                }
            }
            (Operand::List(items), _) => {
                self.error(CheckError::WrongType { at: items.span, what: what.to_owned(), wanted: kind.clone(), found: Type::List(Box::new(Type::String)) });
            }
            (Operand::Computed(text), _) => {
                if let Some(found) = self.expression(text, place)
                    && !fits(&found, kind)
                {
                    self.error(CheckError::WrongType { at: text.span, what: what.to_owned(), wanted: kind.clone(), found });
                }
            }
        }
    }

    /// Whether every name has a value here. Says of each that has none why.
    fn names_in(&mut self, text: &Text, names: Vec<(String, Span)>, place: &Place, templated: bool) -> bool {
        let mut sound = true;
        for (name, at) in names {
            if !self.may_be_secret && place.names.get(&name).and_then(|k| k.kind.as_ref()).is_some_and(|k| *k.present() == Type::Secret) {
                sound = false;
                self.error(CheckError::SecretShown { at, name: name.clone() });
            }
            let Some(known) = place.names.get(&name).cloned() else {
                sound = false;
                let error = self.undefined(name, at, place);
                self.error(error);
                continue;
            };
            self.used.insert(known.span);
            if !known.spread.is_empty() && !place.is_on_its_own(&known) && is_bare(&text.text, &name, templated) {
                sound = false;
                self.error(CheckError::PerHostBare { at, name: name.clone(), on: known.spread.join(", ") });
            }
            if self.may_be_unset(&known, &name, text, place) {
                sound = false;
                self.error(CheckError::MayBeUnset { at, bound: known.span, name });
            }
        }
        sound
    }

    fn undefined(&self, name: String, at: Span, place: &Place) -> CheckError {
        if let Some(bound) = self.elsewhere.get(&name) {
            return if bound.in_loop {
                let why = "it has one value for each item of a loop, and is known only inside".to_owned();
                CheckError::UndefinedName { at, name, similar: None, why: Some(why) }
            } else {
                CheckError::UsedBeforeBound { at, bound: bound.span, name }
            };
        }
        let why = match name.as_str() {
            "host" => Some("`host` is where this runs, and this runs nowhere: name a target".to_owned()),
            _ if place.in_action => Some("an action sees its own parameters and facts alone: pass it as an argument".to_owned()),
            _ => None,
        };
        let similar = if name == "host" { None } else { place.names.similar(&name) };
        CheckError::UndefinedName { at, name, similar, why }
    }

    /// Something that is read in a place that may have been skipped or satisfied.
    fn may_be_unset(&self, known: &Known, name: &str, text: &Text, place: &Place) -> bool {
        let asks = |text: &str| text.contains(&format!("{name} is defined"));
        known.unless.iter().any(|condition| !place.conditions.contains(condition)) && !asks(&text.text) && !place.conditions.iter().any(|c| asks(c))
    }
}

/// The names in `{{ value | raw }}`: they are text by the time that the script is made.
pub(crate) fn names_pasted(text: &Text) -> Vec<(String, Span)> {
    let mut names = Vec::new();
    for (start, _) in text.text.match_indices("{{") {
        let Some(length) = text.text[start..].find("}}") else { continue };
        let inside = &text.text[start + 2..start + length];
        let Some(before) = inside.trim_end().strip_suffix("raw").and_then(|rest| rest.trim_end().strip_suffix('|')) else { continue };
        let from = start + 2 + (before.len() - before.trim_start().len());
        let part = Text::verbatim(before.trim(), text.span_of(from, from + before.trim().len()));
        names.extend(Expression::compile(&part).map(|e| e.names()).unwrap_or_default());
    }
    names
}

/// Whether a value of one type can stand where another is wanted. Text is read by the declared type when it is known.
pub(crate) fn fits(found: &Type, wanted: &Type) -> bool {
    use Type as T;
    let is_text = |t: &T| matches!(t, T::String | T::Path | T::Url | T::Host | T::Version | T::Date | T::DateTime);
    match (found, wanted) {
        (a, b) if a == b => true,
        (T::Json, _) | (_, T::Json) => true,
        (T::Optional(a), T::Optional(b)) => fits(a, b),
        (a, T::Optional(b)) => fits(a, b),
        (T::List(a), T::List(b)) => fits(a, b),
        // What is reckoned with durations and sizes comes out as a number.
        (T::Int, T::Float | T::Duration | T::Size) | (T::Duration | T::Size, T::Int | T::Float) | (T::Float, T::Percent) => true,
        (a, b) if is_text(a) && is_text(b) => *a == T::String || *b == T::String,
        _ => false,
    }
}

/// Whether a name stands somewhere without an index and outside a fold.
fn is_bare(text: &str, name: &str, templated: bool) -> bool {
    let mut from = 0;
    while let Some(found) = text[from..].find(name) {
        let start = from + found;
        let end = start + name.len();
        from = end;
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let before = &text[..start];
        let after = &text[end..];
        if before.ends_with(|c: char| word(c) || c == '.') || after.starts_with(word) {
            continue;
        }
        if templated && before.matches("{{").count() == before.matches("}}").count() {
            continue;
        }
        let after = after.trim_start();
        let folded = after.strip_prefix('|').is_some_and(|rest| FOLDS.iter().any(|fold| rest.trim_start().starts_with(fold)));
        let called = before.trim_end().strip_suffix('(').is_some_and(|head| FOLDS.iter().any(|fold| head.trim_end().ends_with(fold)));
        let asked = after.starts_with("is defined");
        if !(after.starts_with('[') || folded || called || asked) {
            return true;
        }
    }
    false
}

impl Place {
    /// The type of a name here. What has one value a host counts as a list away from those hosts.
    pub(super) fn type_of(&self, name: &str) -> Option<Type> {
        let known = self.names.get(name)?;
        let kind = known.kind.clone()?;
        Some(if known.spread.is_empty() || self.is_on_its_own(known) { kind } else { Type::List(Box::new(kind)) })
    }

    /// Whether each host of this place has a value of its own.
    fn is_on_its_own(&self, known: &Known) -> bool {
        let covers = |on: &String| known.spread.contains(on) || self.names.get(on).is_some_and(|k| k.part_of.iter().any(|whole| known.spread.contains(whole)));
        !self.on.is_empty() && self.on.iter().all(covers)
    }
}
