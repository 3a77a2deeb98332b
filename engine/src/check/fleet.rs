//! Fleets: how many hosts may fail, what an unreachable one means, and whether a step succeeded.

use grammar::ast::{Expr, Name};
use grammar::source::Span;

use super::error::CheckError;
use super::names::similar;
use super::walk::{Checker, Place};
use crate::plan::template::Expression;
use crate::value::{Type, Value};

impl Checker<'_> {
    /// `tolerate 2`, `tolerate 10%`, and whatever can be reckoned from params.
    pub(super) fn tolerate(&mut self, tolerate: Option<&Expr>, place: &Place) {
        let Some(tolerate) = tolerate else { return };
        let text = tolerate.text.trim();
        let out_of_range = |help| CheckError::OutOfRange { at: tolerate.span, what: "`tolerate`", found: text.to_owned(), help };
        if text.ends_with('%') {
            match Type::Percent.read(text) {
                Err(error) => self.error(CheckError::UnreadableValue { at: tolerate.span, what: "`tolerate`".to_owned(), error }),
                Ok(Value::Percent(share)) if !(0.0..=100.0).contains(&share) => self.error(out_of_range("write a share from 0% to 100%")),
                Ok(_) => {}
            }
        } else if text.starts_with('-') {
            self.error(out_of_range("write how many may fail, from 0"));
        } else {
            self.clause(tolerate, "`tolerate`", &Type::Int, place);
        }
    }

    pub(super) fn unreachable(&mut self, word: Option<&Name>) {
        if let Some(word) = word
            && !matches!(word.value.as_str(), "fail" | "skip" | "park")
        {
            self.error(CheckError::UnknownWord {
                at: word.span,
                word: word.value.clone(),
                what: "what can be done about an unreachable host",
                allowed: &["fail", "skip", "park"],
            });
        }
    }

    /// `succeeded("step-id")`: a step of this runbook, and one that comes before.
    pub(super) fn steps_asked<'e>(&mut self, expressions: impl Iterator<Item = &'e Expression>, place: &Place) {
        for (id, at) in expressions.flat_map(Expression::steps_asked) {
            self.asked.insert(id.clone());
            if let Some(error) = self.step_asked(&id, at, place) {
                self.error(error);
            }
        }
    }

    fn step_asked(&self, id: &str, at: Span, place: &Place) -> Option<CheckError> {
        if place.in_action {
            let why = Some("an action does not know the steps around it: ask in the step's `when`, or pass the answer as an argument".to_owned());
            return Some(CheckError::UnknownStep { at, id: id.to_owned(), similar: None, why });
        }
        if place.before.contains(id) {
            return None;
        }
        if let Some(span) = self.steps.get(id) {
            return Some(CheckError::StepNotBefore { at, id: id.to_owned(), step: *span });
        }
        let why = self.pieces_with_ids.get(id).map(|what| format!("`{id}` is a {what}, and only steps are asked about"));
        let name = Name { value: id.to_owned(), span: at };
        let similar = if why.is_none() { similar(&name, self.steps.keys().map(String::as_str)) } else { None };
        Some(CheckError::UnknownStep { at, id: id.to_owned(), similar, why })
    }
}
