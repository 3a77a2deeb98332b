//! `runbook approve RUN GATE`

use engine::report::tone::Tone;
use engine::report::words::answer_word;
use engine::run::event::Answer;

use crate::complaint::{Complaint, DONE, Status};
use crate::out::Out;
use crate::run::answer::{self, Word};
use crate::run::open;
use crate::run::signing::SignArgs;

/// Answer a gate with yes, from any terminal; or say that a manual step is done
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook approve k7m2p9xq reboot\n  runbook approve last how --choice wait --note 'backup still runs'\n  runbook approve last call-users --evidence ticket=T1234\n  runbook approve last reboot --sign-with ~/.ssh/id_ed25519"
)]
pub(crate) struct ApproveArgs {
    /// A run's id, any unique beginning of it, or `last`
    run: String,
    /// The gate's path or id, as `runbook show RUN` names it
    gate: String,
    /// One of the gate's choices, where it has some
    #[arg(long)]
    choice: Option<String>,
    /// To how many hosts you say yes; asked for where the gate leads to more than ten
    #[arg(long, value_name = "N")]
    hosts: Option<usize>,
    /// What a manual step asks for; once for each
    #[arg(long, value_name = "NAME=VALUE")]
    evidence: Vec<String>,
    /// Stands in the journal beside the answer
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    sign: SignArgs,
}

pub(crate) fn approve(args: &ApproveArgs, out: &Out) -> Result<Status, Complaint> {
    let evidence = args.evidence.iter().map(|pair| evidence(pair)).collect::<Result<_, _>>()?;
    let word = Word { answer: Answer::Approved { choice: args.choice.clone() }, note: args.note.clone(), hosts: args.hosts, evidence };
    give(out, &args.run, &args.gate, &word, &args.sign)
}

fn evidence(pair: &str) -> Result<(String, String), Complaint> {
    let (name, value) =
        pair.split_once('=').ok_or_else(|| Complaint::usage(format!("`--evidence {pair}` has no value")).help("write `--evidence NAME=VALUE`"))?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// Gives an answer and says what happens next.
pub(crate) fn give(out: &Out, run: &str, gate: &str, word: &Word, sign: &SignArgs) -> Result<Status, Complaint> {
    let mut opened = open::open(run)?;
    let node = answer::find(&opened.plan, &opened.state, gate)?;
    let written = answer::give(&mut opened, node, word, sign.key().as_deref())?;
    let path = &opened.plan.node(node).path;
    let said = answer_word(&word.answer);
    let tone = if word.answer == Answer::Rejected { Tone::Warn } else { Tone::Good };
    if written {
        let signer = opened.events.last().and_then(|event| event.kind.signed()).map_or_else(String::new, |signed| format!(", signed by {}", signed.principal));
        out.say(&format!("{}  {path} in run {}{signer}", out.paint(tone, &said), opened.run));
    } else {
        out.say(&format!("{path} in run {} was {said} before; nothing has changed", opened.run));
    }
    if opened.state.phase.is_final() {
        return Ok(DONE);
    }
    if opened.is_driven() {
        out.say("its process takes the answer up by itself");
    } else {
        out.say(&format!("no process drives it now: {}", out.paint(Tone::Strong, &format!("runbook resume {}", opened.run))));
    }
    Ok(DONE)
}
