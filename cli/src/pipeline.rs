//! From a file to its findings and its plan: the stages of the library in their order.

use std::path::Path;

use engine::check::{ParsedFile, Program, check};
use engine::lint::{Options, lint};
use engine::plan::model::Plan;
use engine::plan::{Inputs, plan};
use grammar::ast::File;
use grammar::diagnostic::{Diagnostic, Severity};

use crate::complaint::{Complaint, USAGE};
use crate::diagnostics::{Tally, draw};
use crate::out::Out;
use crate::source::{Files, Named, Project, Unread, root_of};

/// What is wrong with a file.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// It can't be read or parsed at all.
    pub(crate) unparsed: bool,
}

/// Everything that can be said of a file without running it.
pub(crate) fn findings(files: &mut Files, path: &Path) -> Findings {
    let (source, parsed) = match files.parse(path) {
        Ok(read) => read,
        Err(Unread(diagnostic)) => return Findings { diagnostics: vec![*diagnostic], unparsed: true },
    };
    let mut found = Findings { unparsed: has_errors(&parsed.diagnostics), diagnostics: parsed.diagnostics };
    if found.unparsed {
        return found;
    }
    let mut project = Project { files, root: root_of(path) };
    match check(ParsedFile { source, file: parsed.file }, &mut project) {
        Err(errors) => found.diagnostics.extend(errors),
        Ok(mut program) => {
            let names = program.own_runbooks().to_vec();
            found.diagnostics.extend(linted(&mut program, &names));
        }
    }
    found
}

/// What the rules say of each of these runbooks; of a file of actions, what they say of those. What several share is
/// said once.
fn linted(program: &mut Program, runbooks: &[String]) -> Vec<Diagnostic> {
    let mut said = lint(program, &Options::default());
    for name in runbooks.iter().skip(1) {
        program.choose(name);
        let more: Vec<Diagnostic> = lint(program, &Options::default()).into_iter().filter(|d| !said.contains(d)).collect();
        said.extend(more);
    }
    said
}

/// A program that may be planned, with every file that it was read from.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) files: Files,
    pub(crate) program: Program,
    pub(crate) warnings: Tally,
}

/// Reads and checks the runbook that a person means. Its errors are drawn.
///
/// # Errors
/// It can't be used; everything about that was said.
pub(crate) fn ready(out: &Out, named: &Named) -> Result<Ready, Complaint> {
    let mut files = Files::default();
    let (source, parsed) = match files.parse(&named.file) {
        Ok(read) => read,
        Err(Unread(diagnostic)) => return Err(refuse(out, &files, &[*diagnostic])),
    };
    if has_errors(&parsed.diagnostics) {
        return Err(refuse(out, &files, &parsed.diagnostics));
    }
    let chosen = pick(&parsed.file, named)?;
    let mut project = Project { files: &mut files, root: root_of(&named.file) };
    let mut program = check(ParsedFile { source, file: parsed.file }, &mut project).map_err(|errors| refuse(out, &files, &errors))?;
    program.choose(&chosen);
    let mut said = parsed.diagnostics;
    let called: Vec<String> = program.reachable().into_iter().map(|r| r.name.value.clone()).collect();
    said.extend(linted(&mut program, &called));
    program.choose(&chosen);
    if has_errors(&said) {
        return Err(refuse(out, &files, &said));
    }
    Ok(Ready { files, program, warnings: Tally::of(&said) })
}

/// Plans it for what it is given. Its errors are drawn.
///
/// # Errors
/// It can't be planned; everything about that was said.
pub(crate) fn planned(out: &Out, ready: &Ready, inputs: &Inputs) -> Result<Plan, Complaint> {
    plan(&ready.program, inputs).map_err(|errors| refuse(out, &ready.files, &errors))
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

fn refuse(out: &Out, files: &Files, diagnostics: &[Diagnostic]) -> Complaint {
    draw(out, files.sources(), diagnostics);
    Complaint::new(USAGE, format!("nothing was run: {} in the runbook or in what it was given", Tally::of(diagnostics).words()))
}

/// The name of the runbook that was meant: the one that was named, or the only one.
fn pick(file: &File, named: &Named) -> Result<String, Complaint> {
    let names = || file.runbooks.iter().map(|r| r.name.value.clone()).collect::<Vec<_>>();
    let path = named.file.display();
    let chosen = match (&named.runbook, file.runbooks.as_slice()) {
        (Some(name), all) => all.iter().find(|r| r.name.value == *name),
        (None, []) => return Err(Complaint::usage(format!("{path} holds actions and no runbook: there is nothing to run"))),
        (None, [only]) => Some(only),
        (None, [first, ..]) => {
            return Err(Complaint::usage(format!("{path} holds {} runbooks: {}", file.runbooks.len(), names().join(", ")))
                .help(format!("say which: `{path}#{}`", first.name.value)));
        }
    };
    match chosen {
        Some(runbook) => Ok(runbook.name.value.clone()),
        None => Err(Complaint::usage(format!("{path} holds no runbook `{}`", named.runbook.clone().unwrap_or_default()))
            .help(format!("it holds {}", names().join(", ")))),
    }
}
