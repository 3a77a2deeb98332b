//! Blocks, pieces and fields.

use grammar::ast::{
    Block, Boundary, Call, Capture, Condition, Does, During, Evidence, Fact, Fields, For, Gate, Piece, Require, Retry, Series, Settings, Show, Silence, Step,
    Undo, Verify,
};
use grammar::source::Spanned;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;

use super::leaves::{Hardness, arguments, call, command, distinct, expr, kind, name, names, operand, span, text};

/// Most fields are not there most of the time, so that each is seen alone, too.
fn maybe<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>> {
    weighted(0.2, strategy)
}

fn truth() -> impl Strategy<Value = Spanned<bool>> {
    any::<bool>().prop_map(|truth| Spanned::new(truth, span()))
}

pub(super) fn settings(hardness: Hardness) -> impl Strategy<Value = Settings> {
    let texts = (maybe(text(hardness)), maybe(text(hardness)), maybe(text(hardness)));
    let env = prop_oneof![4 => Just(Vec::new()), 1 => arguments(hardness, 1..4)];
    (names(0..3), texts, env, maybe(expr()), maybe(name())).prop_map(|(on, (as_user, cwd, shell), env, timeout, unreachable)| Settings {
        on,
        as_user,
        env,
        cwd,
        shell,
        timeout,
        unreachable,
    })
}

pub(super) fn block(hardness: Hardness, depth: u32) -> impl Strategy<Value = Block> {
    let pieces = if depth == 0 { Just(Vec::new()).boxed() } else { vec(piece(hardness, depth - 1), 0..4).boxed() };
    (maybe(expr()), names(0..2), settings(hardness), pieces).prop_map(|(when, after, settings, pieces)| Block { when, after, settings, pieces })
}

fn piece(hardness: Hardness, depth: u32) -> BoxedStrategy<Piece> {
    let step = (name(), maybe(text(hardness)), maybe(expr()), names(0..2), settings(hardness));
    let manual = (step, fields(hardness, true)).prop_map(|(head, fields)| Piece::Manual(made_step(head, fields)));
    let step = (name(), maybe(text(hardness)), maybe(expr()), names(0..2), settings(hardness));
    let step = (step, fields(hardness, false)).prop_map(|(head, fields)| Piece::Step(made_step(head, fields)));
    let leaves = prop_oneof![
        4 => step,
        1 => manual,
        1 => gate(hardness).prop_map(Piece::Gate),
        1 => fact(hardness).prop_map(Piece::Fact),
        1 => require(hardness).prop_map(Piece::Require),
        1 => called(hardness).prop_map(Piece::Call),
    ];
    let head = (maybe(expr()), maybe(expr()), maybe(expr()));
    let each = (name(), expr(), head, block(hardness, depth));
    let each = each.prop_map(|(var, over, (batch, pause, tolerate), block)| Piece::For(For { var, over, batch, pause, tolerate, block }));
    let boundary = (name(), maybe(text(hardness)), maybe(name()), maybe(silence()), maybe(expr()), block(hardness, depth));
    let boundary = boundary.prop_map(|(id, title, on_failure, ask, budget, block)| Piece::Boundary(Boundary { id, title, on_failure, ask, budget, block }));
    let down = any::<bool>().prop_map(|down| down.then(|| Spanned::new(true, span())));
    let series = (text(hardness), expr(), expr(), down, block(hardness, depth));
    let series = series.prop_map(|(folder, from, to, down, block)| Piece::Series(Series { folder, from, to, down, block }));
    let parallel = block(hardness, depth).prop_map(|block| Piece::Parallel(Spanned::new(block, span())));
    prop_oneof![6 => leaves, 1 => each, 1 => boundary, 1 => series, 1 => parallel, 1 => during(hardness, depth)].boxed()
}

type Head = (grammar::ast::Name, Option<grammar::source::Text>, Option<grammar::ast::Expr>, Vec<grammar::ast::Name>, Settings);

fn made_step((id, title, when, after, settings): Head, fields: Fields) -> Step {
    Step { id, title, when, after, settings, fields }
}

fn during(hardness: Hardness, depth: u32) -> impl Strategy<Value = Piece> {
    let parts = (call(hardness), maybe(name()), names(0..3), proptest::option::of(block(hardness, depth)));
    parts.prop_map(|(action, release, on, block)| {
        // In YAML `on` is the scope's.
        let inside = |block: Block| Block { settings: Settings { on: Vec::new(), ..block.settings }, ..block };
        Piece::During(During { action, release, settings: Settings { on, ..Settings::default() }, block: block.map(inside) })
    })
}

fn called(hardness: Hardness) -> impl Strategy<Value = Call> {
    (name(), name(), arguments(hardness, 0..3), maybe(expr()), names(0..2)).prop_map(|(id, runbook, with, when, after)| Call { id, runbook, with, when, after })
}

fn silence() -> impl Strategy<Value = Silence> {
    (expr(), proptest::option::of(name())).prop_map(|(after, then)| Silence { after, then })
}

fn gate(hardness: Hardness) -> impl Strategy<Value = Gate> {
    let head = (name(), maybe(text(hardness)), maybe(expr()), names(0..2), settings(hardness));
    let shows = vec((command(hardness), names(0..3)).prop_map(|(cmd, on)| Show { cmd, on }), 0..3);
    let answers = (maybe(text(hardness)), maybe(operand(hardness)), maybe(operand(hardness)), maybe(truth()), maybe(expr()), maybe(silence()));
    (head, shows, answers).prop_map(|((id, question, when, after, settings), show, (confirm, choices, approvers, second_person, valid_for, timeout))| Gate {
        id,
        question,
        when,
        after,
        // In a gate `timeout` is the gate's.
        settings: Settings { timeout: None, ..settings },
        show,
        confirm,
        choices,
        approvers,
        second_person,
        valid_for,
        timeout,
    })
}

pub(super) fn fact(hardness: Hardness) -> impl Strategy<Value = Fact> {
    let parts = (name(), kind(), command(hardness), settings(hardness), maybe(text(hardness)), maybe(truth()));
    parts.prop_map(|(name, kind, cmd, settings, stdin, secret)| Fact { name, kind, cmd, settings, stdin, secret })
}

pub(super) fn require(hardness: Hardness) -> impl Strategy<Value = Require> {
    let that = prop_oneof![expr().prop_map(Condition::Holds), command(hardness).prop_map(Condition::Succeeds)];
    (text(hardness), that, names(0..3)).prop_map(|(why, that, on)| Require { why, that, on })
}

fn does(hardness: Hardness) -> impl Strategy<Value = Does> {
    prop_oneof![
        4 => command(hardness).prop_map(Does::Run),
        2 => call(hardness).prop_map(Does::Use),
        1 => (text(hardness), text(hardness)).prop_map(|(src, to)| Does::Upload { src, to }),
        1 => (text(hardness), text(hardness)).prop_map(|(src, to)| Does::Download { src, to }),
        1 => expr().prop_map(Does::Sleep),
    ]
}

/// Those of a step or an action, or with `manual` those of a manual step.
pub(super) fn fields(hardness: Hardness, manual: bool) -> impl Strategy<Value = Fields> {
    let verify = (command(hardness), maybe(expr()), maybe(expr())).prop_map(|(cmd, every, within)| Verify { cmd, every, within });
    let undo = prop_oneof![
        2 => command(hardness).prop_map(Undo::Command),
        1 => text(hardness).prop_map(Undo::None),
        1 => text(hardness).prop_map(Undo::Manual),
    ];
    let retry = (expr(), maybe(expr()), maybe(expr()), names(0..3)).prop_map(|(times, every, backoff, on)| Retry { times, every, backoff, on });
    let capture = (name(), kind()).prop_map(|(name, kind)| Capture { name, kind });
    let evidence = (name(), kind(), text(hardness)).prop_map(|(name, kind, ask)| Evidence { name, kind, ask });
    let seen = (vec(fact(hardness), 0..2), vec(require(hardness), 0..2), maybe(command(hardness)), does(hardness), text(hardness));
    let after = (prop_oneof![2 => vec(verify, 0..3)], maybe(undo), maybe(text(hardness)), vec(capture, 0..3), maybe(retry), maybe(expr()));
    let rest = (maybe(truth()), maybe(expr()), maybe(expr()), maybe(expr()), maybe(text(hardness)), vec(evidence, 0..3));
    (seen, after, rest).prop_map(move |(seen, after, rest)| {
        let (facts, requires, check, does, instructions) = seen;
        let (verify, undo, irreversible, captures, retry, reboots) = after;
        let (private, output_limit, expect, tolerate, stdin, evidence) = rest;
        Fields {
            facts: distinct(facts, |fact| &fact.name),
            requires,
            check,
            does: (!manual).then_some(does),
            instructions: manual.then_some(instructions),
            evidence: if manual { evidence } else { Vec::new() },
            verify,
            undo,
            irreversible,
            captures,
            retry,
            reboots,
            private,
            output_limit,
            expect,
            tolerate,
            stdin,
        }
    })
}
