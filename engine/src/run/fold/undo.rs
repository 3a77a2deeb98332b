//! A node's way back, and a scope's release, which is its undo.

use super::super::event::EventKind;
use super::super::fleet;
use super::super::state::{Phase, Stage};
use super::{Next, Visit};
use crate::plan::model::{NodeKind, UndoSpec};

impl Visit<'_> {
    pub(super) fn undo(self) -> Result<Next, ()> {
        let epoch = self.state.epoch;
        let ours = self.under_way(true);
        let free = self.stage.may_be_undone();
        let is_scope = matches!(self.node.kind, NodeKind::Enter { .. });
        let by_hand = matches!(self.node.spec().map(|s| &s.undo), Some(UndoSpec::Manual(_)));
        let goes_forward = !is_scope && self.state.phase == Phase::Running && !fleet::is_left_out(self.plan, self.state, self.id);
        let node = &mut self.state.nodes[self.id.index()];
        let stage = match &self.event.kind {
            EventKind::UndoBegan { attempt, epoch: e, .. } if free && *attempt == node.undos + 1 && *e == epoch => {
                node.undos += 1;
                Stage::Undoing { attempt: *attempt, epoch }
            }
            EventKind::UndoEnded { attempt, ended, .. } if ours == Some(*attempt) => {
                if ended.exit.is_success() {
                    Stage::Undone
                } else if ended.exit.is_settled() {
                    Stage::UndoFailed { attempt: *attempt, why: ended.exit.to_string() }
                } else {
                    Stage::Unsettled { attempt: *attempt, epoch, undoing: true, why: ended.exit.to_string() }
                }
            }
            EventKind::UndoRefused { attempt, why, .. } if ours == Some(*attempt) => Stage::UndoFailed { attempt: *attempt, why: why.clone() },
            // R6: an undo may run twice, so one that left no trace or no status is simply owed again.
            EventKind::UndoVoided { attempt, .. } | EventKind::UndoLost { attempt, .. } if ours == Some(*attempt) => Stage::UndoOwed,
            EventKind::UndoUnsettled { attempt, why, .. } if ours == Some(*attempt) => {
                Stage::Unsettled { attempt: *attempt, epoch, undoing: true, why: why.clone() }
            }
            EventKind::UndoneByHand { note, .. } if free || matches!(self.stage, Stage::UndoFailed { .. }) => Stage::UndoneByHand { note: note.clone() },
            EventKind::UndoDeclined { why, .. } if free && by_hand => Stage::UndoFailed { attempt: node.undos, why: why.clone() },
            EventKind::ScopeKept { why, .. } if free && is_scope => Stage::Kept { why: why.clone() },
            EventKind::ScopeReleaseChosen { .. } if free && is_scope => {
                node.release_chosen = true;
                return Ok(Next::Stays);
            }
            _ => return Err(()),
        };
        // It outlived its rollback, and by now its turn is to come again.
        Ok(Next::Becomes(match stage {
            Stage::Undone | Stage::UndoneByHand { .. } if goes_forward => {
                node.start_over();
                Stage::Pending
            }
            Stage::UndoOwed | Stage::UndoFailed { .. } if goes_forward => node.half_undone(),
            other => other,
        }))
    }
}
