//! Where a clause stands in its file, for fixes that take one out.

use grammar::ast::Operand;
use grammar::diagnostic::Edit;
use grammar::source::{Source, Span, Text};
use grammar::splice;

use crate::check::Program;

/// Another literal in place of one. `None`: it is computed.
pub(crate) fn literal(operand: &Operand, by: &str, program: &Program) -> Option<Edit> {
    let (Operand::Literal(text) | Operand::Computed(text)) = operand else { return None };
    clause(text, by, program)
}

/// Another literal in a clause such as `budget 15m`. `None`: it is computed.
pub(crate) fn clause(text: &Text, by: &str, program: &Program) -> Option<Edit> {
    let is_literal = text.text.trim().starts_with(|c: char| c.is_ascii_digit());
    is_literal.then(|| splice(program.source(text.span.source)?, text, 0..text.text.len(), by)).flatten()
}

/// Takes out the line on which nothing but this clause stands, in either spelling. `None`: it shares its line.
pub(crate) fn whole_line(source: &Source, value: Span, keyword: &str) -> Option<Edit> {
    let start = source.text.get(..value.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = source.text.get(value.end..)?.find('\n').map(|at| value.end + at + 1)?;
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | '`');
    let before = source.text.get(start..value.start)?.trim_matches(around).trim_end_matches(':');
    let after = source.text.get(value.end..end)?.trim_matches(around);
    (before == keyword && after.is_empty()).then(|| Edit { span: Span::new(value.source, start, end), text: String::new() })
}
