//! What is known of hosts: groups, and a few words about each. One YAML mapping:
//!
//! ```yaml
//! groups:
//!   web: [web1, web2]
//!   eu:
//!     groups: [web]
//!     hosts: [db1]
//!     vars: {region: eu}
//! hosts:
//!   web1: {rack: a1, weight: 3}
//! ```
//!
//! A host's own word counts before its groups', and an inner group's before that of the group that holds it. Two groups
//! that say different things of one host, neither inside the other, are an error: nothing here depends on an order that a
//! person has to know by heart. Other formats can be read into the same [`Inventory`].

mod error;
mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

pub use error::InventoryError;
pub use read::read;

use crate::plan::model::HostName;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    /// The file, as a person knows it.
    pub path: String,
    /// The hosts of each group, those of the groups inside it too, each once and in the order written.
    groups: BTreeMap<String, Vec<HostName>>,
    /// Every host that it knows, with all that is said of it.
    vars: BTreeMap<HostName, Map<String, Json>>,
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
    pub fn knows(&self, host: &str) -> bool {
        self.vars.contains_key(host)
    }

    /// For `vars[host].x`.
    #[must_use]
    pub fn vars(&self) -> Json {
        Json::Object(self.vars.iter().map(|(host, vars)| (host.clone(), Json::Object(vars.clone()))).collect())
    }

    /// What `--target NAME=…` names: groups and hosts, each host once.
    #[must_use]
    pub fn hosts_of(&self, names: &[String]) -> Vec<HostName> {
        let grouped: BTreeSet<&HostName> = names.iter().filter_map(|name| self.group(name)).flatten().collect();
        let mut hosts: Vec<HostName> = Vec::new();
        let mut taken = BTreeSet::new();
        for name in names {
            match self.group(name) {
                Some(group) => hosts.extend(group.iter().filter(|host| taken.insert(*host)).cloned()),
                None if grouped.contains(name) => {}
                // A host that is named twice by hand is a slip, and is told as one.
                None => hosts.push(name.clone()),
            }
        }
        hosts
    }
}
