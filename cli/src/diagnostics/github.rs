//! `lint --format github`: workflow commands, which GitHub draws at the line of a pull request.

use std::fmt::Write as _;

use grammar::diagnostic::Severity;

use super::place::{Place, Sources};
use crate::lint::Outcome;

/// One command a finding.
pub(super) fn report(sources: &Sources, outcome: &Outcome) -> String {
    let mut text = String::new();
    for finding in &outcome.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let Place { path, line, column, end_line, end_column } = sources.place(finding.span);
        let message = finding.help.as_ref().map_or_else(|| finding.message.clone(), |help| format!("{}\n{help}", finding.message));
        // Columns are only taken where the finding stands on one line.
        let columns = if line == end_line { format!(",col={column},endColumn={end_column}") } else { String::new() };
        let (path, message) = (property(path), data(&message));
        // Writing to a text can't fail.
        let _ = writeln!(text, "::{command} file={path},line={line},endLine={end_line}{columns},title={}::{message}", finding.code);
    }
    text
}

/// What ends a command, or would be read as an escape.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same between `=` and `,`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::sample::{outcome, sources};
    use super::*;

    #[test]
    fn a_finding_is_one_line_whatever_stands_in_it() {
        let text = report(&sources(), &outcome());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "::warning file=a.runbook,line=1,endLine=1,col=7,endColumn=8,title=RB0306::`x` is not y%0Amend it");
        assert_eq!(
            lines[1],
            "::error file=odd%2C name%3A 100%25 <b>&.runbook.yaml,line=2,endLine=3,title=RB0104::50%25 of <two>,%0Aand & \"more\": \u{1b}[0m ]]>"
        );
        assert!(lines[2].starts_with("::notice ") && lines.len() == 3, "{text}");
    }
}
