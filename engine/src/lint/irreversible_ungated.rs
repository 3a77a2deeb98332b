//! Before what can't be taken back, someone is asked: on every path.

use std::collections::BTreeMap;

use grammar::ast::{Block, Piece, Step};
use grammar::diagnostic::Severity;

use super::{Found, Rule};
use crate::check::merged::Merged;
use crate::check::{Program, order};

pub(super) static RULE: Rule = Rule {
    code: "RB0302",
    severity: Severity::Error,
    title: "an irreversible step without a gate before it",
    explanation: "Past an irreversible step nothing is rolled back any more. Someone decides to go there, with the evidence in view: a gate comes before it on every path, so one that a `when` may skip does not count, nor one in a loop that may have no items.",
    bad: "runbook x { target h: host = \"h1\"\n boundary b { step drop on h { run `dropdb old`\n irreversible \"the data is gone\" } } }",
    good: "runbook x { target h: host = \"h1\"\n boundary b { gate sure \"Drop it?\" { timeout 1h then park }\n step drop on h { run `dropdb old`\n irreversible \"the data is gone\" } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    if let Some(runbook) = program.runbook() {
        block(&runbook.body, false, program, found);
    }
}

/// Whether a gate has been passed for sure when the block is done.
fn block(block: &Block, gated: bool, program: &Program, found: &mut Found) -> bool {
    let mut passed = gated;
    for piece in &block.pieces {
        passed = self::piece(piece, passed, program, found);
    }
    if block.when.is_some() { gated } else { passed }
}

fn piece(piece: &Piece, gated: bool, program: &Program, found: &mut Found) -> bool {
    match piece {
        Piece::Step(step) | Piece::Manual(step) => {
            look(step, gated, program, found);
            gated
        }
        Piece::Gate(gate) => gated || gate.when.is_none(),
        Piece::Boundary(boundary) => block(&boundary.block, gated, program, found),
        Piece::During(during) => during.block.as_ref().map_or(gated, |b| block(b, gated, program, found)),
        Piece::Parallel(children) => {
            let passed = parallel(children, gated, program, found);
            if children.when.is_some() { gated } else { passed }
        }
        Piece::For(each) => {
            block(&each.block, gated, program, found);
            gated
        }
        Piece::Call(_) | Piece::Series(_) | Piece::Fact(_) | Piece::Require(_) => gated,
    }
}

fn parallel(children: &Block, gated: bool, program: &Program, found: &mut Found) -> bool {
    let Ok(order) = order::siblings(&children.pieces) else { return gated };
    let mut passed: BTreeMap<usize, bool> = BTreeMap::new();
    for (at, before) in order {
        let gated = gated || before.iter().any(|other| passed.get(other).copied().unwrap_or(false));
        let after = piece(&children.pieces[at], gated, program, found);
        passed.insert(at, after);
    }
    gated || passed.values().any(|p| *p)
}

fn look(step: &Step, gated: bool, program: &Program, found: &mut Found) {
    let merged = Merged::of_step(&step.fields, program.actions());
    if gated || merged.irreversible().is_none() {
        return;
    }
    let span = step.fields.irreversible.as_ref().map_or(step.id.span, |text| text.span);
    found.add(
        span,
        format!("`{}` can't be taken back, and nobody is asked before it", step.id.value),
        "a point of no return",
        "put a `gate` before it that no `when` can skip",
    );
}
