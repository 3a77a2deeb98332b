//! What can be typed. Every command's own arguments stand in its own file.

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands::{actions, approve, convert, end, fmt, lint, log, plan, reject, release, resume, rollback, run, runs, schema, show, verify, watch};

/// Runbooks as code: check them, see what they would do, run them, take them back.
#[derive(Debug, Parser)]
#[command(name = "runbook", version, propagate_version = false, disable_help_subcommand = true, max_term_width = 100, after_help = EXAMPLE)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) look: Look,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLE: &str = "\
Example:
  runbook lint restart.runbook
  runbook plan restart.runbook -p reason='kernel update'
  runbook run restart.runbook -p reason='kernel update'
  runbook show last

State lives in $RUNBOOK_STATE, else in the user's state folder (XDG). RUN is a
run's id, any unique beginning of it, or `last`.

Exit statuses: 0 done, 1 failed or lint found errors, 2 wrong usage or an
invalid runbook, 3 parked, 4 rolled back, 5 stuck, 6 done with scopes kept or
failures tolerated, 7 refused before anything changed, 130 interrupted.";

/// How it looks on the screen.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Look {
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Only failures, questions and where a run stands
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// No colour, no live region, nothing drawn over: a line an event, for screen readers; RUNBOOK_PLAIN does the same
    #[arg(long, global = true)]
    pub(crate) plain: bool,
    /// Also what commands print, and every check
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Lint(lint::LintArgs),
    Fmt(fmt::FmtArgs),
    Convert(convert::ConvertArgs),
    Plan(plan::PlanArgs),
    Run(run::RunArgs),
    Resume(resume::ResumeArgs),
    Rollback(rollback::RollbackArgs),
    End(end::EndArgs),
    Release(release::ReleaseArgs),
    Approve(approve::ApproveArgs),
    Reject(reject::RejectArgs),
    Runs(runs::RunsArgs),
    Actions(actions::ActionsArgs),
    Schema(schema::SchemaArgs),
    Show(show::ShowArgs),
    Log(log::LogArgs),
    Verify(verify::VerifyArgs),
    Watch(watch::WatchArgs),
}

/// Text for people, or JSON for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// # Errors
/// Wrong usage, or help that was asked for.
pub(crate) fn read() -> Result<Args, clap::Error> {
    Args::try_parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_of_every_command_fit_together() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        use clap::CommandFactory;
        for command in Args::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "{}", command.get_name());
        }
    }
}
