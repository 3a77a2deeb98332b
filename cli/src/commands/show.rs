//! `runbook show RUN`

use engine::report::run_text::{Page, page};
use engine::report::tone::Line;
use engine::report::{history, run_json};

use crate::args::Format;
use crate::clock;
use crate::complaint::{Complaint, DONE, Status};
use crate::out::Out;
use crate::run::open;
use crate::run::usual::usual;

/// Show where a run stands, why, and what to type next
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runbook show last\n  runbook show k7m2 --format json | jq -r .state")]
pub(crate) struct ShowArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// For people, or one JSON object on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn show(args: &ShowArgs, out: &Out) -> Result<Status, Complaint> {
    let mut opened = open::open(&args.run)?;
    opened.trusted(0)?;
    let usual = usual(&opened.plan.runbook, &opened.run);
    if args.format == Format::Json {
        let pasts = history::of(&opened.plan, &opened.today());
        let shown = run_json::shown(&opened.run, &opened.plan, &opened.state, &pasts, &usual);
        out.data(&serde_json::to_string_pretty(&shown).unwrap_or_default());
        return Ok(DONE);
    }
    let driven = opened.is_driven();
    // A process that died could not say so in the journal.
    opened.state.driven = driven;
    let at = Page { run: &opened.run, head: opened.journal.head(), now: clock::now(), clock: clock::date, usual: &usual };
    let mut lines = page(&at, &opened.plan, &opened.state, &opened.today());
    if let Some(pid) = opened.driver().filter(|_| driven) {
        lines.insert(2, Line::new().dim(format!("  process {pid} drives it")));
    }
    out.page(&lines);
    Ok(DONE)
}
