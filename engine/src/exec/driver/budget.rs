//! Budgets of boundaries: a warning at 80 %, a question when they are spent.

use super::{DriveError, Driver, ledger};
use crate::plan::model::{BlockKind, NodeId};
use crate::plan::window::Window;
use crate::run::budget::{budgets, is_nearly_spent, is_spent, since, spent};
use crate::run::event::EventKind;
use crate::run::state::Phase;

impl Driver<'_> {
    pub(super) fn watch_budgets(&mut self) -> Result<(), DriveError> {
        if self.ledger.state().phase != Phase::Running {
            return Ok(());
        }
        let now = ledger::now();
        let mut events = Vec::new();
        for (block, budget) in budgets(&self.plan) {
            let Some(spent) = spent(&self.plan, self.ledger.state(), block, now) else { continue };
            let state = self.ledger.state();
            if !is_spent(spent, budget) {
                if is_nearly_spent(spent, budget) && !state.budgets_warned.contains(&block) {
                    events.push(EventKind::BudgetWarned { block, spent: u64::try_from(spent / 1000).unwrap_or(0) });
                }
            } else if !state.budgets_spent.contains(&block) {
                events.push(EventKind::BudgetSpent { block });
                // Without a terminal there is nobody to ask, and a rollback costs more than it saves: it is told.
                if self.people.can_be_asked() {
                    events.push(EventKind::Interrupted);
                }
            }
        }
        if !events.is_empty() {
            self.ledger.commit(events)?;
        }
        Ok(())
    }

    /// What is left of the budgets around a node, the innermost first: below zero when they are spent.
    pub(super) fn budgets_left(&self, node: NodeId) -> Vec<(String, i64)> {
        let mut left = Vec::new();
        for block in self.plan.enclosing(self.plan.node(node).block) {
            if let BlockKind::Boundary { id, budget: Some(budget), .. } = &self.plan.blocks[block.index()].kind
                && let Some(spent) = since(&self.plan, self.ledger.state(), block, ledger::now())
            {
                left.push((id.clone(), i64::try_from(*budget).unwrap_or(i64::MAX).saturating_sub(spent / 1000)));
            }
        }
        left
    }

    /// Seconds until the first of the run's windows closes, and how that is written.
    pub(super) fn window_left(&self) -> Option<(u64, String)> {
        let now = ledger::now();
        self.plan.windows.iter().filter_map(|text| Some((Window::parse(text).ok()?.left(now)?, text.clone()))).min()
    }
}
