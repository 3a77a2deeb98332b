//! `runbook log RUN [STEP]`

use engine::journal::output;
use engine::plan::model::NodeId;
use engine::report::log_json;
use engine::report::tell::{Teller, Weight};
use engine::report::tone::{Line, Tone};
use engine::run::state::RunState;
use engine::run::verdict::attempt_name;

use crate::args::Format;
use crate::complaint::{Complaint, DONE, FAILED, Status};
use crate::out::Out;
use crate::run::open::{self, Opened};
use crate::watch::lines;

/// Show what a run did, or what one of its steps printed
///
/// With STEP, its output goes to standard output as it came, every attempt in
/// turn, and its errors to standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runbook log last\n  runbook log last stop-mariadb@web1\n  runbook log k7m2 --format json | jq -r .event")]
pub(crate) struct LogArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// A step's path or id
    step: Option<String>,
    /// For people, or one JSON object a line on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn log(args: &LogArgs, out: &Out) -> Result<Status, Complaint> {
    let opened = open::open(&args.run)?;
    let nodes = args.step.as_deref().map(|step| named(&opened, step)).transpose()?;
    match (args.format, nodes) {
        (Format::Json, nodes) => {
            let wanted = opened.events.iter().filter(|e| nodes.as_ref().is_none_or(|n| e.kind.node().is_some_and(|id| n.contains(&id))));
            wanted.for_each(|event| out.data(&log_json::line(&opened.run, &opened.plan, event)));
        }
        (Format::Text, None) => out.page(&story(&opened, out)?),
        (Format::Text, Some(nodes)) => printed(&opened, &nodes, out)?,
    }
    Ok(DONE)
}

fn named(opened: &Opened, step: &str) -> Result<Vec<NodeId>, Complaint> {
    let nodes = opened.plan.find(step);
    if nodes.is_empty() {
        return Err(Complaint::usage(format!("run {} has no step `{step}`", opened.run)).help(format!("`runbook show {}` lists them", opened.run)));
    }
    Ok(nodes)
}

/// Every event in words, folded one by one as they came.
fn story(opened: &Opened, out: &Out) -> Result<Vec<Line>, Complaint> {
    let mut state = RunState::new(&opened.plan);
    let mut teller = Teller::new(&opened.run);
    let mut story = Vec::new();
    for event in &opened.events {
        state.apply(&opened.plan, event).map_err(|e| Complaint::new(FAILED, e.to_string()))?;
        let Some(telling) = teller.tell(&opened.plan, &state, event) else { continue };
        if telling.weight == Weight::Must || !out.is_quiet() && (telling.weight == Weight::Normal || out.is_verbose()) {
            story.extend(lines(&telling, event.at, out.width()));
        }
    }
    Ok(story)
}

/// The outputs of every attempt, each under a heading on standard error.
fn printed(opened: &Opened, nodes: &[NodeId], out: &Out) -> Result<(), Complaint> {
    let mut any = false;
    for id in nodes {
        let (node, state) = (opened.plan.node(*id), opened.state.node(*id));
        let attempts = (1..=state.attempts).map(|n| (false, n)).chain((1..=state.undos).map(|n| (true, n)));
        for (undoing, number) in attempts {
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
            String::from_utf8_lossy(&stderr).lines().for_each(|l| out.must(&crate::out::tame(l)));
        }
    }
    if !any {
        out.say("it has not run, so it printed nothing");
    }
    Ok(())
}
