//! `lint --format json`. Scripts rely on its shape; lines and columns count from 1, columns in characters.

use grammar::diagnostic::{Diagnostic, Severity};
use serde::Serialize;

use super::place::{Place, Sources};
use crate::lint::{Allowed, Outcome};

#[derive(Debug, Serialize)]
struct Report<'a> {
    findings: Vec<Finding<'a>>,
    /// What a comment lets stand.
    allowed: Vec<Suppressed<'a>>,
    files: usize,
}

#[derive(Debug, Serialize)]
struct Suppressed<'a> {
    #[serde(flatten)]
    finding: Finding<'a>,
    reason: &'a str,
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
    fix: Option<Fix<'a>>,
}

#[derive(Debug, Serialize)]
struct Fix<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<Edit<'a>>,
}

#[derive(Debug, Serialize)]
struct Edit<'a> {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: &'a str,
}

/// One object with every finding.
pub(super) fn report(sources: &Sources, outcome: &Outcome) -> String {
    let findings = outcome.findings.iter().map(|d| finding(sources, d)).collect();
    let allowed = outcome.allowed.iter().map(|Allowed { finding: d, reason, .. }| Suppressed { finding: finding(sources, d), reason }).collect();
    serde_json::to_string_pretty(&Report { findings, allowed, files: outcome.files.len() }).unwrap_or_default()
}

fn finding<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Finding<'a> {
    let Place { path, line, column, end_line, end_column } = sources.place(diagnostic.span);
    Finding {
        code: diagnostic.code,
        severity: severity(diagnostic.severity),
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        path,
        line,
        column,
        end_line,
        end_column,
        fix: diagnostic.fix.as_ref().map(|fix| Fix { title: &fix.title, safe: fix.safe, edits: fix.edits.iter().map(|e| edit(sources, e)).collect() }),
    }
}

fn edit<'a>(sources: &'a Sources, edit: &'a grammar::diagnostic::Edit) -> Edit<'a> {
    let Place { line, column, end_line, end_column, .. } = sources.place(edit.span);
    Edit { line, column, end_line, end_column, text: &edit.text }
}

/// In one word, as everywhere outside of SARIF.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{outcome, sources};
    use super::*;

    #[test]
    fn columns_count_in_characters_and_from_one_in_findings_and_in_fixes() -> serde_json::Result<()> {
        let json: serde_json::Value = serde_json::from_str(&report(&sources(), &outcome()))?;
        let found = &json["findings"][0];
        assert_eq!((&found["line"], &found["column"], &found["end_column"]), (&1.into(), &7.into(), &8.into()));
        assert_eq!(
            found["fix"],
            serde_json::json!({"title": "make it y", "safe": true, "edits": [{"line": 1, "column": 7, "end_line": 1, "end_column": 8, "text": "y"}]})
        );
        assert_eq!((&json["findings"][1]["fix"], &json["files"]), (&serde_json::Value::Null, &3.into()));
        assert_eq!((&json["allowed"][0]["reason"], &json["allowed"][0]["code"]), (&"it is meant".into(), &"RB0306".into()));
        Ok(())
    }
}
