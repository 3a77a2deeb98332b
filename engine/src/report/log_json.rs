//! One event as one line of JSON: what `run --events` and `log --format json` print.

use serde::Serialize;

use crate::plan::model::Plan;
use crate::run::event::{Event, EventKind};

#[derive(Debug, Serialize)]
struct Line<'a> {
    seq: u64,
    at: i64,
    run: &'a str,
    /// Where the node stands, for those who have no plan at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    /// Only with a path: the events of hosts have a `host` of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(flatten)]
    kind: &'a EventKind,
}

/// `{"seq", "at", "run", "path", "host", "event", …}`, without a line break.
#[must_use]
pub fn line(run: &str, plan: &Plan, event: &Event) -> String {
    let node = event.kind.node().and_then(|id| plan.nodes.get(id.index()));
    let line = Line { seq: event.seq, at: event.at, run, path: node.map(|n| n.path.as_str()), host: node.and_then(|n| n.host.as_deref()), kind: &event.kind };
    // An event was read from JSON or is about to be written as JSON: it can't fail to become some.
    serde_json::to_string(&line).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{sample, up_to_the_failure, written};
    use super::*;

    #[test]
    fn a_line_names_its_node_by_path_and_begins_with_its_number() {
        let plan = sample();
        let events = written(up_to_the_failure(&plan));
        let ended = events.iter().rfind(|e| matches!(e.kind, EventKind::StepEnded { .. })).expect("it ended");
        let line = line("abc", &plan, ended);
        assert!(
            line.starts_with(&format!(
                "{{\"seq\":{},\"at\":{},\"run\":\"abc\",\"path\":\"start@web1\",\"host\":\"web1\",\"event\":\"StepEnded\"",
                ended.seq, ended.at
            )),
            "{line}"
        );
        assert!(!line.contains('\n'));
    }
}
