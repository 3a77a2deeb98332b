//! From a command as it is written to one whose slots are all known to be safe.

use std::sync::Arc;

use grammar::source::{Span, Text};

use super::reading::{self, Reading, Run};
use super::{Advice, AdviceKind, BoundSlot, Compiled, Part, RawValues, Script};
use crate::plan::template::error::TemplateError;
use crate::plan::template::expression::Expression;
use crate::plan::template::shell::{Finding, places, variable};
use crate::plan::template::slots::{Piece, Slot, part, split};
use crate::value::Type;

/// The command as the shell will see it, and the way back to the text.
#[derive(Default)]
struct Rendered {
    script: String,
    runs: Vec<Run>,
    slots: Vec<(Expression, Slot)>,
    types: Vec<Option<Type>>,
    /// Plain text, and `None` for the next slot.
    parts: Vec<Option<String>>,
    advice: Vec<Advice>,
}

impl Script {
    /// `types` knows what is known of names before the run.
    ///
    /// # Errors
    /// Every mistake in its slots, every slot that stands where no value may, or what the shell can't read.
    pub fn compile(text: &Text, types: &dyn Fn(&str) -> Option<Type>, raw: &RawValues<'_>) -> Result<Self, Vec<TemplateError>> {
        Self::read(text, types, raw).map(|(script, _)| script)
    }

    /// The same, with what the shell will read: for who looks at the command itself.
    ///
    /// # Errors
    /// As `compile`.
    pub(crate) fn read(text: &Text, types: &dyn Fn(&str) -> Option<Type>, raw: &RawValues<'_>) -> Result<(Self, Reading), Vec<TemplateError>> {
        let (pieces, mut errors) = split(text);
        let mut rendered = Rendered::default();
        for piece in pieces {
            match piece {
                Piece::Plain { text: plain, at } => rendered.plain(plain, at),
                Piece::Slot(slot) => rendered.slot(text, slot, types, raw, &mut errors),
            }
        }
        if errors.iter().any(|error| matches!(error, TemplateError::UnclosedSlot { .. })) {
            return Err(errors);
        }
        match places(&rendered.script, &rendered.types) {
            Ok((found, tree)) => {
                let reading = Reading { script: rendered.script.clone(), runs: std::mem::take(&mut rendered.runs), tree, types: rendered.types.clone() };
                rendered.finish(text, &found, errors).map(|script| (script, reading))
            }
            Err(error) => {
                let (start, end) = reading::place(&rendered.runs, text, error.at, error.at + error.length);
                errors.push(TemplateError::ShellSyntax { span: text.span_of(start, end), why: error.why });
                Err(errors)
            }
        }
    }
}

impl Rendered {
    fn plain(&mut self, plain: String, at: usize) {
        self.runs.push(Run { script: self.script.len(), text: at, value: None });
        self.put(plain);
    }

    fn put(&mut self, plain: String) {
        self.script.push_str(&plain);
        match self.parts.last_mut() {
            Some(Some(before)) => before.push_str(&plain),
            _ => self.parts.push(Some(plain)),
        }
    }

    fn slot(&mut self, text: &Text, slot: Slot, types: &dyn Fn(&str) -> Option<Type>, raw: &RawValues<'_>, errors: &mut Vec<TemplateError>) {
        let span = text.span_of(slot.start, slot.end);
        let (written, is_raw) = without_raw(&slot.expression);
        let expression = match Expression::compile(&written) {
            Ok(expression) => expression,
            Err(error) => {
                errors.push(error);
                // A word stands in, so that the rest is looked at too.
                self.script.push('x');
                return;
            }
        };
        if let Some((name, span)) = expression.names().into_iter().find(|(name, _)| types(name).is_some_and(|kind| holds_secret(&kind))) {
            errors.push(TemplateError::SecretInCommand { span, name });
        }
        if is_raw {
            self.advice.push(Advice { kind: AdviceKind::RawPasted, span });
            match pasted(&expression, raw, span) {
                Ok(pasted) => {
                    self.runs.push(Run { script: self.script.len(), text: slot.start, value: Some(slot.end) });
                    self.put(pasted);
                }
                Err(error) => errors.push(error),
            }
            return;
        }
        self.runs.push(Run { script: self.script.len(), text: slot.start, value: Some(slot.end) });
        self.types.push(expression.static_type(types));
        self.slots.push((expression, slot));
        self.script.push_str(&variable(self.slots.len()));
        self.parts.push(None);
    }

    fn finish(mut self, text: &Text, found: &[Finding], mut errors: Vec<TemplateError>) -> Result<Script, Vec<TemplateError>> {
        self.refuse_our_names(text, &mut errors);
        let mut bound = Vec::new();
        for (((expression, slot), finding), kind) in self.slots.into_iter().zip(found).zip(&self.types) {
            let span = text.span_of(slot.start, slot.end);
            let place = match finding.place {
                Ok(place) => place,
                Err(refusal) => {
                    errors.push(TemplateError::Refused { span, refusal, written: text.text[slot.start..slot.end].to_owned() });
                    continue;
                }
            };
            let kind = kind.as_ref().map(Type::present);
            let mut advise = |kind| self.advice.push(Advice { kind, span });
            if finding.may_be_option {
                advise(AdviceKind::MayBeOption);
            }
            if finding.in_sed && !kind.is_some_and(Type::is_number_in_a_command) {
                advise(AdviceKind::SedProgram);
            }
            if matches!(kind, Some(Type::List(_))) {
                advise(AdviceKind::ListMayBeEmpty);
            }
            let no_dash = match kind {
                Some(Type::List(of)) => matches!(**of, Type::Host | Type::Path),
                kind => matches!(kind, Some(Type::Host | Type::Path)),
            };
            bound.push(BoundSlot { expression, place, no_dash });
        }
        if !errors.is_empty() {
            errors.sort_by_key(|error| error.span().start);
            return Err(errors);
        }
        let mut bound = bound.into_iter();
        let parts = self.parts.into_iter().filter_map(|part| part.map_or_else(|| bound.next().map(Part::Value), |plain| Some(Part::Plain(plain)))).collect();
        Ok(Script(Arc::new(Compiled { text: text.clone(), parts, advice: self.advice })))
    }

    /// `rb_1` in the command itself would be one of ours.
    fn refuse_our_names(&self, text: &Text, errors: &mut Vec<TemplateError>) {
        for (at, _) in text.text.match_indices("rb_") {
            let digits = text.text[at + 3..].find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.text.len() - at - 3);
            let alone = !text.text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let in_slot = self.slots.iter().any(|(_, slot)| slot.start <= at && at < slot.end);
            if digits > 0 && alone && !in_slot {
                errors.push(TemplateError::ReservedVariable { span: text.span_of(at, at + 3 + digits), name: text.text[at..at + 3 + digits].to_owned() });
            }
        }
    }
}

fn holds_secret(kind: &Type) -> bool {
    match kind.present() {
        Type::Secret => true,
        Type::List(of) => holds_secret(of),
        _ => false,
    }
}

/// The expression before a last `| raw`.
fn without_raw(expression: &Text) -> (Text, bool) {
    let before = expression.text.strip_suffix("raw").map(str::trim_end).and_then(|text| text.strip_suffix('|')).map(str::trim_end);
    match before {
        Some(before) if !before.is_empty() && !before.ends_with('|') => (part(expression, 0, before.len()), true),
        _ => (expression.clone(), false),
    }
}

fn pasted(expression: &Expression, raw: &RawValues<'_>, span: Span) -> Result<String, TemplateError> {
    let scope = match raw {
        RawValues::Unknown => return Ok("raw".to_owned()),
        RawValues::Known(scope) => scope,
    };
    let value = expression.eval(*scope).map_err(|error| TemplateError::RawUnknown { span, why: error.sentence })?;
    let words = value.to_shell_words().map_err(|error| TemplateError::RawUnknown { span, why: error.to_string() })?;
    Ok(words.join(" "))
}
