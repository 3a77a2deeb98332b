//! `runbook lint [PATH…]`

use std::path::PathBuf;

use clap::ValueEnum;
use engine::lint::rules;
use engine::report::tone::{Line, Tone};
use engine::report::words::count;
use grammar::diagnostic::Severity;

use crate::complaint::{Complaint, DONE, FAILED, Status, USAGE};
use crate::diagnostics::{self, Tally, codes};
use crate::out::{Out, wrap};
use crate::pipeline;
use crate::source::{Files, runbook_files};

/// Check runbooks without running anything
///
/// Exits with 0 when nothing is wrong, 1 with errors (or with warnings under
/// `--deny warnings`), 2 when a file can't be read or parsed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook lint restart.runbook\n  runbook lint runbooks/ --deny warnings\n  runbook lint --explain RB0301\n  runbook lint --format json runbooks/ | jq '.findings[].message'"
)]
pub(crate) struct LintArgs {
    /// Files, and folders with everything below them; default: the folder you are in
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// For people, or one JSON object on standard output
    #[arg(long, value_enum, default_value_t = LintFormat::Human)]
    format: LintFormat,
    /// What counts as an error besides errors
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Explain a code; a rule comes with a bad and a good example
    #[arg(long, value_name = "CODE", conflicts_with_all = ["paths", "deny"])]
    explain: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LintFormat {
    Human,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

pub(crate) fn lint(args: &LintArgs, out: &Out) -> Result<Status, Complaint> {
    if let Some(code) = &args.explain {
        return explain(code, out);
    }
    let here = [PathBuf::from(".")];
    let paths = runbook_files(if args.paths.is_empty() { &here } else { &args.paths })?;
    let mut files = Files::default();
    let mut found = Vec::new();
    let mut unparsed = false;
    for path in &paths {
        let findings = pipeline::findings(&mut files, path);
        unparsed |= findings.unparsed;
        // A library that two files import says its mistakes once.
        let new: Vec<_> = findings.diagnostics.into_iter().filter(|d| !found.contains(d)).collect();
        found.extend(new);
    }
    let tally = Tally::of(&found);
    match args.format {
        LintFormat::Json => out.data(&diagnostics::report(files.sources(), &found, paths.len())),
        LintFormat::Human => {
            diagnostics::draw(out, files.sources(), &found);
            let among = count(paths.len(), "file");
            if found.is_empty() {
                out.say(&format!("{} {among}, nothing to complain about", out.paint(Tone::Good, "ok")));
            } else {
                out.must(&format!("{} in {among}", tally.words()));
            }
        }
    }
    Ok(match tally {
        _ if unparsed => USAGE,
        Tally { errors: 1.., .. } => FAILED,
        Tally { warnings: 1.., .. } if args.deny == Some(Deny::Warnings) => FAILED,
        Tally { .. } => DONE,
    })
}

fn explain(code: &str, out: &Out) -> Result<Status, Complaint> {
    let Some(rule) = rules().iter().find(|r| r.code.eq_ignore_ascii_case(code)) else {
        return finding(code, out);
    };
    let severity = match rule.severity {
        Severity::Error => (Tone::Bad, "error"),
        Severity::Warning => (Tone::Warn, "warning"),
        Severity::Info => (Tone::Dim, "info"),
    };
    let mut page = vec![Line::new().with(Tone::Strong, rule.code).plain("  ").with(severity.0, severity.1).plain(format!("  {}", rule.title)), Line::new()];
    page.extend(rule.explanation.lines().flat_map(|l| wrap(l, out.width())).map(|l| Line::new().plain(l)));
    for (name, tone, text) in [("bad", Tone::Bad, rule.bad), ("good", Tone::Good, rule.good)] {
        page.extend([Line::new(), Line::new().with(tone, name)]);
        page.extend(text.trim_matches('\n').lines().map(|l| Line::new().plain(format!("  {l}"))));
    }
    out.page(&page);
    Ok(DONE)
}

/// A mistake that is no rule: it has no example of its own, since the finding shows the place and the corrected text.
fn finding(code: &str, out: &Out) -> Result<Status, Complaint> {
    let Some(code) = codes::find(code) else {
        return Err(Complaint::usage(format!("no finding has the code `{code}`")).help("codes are `RB` and four digits, and stand above each finding"));
    };
    let mut page = vec![Line::new().with(Tone::Strong, code.code).plain("  ").plain(code.finding), Line::new()];
    let words = format!("{}. {} The finding itself shows the place and says what to write instead.", code.part, code.about);
    page.extend(wrap(&words, out.width()).into_iter().map(|l| Line::new().plain(l)));
    out.page(&page);
    Ok(DONE)
}
