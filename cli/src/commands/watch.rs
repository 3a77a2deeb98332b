//! `runbook watch RUN`

use engine::exec::follow::Seen;
use engine::report::words::phase_word;
use engine::run::verdict;

use crate::complaint::{Complaint, INTERRUPTED, Status};
use crate::out::Out;
use crate::run::usual::usual;
use crate::run::{closing, follow, open};
use crate::watch::Screen;

/// See a run go on that another terminal drives
///
/// Ends with the run, or when it parks, with the exit status that the run ends
/// with. Ctrl-C ends the looking alone: nothing is asked of the run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runbook watch last\n  runbook watch k7m2 --plain")]
pub(crate) struct WatchArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// Every new event as a line of JSON on standard output
    #[arg(long)]
    events: bool,
}

/// Of what a command printed before one looked: its last lines.
const TAIL: u64 = 4096;

pub(crate) fn watch(args: &WatchArgs, out: &Out) -> Result<Status, Complaint> {
    let mut opened = open::open(&args.run)?;
    out.say(&format!("run {}  {}  {}", opened.run, opened.plan.runbook, phase_word(&opened.state)));
    let mut screen = Screen::new(out, &opened.run, args.events, false, usual(&opened.plan.runbook, &opened.run));
    screen.remember(&opened.today());
    let seen = follow::follow(&mut opened, Some(TAIL), &mut screen);
    out.clear();
    if seen? == Seen::Told {
        out.must(&format!("the run goes on; `runbook watch {}` looks on again", opened.run));
        return Ok(INTERRUPTED);
    }
    closing::tell(out, &opened.run, &opened.plan, &opened.state, opened.journal.head());
    Ok(Status(verdict::exit_status(&opened.plan, &opened.state)))
}
