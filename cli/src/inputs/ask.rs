//! Asks the person at the terminal for params and targets that are missing. Nothing runs yet, so a prompt may take the
//! whole screen.

use std::collections::BTreeMap;

use engine::check::Program;
use engine::plan::{Given, Inputs};
use engine::value::Type;
use grammar::ast::Param;
use inquire::validator::Validation;
use inquire::{InquireError, Text};

use crate::complaint::{Complaint, INTERRUPTED};

/// # Errors
/// The person gave up.
pub(super) fn missing(program: &Program, kinds: &BTreeMap<String, Type>, inputs: &mut Inputs) -> Result<(), Complaint> {
    let Some(runbook) = program.runbook() else { return Ok(()) };
    for param in &runbook.params {
        let name = &param.name.value;
        let Some(kind) = kinds.get(name) else { continue };
        // Secrets are asked for when the plan is drawn.
        if *kind == Type::Secret || param.default.is_some() || param.kind.optional || inputs.params.contains_key(name) {
            continue;
        }
        inputs.params.insert(name.clone(), Given::Text(ask(param, kind)?));
    }
    for target in &runbook.targets {
        let name = &target.name.value;
        if target.is.is_some() || inputs.targets.contains_key(name) {
            continue;
        }
        let help = if target.kind.is_some() { "one host" } else { "hosts, by comma" };
        let hosts = Text::new(&format!("{name}:")).with_help_message(help).prompt().map_err(gave_up)?;
        inputs.targets.insert(name.clone(), hosts.split(',').map(str::trim).filter(|h| !h.is_empty()).map(str::to_owned).collect());
    }
    Ok(())
}

fn ask(param: &Param, kind: &Type) -> Result<String, Complaint> {
    let message = format!("{}:", param.name.value);
    let written = kind.written_as();
    let help = param.help.as_ref().map_or(written.clone(), |help| format!("{} ({written})", help.text));
    let wanted = kind.clone();
    let readable = move |text: &str| {
        Ok(match &wanted {
            // Its items are looked at when the plan is drawn.
            Type::List(_) => Validation::Valid,
            kind => match kind.read(text) {
                Ok(_) => Validation::Valid,
                Err(error) => Validation::Invalid(error.to_string().into()),
            },
        })
    };
    Text::new(&message).with_help_message(&help).with_validator(readable).prompt().map_err(gave_up)
}

pub(super) fn gave_up(error: InquireError) -> Complaint {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Complaint::new(INTERRUPTED, "interrupted before anything began; nothing has changed anywhere")
        }
        other => Complaint::usage(format!("the terminal can't be asked: {other}")).help("pass what is missing with `-p NAME=VALUE`"),
    }
}
