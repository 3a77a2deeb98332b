//! A person's key, and what is signed with it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use engine::exec::people::Ballot;
use engine::exec::signature::{self, Unproven, signer};
use engine::plan::model::Plan;
use engine::run::event::{Answer, Millis, Signed, Voter};
use engine::signers::Signers;

use crate::complaint::{Complaint, FAILED, REFUSED};

/// How a person signs, for every command that takes their word.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SignArgs {
    /// The key to sign with, where the runbook names its signers: a private key, or a public one whose private half the
    /// agent holds; else $RUNBOOK_SIGNING_KEY
    #[arg(long, value_name = "KEY")]
    sign_with: Option<PathBuf>,
}

impl SignArgs {
    pub(crate) fn key(&self) -> Option<PathBuf> {
        let named = || std::env::var_os("RUNBOOK_SIGNING_KEY").filter(|key| !key.is_empty()).map(PathBuf::from);
        self.sign_with.clone().or_else(named)
    }
}

/// What to type where there is no key.
pub(crate) const HOW: &str = "pass `--sign-with KEY`, or set RUNBOOK_SIGNING_KEY";

/// Signs an answer, and looks at once whether the signature holds and whose it is.
///
/// # Errors
/// The key can't sign, it is none of the run's signers, or a yes of that person does not count.
pub(crate) fn sign(ballot: &Ballot, answer: &Answer, key: &Path, now: Millis) -> Result<Signed, Complaint> {
    let path = &ballot.statement.gate;
    let text = ballot.statement.text(answer);
    let signature = signed(&text, key)?;
    let signer = signer(&ballot.signers, &text, &signature, now).map_err(|why| not_held(path, &key.display().to_string(), &why))?;
    let who = signer.principal;
    let signed = Signed { principal: who.clone(), head: ballot.statement.head.clone(), signature };
    ballot.wanted.takes(answer, &Voter::Signed(Box::new(signed.clone()))).map_err(|why| not_theirs(path, &ballot.wanted.not_theirs(&why, &who)))?;
    Ok(signed)
}

/// Signs that a process takes a run.
///
/// # Errors
/// There is no key, it can't sign, or it is none of the run's signers.
pub(crate) fn start(text: &str, head: &str, signers: &Signers, key: Option<&Path>) -> Result<Signed, String> {
    let key = key.ok_or("there is no key to sign with")?;
    let signature = signed(text, key).map_err(|complaint| complaint.what)?;
    let signer = signer(signers, text, &signature, crate::clock::now()).map_err(|why| format!("what {} signed is not taken: {why}", key.display()))?;
    Ok(Signed { principal: signer.principal, head: head.to_owned(), signature })
}

/// Whether a run can be started with this key, as far as that can be told without a touch of it.
///
/// # Errors
/// There is none, or another one stands in its place.
pub(crate) fn could_start(plan: &Plan, key: Option<&Path>) -> Result<(), Complaint> {
    let Some(signers) = &plan.signers else { return Ok(()) };
    let refuse = |why: String| Complaint::new(REFUSED, format!("{} names its signers, and whoever starts a run of it is one of them: {why}", plan.runbook));
    let Some(key) = key else { return Err(refuse("there is no key to sign with".to_owned()).help(HOW)) };
    let beside = std::fs::read_to_string(format!("{}.pub", key.display()));
    let public = beside.or_else(|_| std::fs::read_to_string(key)).unwrap_or_default();
    let words: Vec<&str> = public.split_whitespace().collect();
    match words.as_slice() {
        [kind, blob, ..] if kind.contains("ssh-") || kind.starts_with("ecdsa-") => {
            if signers.text.contains(blob) {
                Ok(())
            } else {
                Err(refuse(format!("the key {} does not stand in {}", key.display(), signers.path)))
            }
        }
        _ => Ok(()),
    }
}

pub(crate) fn not_theirs(path: &str, why: &str) -> Complaint {
    Complaint::new(FAILED, format!("your yes to `{path}` does not count: {why}"))
}

fn not_held(path: &str, key: &str, why: &Unproven) -> Complaint {
    Complaint::new(FAILED, format!("your answer to `{path}`, signed with {key}, is not taken: {why}"))
        .help("the signers are those of the file as it was when the run began")
}

fn signed(text: &str, key: &Path) -> Result<String, Complaint> {
    let stderr = if std::io::stderr().is_terminal() { Stdio::inherit() } else { Stdio::piped() };
    signature::sign(text, key, stderr).map_err(|why| {
        let why = if why.is_empty() { "ssh-keygen has said why" } else { &why };
        Complaint::new(FAILED, format!("{} signed nothing: {why}", key.display()))
    })
}
