//! `lint --format json`. Scripts rely on its shape; lines and columns count from 1, columns in characters.

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::Source;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Report<'a> {
    findings: Vec<Finding<'a>>,
    files: usize,
}

#[derive(Debug, Serialize)]
struct Finding<'a> {
    code: &'a str,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    /// No rule mends anything yet.
    fix: Option<()>,
}

/// One object with every finding.
pub(crate) fn report(sources: &[Source], diagnostics: &[Diagnostic], files: usize) -> String {
    let findings = diagnostics.iter().map(|d| finding(sources, d)).collect();
    serde_json::to_string_pretty(&Report { findings, files }).unwrap_or_default()
}

fn finding<'a>(sources: &'a [Source], diagnostic: &'a Diagnostic) -> Finding<'a> {
    let source = super::source_of(sources, diagnostic.span.source);
    let place = |offset: usize| source.map_or((1, 1), |s| s.line_column(offset));
    let ((line, column), (end_line, end_column)) = (place(diagnostic.span.start), place(diagnostic.span.end));
    Finding {
        code: diagnostic.code,
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        },
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        path: source.map_or("", |s| s.path.as_str()),
        line,
        column,
        end_line,
        end_column,
        fix: None,
    }
}

#[cfg(test)]
mod tests {
    use grammar::source::{SourceId, Span};

    use super::*;

    #[test]
    fn columns_count_in_characters_and_from_one() -> serde_json::Result<()> {
        let source = Source { id: SourceId(0), path: "a.runbook".to_owned(), text: "größe x\n".to_owned() };
        let at = source.text.find('x').unwrap_or(0);
        let diagnostic = Diagnostic {
            code: "RB0001",
            severity: Severity::Error,
            message: "no".to_owned(),
            span: Span::new(SourceId(0), at, at + 1),
            label: String::new(),
            related: Vec::new(),
            help: None,
            fix: None,
        };
        let json: serde_json::Value = serde_json::from_str(&report(&[source], &[diagnostic], 1))?;
        assert_eq!(json["findings"][0]["column"], 7);
        assert_eq!(json["findings"][0]["end_column"], 8);
        assert_eq!(json["findings"][0]["line"], 1);
        assert_eq!(json["findings"][0]["fix"], serde_json::Value::Null);
        assert_eq!(json["files"], 1);
        Ok(())
    }
}
