//! What is known of each host, for `vars[host].x`. A plan of ten thousand hosts asks of one host after the other, so
//! nothing is copied or turned into an expression's values before it is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Serde};
use minijinja::{Error, ErrorKind, Value as Computed};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::plan::model::HostName;

/// How a var that was not taken over stands in a frozen plan: an object with this key alone, and why.
const WITHHELD: &str = "$withheld";
/// The name of what nobody can name: a file of vars that can't be read. Whatever else is asked for may be in it.
pub(super) const HIDDEN: &str = "";

/// By host, and by name.
pub type HostVars = BTreeMap<HostName, BTreeMap<String, Var>>;

/// What is said of a host under one name.
#[derive(Debug, Clone, PartialEq)]
pub enum Var {
    Known(Json),
    /// It is there and can't be had, and why. Whoever asks for it is told, `default` or not.
    Withheld(String),
}

/// Nothing where there is no inventory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vars(Option<Arc<HostVars>>);

impl Vars {
    #[must_use]
    pub fn new(hosts: HostVars) -> Self {
        Self(Some(Arc::new(hosts)))
    }

    /// Whether there is an inventory.
    #[must_use]
    pub fn are_there(&self) -> bool {
        self.0.is_some()
    }

    /// Whether there is a var that can't be had.
    #[must_use]
    pub fn withhold(&self) -> bool {
        self.0.iter().flat_map(|hosts| hosts.values()).flat_map(BTreeMap::values).any(|var| matches!(var, Var::Withheld(_)))
    }

    #[must_use]
    pub fn of(&self, host: &str) -> Option<&BTreeMap<String, Var>> {
        self.0.as_ref()?.get(host)
    }

    /// As an expression has them.
    #[must_use]
    pub fn to_computed(&self) -> Computed {
        self.0.as_ref().map_or(Computed::from(()), |hosts| Computed::from_object(OfAll(Arc::clone(hosts))))
    }

    /// All of it, for one who asks for `vars` as a whole.
    #[must_use]
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// What a host has under a name; where a file could not be read, that file.
#[must_use]
pub fn found<'v>(vars: &'v BTreeMap<String, Var>, name: &str) -> Option<&'v Var> {
    vars.get(name).or_else(|| vars.get(HIDDEN))
}

#[derive(Debug)]
struct OfAll(Arc<HostVars>);

impl Object for OfAll {
    fn get_value(self: &Arc<Self>, key: &Computed) -> Option<Computed> {
        let host = key.as_str()?;
        self.0.contains_key(host).then(|| Computed::from_object(OfOne { all: Arc::clone(&self.0), host: host.to_owned() }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|host| Computed::from(host.as_str())).collect())
    }
}

#[derive(Debug)]
struct OfOne {
    all: Arc<HostVars>,
    host: HostName,
}

impl Object for OfOne {
    fn get_value(self: &Arc<Self>, key: &Computed) -> Option<Computed> {
        let vars = self.all.get(&self.host)?;
        match found(vars, key.as_str()?)? {
            Var::Known(value) => Some(Computed::from(Serde(value))),
            Var::Withheld(why) => Some(Computed::from(Error::new(ErrorKind::InvalidOperation, why.clone()))),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.all.get(&self.host).into_iter().flat_map(BTreeMap::keys).filter(|name| *name != HIDDEN);
        Enumerator::Values(names.map(|name| Computed::from(name.as_str())).collect())
    }
}

impl Serialize for Vars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_deref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Vars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<HostVars>::deserialize(deserializer)?.map(Arc::new)))
    }
}

impl Serialize for Var {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Withheld(why) => BTreeMap::from([(WITHHELD, why)]).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Var {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Json::deserialize(deserializer)?;
        Ok(match withheld(&value) {
            Some(why) => Self::Withheld(why),
            None => Self::Known(value),
        })
    }
}

fn withheld(value: &Json) -> Option<String> {
    let object: &Map<String, Json> = value.as_object().filter(|object| object.len() == 1)?;
    object.get(WITHHELD)?.as_str().map(str::to_owned)
}
