//! What a `tolerate` counts, as far as the runbook says: of what, of how many, and whether that stops anything.

use grammar::ast::{Expr, For, Piece, Step};

use super::names::always;
use super::paths::{Paths, Spot};
use crate::check::Program;
use crate::check::merged::Merged;
use crate::value::{Type, Value};

/// How many may fail, as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Share {
    Number(usize),
    Percent(f64),
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counted<'a> {
    /// The hosts of a step.
    Hosts(&'a Step),
    /// The items of a loop.
    Items(&'a For),
}

/// A `tolerate`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tolerate<'a> {
    pub(crate) spot: Spot<'a>,
    pub(crate) at: &'a Expr,
    pub(crate) counted: Counted<'a>,
    /// `None`: it is reckoned, and the plan says what it comes to.
    pub(crate) share: Option<Share>,
    /// How many hosts or items there are, where the runbook says so.
    pub(crate) parts: Option<usize>,
}

/// The `tolerate` of a piece; that of an action which a step uses is the step's.
pub(crate) fn of_piece<'a>(spot: Spot<'a>, paths: &Paths<'a>, program: &'a Program) -> Option<Tolerate<'a>> {
    let (at, counted, parts) = match spot.piece {
        Piece::Step(step) | Piece::Manual(step) => {
            let (_, at) = Merged::of_step(&step.fields, program.actions()).first(|fields| fields.tolerate.as_ref())?;
            (at, Counted::Hosts(step), paths.hosts_at_once(spot))
        }
        Piece::For(each) => {
            let items = if let Some(Value::List(items)) = paths.value(spot, &each.over) { Some(items.len()) } else { None };
            (each.tolerate.as_ref()?, Counted::Items(each), items)
        }
        _ => return None,
    };
    Some(Tolerate { spot, at, counted, share: share(at), parts })
}

fn share(text: &Expr) -> Option<Share> {
    match Type::Percent.read(text.text.trim()).ok().or_else(|| always(text))? {
        Value::Percent(share) => Some(Share::Percent(share)),
        Value::Int(number) => usize::try_from(number).ok().map(Share::Number),
        _ => None,
    }
}

impl Tolerate<'_> {
    /// How many that comes to.
    pub(crate) fn most(&self) -> Option<usize> {
        match (self.share?, self.parts) {
            (Share::Number(number), _) => Some(number),
            (Share::Percent(share), Some(parts)) => Some((parts as f64 * share / 100.0).floor() as usize),
            (Share::Percent(_), None) => None,
        }
    }

    /// Whether no failure is one too many.
    pub(crate) fn is_of_all(&self) -> bool {
        self.share == Some(Share::Percent(100.0)) || self.most().zip(self.parts).is_some_and(|(most, parts)| most >= parts)
    }

    /// Whether it surely lets none fail.
    pub(crate) fn is_of_none(&self) -> bool {
        self.share == Some(Share::Number(0)) || self.share == Some(Share::Percent(0.0)) || self.most() == Some(0)
    }
}

/// The loops around a piece, with what they tolerate, the innermost first.
pub(crate) fn around<'a>(spot: Spot<'a>, paths: &Paths<'a>, program: &'a Program) -> Vec<Tolerate<'a>> {
    paths.loop_spots(spot).into_iter().filter_map(|at| of_piece(at, paths, program)).collect()
}
