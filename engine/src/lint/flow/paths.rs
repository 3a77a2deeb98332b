//! The ways through a runbook: every piece with the blocks around it, what comes before what, and what a piece can
//! count on when it is reached.

use std::collections::BTreeSet;

use grammar::ast::{Block, Boundary, During, Expr, For, Name, Piece, Runbook, Settings};
use grammar::source::Span;

use super::names::Names;
use super::truth::{Truth, truth};
use crate::check::{Program, order};

/// One piece and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot<'a> {
    pub(crate) piece: &'a Piece,
    room: usize,
    position: usize,
}

/// A block, with what it is to the pieces in it.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) when: Option<&'a Expr>,
    settings: Option<&'a Settings>,
    pieces: &'a [Piece],
    /// The room around it, and its position there.
    around: Option<(usize, usize)>,
}

#[derive(Debug)]
pub(crate) enum Kind<'a> {
    Runbook,
    Boundary(&'a Boundary),
    /// A scope with a block, or the rest of the block in which a scope without one stands.
    Held(&'a During),
    /// For each child those that come before it.
    Parallel(Vec<BTreeSet<usize>>),
    Loop(&'a For),
    /// A `series`, which may have nothing to run.
    Series,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Before,
    After,
    /// At the same time, for all that the runbook says.
    Beside,
    /// The second stands inside the first.
    Around,
    /// The first stands inside the second.
    Inside,
    Same,
}

#[derive(Debug)]
pub(crate) struct Paths<'a> {
    pub(crate) spots: Vec<Spot<'a>>,
    /// What the runbook's names may stand for.
    pub(crate) names: Names,
    rooms: Vec<Room<'a>>,
}

impl<'a> Paths<'a> {
    pub(crate) fn of(runbook: &'a Runbook, program: &Program) -> Self {
        let mut paths = Self { spots: Vec::new(), names: Names::of(runbook, program), rooms: Vec::new() };
        let room = paths.room(Kind::Runbook, &runbook.body, None);
        paths.pieces(&runbook.body.pieces, room);
        paths
    }

    fn room(&mut self, kind: Kind<'a>, block: &'a Block, around: Option<(usize, usize)>) -> usize {
        self.rooms.push(Room { kind, when: block.when.as_ref(), settings: Some(&block.settings), pieces: &block.pieces, around });
        self.rooms.len() - 1
    }

    fn pieces(&mut self, pieces: &'a [Piece], room: usize) {
        for (position, piece) in pieces.iter().enumerate() {
            self.spots.push(Spot { piece, room, position });
            let around = Some((room, position));
            match piece {
                Piece::Boundary(boundary) => {
                    let inside = self.room(Kind::Boundary(boundary), &boundary.block, around);
                    self.pieces(&boundary.block.pieces, inside);
                }
                Piece::During(during) => match &during.block {
                    Some(block) => {
                        let inside = self.room(Kind::Held(during), block, around);
                        self.pieces(&block.pieces, inside);
                    }
                    None if !matches!(self.rooms[room].kind, Kind::Parallel(_)) => {
                        self.rooms.push(Room { kind: Kind::Held(during), when: None, settings: None, pieces: &pieces[position + 1..], around });
                        return self.pieces(&pieces[position + 1..], self.rooms.len() - 1);
                    }
                    None => {}
                },
                Piece::Parallel(block) => {
                    let inside = self.room(Kind::Parallel(before(&block.pieces)), block, around);
                    self.pieces(&block.pieces, inside);
                }
                Piece::For(each) => {
                    let inside = self.room(Kind::Loop(each), &each.block, around);
                    self.pieces(&each.block.pieces, inside);
                }
                Piece::Series(series) => {
                    let inside = self.room(Kind::Series, &series.block, around);
                    self.pieces(&series.block.pieces, inside);
                }
                Piece::Step(_) | Piece::Manual(_) | Piece::Gate(_) | Piece::Call(_) | Piece::Fact(_) | Piece::Require(_) => {}
            }
        }
    }

    /// The blocks around a piece, the innermost first.
    pub(crate) fn around(&self, spot: Spot<'a>) -> impl Iterator<Item = &Room<'a>> {
        self.trail(spot).into_iter().rev().map(|(room, _)| &self.rooms[room])
    }

    /// Room and position, from the outermost block to the piece's own.
    fn trail(&self, spot: Spot<'a>) -> Vec<(usize, usize)> {
        let mut trail = vec![(spot.room, spot.position)];
        let mut at = self.rooms[spot.room].around;
        while let Some((room, position)) = at {
            trail.push((room, position));
            at = self.rooms[room].around;
        }
        trail.reverse();
        trail
    }

    /// What the order of the text and `after` say of two pieces. In a loop: within one item.
    pub(crate) fn order(&self, one: Spot<'a>, other: Spot<'a>) -> Order {
        let (one, other) = (self.trail(one), self.trail(other));
        match one.iter().zip(&other).find(|(a, b)| a != b) {
            Some(((room, a), (_, b))) => match &self.rooms[*room].kind {
                Kind::Parallel(before) if before[*b].contains(a) => Order::Before,
                Kind::Parallel(before) if before[*a].contains(b) => Order::After,
                Kind::Parallel(_) => Order::Beside,
                Kind::Runbook | Kind::Boundary(_) | Kind::Held(_) | Kind::Loop(_) | Kind::Series if a < b => Order::Before,
                Kind::Runbook | Kind::Boundary(_) | Kind::Held(_) | Kind::Loop(_) | Kind::Series => Order::After,
            },
            None if one.len() < other.len() => Order::Around,
            None if one.len() > other.len() => Order::Inside,
            None => Order::Same,
        }
    }

    /// Whether the first piece has been passed for sure when the second is reached: it comes before, and nothing around
    /// it alone may leave it out.
    pub(crate) fn is_sure_before(&self, one: Spot<'a>, other: Spot<'a>) -> bool {
        self.order(one, other) == Order::Before && self.is_reached_with(one, other)
    }

    /// Whether the second piece is reached for sure when the first has been passed and nothing fails.
    pub(crate) fn is_sure_after(&self, one: Spot<'a>, other: Spot<'a>) -> bool {
        self.order(one, other) == Order::Before && self.is_reached_with(other, one)
    }

    /// Whether the first is not left out where the second is not: it has no loop of its own, which may have no items,
    /// and whatever conditions it has hold wherever those of the second do.
    fn is_reached_with(&self, one: Spot<'a>, other: Spot<'a>) -> bool {
        let given = self.all_conditions(other);
        let holds = |condition: &Expr| given.iter().any(|g| g.text.trim() == condition.text.trim()) || truth(condition, &given, &self.names) == Truth::Always;
        let mut alone = self.alone(one, other);
        when(one.piece).is_none_or(holds) && alone.all(|room| !matches!(room.kind, Kind::Loop(_) | Kind::Series) && room.when.is_none_or(holds))
    }

    /// The blocks around the first piece that are not around the second.
    pub(crate) fn alone(&self, one: Spot<'a>, other: Spot<'a>) -> impl Iterator<Item = &Room<'a>> {
        let rooms: Vec<usize> = self.trail(other).iter().map(|(room, _)| *room).collect();
        self.trail(one).into_iter().map(|(room, _)| room).filter(move |room| !rooms.contains(room)).map(|room| &self.rooms[room])
    }

    /// The conditions under which the blocks around a piece are reached, the outermost first.
    pub(crate) fn conditions(&self, spot: Spot<'a>) -> Vec<&'a Expr> {
        self.trail(spot).into_iter().filter_map(|(room, _)| self.rooms[room].when).collect()
    }

    /// All the conditions under which a piece is run.
    pub(crate) fn all_conditions(&self, spot: Spot<'a>) -> Vec<&'a Expr> {
        self.conditions(spot).into_iter().chain(when(spot.piece)).collect()
    }

    /// The condition of every block that has one, with those around it.
    pub(crate) fn blocks(&self) -> Vec<(&'a Expr, Vec<&'a Expr>)> {
        let around = |at: Option<(usize, usize)>| {
            let mut found = Vec::new();
            let mut at = at;
            while let Some((room, _)) = at {
                found.extend(self.rooms[room].when);
                at = self.rooms[room].around;
            }
            found
        };
        self.rooms.iter().filter_map(|room| room.when.map(|when| (when, around(room.around)))).collect()
    }

    /// The names after the `on` that holds here.
    pub(crate) fn on(&self, spot: Spot<'a>) -> &'a [Name] {
        let own = settings(spot.piece).into_iter();
        let around = self.trail(spot).into_iter().rev().filter_map(|(room, _)| self.rooms[room].settings);
        own.chain(around).map(|s| s.on.as_slice()).find(|on| !on.is_empty()).unwrap_or_default()
    }

    pub(crate) fn boundaries(&self, spot: Spot<'a>) -> impl Iterator<Item = &'a Boundary> {
        self.around(spot).filter_map(|room| if let Kind::Boundary(boundary) = room.kind { Some(boundary) } else { None })
    }

    pub(crate) fn loops(&self, spot: Spot<'a>) -> impl Iterator<Item = &'a For> {
        self.around(spot).filter_map(|room| if let Kind::Loop(each) = room.kind { Some(each) } else { None })
    }

    /// The limit that the blocks around a piece give to what stands in it.
    pub(crate) fn timeout(&self, spot: Spot<'a>) -> Option<&'a Expr> {
        self.trail(spot).into_iter().rev().find_map(|(room, _)| self.rooms[room].settings.and_then(|s| s.timeout.as_ref()))
    }

    /// The pieces over which a scope is held.
    pub(crate) fn held(&self, during: &During) -> Vec<&'a Piece> {
        let room = self.rooms.iter().find(|room| matches!(room.kind, Kind::Held(other) if std::ptr::eq(other, during)));
        room.map_or(&[][..], |room| room.pieces).iter().collect()
    }

    /// Where a scope is taken.
    pub(crate) fn holder(&self, during: &During) -> Option<Spot<'a>> {
        self.spots.iter().find(|spot| matches!(spot.piece, Piece::During(other) if std::ptr::eq(other, during))).copied()
    }

    pub(crate) fn scopes(&self, spot: Spot<'a>) -> impl Iterator<Item = &'a During> {
        self.around(spot).filter_map(|room| if let Kind::Held(during) = room.kind { Some(during) } else { None })
    }
}

fn before(pieces: &[Piece]) -> Vec<BTreeSet<usize>> {
    let mut before = vec![BTreeSet::new(); pieces.len()];
    for (at, earlier) in order::siblings(pieces).unwrap_or_default() {
        before[at] = earlier.into_iter().collect();
    }
    before
}

/// A piece's own `when`; that of a block belongs to what stands in it.
pub(crate) fn when(piece: &Piece) -> Option<&Expr> {
    match piece {
        Piece::Step(step) | Piece::Manual(step) => step.when.as_ref(),
        Piece::Gate(gate) => gate.when.as_ref(),
        Piece::Call(call) => call.when.as_ref(),
        Piece::Boundary(_) | Piece::During(_) | Piece::Parallel(_) | Piece::For(_) | Piece::Series(_) | Piece::Fact(_) | Piece::Require(_) => None,
    }
}

/// A piece's own settings; those of a block belong to what stands in it.
fn settings(piece: &Piece) -> Option<&Settings> {
    match piece {
        Piece::Step(step) | Piece::Manual(step) => Some(&step.settings),
        Piece::Gate(gate) => Some(&gate.settings),
        Piece::During(during) => Some(&during.settings),
        Piece::Fact(fact) => Some(&fact.settings),
        Piece::Boundary(_) | Piece::Parallel(_) | Piece::For(_) | Piece::Call(_) | Piece::Series(_) | Piece::Require(_) => None,
    }
}

/// What a person calls the piece, and where that is written.
pub(crate) fn called(piece: &Piece) -> (Span, String) {
    let id = |name: &Name| (name.span, format!("`{}`", name.value));
    match piece {
        Piece::Step(step) | Piece::Manual(step) => id(&step.id),
        Piece::Gate(gate) => (gate.id.span, format!("the gate `{}`", gate.id.value)),
        Piece::Boundary(boundary) => (boundary.id.span, format!("the boundary `{}`", boundary.id.value)),
        Piece::During(during) => (during.action.name.span, format!("the scope `{}`", during.action.name.value)),
        Piece::Parallel(block) => (block.span, "this `parallel`".to_owned()),
        Piece::For(each) => (each.var.span, format!("the loop over `{}`", each.over.text.trim())),
        Piece::Call(call) => id(&call.id),
        Piece::Series(series) => (series.folder.span, "this `series`".to_owned()),
        Piece::Fact(fact) => (fact.name.span, format!("the fact `{}`", fact.name.value)),
        Piece::Require(require) => (require.why.span, "this requirement".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{NoFiles, check};
    use crate::plan::tests::parsed;

    fn checked(text: &str) -> Program {
        check(parsed("t.runbook", text), &mut NoFiles).unwrap_or_else(|errors| panic!("{errors:#?}"))
    }

    /// How `one` stands to `other` in this text, by their ids.
    fn stands(text: &str, one: &str, other: &str) -> (Order, bool) {
        let program = checked(text);
        let paths = Paths::of(program.runbook().expect("a runbook"), &program);
        let spot = |id: &str| *paths.spots.iter().find(|s| order::id(s.piece).is_some_and(|i| i.value == id)).unwrap_or_else(|| panic!("{id}"));
        (paths.order(spot(one), spot(other)), paths.is_sure_before(spot(one), spot(other)))
    }

    const TEXT: &str = "runbook x { target h: host = \"h1\"\n target xs = [\"h1\"]\n param p: bool\n param n: int
        step a on h { run `a` }
        during puppet.disabled(reason: \"x\") on h release always
        boundary b { when p
          step c on h { run `c` }
          parallel { step e on h { run `e` }\n step f on h { after [e]\n run `f` }\n step g on h { run `g` } }
        }
        for x in xs { step i on x { run `i` }\n step k on x { run `k` } }
        step l on h { run `l` }
        step m on h { when p and n > 5\n run `m` }
        boundary o { when n > 3\n step q on h { run `q` } } }";

    #[test]
    fn the_text_and_after_say_what_comes_first() {
        for (one, other, order, sure) in [
            ("a", "c", Order::Before, true),
            ("l", "a", Order::After, false),
            ("c", "l", Order::Before, false),
            ("c", "m", Order::Before, true),
            ("m", "q", Order::Before, false),
            ("c", "g", Order::Before, true),
            ("e", "f", Order::Before, true),
            ("e", "g", Order::Beside, false),
            ("i", "l", Order::Before, false),
            ("i", "k", Order::Before, true),
            ("b", "e", Order::Around, false),
            ("e", "b", Order::Inside, false),
            ("e", "e", Order::Same, false),
        ] {
            assert_eq!(stands(TEXT, one, other), (order, sure), "{one} {other}");
        }
    }

    #[test]
    fn what_follows_for_sure_has_no_condition_that_the_first_has_not() {
        let program = checked(TEXT);
        let paths = Paths::of(program.runbook().expect("a runbook"), &program);
        let spot = |id: &str| *paths.spots.iter().find(|s| order::id(s.piece).is_some_and(|i| i.value == id)).expect("a piece");
        assert!(paths.is_sure_after(spot("m"), spot("q")), "n > 3 where n > 5");
        assert!(paths.is_sure_after(spot("c"), spot("l")));
        assert!(!paths.is_sure_after(spot("l"), spot("q")));
        assert!(!paths.is_sure_after(spot("a"), spot("i")), "a loop may have no items");
    }

    #[test]
    fn a_scope_without_a_block_stands_around_the_rest() {
        let program = checked(TEXT);
        let paths = Paths::of(program.runbook().expect("a runbook"), &program);
        let held: Vec<&str> =
            paths.spots.iter().filter(|s| paths.scopes(**s).next().is_some()).filter_map(|s| order::id(s.piece)).map(|id| id.value.as_str()).collect();
        assert_eq!(held, ["b", "c", "e", "f", "g", "i", "k", "l", "m", "o", "q"]);
    }
}
