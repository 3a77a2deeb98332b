//! `runbook end RUN`

use engine::run::event::Purpose;

use super::resume::{DriveArgs, Words, again, hosts_with_reasons};
use crate::complaint::{Complaint, Status};
use crate::out::Out;
use crate::run::open;

/// Close a parked or stuck run as it stands
///
/// Nothing is undone. Scopes are left by their policy.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runbook end k7m2p9xq\n  runbook end last --gone 'web3=its disk burnt'")]
pub(crate) struct EndArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// A host that is gone for good: nothing is asked of it, and what it held is told of
    #[arg(long, value_name = "HOST=REASON")]
    gone: Vec<String>,
    #[command(flatten)]
    drive: DriveArgs,
}

pub(crate) fn end(args: &EndArgs, out: &Out) -> Result<Status, Complaint> {
    let opened = open::open(&args.run)?;
    let gone = hosts_with_reasons(&opened, "--gone", &args.gone)?;
    again(out, opened, Purpose::End, &args.drive, Words { gone, ..Words::default() }, None)
}
