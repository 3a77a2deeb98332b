//! Events of the way back: undos, and the release of scopes.

use super::super::shown;
use super::super::tone::Tone;
use super::super::words::by;
use super::node::remarks;
use super::{About, Telling, Weight};
use crate::plan::model::NodeId;
use crate::run::event::EventKind;

impl About<'_> {
    pub(super) fn undo(&self, id: NodeId, kind: &EventKind) -> Option<Telling> {
        use Tone::{Bad, Dim, Good, Plain, Warn};
        use Weight::{Must, Normal};
        let scope = self.is_scope(id);
        let what = if scope { "its release" } else { "its undo" };
        Some(match kind {
            EventKind::UndoBegan { attempt, .. } => {
                let again = if *attempt > 1 { format!("attempt {attempt}  ") } else { String::new() };
                Telling::new(
                    Normal,
                    Plain,
                    if scope { "release" } else { "undo" },
                    format!("{again}{}", shown::undo(self.run, self.plan, self.state, id).unwrap_or_default()),
                )
            }
            EventKind::UndoEnded { ended, .. } if ended.exit.is_success() => {
                Telling::new(Normal, Good, if scope { "released" } else { "undone" }, self.took()).below(&remarks(ended))
            }
            EventKind::UndoEnded { ended, .. } => Telling::new(Must, Bad, "failed", format!("{what}: {}", ended.exit)).below(&remarks(ended)),
            EventKind::UndoVoided { why, .. } => Telling::new(Normal, Dim, "voided", format!("{what} never began: {why}")),
            EventKind::UndoLost { why, .. } => Telling::new(Normal, Warn, "unknown", format!("how {what} ended can't be known, so it runs again: {why}")),
            EventKind::UndoUnsettled { why, .. } => Telling::new(Must, Bad, "unknown", format!("whether {what} still runs can't be shown: {why}")),
            EventKind::UndoneByHand { by: who, note, .. } => Telling::new(Must, Good, "undone", format!("by hand, {}: {note}", by(who))),
            EventKind::UndoDeclined { by: who, why, .. } => Telling::new(Must, Bad, "not undone", format!("{}: {why}", by(who))),
            EventKind::ScopeKept { by: who, why, .. } => Telling::new(Must, Warn, "kept", format!("{}: {why}", by(who))),
            EventKind::ScopeReleaseChosen { by: who, .. } => Telling::new(Normal, Plain, "release", by(who)),
            _ => return None,
        })
    }
}
