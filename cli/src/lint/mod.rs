//! Linting: which files, each checked and linted, what their project lets pass, and what is left to be told.

mod fix;
mod one;
mod shellcheck;
mod work;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use engine::lint::Options;
use engine::lint::shellcheck::Script;
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{SourceId, Span};

use crate::config::Grounds;
use crate::source::{Files, Meant};

use shellcheck::Answers;

pub(crate) use fix::{Done, Fixed, fix};
pub(crate) use one::rules;

/// A finding that a comment lets stand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Allowed {
    pub(crate) finding: Diagnostic,
    pub(crate) reason: String,
    /// The code in the comment.
    pub(crate) at: Span,
}

/// What came of it, in the order of the files.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) findings: Vec<Diagnostic>,
    pub(crate) allowed: Vec<Allowed>,
    /// The files that were linted, as a person is shown them.
    pub(crate) files: Vec<SourceId>,
    /// A file, or a `runbook.toml`, can't be read or parsed at all.
    pub(crate) unparsed: bool,
    /// A project's configuration says so of one of its files.
    pub(crate) denies_warnings: bool,
    /// Why shellcheck, which is there, could not be asked.
    pub(crate) note: Option<String>,
}

/// Lints files. A library that several of them import says its mistakes once.
pub(crate) fn lint(meant: &[Meant], files: &Files, options: &Options) -> Outcome {
    let grounds = Grounds::default();
    // Numbered in their order, whichever is read first; one that is named twice is linted once.
    let mut numbers = HashSet::new();
    let paths: Vec<&Path> = meant.iter().filter(|m| wanted(m, files, &grounds) && numbers.insert(files.number(&m.path))).map(|m| m.path.as_path()).collect();
    let mut ones = work::all(&paths, |path| one::lint(path, files, &grounds, options));
    let scripts: Vec<&Script> = ones.iter().flat_map(|one| &one.scripts).collect();
    let (said, note) = match shellcheck::ask(&scripts) {
        Ok(said) => (said, None),
        Err(why) => (Answers::Unasked, why),
    };
    let asked = matches!(said, Answers::Said(_));
    if let Answers::Said(by_script) = said {
        let mut answers = by_script.into_iter();
        for one in &mut ones {
            let said = answers.by_ref().take(one.scripts.len()).flatten().collect();
            one.take(said);
        }
    }
    ones.iter_mut().for_each(|one| one.sift(files, &grounds));
    let mistakes = grounds.mistakes();
    let mut outcome = Outcome { unparsed: !mistakes.is_empty(), findings: mistakes, note, ..Outcome::default() };
    let used: BTreeSet<Span> = ones.iter().flat_map(|one| &one.allowed).map(|allowed| allowed.at).collect();
    let mut told = HashSet::new();
    let mut is_new = |finding: &Diagnostic| told.insert((finding.span, finding.code, finding.message.clone()));
    for one in ones {
        let idle = one.idle(files, &grounds, &used, asked);
        outcome.unparsed |= one.unparsed;
        outcome.denies_warnings |= one.denies_warnings;
        outcome.files.push(one.main);
        let mut findings: Vec<Diagnostic> = one.findings.into_iter().chain(idle).filter(&mut is_new).collect();
        findings.sort_by_key(|d| (d.span.source != one.main, d.span.source, d.span.start, d.span.end, d.code));
        outcome.findings.extend(findings);
        outcome.allowed.extend(one.allowed.into_iter().filter(|allowed| is_new(&allowed.finding)));
    }
    outcome
}

/// What a project excludes is passed over, unless a person named it.
fn wanted(meant: &Meant, files: &Files, grounds: &Grounds) -> bool {
    if meant.by_name {
        return true;
    }
    let Ok(canonical) = meant.path.canonicalize() else { return true };
    !grounds.of_file(&canonical, files).config.excludes(&canonical)
}

/// Whether a list of findings holds an error.
pub(crate) fn has_errors(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|d| d.severity == Severity::Error)
}
