//! Secrets of a run: from a file, from this process's environment, or from the person at the terminal. They are never on
//! a command line, and every process that drives a run is given them anew.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use engine::plan::Given;
use engine::plan::model::{Plan, SecretSpec, SlotId};
use engine::value::{SecretText, Type, pattern};
use inquire::{Password, PasswordDisplayMode};

use super::{ask, file, variable};
use crate::complaint::Complaint;
use crate::people;

const PREFIX: &str = "RUNBOOK_SECRET_";
const NOT_GIVEN: &str = "RB0425";
const NOT_USABLE: &str = "RB0426";

/// The variables of this process that hold secrets: no child of it gets them.
pub(crate) fn variables() -> Vec<OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with(PREFIX)).collect()
}

/// Whether the environment has a secret of this name.
pub(super) fn in_environment(name: &str) -> bool {
    std::env::var_os(format!("{PREFIX}{}", variable(name))).is_some()
}

/// Every secret that a plan needs, by its place.
///
/// # Errors
/// One is not given, or can't be used; or a file that can't be read, or a person who gave up.
pub(crate) fn gather(plan: &Plan, params: Option<&Path>) -> Result<Vec<(SlotId, SecretText)>, Complaint> {
    if plan.secrets.is_empty() {
        return Ok(Vec::new());
    }
    let kinds: BTreeMap<String, Type> = plan.secrets.iter().map(|spec| (spec.name.clone(), Type::Secret)).collect();
    let given = params.map(|path| file::read(path, &kinds)).transpose()?.unwrap_or_default();
    plan.secrets.iter().map(|spec| Ok((spec.slot, one(spec, given.get(&spec.name))?))).collect()
}

fn one(spec: &SecretSpec, given: Option<&Given>) -> Result<SecretText, Complaint> {
    let name = &spec.name;
    let text = match (given, std::env::var(format!("{PREFIX}{}", variable(name)))) {
        (Some(Given::Text(text)), _) => text.clone(),
        (_, Ok(text)) => text,
        (_, Err(std::env::VarError::NotUnicode(_))) => return Err(Complaint::usage(format!("{NOT_USABLE}: {PREFIX}{} is not UTF-8", variable(name)))),
        _ if people::is_here() => asked(spec)?,
        _ => {
            return Err(Complaint::usage(format!("{NOT_GIVEN}: the secret `{name}` is not given; nothing was done"))
                .help(format!("set {PREFIX}{}, or put `{name}: …` into a file for --params; at a terminal it is asked for", variable(name))));
        }
    };
    let secret = SecretText::new(text);
    if let Some(why) = secret.refusal() {
        return Err(Complaint::usage(format!("{NOT_USABLE}: the secret `{name}` can't be used: {why}")));
    }
    if let Some(wanted) = &spec.matches
        && !pattern::matches(wanted, &engine::value::Value::Secret(secret.clone()))
    {
        return Err(Complaint::usage(format!("{NOT_USABLE}: the secret `{name}` does not match `{wanted}`")));
    }
    Ok(secret)
}

/// Nothing of it is on the screen.
fn asked(spec: &SecretSpec) -> Result<String, Complaint> {
    let help = spec.help.clone().unwrap_or_else(|| "a secret; what you type is not shown".to_owned());
    Password::new(&format!("{}:", spec.name))
        .with_help_message(&help)
        .with_display_mode(PasswordDisplayMode::Hidden)
        .without_confirmation()
        .prompt()
        .map_err(ask::gave_up)
}
