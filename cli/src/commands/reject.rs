//! `runbook reject RUN GATE`

use engine::run::event::Answer;

use super::approve::give;
use crate::complaint::{Complaint, Status};
use crate::out::Out;
use crate::run::answer::Word;
use crate::run::signing::SignArgs;

/// Answer a gate with no; or say that a manual step could not be done
///
/// What a no means is written in the gate: roll back, park, or end the run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  runbook reject k7m2p9xq reboot --note 'users are still on it'")]
pub(crate) struct RejectArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// The gate's path or id, as `runbook show RUN` names it
    gate: String,
    /// Stands in the journal beside the answer
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    sign: SignArgs,
}

pub(crate) fn reject(args: &RejectArgs, out: &Out) -> Result<Status, Complaint> {
    give(out, &args.run, &args.gate, &Word { answer: Answer::Rejected, note: args.note.clone(), hosts: None, evidence: Vec::new() }, &args.sign)
}
