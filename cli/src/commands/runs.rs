//! `runbook runs`

use std::collections::BTreeSet;

use engine::journal::Store;
use engine::report::run_text::phase_tone;
use engine::report::tone::{Line, Tone};
use engine::report::words::took;
use engine::run::event::Millis;
use engine::run::verdict;
use serde::Serialize;

use crate::args::Format;
use crate::clock;
use crate::complaint::{Complaint, DONE, Status};
use crate::out::Out;
use crate::run::open;

/// List the runs of this machine, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runbook runs\n  runbook runs --format json | jq -r '.[] | select(.state == \"parked\") | .run'")]
pub(crate) struct RunsArgs {
    /// For people, or one JSON list on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Row {
    run: String,
    runbook: String,
    /// `unreadable` where the journal can't be folded.
    state: &'static str,
    started: Millis,
    /// Milliseconds; until now for a run that goes on.
    duration: Millis,
    /// The names of the locks that it holds.
    locks: Vec<String>,
    #[serde(skip)]
    tone: Tone,
}

pub(crate) fn runs(args: &RunsArgs, out: &Out) -> Result<Status, Complaint> {
    let folder = open::folder()?;
    let mut rows = Vec::new();
    for found in Store::open(&folder)?.runs()? {
        // One run that can't be read must not hide the others.
        rows.push(match open::open_in(folder.clone(), Store::open(&folder)?, found.run.clone()) {
            Ok(opened) => {
                let state = &opened.state;
                let until = if state.phase.is_final() { opened.events.last().map_or(found.created, |e| e.at) } else { clock::now() };
                Row {
                    run: found.run,
                    runbook: found.runbook,
                    state: verdict::word(state),
                    started: found.created,
                    duration: until - found.created,
                    locks: state.locks.keys().map(|(_, lock)| lock.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
                    tone: phase_tone(state),
                }
            }
            Err(_) => {
                Row { run: found.run, runbook: found.runbook, state: "unreadable", started: found.created, duration: 0, locks: Vec::new(), tone: Tone::Bad }
            }
        });
    }
    match args.format {
        Format::Json => out.data(&serde_json::to_string_pretty(&rows).unwrap_or_default()),
        Format::Text if rows.is_empty() => out.say("no runs yet: `runbook run FILE` makes the first"),
        Format::Text => out.page(&rows.iter().map(line).collect::<Vec<_>>()),
    }
    Ok(DONE)
}

fn line(row: &Row) -> Line {
    let state = format!("{:<12}", row.state.replace('_', " "));
    Line::new()
        .with(Tone::Strong, &row.run)
        .plain("  ")
        .with(row.tone, state)
        .plain("  ")
        .dim(clock::date(row.started))
        .dim(format!("  {:>8}", took(row.duration)))
        .plain(format!("  {}", row.runbook))
        .with(Tone::Warn, if row.locks.is_empty() { String::new() } else { format!("  holds {}", row.locks.join(", ")) })
}
