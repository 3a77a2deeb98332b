//! `runbook lint [PATH…]`

use std::path::PathBuf;

use clap::ValueEnum;
use engine::lint::{Options, Rule, rules};
use engine::report::tone::{Line, Tone};
use engine::report::words::count;
use grammar::diagnostic::{Diagnostic, Severity};
use serde_json::json;

use crate::clock;
use crate::complaint::{Complaint, DONE, FAILED, Status, USAGE};
use crate::diagnostics::{self, Machine, Sources, Tally, codes};
use crate::lint::{Done, Fixed, Outcome};
use crate::out::{Out, wrap};
use crate::source::{Files, Meant, replace, runbook_files};

/// Check runbooks without running anything
///
/// Exits with 0 when nothing is wrong, 1 with errors (or with warnings under
/// `--deny warnings`), 2 when a file can't be read or parsed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook lint restart.runbook\n  runbook lint runbooks/ --deny warnings\n  runbook lint runbooks/ --fix --diff\n  runbook lint --explain RB0301\n  runbook lint --format json runbooks/ | jq '.findings[].message'"
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
    /// Mend what can be mended without changing what a runbook does, then tell what is left
    #[arg(long)]
    fix: bool,
    /// With --fix: also mend what a person must look at afterwards
    #[arg(long, requires = "fix")]
    unsafe_fixes: bool,
    /// With --fix: show what would change, and change nothing
    #[arg(long, requires = "fix")]
    diff: bool,
    /// Do not ask shellcheck about the commands, where it is installed
    #[arg(long)]
    no_shellcheck: bool,
    /// List the rules
    #[arg(long, conflicts_with_all = ["paths", "deny", "fix", "explain"])]
    rules: bool,
    /// Explain a code; a rule comes with a bad and a good example
    #[arg(long, value_name = "CODE", conflicts_with_all = ["paths", "deny", "fix"])]
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
    if args.rules {
        return list(args.format, out);
    }
    if args.diff && args.format != LintFormat::Human {
        return Err(Complaint::usage("a diff and findings can't both stand on standard output").help("leave `--format` out, or `--diff`"));
    }
    let here = [PathBuf::from(".")];
    let meant = runbook_files(if args.paths.is_empty() { &here } else { &args.paths })?;
    let options = Options { today: Some(clock::today()), shellcheck: !args.no_shellcheck, ..Options::default() };
    let (files, outcome, fixed) = if args.fix {
        let (files, outcome, fixed) = crate::lint::fix(&meant, &options, args.unsafe_fixes);
        if args.diff {
            return Ok(shown(&fixed, &meant, &options, args, out));
        }
        write(&fixed, out)?;
        (files, outcome, fixed)
    } else {
        let files = Files::default();
        let outcome = crate::lint::lint(&meant, &files, &options);
        (files, outcome, Vec::new())
    };
    if let Some(note) = &outcome.note {
        out.say(note);
    }
    let denies_warnings = args.deny == Some(Deny::Warnings) || outcome.denies_warnings;
    let sources = Sources::new(files.sources());
    match args.format.machine() {
        Some(form) => out.data(&diagnostics::report(form, &sources, &outcome, denies_warnings)),
        None => human(out, &sources, &outcome, &fixed),
    }
    Ok(status(&outcome, denies_warnings))
}

/// What would change, on standard output. The exit status is that of the files as they are: nothing was written.
fn shown(fixed: &[Fixed], meant: &[Meant], options: &Options, args: &LintArgs, out: &Out) -> Status {
    for Fixed { shown, before, after, .. } in fixed {
        let diff = similar::TextDiff::from_lines(before, after);
        out.data(&diff.unified_diff().header(&format!("a/{shown}"), &format!("b/{shown}")).to_string());
    }
    let changes = fixed.iter().map(|file| file.done.len()).sum();
    out.say(&format!("{} in {} would be mended; nothing was written", count(changes, "finding"), count(fixed.len(), "file")));
    let outcome = crate::lint::lint(meant, &Files::default(), options);
    status(&outcome, args.deny == Some(Deny::Warnings) || outcome.denies_warnings)
}

/// Writes what was mended and says so, file by file.
fn write(fixed: &[Fixed], out: &Out) -> Result<(), Complaint> {
    for file in fixed {
        replace(&file.canonical, &file.before, &file.after).map_err(|error| {
            Complaint::new(FAILED, format!("{} was not mended: {error}", file.shown)).help("files that are told above are mended; the others are as they were")
        })?;
        for Done { line, code, title } in &file.done {
            out.say(&format!("{}  {}:{line}  {code}  {title}", out.paint(Tone::Good, "fixed"), file.shown));
        }
    }
    Ok(())
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

fn human(out: &Out, sources: &Sources, outcome: &Outcome, fixed: &[Fixed]) {
    diagnostics::draw_outcome(out, sources, &outcome.findings);
    let mended: usize = fixed.iter().map(|file| file.done.len()).sum();
    if mended > 0 {
        out.say(&format!("{} fixed in {}", count(mended, "finding"), count(fixed.len(), "file")));
    }
    let among = count(outcome.files.len(), "file");
    let allowed = match outcome.allowed.len() {
        0 => String::new(),
        number => format!(", {number} allowed by comments"),
    };
    if outcome.findings.is_empty() {
        out.say(&format!("{} {among}, nothing to complain about{allowed}", out.paint(Tone::Good, "ok")));
    } else {
        out.must(&format!("{}{allowed} in {among}{}", Tally::of(&outcome.findings).words(), mendable(&outcome.findings)));
    }
}

/// How many of them `--fix` would mend.
fn mendable(findings: &[Diagnostic]) -> String {
    let mends = |safe: bool| findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(|fix| fix.safe == safe).count();
    match (mends(true), mends(false)) {
        (0, 0) => String::new(),
        (safe, 0) => format!("; --fix mends {safe}"),
        (0, risky) => format!("; --fix --unsafe-fixes mends {risky}"),
        (safe, risky) => format!("; --fix mends {safe}, with --unsafe-fixes {}", safe + risky),
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

/// Every rule, one a line.
fn list(format: LintFormat, out: &Out) -> Result<Status, Complaint> {
    let fix = |rule: &Rule| rule.mends().map(|fix| if fix.safe { "safe" } else { "unsafe" });
    match format {
        LintFormat::Human => out.page(&rules().iter().map(|rule| row(rule, fix(rule))).collect::<Vec<_>>()),
        LintFormat::Json => {
            let all: Vec<_> =
                rules().iter().map(|rule| json!({ "code": rule.code, "severity": severity(rule.severity).1, "title": rule.title, "fix": fix(rule) })).collect();
            out.data(&serde_json::to_string_pretty(&json!({ "rules": all })).unwrap_or_default());
        }
        LintFormat::Sarif | LintFormat::Github | LintFormat::Junit => {
            return Err(Complaint::usage("rules are listed for people or as JSON").help("runbook lint --rules --format json"));
        }
    }
    Ok(DONE)
}

fn row(rule: &Rule, fix: Option<&str>) -> Line {
    let (tone, word) = severity(rule.severity);
    let fix = fix.map_or(String::new(), |fix| format!("  ({fix} fix)"));
    Line::new().with(Tone::Strong, rule.code).plain("  ").with(tone, format!("{word:<7}")).plain(format!("  {}", rule.title)).with(Tone::Dim, fix)
}

fn severity(severity: Severity) -> (Tone, &'static str) {
    match severity {
        Severity::Error => (Tone::Bad, "error"),
        Severity::Warning => (Tone::Warn, "warning"),
        Severity::Info => (Tone::Dim, "info"),
    }
}

fn explain(code: &str, out: &Out) -> Result<Status, Complaint> {
    let Some(rule) = rules().iter().find(|r| r.code.eq_ignore_ascii_case(code)) else {
        return finding(code, out);
    };
    let severity = severity(rule.severity);
    let mut page = vec![Line::new().with(Tone::Strong, rule.code).plain("  ").with(severity.0, severity.1).plain(format!("  {}", rule.title)), Line::new()];
    page.extend(rule.explanation.lines().flat_map(|l| wrap(l, out.width())).map(|l| Line::new().plain(l)));
    for (name, tone, text) in [("bad", Tone::Bad, rule.bad), ("good", Tone::Good, rule.good)] {
        page.extend([Line::new(), Line::new().with(tone, name)]);
        page.extend(text.trim_matches('\n').lines().map(|l| Line::new().plain(format!("  {l}"))));
    }
    if let Some(fix) = rule.mends() {
        let words = if fix.safe { "`--fix` can" } else { "`--fix --unsafe-fixes` can" };
        page.extend([Line::new(), Line::new().with(Tone::Strong, "fix").plain(format!("  {words} {}", fix.title))]);
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
