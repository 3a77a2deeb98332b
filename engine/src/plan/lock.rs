//! What a run locks.

use grammar::ast::Runbook;

use super::error::PlanError;
use super::lower::Lowering;
use super::model::{FrameId, LOCAL};
use crate::lock_name;

impl<'p> Lowering<'p> {
    /// What a runbook locks; a called one's with its caller's, all before anything begins.
    pub(super) fn lock(&mut self, runbook: &'p Runbook, frame: FrameId) {
        for text in &runbook.locks {
            let Some(prose) = self.prose(text) else { continue };
            if let Some((name, at)) = self.early(frame, None, |early| early.unknown(prose.names())) {
                self.error(PlanError::KnownTooLate { at, what: "the name of a lock".to_owned(), name });
                continue;
            }
            match self.early(frame, None, |early| prose.render(early)) {
                Ok(name) if lock_name::in_folder(&name).is_some() => {
                    self.locks.insert(name);
                }
                Ok(name) => self.error(PlanError::BadLock { at: text.span, name }),
                Err(error) => self.error(PlanError::NotComputed { at: error.span, what: "the name of a lock".to_owned(), why: error.sentence }),
            }
        }
    }

    /// A run that touches no host at all still excludes others on this machine.
    pub(super) fn lock_somewhere(&mut self) {
        if !self.locks.is_empty() && self.hosts.is_empty() {
            self.touch(LOCAL);
        }
    }
}
