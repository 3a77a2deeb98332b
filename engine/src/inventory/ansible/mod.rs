//! Ansible's inventories: INI, YAML, and the JSON of `--list`, with `group_vars` and `host_vars` beside them. Which value
//! of a var counts is decided as Ansible does: an inner group's before an outer's, at one depth by priority and then by
//! the name that comes last.
//!
//! What is read is what Ansible reads, but for what only Ansible can do: templates of Jinja beyond names of vars, and
//! what its vault encrypts. Such a var is withheld: asking for it is an error that says why.

mod connection;
mod ini;
mod listing;
mod literal;
mod range;
mod scalar;
mod template;
mod tree;
mod words;
mod yaml;

use grammar::data::Datum;
use grammar::diagnostic::Diagnostic;
use grammar::source::{Source, Span};

use self::connection::{Notes, is_secret, way};
use self::tree::{ALL, Grown, Tree};
use super::vars::{Var, Vars};
use super::way::Ways;
use super::{Beside, Inventory, InventoryError, Whose};
use crate::value::Type;

pub(super) use listing::is_listing;
pub(super) use yaml::document;

/// A file of an inventory, and how it is read.
#[derive(Debug)]
pub(super) enum Form {
    Ini,
    Yaml(Datum),
    /// The text of `--list`; from a program, which may be asked about each host.
    Listing {
        by_program: bool,
    },
}

/// Reads files into one inventory, in their order.
pub(super) fn read(path: &str, folder: &str, files: &[(&Source, Form)], beside: &mut dyn Beside, said: &mut Vec<Diagnostic>) -> Inventory {
    let start = files.first().map_or_else(Span::default, |(source, _)| Span::new(source.id, 0, 0));
    let mut tree = Tree::new(start);
    let mut errors = Vec::new();
    for (source, form) in files {
        match form {
            Form::Ini => ini::read(source, &mut tree, &mut errors),
            Form::Yaml(document) => yaml::Reader { source, tree: &mut tree, errors: &mut errors }.read(document),
            Form::Listing { by_program } => {
                let unasked = listing::read(source, &mut tree, &mut errors);
                let asked = if *by_program && errors.is_empty() { unasked } else { Vec::new() };
                for host in asked {
                    match beside.of_host(source, &tree.hosts[host].name) {
                        Ok(answer) => listing::of_host(&answer, host, &mut tree, &mut errors),
                        Err(diagnostics) => {
                            said.extend(diagnostics);
                            return Inventory::default();
                        }
                    }
                }
            }
        }
    }
    said.extend(errors.into_iter().map(Diagnostic::from));
    add_vars_beside(&mut tree, beside, said);
    match tree.grown() {
        Ok(grown) => inventory(path, folder, grown),
        Err(errors) => {
            said.extend(errors.into_iter().map(Diagnostic::from));
            Inventory::default()
        }
    }
}

/// `group_vars` and `host_vars`, of the groups and hosts that there are.
fn add_vars_beside(tree: &mut Tree, beside: &mut dyn Beside, said: &mut Vec<Diagnostic>) {
    let mut of = |whose: Whose, name: &str, said: &mut Vec<Diagnostic>| {
        let mut vars = tree::Vars::new();
        match beside.vars(whose, name) {
            Ok(files) => {
                for file in files {
                    let found = if file.text.starts_with("$ANSIBLE_VAULT;") { wholly_encrypted(&file.path) } else { yaml::vars(&file, said) };
                    vars.extend(found);
                }
            }
            Err(diagnostics) => said.extend(diagnostics),
        }
        vars
    };
    for group in &mut tree.groups {
        group.more = of(Whose::Group, &group.name, said);
    }
    for host in &mut tree.hosts {
        host.more = of(Whose::Host, &host.name, said);
    }
}

fn inventory(path: &str, folder: &str, grown: Grown) -> Inventory {
    let mut notes = Notes::new();
    let (mut hosts, mut vars, mut ways) = (Vec::new(), super::HostVars::new(), Vec::new());
    for (host, groups, said) in grown.hosts {
        let said = template::resolve(&host, &groups, said);
        ways.push((host.clone(), way(&host, &said, folder, &mut notes)));
        let kept = said.into_iter().map(|(name, var)| match var {
            Var::Known(value) if is_secret(&name, &value) => {
                let why = format!("`{name}` is by its name a secret, and what an inventory says is kept with the run: make it a param of type `secret`");
                (name, Var::Withheld(why))
            }
            var => (name, var),
        });
        vars.insert(host.clone(), kept.collect());
        hosts.push(host);
    }
    // As `all` has them, which is how Ansible lists them.
    let hosts = grown.members.get(ALL).cloned().unwrap_or(hosts);
    Inventory { path: path.to_owned(), groups: grown.members, hosts, vars: Vars::new(vars), ways: Ways::new(ways), notes: notes.into_iter().collect() }
}

/// The hosts of a word, which may be a range, with what is said of each of them.
fn add_hosts(tree: &mut Tree, errors: &mut Vec<InventoryError>, (word, at): (&str, Span), group: usize, vars: &[(String, Var)]) {
    let (names, port) = match range::expand(word) {
        Ok(expanded) => expanded,
        Err(why) => return errors.push(InventoryError::BadRange { at, why }),
    };
    for name in names {
        let Some(host) = add_host(tree, errors, &name, at, group, port) else { return };
        tree.hosts[host].vars.extend(vars.iter().cloned());
    }
}

fn add_host(tree: &mut Tree, errors: &mut Vec<InventoryError>, name: &str, at: Span, group: usize, port: Option<u16>) -> Option<usize> {
    if Type::Host.read(name).is_err() {
        errors.push(InventoryError::BadHost { at, host: name.to_owned() });
        return None;
    }
    Some(tree.host(name, group, port))
}

fn words_of(args: &str) -> Option<Vec<String>> {
    shell_words::split(args).ok()
}

fn encrypted(path: &str) -> String {
    format!("it is encrypted by ansible-vault in {path}, which is not opened here: make it a param of type `secret`")
}

/// A file of the vault's hides even the names of its vars; whatever is missing may be in it.
fn wholly_encrypted(path: &str) -> tree::Vars {
    tree::Vars::from([(super::vars::HIDDEN.to_owned(), Var::Withheld(encrypted(path)))])
}
