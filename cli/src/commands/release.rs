//! `runbook release RUN SCOPE`

use engine::plan::model::{NodeId, NodeKind};
use engine::report::next::quoted;
use engine::report::words::node_word;
use engine::run::event::Purpose;
use engine::run::release::may_be_freed;

use super::resume::{DriveArgs, Words, again};
use crate::complaint::{Complaint, FAILED, Status};
use crate::out::Out;
use crate::run::open::{self, Opened};

/// Free a scope that a run has kept
///
/// Its release runs, and nothing else. The run may be over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runbook release k7m2p9xq puppet.disabled@web1\n  runbook release last icinga.downtime@local")]
pub(crate) struct ReleaseArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// The scope's path or id, as `runbook show RUN` names it
    scope: String,
    #[command(flatten)]
    drive: DriveArgs,
}

pub(crate) fn release(args: &ReleaseArgs, out: &Out) -> Result<Status, Complaint> {
    let opened = open::open(&args.run)?;
    let scope = kept(&opened, &args.scope)?;
    let run = opened.run.clone();
    let status = again(out, opened, Purpose::Release { scope }, &args.drive, Words::default(), None)?;
    // The run is what it was, and its status says nothing of the scope.
    let after = open::open(&run)?;
    Ok(if may_be_freed(&after.plan, &after.state, scope) { FAILED } else { status })
}

/// The kept scope of this name; of several, the one that can be freed.
fn kept(opened: &Opened, name: &str) -> Result<NodeId, Complaint> {
    let (plan, state, run) = (&opened.plan, &opened.state, &opened.run);
    let is_scope = |id: &NodeId| matches!(plan.node(*id).kind, NodeKind::Enter { .. });
    let named: Vec<NodeId> = plan.find(name).into_iter().filter(is_scope).collect();
    let free: Vec<NodeId> = named.iter().copied().filter(|id| may_be_freed(plan, state, *id)).collect();
    let listed = |ids: &[NodeId]| ids.iter().map(|id| quoted(&plan.node(*id).path)).collect::<Vec<_>>().join("  ");
    match (free.as_slice(), named.as_slice()) {
        ([one], _) => Ok(*one),
        ([], []) => {
            let others: Vec<NodeId> = plan.iter().map(|(id, _)| id).filter(|id| may_be_freed(plan, state, *id)).collect();
            let help = if others.is_empty() { "it keeps none".to_owned() } else { format!("it keeps {}", listed(&others)) };
            Err(Complaint::usage(format!("run {run} has no scope `{name}`")).help(help))
        }
        ([], [one, ..]) => {
            let (path, word) = (&plan.node(*one).path, node_word(plan, state, *one).replace('_', " "));
            let complaint = Complaint::usage(format!("`{path}` is {word}: only a scope that was kept is freed, when its run stands still"));
            Err(if state.phase.beneath().is_final() {
                complaint
            } else {
                complaint.help(format!("runbook show {run}   where it stands, and what can be done"))
            })
        }
        (several, _) => Err(Complaint::usage(format!("`{name}` names {} scopes; give a path", several.len())).help(listed(several))),
    }
}
