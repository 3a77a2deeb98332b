//! The person who edits a run's text at the terminal, in their own editor.

use std::path::{Path, PathBuf};
use std::process::Command;

use engine::run::event::{EventKind, Role};

use super::{Proposal, preview, propose, write};
use crate::complaint::{Complaint, FAILED};
use crate::inputs::secrets;
use crate::out::Out;
use crate::people::Asker;
use crate::run::open::Opened;
use crate::run::remembered::Remembered;
use crate::source::Named;

/// What came of it.
#[derive(Debug)]
pub(crate) enum Conversed {
    Edited(Opened),
    /// The run goes on as it was.
    GivenUp(Opened),
    /// Nobody is there any more.
    Left,
}

/// Opens the text in an editor until it is one that the run can go on with, or is given up.
///
/// # Errors
/// The text is not there, or can't be written down.
pub(crate) fn converse(out: &Out, opened: Opened, params: Option<&Path>) -> Result<Conversed, Complaint> {
    let mut asker = Asker::new(out.clone());
    let file = text_of(&opened)?;
    let named = Named { file: file.clone(), runbook: Some(opened.plan.runbook.clone()) };
    loop {
        edit(out, &file)?;
        let (proposal, prompt) = match propose(out, &opened, &named, params) {
            Ok(proposal) => {
                preview::preview(&opened.run, &proposal.edit, out.width()).iter().for_each(|line| out.line(line));
                if preview::is_empty(&proposal.edit) {
                    out.must("  it changes nothing of what would run");
                }
                (Some(proposal), "  go on with it? [y]es, [e]dit again, [g]ive it up: ")
            }
            Err(complaint) => {
                complaint.tell(out);
                (None, "  [e]dit again, or [g]ive it up and go on as it was: ")
            }
        };
        match (ask(&mut asker, out, prompt, proposal.is_some()), proposal) {
            (Some(Choice::Again), _) => {}
            (Some(Choice::Yes), Some(proposal)) => return accept(&mut asker, opened, proposal),
            (Some(Choice::GiveUp | Choice::Yes), _) => return Ok(Conversed::GivenUp(opened)),
            (None, _) => return Ok(Conversed::Left),
        }
    }
}

fn accept(asker: &mut Asker, opened: Opened, proposal: Proposal) -> Result<Conversed, Complaint> {
    let Some(note) = asker.line("  why? it stands in the report; nothing typed is fine, too: ") else { return Ok(Conversed::Left) };
    Ok(Conversed::Edited(write(opened, proposal, Some(note).filter(|note| !note.is_empty()))?))
}

enum Choice {
    Yes,
    Again,
    GiveUp,
}

/// None: nobody is there any more.
fn ask(asker: &mut Asker, out: &Out, prompt: &str, may_go_on: bool) -> Option<Choice> {
    loop {
        let line = asker.line(prompt)?;
        match line.as_str() {
            "y" | "yes" if may_go_on => return Some(Choice::Yes),
            "e" | "edit" => return Some(Choice::Again),
            "g" | "give up" => return Some(Choice::GiveUp),
            other => out.must(&format!("  `{}` is no answer here", crate::out::tame(other))),
        }
    }
}

/// The file that the run was started with, where it is still there; else a copy of what the run pins.
fn text_of(opened: &Opened) -> Result<PathBuf, Complaint> {
    let last = opened.events.iter().rev().find_map(|event| match &event.kind {
        EventKind::RunCreated { pins, .. } | EventKind::RunbookEdited { pins, .. } => Some(pins),
        _ => None,
    });
    let pin = last.into_iter().flatten().find(|pin| pin.role == Role::Source).ok_or_else(|| Complaint::new(FAILED, "this run has no text in its journal"))?;
    let there = Remembered::of(opened)?.here.join(&pin.name);
    if there.is_file() {
        return Ok(there);
    }
    let content = opened.journal.store().content(&opened.run, &pin.hash)?;
    let folder = opened.folder.join("edits").join(&opened.run);
    let copy = folder.join(Path::new(&pin.name).file_name().unwrap_or_default());
    let written = std::fs::create_dir_all(&folder).and_then(|()| if copy.is_file() { Ok(()) } else { std::fs::write(&copy, content) });
    written.map_err(|e| Complaint::new(FAILED, format!("{}: {e}", copy.display())))?;
    Ok(copy)
}

/// `$VISUAL`, `$EDITOR`, or `vi`.
fn edit(out: &Out, file: &Path) -> Result<(), Complaint> {
    let set = |name: &str| std::env::var(name).ok().filter(|editor| !editor.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let words = shell_words::split(&editor).map_err(|e| Complaint::usage(format!("the editor `{editor}` can't be understood: {e}")))?;
    let Some((program, args)) = words.split_first() else { return Err(Complaint::usage("there is no editor: set EDITOR")) };
    let mut command = Command::new(program);
    for name in secrets::variables() {
        command.env_remove(name);
    }
    let _held = out.hold();
    // Its own status says nothing: what counts is what the file holds then.
    command.args(args).arg(file).status().map_err(|e| Complaint::usage(format!("the editor `{editor}` can't be started: {e}")).help("set EDITOR"))?;
    Ok(())
}
