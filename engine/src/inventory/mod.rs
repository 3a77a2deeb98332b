//! What is known of hosts: groups, a few words about each, and how ssh reaches them. One YAML mapping:
//!
//! ```yaml
//! groups:
//!   web: [web1, web2]
//!   eu:
//!     groups: [web]
//!     hosts: [db1]
//!     vars: {region: eu}
//!     ssh: {user: deploy}
//! hosts:
//!   web1: {rack: a1, weight: 3, ssh: {address: 10.0.0.5}}
//! ```
//!
//! A host's own word counts before its groups', and an inner group's before that of the group that holds it. Two groups
//! that say different things of one host, neither inside the other, are an error: nothing here depends on an order that a
//! person has to know by heart. Ansible's inventories are read by Ansible's rules, in `ansible`.

mod ansible;
mod error;
mod kind;
mod pattern;
mod read;
#[cfg(test)]
mod tests;
mod vars;
mod way;

use std::collections::BTreeMap;

use grammar::diagnostic::Diagnostic;
use grammar::source::Source;

pub use error::InventoryError;
pub use kind::{Given, load};
pub use pattern::NoMatch;
pub use read::read;
pub use vars::{HostVars, Var, Vars, found};
pub use way::{Way, Ways};

use crate::plan::model::HostName;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    /// The file, as a person knows it.
    pub path: String,
    /// The hosts of each group, those of the groups inside it too, each once and in the order written.
    groups: BTreeMap<String, Vec<HostName>>,
    /// All of them.
    hosts: Vec<HostName>,
    vars: Vars,
    ways: Ways,
    /// What a person should know of it, a sentence each.
    notes: Vec<String>,
}

/// Whose vars a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    Group,
    Host,
}

/// What lies beside an inventory of Ansible's, read when it is asked for.
pub trait Beside {
    /// The files of `group_vars/NAME` or `host_vars/NAME`, in the order in which they count: the last one most.
    ///
    /// # Errors
    /// One can't be read.
    fn vars(&mut self, whose: Whose, name: &str) -> Result<Vec<Source>, Vec<Diagnostic>>;

    /// What the program that printed `list` says to `--host NAME`.
    ///
    /// # Errors
    /// It fails, or says nothing in time.
    fn of_host(&mut self, list: &Source, host: &str) -> Result<Source, Vec<Diagnostic>>;
}

impl Inventory {
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&[HostName]> {
        self.groups.get(name).map(Vec::as_slice)
    }

    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(String::as_str)
    }

    #[must_use]
    pub fn hosts(&self) -> &[HostName] {
        &self.hosts
    }

    #[must_use]
    pub fn knows(&self, host: &str) -> bool {
        self.vars.of(host).is_some()
    }

    /// For `vars[host].x`.
    #[must_use]
    pub fn vars(&self) -> &Vars {
        &self.vars
    }

    /// How ssh reaches the hosts of which it says so.
    #[must_use]
    pub fn ways(&self) -> &Ways {
        &self.ways
    }

    /// What was read, for a run's pin. What is withheld is not in it: no password of a file gets there.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "path": self.path, "groups": self.groups, "vars": self.vars })
    }

    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}
