//! `runbook verify RUN`

use engine::exec::signature::{self, Checked};
use engine::journal::{Journal, JournalError, Store, files};
use engine::plan::is_as_hashed;
use engine::report::tone::Tone;
use engine::report::words::count;
use engine::run::event::{Event, EventKind, Pin, Role};
use serde_json::json;

use crate::args::Format;
use crate::complaint::{Complaint, DONE, FAILED, Status};
use crate::out::Out;
use crate::run::open;

/// Check that a run's journal is whole and unchanged
///
/// Every line is checked against the one before it, and every content that the
/// run pins against its hash, and every signature against the signers that the
/// run began with. Compare the head with one that someone else holds.
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
    let mut checked = Vec::new();
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
            let missing = open::pins(&events).find_map(|pin| intact(pin).err().map(|e| format!("{}: {e}", pin.name)));
            match missing {
                None => signatures(&journal, &run, &events, &mut checked)?,
                Some(why) => Some((1, why)),
            }
        }
        Err(broken) => Some((broken.seq, broken.to_string())),
    };
    let head = journal.head().to_owned();
    match (args.format, &broken) {
        (Format::Json, None) => {
            out.data(&json!({ "run": run, "intact": true, "events": journal.seq(), "head": head, "signatures": signed(&checked) }).to_string())
        }
        (Format::Json, Some((seq, why))) => {
            out.data(&json!({ "run": run, "intact": false, "event": seq, "why": why, "signatures": signed(&checked) }).to_string())
        }
        (Format::Text, None) => {
            let events = count(usize::try_from(journal.seq()).unwrap_or(usize::MAX), "event");
            out.data(&format!("intact  run {run}: {events} in an unbroken chain, every pin as it was"));
            lines(&checked).for_each(|line| out.data(&line));
            out.data(&format!("head {head}"));
        }
        (Format::Text, Some((_, why))) => {
            out.must(&format!("{}  run {run}: {why}", out.paint(Tone::Bad, "broken")));
            lines(&checked).for_each(|line| out.must(&line));
            out.must("what stands before that place is as it was written; trust nothing behind it");
        }
    }
    Ok(if broken.is_none() { DONE } else { FAILED })
}

/// Checks every signature; the first event that is not what it says.
fn signatures(journal: &Journal, run: &str, events: &[Event], checked: &mut Vec<Checked>) -> Result<Option<(u64, String)>, Complaint> {
    let plans = open::plans_of(journal.store(), run, events)?;
    *checked = signature::check(journal, &plans, events, 0)?;
    if let Some(bad) = checked.iter().find(|c| c.held.is_err()) {
        return Ok(Some((bad.seq, format!("the signature of event {} does not hold", bad.seq))));
    }
    if plans.now().signers.is_none() {
        return Ok(None);
    }
    // What is signed names the plan by its hash, and the signers are part of it.
    for event in events {
        if let EventKind::RunCreated { plan: hash, .. } | EventKind::RunbookEdited { plan: hash, .. } = &event.kind {
            let plan = plans.at(event.seq);
            if *hash != plan.hash || !is_as_hashed(plan) {
                return Ok(Some((event.seq, "its plan is not the one that its hash names".to_owned())));
            }
        }
    }
    // A yes that should be signed and is not can't be folded.
    Ok(plans.fold(events).err().map(|illegal| (illegal.seq, illegal.to_string())))
}

fn lines(checked: &[Checked]) -> impl Iterator<Item = String> {
    checked.iter().map(|c| match &c.held {
        Ok(signer) => format!("signed  event {}: {} by {}, {}", c.seq, c.what, signer.principal, signer.key),
        Err(why) => format!("forged  event {}: {} is not signed by {}: {why}", c.seq, c.what, c.principal),
    })
}

fn signed(checked: &[Checked]) -> Vec<serde_json::Value> {
    let one = |c: &Checked| {
        let (key, why) = (c.held.as_ref().ok().map(|signer| &signer.key), c.held.as_ref().err().map(ToString::to_string));
        json!({ "event": c.seq, "of": c.what, "by": c.principal, "key": key, "holds": c.held.is_ok(), "why": why })
    };
    checked.iter().map(one).collect()
}
