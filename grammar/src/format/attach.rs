//! Puts each comment of a source to the unit that it stands at, and notes blank lines.
//!
//! The extents say where units begin and end, so a comment is inside exactly one innermost unit. There it belongs to
//! what ends on its line, else to what follows it, else to the end of the unit.

use super::extent::{Comment, Extent, Extents, Range};
use super::node::{Node, Note};

/// `groups_stand`: the source is YAML, which has keys for what the native form has none for.
pub(super) fn attach<S>(root: &mut Node<S>, extents: &Extents, text: &str, groups_stand: bool) {
    let attaching = Attaching { text, groups_stand };
    root.at = Some(extents.whole.at);
    attaching.visit(root, &extents.whole, &extents.comments);
    // No line opens a file.
    let header = std::mem::take(&mut root.notes.header).into_iter().map(|text| Note { text, gap: false });
    if let Some(first) = first(root) {
        first.notes.before.splice(0..0, header);
    }
    attaching.head(root);
}

struct Attaching<'a> {
    text: &'a str,
    groups_stand: bool,
}

/// A unit inside the one that is looked at.
struct Unit<'n, 'e, S> {
    node: &'n mut Node<S>,
    at: Range,
    extent: &'e Extent,
}

enum Event {
    Own(Range),
    Unit(usize),
    Comment(Comment),
}

/// What stands before.
enum Last {
    Start,
    Own,
    Unit(usize),
}

impl Attaching<'_> {
    fn visit<S>(&self, node: &mut Node<S>, extent: &Extent, comments: &[Comment]) {
        let at = node.at.unwrap_or_default();
        let Node { own, inside, notes, .. } = node;
        let mut units = self.units(inside, own, extent);
        let mut events: Vec<_> = own.iter().map(|own| (own.start, Event::Own(*own))).collect();
        let mut rest = comments;
        for (number, unit) in units.iter_mut().enumerate() {
            let before = rest.partition_point(|comment| comment.at.start < unit.at.start);
            let (outside, behind) = rest.split_at(before);
            let (within, behind) = behind.split_at(behind.partition_point(|comment| comment.at.start < unit.at.end));
            rest = behind;
            events.extend(outside.iter().map(|comment| (comment.at.start, Event::Comment(*comment))));
            events.push((unit.at.start, Event::Unit(number)));
            unit.node.at = Some(unit.at);
            self.visit(unit.node, unit.extent, within);
        }
        events.extend(rest.iter().map(|comment| (comment.at.start, Event::Comment(*comment))));
        events.sort_by_key(|(start, _)| *start);

        let mut pending: Vec<Note> = Vec::new();
        let (mut last, mut last_end, mut end) = (Last::Start, at.start, at.start);
        for (_, event) in events {
            match event {
                // It can't be printed between the parts of one line.
                Event::Own(own) => {
                    notes.before.append(&mut pending);
                    (last, last_end) = (Last::Own, last_end.max(self.with_mark(own.end)));
                    end = end.max(last_end);
                }
                Event::Unit(number) => {
                    let unit = &mut units[number];
                    unit.node.notes.before.splice(0..0, pending.drain(..));
                    unit.node.notes.gap = self.has_blank_line(end, unit.at.start);
                    unit.node.notes.own_line = self.breaks(end, unit.at.start);
                    (last, last_end) = (Last::Unit(number), last_end.max(unit.at.end));
                    end = end.max(last_end);
                }
                Event::Comment(comment) => {
                    let text = self.text.get(comment.at.start..comment.at.end).unwrap_or_default().to_owned();
                    let beside = !comment.is_alone(self.text) && !self.breaks(last_end, comment.at.start) && pending.is_empty();
                    match last {
                        Last::Start | Last::Own if beside => notes.header.push(text),
                        Last::Unit(number) if beside => behind(units[number].node, text),
                        _ => pending.push(Note { text, gap: self.has_blank_line(end, comment.at.start) }),
                    }
                    end = end.max(comment.at.end);
                }
            }
        }
        notes.end.append(&mut pending);
    }

    /// The units inside, in the order of the source, groups that have no place there by what is in them.
    fn units<'n, 'e, S>(&self, inside: &'n mut [Node<S>], own: &[Range], extent: &'e Extent) -> Vec<Unit<'n, 'e, S>> {
        let mut nodes: Vec<(Range, &'n mut Node<S>)> = placed(inside);
        if !self.groups_stand {
            while nodes.iter().any(|(_, node)| node.group) {
                nodes = nodes.into_iter().flat_map(|(hull, node)| opened(hull, node)).collect();
            }
        }
        loop {
            nodes.sort_by_key(|(hull, _)| (hull.start, hull.end));
            let hulls: Vec<Range> = nodes.iter().map(|(hull, _)| *hull).collect();
            let places = places(&hulls, own, extent);
            if nodes.iter().zip(&places).any(|((_, node), place)| node.group && place.is_none()) {
                let opening = nodes.into_iter().zip(places);
                nodes = opening.flat_map(|((hull, node), place)| if node.group && place.is_none() { opened(hull, node) } else { vec![(hull, node)] }).collect();
                continue;
            }
            let mut from = 0;
            let unit =
                |((hull, node), place): ((Range, &'n mut Node<S>), Option<&'e Extent>)| {
                    let is_leaf = node.inside.is_empty();
                    let at = place.map_or(Range::new(hull.start, self.with_mark(hull.end)), |extent| {
                        if is_leaf { Range::new(extent.at.start, extent.core) } else { extent.at }
                    });
                    let at = Range::new(at.start.max(from), at.end);
                    from = at.end;
                    Unit { node, at, extent: place.unwrap_or(extent) }
                };
            return nodes.into_iter().zip(places).map(unit).collect();
        }
    }

    /// What stands at the top of a file, with a blank line below it, is the file's: a licence, how it is run.
    fn head<S>(&self, root: &mut Node<S>) {
        let Some(first) = first(root) else { return };
        let notes = &mut first.notes;
        let own = if notes.gap { notes.before.len() } else { notes.before.iter().rposition(|note| note.gap).unwrap_or(0) };
        root.notes.before = notes.before.drain(..own).collect();
    }

    /// The end of a text with the mark that closes it on a line of its own.
    fn with_mark(&self, end: usize) -> usize {
        let rest = self.text.get(end..).unwrap_or_default();
        let mark = rest.trim_start();
        let line = &rest[..rest.len() - mark.len()];
        if self.groups_stand || !line.contains('\n') || !(mark.starts_with("```") || mark.starts_with("\"\"\"")) {
            return end;
        }
        end + line.len() + (mark.len() - mark.trim_start_matches(['`', '"']).len())
    }

    fn breaks(&self, start: usize, end: usize) -> bool {
        self.text.get(start..end).is_some_and(|between| between.contains('\n'))
    }

    fn has_blank_line(&self, start: usize, end: usize) -> bool {
        let lines: Vec<&str> = self.text.get(start..end).unwrap_or_default().split('\n').collect();
        lines.len() > 2 && lines[1..lines.len() - 1].iter().any(|line| line.trim().is_empty())
    }
}

/// The unit that stood first in the source.
fn first<S>(root: &mut Node<S>) -> Option<&mut Node<S>> {
    root.inside.iter_mut().filter(|node| node.at.is_some()).min_by_key(|node| node.at.map_or(0, |at| at.start))
}

fn placed<S>(inside: &mut [Node<S>]) -> Vec<(Range, &mut Node<S>)> {
    inside.iter_mut().filter_map(|node| node.hull().map(|hull| (hull, node))).collect()
}

fn opened<S>(hull: Range, node: &mut Node<S>) -> Vec<(Range, &mut Node<S>)> {
    if node.group { placed(&mut node.inside) } else { vec![(hull, node)] }
}

/// For each unit its extent: one that holds none of its neighbours, and nothing of the line around them.
fn places<'e>(hulls: &[Range], own: &[Range], extent: &'e Extent) -> Vec<Option<&'e Extent>> {
    let mut before = 0;
    let mut places = Vec::new();
    for (number, hull) in hulls.iter().enumerate() {
        let own_before = own.iter().filter(|own| own.end <= hull.start).map(|own| own.end).max();
        let own_behind = own.iter().filter(|own| own.start >= hull.end).map(|own| own.start).min();
        let next = hulls.get(number + 1).map(|next| next.start);
        places.push(extent.of(*hull, before.max(own_before.unwrap_or(0)), next.into_iter().chain(own_behind).min().unwrap_or(usize::MAX)));
        before = before.max(hull.end);
    }
    places
}

/// Puts a comment behind the innermost unit that ends where `node` does.
fn behind<S>(node: &mut Node<S>, text: String) {
    let end = node.at.map(|at| at.end);
    let mut innermost = node;
    while let Some(number) = innermost.inside.iter().rposition(|inner| ends_at(inner, end)) {
        innermost = &mut innermost.inside[number];
    }
    innermost.notes.behind.push(text);
}

fn ends_at<S>(node: &Node<S>, end: Option<usize>) -> bool {
    match node.at {
        Some(at) => Some(at.end) == end,
        None => node.inside.iter().any(|inner| ends_at(inner, end)),
    }
}
