//! `runbook rollback RUN [--to STEP]`

use engine::plan::model::{NodeId, NodeKind};
use engine::report::next::quoted;
use engine::run::event::Purpose;

use super::resume::{DriveArgs, Words, again};
use crate::complaint::{Complaint, Status};
use crate::out::Out;
use crate::run::open::{self, Opened};

/// Undo what a run has changed, in reverse order
///
/// Never goes past a point of no return. What can't be undone is named.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runbook rollback k7m2p9xq\n  runbook rollback last --to stop-replication")]
pub(crate) struct RollbackArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// The last step that stays: only what came after it is undone
    #[arg(long, value_name = "STEP")]
    to: Option<String>,
    #[command(flatten)]
    drive: DriveArgs,
}

pub(crate) fn rollback(args: &RollbackArgs, out: &Out) -> Result<Status, Complaint> {
    let opened = open::open(&args.run)?;
    let to = args.to.as_deref().map(|step| stop(&opened, step)).transpose()?;
    again(out, opened, Purpose::Rollback { to }, &args.drive, Words::default(), None)
}

fn stop(opened: &Opened, step: &str) -> Result<NodeId, Complaint> {
    let plan = &opened.plan;
    let named: Vec<NodeId> = plan.find(step).into_iter().filter(|id| !matches!(plan.node(*id).kind, NodeKind::Join | NodeKind::Leave { .. })).collect();
    match named.as_slice() {
        [one] => Ok(*one),
        [] => Err(Complaint::usage(format!("run {} has no step `{step}`", opened.run)).help(format!("`runbook show {}` lists them", opened.run))),
        several => Err(Complaint::usage(format!("`{step}` names {} steps; give a path", several.len()))
            .help(several.iter().map(|id| quoted(&plan.node(*id).path)).collect::<Vec<_>>().join("  "))),
    }
}
