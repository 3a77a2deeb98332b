//! `runbook run FILE`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::builder::NonEmptyStringValueParser;
use engine::check::Program;
use engine::exec::driver::Options;
use engine::journal::chain::content_hash;
use engine::journal::{Store, files};
use engine::plan::model::{Does, NodeKind, Plan};
use engine::report::touched;
use engine::run::event::{EventKind, Pin, Purpose, Role};

use crate::complaint::{Complaint, FAILED, REFUSED, Status};
use crate::inputs::{self, InputArgs};
use crate::out::Out;
use crate::run::remembered::{Remembered, idle};
use crate::run::signing::{self, SignArgs};
use crate::run::{drive, look, open, person};
use crate::source::Uploads;
use crate::{clock, people, pipeline, source};

/// Run a runbook: preflight first, then step by step
///
/// The first line on standard error is `run RUN_ID`. Until the preflight has
/// passed nothing has changed anywhere.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook run restart.runbook -p reason='kernel update'\n  runbook run restart.runbook --target web=web1,web2 --answer go=approve\n  runbook run restart.runbook --events > events.jsonl\n\nA gate that nobody here can answer is answered with `runbook approve RUN GATE`;\n`runbook resume RUN` goes on from there."
)]
pub(crate) struct RunArgs {
    /// FILE, or FILE#NAME where it holds several runbooks
    file: String,
    #[command(flatten)]
    inputs: InputArgs,
    /// The configuration of every ssh, instead of ~/.ssh/config
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<PathBuf>,
    /// How many steps may be under way at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Answer a gate beforehand, unless something irreversible follows
    #[arg(long, value_name = "GATE=CHOICE")]
    answer: Vec<String>,
    #[command(flatten)]
    steps: StepArgs,
    /// Every event as a line of JSON on standard output
    #[arg(long)]
    events: bool,
    /// Stay while a gate is open, though nobody can be asked here
    #[arg(long)]
    wait: bool,
    /// Let a host's connection go after so long without work, 60s by default, and open it again when it is needed; 0s: never
    #[arg(long, value_name = "DURATION", value_parser = idle)]
    idle: Option<u64>,
    #[command(flatten)]
    sign: SignArgs,
    /// Take locks from whoever holds them; the reason stands in the journal, and the holder stops
    #[arg(long, value_name = "REASON", value_parser = NonEmptyStringValueParser::new())]
    take_lock: Option<String>,
    /// Start outside the runbook's window; the reason stands in the journal
    #[arg(long, value_name = "REASON")]
    outside_window: Option<String>,
}

/// Whether the run stops before each of its steps.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct StepArgs {
    /// Stop before every step, show what would run, and ask
    #[arg(long)]
    step: bool,
    /// Ask for no confirmation of steps; never answers a gate
    #[arg(long)]
    pub(crate) yes: bool,
}

impl StepArgs {
    /// # Errors
    /// Nobody is here to be asked.
    pub(crate) fn stops(self) -> Result<bool, Complaint> {
        if !self.step || self.yes {
            return Ok(false);
        }
        if !people::is_here() {
            return Err(Complaint::usage("`--step` asks before every step, and nobody can be asked here: this is no terminal; nothing was run")
                .help("leave `--step` out, or pass `--yes` with it, which says yes to every step and answers no gate"));
        }
        Ok(true)
    }
}

pub(crate) fn run(args: &RunArgs, out: &Out) -> Result<Status, Complaint> {
    let step = args.steps.stops()?;
    let named = source::find(&args.file, args.inputs.runbook.as_deref());
    let ready = pipeline::ready(out, &named)?;
    let inventory = pipeline::inventory(out, &ready, args.inputs.inventory.as_deref())?;
    let mut inputs = inputs::gather(&args.inputs, &ready.program, inventory.as_ref())?;
    let ssh_config = args.ssh_config.as_deref().map(look::ssh_config).transpose()?;
    let mut looker = look::looker(ssh_config.clone())?;
    let params = args.inputs.params.as_deref();
    let plan = pipeline::planned(out, &ready, &mut inputs, &mut looker, params)?;
    // A secret that a fact was given already is not asked for twice; they stand at the same places in every plan of a runbook.
    let secrets = if looker.secrets.is_empty() { inputs::secrets::gather(&plan, params)? } else { std::mem::take(&mut looker.secrets) };
    let here = std::env::current_dir().map_err(|e| Complaint::usage(format!("the folder you are in can't be used: {e}")))?;
    let remembered = Remembered { ssh_config, answers: answers(&plan, &args.answer)?, here, idle: args.idle };
    let mut contents = contents(&plan, &ready.program, &inputs::pinned(&inputs, &ready.program), &remembered)?;
    contents.extend(inventory.map(|inventory| pin(Role::Params, "inventory", inventory.to_json().to_string().into_bytes())));

    signing::could_start(&plan, args.sign.key().as_deref())?;
    let run = create(&looker.run, plan, contents, &ready.uploads, args.jobs).map_err(|c| Complaint { status: REFUSED, ..c })?;
    out.must(&format!("run {}", run.run));
    let targets: Vec<&str> = ready.program.runbook().into_iter().flat_map(|r| &r.targets).map(|target| target.name.value.as_str()).collect();
    if let Some(touched) = touched(&run.plan, &targets) {
        out.must(&format!("this run touches {touched}"));
    }
    if ready.warnings.warnings > 0 {
        out.say(&format!("{}: `runbook lint {}` shows them", ready.warnings.words(), named.file.display()));
    }
    drive::go(
        out,
        run,
        Purpose::Run,
        Options { step, take_lock: args.take_lock.clone(), ..remembered.options(args.wait, args.outside_window.clone(), secrets) },
        args.events,
        args.sign.key(),
        None,
    )
}

/// What it uploads, and then the run's first event, with all that it pins, in one commit.
fn create(id: &str, plan: Plan, contents: Vec<(Pin, Vec<u8>)>, uploads: &Uploads, jobs: u32) -> Result<open::Opened, Complaint> {
    let folder = open::folder()?;
    let store = Store::open(&folder)?;
    let kept = keep(&plan, uploads, &folder, id).inspect_err(|_| files::let_go(&folder, id))?;
    let created = EventKind::RunCreated {
        runbook: plan.runbook.clone(),
        plan: plan.hash.clone(),
        pins: contents.iter().map(|(pin, _)| pin.clone()).chain(kept).collect(),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        operator: person::operator(),
        jobs,
    };
    let journal = store.create(id, &plan.runbook, &contents, clock::now(), created)?;
    drop(contents);
    open::created(folder, journal, plan)
}

/// Copies what the plan uploads into the state folder: from here on the sources are not needed.
pub(crate) fn keep(plan: &Plan, uploads: &Uploads, folder: &Path, run: &str) -> Result<Vec<Pin>, Complaint> {
    let mut pins: Vec<Pin> = Vec::new();
    for (_, node) in plan.iter() {
        let Some(Does::Upload(upload)) = node.spec().and_then(|s| s.does.as_ref()) else { continue };
        let hash = upload.file.hash.clone();
        if pins.iter().any(|pin| pin.hash == hash) {
            continue;
        }
        if let Some(path) = uploads.path_of(&hash) {
            files::keep(folder, run, &path, &hash)?;
        }
        pins.push(Pin { role: Role::Upload, name: upload.from.clone(), hash });
    }
    Ok(pins)
}

pub(crate) fn contents(plan: &Plan, program: &Program, params: &serde_json::Value, remembered: &Remembered) -> Result<Vec<(Pin, Vec<u8>)>, Complaint> {
    let frozen = serde_json::to_vec(plan).map_err(|e| Complaint::new(FAILED, format!("the plan can't be frozen: {e}; nothing was run")))?;
    let mut contents = vec![pin(Role::Plan, &plan.runbook, frozen)];
    contents.extend(program.sources().iter().map(|s| pin(Role::Source, &s.path, s.text.clone().into_bytes())));
    contents.push(pin(Role::Params, "params", params.to_string().into_bytes()));
    contents.push(remembered.pin());
    Ok(contents)
}

fn pin(role: Role, name: &str, content: Vec<u8>) -> (Pin, Vec<u8>) {
    (Pin { role, name: name.to_owned(), hash: content_hash(&content) }, content)
}

/// By gate path: an answer for an id is one for every gate of that id.
fn answers(plan: &Plan, given: &[String]) -> Result<BTreeMap<String, String>, Complaint> {
    let mut answers = BTreeMap::new();
    for pair in given {
        let Some((gate, choice)) = pair.split_once('=') else {
            return Err(Complaint::usage(format!("`--answer {pair}` is no answer")).help("write `--answer GATE=CHOICE`, `GATE=approve` or `GATE=reject`"));
        };
        let gates: Vec<_> = plan.find(gate).into_iter().filter(|id| matches!(plan.node(*id).kind, NodeKind::Gate(_))).collect();
        if gates.is_empty() {
            let known: Vec<&str> = plan.iter().filter(|(_, n)| matches!(n.kind, NodeKind::Gate(_))).map(|(_, n)| n.path.as_str()).collect();
            let complaint = Complaint::usage(format!("this runbook has no gate `{gate}`"));
            return Err(if known.is_empty() { complaint } else { complaint.help(format!("it has {}", known.join(", "))) });
        }
        answers.extend(gates.into_iter().map(|id| (plan.node(id).path.clone(), choice.to_owned())));
    }
    Ok(answers)
}
