//! `runbook end RUN`

use engine::run::event::Purpose;

use super::resume::{DriveArgs, again};
use crate::complaint::{Complaint, Status};
use crate::out::Out;
use crate::run::open;

/// Close a parked or stuck run as it stands
///
/// Nothing is undone. Scopes are left by their policy.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  runbook end k7m2p9xq")]
pub(crate) struct EndArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    #[command(flatten)]
    drive: DriveArgs,
}

pub(crate) fn end(args: &EndArgs, out: &Out) -> Result<Status, Complaint> {
    again(out, open::open(&args.run)?, Purpose::End, &args.drive, None)
}
