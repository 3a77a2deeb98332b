//! Lays units out: two spaces a level, one line a unit, what is too wide over several lines.
//!
//! What stood on one line stays there if it fits, brackets and blocks alike; what was spread over lines stays so.

use super::shape::{Line, Part, Shape, Unit};
use crate::format::node::Note;
use crate::format::rows::{Align, Row, Rows, width};

/// Columns that a line is kept within, where it can be.
const WIDTH: usize = 120;

pub(super) fn file(root: &Unit) -> String {
    let mut rows = Rows::new(0);
    for note in &root.notes.before {
        rows.note(note);
    }
    for unit in &root.inside {
        let mut row = row(unit, 0);
        // Runbooks and actions stand apart.
        row.gap |= matches!(&unit.shape, Shape::Line(Line { block: true, .. }));
        rows.push(row);
    }
    for note in &root.notes.end {
        rows.note(note);
    }
    rows.finish()
}

/// A unit with its comments. The first line is without its indentation, the others have it.
fn row(unit: &Unit, indent: usize) -> Row {
    let (parts, line) = match &unit.shape {
        Shape::File => (&[] as &[Part], None),
        Shape::Line(line) => (line.parts.as_slice(), Some(line)),
        Shape::Item(parts) => (parts.as_slice(), None),
    };
    let has_block = line.is_some_and(|line| line.block);
    let mut row = Row::of(unit);
    let opening = opening(unit, has_block);
    if opening.is_none() {
        row.move_above(&unit.notes.header);
    }
    if !has_block && !brackets_hold_end(unit, parts) {
        row.move_above(&unit.notes.end.iter().map(|note| note.text.clone()).collect::<Vec<_>>());
    }
    row.lines = match flat(unit).filter(|flat| indent + width(flat) <= WIDTH || unit.inside.is_empty()) {
        Some(flat) => vec![flat],
        None => spread(unit, parts, has_block, opening, indent),
    };
    if let Some(line) = line {
        row.align = line.align;
        row.pad_at = pad_at(&row, line);
    }
    row
}

/// The comment that stands behind the brace. Behind brackets it could be the bracket's or the block's.
fn opening(unit: &Unit, has_block: bool) -> Option<&str> {
    match unit.notes.header.as_slice() {
        [one] if has_block && items(unit).is_empty() => Some(one),
        _ => None,
    }
}

/// Comments stand at the end of brackets if nothing follows on that line: before a word of the unit itself they would be
/// taken for the unit's.
fn brackets_hold_end(unit: &Unit, parts: &[Part]) -> bool {
    !items(unit).is_empty() && matches!(parts.last(), Some(Part::Items { .. }))
}

/// Where blanks may be put in to bring it under the line before.
fn pad_at(row: &Row, line: &Line) -> Option<usize> {
    let first = row.lines.first()?;
    match line.align {
        Align::Values => first.find(' ').filter(|_| row.lines.len() == 1),
        Align::Equals(_) => {
            let words = line.parts.iter().take_while(|part| !matches!(part, Part::Equals));
            let length: usize = words.map(|part| if let Part::Word(word) = part { word.len() + 1 } else { 0 }).sum();
            length.checked_sub(1).filter(|at| first[*at..].starts_with(" ="))
        }
        Align::Nothing => None,
    }
}

/// The unit on one line, if that is where it stood and nothing in it needs more.
fn flat(unit: &Unit) -> Option<String> {
    let (parts, has_block) = match &unit.shape {
        Shape::File => return None,
        Shape::Line(line) => (line.parts.as_slice(), line.block),
        Shape::Item(parts) => (parts.as_slice(), false),
    };
    let stays = |inner: &Unit| !inner.has_notes() && !inner.notes.own_line;
    let holds_notes = has_block || brackets_hold_end(unit, parts);
    if !unit.inside.iter().all(stays) || (holds_notes && !unit.notes.end.is_empty()) || opening(unit, has_block).is_some() {
        return None;
    }
    let mut written = flat_parts(parts, &items(unit))?;
    if has_block {
        let lines = lines(unit).map(flat).collect::<Option<Vec<_>>>()?;
        written.push_str(&if lines.is_empty() { " { }".to_owned() } else { format!(" {{ {} }}", lines.join("; ")) });
    }
    Some(written)
}

fn flat_parts(parts: &[Part], items: &[&Unit]) -> Option<String> {
    let mut written = String::new();
    for part in parts {
        match part {
            Part::Word(word) => add(&mut written, word),
            Part::Equals => add(&mut written, "="),
            Part::Lines { .. } => return None,
            Part::Items { close_to, open, close } => {
                let items = items.iter().map(|item| flat(item)).collect::<Option<Vec<_>>>()?;
                let list = format!("{open}{}{close}", items.join(", "));
                if *close_to { written.push_str(&list) } else { add(&mut written, &list) }
            }
        }
    }
    Some(written)
}

fn spread(unit: &Unit, parts: &[Part], has_block: bool, opening: Option<&str>, indent: usize) -> Vec<String> {
    let items = items(unit);
    let stays = |item: &&Unit| !item.has_notes() && !item.notes.own_line;
    let end = if has_block || !brackets_hold_end(unit, parts) { &[] as &[Note] } else { &unit.notes.end };
    let on_one_line = flat_parts(parts, &items).filter(|head| indent + width(head) + 2 * usize::from(has_block) <= WIDTH || items.is_empty());
    let on_one_line = on_one_line.filter(|_| items.iter().all(stays) && end.is_empty());
    let mut lines = match on_one_line {
        Some(head) => vec![head],
        None => spread_parts(parts, &items, end, indent),
    };
    if has_block {
        if let Some(last) = lines.last_mut() {
            last.push_str(" {");
            last.extend(opening.into_iter().flat_map(|note| ["  ", note]));
        }
        let mut rows = Rows::new(indent + 2);
        for inner in self::lines(unit) {
            rows.push(row(inner, indent + 2));
        }
        for note in &unit.notes.end {
            rows.note(note);
        }
        lines.extend(rows.into_lines());
        lines.push(format!("{}}}", " ".repeat(indent)));
    }
    lines
}

/// Each item on a line of its own, each text of several lines between its marks.
fn spread_parts(parts: &[Part], items: &[&Unit], end: &[Note], indent: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in parts {
        let last = lines.len() - 1;
        match part {
            Part::Word(word) => add(&mut lines[last], word),
            Part::Equals => add(&mut lines[last], "="),
            Part::Lines { mark, text } => {
                add(&mut lines[last], mark);
                let inner = " ".repeat(indent + 2);
                lines.extend(text.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("{inner}{line}") }));
                lines.push(format!("{inner}{mark}"));
            }
            Part::Items { close_to, open, close } => {
                if *close_to {
                    lines[last].push(*open)
                } else {
                    add(&mut lines[last], &open.to_string())
                }
                let mut rows = Rows::new(indent + 2);
                for item in items {
                    let mut row = row(item, indent + 2);
                    if let Some(last) = row.lines.last_mut() {
                        last.push(',');
                    }
                    rows.push(row);
                }
                for note in end {
                    rows.note(note);
                }
                lines.extend(rows.into_lines());
                lines.push(format!("{}{close}", " ".repeat(indent)));
            }
        }
    }
    lines
}

/// A word behind others; behind the indentation of a closing mark it stands apart from that too.
fn add(line: &mut String, word: &str) {
    if !line.is_empty() {
        line.push(' ');
    }
    line.push_str(word);
}

fn items(unit: &Unit) -> Vec<&Unit> {
    unit.inside.iter().filter(|inner| matches!(inner.shape, Shape::Item(_))).collect()
}

fn lines(unit: &Unit) -> impl Iterator<Item = &Unit> {
    unit.inside.iter().filter(|inner| matches!(inner.shape, Shape::Line(_)))
}
