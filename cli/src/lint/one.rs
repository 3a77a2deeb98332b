//! One file: parsed, checked, linted; then what its comments allow, and what its project makes of the rest.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use engine::check::{ParsedFile, Program, check, check_beside};
use engine::lint::shellcheck::{self, Script};
use engine::lint::{Options, lint as lint_program};
use grammar::diagnostic::Diagnostic;
use grammar::source::{SourceId, Span};

use super::{Allowed, has_errors};
use crate::config::{Grounds, Level};
use crate::source::{Files, Project, Unread};

/// What was found in one file and in what it imports.
#[derive(Debug, Default)]
pub(super) struct One {
    pub(super) main: SourceId,
    pub(super) findings: Vec<Diagnostic>,
    pub(super) allowed: Vec<Allowed>,
    /// It can't be read or parsed at all.
    pub(super) unparsed: bool,
    /// Every rule was asked, so that a comment which nothing needs can be told.
    complete: bool,
    pub(super) denies_warnings: bool,
    /// For shellcheck, where it is to be asked.
    pub(super) scripts: Vec<Script>,
}

pub(super) fn lint(path: &Path, files: &Files, grounds: &Grounds, options: &Options) -> One {
    let file = match files.read(path) {
        Ok(file) => file,
        Err(Unread(why)) => return One { main: why.span.source, findings: vec![*why], unparsed: true, ..One::default() },
    };
    let ground = grounds.of_file(&file.canonical, files);
    let config = ground.config.as_ref();
    let mut one = One { main: file.source.id, denies_warnings: config.denies_warnings(), ..One::default() };
    let parsed = file.parsed();
    one.findings.clone_from(&parsed.diagnostics);
    one.unparsed = has_errors(&parsed.diagnostics);
    let mut project = Project { files, root: ground.root.clone() };
    if one.unparsed {
        one.findings.extend(check_beside(ParsedFile { source: file.source.clone(), file: parsed.file.clone() }, &mut project, &parsed.diagnostics));
        return one;
    }
    one.complete = true;
    let said = match check(ParsedFile { source: file.source.clone(), file: parsed.file.clone() }, &mut project) {
        Ok(mut program) => {
            let own = program.own_runbooks().to_vec();
            let options = config.options(options.clone());
            if options.shellcheck {
                one.scripts = scripts(&mut program, &own);
            }
            rules(&mut program, &own, &options)
        }
        Err(errors) => {
            one.complete = false;
            errors
        }
    };
    one.findings.extend(said);
    one.findings.extend(file.allowances().mistakes.iter().cloned());
    one
}

/// The commands of each of these runbooks and of the file's actions, each once. Afterwards the first runbook is meant.
fn scripts(program: &mut Program, runbooks: &[Span]) -> Vec<Script> {
    let mut found: Vec<Script> = shellcheck::scripts(program);
    for name in runbooks.iter().skip(1) {
        program.choose_at(*name);
        found.extend(shellcheck::scripts(program));
    }
    if let Some(first) = runbooks.first() {
        program.choose_at(*first);
    }
    let mut told = HashSet::new();
    found.retain(|script| told.insert(script.place()));
    found
}

/// What the rules say of each of these runbooks, the first of which is meant already; of a file of actions, what they say of those. What several share is said
/// once.
pub(crate) fn rules(program: &mut Program, runbooks: &[Span], options: &Options) -> Vec<Diagnostic> {
    let mut said = lint_program(program, options);
    let mut told: HashSet<(Span, &str, String)> = said.iter().map(key).collect();
    for name in runbooks.iter().skip(1) {
        program.choose_at(*name);
        said.extend(lint_program(program, options).into_iter().filter(|finding| told.insert(key(finding))));
    }
    said
}

fn key(finding: &Diagnostic) -> (Span, &'static str, String) {
    (finding.span, finding.code, finding.message.clone())
}

impl One {
    /// Takes what shellcheck says beside what our own rules say.
    pub(super) fn take(&mut self, said: Vec<Diagnostic>) {
        let new: Vec<Diagnostic> = said.into_iter().filter(|finding| !shellcheck::is_told(finding, &self.findings)).collect();
        self.findings.extend(new);
    }

    /// Parts what is allowed from what is left, and gives the rest the level that the project gives it.
    pub(super) fn sift(&mut self, files: &Files, grounds: &Grounds) {
        let Some(main) = files.get(self.main).filter(|_| !self.unparsed) else { return };
        let ground = grounds.of_file(&main.canonical, files);
        let (main, config) = (&*main, ground.config.as_ref());
        for mut finding in std::mem::take(&mut self.findings) {
            let other = if finding.span.source == main.source.id { None } else { files.get(finding.span.source) };
            let file = other.as_deref().unwrap_or(main);
            // The standard library has no file, and neither comments nor levels.
            if file.source.id == finding.span.source {
                if let Some(allowance) = file.allowances().for_finding(&finding) {
                    self.allowed.push(Allowed { reason: allowance.reason.clone(), at: allowance.at, finding });
                    continue;
                }
                match config.level(&file.canonical, finding.code) {
                    Some(Level::Off) => continue,
                    Some(Level::At(severity)) => finding.severity = severity,
                    None => {}
                }
            }
            self.findings.push(finding);
        }
    }

    /// What the file's comments allow and nobody found. `used`: the comments that were needed, by whichever file.
    pub(super) fn idle(&self, files: &Files, grounds: &Grounds, used: &BTreeSet<Span>, shellcheck_was_asked: bool) -> Vec<Diagnostic> {
        let Some(file) = files.get(self.main).filter(|_| self.complete) else { return Vec::new() };
        let mut idle = file.allowances().unused(&file.source, used, |code| shellcheck_was_asked || code != shellcheck::CODE);
        if idle.is_empty() {
            return idle;
        }
        let ground = grounds.of_file(&file.canonical, files);
        idle.retain_mut(|finding| match ground.config.level(&file.canonical, finding.code) {
            Some(Level::Off) => false,
            Some(Level::At(severity)) => {
                finding.severity = severity;
                true
            }
            None => true,
        });
        idle
    }
}
