//! Budgets of boundaries: a warning at 80 %, a question when they are spent.

use super::{DriveError, Driver, ledger};
use crate::plan::model::{BlockId, BlockKind};
use crate::run::event::EventKind;
use crate::run::state::{Phase, Stage};

impl Driver<'_> {
    pub(super) fn watch_budgets(&mut self) -> Result<(), DriveError> {
        if self.ledger.state().phase != Phase::Running {
            return Ok(());
        }
        let now = ledger::now();
        let mut events = Vec::new();
        for (position, block) in (0u32..).zip(&self.plan.blocks) {
            let BlockKind::Boundary { budget: Some(budget), .. } = &block.kind else { continue };
            let block = BlockId(position);
            let Some(spent) = self.spent(block, now) else { continue };
            if spent >= *budget && !self.ledger.state().budgets_spent.contains(&block) {
                events.push(EventKind::BudgetSpent { block });
                // Without a terminal there is nobody to ask, and a rollback costs more than it saves: it is told.
                if self.people.can_be_asked() {
                    events.push(EventKind::Interrupted);
                }
            } else if spent * 5 >= *budget * 4 && !self.ledger.state().budgets_warned.contains(&block) {
                events.push(EventKind::BudgetWarned { block, spent });
            }
        }
        if !events.is_empty() {
            self.ledger.commit(events)?;
        }
        Ok(())
    }

    /// Seconds since the first step of an unfinished boundary was reached.
    fn spent(&self, block: BlockId, now: i64) -> Option<u64> {
        let state = self.ledger.state();
        let inside = || self.plan.iter().filter(|(_, node)| self.plan.inside(node.block, block));
        let began = inside().filter_map(|(id, _)| state.node(id).now).min()?;
        let over = inside().all(|(id, node)| {
            node.host.is_none() || !matches!(state.stage(id), Stage::Pending | Stage::Guarding { .. } | Stage::Began { .. } | Stage::Ran { .. })
        });
        (!over).then(|| u64::try_from((now - began) / 1000).unwrap_or(0))
    }
}
