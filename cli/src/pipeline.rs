//! From a file to its findings and its plan: the stages of the library in their order.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use engine::check::{ParsedFile, Program, check, check_beside};
use engine::exec::driver::{Looker, Seen};
use engine::inventory::Inventory;
use engine::lint::Options;
use engine::plan::model::Plan;
use engine::plan::{GivenFact, Inputs, Outline, ProjectFiles, outline};
use grammar::ast::File;
use grammar::diagnostic::Diagnostic;

use crate::complaint::{Complaint, USAGE};
use crate::diagnostics::{Tally, draw};
use crate::inputs::{self, secrets};
use crate::lint::{has_errors, rules};
use crate::out::Out;
use crate::run::look;
use crate::source::{Files, Named, Project, Unread, Uploads, root_of};

/// A program that may be planned, with every file that it was read from.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) files: Files,
    pub(crate) program: Program,
    pub(crate) warnings: Tally,
    pub(crate) uploads: Rc<Uploads>,
}

/// Reads and checks the runbook that a person means. Its errors are drawn.
///
/// # Errors
/// It can't be used; everything about that was said.
pub(crate) fn ready(out: &Out, named: &Named) -> Result<Ready, Complaint> {
    let files = Files::default();
    let read = match files.read(&named.file) {
        Ok(read) => read,
        Err(Unread(diagnostic)) => return Err(refuse(out, &files, &[*diagnostic])),
    };
    let parsed = read.parsed();
    let mut project = Project { files: &files, root: root_of(&named.file) };
    let main = ParsedFile { source: read.source.clone(), file: parsed.file.clone() };
    if has_errors(&parsed.diagnostics) {
        let beside = check_beside(main, &mut project, &parsed.diagnostics);
        return Err(refuse(out, &files, &[parsed.diagnostics.clone(), beside].concat()));
    }
    let chosen = pick(&parsed.file, named)?;
    let mut program = check(main, &mut project).map_err(|errors| refuse(out, &files, &errors))?;
    program.choose(&chosen);
    let mut said = parsed.diagnostics.clone();
    let called = program.reachable();
    said.extend(rules(&mut program, &called, &Options::default()));
    program.choose(&chosen);
    if has_errors(&said) {
        return Err(refuse(out, &files, &said));
    }
    // What a comment allows, somebody has looked at.
    said.retain(|finding| files.get(finding.span.source).is_none_or(|file| file.allowances().for_finding(finding).is_none()));
    let uploads = Rc::new(Uploads::new(&files, root_of(&named.file)));
    Ok(Ready { files, program, warnings: Tally::of(&said), uploads })
}

/// Reads an inventory. Its errors are drawn, and what a person should know of it is said.
///
/// # Errors
/// It can't be used; everything about that was said.
pub(crate) fn inventory(out: &Out, ready: &Ready, path: Option<&Path>) -> Result<Option<Inventory>, Complaint> {
    let Some(path) = path else { return Ok(None) };
    let inventory = inputs::inventory::read(&ready.files, path, secrets::variables()).map_err(|errors| refuse(out, &ready.files, &errors))?;
    for note in inventory.notes() {
        out.say(&format!("{}: {note}", inventory.path));
    }
    Ok(Some(inventory))
}

/// Plans it for what it is given, as far as that goes. Its errors are drawn.
///
/// # Errors
/// It can't be planned; everything about that was said.
pub(crate) fn outlined(out: &Out, ready: &Ready, inputs: &Inputs) -> Result<Outline, Complaint> {
    let inputs = Inputs { files: Some(Rc::clone(&ready.uploads) as Rc<dyn ProjectFiles>), ..inputs.clone() };
    outline(&ready.program, &inputs).map_err(|errors| refuse(out, &ready.files, &errors))
}

/// Plans the whole of it. Facts that give the plan its shape are read first; that changes nothing anywhere.
///
/// # Errors
/// It can't be planned, or a fact can't be read.
pub(crate) fn planned(out: &Out, ready: &Ready, inputs: &mut Inputs, looker: &mut Looker, params: Option<&Path>) -> Result<Plan, Complaint> {
    loop {
        let outline = outlined(out, ready, inputs)?;
        if outline.later.is_empty() {
            return Ok(outline.plan);
        }
        // What it goes over may name further facts, so it is drawn again until nothing is missing.
        let wanted = outline.wanted();
        let seen = read(&outline, &wanted, looker, params)?;
        shape(&outline.plan, &wanted, &seen, inputs)?;
    }
}

/// Plans the whole of it, and says what every fact of its top is, and what its guards say now. Of the facts only those that
/// give it its shape are part of the plan.
///
/// # Errors
/// It can't be planned, or facts can't be read: all of them are told.
pub(crate) fn probed(out: &Out, ready: &Ready, inputs: &mut Inputs, looker: &mut Looker, params: Option<&Path>) -> Result<Outline, Complaint> {
    let mut outline = outlined(out, ready, inputs)?;
    let seen = read(&outline, &outline.facts(), looker, params)?;
    while !outline.later.is_empty() {
        shape(&outline.plan, &outline.wanted(), &seen, inputs)?;
        outline = outlined(out, ready, inputs)?;
    }
    let now = look::guards(&outline.plan, &seen.facts, looker)?;
    Ok(Outline { read: seen.facts, now, ..outline })
}

fn read(outline: &Outline, facts: &BTreeSet<u32>, looker: &mut Looker, params: Option<&Path>) -> Result<Seen, Complaint> {
    if outline.wants_secrets(facts) && looker.secrets.is_empty() {
        looker.secrets = secrets::gather(&outline.plan, params)?;
    }
    look::facts(&outline.plan, facts, looker)
}

/// The next plan is drawn for what these facts are.
fn shape(plan: &Plan, wanted: &BTreeSet<u32>, seen: &Seen, inputs: &mut Inputs) -> Result<(), Complaint> {
    let facts = || wanted.iter().filter_map(|fact| plan.facts.get(*fact as usize));
    look::all_answer(&seen.away, facts().flat_map(|fact| &fact.hosts))?;
    for name in facts().map(|fact| &plan.slots[fact.slot.index()].name) {
        inputs.facts.insert(name.clone(), GivenFact::Read(seen.facts.get(name).cloned().unwrap_or_default()));
    }
    Ok(())
}

fn refuse(out: &Out, files: &Files, diagnostics: &[Diagnostic]) -> Complaint {
    draw(out, &files.sources(), diagnostics);
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
