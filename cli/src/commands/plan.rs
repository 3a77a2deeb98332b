//! `runbook plan FILE`

use clap::ValueEnum;
use engine::report::{plan_json, plan_mermaid, plan_text};

use crate::complaint::{Complaint, DONE, Status};
use crate::inputs::{self, InputArgs};
use crate::out::Out;
use crate::{pipeline, source};

/// Show what would run: order, hosts, commands, what undoes each, the point of no return
///
/// Nothing is run and no host is asked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook plan restart.runbook -p reason='kernel update'\n  runbook plan restart.runbook --target web=web1,web2 --format mermaid\n  runbook plan runbooks.runbook#wikitech.matomo-restart"
)]
pub(crate) struct PlanArgs {
    /// FILE, or FILE#NAME where it holds several runbooks
    file: String,
    #[command(flatten)]
    inputs: InputArgs,
    /// For people, for scripts, or for a page
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    format: PlanFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    Text,
    Json,
    Mermaid,
}

pub(crate) fn plan(args: &PlanArgs, out: &Out) -> Result<Status, Complaint> {
    let ready = pipeline::ready(out, &source::find(&args.file, args.inputs.runbook.as_deref()))?;
    let inputs = inputs::gather(&args.inputs, &ready.program)?;
    let plan = pipeline::planned(out, &ready, &inputs)?;
    match args.format {
        PlanFormat::Text => out.data(&plan_text::text(&plan)),
        PlanFormat::Json => out.data(&format!("{:#}", plan_json::json(&plan))),
        PlanFormat::Mermaid => out.data(&plan_mermaid::mermaid(&plan)),
    }
    Ok(DONE)
}
