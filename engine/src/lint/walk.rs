//! The steps of a program with what stands around them.

use grammar::ast::{ActionCall, Block, Boundary, Does, Fields, For, Piece, Runbook, Step};

use crate::check::Program;
use crate::check::merged::Merged;

/// A step and where it stands.
#[derive(Clone)]
pub(super) struct Seen<'a> {
    pub(super) step: &'a Step,
    pub(super) manual: bool,
    pub(super) around: Around<'a>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around<'a> {
    /// The innermost.
    pub(super) boundary: Option<&'a Boundary>,
    /// Inside a `parallel`.
    pub(super) parallel: bool,
    /// The loop between the step and its boundary whose items may pass side by side.
    pub(super) batch: Option<&'a For>,
}

impl Around<'_> {
    fn is_something(&self) -> bool {
        self.boundary.is_some() || self.parallel || self.batch.is_some()
    }
}

impl<'a> Seen<'a> {
    pub(super) fn merged(&self, program: &'a Program) -> Merged<'a> {
        Merged::of_step(&self.step.fields, program.actions())
    }
}

/// The runbooks of the program's own files.
pub(super) fn runbooks(program: &Program) -> impl Iterator<Item = &Runbook> {
    program.runbook().into_iter()
}

/// Every step of the runbook, top to bottom.
pub(super) fn steps(program: &Program) -> Vec<Seen<'_>> {
    let mut found = Vec::new();
    if let Some(runbook) = program.runbook() {
        walk(program, &runbook.body, Around::default(), &mut found);
    }
    found
}

fn walk<'a>(program: &'a Program, block: &'a Block, around: Around<'a>, found: &mut Vec<Seen<'a>>) {
    for piece in &block.pieces {
        match piece {
            Piece::Step(step) => found.push(Seen { step, manual: false, around }),
            Piece::Manual(step) => found.push(Seen { step, manual: true, around }),
            Piece::Boundary(boundary) => walk(program, &boundary.block, Around { boundary: Some(boundary), batch: None, ..around }, found),
            Piece::During(during) => during.block.iter().for_each(|b| walk(program, b, around, found)),
            Piece::Parallel(block) => walk(program, block, Around { parallel: true, ..around }, found),
            Piece::For(each) => walk(program, &each.block, Around { batch: if is_wide(each) { Some(each) } else { around.batch }, ..around }, found),
            // By itself the called runbook is looked at on its own; here it stands in what is around the call.
            Piece::Call(call) if around.is_something() => {
                if let Some(called) = program.runbooks().get(&call.runbook.value) {
                    walk(program, &called.body, around, found);
                }
            }
            Piece::Series(series) => {
                for update in program.updates(series.folder.span).iter().filter(|_| around.is_something()) {
                    walk(program, &update.runbook.body, around, found);
                }
                walk(program, &series.block, around, found);
            }
            Piece::Gate(_) | Piece::Call(_) | Piece::Fact(_) | Piece::Require(_) => {}
        }
    }
}

/// Whether more than one item may be under way at once.
fn is_wide(each: &For) -> bool {
    each.batch.as_ref().is_some_and(|b| b.text.trim() != "1")
}

/// Every piece, at any depth.
pub(super) fn blocks<'a>(block: &'a Block, look: &mut impl FnMut(&'a Piece)) {
    for piece in &block.pieces {
        within(piece, look);
    }
}

/// A piece, and every one in it.
pub(super) fn within<'a>(piece: &'a Piece, look: &mut impl FnMut(&'a Piece)) {
    look(piece);
    match piece {
        Piece::Boundary(boundary) => blocks(&boundary.block, look),
        Piece::During(during) => {
            if let Some(block) = &during.block {
                blocks(block, look);
            }
        }
        Piece::Parallel(block) => blocks(block, look),
        Piece::For(each) => blocks(&each.block, look),
        Piece::Series(series) => blocks(&series.block, look),
        Piece::Step(_) | Piece::Manual(_) | Piece::Gate(_) | Piece::Call(_) | Piece::Fact(_) | Piece::Require(_) => {}
    }
}

/// The action that a step uses, for a place to point at.
pub(super) fn used(fields: &Fields) -> Option<&ActionCall> {
    match &fields.does {
        Some(Does::Use(call)) => Some(call),
        _ => None,
    }
}
