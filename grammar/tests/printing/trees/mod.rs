//! Whole syntax trees at random, as the readers could have made them: every piece, every field, and values that are hard
//! to write down.

mod leaves;
mod pieces;

use grammar::ast::{Action, Block, File, Notify, Param, Piece, Runbook, Settings, Target};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use leaves::{call, distinct, kind, name, names, operand, span, text};
use pieces::{block, fact, fields, require, settings};

pub(crate) use leaves::Hardness;

/// A file with whatever a file may hold, its blocks so deep.
pub(crate) fn file(hardness: Hardness, depth: u32) -> BoxedStrategy<File> {
    let parts = (vec(text(hardness), 0..3), vec(action(hardness), 0..3), vec(runbook(hardness, depth), 0..3));
    parts.prop_filter("a file holds something", |(i, a, r)| !(i.is_empty() && a.is_empty() && r.is_empty())).prop_map(made).boxed()
}

fn made((imports, actions, runbooks): (Vec<grammar::source::Text>, Vec<Action>, Vec<Runbook>)) -> File {
    File { imports, actions, runbooks }
}

fn runbook(hardness: Hardness, depth: u32) -> impl Strategy<Value = Runbook> {
    let texts = (name(), of(text(hardness)), of(text(hardness)), of(text(hardness)), of(text(hardness)), of(date()), of(text(hardness)), of(text(hardness)));
    let head = (
        vec(text(hardness), 0..3),
        vec(param(hardness), 0..4),
        vec(target(hardness), 0..4),
        vec(fact(hardness), 0..3),
        vec(require(hardness), 0..3),
        vec(notify(hardness), 0..3),
    );
    (texts, head, block(hardness, depth)).prop_map(|((name, title, about, source, owner, verified, window, signers), head, body)| {
        let (locks, params, targets, facts, requires, notify) = head;
        Runbook {
            name,
            title,
            about,
            source,
            owner,
            verified,
            window,
            signers,
            locks,
            params: distinct(params, |param| &param.name),
            targets: distinct(targets, |target| &target.name),
            facts: distinct(facts, |fact| &fact.name),
            requires,
            notify,
            // It has no siblings, and its facts and requirements are those above.
            body: Block { after: Vec::new(), pieces: body.pieces.into_iter().filter(is_no_observation).collect(), ..body },
        }
    })
}

fn is_no_observation(piece: &Piece) -> bool {
    !matches!(piece, Piece::Fact(_) | Piece::Require(_))
}

fn action(hardness: Hardness) -> impl Strategy<Value = Action> {
    let parameters = vec((name(), kind(), of(operand(hardness))), 0..4);
    (name(), of(text(hardness)), parameters, settings(hardness), fields(hardness, false)).prop_map(|(name, title, parameters, settings, fields)| {
        let plain = |(name, kind, default)| Param { name, kind, default, help: None, one_of: None, matches: None, min: None, max: None };
        let params = distinct(parameters.into_iter().map(plain).collect(), |param| &param.name);
        Action { name, title, params, settings: Settings { on: Vec::new(), ..settings }, fields }
    })
}

fn param(hardness: Hardness) -> impl Strategy<Value = Param> {
    let limits = (weighted(0.3, text(hardness)), weighted(0.2, operand(hardness)), weighted(0.2, text(hardness)));
    let ends = (weighted(0.2, operand(hardness)), weighted(0.2, operand(hardness)));
    (name(), kind(), of(operand(hardness)), limits, ends).prop_map(|(name, kind, default, (help, one_of, matches), (min, max))| Param {
        name,
        kind,
        default,
        help,
        one_of,
        matches,
        min,
        max,
    })
}

fn target(hardness: Hardness) -> impl Strategy<Value = Target> {
    (name(), of(name()), of(operand(hardness))).prop_map(|(name, kind, is)| Target { name, kind, is })
}

fn notify(hardness: Hardness) -> impl Strategy<Value = Notify> {
    // Beside it stands a key `on` in YAML.
    let call = call(hardness).prop_filter("`on` says when", |call| call.name.value != "on");
    (call, names(0..3)).prop_map(|(action, on)| Notify { action, on })
}

fn date() -> impl Strategy<Value = grammar::source::Text> {
    prop::sample::select(vec!["2021-09-13", "2026-01-15"]).prop_map(|date| grammar::source::Text::verbatim(date, span()))
}

/// Asks for many: an eighth of what `PROPTEST_CASES` says, 32 by default. Trees are large, so they get a stack of their
/// own; what fails is told by its reason alone.
pub(crate) fn for_all<T: std::fmt::Debug + 'static>(
    cases: impl FnOnce() -> BoxedStrategy<T> + Send + 'static,
    test: impl Fn(&T) -> Result<(), TestCaseError> + Send + 'static,
) {
    let usual = ProptestConfig::default();
    let config = ProptestConfig { cases: (usual.cases / 8).max(1), failure_persistence: None, max_shrink_iters: 400, ..usual };
    let run = move || match TestRunner::new(config).run(&cases(), |case| test(&case)) {
        Err(TestError::Fail(why, _)) => panic!("{why}"),
        other => other.expect("cases are made"),
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(run).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
