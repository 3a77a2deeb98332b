//! Rows of a block: lines with the comments at them, blank lines, and what stands in columns.

use super::node::{Node, Note};

/// A line this wide or wider has its comment right behind it, not in the column of its neighbours' comments.
const WIDE: usize = 80;

/// What of a line is put under each other in lines that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Nothing,
    /// What stands behind the first word.
    Values,
    /// The `=`, in lines of the same word.
    Equals(&'static str),
}

/// What is printed for one unit.
#[derive(Debug)]
pub(super) struct Row {
    /// A blank line stands above all of it.
    pub(super) gap: bool,
    before: Vec<Note>,
    /// A blank line stands between the comments above and the unit.
    gap_below_notes: bool,
    /// The first line is without its indentation, the others have it.
    pub(super) lines: Vec<String>,
    behind: Option<String>,
    pub(super) align: Align,
    /// The byte of its first line at which it may be padded.
    pub(super) pad_at: Option<usize>,
}

impl Row {
    pub(super) fn of<S>(unit: &Node<S>) -> Self {
        let notes = &unit.notes;
        let mut behind = notes.behind.clone();
        let last = behind.pop();
        let before = notes.before.iter().map(|note| Note { text: note.text.clone(), gap: note.gap });
        let before = before.chain(behind.into_iter().map(above)).collect();
        Self {
            gap: unit.has_gap(),
            before,
            gap_below_notes: notes.gap && !notes.before.is_empty(),
            lines: Vec::new(),
            behind: last,
            align: Align::Nothing,
            pad_at: None,
        }
    }

    /// Puts comments that can't stand where they stood above the unit.
    pub(super) fn move_above(&mut self, notes: &[String]) {
        self.before.extend(notes.iter().cloned().map(above));
    }

    /// Takes what stands above another row, which is printed on this one's first line.
    pub(super) fn take_above(&mut self, other: &mut Self) {
        self.before.append(&mut other.before);
        (other.gap, other.gap_below_notes) = (false, false);
    }

    /// Puts the comment that stands behind its end behind another row, which is the first of its lines: there it stands in
    /// the column of the comments below.
    pub(super) fn give_behind(&mut self, first: &mut Self) {
        if first.is_one_line() && first.behind.is_none() {
            first.behind = self.behind.take();
        }
    }

    /// Puts the comment that stands behind its end behind the first line: what follows would take it for its own.
    pub(super) fn behind_first_line(&mut self) {
        if self.is_one_line() {
            return;
        }
        if let (Some(note), Some(first)) = (self.behind.take(), self.lines.first_mut()) {
            if first.contains("  #") { self.before.push(above(note)) } else { first.push_str(&format!("  {note}")) }
        }
    }

    fn is_one_line(&self) -> bool {
        self.lines.len() == 1
    }
}

fn above(text: String) -> Note {
    Note { text, gap: false }
}

#[derive(Debug)]
enum Entry {
    Row(Row),
    Note(String, bool),
}

#[derive(Debug)]
pub(super) struct Rows {
    indent: usize,
    entries: Vec<Entry>,
}

impl Rows {
    pub(super) fn new(indent: usize) -> Self {
        Self { indent, entries: Vec::new() }
    }

    pub(super) fn push(&mut self, row: Row) {
        self.entries.push(Entry::Row(row));
    }

    pub(super) fn note(&mut self, note: &Note) {
        self.entries.push(Entry::Note(note.text.clone(), note.gap));
    }

    /// The file that these are.
    pub(super) fn finish(self) -> String {
        self.into_lines().into_iter().map(|line| line + "\n").collect()
    }

    /// The lines with their indentation, without a blank line at the top.
    pub(super) fn into_lines(mut self) -> Vec<String> {
        self.in_sections(|row| row.pad_at.map(|_| row.align), pad);
        let beside = |row: &Row| row.is_one_line() && row.behind.is_some() && width(&row.lines[0]) < WIDE;
        self.in_sections(|row| beside(row).then_some(Align::Nothing), put_behind);
        let indent = " ".repeat(self.indent);
        let mut lines: Vec<String> = Vec::new();
        let gap = |wanted: bool, lines: &mut Vec<String>| {
            if wanted && !lines.is_empty() {
                lines.push(String::new());
            }
        };
        for entry in self.entries {
            match entry {
                Entry::Note(text, wanted) => {
                    gap(wanted, &mut lines);
                    lines.push(format!("{indent}{text}"));
                }
                Entry::Row(row) => {
                    gap(row.gap, &mut lines);
                    let above = row.before.len();
                    for (number, note) in row.before.into_iter().enumerate() {
                        gap(note.gap && number > 0, &mut lines);
                        lines.push(format!("{indent}{}", note.text));
                    }
                    gap(row.gap_below_notes && above > 0, &mut lines);
                    let mut own = row.lines.into_iter();
                    lines.extend(own.next().map(|first| format!("{indent}{first}")));
                    lines.extend(own);
                    if let (Some(note), Some(last)) = (row.behind, lines.last_mut()) {
                        last.push_str(&format!("  {note}"));
                    }
                }
            }
        }
        lines
    }

    /// Runs of rows of the same kind whose first lines follow each other.
    fn in_sections(&mut self, kind: impl Fn(&Row) -> Option<Align>, put: impl Fn(&mut [&mut Row])) {
        let mut section: Vec<&mut Row> = Vec::new();
        let mut of = None;
        for entry in &mut self.entries {
            let (row, own, follows) = match entry {
                Entry::Row(row) => {
                    let (own, follows) = (kind(row), row.before.is_empty() && !row.gap);
                    (Some(row), own, follows)
                }
                Entry::Note(..) => (None, None, false),
            };
            let next_follows = row.as_ref().is_some_and(|row| row.is_one_line());
            if !follows || own.is_none() || own != of {
                put(&mut section);
                section.clear();
            }
            of = own.filter(|_| next_follows);
            if own.is_some() {
                section.extend(row);
            }
        }
        put(&mut section);
    }
}

fn pad(section: &mut [&mut Row]) {
    let at = |row: &Row| row.pad_at.map_or(0, |at| width(&row.lines[0][..at]));
    let widest = section.iter().map(|row| at(row)).max().unwrap_or(0);
    for row in section {
        let missing = widest - at(row);
        if let Some(at) = row.pad_at {
            row.lines[0].insert_str(at, &" ".repeat(missing));
        }
    }
}

fn put_behind(section: &mut [&mut Row]) {
    let widest = section.iter().map(|row| width(&row.lines[0])).max().unwrap_or(0);
    for row in section {
        if let Some(note) = row.behind.take() {
            let missing = widest - width(&row.lines[0]);
            row.lines[0].push_str(&format!("{}  {note}", " ".repeat(missing)));
        }
    }
}

/// Columns, counted in characters.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}
