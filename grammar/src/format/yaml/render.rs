//! Lays units out: two spaces a level, lists under their key, a mapping on one line if it stood on one and fits.

use super::scalar;
use super::shape::{Role, Scalar, Shape, Unit, Value};
use crate::format::node::Note;
use crate::format::origin::Written;
use crate::format::rows::{Row, Rows, width};

/// Columns that a line is kept within, where it can be.
const WIDTH: usize = 120;

pub(super) fn file(root: &Unit, from_yaml: bool) -> String {
    let layout = Layout { from_yaml };
    let mut text = String::new();
    let mut rows = Rows::new(0);
    for note in &root.notes.before {
        rows.note(note);
    }
    let mut documents = 0;
    for unit in &root.inside {
        match &unit.shape {
            Shape::Document => {
                if documents > 0 {
                    text.push_str(&rows.finish());
                    text.push_str("---\n");
                    rows = Rows::new(0);
                }
                documents += 1;
                layout.document(unit, &mut rows);
            }
            Shape::Key(..) | Shape::Item(_) => rows.push(layout.row(unit, 0)),
        }
    }
    for note in &root.notes.end {
        rows.note(note);
    }
    text.push_str(&rows.finish());
    text
}

struct Layout {
    /// A comment stands behind a plain scalar as it did before; elsewhere the scalar gets quotes, so that nobody takes
    /// the comment for a part that was lost.
    from_yaml: bool,
}

impl Layout {
    fn document(&self, unit: &Unit, rows: &mut Rows) {
        for (number, note) in unit.notes.before.iter().enumerate() {
            rows.note(&Note { text: note.text.clone(), gap: if number == 0 { unit.has_gap() } else { note.gap } });
        }
        for (number, inner) in unit.inside.iter().enumerate() {
            let mut row = self.row(inner, 0);
            if number == 0 {
                row.gap = if unit.notes.before.is_empty() { unit.has_gap() } else { unit.notes.gap };
                row.move_above(&unit.notes.header);
                row.move_above(&unit.notes.behind);
            }
            rows.push(row);
        }
        for note in &unit.notes.end {
            rows.note(note);
        }
    }

    /// A unit with its comments. The first line is without its indentation, the others have it.
    fn row(&self, unit: &Unit, indent: usize) -> Row {
        let mut row = Row::of(unit);
        let (opening, value) = match &unit.shape {
            Shape::Key(key, value) => (format!("{}:", key_text(key)), value),
            Shape::Item(value) => ("-".to_owned(), value),
            Shape::Document => return row,
        };
        let beside = |line: &str| format!("{opening} {line}");
        // `- key: value` says on which lines it stood no more than `- {key: value}` does, so one of them is written always.
        let one_key = matches!((&unit.shape, unit.inside.len()), (Shape::Item(Value::Map { .. }), 1));
        let flat = self.flat(unit, false).filter(|flat| !one_key && (indent + width(&beside(flat)) <= WIDTH || unit.inside.is_empty()));
        if let Some(flat) = flat {
            row.move_above(&unit.notes.header);
            row.move_above(&texts(&unit.notes.end));
            row.lines = vec![if flat.is_empty() { opening } else { beside(&flat) }];
            return row;
        }
        let header = match unit.notes.header.as_slice() {
            [one] => format!("  {one}"),
            several => {
                row.move_above(several);
                String::new()
            }
        };
        row.lines = match (value, &unit.shape) {
            (Value::Nothing, _) => vec![opening],
            (Value::Scalar(scalar), _) => {
                row.move_above(&texts(&unit.notes.end));
                scalar_lines(scalar, &opening, &header, indent + 2)
            }
            (Value::Map { .. }, Shape::Item(_)) => {
                row.move_above(&unit.notes.header);
                return self.item_of_keys(unit, row, indent);
            }
            (Value::Map { .. } | Value::List { .. }, _) => {
                let mut lines = vec![format!("{opening}{header}")];
                lines.extend(self.inside(unit, indent + 2).into_lines());
                lines
            }
        };
        row.behind_first_line();
        row
    }

    fn inside(&self, unit: &Unit, indent: usize) -> Rows {
        let mut rows = Rows::new(indent);
        for inner in &unit.inside {
            rows.push(self.row(inner, indent));
        }
        for note in &unit.notes.end {
            rows.note(note);
        }
        rows
    }

    /// `- key: value`, and the other keys below the first.
    fn item_of_keys(&self, unit: &Unit, mut row: Row, indent: usize) -> Row {
        let mut rows = Rows::new(indent + 2);
        for (number, inner) in unit.inside.iter().enumerate() {
            let mut key = self.row(inner, indent + 2);
            if number == 0 {
                row.take_above(&mut key);
                if unit.inside.len() > 1 || !unit.notes.end.is_empty() {
                    row.give_behind(&mut key);
                }
            }
            rows.push(key);
        }
        for note in &unit.notes.end {
            rows.note(note);
        }
        let mut lines = rows.into_lines();
        if let Some(first) = lines.first_mut() {
            *first = format!("- {}", first.trim_start());
        }
        row.lines = lines;
        row.behind_first_line();
        row
    }

    /// The value on one line, if that is where it stood and nothing in it needs more.
    fn flat(&self, unit: &Unit, flow: bool) -> Option<String> {
        let (Shape::Key(_, value) | Shape::Item(value)) = &unit.shape else { return None };
        let brackets = |open: &str, close: &str, parts: Vec<String>| format!("{open}{}{close}", parts.join(", "));
        match value {
            Value::Nothing => Some(String::new()),
            Value::Scalar(scalar) => self.flat_scalar(scalar, unit, flow),
            Value::Map { tall: false } if self.stays_flat(unit) => {
                let pair = |inner: &Unit| {
                    let Shape::Key(key, _) = &inner.shape else { return None };
                    self.flat(inner, true).map(|value| if value.is_empty() { format!("{}:", key_text(key)) } else { format!("{}: {value}", key_text(key)) })
                };
                Some(brackets("{", "}", unit.inside.iter().map(pair).collect::<Option<_>>()?))
            }
            Value::List { tall: false } if self.stays_flat(unit) => {
                Some(brackets("[", "]", unit.inside.iter().map(|inner| self.flat(inner, true)).collect::<Option<_>>()?))
            }
            Value::List { tall: true } if unit.inside.is_empty() => Some("[]".to_owned()),
            Value::Map { .. } | Value::List { .. } => None,
        }
    }

    fn stays_flat(&self, unit: &Unit) -> bool {
        let stays = |inner: &Unit| {
            let suffers = match &inner.shape {
                Shape::Key(_, Value::Scalar(one)) | Shape::Item(Value::Scalar(one)) => scalar::suffers_in_flow(one),
                Shape::Key(..) | Shape::Item(_) | Shape::Document => false,
            };
            !inner.has_notes() && !inner.notes.own_line && !suffers
        };
        // One comment stays where the list or mapping opens; several are moved above, and are in nobody's way there.
        unit.inside.is_empty() || (unit.inside.iter().all(stays) && unit.notes.end.is_empty() && unit.notes.header.len() != 1)
    }

    fn flat_scalar(&self, one: &Scalar, unit: &Unit, flow: bool) -> Option<String> {
        if !flow && scalar::folded(one, 0, WIDTH).is_some() {
            return None;
        }
        let flat = scalar::on_one_line(one, flow)?;
        let is_kept = self.from_yaml && one.written != Written::Quoted;
        let loses_tail = matches!(one.role, Role::Text | Role::Command) && !unit.notes.behind.is_empty() && flat == one.text && !is_kept;
        Some(if loses_tail { scalar::quoted(&one.text) } else { flat })
    }
}

/// A scalar on lines of its own below what opens it.
fn scalar_lines(one: &Scalar, opening: &str, header: &str, indent: usize) -> Vec<String> {
    if let Some(folded) = scalar::folded(one, indent, WIDTH) {
        return std::iter::once(format!("{opening} >{header}")).chain(folded).collect();
    }
    if !scalar::fits_literal(&one.text) {
        // It might have been folded at another width.
        return vec![format!("{opening} {}{header}", scalar::quoted(&one.text))];
    }
    std::iter::once(format!("{opening} |{header}")).chain(scalar::literal(&one.text, indent)).collect()
}

fn texts(notes: &[Note]) -> Vec<String> {
    notes.iter().map(|note| note.text.clone()).collect()
}

/// A name that another reader would take for a number stands in quotes; the language's own words never do.
fn key_text(key: &str) -> String {
    if key != "on" && scalar::is_typed(key) { scalar::quoted(key) } else { key.to_owned() }
}
