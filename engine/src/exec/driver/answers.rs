//! What a read-only command says. Yes is exit status 0, no is 1 to 125; everything else is an error, never a no.

use super::bind::Ready;
use super::sink::{Collected, holds_a_mask};
use crate::exec::keeper::Away;
use crate::outcome::Exit;
use crate::value::{SecretText, Type, Value};
use zeroize::Zeroizing;

pub(super) enum Answered {
    Yes(Collected),
    No {
        why: String,
    },
    Error {
        why: String,
    },
    /// Its host can't be reached.
    Away(Away),
}

pub(super) async fn ask(ready: &Ready) -> Answered {
    let mut collected = Collected::default();
    match ready.read_veiled(&mut collected).await {
        Err(error) => error.away().map_or_else(|| Answered::Error { why: error.to_string() }, Answered::Away),
        Ok((ended, hidden)) => match ended.exit {
            Exit::Code(0) => {
                collected.cut = ended.cut;
                collected.hidden = hidden || !ready.call.masks.is_empty() && holds_a_mask(&collected.out);
                Answered::Yes(collected)
            }
            Exit::Code(code @ 1..=125) => Answered::No { why: format!("exit status {code}{}", collected.said()) },
            Exit::Code(126) => Answered::Error { why: format!("exit status 126: it could not be executed{}", collected.said()) },
            Exit::Code(127) => Answered::Error { why: format!("exit status 127: command not found{}", collected.said()) },
            other => Answered::Error { why: format!("{other}{}", collected.said()) },
        },
    }
}

/// Why a fact has no value.
pub(super) struct Unread {
    pub(super) why: String,
    pub(super) away: Option<Away>,
}

/// A fact's value: a bool is the exit status, anything else is standard output read by its type.
pub(super) async fn read_value(ready: &Ready, kind: &Type) -> Result<Value, Unread> {
    let unread = |why: String| Unread { why, away: None };
    match (ask(ready).await, kind) {
        (Answered::Yes(_), Type::Bool) => Ok(Value::Bool(true)),
        (Answered::No { why }, Type::Bool) if why.starts_with("exit status 1") && !why.as_bytes().get(13).is_some_and(u8::is_ascii_digit) => {
            Ok(Value::Bool(false))
        }
        // The beginning of a value is another value.
        (Answered::Yes(collected), _) if collected.cut => Err(unread("its output was not kept whole (the disk is full, or it is over the limit)".to_owned())),
        (Answered::Yes(collected), _) if collected.hidden => Err(unread(HOLDS_A_SECRET.to_owned())),
        (Answered::Yes(collected), kind) => capture(kind, &collected.out).map_err(unread),
        (Answered::No { why } | Answered::Error { why }, _) => Err(unread(why)),
        (Answered::Away(away), _) => Err(Unread { why: away.why.clone(), away: Some(away) }),
    }
}

/// A value that goes into the journal.
pub(super) const HOLDS_A_SECRET: &str = "its output holds a secret of this run, and what is read stands in the journal: read it as a secret fact";

/// The value of a secret fact; its text is in no error.
pub(super) async fn read_secret(ready: &Ready) -> Result<SecretText, String> {
    let mut collected = Collected::default();
    let ended = ready.read(&mut collected).await.map_err(|e| e.to_string())?;
    let out = Zeroizing::new(collected.out);
    if !ended.exit.is_success() {
        return Err(format!("{}; what it said is not kept, since it may be the secret", ended.exit));
    }
    let text = std::str::from_utf8(&out).map_err(|_| "its output is not UTF-8".to_owned())?;
    let secret = SecretText::new(text.strip_suffix('\n').unwrap_or(text));
    secret.refusal().map_or(Ok(secret), |why| Err(why.to_owned()))
}

/// Standard output without its last line break, read by a type.
pub(super) fn capture(kind: &Type, out: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(out).map_err(|_| "its output is not UTF-8".to_owned())?;
    kind.read_output(text).map_err(|e| e.to_string())
}
