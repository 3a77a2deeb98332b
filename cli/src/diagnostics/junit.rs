//! `lint --format junit`: a suite a file and a case a finding, for whatever draws test results. A case fails when it makes
//! `lint` fail; what only warns passes and tells of itself, and what a comment allows is skipped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use grammar::diagnostic::{Diagnostic, Severity};

use super::place::{Place, Sources};
use crate::lint::Outcome;

enum Verdict<'a> {
    Failed,
    Told,
    Skipped(&'a str),
}

/// One document. A clean file is a case that passes.
pub(super) fn report(sources: &Sources, outcome: &Outcome, denies_warnings: bool) -> String {
    let linted = outcome.files.iter().filter_map(|id| sources.get(*id));
    let mut by_file: BTreeMap<String, Vec<(&Diagnostic, Verdict<'_>)>> = linted.map(|source| (source.path.clone(), Vec::new())).collect();
    let fails = |severity| severity == Severity::Error || (denies_warnings && severity == Severity::Warning);
    for finding in &outcome.findings {
        let verdict = if fails(finding.severity) { Verdict::Failed } else { Verdict::Told };
        by_file.entry(sources.place(finding.span).path.to_owned()).or_default().push((finding, verdict));
    }
    for allowed in &outcome.allowed {
        let path = sources.place(allowed.finding.span).path.to_owned();
        by_file.entry(path).or_default().push((&allowed.finding, Verdict::Skipped(&allowed.reason)));
    }
    let mut suites = String::new();
    let mut all = [0; 3];
    for (path, cases) in &by_file {
        let counts = counts(cases);
        all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        let [tests, failures, skipped] = counts;
        // Writing to a text can't fail, here and below.
        let _ = writeln!(suites, "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">", escaped(path));
        if cases.is_empty() {
            let _ = writeln!(suites, "    <testcase name=\"clean\" classname=\"{}\"/>", escaped(path));
        }
        for (finding, verdict) in cases {
            suites.push_str(&case(sources.place(finding.span), path, finding, verdict));
        }
        suites.push_str("  </testsuite>\n");
    }
    let [tests, failures, skipped] = all;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"runbook lint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">\n{suites}</testsuites>\n"
    )
}

/// Cases, failures, skipped.
fn counts(cases: &[(&Diagnostic, Verdict<'_>)]) -> [usize; 3] {
    let count = |wanted: fn(&Verdict<'_>) -> bool| cases.iter().filter(|(_, verdict)| wanted(verdict)).count();
    [cases.len().max(1), count(|v| matches!(v, Verdict::Failed)), count(|v| matches!(v, Verdict::Skipped(_)))]
}

fn case(place: Place<'_>, path: &str, finding: &Diagnostic, verdict: &Verdict<'_>) -> String {
    let Place { line, column, .. } = place;
    let (message, path) = (escaped(&finding.message), escaped(path));
    let words = format!("{path}:{line}:{column}: {}", finding.help.as_deref().map(escaped).unwrap_or_default());
    let inside = match verdict {
        Verdict::Failed => format!("<failure type=\"{}\" message=\"{message}\">{words}</failure>", finding.code),
        Verdict::Told => format!("<system-out>{message}\n{words}</system-out>"),
        Verdict::Skipped(reason) => format!("<skipped message=\"{}\"/>", escaped(reason)),
    };
    format!("    <testcase name=\"{} at {line}:{column}\" classname=\"{path}\" file=\"{path}\" line=\"{line}\">{inside}</testcase>\n", finding.code)
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            // XML has no way to write these.
            c if (c.is_control() && c != '\t') || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::sample::{outcome, sources};
    use super::*;

    fn parsed(denies_warnings: bool) -> (String, [usize; 3]) {
        let text = report(&sources(), &outcome(), denies_warnings);
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        let count = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
        let counts = [count("testcase"), count("failure"), count("skipped")];
        for (attribute, counted) in ["tests", "failures", "skipped"].iter().zip(counts) {
            assert_eq!(document.root_element().attribute(*attribute), Some(counted.to_string().as_str()), "{text}");
        }
        (text, counts)
    }

    #[test]
    fn a_case_fails_when_it_makes_lint_fail() {
        assert_eq!(parsed(false).1, [5, 1, 1]);
        assert_eq!(parsed(true).1, [5, 2, 1]);
    }

    #[test]
    fn whatever_stands_in_a_message_is_read_back_as_it_was() {
        let (text, _) = parsed(false);
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{e}"));
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(failure.attribute("message"), Some("50% of <two>,\nand & \"more\": \u{fffd}[0m ]]>"));
        assert!(document.descendants().any(|n| n.attribute("name") == Some("odd, name: 100% <b>&.runbook.yaml")));
    }
}
