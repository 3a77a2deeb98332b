//! `runbook lint [PATH…]`

use std::path::PathBuf;

use clap::ValueEnum;
use engine::lint::{Options, rules};
use engine::report::tone::{Line, Tone};
use engine::report::words::count;
use grammar::diagnostic::Severity;

use crate::clock;
use crate::complaint::{Complaint, DONE, FAILED, Status, USAGE};
use crate::diagnostics::{self, Machine, Sources, Tally, codes};
use crate::lint::Outcome;
use crate::out::{Out, wrap};
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
    /// For people, or for programs on standard output
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
    Sarif,
    Github,
    Junit,
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
    let meant = runbook_files(if args.paths.is_empty() { &here } else { &args.paths })?;
    let files = Files::default();
    let options = Options { today: Some(clock::today()), ..Options::default() };
    let outcome = crate::lint::lint(&meant, &files, &options);
    let denies_warnings = args.deny == Some(Deny::Warnings) || outcome.denies_warnings;
    let sources = Sources::new(files.sources());
    match args.format.machine() {
        Some(form) => out.data(&diagnostics::report(form, &sources, &outcome, denies_warnings)),
        None => human(out, &sources, &outcome),
    }
    Ok(status(&outcome, denies_warnings))
}

impl LintFormat {
    fn machine(self) -> Option<Machine> {
        match self {
            Self::Human => None,
            Self::Json => Some(Machine::Json),
            Self::Sarif => Some(Machine::Sarif),
            Self::Github => Some(Machine::Github),
            Self::Junit => Some(Machine::Junit),
        }
    }
}

fn human(out: &Out, sources: &Sources, outcome: &Outcome) {
    diagnostics::draw_outcome(out, sources, &outcome.findings);
    let among = count(outcome.files.len(), "file");
    let allowed = match outcome.allowed.len() {
        0 => String::new(),
        number => format!(", {number} allowed by comments"),
    };
    if outcome.findings.is_empty() {
        out.say(&format!("{} {among}, nothing to complain about{allowed}", out.paint(Tone::Good, "ok")));
    } else {
        out.must(&format!("{}{allowed} in {among}", Tally::of(&outcome.findings).words()));
    }
}

fn status(outcome: &Outcome, denies_warnings: bool) -> Status {
    match Tally::of(&outcome.findings) {
        _ if outcome.unparsed => USAGE,
        Tally { errors: 1.., .. } => FAILED,
        Tally { warnings: 1.., .. } if denies_warnings => FAILED,
        Tally { .. } => DONE,
    }
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
