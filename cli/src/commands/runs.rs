//! `runbook runs`

use std::collections::BTreeSet;

use std::rc::Rc;

use engine::journal::{RunRow, Store};
use engine::plan::model::Plan;
use engine::report::run_text::phase_tone;
use engine::report::tone::Tone;
use engine::report::words::took;
use engine::run::event::{Event, EventKind, Millis};
use engine::run::state::RunState;
use engine::run::verdict;
use serde::Serialize;

use crate::args::Format;
use crate::complaint::{Complaint, DONE, Status};
use crate::out::Out;
use crate::run::filter::{self, Filter};
use crate::run::open;
use crate::{clock, table};

/// List the runs of this machine, the newest first
///
/// All that is asked for must be so of a run. Names may have a `*` in them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook runs --limit 10\n  runbook runs --state parked,stuck,waiting\n  runbook runs --host 'web*' --since 7d\n  runbook runs --format json | jq -r '.[] | select(.state == \"parked\") | .run'"
)]
pub(crate) struct RunsArgs {
    /// Only those that stand so
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = filter::STATES)]
    state: Vec<String>,
    /// Only those of this runbook
    #[arg(long, value_name = "NAME")]
    runbook: Option<String>,
    /// Only those that touch this host
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Only those that this person started, resumed or rolled back
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Only those that were started since: `2h`, `7d`, `2026-03-01`
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// For people, or one JSON list on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Fewer columns than these have no room for times and people.
const NARROW: u16 = 72;

#[derive(Debug, Serialize)]
struct Row {
    run: String,
    runbook: String,
    /// `unreadable` where the journal can't be folded.
    state: &'static str,
    started: Millis,
    /// Milliseconds; until now for a run that goes on.
    duration: Millis,
    /// Who started it.
    who: String,
    hosts: Vec<String>,
    /// The names of the locks that it holds.
    locks: Vec<String>,
    #[serde(skip)]
    tone: Tone,
}

pub(crate) fn runs(args: &RunsArgs, out: &Out) -> Result<Status, Complaint> {
    let filter = Filter::of(args.state.clone(), [&args.runbook, &args.host, &args.who], args.since.as_deref())?;
    let store = Store::open(&open::folder()?)?;
    let known = store.runs()?;
    let most = args.limit.map_or(usize::MAX, |limit| limit as usize);
    // What the list itself says comes first: the others are not read.
    let rows: Vec<Row> = known.iter().filter(|found| filter.may_be(found)).filter_map(|found| row(&store, found, &filter)).take(most).collect();
    match args.format {
        Format::Json => out.data(&serde_json::to_string_pretty(&rows).unwrap_or_default()),
        Format::Text if known.is_empty() => out.say("no runs yet: `runbook run FILE` makes the first"),
        Format::Text if rows.is_empty() => out.say("no run is like that"),
        Format::Text => {
            let is_narrow = out.data_width().is_some_and(|columns| columns < NARROW);
            out.data(&table::drawn(out, rows.iter().map(|row| cells(row, is_narrow)).collect(), if is_narrow { 2 } else { 4 }));
        }
    }
    Ok(DONE)
}

/// None: it is not asked for. One run that can't be read must not hide the others.
fn row(store: &Store, found: &RunRow, filter: &Filter) -> Option<Row> {
    let read = store
        .events(&found.run)
        .map_err(Complaint::from)
        .and_then(|events| open::folded(store, &found.run, &events).map(|(plans, state)| (events, Rc::clone(plans.now()), state)));
    match read {
        Ok((events, plan, state)) => filter.wants(&plan, &state).then(|| readable(found, &events, &plan, &state)),
        Err(_) => filter.wants_unreadable().then(|| Row {
            run: found.run.clone(),
            runbook: found.runbook.clone(),
            state: filter::UNREADABLE,
            started: found.created,
            duration: 0,
            who: String::new(),
            hosts: Vec::new(),
            locks: Vec::new(),
            tone: Tone::Bad,
        }),
    }
}

fn readable(found: &RunRow, events: &[Event], plan: &Plan, state: &RunState) -> Row {
    let until = if state.phase.is_final() { events.last().map_or(found.created, |e| e.at) } else { clock::now() };
    Row {
        run: found.run.clone(),
        runbook: found.runbook.clone(),
        state: verdict::word(state),
        started: found.created,
        duration: until - found.created,
        who: events
            .first()
            .map(|e| &e.kind)
            .and_then(|kind| if let EventKind::RunCreated { operator, .. } = kind { Some(operator.clone()) } else { None })
            .unwrap_or_default(),
        hosts: plan.hosts.iter().map(|h| h.name.clone()).collect(),
        locks: state.locks.keys().map(|(_, lock)| lock.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
        tone: phase_tone(state),
    }
}

/// The state comes first, and where there is room, when it was and how long.
fn cells(row: &Row, is_narrow: bool) -> Vec<(Tone, String)> {
    let held = if row.locks.is_empty() { String::new() } else { format!("holds {}", row.locks.join(", ")) };
    let mut cells = vec![(Tone::Strong, row.run.clone()), (row.tone, row.state.replace('_', " "))];
    if !is_narrow {
        cells.extend([(Tone::Dim, clock::date(row.started)), (Tone::Dim, took(row.duration))]);
    }
    cells.push((Tone::Plain, row.runbook.clone()));
    if !is_narrow {
        cells.push((Tone::Dim, row.who.clone()));
    }
    cells.push((Tone::Warn, held));
    cells
}
