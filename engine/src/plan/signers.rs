//! Whose signatures count in a run: one file for all of it, frozen into the plan.

use grammar::ast::Runbook;

use super::error::PlanError;
use super::lower::Lowering;

impl Lowering<'_> {
    pub(super) fn signers(&mut self, runbook: &Runbook) {
        self.signers = runbook.signers.as_ref().and_then(|path| self.program.signers(path.span)).cloned();
    }

    /// A called runbook that wants signatures gets them, by its own file, or is not called.
    pub(super) fn called_signers(&mut self, runbook: &Runbook) {
        let Some(path) = &runbook.signers else { return };
        let own = self.program.signers(path.span).map(|signers| &signers.text);
        if own != self.signers.as_ref().map(|signers| &signers.text) {
            let other = self.signers.is_some();
            let at = path.span;
            self.error(PlanError::SignersDiffer { at, called: runbook.name.value.clone(), other });
        }
    }
}
