//! `runbook end RUN`

use std::collections::BTreeMap;

use engine::plan::model::NodeId;
use engine::report::next;
use engine::run::event::Purpose;

use super::resume::{DriveArgs, Words, again, hosts_with_reasons};
use crate::complaint::{Complaint, Status};
use crate::out::Out;
use crate::run::open::{self, Opened};

/// Close a parked or stuck run as it stands
///
/// Nothing is undone. Scopes are left by their policy.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runbook end k7m2p9xq\n  runbook end last --gone 'web3=its disk burnt'\n  runbook end last --keep puppet.disabled@web1")]
pub(crate) struct EndArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// A host that is gone for good: nothing is asked of it, and what it held is told of
    #[arg(long, value_name = "HOST=REASON")]
    gone: Vec<String>,
    /// Release a scope that is held, whatever its policy
    #[arg(long, value_name = "SCOPE")]
    release: Vec<String>,
    /// Keep a scope that is held, whatever its policy; `runbook release` frees it later
    #[arg(long, value_name = "SCOPE")]
    keep: Vec<String>,
    #[command(flatten)]
    drive: DriveArgs,
}

pub(crate) fn end(args: &EndArgs, out: &Out) -> Result<Status, Complaint> {
    let opened = open::open(&args.run)?;
    let gone = hosts_with_reasons(&opened, "--gone", &args.gone)?;
    let scopes = decided(&opened, &args.release, &args.keep)?;
    again(out, opened, Purpose::End, &args.drive, Words { gone, scopes, ..Words::default() }, None)
}

/// What `--release` and `--keep` say of the scopes that the run holds.
fn decided(opened: &Opened, release: &[String], keep: &[String]) -> Result<BTreeMap<NodeId, bool>, Complaint> {
    let (plan, state, run) = (&opened.plan, &opened.state, &opened.run);
    let held = next::held(plan, state);
    let mut decided = BTreeMap::new();
    for (name, release) in release.iter().map(|name| (name, true)).chain(keep.iter().map(|name| (name, false))) {
        let named: Vec<NodeId> = plan.find(name).into_iter().filter(|id| held.contains(&plan.node(*id).path.as_str())).collect();
        if named.is_empty() {
            let help = if held.is_empty() { "it holds none".to_owned() } else { format!("it holds {}", held.join(", ")) };
            return Err(Complaint::usage(format!("run {run} holds no scope `{name}`")).help(help));
        }
        for scope in named {
            if decided.insert(scope, release).is_some_and(|before| before != release) {
                return Err(Complaint::usage(format!("`{}` can't be both released and kept", plan.node(scope).path)));
            }
        }
    }
    Ok(decided)
}
