//! Tables of a page: columns of their own width, cells that break into lines where the screen is narrow.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table};
use engine::report::tone::Tone;

use crate::out::{Out, tame};

/// Rows of cells, each in its tone. On a terminal the table is no wider than that, and what may break are the columns from
/// `breaks` on: an id in two pieces can't be copied. In a pipe each row is one line.
pub(crate) fn drawn(out: &Out, rows: Vec<Vec<(Tone, String)>>, breaks: usize) -> String {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::NOTHING).force_no_tty();
    if out.has_color_data() {
        table.enforce_styling();
    }
    if let Some(width) = out.data_width() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for row in rows {
        table.add_row(row.into_iter().map(|(tone, text)| painted(Cell::new(tame(&text)), tone)));
    }
    table.column_iter_mut().take(breaks).for_each(|column| {
        column.set_constraint(ColumnConstraint::ContentWidth);
    });
    // The first column begins where a line begins.
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    table.trim_fmt()
}

/// The same colours as everywhere.
fn painted(cell: Cell, tone: Tone) -> Cell {
    match tone {
        Tone::Plain => cell,
        Tone::Dim => cell.add_attribute(Attribute::Dim),
        Tone::Strong => cell.add_attribute(Attribute::Bold),
        Tone::Good => cell.fg(Color::DarkGreen),
        Tone::Warn => cell.fg(Color::DarkYellow),
        Tone::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        Tone::Ask => cell.fg(Color::DarkCyan).add_attribute(Attribute::Bold),
    }
}
