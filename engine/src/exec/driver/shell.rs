//! A shell for a person on the host of a step, over the connection that the run has. The run waits until they leave it.

use super::news::News;
use super::{DriveError, Driver};
use crate::exec::people::{Question, Reply, Seat};
use crate::plan::model::{LOCAL, NodeId};
use crate::run::event::EventKind;

const NOBODY: &str = "nobody is here to use it";

impl Driver<'_> {
    pub(super) fn open_shell(&mut self, key: String, node: NodeId) -> Result<(), DriveError> {
        let host = self.plan.node(node).host.clone().unwrap_or_else(|| LOCAL.to_owned());
        match self.seats.remove(&node) {
            None => self.seek_seat(key, node, &host),
            Some(Ok(seat)) => return self.offer_seat(key, node, host, seat),
            Some(Err(why)) => {
                self.ledger.commit(vec![EventKind::ShellClosed { node, by: self.person(), why: Some(why) }])?;
            }
        }
        Ok(())
    }

    fn seek_seat(&mut self, key: String, node: NodeId, host: &str) {
        let (keeper, sender) = (self.world.keeper(host), self.sender.clone());
        self.fly(key, async move {
            let seat = match keeper {
                Ok(keeper) => keeper.by_hand().await.map_err(|e| e.to_string()),
                Err(why) => Err(why),
            };
            // The loop ends only with its run; then nobody waits for it.
            let _ = sender.send(News::Seat { node, seat });
            Vec::new()
        });
    }

    fn offer_seat(&mut self, key: String, node: NodeId, host: String, seat: Seat) -> Result<(), DriveError> {
        let (keeper, by) = (self.world.keeper(&host), self.person());
        let path = self.plan.node(node).path.clone();
        let Some(reply) = self.put(Question::Shell { node, path, host, seat })? else {
            self.ledger.commit(vec![EventKind::ShellClosed { node, by, why: Some(NOBODY.to_owned()) }])?;
            return Ok(());
        };
        self.fly(key, async move {
            // The connection is not let go while somebody uses it.
            let _used = match &keeper {
                Ok(keeper) => keeper.seat().await.ok(),
                Err(_) => None,
            };
            let why = match reply.await {
                Ok(Reply::ShellLeft { why }) => why,
                _ => Some(NOBODY.to_owned()),
            };
            vec![EventKind::ShellClosed { node, by, why }]
        });
        Ok(())
    }
}
