//! Loops: items, filters, batches.

use grammar::ast::{Expr, For};
use grammar::source::{Span, Text};

use super::error::PlanError;
use super::lower::{Context, Draft, Exits, Lowering};
use super::model::*;
use super::template::Expression;
use crate::value::{Type, Value};

/// One item's way through the block.
#[derive(Debug, Clone)]
pub(super) struct Turn<'p> {
    context: Context<'p>,
    item: String,
}

impl<'p> Lowering<'p> {
    pub(super) fn each(&mut self, each: &'p For, context: &Context<'p>, before: Exits) -> Exits {
        let piece = format!("for {} in {}", each.var.value, each.over.text.trim());
        let mut needs = names_in(&each.over);
        // Items are chosen before they are put into batches.
        if let (Some(_), Some(when)) = (&each.batch, &each.block.when) {
            needs.extend(names_in(when).into_iter().filter(|(name, _)| *name != each.var.value));
        }
        if self.waits_for_facts(&piece, needs, context) {
            return before;
        }
        let Some(items) = self.items(each, context) else { return before };
        let kind = self.expression(&each.over).and_then(|e| e.static_type(&|name| self.type_of(context.frame, None, name)));
        let kind = if let Some(Type::List(of)) = kind { Some(*of) } else { None };
        let mut iterations: Vec<Turn<'p>> = Vec::new();
        for item in items {
            if self.is_full() {
                return before;
            }
            let frame = self.frame(context.frame, false);
            self.bind(frame, &each.var.value, Bound::Value(item.clone()), kind.clone());
            let item = item.display();
            iterations.push(Turn { context: Context { frame, items: format!("{}[{item}]", context.items), ..context.clone() }, item });
        }
        let filtered = self.filter(each, &mut iterations);
        let noun = if kind == Some(Type::Host) { "host" } else { "item" };
        let of = format!("for {}{}", each.var.value, context.items);
        let tolerance = each.tolerate.as_ref().and_then(|text| self.tolerance(text, of, noun, iterations.len(), context.frame, None));
        let sizes = self.sizes(each, iterations.len(), context);
        let pause = self.seconds_of(each.pause.as_ref(), "`pause`", context.frame, None);
        let mut exits = before;
        let mut rest = iterations.as_slice();
        for size in sizes {
            let batch;
            (batch, rest) = rest.split_at(size.min(rest.len()));
            exits = self.join(exits, context);
            let side_by_side = self.new_block(context.block, BlockKind::Batch);
            let mut ends = Vec::new();
            for iteration in batch {
                let item = iteration.item.clone();
                let block = self.new_block(side_by_side, BlockKind::Iteration { item, tolerance });
                let inner = Context { block, ..iteration.context.clone() };
                let end = if filtered {
                    let (on, around) = self.place(&each.block.settings, &inner);
                    self.pieces(&each.block.pieces, &Context { on, around, ..inner }, exits.clone())
                } else {
                    self.block(&each.block, &inner, exits.clone())
                };
                ends.extend(end);
            }
            ends.sort_unstable();
            ends.dedup();
            exits = ends;
            if let Some(seconds) = pause
                && seconds > 0
                && !rest.is_empty()
            {
                exits = self.join(exits, context);
                let step = StepSpec::that(Does::Sleep(seconds));
                let draft = Draft { id: "pause", title: None, host: Some(LOCAL.to_owned()), frame: context.frame, kind: NodeKind::Step(Box::new(step)) };
                exits = vec![self.add(draft, context, exits)];
            }
        }
        exits
    }

    pub(super) fn items(&mut self, each: &For, context: &Context<'_>) -> Option<Vec<Value>> {
        match self.early_value(&each.over, "what a `for` goes over", context.frame, None)? {
            Value::List(items) => Some(items),
            Value::Json(serde_json::Value::Array(items)) => Some(
                items
                    .into_iter()
                    .map(|item| match item {
                        serde_json::Value::String(text) => Value::String(text),
                        other => Value::Json(other),
                    })
                    .collect(),
            ),
            other => {
                self.error(PlanError::OutOfRange {
                    at: each.over.span,
                    what: "what a `for` goes over".to_owned(),
                    found: other.type_name().to_owned(),
                    help: "give it a list",
                });
                None
            }
        }
    }

    /// A `when` at the head of the block takes items out before they are put into batches, where it is known already.
    pub(super) fn filter(&mut self, each: &For, iterations: &mut Vec<Turn<'p>>) -> bool {
        let Some(when) = &each.block.when else { return false };
        let Some(condition) = self.expression(when) else { return false };
        let known = iterations.iter().all(|i| self.early(i.context.frame, None, |early| early.unknown(condition.needs()).is_none()));
        if !known {
            if each.batch.is_some() {
                self.error(PlanError::NotBuiltYet {
                    at: when.span,
                    what: "a `batch` whose items are chosen by what is read during the run",
                    help: "use params and targets in this `when`, or put it on the steps",
                });
            }
            return false;
        }
        let mut kept = Vec::new();
        for iteration in iterations.drain(..) {
            match self.early(iteration.context.frame, None, |early| condition.eval_bool(early)) {
                Ok(true) => kept.push(iteration),
                Ok(false) => {}
                Err(error) => self.error(PlanError::NotComputed { at: error.span, what: "`when`".to_owned(), why: error.sentence }),
            }
        }
        *iterations = kept;
        true
    }

    /// A condition that is known when the plan is drawn.
    pub(super) fn known_condition(&mut self, when: &Text, frame: FrameId) -> Option<bool> {
        let condition = self.expression(when)?;
        if self.early(frame, None, |early| early.unknown(condition.names()).is_some()) {
            return None;
        }
        match self.early(frame, None, |early| condition.eval_bool(early)) {
            Ok(holds) => Some(holds),
            Err(error) => {
                self.error(PlanError::NotComputed { at: error.span, what: "`when`".to_owned(), why: error.sentence });
                None
            }
        }
    }

    /// The sizes of the batches, until all items are in one. The last of a list is that of all further ones.
    fn sizes(&mut self, each: &For, count: usize, context: &Context<'_>) -> Vec<usize> {
        let written = self.written_sizes(each, count, context);
        let mut sizes = Vec::new();
        let mut left = count;
        let mut next = 0;
        while left > 0 {
            let size = written.get(next).or(written.last()).copied().unwrap_or(1).clamp(1, left);
            sizes.push(size);
            left -= size;
            next += 1;
        }
        sizes
    }

    fn written_sizes(&mut self, each: &For, count: usize, context: &Context<'_>) -> Vec<usize> {
        let Some(batch) = &each.batch else { return Vec::new() };
        let value = match Type::Percent.read(batch.text.trim()) {
            Ok(value) => value,
            Err(_) => match self.early_value(batch, "`batch`", context.frame, None) {
                Some(value) => value,
                None => return Vec::new(),
            },
        };
        let written = match value {
            Value::List(items) => items,
            one => vec![one],
        };
        let sizes: Option<Vec<usize>> = written.iter().map(|value| batch_size(value, count)).collect();
        if sizes.as_ref().is_none_or(Vec::is_empty) {
            self.error(PlanError::OutOfRange {
                at: batch.span,
                what: "`batch`".to_owned(),
                found: if written.is_empty() { "empty".to_owned() } else { written.iter().map(Value::display).collect::<Vec<_>>().join(", ") },
                help: "write a number from 1, a share such as 15%, or a list of those: [1, 5, 20%]",
            });
        }
        sizes.unwrap_or_default()
    }

    /// A number, or a share of so many parts, rounded down.
    pub(super) fn tolerance(&mut self, text: &Expr, of: String, noun: &str, parts: usize, frame: FrameId, host: Option<&str>) -> Option<ToleranceId> {
        let value = match Type::Percent.read(text.text.trim()) {
            Ok(value) => value,
            Err(_) => self.early_value(text, "`tolerate`", frame, host)?,
        };
        let most = match value {
            Value::Percent(share) if (0.0..=100.0).contains(&share) => Some((parts as f64 * share / 100.0).floor() as u32),
            Value::Int(n) => u32::try_from(n).ok(),
            _ => None,
        };
        let Some(most) = most else {
            self.error(PlanError::OutOfRange {
                at: text.span,
                what: "`tolerate`".to_owned(),
                found: value.display(),
                help: "write how many may fail, from 0, or a share such as 10%",
            });
            return None;
        };
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        self.tolerances.push(Tolerance { of, noun: noun.to_owned(), parts, most });
        Some(ToleranceId(super::lower::count(self.tolerances.len())))
    }
}

/// The names in an expression; none where it can't be read, which is told elsewhere.
pub(super) fn names_in(text: &Text) -> Vec<(String, Span)> {
    Expression::compile(text).map(|e| e.names()).unwrap_or_default()
}

/// How many of so many items: a share is rounded down, to one at least.
fn batch_size(value: &Value, count: usize) -> Option<usize> {
    match value {
        Value::Percent(share) if *share > 0.0 && *share <= 100.0 => Some(((count as f64 * share / 100.0).floor() as usize).max(1)),
        Value::Int(n) => usize::try_from(*n).ok().filter(|n| *n > 0),
        _ => None,
    }
}
