//! `runbook log RUN [STEP]`

use engine::exec::follow::Seen;
use engine::journal::output;
use engine::plan::model::NodeId;
use engine::report::log_json;
use engine::report::tell::Teller;
use engine::report::tone::Tone;
use engine::run::state::Stage;
use engine::run::verdict::attempt_name;

use crate::args::Format;
use crate::complaint::{Complaint, DONE, FAILED, INTERRUPTED, Status};
use crate::out::Out;
use crate::run::follow;
use crate::run::open::{self, Opened};
use crate::watch::{Tale, story};

/// Show what a run did, or what one of its steps printed
///
/// With STEP, its output goes to standard output as it came, every attempt in
/// turn, and its errors to standard error.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook log last\n  runbook log last --follow\n  runbook log last stop-mariadb@web1\n  runbook log k7m2 --format json | jq -r .event"
)]
pub(crate) struct LogArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// A step's path or id
    step: Option<String>,
    /// Go on for as long as a process drives the run
    #[arg(short, long)]
    follow: bool,
    /// For people, or one JSON object a line on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn log(args: &LogArgs, out: &Out) -> Result<Status, Complaint> {
    let mut opened = open::open(&args.run)?;
    let nodes = args.step.as_deref().map(|step| named(&opened, step)).transpose()?;
    let json = args.format == Format::Json;
    let mut tale = Tale {
        out: out.clone(),
        run: opened.run.clone(),
        teller: Teller::new(&opened.run),
        paths: nodes.as_ref().map(|nodes| nodes.iter().map(|id| opened.plan.node(*id).path.clone()).collect()),
        nodes,
        json,
    };
    if json {
        let wanted = opened.events.iter().filter(|e| tale.is_about(&opened.plans, e));
        wanted.for_each(|event| out.data(&log_json::line(&opened.run, opened.plans.at(event.seq), event)));
    } else if let Some(nodes) = &tale.nodes {
        printed(&opened, nodes, args.follow, out)?;
    } else {
        let lines = story(out, &mut tale.teller, &opened.plans, &opened.events).map_err(|e| Complaint::new(FAILED, e.to_string()))?;
        out.page(&lines);
    }
    if !args.follow {
        return Ok(DONE);
    }
    Ok(if follow::follow(&mut opened, None, &mut tale)? == Seen::Told { INTERRUPTED } else { DONE })
}

fn named(opened: &Opened, step: &str) -> Result<Vec<NodeId>, Complaint> {
    let nodes = opened.plan.find(step);
    if nodes.is_empty() {
        return Err(Complaint::usage(format!("run {} has no step `{step}`", opened.run)).help(format!("`runbook show {}` lists them", opened.run)));
    }
    Ok(nodes)
}

/// The outputs of every attempt, each under a heading on standard error. `follows`: what runs now is not over.
fn printed(opened: &Opened, nodes: &[NodeId], follows: bool, out: &Out) -> Result<(), Complaint> {
    let mut any = follows;
    for id in nodes {
        let (node, state) = (opened.plan.node(*id), opened.state.node(*id));
        let attempts = (1..=state.attempts).map(|n| (false, n)).chain((1..=state.undos).map(|n| (true, n)));
        for (undoing, number) in attempts {
            let is_open = match state.stage {
                Stage::Began { attempt, .. } => !undoing && attempt == number,
                Stage::Undoing { attempt, .. } => undoing && attempt == number,
                _ => false,
            };
            if follows && is_open {
                continue;
            }
            let name = attempt_name(&node.path, undoing, number);
            let what = if undoing { "undo" } else { "attempt" };
            let [stdout, stderr] = ["out", "err"].map(|stream| output::read(&opened.folder, &opened.run, &name, stream));
            let (stdout, stderr) = (stdout?, stderr?);
            any = true;
            let said = match (node.spec().is_some_and(|s| s.private), stdout.is_empty() && stderr.is_empty()) {
                (true, _) => "  is private: what it printed is kept nowhere",
                (false, true) => "  printed nothing",
                (false, false) => "",
            };
            out.say(&format!("{}{}", out.paint(Tone::Dim, &format!("{} {what} {number}", node.path)), out.paint(Tone::Dim, said)));
            out.bytes(&stdout);
            out.error_bytes(&stderr);
        }
    }
    if !any {
        out.say("it has not run, so it printed nothing");
    }
    Ok(())
}
