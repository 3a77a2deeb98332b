//! `lint --format sarif`: SARIF 2.1.0, for code scanning. Written by hand, since of its schema little is needed; a test
//! holds it against the schema itself.

use std::collections::BTreeMap;

use engine::lint::rules;
use grammar::diagnostic::{Diagnostic, Edit, Fix, Severity};
use grammar::source::Span;
use serde_json::{Value, json};

use super::codes;
use super::place::{Place, Sources};
use crate::lint::{Allowed, Outcome};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One log with one run.
pub(super) fn report(sources: &Sources, outcome: &Outcome) -> String {
    let findings = outcome.findings.iter().map(|finding| (finding, None));
    let all: Vec<(&Diagnostic, Option<&Allowed>)> = findings.chain(outcome.allowed.iter().map(|allowed| (&allowed.finding, Some(allowed)))).collect();
    // Those that were found, in the order of their codes.
    let named: BTreeMap<&str, Severity> = all.iter().map(|(finding, _)| (finding.code, finding.severity)).collect();
    let position: BTreeMap<&str, usize> = named.keys().enumerate().map(|(at, code)| (*code, at)).collect();
    let results: Vec<Value> = all.iter().map(|(finding, allowed)| result(sources, finding, *allowed, position.get(finding.code).copied())).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "runbook",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": named.iter().map(|(code, severity)| rule(code, *severity)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": !outcome.unparsed }],
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

fn rule(code: &str, severity: Severity) -> Value {
    let page = codes::find(code);
    let title = page.as_ref().map_or(code, |page| page.finding);
    match rules().iter().find(|rule| rule.code == code) {
        Some(rule) => json!({
            "id": code,
            "shortDescription": { "text": sentence(title) },
            "fullDescription": { "text": rule.explanation },
            "help": {
                "text": format!("{}\n\nBad:\n{}\n\nGood:\n{}", rule.explanation, rule.bad, rule.good),
                "markdown": format!("{}\n\nBad:\n\n```\n{}\n```\n\nGood:\n\n```\n{}\n```", rule.explanation, rule.bad, rule.good),
            },
            "defaultConfiguration": { "level": level(rule.severity) },
        }),
        None => json!({ "id": code, "shortDescription": { "text": sentence(title) }, "defaultConfiguration": { "level": level(severity) } }),
    }
}

fn sentence(title: &str) -> String {
    let mut chars = title.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str().trim_end_matches('.')))
}

fn result(sources: &Sources, finding: &Diagnostic, allowed: Option<&Allowed>, rule: Option<usize>) -> Value {
    let message = finding.help.as_ref().map_or_else(|| finding.message.clone(), |help| format!("{}\n{help}", finding.message));
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": { "text": message },
        "locations": [location(sources, finding.span)],
    });
    if let Some(rule) = rule {
        result["ruleIndex"] = json!(rule);
    }
    if !finding.related.is_empty() {
        let related = finding.related.iter().enumerate().map(|(at, (span, words))| {
            let mut place = location(sources, *span);
            place["id"] = json!(at);
            place["message"] = json!({ "text": words });
            place
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([fixed(sources, fix)]);
    }
    if let Some(allowed) = allowed {
        result["suppressions"] = json!([{
            "kind": "inSource",
            "status": "accepted",
            "justification": allowed.reason,
            "location": location(sources, allowed.at),
        }]);
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn location(sources: &Sources, span: Span) -> Value {
    let place = sources.place(span);
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(place.path) }, "region": region(place) } })
}

fn region(place: Place<'_>) -> Value {
    json!({ "startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column })
}

fn fixed(sources: &Sources, fix: &Fix) -> Value {
    let mut by_file: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for Edit { span, text } in &fix.edits {
        let place = sources.place(*span);
        let replacement = json!({ "deletedRegion": region(place), "insertedContent": { "text": text } });
        by_file.entry(place.path).or_default().push(replacement);
    }
    let changes: Vec<Value> =
        by_file.into_iter().map(|(path, replacements)| json!({ "artifactLocation": { "uri": uri(path) }, "replacements": replacements })).collect();
    json!({ "description": { "text": sentence(&fix.title) }, "artifactChanges": changes })
}

/// A path as a reference: relative ones stay so, since only the reader knows where the project lies there.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::super::sample::{outcome, sources};
    use super::*;

    #[test]
    fn what_is_allowed_stands_in_it_as_suppressed_and_a_fix_as_a_replacement() -> serde_json::Result<()> {
        let log: Value = serde_json::from_str(&report(&sources(), &outcome()))?;
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().map(Vec::len), Some(4));
        let first = &run["results"][0];
        assert_eq!((&first["ruleId"], &first["level"]), (&"RB0306".into(), &"warning".into()));
        assert_eq!(run["tool"]["driver"]["rules"][first["ruleIndex"].as_u64().unwrap_or(9) as usize]["id"], "RB0306");
        assert_eq!(first["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"], "y");
        assert_eq!(first["suppressions"], Value::Null);
        assert_eq!(run["results"][2]["level"], "note");
        assert_eq!(run["results"][3]["suppressions"][0]["justification"], "it is meant");
        Ok(())
    }

    #[test]
    fn a_path_is_a_reference_whatever_stands_in_it() {
        assert_eq!(uri("runbooks/a b.runbook"), "runbooks/a%20b.runbook");
        assert_eq!(uri("größe%/a#b?.yaml"), "gr%C3%B6%C3%9Fe%25/a%23b%3F.yaml");
        assert_eq!(uri("/srv/a.runbook"), "file:///srv/a.runbook");
    }
}
