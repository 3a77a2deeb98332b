//! `runbook plan FILE`

use std::path::PathBuf;

use clap::ValueEnum;
use engine::plan::Outline;
use engine::report::{plan_commands, plan_json, plan_mermaid, plan_text};

use crate::complaint::{Complaint, DONE, Status};
use crate::inputs::{self, InputArgs};
use crate::out::Out;
use crate::run::look;
use crate::run::usual::usual;
use crate::{pipeline, source};

/// Show what would run: order, hosts, commands, what undoes each, the point of no return
///
/// Nothing is run, and without --probe no host is asked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook plan restart.runbook -p reason='kernel update'\n  runbook plan restart.runbook --target web=web1,web2 --format mermaid\n  runbook plan update.runbook --probe --format commands >by-hand.sh\n  runbook plan runbooks.runbook#wikitech.matomo-restart"
)]
pub(crate) struct PlanArgs {
    /// FILE, or FILE#NAME where it holds several runbooks
    file: String,
    #[command(flatten)]
    inputs: InputArgs,
    /// Read the facts at the top and show what they are; hosts are asked, and nothing changes there
    #[arg(long)]
    probe: bool,
    /// Suppose that a fact is this, on every host where it is read
    #[arg(long, value_name = "NAME=VALUE")]
    fact: Vec<String>,
    /// The configuration of every ssh, instead of ~/.ssh/config; used by --probe
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<PathBuf>,
    /// For people, for scripts, for a page, or as bare commands for who applies it by hand
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    format: PlanFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    Text,
    Json,
    Mermaid,
    Commands,
}

pub(crate) fn plan(args: &PlanArgs, out: &Out) -> Result<Status, Complaint> {
    let ready = pipeline::ready(out, &source::find(&args.file, args.inputs.runbook.as_deref()))?;
    let inventory = pipeline::inventory(out, &ready, args.inputs.inventory.as_deref())?;
    let mut inputs = inputs::gather(&args.inputs, &ready.program, inventory.as_ref())?;
    inputs.facts = inputs::supposed(&args.fact)?;
    // Taken without --probe too: the words of a `run` are those of its plan.
    let ssh_config = args.ssh_config.as_deref().map(look::ssh_config).transpose()?;
    let outline: Outline = if args.probe {
        pipeline::probed(out, &ready, &mut inputs, &mut look::looker(ssh_config)?, args.inputs.params.as_deref())?
    } else {
        pipeline::outlined(out, &ready, &inputs)?
    };
    match args.format {
        PlanFormat::Text => out.data(&plan_text::text(&outline, &usual(&outline.plan.runbook, ""))),
        PlanFormat::Json => out.json(&plan_json::json(&outline, &usual(&outline.plan.runbook, ""))),
        PlanFormat::Commands => out.data(&plan_commands::commands(&outline)),
        PlanFormat::Mermaid => out.data(&plan_mermaid::mermaid(&outline)),
    }
    Ok(DONE)
}
