//! `runbook resume RUN`

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use engine::exec::driver::Options;
use engine::run::event::Purpose;

use crate::complaint::{Complaint, Status};
use crate::inputs;
use crate::out::Out;
use crate::run::remembered::Remembered;
use crate::run::{drive, open};

/// Go on with a run from where it stands
///
/// Asks every host what became of the jobs that were under way. Without a
/// terminal a step that had failed is tried once more; at one, you are asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runbook resume k7m2p9xq\n  runbook resume last --wait")]
pub(crate) struct ResumeArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    #[command(flatten)]
    drive: DriveArgs,
    /// Go on outside the runbook's window; the reason stands in the journal
    #[arg(long, value_name = "REASON")]
    outside_window: Option<String>,
}

/// The options of every command that drives a run that is there already.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DriveArgs {
    /// The configuration of every ssh, instead of the one that the run began with
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<PathBuf>,
    /// A file with the run's secrets, as for `run`; all else in it was pinned when the run began
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Every new event as a line of JSON on standard output
    #[arg(long)]
    events: bool,
    /// Stay while a gate is open, though nobody can be asked here
    #[arg(long)]
    wait: bool,
    /// Take locks from whoever holds them; the reason stands in the journal, and the holder stops
    #[arg(long, value_name = "REASON", value_parser = NonEmptyStringValueParser::new())]
    take_lock: Option<String>,
}

pub(crate) fn resume(args: &ResumeArgs, out: &Out) -> Result<Status, Complaint> {
    again(out, open::open(&args.run)?, Purpose::Resume, &args.drive, args.outside_window.clone())
}

/// Drives a run again, with the options that it began with.
pub(crate) fn again(out: &Out, opened: open::Opened, purpose: Purpose, args: &DriveArgs, outside_window: Option<String>) -> Result<Status, Complaint> {
    let mut remembered = Remembered::of(&opened)?;
    if let Some(path) = &args.ssh_config {
        remembered.ssh_config = Some(std::path::absolute(path).map_err(|e| Complaint::usage(format!("--ssh-config: {e}")))?);
    }
    let secrets = inputs::secrets::gather(&opened.plan, args.params.as_deref())?;
    out.must(&format!("run {}", opened.run));
    drive::go(out, opened, purpose, Options { take_lock: args.take_lock.clone(), ..remembered.options(args.wait, outside_window, secrets) }, args.events)
}
