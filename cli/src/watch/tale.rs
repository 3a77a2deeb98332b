//! A run's events as they are told on standard output, from its beginning, and on for as long as it goes.

use engine::exec::keeper::call::Stream;
use engine::exec::watch::Watch;
use engine::plan::model::{NodeId, Plan};
use engine::report::log_json;
use engine::report::tell::Teller;
use engine::report::tone::Line;
use engine::run::edit::Plans;
use engine::run::event::Event;
use engine::run::fold::IllegalEvent;
use engine::run::state::RunState;

use super::{Shape, wants};
use crate::out::Out;

/// Goes on with a tale.
#[derive(Debug)]
pub(crate) struct Tale {
    pub(crate) out: Out,
    pub(crate) run: String,
    pub(crate) teller: Teller,
    /// Some steps alone; and of these, without JSON, what they print.
    pub(crate) nodes: Option<Vec<NodeId>>,
    /// The same by path, which an edit of the runbook leaves as it is.
    pub(crate) paths: Option<Vec<String>>,
    pub(crate) json: bool,
}

impl Tale {
    pub(crate) fn is_about(&self, plans: &Plans, event: &Event) -> bool {
        self.is_about_in(plans.at(event.seq), event)
    }

    fn is_about_in(&self, plan: &Plan, event: &Event) -> bool {
        let path = || event.kind.node().and_then(|id| plan.nodes.get(id.index())).map(|node| &node.path);
        self.paths.as_ref().is_none_or(|paths| path().is_some_and(|path| paths.contains(path)))
    }
}

/// Every event in words, folded one by one as they came.
///
/// # Errors
/// The journal does not fold.
pub(crate) fn story(out: &Out, teller: &mut Teller, plans: &Plans, events: &[Event]) -> Result<Vec<Line>, IllegalEvent> {
    let mut state = plans.fold(&[])?;
    let mut story = Vec::new();
    for event in events {
        plans.apply(&mut state, event)?;
        story.extend(told(out, teller, plans.at(event.seq), &state, event));
    }
    Ok(story)
}

fn told(out: &Out, teller: &mut Teller, plan: &Plan, state: &RunState, event: &Event) -> Vec<Line> {
    let telling = teller.tell(plan, state, event).filter(|telling| wants(out, telling.weight));
    telling.map(|telling| Shape::of_data(out).lines(&telling, event.at)).unwrap_or_default()
}

impl Watch for Tale {
    fn event(&mut self, plan: &Plan, state: &RunState, event: &Event) {
        if self.json {
            if self.is_about_in(plan, event) {
                self.out.data(&log_json::line(&self.run, plan, event));
            }
        } else if self.nodes.is_none() {
            let lines = told(&self.out, &mut self.teller, plan, state, event);
            if !lines.is_empty() {
                self.out.page(&lines);
            }
        }
    }

    fn output(&mut self, _: &Plan, node: NodeId, stream: Stream, bytes: &[u8]) {
        if self.json || !self.nodes.as_ref().is_some_and(|nodes| nodes.contains(&node)) {
            return;
        }
        match stream {
            Stream::Out => self.out.bytes(bytes),
            Stream::Err => self.out.error_bytes(bytes),
        }
    }

    fn notice(&mut self, _: &str) {}

    fn look(&mut self, _: &Plan, _: &RunState) {}
}
