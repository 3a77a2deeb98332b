//! P5: a step is marked done by its own `verify` or `check`, or, where neither says so, by a person's reason.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::bind::Ready;
use super::guards::{Poll, tell};
use super::news::News;
use super::{DriveError, Driver};
use crate::exec::people::{Question, Reply};
use crate::plan::model::NodeId;
use crate::run::event::{Actor, EventKind};

/// What can tell whether a step is done.
pub(super) struct Proof {
    node: NodeId,
    guards: Result<(Vec<Poll>, Option<Ready>), String>,
    news: UnboundedSender<News>,
}

impl Proof {
    /// The event, where the step's guards say that it is done; else a reason is asked for.
    pub(super) async fn of(self, done: impl FnOnce(String) -> EventKind) -> Vec<EventKind> {
        let said = match self.guards {
            Ok((polls, check)) => {
                let told = tell(polls, check).await;
                if told.done == Some(true) {
                    return vec![done(told.why)];
                }
                told.why
            }
            Err(why) => why,
        };
        // The loop ends only with its run; then nobody asks any more.
        let _ = self.news.send(News::Unproven { node: self.node, said });
        Vec::new()
    }
}

impl Driver<'_> {
    pub(super) fn proof(&self, node: NodeId) -> Proof {
        Proof { node, guards: self.what_can_tell(node), news: self.sender.clone() }
    }

    /// Asks for the reason, where a person has said that a step is done and its guards have not. Without one the
    /// question before is asked again.
    pub(super) fn ask_why_done(
        &mut self,
        key: &str,
        node: NodeId,
        ask_for: Option<Duration>,
        done: impl FnOnce(Actor, String) -> EventKind + 'static,
    ) -> Result<bool, DriveError> {
        let Some(said) = self.unproven.remove(&node) else { return Ok(false) };
        let by = self.person();
        let path = self.plan.node(node).path.clone();
        let Some(reply) = self.put(Question::Unproven { node, path, said: said.clone(), ask_for })? else { return Ok(false) };
        self.fly_idle(key.to_owned(), async move {
            match reply.await {
                Ok(Reply::Unproven(Some(reason))) => vec![done(by, format!("{reason} ({said})"))],
                _ => Vec::new(),
            }
        });
        Ok(true)
    }
}
