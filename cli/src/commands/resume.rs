//! `runbook resume RUN`

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use engine::exec::driver::Options;
use engine::journal::lock::DriverLock;
use engine::plan::model::NodeId;
use engine::report::words::node_word;
use engine::run::event::Purpose;
use engine::run::fleet;

use super::run::StepArgs;
use crate::complaint::{Complaint, PARKED, Status};
use crate::inputs;
use crate::out::Out;
use crate::people::{self, Asker};
use crate::run::open::{Opened, who};
use crate::run::remembered::{Remembered, idle};
use crate::run::signing::SignArgs;
use crate::run::{drive, open};
use crate::{edit, source};

/// Go on with a run from where it stands
///
/// Asks every host what became of the jobs that were under way. Without a
/// terminal a step that had failed is tried once more; at one, you are asked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook resume k7m2p9xq\n  runbook resume last --wait\n  runbook resume last --retry restart@web3\n  runbook resume last --edit restart.runbook --note 'the postcondition was wrong'"
)]
pub(crate) struct ResumeArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    #[command(flatten)]
    drive: DriveArgs,
    /// Try a step again of which nobody can tell what became of it, or that failed
    #[arg(long, value_name = "STEP")]
    retry: Vec<String>,
    #[command(flatten)]
    steps: StepArgs,
    /// Go on with another text: what it changes is shown and confirmed, and of what has begun only `undo`, `verify`,
    /// `title` and `timeout` may change
    #[arg(long, value_name = "FILE")]
    edit: Option<String>,
    /// Why it is edited; stands in the journal
    #[arg(long, value_name = "TEXT", requires = "edit")]
    note: Option<String>,
    /// Go on outside the runbook's window; the reason stands in the journal
    #[arg(long, value_name = "REASON")]
    outside_window: Option<String>,
}

/// The options of every command that drives a run that is there already.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DriveArgs {
    /// The configuration of every ssh, instead of the one that the run began with
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<PathBuf>,
    /// A file with the run's secrets, as for `run`; all else in it was pinned when the run began
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Every new event as a line of JSON on standard output
    #[arg(long)]
    events: bool,
    /// Stay while a gate is open, though nobody can be asked here
    #[arg(long)]
    wait: bool,
    /// Let a host's connection go after so long without work, as the run began or 60s, and open it again when it is needed; 0s: never
    #[arg(long, value_name = "DURATION", value_parser = idle)]
    idle: Option<u64>,
    #[command(flatten)]
    sign: SignArgs,
    /// Take locks from whoever holds them; the reason stands in the journal, and the holder stops
    #[arg(long, value_name = "REASON", value_parser = NonEmptyStringValueParser::new())]
    take_lock: Option<String>,
    /// A host that has forgotten this run, and on which nothing of it runs: meet it anew
    #[arg(long, value_name = "HOST=REASON")]
    forgotten: Vec<String>,
}

/// A person's word on a run, beside what it is driven for.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) outside_window: Option<String>,
    pub(crate) retry: BTreeSet<NodeId>,
    pub(crate) gone: BTreeMap<String, String>,
    pub(crate) scopes: BTreeMap<NodeId, bool>,
    /// Stop before every step, and ask.
    pub(crate) step: bool,
}

pub(crate) fn resume(args: &ResumeArgs, out: &Out) -> Result<Status, Complaint> {
    let step = args.steps.stops()?;
    let mut opened = open::open(&args.run)?;
    let mut lock = None;
    if let Some(file) = &args.edit {
        lock = Some(DriverLock::take(&opened.folder, &opened.run, &who())?);
        opened = edited(args, file, opened, out)?;
    }
    let mut retry = BTreeSet::new();
    for step in &args.retry {
        retry.extend(tried(&opened, step)?);
    }
    again(out, opened, Purpose::Resume, &args.drive, Words { outside_window: args.outside_window.clone(), retry, step, ..Words::default() }, lock)
}

/// The run by another text. The driver's lock is held.
fn edited(args: &ResumeArgs, file: &str, opened: Opened, out: &Out) -> Result<Opened, Complaint> {
    let proposal = edit::propose(out, &opened, &source::find(file, None), args.drive.params.as_deref())?;
    edit::preview(&opened.run, &proposal.edit, out.width()).iter().for_each(|line| out.line(line));
    if !args.steps.yes {
        if !people::is_here() {
            return Err(Complaint::usage("an edit is confirmed, and nobody can be asked here: this is no terminal; nothing was changed")
                .help("pass `--yes` with it, when the lines above are what you want"));
        }
        let said = Asker::new(out.clone()).line("  go on with it? [y]es, [n]o: ");
        if !matches!(said.as_deref(), Some("y" | "yes")) {
            return Err(Complaint::new(PARKED, format!("run {} was not edited, and stands as it stood", opened.run)));
        }
    }
    edit::write(opened, proposal, args.note.clone())
}

/// What `--retry` names: of several hosts or items, those that need a decision.
fn tried(opened: &Opened, step: &str) -> Result<Vec<NodeId>, Complaint> {
    let (plan, state) = (&opened.plan, &opened.state);
    let named = plan.find(step);
    let waiting: Vec<NodeId> = named.iter().copied().filter(|id| state.stage(*id).is_trouble() && !fleet::is_left_out(plan, state, *id)).collect();
    match named.as_slice() {
        [] => Err(Complaint::usage(format!("run {} has no step `{step}`", opened.run)).help(format!("`runbook show {}` lists them", opened.run))),
        [one] if waiting.is_empty() => Err(Complaint::usage(format!("`{step}` is {}: it is not tried again", node_word(plan, state, *one).replace('_', " ")))),
        _ if waiting.is_empty() => Err(Complaint::usage(format!("nothing of `{step}` failed and waits to be tried again"))),
        _ => Ok(waiting),
    }
}

/// `HOST=REASON`, of hosts of this run.
///
/// # Errors
/// There is no such host, or no reason.
pub(crate) fn hosts_with_reasons(opened: &Opened, option: &str, given: &[String]) -> Result<BTreeMap<String, String>, Complaint> {
    let mut found = BTreeMap::new();
    for word in given {
        let Some((host, why)) = word.split_once('=').filter(|(_, why)| !why.trim().is_empty()) else {
            return Err(
                Complaint::usage(format!("`{option} {word}` gives no reason")).help(format!("write `{option} HOST=REASON`; the reason stands in the journal"))
            );
        };
        if !opened.plan.hosts.iter().any(|h| h.name == host) {
            let hosts: Vec<&str> = opened.plan.hosts.iter().map(|h| h.name.as_str()).collect();
            return Err(Complaint::usage(format!("run {} has no host `{host}`", opened.run)).help(format!("it runs on {}", hosts.join(", "))));
        }
        found.insert(host.to_owned(), why.trim().to_owned());
    }
    Ok(found)
}

/// Drives a run again, with the options that it began with.
pub(crate) fn again(out: &Out, opened: Opened, purpose: Purpose, args: &DriveArgs, words: Words, lock: Option<DriverLock>) -> Result<Status, Complaint> {
    let mut remembered = Remembered::of(&opened)?;
    if let Some(path) = &args.ssh_config {
        remembered.ssh_config = Some(std::path::absolute(path).map_err(|e| Complaint::usage(format!("--ssh-config: {e}")))?);
    }
    remembered.idle = args.idle.or(remembered.idle);
    let forgotten = hosts_with_reasons(&opened, "--forgotten", &args.forgotten)?;
    let secrets = inputs::secrets::gather(&opened.plan, args.params.as_deref())?;
    let options = Options {
        retry: words.retry,
        gone: words.gone,
        scopes: words.scopes,
        step: words.step,
        take_lock: args.take_lock.clone(),
        forgotten,
        ..remembered.options(args.wait, words.outside_window, secrets)
    };
    out.must(&format!("run {}", opened.run));
    drive::go(out, opened, purpose, options, args.events, args.sign.key(), lock)
}
