//! `runbook verify RUN`

use engine::journal::{JournalError, Store, files};
use engine::report::tone::Tone;
use engine::report::words::count;
use engine::run::event::{Pin, Role};
use serde_json::json;

use crate::args::Format;
use crate::complaint::{Complaint, DONE, FAILED, Status};
use crate::out::Out;
use crate::run::open;

/// Check that a run's journal is whole and unchanged
///
/// Every line is checked against the one before it, and every content that the
/// run pins against its hash. Compare the head with one that someone else holds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  runbook verify k7m2p9xq")]
pub(crate) struct VerifyArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// For people, or one JSON object on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn verify(args: &VerifyArgs, out: &Out) -> Result<Status, Complaint> {
    let store = Store::open(&open::folder()?)?;
    let run = store.find(&args.run)?;
    // The chain first, before anything else takes its lines for true.
    let mut journal = store.journal(&run)?;
    let chain = journal.verify()?;
    let broken = match chain {
        Ok(_) => {
            let events = journal.catch_up()?;
            // What was uploaded is kept until the run is over.
            let is_over = events.iter().any(|e| e.kind.ends_the_run());
            let intact = |pin: &Pin| match pin.role {
                Role::Upload => match files::is_kept(journal.store().folder(), &run, &pin.hash)? {
                    false if !is_over => Err(JournalError::MissingPin { run: run.clone(), hash: pin.hash.clone() }),
                    _ => Ok(()),
                },
                Role::Plan | Role::Source | Role::Params => journal.store().content(&run, &pin.hash).map(|_| ()),
            };
            let missing = open::pins(&events).iter().find_map(|pin| intact(pin).err().map(|e| format!("{}: {e}", pin.name)));
            missing.map(|why| (1, why))
        }
        Err(broken) => Some((broken.seq, broken.to_string())),
    };
    let head = journal.head().to_owned();
    match (args.format, &broken) {
        (Format::Json, None) => out.data(&json!({ "run": run, "intact": true, "events": journal.seq(), "head": head }).to_string()),
        (Format::Json, Some((seq, why))) => out.data(&json!({ "run": run, "intact": false, "event": seq, "why": why }).to_string()),
        (Format::Text, None) => out.data(&format!(
            "{}  run {run}: {} in an unbroken chain, every pin as it was\nhead {head}",
            "intact",
            count(usize::try_from(journal.seq()).unwrap_or(usize::MAX), "event")
        )),
        (Format::Text, Some((_, why))) => {
            out.must(&format!("{}  run {run}: {why}", out.paint(Tone::Bad, "broken")));
            out.must("what stands before that place is as it was written; trust nothing behind it");
        }
    }
    Ok(if broken.is_none() { DONE } else { FAILED })
}
