//! What is held, and for how long: scopes and locks.

use std::collections::BTreeMap;

use super::Live;
use super::rows::At;
use crate::plan::model::NodeKind;
use crate::report::words::{count, whole};
use crate::run::event::Millis;
use crate::run::state::Stage;

/// `depool@web1 (2m 3s)`, `lock db on 3 hosts (5m)`; what is held longest first.
pub(super) fn held(live: &Live, at: &At<'_>) -> Vec<String> {
    let mut all: Vec<(Millis, String)> = Vec::new();
    for (id, node) in at.plan.iter().filter(|(_, node)| matches!(node.kind, NodeKind::Enter { .. })) {
        let state = at.state.node(id);
        let is_held = state.is_touched() && !matches!(state.stage, Stage::Undone | Stage::UndoneByHand { .. } | Stage::Failed { .. });
        if let Some(since) = live.held.get(&id).filter(|_| is_held) {
            all.push((*since, node.path.clone()));
        }
    }
    let mut locks: BTreeMap<&str, Vec<(&str, Millis)>> = BTreeMap::new();
    for ((host, lock), held) in &at.state.locks {
        locks.entry(lock).or_default().push((host, held.since));
    }
    for (lock, places) in locks {
        let since = places.iter().map(|(_, since)| *since).min().unwrap_or(at.now);
        let on = if let [(host, _)] = places.as_slice() { (*host).to_owned() } else { count(places.len(), "host") };
        all.push((since, format!("lock {lock} on {on}")));
    }
    all.sort();
    all.into_iter().map(|(since, what)| format!("{what} ({})", whole(at.now - since))).collect()
}
