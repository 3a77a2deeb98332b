//! How many hosts a run touches, where they are many.

use std::collections::HashSet;

use crate::plan::model::{Bound, LOCAL, Plan};
use crate::run::behind::FEW;
use crate::value::Value;

/// `23 hosts: web 20, db 3`, by the targets' names, where there are more than ten; the machine of the engine is not
/// counted.
#[must_use]
pub fn touched(plan: &Plan, targets: &[impl AsRef<str>]) -> Option<String> {
    let touched: HashSet<&str> = plan.hosts.iter().map(|host| host.name.as_str()).filter(|name| *name != LOCAL).collect();
    if touched.len() <= FEW {
        return None;
    }
    let mut named: HashSet<&str> = HashSet::new();
    let mut parts = Vec::new();
    for target in targets.iter().map(AsRef::as_ref) {
        let hosts = match plan.frames.first().and_then(|root| root.names.get(target)) {
            Some(Bound::Value(Value::List(hosts))) => hosts.as_slice(),
            Some(Bound::Value(host @ Value::String(_))) => std::slice::from_ref(host),
            _ => continue,
        };
        let names = hosts.iter().filter_map(|host| if let Value::String(host) = host { touched.get(host.as_str()).copied() } else { None });
        let names: Vec<&str> = names.collect();
        if !names.is_empty() {
            parts.push(format!("{target} {}", names.len()));
        }
        named.extend(names);
    }
    let others = touched.len() - named.len();
    if others > 0 && !parts.is_empty() {
        parts.push(format!("others {others}"));
    }
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    Some(format!("{} hosts{parts}", touched.len()))
}
