//! P6: another text for a run that has begun: read, planned for what the run was given, compared, shown, written down.

pub(crate) mod converse;
mod given;
mod preview;

use std::path::Path;
use std::rc::Rc;

use engine::journal::JournalError;
use engine::plan::model::Plan;
use engine::run::edit::{Edit, Refused, compare};
use engine::run::event::{Actor, EventKind, Pin, Role};
use grammar::source::Source;

use crate::clock;
use crate::commands::run::{contents, keep};
use crate::complaint::{Complaint, USAGE};
use crate::out::Out;
use crate::pipeline::{self, Ready};
use crate::run::look;
use crate::run::open::{self, Opened, pins};
use crate::run::person::operator;
use crate::run::remembered::Remembered;
use crate::source::Named;

use given::given_then;
pub(crate) use preview::preview;

/// Another plan for a run, and what it would change.
#[derive(Debug)]
pub(crate) struct Proposal {
    ready: Ready,
    plan: Plan,
    pub(crate) edit: Edit,
}

/// Reads a text for a run. Nothing is changed.
///
/// # Errors
/// It can't be read or planned, or it would change what may not change: all of that is told.
pub(crate) fn propose(out: &Out, opened: &Opened, named: &Named, params: Option<&Path>) -> Result<Proposal, Complaint> {
    let named = Named { file: named.file.clone(), runbook: named.runbook.clone().or_else(|| Some(opened.plan.runbook.clone())) };
    let ready = pipeline::ready(out, &named)?;
    let mut inputs = given_then(opened)?;
    let mut looker = look::looker(Remembered::of(opened)?.ssh_config)?;
    let plan = pipeline::planned(out, &ready, &mut inputs, &mut looker, params)?;
    match compare(&opened.plan, &opened.state, &plan) {
        Ok(edit) => Ok(Proposal { edit, plan, ready }),
        Err(refused) => Err(refusal(&ready.files.sources(), &refused)),
    }
}

fn refusal(sources: &[Source], refused: &[Refused]) -> Complaint {
    let said: Vec<String> = refused.iter().map(|refused| told(sources, refused)).collect();
    Complaint::new(USAGE, format!("this edit is not possible where the run stands; nothing was changed\n{}", said.join("\n")))
}

/// `restart.runbook:12:  two@web1: …`
fn told(sources: &[Source], refused: &Refused) -> String {
    let place = refused.at.and_then(|span| {
        let source = sources.iter().find(|source| source.id == span.source)?;
        let line = source.text.get(..span.start)?.matches('\n').count() + 1;
        Some(format!("{}:{line}: ", source.path))
    });
    let path = refused.path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
    format!("{}{path}{}", place.unwrap_or_default(), refused.why)
}

/// Writes the edit into the journal, with all that it pins, in one commit. The caller holds the driver's lock.
///
/// # Errors
/// The run has changed meanwhile so that the edit is not possible any more, or the journal can't be written.
pub(crate) fn write(mut opened: Opened, proposal: Proposal, note: Option<String>) -> Result<Opened, Complaint> {
    let Proposal { ready, plan, edit: _ } = proposal;
    let params = pins(&opened.events).filter(|pin| pin.role == Role::Params && pin.name == "params").last().cloned();
    let params: serde_json::Value = match params {
        Some(pin) => serde_json::from_slice(&opened.journal.store().content(&opened.run, &pin.hash)?).unwrap_or_default(),
        None => serde_json::Value::Null,
    };
    // What was answered beforehand was answered to another text.
    let remembered = Remembered { answers: std::collections::BTreeMap::new(), ..Remembered::of(&opened)? };
    let contents = contents(&plan, &ready.program, &params, &remembered)?;
    let kept = keep(&plan, &ready.uploads, &opened.folder, &opened.run)?;
    let pins: Vec<Pin> = contents.iter().map(|(pin, _)| pin.clone()).chain(kept).collect();
    let plan = Rc::new(plan);
    loop {
        let edit = compare(&opened.plan, &opened.state, &plan).map_err(|refused| refusal(&ready.files.sources(), &refused))?;
        let edited = EventKind::RunbookEdited {
            plan: plan.hash.clone(),
            pins: pins.clone(),
            by: Actor::Person(operator()),
            note: note.clone(),
            changed: edit.changed.into_iter().map(|(path, _)| path).collect(),
            new: edit.new,
            gone: edit.gone,
        };
        match opened.journal.append_pinning(&contents, vec![(clock::now(), edited)]) {
            Ok(_) => return open::open(&opened.run),
            // Somebody answered a gate in this moment: it is looked at once more.
            Err(JournalError::Behind) => opened = open::open(&opened.run)?,
            Err(error) => return Err(error.into()),
        }
    }
}
