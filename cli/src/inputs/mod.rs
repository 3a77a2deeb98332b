//! What a run is given: params and targets from the command line, from a file, or from the person at the terminal.

mod ask;
mod file;
pub(crate) mod inventory;
mod program;
pub(crate) mod secrets;

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::check::Program;
use engine::inventory::Inventory;
use engine::plan::{Given, GivenFact, Inputs};
use engine::value::{Type, Value};

use crate::complaint::Complaint;
use crate::people;

const NO_MATCH: &str = "RB0429";

/// The options of `plan` and `run` that say what the runbook is given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct InputArgs {
    /// The runbook, where a file holds several; `FILE#NAME` says the same
    #[arg(long, value_name = "NAME")]
    pub(crate) runbook: Option<String>,
    /// A param's value; a list's items stand between commas
    #[arg(short, long = "param", value_name = "KEY=VALUE")]
    pub(crate) param: Vec<String>,
    /// A file of params, a mapping in YAML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) params: Option<PathBuf>,
    /// The hosts of a target; of an inventory also groups and patterns: `web=eu,db1`, `web='web*:!web3'`, `db=db[0]`
    #[arg(long, value_name = "NAME=HOST,…")]
    pub(crate) target: Vec<String>,
    /// Groups of hosts, and what is known of each; a group gives its hosts to the target of its name. Our own YAML, or
    /// Ansible's: INI, YAML, JSON, a program, a folder
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: Option<PathBuf>,
}

/// Gathers what is given; at a terminal what is missing is asked for.
///
/// # Errors
/// An option that is no pair, a file that can't be read, a secret on a command line, or a person who gave up.
pub(crate) fn gather(args: &InputArgs, program: &Program, inventory: Option<&Inventory>) -> Result<Inputs, Complaint> {
    let kinds = kinds(program);
    let mut inputs = Inputs::default();
    if let Some(path) = &args.params {
        inputs.params = file::read(path, &kinds)?;
        // That one is given is all that the plan may know.
        for (name, given) in &mut inputs.params {
            if kinds.get(name).is_some_and(is_secret) && *given != Given::Value(Value::None) {
                *given = hidden();
            }
        }
    }
    for (name, value) in pairs("-p", &args.param)? {
        if kinds.get(&name).is_some_and(is_secret) {
            return Err(Complaint::usage(format!("`-p {name}=…` would show a secret in the process list and in the shell's history"))
                .help(format!("set RUNBOOK_SECRET_{}, or put it into a file for --params", variable(&name))));
        }
        inputs.params.insert(name, Given::Text(value));
    }
    for (name, _) in kinds.iter().filter(|(name, kind)| is_secret(kind) && secrets::in_environment(name)) {
        inputs.params.entry(name.clone()).or_insert_with(hidden);
    }
    for (name, hosts) in pairs("--target", &args.target)? {
        let hosts = match inventory.filter(|_| !hosts.trim().is_empty()) {
            Some(inventory) => {
                inventory.hosts_of(&hosts).map_err(|why| Complaint::usage(format!("{NO_MATCH}: `--target {name}={hosts}`: {why}")).help(why.help()))?
            }
            None => hosts.split(',').map(str::trim).filter(|h| !h.is_empty()).map(str::to_owned).collect(),
        };
        inputs.targets.insert(name, hosts);
    }
    if let Some(inventory) = inventory {
        inputs.vars = inventory.vars().clone();
        inputs.ways = inventory.ways().clone();
        inputs.inventory = Some(inventory.path.clone());
        for target in program.runbook().into_iter().flat_map(|r| &r.targets) {
            if let Some(group) = inventory.group(&target.name.value) {
                inputs.targets.entry(target.name.value.clone()).or_insert_with(|| group.to_vec());
            }
        }
    }
    if people::is_here() {
        ask::missing(program, &kinds, &mut inputs)?;
    }
    Ok(inputs)
}

/// `--fact NAME=VALUE`: facts as a person supposes them to be.
///
/// # Errors
/// An option that is no pair.
pub(crate) fn supposed(given: &[String]) -> Result<BTreeMap<String, GivenFact>, Complaint> {
    Ok(pairs("--fact", given)?.into_iter().map(|(name, text)| (name, GivenFact::Text(text))).collect())
}

/// What may be pinned of it: everything but secrets.
pub(crate) fn pinned(inputs: &Inputs, program: &Program) -> serde_json::Value {
    let kinds = kinds(program);
    let open = inputs.params.iter().filter(|(name, _)| !kinds.get(*name).is_some_and(is_secret));
    let params: BTreeMap<&String, serde_json::Value> = open
        .map(|(name, given)| {
            let value = match given {
                Given::Text(text) => serde_json::Value::String(text.clone()),
                Given::Value(value) => serde_json::Value::String(value.display()),
            };
            (name, value)
        })
        .collect();
    serde_json::json!({ "params": params, "targets": inputs.targets })
}

fn kinds(program: &Program) -> BTreeMap<String, Type> {
    let params = program.runbook().map(|r| r.params.as_slice()).unwrap_or_default();
    params.iter().filter_map(|p| Some((p.name.value.clone(), Type::written(&p.kind)?))).collect()
}

fn hidden() -> Given {
    Given::Text("***".to_owned())
}

fn is_secret(kind: &Type) -> bool {
    *kind.present() == Type::Secret
}

fn variable(name: &str) -> String {
    name.to_uppercase()
}

/// `KEY=VALUE` each, and no key twice.
fn pairs(option: &str, given: &[String]) -> Result<Vec<(String, String)>, Complaint> {
    let mut pairs: Vec<(String, String)> = Vec::with_capacity(given.len());
    for pair in given {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.trim().is_empty()) else {
            return Err(Complaint::usage(format!("`{option} {pair}` is no pair")).help(format!("write `{option} NAME=VALUE`")));
        };
        let key = key.trim().to_owned();
        if pairs.iter().any(|(known, _)| *known == key) {
            return Err(Complaint::usage(format!("`{option} {key}=…` is given twice")).help("leave one"));
        }
        pairs.push((key, value.to_owned()));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_equal_signs_and_a_key_stands_once() -> Result<(), Complaint> {
        assert_eq!(pairs("-p", &["a=b=c".to_owned()])?, [("a".to_owned(), "b=c".to_owned())]);
        assert_eq!(pairs("-p", &["a=".to_owned()])?, [("a".to_owned(), String::new())]);
        assert!(pairs("-p", &["a".to_owned()]).is_err());
        assert!(pairs("-p", &["=a".to_owned()]).is_err());
        assert!(pairs("-p", &["a=1".to_owned(), "a=2".to_owned()]).is_err());
        Ok(())
    }
}
