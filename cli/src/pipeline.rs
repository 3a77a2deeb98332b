//! From a file to its findings and its plan: the stages of the library in their order.

use std::path::Path;

use engine::check::{ParsedFile, Program, check};
use engine::lint::{Options, lint};
use engine::plan::model::Plan;
use engine::plan::{Inputs, plan};
use grammar::ast::{File, Runbook};
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
    // Each runbook of a file is a program of its own; what they share is said once.
    let alone = |runbook: Option<&Runbook>| File {
        imports: parsed.file.imports.clone(),
        actions: parsed.file.actions.clone(),
        runbooks: runbook.into_iter().cloned().collect(),
    };
    let programs: Vec<File> = if parsed.file.runbooks.is_empty() { vec![alone(None)] } else { parsed.file.runbooks.iter().map(|r| alone(Some(r))).collect() };
    for file in programs {
        let mut project = Project { files, root: root_of(path) };
        let said = match check(ParsedFile { source: source.clone(), file }, &mut project) {
            Ok(program) => lint(&program, &Options::default()),
            Err(errors) => errors,
        };
        found.diagnostics.extend(said.into_iter().filter(|d| !found.diagnostics.contains(d)).collect::<Vec<_>>());
    }
    found
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
    let file = pick(parsed.file, named)?;
    let mut project = Project { files: &mut files, root: root_of(&named.file) };
    let program = check(ParsedFile { source, file }, &mut project).map_err(|errors| refuse(out, &files, &errors))?;
    let mut said = parsed.diagnostics;
    said.extend(lint(&program, &Options::default()));
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

/// The runbook that was named, or the only one.
fn pick(file: File, named: &Named) -> Result<File, Complaint> {
    let names = || file.runbooks.iter().map(|r| r.name.value.clone()).collect::<Vec<_>>();
    let path = named.file.display();
    let chosen = match (&named.runbook, file.runbooks.as_slice()) {
        (Some(name), all) => all.iter().find(|r| r.name.value == *name).cloned(),
        (None, []) => return Err(Complaint::usage(format!("{path} holds actions and no runbook: there is nothing to run"))),
        (None, [only]) => Some(only.clone()),
        (None, [first, ..]) => {
            return Err(Complaint::usage(format!("{path} holds {} runbooks: {}", file.runbooks.len(), names().join(", ")))
                .help(format!("say which: `{path}#{}`", first.name.value)));
        }
    };
    match chosen {
        Some(runbook) => Ok(File { runbooks: vec![runbook], ..file }),
        None => Err(Complaint::usage(format!("{path} holds no runbook `{}`", named.runbook.clone().unwrap_or_default()))
            .help(format!("it holds {}", names().join(", ")))),
    }
}
