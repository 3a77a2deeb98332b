//! Gives and checks signatures with the system's own `ssh-keygen`, which knows agents, hardware keys and every kind of key.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use thiserror::Error;

use crate::journal::{Journal, JournalError};
use crate::run::edit::Plans;
use crate::run::event::{Event, Millis};
use crate::run::statement::claims;
use crate::signers::{NAMESPACE, Signers};

/// Whose signature it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    pub principal: String,
    /// `ED25519 key SHA256:…`
    pub key: String,
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unproven {
    #[error("its key does not stand in {signers}, or was not valid then: {said}")]
    NotAllowed { signers: String, said: String },
    #[error("it is no signature of this: {said}")]
    Forged { said: String },
    #[error("it is that of {signer}, and not of {claimed}")]
    SomebodyElse { signer: String, claimed: String },
    #[error("nothing in this journal could have been signed so: it belongs to another run, gate or moment")]
    Elsewhere,
    #[error("it is signed, and this run names no signers")]
    NoSigners,
    #[error("ssh-keygen can't be used: {why}")]
    Unusable { why: String },
}

/// One signature of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub seq: u64,
    /// Of what.
    pub what: String,
    /// Who is said to have signed.
    pub principal: String,
    pub held: Result<Signer, Unproven>,
}

/// A signature that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("event {seq} of run {run} says that {principal} signed {what}, and the signature does not hold: {why}")]
pub struct Doubt {
    pub run: String,
    pub seq: u64,
    pub what: String,
    pub principal: String,
    pub why: Unproven,
}

/// The first signature behind an event that does not hold: what is said there must not be believed.
///
/// # Errors
/// The journal can't be read.
pub fn doubt(journal: &Journal, plans: &Plans, events: &[Event], after: u64) -> Result<Option<Box<Doubt>>, JournalError> {
    let doubtful = |c: Checked| {
        let why = c.held.err()?;
        Some(Box::new(Doubt { run: journal.run().to_owned(), seq: c.seq, what: c.what, principal: c.principal, why }))
    };
    Ok(check(journal, plans, events, after)?.into_iter().find_map(doubtful))
}

/// Checks every signature behind an event.
///
/// # Errors
/// The journal can't be read.
pub fn check(journal: &Journal, plans: &Plans, events: &[Event], after: u64) -> Result<Vec<Checked>, JournalError> {
    // Most runs have none: nothing more is read for them.
    if plans.now().signers.is_none() && !events.iter().any(|e| e.seq > after && e.kind.signed().is_some()) {
        return Ok(Vec::new());
    }
    let heads = journal.heads()?;
    let claims = claims(journal.run(), plans, events, &heads, after);
    Ok(claims
        .into_iter()
        .map(|claim| {
            let held = match (&plans.at(claim.event.seq).signers, &claim.text) {
                (None, _) => Err(Unproven::NoSigners),
                (_, None) => Err(Unproven::Elsewhere),
                (Some(signers), Some(text)) => signer(signers, text, &claim.signed.signature, claim.event.at).and_then(|signer| {
                    if signer.principal == claim.signed.principal {
                        Ok(signer)
                    } else {
                        Err(Unproven::SomebodyElse { signer: signer.principal, claimed: claim.signed.principal.clone() })
                    }
                }),
            };
            Checked { seq: claim.event.seq, what: claim.what, principal: claim.signed.principal.clone(), held }
        })
        .collect())
}

/// Who has signed a text, by the file of allowed signers, as of a moment.
///
/// # Errors
/// It does not hold.
pub fn signer(signers: &Signers, text: &str, signature: &str, at: Millis) -> Result<Signer, Unproven> {
    let folder = tempfile::tempdir().map_err(|e| unusable(&e))?;
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).map(|()| path).map_err(|e| unusable(&e))
    };
    let (allowed, armour) = (write("allowed_signers", &signers.text)?, write("signature", signature)?);
    let time = format!("-Overify-time={}", as_of(at));
    let (time, allowed, armour) = (OsStr::new(&time), allowed.as_os_str(), armour.as_os_str());
    let o = OsStr::new;
    let found = ssh_keygen(&[o("-Y"), o("find-principals"), time, o("-s"), armour, o("-f"), allowed], "", Stdio::piped()).map_err(|e| unusable(&e))?;
    let principal = String::from_utf8_lossy(&found.stdout).lines().next().unwrap_or_default().trim().to_owned();
    if !found.status.success() || principal.is_empty() {
        return Err(Unproven::NotAllowed { signers: signers.path.clone(), said: said(&found) });
    }
    let args = [o("-Y"), o("verify"), time, o("-n"), o(NAMESPACE), o("-I"), o(&principal), o("-f"), allowed, o("-s"), armour];
    let verified = ssh_keygen(&args, text, Stdio::piped()).map_err(|e| unusable(&e))?;
    if !verified.status.success() {
        return Err(Unproven::Forged { said: said(&verified) });
    }
    let told = String::from_utf8_lossy(&verified.stdout);
    let key = told.trim().rsplit_once(" with ").map(|(_, key)| key.to_owned()).unwrap_or_default();
    Ok(Signer { principal, key })
}

/// Signs a text with a private key, or with a public one whose private half an agent holds. It may ask at the terminal for a
/// touch or a passphrase; what it says there is seen where `stderr` is inherited.
///
/// # Errors
/// Why it signed nothing; empty where that was seen.
pub fn sign(text: &str, key: &Path, stderr: Stdio) -> Result<String, String> {
    let o = OsStr::new;
    let args = [o("-q"), o("-Y"), o("sign"), o("-n"), o(NAMESPACE), o("-f"), key.as_os_str()];
    let output = ssh_keygen(&args, text, stderr).map_err(|e| unusable(&e).to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().lines().collect::<Vec<_>>().join("; "));
    }
    String::from_utf8(output.stdout).map_err(|e| e.to_string())
}

fn ssh_keygen(args: &[&OsStr], input: &str, stderr: Stdio) -> std::io::Result<Output> {
    let mut child = Command::new("ssh-keygen")
        .args(args)
        // Times in the file and ours are read alike on every machine.
        .env("TZ", "UTC")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has refused already reads no further.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output()
}

fn unusable(error: &std::io::Error) -> Unproven {
    Unproven::Unusable { why: error.to_string() }
}

fn said(output: &Output) -> String {
    let all = format!("{}\n{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    let words: Vec<&str> = all.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    // It names a file of ours that is gone again.
    words.iter().map(|line| line.rsplit_once("allowed_signers:").map_or(*line, |(_, rest)| rest)).collect::<Vec<_>>().join("; ")
}

/// `20260301140259`, in UTC.
fn as_of(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| "19700101000000".to_owned(), |time| time.strftime("%Y%m%d%H%M%S").to_string())
}
