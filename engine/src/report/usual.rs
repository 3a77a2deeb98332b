//! How long the steps of a runbook usually take: the median of what their successful attempts took in earlier runs.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::plan::expected::of_node;
use crate::plan::model::{NodeId, Plan};
use crate::run::event::{Event, EventKind, Millis};

/// One earlier run: what its nodes were called, and its events, those of attempts at least.
#[derive(Debug)]
pub struct Earlier<'a> {
    pub nodes: &'a Names,
    pub events: &'a [Event],
}

/// As much of a plan as is needed here: the rest of it may be of another format.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Names {
    nodes: Vec<Name>,
}

#[derive(Debug, Clone, Deserialize)]
struct Name {
    path: String,
    host: Option<String>,
}

impl Names {
    /// Of a frozen plan; none where it can't be read.
    #[must_use]
    pub fn of(plan: &[u8]) -> Option<Self> {
        serde_json::from_slice(plan).ok()
    }
}

/// By what a step is called on all of its hosts and for all items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usual(BTreeMap<String, Millis>);

impl Usual {
    #[must_use]
    pub fn of<'a>(runs: impl IntoIterator<Item = Earlier<'a>>) -> Self {
        let mut all: BTreeMap<String, Vec<Millis>> = BTreeMap::new();
        for run in runs {
            for (node, took) in attempts(run.events) {
                if let Some(name) = run.nodes.nodes.get(node.index()) {
                    all.entry(step_of(&name.path, name.host.as_deref())).or_default().push(took);
                }
            }
        }
        Self(all.into_iter().filter_map(|(step, times)| Some((step, median(times)?))).collect())
    }

    /// How long a node usually takes; none where no attempt of its step has ended well yet.
    #[must_use]
    pub fn took(&self, plan: &Plan, id: NodeId) -> Option<Millis> {
        let node = plan.node(id);
        self.0.get(&step_of(&node.path, node.host.as_deref())).copied()
    }

    /// The same, or what its author says it takes.
    #[must_use]
    pub fn or_expected(&self, plan: &Plan, id: NodeId) -> Option<Millis> {
        let said = || of_node(plan, id).map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX / 1000).saturating_mul(1000));
        self.took(plan, id).or_else(said)
    }
}

/// A path without its host and its items: `call/step[web1]@web1` is `call/step`.
#[must_use]
pub fn step_of(path: &str, host: Option<&str>) -> String {
    let label = host.and_then(|host| path.strip_suffix(host)?.strip_suffix('@')).unwrap_or(path);
    let mut depth = 0u32;
    let outside = |c: &char| {
        match c {
            '[' => depth += 1,
            ']' => {
                depth = depth.saturating_sub(1);
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    label.chars().filter(outside).collect()
}

/// How long each attempt took that ended well, its postconditions with it. One that another process took over is left out:
/// nobody knows how long it was on its own.
fn attempts(events: &[Event]) -> Vec<(NodeId, Millis)> {
    let mut open: BTreeMap<NodeId, Millis> = BTreeMap::new();
    let mut ended: Vec<(NodeId, Millis, Millis)> = Vec::new();
    let mut last: BTreeMap<NodeId, usize> = BTreeMap::new();
    for event in events {
        match &event.kind {
            EventKind::DriverStarted { .. } => open.clear(),
            EventKind::StepBegan { node, .. } => {
                open.insert(*node, event.at);
                last.remove(node);
            }
            EventKind::StepEnded { node, ended: how, capture_error: None, .. } if how.exit.is_success() => {
                if let Some(began) = open.get(node) {
                    last.insert(*node, ended.len());
                    ended.push((*node, *began, event.at));
                }
            }
            EventKind::VerifyHeld { node, .. } | EventKind::HostRebooted { node, .. } if open.contains_key(node) => match last.get(node) {
                Some(at) => ended[*at].2 = event.at,
                // Its connection went with the reboot that it asked for.
                None => {
                    last.insert(*node, ended.len());
                    ended.push((*node, open[node], event.at));
                }
            },
            EventKind::VerifyFailed { node, .. } | EventKind::RebootMissed { node, .. } => {
                if let Some(at) = last.remove(node) {
                    ended[at].2 = Millis::MIN;
                }
            }
            _ => {}
        }
    }
    ended.into_iter().filter(|(_, began, until)| until >= began).map(|(node, began, until)| (node, until - began)).collect()
}

fn median(mut times: Vec<Millis>) -> Option<Millis> {
    times.sort_unstable();
    let upper = *times.get(times.len() / 2)?;
    Some(if times.len().is_multiple_of(2) { times[times.len() / 2 - 1].midpoint(upper) } else { upper })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{sample, up_to_the_failure, written};
    use super::*;

    fn names(plan: &Plan) -> Names {
        Names::of(&serde_json::to_vec(plan).expect("JSON")).expect("its nodes")
    }

    #[test]
    fn a_step_is_the_same_on_every_host_and_for_every_item() {
        assert_eq!(step_of("call[a]/restart[web1][x[1]]@web1", Some("web1")), "call/restart");
        assert_eq!(step_of("restart@web1", Some("web1")), "restart");
        assert_eq!(step_of("go", None), "go");
    }

    #[test]
    fn a_step_usually_takes_the_median_of_what_ended_well() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![9, 1, 5]), Some(5));
        assert_eq!(median(vec![9, 1, 5, 3]), Some(4));
        let plan = sample();
        let events = written(up_to_the_failure(&plan));
        let nodes = names(&plan);
        let usual = Usual::of([Earlier { nodes: &nodes, events: &events }]);
        let known: Vec<&str> = plan.iter().filter(|(id, _)| usual.took(&plan, *id).is_some()).map(|(_, n)| n.path.as_str()).collect();
        assert!(!known.is_empty() && !known.contains(&"start@web1"), "what failed says nothing: {known:?}");
    }

    #[test]
    fn what_another_process_took_over_says_nothing() {
        let plan = sample();
        let mut events = written(up_to_the_failure(&plan));
        let taken_over = events.iter().find(|e| matches!(e.kind, EventKind::DriverStarted { .. })).expect("it was driven").clone();
        let began = events.iter().position(|e| matches!(e.kind, EventKind::StepBegan { .. })).expect("a step began");
        let before = attempts(&events).len();
        events.insert(began + 1, taken_over);
        assert_eq!(attempts(&events).len() + 1, before);
    }
}
