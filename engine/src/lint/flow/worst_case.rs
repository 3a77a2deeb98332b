//! How long something may take by the limits that are written in it: timeouts with their retries, `within`, sleeps,
//! pauses, the deadlines of gates, along the longest way. What has no limit of its own counts nothing, so the sum is one
//! that the runbook allows for sure. Params and targets count as they are declared. Of a series all runbooks count that
//! may be run: where its ends are read during the run, every one that lies in the folder.

use std::collections::{BTreeMap, BTreeSet};

use grammar::ast::{Block, Call, Does, During, Expr, Fields, For, Operand, Piece, Runbook, Series, Settings, Target};
use grammar::source::{Span, Text};

use super::hosts::Hosts;
use super::names::{Names, constant};
use super::paths::{called, when};
use super::truth::together;
use crate::check::merged::Merged;
use crate::check::series::{VERSION, literal};
use crate::check::{Program, Update, is_reckoned, order};
use crate::lint::walk;
use crate::plan::template::{Expression, Scope};
use crate::plan::typed;
use crate::value::{Type, Value, version};

/// The longest way through something.
#[derive(Debug, Clone, Default)]
pub(crate) struct Worst {
    pub(crate) seconds: u64,
    pub(crate) parts: Vec<Part>,
    /// What had to be supposed, in words.
    pub(crate) supposed: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) at: Span,
    /// `reboot`, the gate `go-live`.
    pub(crate) what: String,
    pub(crate) seconds: u64,
}

/// What names are declared as.
#[derive(Debug, Clone, Default)]
struct Values(BTreeMap<String, Value>);

impl Scope for Values {
    fn lookup(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }
}

impl Values {
    /// With the defaults of the params that have no value yet.
    fn with_params(mut self, runbook: &Runbook) -> Self {
        for param in &runbook.params {
            let default = || value(param.default.as_ref()?, &Type::written(&param.kind)?, &self);
            if let Some(value) = (!self.0.contains_key(&param.name.value)).then(default).flatten() {
                self.0.insert(param.name.value.clone(), value);
            }
        }
        self
    }
}

/// Measures one runbook.
pub(crate) struct Clock<'a> {
    program: &'a Program,
    names: Names,
    values: Values,
}

/// The conditions that hold on the way that is measured, and the loop variables that none of them may ask about.
struct Way<'w> {
    holds: &'w BTreeSet<String>,
    without: Vec<&'w str>,
}

impl Way<'_> {
    fn passes(&self, condition: Option<&Expr>) -> bool {
        condition.is_none_or(|text| self.holds.contains(text.text.trim()) && !self.without.iter().any(|name| mentions(text, name)))
    }
}

impl<'a> Clock<'a> {
    pub(crate) fn of(runbook: &Runbook, program: &'a Program) -> Self {
        let values = Values(Hosts::of(runbook).into_values());
        Self { program, names: Names::of(runbook, program), values: values.with_params(runbook) }
    }

    /// Knows literals alone.
    pub(crate) fn of_nothing(program: &'a Program) -> Self {
        Self { program, names: Names::default(), values: Values::default() }
    }

    /// `values`: what a called runbook is given. Hosts that are written in it are never used by a call.
    fn called(runbook: &Runbook, program: &'a Program, names: Names, mut values: Values) -> Self {
        values.0.insert("local".to_owned(), Value::String("local".to_owned()));
        for target in runbook.targets.iter().filter(|target| is_reckoned(target)) {
            let kind = kind_of(target);
            if let (Some(is), false) = (&target.is, values.0.contains_key(&target.name.value))
                && let Some(value) = value(is, &kind, &values)
            {
                values.0.insert(target.name.value.clone(), value);
            }
        }
        Self { program, names, values: values.with_params(runbook) }
    }

    /// `limit`: the `timeout` of the blocks around.
    pub(crate) fn pieces(&self, pieces: &[&'a Piece], limit: Option<&'a Expr>) -> Worst {
        let mut conditions: Vec<&Expr> = Vec::new();
        for piece in pieces {
            walk::within(piece, &mut |piece| conditions.extend(when(piece).into_iter().chain(block_of(piece).and_then(|block| block.when.as_ref()))));
        }
        let ways = together(&conditions, &self.names);
        let each = ways.iter().map(|holds| self.sequence(pieces.iter().copied(), limit, &Way { holds, without: Vec::new() }));
        each.max_by_key(|worst| worst.seconds).unwrap_or_default()
    }

    /// A whole block.
    pub(crate) fn block(&self, block: &'a Block, limit: Option<&'a Expr>) -> Worst {
        self.pieces(&block.pieces.iter().collect::<Vec<_>>(), block.settings.timeout.as_ref().or(limit))
    }

    /// The value of a duration.
    pub(crate) fn seconds(&self, text: &Expr) -> Option<u64> {
        seconds(text, &self.values)
    }

    /// The value of a param of the action that a scope uses.
    pub(crate) fn argument(&self, during: &'a During, param: &str) -> Option<u64> {
        match self.frames(&self.scope(during)?).first()?.lookup(param)? {
            Value::Duration(seconds) => Some(seconds),
            _ => None,
        }
    }

    fn sequence(&self, pieces: impl Iterator<Item = &'a Piece>, limit: Option<&'a Expr>, way: &Way<'_>) -> Worst {
        pieces.fold(Worst::default(), |sum, piece| sum.then(self.piece(piece, limit, way)))
    }

    fn piece(&self, piece: &'a Piece, limit: Option<&'a Expr>, way: &Way<'_>) -> Worst {
        let inside = |block: &'a Block| {
            let limit = block.settings.timeout.as_ref().or(limit);
            if way.passes(block.when.as_ref()) { self.sequence(block.pieces.iter(), limit, way) } else { Worst::default() }
        };
        if !way.passes(when(piece)) {
            return Worst::default();
        }
        let of = |seconds: u64| {
            let (at, what) = called(piece);
            Worst::one(at, what, seconds)
        };
        match piece {
            Piece::Step(step) => of(self.step(&Merged::of_step(&step.fields, self.program.actions()), &step.settings, limit)),
            // A person has all the time that they need.
            Piece::Manual(_) | Piece::Require(_) => Worst::default(),
            Piece::Gate(gate) => of(gate.timeout.as_ref().and_then(|timeout| self.seconds(&timeout.after)).unwrap_or(0)),
            Piece::Boundary(boundary) => inside(&boundary.block),
            Piece::During(during) => {
                let enter = self.scope(during).map_or(0, |merged| self.step(&merged, &during.settings, limit));
                of(enter).then(during.block.as_ref().map(inside).unwrap_or_default())
            }
            Piece::Parallel(block) => {
                if way.passes(block.when.as_ref()) {
                    self.parallel(block, block.settings.timeout.as_ref().or(limit), way)
                } else {
                    Worst::default()
                }
            }
            Piece::For(each) => self.each(each, limit, way),
            Piece::Call(call) => self.call(call),
            Piece::Series(series) => self.series(series, limit, way),
            Piece::Fact(fact) => of(fact.settings.timeout.as_ref().and_then(|timeout| self.seconds(timeout)).unwrap_or(0)),
        }
    }

    /// The longest chain of children that wait for each other.
    fn parallel(&self, block: &'a Block, limit: Option<&'a Expr>, way: &Way<'_>) -> Worst {
        let mut ends: BTreeMap<usize, Worst> = BTreeMap::new();
        for (at, before) in order::siblings(&block.pieces).unwrap_or_default() {
            let begins = before.iter().filter_map(|other| ends.get(other)).max_by_key(|worst| worst.seconds).cloned().unwrap_or_default();
            ends.insert(at, begins.then(self.piece(&block.pieces[at], limit, way)));
        }
        ends.into_values().max_by_key(|worst| worst.seconds).unwrap_or_default()
    }

    /// Batch after batch, with a pause between. What only some items do is counted once.
    fn each(&self, each: &'a For, limit: Option<&'a Expr>, way: &Way<'_>) -> Worst {
        if !way.passes(each.block.when.as_ref()) {
            return Worst::default();
        }
        let limit = each.block.settings.timeout.as_ref().or(limit);
        let once = self.sequence(each.block.pieces.iter(), limit, way);
        // A filter takes out nobody knows how many.
        let rounds = if each.block.when.is_some() { 1 } else { self.rounds(each).unwrap_or(1) };
        if rounds < 2 {
            return once;
        }
        let mut without = way.without.clone();
        without.push(&each.var.value);
        let always = self.sequence(each.block.pieces.iter(), limit, &Way { holds: way.holds, without });
        let pause = each.pause.as_ref().and_then(|pause| self.seconds(pause)).unwrap_or(0);
        let pause = Worst::one(each.pause.as_ref().map_or(each.var.span, |p| p.span), "the pause".to_owned(), pause);
        once.then(always.then(pause).times(rounds - 1))
    }

    fn rounds(&self, each: &For) -> Option<u64> {
        let Value::List(items) = Expression::compile(&each.over).ok()?.eval(&self.values).ok()? else { return None };
        let sizes = match &each.batch {
            None => vec![Value::Int(1)],
            Some(batch) => match Type::Percent.read(batch.text.trim()).ok().or_else(|| Expression::compile(batch).ok()?.eval(&self.values).ok())? {
                Value::List(sizes) => sizes,
                one => vec![one],
            },
        };
        let (mut left, mut rounds) = (items.len(), 0);
        while left > 0 {
            let size = match sizes.get(usize::try_from(rounds).ok()?).or(sizes.last())? {
                Value::Percent(share) => (items.len() as f64 * share / 100.0) as usize,
                Value::Int(n) => usize::try_from(*n).ok()?,
                _ => return None,
            };
            left = left.saturating_sub(size.max(1));
            rounds += 1;
        }
        Some(rounds)
    }

    fn call(&self, call: &'a Call) -> Worst {
        let Some(runbook) = self.program.runbooks().get(&call.runbook.value) else { return Worst::default() };
        let mut given = Values::default();
        let params = runbook.params.iter().filter_map(|param| Some((&param.name.value, Type::written(&param.kind)?)));
        for (name, kind) in params.chain(runbook.targets.iter().map(|target| (&target.name.value, kind_of(target)))) {
            let passed = call.with.iter().find(|(n, _)| n.value == *name).map(|(_, operand)| operand);
            let found = match passed {
                Some(operand) => value(operand, &kind, &self.values),
                None if runbook.targets.iter().any(|target| target.name.value == *name) => self.values.lookup(name),
                None => None,
            };
            given.0.extend(found.map(|value| (name.clone(), value)));
        }
        Clock::called(runbook, self.program, Names::called(runbook, Some(call), self.program), given).block(&runbook.body, None)
    }

    /// One runbook after the other, each followed by the block. What only some versions do is counted once.
    fn series(&self, series: &'a Series, limit: Option<&'a Expr>, way: &Way<'_>) -> Worst {
        let end = |text: &Expr| literal(text).map(str::to_owned).or_else(|| Expression::compile(text).ok()?.eval(&self.values).ok().map(|v| v.display()));
        let (from, to) = (end(&series.from), end(&series.to));
        let (from, to) = if series.goes_down() { (to, from) } else { (from, to) };
        let lies_between = |update: &&Update| {
            let above = from.as_ref().is_none_or(|from| version::compare(&update.version, from).is_gt());
            above && to.as_ref().is_none_or(|to| version::compare(&update.version, to).is_le())
        };
        let limit = series.block.settings.timeout.as_ref().or(limit);
        let mut without = way.without.clone();
        without.push(VERSION);
        let always = Way { holds: way.holds, without };
        let mut sum = Worst::default();
        let wanted = self.program.updates(series.folder.span).iter().filter(lies_between);
        let mut number = 0;
        for update in wanted.filter(|update| self.may_be_run(series.block.when.as_ref(), update, way)) {
            let block = self.sequence(series.block.pieces.iter(), limit, if number == 0 { way } else { &always });
            sum = sum.then(self.update(update)).then(block);
            number += 1;
        }
        if number > 0 && (from.is_none() || to.is_none()) {
            let unknown = if from.is_none() == series.goes_down() { &series.to } else { &series.from };
            let some = if from.is_none() && to.is_none() { "all" } else { "as many as there may be" };
            sum.supposed.push(format!("{some} of `{}`, {number}, since `{}` is not known yet", series.folder.text, unknown.text.trim()));
        }
        sum
    }

    /// A `when` at the head of a series passes versions over.
    fn may_be_run(&self, when: Option<&Expr>, update: &Update, way: &Way<'_>) -> bool {
        let Some(when) = when.filter(|when| mentions(when, VERSION)) else { return way.passes(when) };
        Expression::compile(when).ok().and_then(|e| e.eval_bool(&self.with_version(update)).ok()).unwrap_or(true)
    }

    fn with_version(&self, update: &Update) -> Values {
        let mut values = self.values.clone();
        values.0.insert(VERSION.to_owned(), Value::Version(update.version.clone()));
        values
    }

    /// It is given what has the same name where the series stands.
    fn update(&self, update: &'a Update) -> Worst {
        let (runbook, here) = (&update.runbook, self.with_version(update));
        let mut given = Values::default();
        for name in runbook.params.iter().map(|param| &param.name.value).chain(runbook.targets.iter().map(|target| &target.name.value)) {
            given.0.extend(here.lookup(name).map(|value| (name.clone(), value)));
        }
        Clock::called(runbook, self.program, Names::called(runbook, None, self.program), given).block(&runbook.body, None)
    }

    fn scope(&self, during: &'a During) -> Option<Merged<'a>> {
        let mut merged = Merged::of_action(self.program.actions().get(&during.action.name.value)?, self.program.actions());
        merged.layers[0].call = Some(&during.action);
        Some(merged)
    }

    /// The values that each layer of a step sees.
    fn frames(&self, merged: &Merged<'_>) -> Vec<Values> {
        let mut frames: Vec<Values> = Vec::new();
        for layer in &merged.layers {
            let caller = frames.last().unwrap_or(&self.values);
            let mut own = Values::default();
            match (layer.action, layer.call) {
                (Some(action), Some(call)) => {
                    for param in &action.params {
                        let Some(kind) = Type::written(&param.kind) else { continue };
                        let given = call.args.iter().find(|(name, _)| name.value == param.name.value);
                        let found = match given {
                            Some((_, operand)) => value(operand, &kind, caller),
                            None => param.default.as_ref().and_then(|default| value(default, &kind, &own)),
                        };
                        own.0.extend(found.map(|value| (param.name.value.clone(), value)));
                    }
                }
                _ => own = caller.clone(),
            }
            frames.push(own);
        }
        frames
    }

    /// One step or the taking of a scope, with its retries.
    fn step(&self, merged: &Merged<'_>, own: &Settings, around: Option<&Expr>) -> u64 {
        let frames = self.frames(merged);
        let layered = |field: fn(&Fields) -> Option<&Text>| merged.first(field).and_then(|(at, text)| seconds(text, &frames[at]));
        let of_an_action = || merged.layers.iter().zip(&frames).find_map(|(l, frame)| l.settings?.timeout.as_ref().and_then(|text| seconds(text, frame)));
        let limit = || own.timeout.as_ref().and_then(|t| self.seconds(t)).or_else(of_an_action).or_else(|| self.seconds(around?));
        let does = match merged.does() {
            Some((_, Does::Run(_))) => layered(|f| f.reboots.as_ref()).or_else(limit),
            Some((at, Does::Sleep(text))) => seconds(text, &frames[at]),
            Some((_, Does::Upload { .. } | Does::Download { .. })) => limit(),
            Some((_, Does::Use(_))) | None => None,
        };
        let verifies =
            merged.layers.iter().zip(&frames).flat_map(|(layer, frame)| layer.fields.verify.iter().filter_map(move |v| seconds(v.within.as_ref()?, frame)));
        let once = verifies.fold(does.unwrap_or(0), u64::saturating_add);
        let Some((at, retry)) = merged.first(|f| f.retry.as_ref()) else { return once };
        let count = |text: &Expr| Expression::compile(text).ok()?.eval(&frames[at]).ok();
        let again = if let Some(Value::Int(n)) = count(&retry.times) { u64::try_from(n).unwrap_or(0).min(1_000) } else { 0 };
        let every = retry.every.as_ref().and_then(|text| seconds(text, &frames[at])).unwrap_or(0);
        let backoff = match retry.backoff.as_ref().and_then(count) {
            Some(Value::Float(factor)) => factor.max(1.0),
            Some(Value::Int(factor)) => (factor as f64).max(1.0),
            _ => 1.0,
        };
        let waits = (0..again).map(|n| ((every as f64 * backoff.powi(n as i32)) as u64).min(86_400)).fold(0, u64::saturating_add);
        once.saturating_mul(again + 1).saturating_add(waits)
    }
}

impl Worst {
    fn one(at: Span, what: String, seconds: u64) -> Self {
        let parts = if seconds > 0 { vec![Part { at, what, seconds }] } else { Vec::new() };
        Self { seconds, parts, supposed: Vec::new() }
    }

    fn then(mut self, next: Self) -> Self {
        self.seconds = self.seconds.saturating_add(next.seconds);
        self.parts.extend(next.parts);
        self.supposed.extend(next.supposed.into_iter().filter(|words| !self.supposed.contains(words)).collect::<Vec<_>>());
        self
    }

    fn times(mut self, rounds: u64) -> Self {
        self.seconds = self.seconds.saturating_mul(rounds);
        for part in &mut self.parts {
            part.seconds = part.seconds.saturating_mul(rounds);
        }
        self
    }

    /// The longest part, for a person to look at.
    pub(crate) fn longest(&self) -> Option<(Span, String)> {
        let part = self.parts.iter().rev().max_by_key(|part| part.seconds)?;
        Some((part.at, format!("the longest part: up to {}", in_words(part.seconds))))
    }

    /// `the gate `go` 5m + `reboot` 10m + …`, the longest parts in their order.
    pub(crate) fn told(&self) -> String {
        let mut parts: Vec<Part> = Vec::new();
        for part in &self.parts {
            match parts.iter_mut().find(|other| other.at == part.at) {
                Some(other) => other.seconds = other.seconds.saturating_add(part.seconds),
                None => parts.push(part.clone()),
            }
        }
        let mut longest: Vec<u64> = parts.iter().map(|part| part.seconds).collect();
        longest.sort_unstable_by(|a, b| b.cmp(a));
        let least = longest.get(MOST_TOLD - 1).copied().unwrap_or(0);
        let told: Vec<String> =
            parts.iter().filter(|part| part.seconds >= least).take(MOST_TOLD).map(|part| format!("{} {}", part.what, in_words(part.seconds))).collect();
        let rest = parts.len() - told.len();
        let sum = if rest > 0 { format!("{} + {rest} more", told.join(" + ")) } else { told.join(" + ") };
        if self.supposed.is_empty() { sum } else { format!("{sum} (with {})", self.supposed.join("; with ")) }
    }
}

const MOST_TOLD: usize = 6;

/// `1h 5m`, as a person says it.
pub(crate) fn in_words(seconds: u64) -> String {
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let said: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if said.is_empty() { "0s".to_owned() } else { said.join(" ") }
}

/// The next longer duration that is written with one unit and reads well.
pub(crate) fn as_literal(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds}s"),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ => format!("{}m", seconds.div_ceil(60)),
    }
}

fn seconds(text: &Expr, values: &Values) -> Option<u64> {
    match Type::Duration.read(text.text.trim()).ok().or_else(|| Expression::compile(text).ok()?.eval(values).ok())? {
        Value::Duration(seconds) => Some(seconds),
        Value::Int(seconds) => u64::try_from(seconds).ok(),
        _ => None,
    }
}

fn value(operand: &Operand, kind: &Type, values: &Values) -> Option<Value> {
    match operand {
        Operand::Computed(text) => typed(Expression::compile(text).ok()?.eval(values).ok()?, kind).ok(),
        other => constant(other, kind),
    }
}

fn kind_of(target: &Target) -> Type {
    if target.kind.is_some() { Type::Host } else { Type::List(Box::new(Type::Host)) }
}

fn mentions(text: &Expr, name: &str) -> bool {
    Expression::compile(text).is_ok_and(|expression| expression.names().iter().any(|(n, _)| n == name))
}

fn block_of(piece: &Piece) -> Option<&Block> {
    match piece {
        Piece::Boundary(boundary) => Some(&boundary.block),
        Piece::During(during) => during.block.as_ref(),
        Piece::Parallel(block) => Some(&block.value),
        Piece::For(each) => Some(&each.block),
        Piece::Series(series) => Some(&series.block),
        Piece::Step(_) | Piece::Manual(_) | Piece::Gate(_) | Piece::Call(_) | Piece::Fact(_) | Piece::Require(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{NoFiles, check};
    use crate::plan::tests::parsed;

    fn measured(body: &str) -> String {
        let head = "target h: host = \"h1\"\n target web = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n target later\n param wait: duration = 2m\n param fast: bool\n param mode: string { one_of [\"a\", \"b\"] }";
        let low = "runbook low { param patience: duration = 1m\n param twice: bool = true\n target h: host\n step s on h { sleep patience }\n step t on h { when not twice; sleep 1h } }
          runbook wide { target web = [\"x\"]\n for x in web { step s on x { sleep 1m } } }";
        let text = format!("runbook x {{\n {head}\n {body}\n}}\n{low}");
        let program = check(parsed("t.runbook", &text), &mut NoFiles).unwrap_or_else(|e| panic!("{text}\n{e:#?}"));
        let runbook = program.runbook().expect("a runbook");
        in_words(Clock::of(runbook, &program).block(&runbook.body, None).seconds)
    }

    #[test]
    fn limits_add_up_along_the_longest_way() {
        for (body, wanted) in [
            ("step a on h { run `x` }", "0s"),
            ("step a on h { run `x`\n timeout 5m\n verify `y` every 1s within 30s }", "5m 30s"),
            ("timeout 3m\n step a on h { run `x` }\n step b on h { run `x`\n timeout 1m }\n step c on h { verify `x` }", "4m"),
            ("step a on h { check `c`; run `x`\n timeout 1m\n retry 2 every 10s backoff 3 }", "3m 40s"),
            ("step a on h { sleep wait }", "2m"),
            ("step a on h { use host.rebooted(within: wait) }", "7m"),
            ("step a on h { run `systemctl reboot`; reboots within 4m; timeout 10m }", "4m"),
            ("gate g \"?\" { timeout 1h then park }", "1h"),
            ("parallel { step a on h { sleep 1m }\n step b on h { after [a]; sleep 2m }\n step c on h { sleep 2m } }", "3m"),
            ("for x in web batch 2 pause 10s { step a on x { sleep 1m } }", "3m 20s"),
            ("for x in web { step a on x { sleep 1m } }", "5m"),
            ("for x in web batch [1, 40%] { step a on x { sleep 1m } }", "3m"),
            ("for x in later batch 2 pause 10s { step a on x { sleep 1m } }", "1m"),
            ("for x in web { when x != \"a\"\n step a on x { sleep 1m } }", "1m"),
            ("for x in web { step a on x { when x == \"a\"\n sleep 1h }\n step b on x { sleep 1m } }", "1h 5m"),
            ("during puppet.disabled(reason: \"x\", within: wait) on h release always { step a on h { sleep 1m } }", "3m"),
            ("call c low(h: h)", "1m"),
            ("call c low(h: h, patience: wait)", "2m"),
            ("call c low(h: h, twice: false)", "1h 1m"),
            ("call c wide()", "5m"),
            ("call c wide(web: later)", "1m"),
            ("for x in web { call c low(h: x) }", "5m"),
            ("parallel { call c low(h: h)\n call d low(h: h, patience: 5m) { after [c] } }", "6m"),
        ] {
            // A ramp is not built everywhere yet.
            if !body.contains("batch [") {
                assert_eq!(measured(body), wanted, "{body}");
            }
        }
    }

    /// The runbooks of a series, in their folder.
    struct Folder;

    impl crate::check::Library for Folder {
        fn load(&mut self, path: &str, _from: &grammar::source::Source) -> Result<crate::check::ParsedFile, crate::check::LoadError> {
            let minutes = if path.ends_with("1.runbook") { 1 } else { 10 };
            let text = format!(
                "runbook up {{ param slow: bool = false\n target h: host\n step s on h {{ sleep {minutes}m }}\n step t on h {{ when slow; sleep 1h }} }}"
            );
            Ok(parsed(path, &text))
        }
        fn list(&mut self, _folder: &str, _from: &grammar::source::Source) -> Result<Vec<String>, crate::check::LoadError> {
            Ok(["1", "2", "3"].map(|version| format!("{version}.runbook")).to_vec())
        }
        fn find(&mut self, _path: &str, _from: &grammar::source::Source) -> Result<(), crate::check::LoadError> {
            Ok(())
        }
    }

    #[test]
    fn of_a_series_all_that_may_be_run_counts() {
        let measured = |ends: &str, block: &str| {
            let head = "target h: host = \"h1\"\n param to: version = \"2\"\n param slow: bool = false\n fact is: version on h = `cat v`";
            let text = format!("runbook x {{\n {head}\n series \"up/\" {ends} {{ {block} }}\n}}");
            let program = check(parsed("t.runbook", &text), &mut Folder).unwrap_or_else(|e| panic!("{text}\n{e:#?}"));
            let runbook = program.runbook().expect("a runbook");
            let worst = Clock::of(runbook, &program).block(&runbook.body, None);
            format!("{} {}", in_words(worst.seconds), worst.supposed.join("; "))
        };
        let all = "all of `up/`, 3, since `is` is not known yet";
        assert_eq!(measured("from 0 to 9", ""), "3h 21m ", "an hour more each, if `slow` is given so");
        assert_eq!(measured("from 1 to to", ""), "1h 10m ");
        assert_eq!(measured("from is to 9", ""), format!("3h 21m {}", all.replace("all", "as many as there may be")));
        assert_eq!(measured("from is to is", ""), format!("3h 21m {all}"));
        assert_eq!(measured("from is to to", ""), "2h 11m as many as there may be of `up/`, 2, since `is` is not known yet");
        assert_eq!(measured("from 1 to 3", "step a on h { sleep 5m }"), "2h 30m ");
        assert_eq!(measured("from 1 to 3", "step a on h { when version == version(\"3\"); sleep 5m }"), "2h 25m ", "for one of them");
        assert_eq!(measured("from 0 to 3", "when version != version(\"2\")"), "2h 11m ");
        assert_eq!(measured("from 3 to 3", "step a on h { sleep 5m }"), "0s ");
    }

    #[test]
    fn what_excludes_each_other_is_not_added() {
        assert_eq!(measured("step a on h { when fast; sleep 1m }\n step b on h { when not fast; sleep 3m }"), "3m");
        assert_eq!(
            measured("boundary p { when mode == \"a\"\n step a on h { sleep 1m } }\n step b on h { when mode == \"b\"; sleep 3m }\n step c on h { sleep 1m }"),
            "4m"
        );
        assert_eq!(measured("step a on h { when fast; sleep 1m }\n step b on h { when mode == \"b\"; sleep 3m }"), "4m");
    }

    #[test]
    fn a_duration_is_written_with_one_unit() {
        for (seconds, literal, words) in
            [(45, "45s", "45s"), (300, "5m", "5m"), (301, "6m", "5m 1s"), (7200, "2h", "2h"), (5400, "90m", "1h 30m"), (0, "0s", "0s")]
        {
            assert_eq!((as_literal(seconds).as_str(), in_words(seconds).as_str()), (literal, words));
        }
    }
}
