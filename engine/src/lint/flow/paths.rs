//! The ways through a runbook: every piece with the blocks around it, what comes before what, and what a piece can
//! count on when it is reached. What a runbook calls stands in it as the block that it is, with names of its own.

use std::collections::BTreeSet;

use grammar::ast::{Block, Boundary, Call, During, Expr, For, Name, Piece, Runbook, Series, Settings};
use grammar::source::{Span, Text};

use super::hosts::{Hosts, Where};
use super::names::Names;
use super::truth::{Truth, truth};
use crate::check::{Program, order};
use crate::value::Value;

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
    /// In whose names its `when` is written.
    frame: usize,
}

/// A runbook with its names: the one that is looked at, then one for every call in it.
#[derive(Debug)]
struct Frame<'a> {
    names: Names,
    hosts: Hosts,
    /// `None`: the one that is looked at.
    runbook: Option<&'a Runbook>,
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
    /// Around the runbook that is called.
    Call,
    /// Around one runbook of a series, which may be passed over.
    Update,
}

/// How many pieces are looked at, with those of the runbooks that are called. What is called beyond that is not looked
/// into: rules compare pieces with each other.
const MOST: usize = 1_500;

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
    /// Every piece, those of called runbooks too.
    pub(crate) spots: Vec<Spot<'a>>,
    rooms: Vec<Room<'a>>,
    frames: Vec<Frame<'a>>,
    program: &'a Program,
}

impl<'a> Paths<'a> {
    pub(crate) fn of(runbook: &'a Runbook, program: &'a Program) -> Self {
        let own = Frame { names: Names::of(runbook, program), hosts: Hosts::of(runbook), runbook: None };
        let mut paths = Self { spots: Vec::new(), rooms: Vec::new(), frames: vec![own], program };
        let room = paths.room(Kind::Runbook, &runbook.body, None, 0);
        paths.pieces(&runbook.body.pieces, room, 0);
        paths
    }

    fn room(&mut self, kind: Kind<'a>, block: &'a Block, around: Option<(usize, usize)>, frame: usize) -> usize {
        self.rooms.push(Room { kind, when: block.when.as_ref(), settings: Some(&block.settings), pieces: &block.pieces, around, frame });
        self.rooms.len() - 1
    }

    /// `first`: the position of the first of them.
    fn pieces(&mut self, pieces: &'a [Piece], room: usize, first: usize) {
        let frame = self.rooms[room].frame;
        for (at, piece) in pieces.iter().enumerate() {
            let position = first + at;
            let spot = Spot { piece, room, position };
            self.spots.push(spot);
            let around = Some((room, position));
            match piece {
                Piece::Boundary(boundary) => {
                    let inside = self.room(Kind::Boundary(boundary), &boundary.block, around, frame);
                    self.pieces(&boundary.block.pieces, inside, 0);
                }
                Piece::During(during) => match &during.block {
                    Some(block) => {
                        let inside = self.room(Kind::Held(during), block, around, frame);
                        self.pieces(&block.pieces, inside, 0);
                    }
                    None if !matches!(self.rooms[room].kind, Kind::Parallel(_)) => {
                        let rest = &pieces[at + 1..];
                        self.rooms.push(Room { kind: Kind::Held(during), when: None, settings: None, pieces: rest, around, frame });
                        return self.pieces(rest, self.rooms.len() - 1, 0);
                    }
                    None => {}
                },
                Piece::Parallel(block) => {
                    let inside = self.room(Kind::Parallel(before(&block.pieces)), block, around, frame);
                    self.pieces(&block.pieces, inside, 0);
                }
                Piece::For(each) => {
                    let inside = self.room(Kind::Loop(each), &each.block, around, frame);
                    self.pieces(&each.block.pieces, inside, 0);
                }
                Piece::Call(call) => {
                    if let Some(called) = self.program.runbooks().get(&call.runbook.value) {
                        self.called(called, Some(call), spot, Room { kind: Kind::Call, when: call.when.as_ref(), settings: None, pieces: &[], around, frame });
                    }
                }
                Piece::Series(series) => self.series(series, spot, frame),
                Piece::Step(_) | Piece::Manual(_) | Piece::Gate(_) | Piece::Fact(_) | Piece::Require(_) => {}
            }
        }
    }

    fn called(&mut self, runbook: &'a Runbook, call: Option<&'a Call>, at: Spot<'a>, outer: Room<'a>) {
        if self.spots.len() + runbook.body.pieces.len() > MOST {
            return;
        }
        let loops: Vec<&For> = self.loops_of_its_own(at).collect();
        let (caller, frame) = (&self.frames[outer.frame], self.frames.len());
        let hosts = Hosts::called(runbook, call, &caller.hosts, &loops, frame);
        let names = Names::called(runbook, call, self.program);
        self.frames.push(Frame { names, hosts, runbook: Some(runbook) });
        self.rooms.push(outer);
        let room = self.room(Kind::Runbook, &runbook.body, Some((self.rooms.len() - 1, 0)), frame);
        self.pieces(&runbook.body.pieces, room, 0);
    }

    /// The runbooks of a series, in the order of versions, then its block.
    fn series(&mut self, series: &'a Series, at: Spot<'a>, frame: usize) {
        let inside = self.room(Kind::Series, &series.block, Some((at.room, at.position)), frame);
        let program = self.program;
        let updates = program.updates(series.folder.span);
        for (position, update) in updates.iter().enumerate() {
            let around = Some((inside, position));
            self.called(&update.runbook, None, at, Room { kind: Kind::Update, when: None, settings: None, pieces: &[], around, frame });
        }
        self.pieces(&series.block.pieces, inside, updates.len());
    }

    /// The pieces of the runbook itself.
    pub(crate) fn own(&self) -> impl Iterator<Item = Spot<'a>> {
        self.spots.iter().copied().filter(|spot| self.is_own(*spot))
    }

    /// Whether a piece stands in the runbook itself, and not in one that it calls.
    pub(crate) fn is_own(&self, spot: Spot<'a>) -> bool {
        self.rooms[spot.room].frame == 0
    }

    /// Whether what a piece calls is looked into; any other piece is.
    pub(crate) fn is_seen_through(&self, spot: Spot<'a>) -> bool {
        let is_there = || self.rooms.iter().any(|room| matches!(room.kind, Kind::Call) && room.around == Some((spot.room, spot.position)));
        !matches!(spot.piece, Piece::Call(_)) || is_there()
    }

    /// Whether two pieces stand in one call of one runbook.
    pub(crate) fn are_of_one_call(&self, one: Spot<'a>, other: Spot<'a>) -> bool {
        self.rooms[one.room].frame == self.rooms[other.room].frame
    }

    /// The piece of the runbook itself by which another is reached: itself, or the call that it stands in.
    pub(crate) fn reached_by(&self, spot: Spot<'a>) -> Spot<'a> {
        let trail = self.trail(spot);
        let outermost = trail.iter().position(|(room, _)| matches!(self.rooms[*room].kind, Kind::Call | Kind::Update));
        let at = outermost.and_then(|at| at.checked_sub(if matches!(self.rooms[trail[at].0].kind, Kind::Update) { 2 } else { 1 }));
        at.and_then(|at| self.at(trail[at])).unwrap_or(spot)
    }

    /// Whether what two pieces have to do with each other is said of the runbook in which they stand side by side, since
    /// it is so whatever that is given.
    pub(crate) fn is_said_there(&self, one: Spot<'a>, other: Spot<'a>) -> bool {
        let (one_trail, other_trail) = (self.trail(one), self.trail(other));
        let Some(frame) = one_trail.iter().zip(&other_trail).find(|(a, b)| a != b).map(|((room, _), _)| self.rooms[*room].frame) else { return false };
        if frame == 0 {
            return false;
        }
        let Some(runbook) = self.frames[frame].runbook else { return false };
        // What they call in turn is not told apart here: it is left to that runbook.
        let declared = |spot: Spot<'a>| (self.rooms[spot.room].frame == frame).then(|| self.declared_hosts(spot, runbook));
        declared(one).zip(declared(other)).is_none_or(|(one, other)| one.meets(&other))
    }

    /// Whether a call leaves a target out that is one of these names here.
    pub(crate) fn passes_by_name(&self, call: &Call, names: &BTreeSet<String>) -> bool {
        let called = self.program.runbooks().get(&call.runbook.value);
        called.is_some_and(|called| {
            let passed = |name: &str| call.with.iter().any(|(n, _)| n.value == name);
            called.targets.iter().any(|target| names.contains(&target.name.value) && !passed(&target.name.value))
        })
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
                _ if a < b => Order::Before,
                _ => Order::After,
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
        let holds = |condition: &Expr, frame: usize| {
            let given = self.conditions_in(other, frame);
            given.iter().any(|g| g.text.trim() == condition.text.trim()) || truth(condition, &given, &self.frames[frame].names) == Truth::Always
        };
        let mut alone = self.alone(one, other);
        when(one.piece).is_none_or(|when| holds(when, self.rooms[one.room].frame))
            && alone.all(|room| !matches!(room.kind, Kind::Loop(_) | Kind::Series | Kind::Update) && room.when.is_none_or(|when| holds(when, room.frame)))
    }

    /// Whether at most one of the two is ever run.
    pub(crate) fn exclude(&self, one: Spot<'a>, other: Spot<'a>) -> bool {
        (0..self.frames.len()).any(|frame| {
            let (one, other) = (self.conditions_in(one, frame), self.conditions_in(other, frame));
            let never = |condition: &Expr, given: &[&Expr]| truth(condition, given, &self.frames[frame].names) == Truth::Never;
            one.iter().any(|condition| never(condition, &other)) || other.iter().any(|condition| never(condition, &[]))
        })
    }

    /// The blocks around the first piece that are not around the second.
    pub(crate) fn alone(&self, one: Spot<'a>, other: Spot<'a>) -> impl Iterator<Item = &Room<'a>> {
        let rooms: Vec<usize> = self.trail(other).iter().map(|(room, _)| *room).collect();
        self.trail(one).into_iter().map(|(room, _)| room).filter(move |room| !rooms.contains(room)).map(|room| &self.rooms[room])
    }

    /// The conditions under which the blocks around a piece are reached, the outermost first, in its own runbook.
    pub(crate) fn conditions(&self, spot: Spot<'a>) -> Vec<&'a Expr> {
        let frame = self.rooms[spot.room].frame;
        self.trail(spot).into_iter().map(|(room, _)| &self.rooms[room]).filter(|room| room.frame == frame).filter_map(|room| room.when).collect()
    }

    /// All the conditions under which a piece is run, in its own runbook.
    pub(crate) fn all_conditions(&self, spot: Spot<'a>) -> Vec<&'a Expr> {
        self.conditions_in(spot, self.rooms[spot.room].frame)
    }

    /// Those among all conditions of a piece that are written in the names of one runbook.
    fn conditions_in(&self, spot: Spot<'a>, frame: usize) -> Vec<&'a Expr> {
        let around = self.trail(spot).into_iter().map(|(room, _)| &self.rooms[room]).filter(|room| room.frame == frame).filter_map(|room| room.when);
        let own = if self.rooms[spot.room].frame == frame { when(spot.piece) } else { None };
        around.chain(own).collect()
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
        let own = self.rooms.iter().filter(|room| room.frame == 0 && !matches!(room.kind, Kind::Call | Kind::Update));
        own.filter_map(|room| room.when.map(|when| (when, around(room.around)))).collect()
    }

    /// What the names of the runbook itself may stand for.
    pub(crate) fn own_names(&self) -> &Names {
        &self.frames[0].names
    }

    /// The hosts of a piece.
    pub(crate) fn hosts(&self, spot: Spot<'a>) -> Where {
        let loops: Vec<&For> = self.loops_of_its_own(spot).collect();
        self.frames[self.rooms[spot.room].frame].hosts.on(self.on(spot), &loops)
    }

    /// The hosts of a part of a piece with an `on` of its own, or the piece's where it has none.
    pub(crate) fn hosts_of(&self, spot: Spot<'a>, on: &[Name]) -> Where {
        let loops: Vec<&For> = self.loops_of_its_own(spot).collect();
        if on.is_empty() { self.hosts(spot) } else { self.frames[self.rooms[spot.room].frame].hosts.on(on, &loops) }
    }

    /// The hosts of a piece of a called runbook as that declares them, whatever it is given.
    fn declared_hosts(&self, spot: Spot<'a>, runbook: &Runbook) -> Where {
        let loops: Vec<&For> = self.loops_of_its_own(spot).collect();
        Hosts::of(runbook).on(self.on(spot), &loops)
    }

    /// What an expression comes to in the names of a piece's runbook, where it is made of targets as they are declared.
    pub(crate) fn value(&self, spot: Spot<'a>, text: &Expr) -> Option<Value> {
        self.frames[self.rooms[spot.room].frame].hosts.value(text)
    }

    /// On how many hosts a piece works each time that it is reached: on one item of a loop over hosts it is one.
    pub(crate) fn hosts_at_once(&self, spot: Spot<'a>) -> Option<usize> {
        let frame = &self.frames[self.rooms[spot.room].frame];
        let loops: Vec<&For> = self.loops_of_its_own(spot).collect();
        frame.hosts.at_once(self.on(spot), &loops, &frame.names)
    }

    /// Whether where a piece works is another place for each item of a loop.
    pub(crate) fn is_of_an_item(&self, spot: Spot<'a>, each: Spot<'a>) -> bool {
        let Piece::For(each_for) = each.piece else { return false };
        self.hosts(spot).is_of(self.rooms[each.room].frame, each_for.var.span)
    }

    /// Where the loops around a piece stand, those around the calls that it stands in too, the innermost first.
    pub(crate) fn loop_spots(&self, spot: Spot<'a>) -> Vec<Spot<'a>> {
        self.around(spot).filter(|room| matches!(room.kind, Kind::Loop(_))).filter_map(|room| self.at(room.around?)).collect()
    }

    /// The user as whom a piece runs, if it or a block around it names one.
    pub(crate) fn as_user(&self, spot: Spot<'a>) -> Option<&'a Text> {
        settings(spot.piece).into_iter().chain(self.settings_around(spot)).find_map(|settings| settings.as_user.as_ref())
    }

    /// The word on unreachable hosts that holds for a piece, but for what an action says.
    pub(crate) fn unreachable(&self, spot: Spot<'a>) -> Option<&'a Name> {
        settings(spot.piece).into_iter().chain(self.settings_around(spot)).find_map(|settings| settings.unreachable.as_ref())
    }

    /// The innermost scope of the runbook itself around a piece that holds something on its own host and is `wanted`. What a
    /// called runbook holds is looked at there.
    pub(crate) fn scope_here(&self, spot: Spot<'a>, wanted: impl Fn(&During) -> bool) -> Option<&'a During> {
        let held = |room: &Room<'a>| if let Kind::Held(during) = room.kind { Some((room.around?, during)) } else { None };
        let mut own = self.around(spot).filter(|room| room.frame == 0).filter_map(held).filter(|(_, during)| wanted(during));
        own.find(|(at, _)| self.at(*at).is_some_and(|at| self.hosts(at).meets(&self.hosts(spot)))).map(|(_, during)| during)
    }

    /// The piece that stands there.
    fn at(&self, place: (usize, usize)) -> Option<Spot<'a>> {
        self.spots.iter().find(|spot| (spot.room, spot.position) == place).copied()
    }

    /// The rooms around a piece in its own runbook, the innermost first: settings hold no further.
    fn settings_around(&self, spot: Spot<'a>) -> impl Iterator<Item = &'a Settings> {
        let frame = self.rooms[spot.room].frame;
        self.trail(spot).into_iter().rev().map(|(room, _)| &self.rooms[room]).filter(move |room| room.frame == frame).filter_map(|room| room.settings)
    }

    /// The names after the `on` that holds here.
    pub(crate) fn on(&self, spot: Spot<'a>) -> &'a [Name] {
        let own = settings(spot.piece).into_iter();
        own.chain(self.settings_around(spot)).map(|s| s.on.as_slice()).find(|on| !on.is_empty()).unwrap_or_default()
    }

    /// Whether something may run at the same time.
    pub(crate) fn is_in_a_branch(&self, spot: Spot<'a>) -> bool {
        self.around(spot).any(|room| matches!(room.kind, Kind::Parallel(_)))
    }

    /// The boundaries around a piece, the innermost first; of a piece of a called runbook those around the call too.
    pub(crate) fn boundaries(&self, spot: Spot<'a>) -> impl Iterator<Item = &'a Boundary> {
        self.around(spot).filter_map(|room| if let Kind::Boundary(boundary) = room.kind { Some(boundary) } else { None })
    }

    /// The loops around a piece, those around the calls that it stands in too, the innermost first.
    pub(crate) fn loops(&self, spot: Spot<'a>) -> impl Iterator<Item = &'a For> {
        self.around(spot).filter_map(|room| if let Kind::Loop(each) = room.kind { Some(each) } else { None })
    }

    /// The same in its own runbook: those whose items its names may be.
    pub(crate) fn loops_of_its_own(&self, spot: Spot<'a>) -> impl Iterator<Item = &'a For> {
        let frame = self.rooms[spot.room].frame;
        self.around(spot).filter(move |room| room.frame == frame).filter_map(|room| if let Kind::Loop(each) = room.kind { Some(each) } else { None })
    }

    /// The limit that the blocks around a piece give to what stands in it.
    pub(crate) fn timeout(&self, spot: Spot<'a>) -> Option<&'a Expr> {
        self.settings_around(spot).find_map(|s| s.timeout.as_ref())
    }

    /// The boundaries of the runbook itself around a piece, the innermost first.
    pub(crate) fn own_boundaries(&self, spot: Spot<'a>) -> impl Iterator<Item = &'a Boundary> {
        let own = self.around(spot).filter(|room| room.frame == 0);
        own.filter_map(|room| if let Kind::Boundary(boundary) = room.kind { Some(boundary) } else { None })
    }

    /// The pieces over which a scope of the runbook itself is held.
    pub(crate) fn held(&self, during: &During) -> Vec<&'a Piece> {
        let room = self.rooms.iter().find(|room| room.frame == 0 && matches!(room.kind, Kind::Held(other) if std::ptr::eq(other, during)));
        room.map_or(&[][..], |room| room.pieces).iter().collect()
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
        let held: Vec<&str> = paths
            .spots
            .iter()
            .filter(|s| paths.around(**s).any(|room| matches!(room.kind, Kind::Held(_))))
            .filter_map(|s| order::id(s.piece))
            .map(|id| id.value.as_str())
            .collect();
        assert_eq!(held, ["b", "c", "e", "f", "g", "i", "k", "l", "m", "o", "q"]);
    }
}
