//! How ssh reaches a host, where an inventory says so. The host keeps its name in everything else: plans, journals, locks
//! and reports. A way is frozen into the plan, so that a resume goes the same one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::plan::model::{HostName, LOCAL};

/// What is not said is left to ssh's own configuration, which is asked about the address, as it is when a person types it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Way {
    /// It is the machine that runs the engine; ssh is not asked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub here: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The file of a private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `-F`, unless the person at the terminal names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Further words for ssh, such as `-J` and `bastion`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// From where a relative path in it is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl Way {
    /// Where it leads, as a person would say it; `None` where that is the host's own name.
    #[must_use]
    pub fn shown(&self, host: &str) -> Option<String> {
        if self.here {
            return (host != LOCAL).then(|| "on this machine".to_owned());
        }
        let user = self.user.as_ref().map_or_else(String::new, |user| format!("{user}@"));
        let port = self.port.map_or_else(String::new, |port| format!(" port {port}"));
        let through = self.args.iter().position(|word| word == "-J").and_then(|at| self.args.get(at + 1));
        let through = through.map_or_else(String::new, |jump| format!(" through {jump}"));
        let address = self.address.as_deref().filter(|address| *address != host);
        let says = address.is_some() || !user.is_empty() || !port.is_empty() || !through.is_empty();
        says.then(|| format!("at {user}{}{port}{through}", address.unwrap_or(host)))
    }

    /// The words of ssh before the host's name.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let port = self.port.map(|port| port.to_string());
        let pairs = [("-p", port.as_ref()), ("-l", self.user.as_ref()), ("-i", self.key.as_ref())];
        let said = pairs.into_iter().filter_map(|(word, value)| Some([word.to_owned(), value?.clone()])).flatten();
        said.chain(self.args.iter().cloned()).collect()
    }

    /// What ssh is told to reach.
    #[must_use]
    pub fn destination<'a>(&'a self, host: &'a str) -> &'a str {
        self.address.as_deref().unwrap_or(host)
    }
}

/// The ways of all hosts, or why there is none that can be gone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ways(Arc<BTreeMap<HostName, Result<Way, String>>>);

impl Ways {
    /// Those that say something.
    pub(super) fn new(ways: impl IntoIterator<Item = (HostName, Result<Way, String>)>) -> Self {
        Self(Arc::new(ways.into_iter().filter(|(_, way)| *way != Ok(Way::default())).collect()))
    }

    /// As a plan has them, for another plan of the same run.
    pub fn again(ways: impl IntoIterator<Item = (HostName, Way)>) -> Self {
        Self::new(ways.into_iter().map(|(host, way)| (host, Ok(way))))
    }

    #[must_use]
    pub fn of(&self, host: &str) -> Option<Way> {
        self.0.get(host)?.as_ref().ok().cloned()
    }

    /// Why a host can't be reached as the inventory wants it.
    #[must_use]
    pub fn refusal(&self, host: &str) -> Option<&str> {
        self.0.get(host)?.as_ref().err().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_told_as_a_person_would_say_it_and_where_it_says_nothing_not_at_all() {
        let way =
            Way { address: Some("10.0.0.5".into()), port: Some(2222), user: Some("ops".into()), args: vec!["-J".into(), "gate".into()], ..Way::default() };
        assert_eq!(way.shown("web1").as_deref(), Some("at ops@10.0.0.5 port 2222 through gate"));
        assert_eq!(way.words(), ["-p", "2222", "-l", "ops", "-J", "gate"]);
        assert_eq!(Way { port: Some(22), ..Way::default() }.shown("web1").as_deref(), Some("at web1 port 22"));
        assert_eq!(Way { key: Some("k".into()), ..Way::default() }.shown("web1"), None);
        assert_eq!(Way { here: true, ..Way::default() }.shown("web1").as_deref(), Some("on this machine"));
    }
}
