//! Locks as they lie on a host: what a mark says, and what is made of it for people.

use std::fmt;

use super::client::{Keeper, Locking};
use super::error::KeeperError;
use super::request::line;
use crate::lock_name::{decoded, encoded, in_folder};

/// Where locks lie on every host: one folder for all accounts.
pub const FOLDER: &str = "/var/tmp/runbook.locks";
/// The lock that is called so in that folder.
pub(super) fn name(in_folder: &str) -> String {
    decoded(in_folder)
}

/// Who takes a lock, as their mark says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub run: String,
    /// `ada@control1`.
    pub who: String,
    /// Seconds since the Unix epoch.
    pub since: i64,
}

impl Claim {
    pub(super) fn text(&self) -> String {
        format!("{},{},{}", encoded(&self.run), encoded(&self.who), self.since)
    }
}

/// What a mark says of who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub number: u64,
    /// None where somebody made a mark that says nothing.
    pub claim: Option<Claim>,
    /// Its last holder has given it back.
    pub is_free: bool,
    pub connected: Connected,
}

/// Whether something of the holder lives on the host now: a channel of its process, which also outlives that process as
/// long as a command runs in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connected {
    Alive,
    /// Parked, or it died or lost its line.
    Gone,
    /// This host shows no processes of others.
    Unknown,
}

impl Holder {
    pub(super) fn read(number: &str, text: &str, by: &str) -> Self {
        let fields: Vec<&str> = text.split(',').collect();
        let claim = match fields[..] {
            ["held" | "free", run, who, since] => Some(Claim { run: decoded(run), who: decoded(who), since: since.parse().unwrap_or(0) }),
            _ => None,
        };
        let connected = match by {
            "alive" => Connected::Alive,
            "unknown" => Connected::Unknown,
            _ => Connected::Gone,
        };
        Self { number: number.parse().unwrap_or(0), claim, is_free: text.starts_with("free,"), connected }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number == 0 {
            return f.write_str("nobody: its marks are gone");
        }
        let Some(claim) = &self.claim else { return write!(f, "somebody whose mark (number {}) can't be read", self.number) };
        let since = jiff::Timestamp::from_second(claim.since).map_or_else(|_| "?".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
        if self.is_free {
            return write!(f, "nobody now: {} (run {}) gave it back at {since}", claim.who, claim.run);
        }
        let connected = match self.connected {
            Connected::Alive => "alive: its process is connected, or a command of it still runs there",
            Connected::Gone => "nothing of it is alive there: it is parked, or its process died",
            Connected::Unknown => "whether it is alive is not shown there",
        };
        write!(f, "{} since {since}, run {} ({connected})", claim.who, claim.run)
    }
}

impl Keeper {
    /// Takes a lock of the host, or finds that this run has it already. `take`: also from who holds it; nothing of theirs
    /// is deleted, and they find a higher number.
    ///
    /// # Errors
    /// When the locks' folder can't be used, or the host can't be reached.
    pub async fn lock(&self, lock: &str, claim: &Claim, take: bool) -> Result<Locking, KeeperError> {
        let request = line("lock", "-", &self.life(), &[&self.lock_name(lock)?, &claim.text(), if take { "take" } else { "-" }])?;
        self.asking(&request, async |channel| {
            let frame = channel.frame().await?;
            let words: Vec<&str> = frame.iter().map(String::as_str).collect();
            Ok(match words[..] {
                ["held", number] => number.parse().map(Locking::Held).map_err(|_| frame),
                ["no", "locked", number, text, by] => Ok(Locking::Locked(Holder::read(number, text, by))),
                _ => Err(frame),
            })
        })
        .await
    }

    /// Gives a lock back, unless it is another's by now.
    ///
    /// # Errors
    /// When the locks' folder can't be used, or the host can't be reached.
    pub async fn unlock(&self, lock: &str, claim: &Claim) -> Result<(), KeeperError> {
        let request = line("unlock", "-", &self.life(), &[&self.lock_name(lock)?, &claim.text()])?;
        self.asking(&request, async |channel| {
            let frame = channel.frame().await?;
            Ok(if frame == ["unlocked"] { Ok(()) } else { Err(frame) })
        })
        .await
    }

    /// Whether this run still holds all that it locked there; else the first that it does not, and who has it.
    ///
    /// # Errors
    /// When the host can't be reached.
    pub async fn holds(&self) -> Result<Option<(String, Holder)>, KeeperError> {
        let request = line("held", "-", &self.life(), &[])?;
        self.asking(&request, async |channel| {
            let frame = channel.frame().await?;
            let words: Vec<&str> = frame.iter().map(String::as_str).collect();
            Ok(match words[..] {
                ["held"] => Ok(None),
                ["no", "overtaken", lock, number, text, by] => Ok(Some((name(lock), Holder::read(number, text, by)))),
                _ => Err(frame),
            })
        })
        .await
    }

    fn lock_name(&self, lock: &str) -> Result<String, KeeperError> {
        in_folder(lock).ok_or_else(|| KeeperError::BadCall { why: format!("`{lock}` can't name a lock") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_shown_with_who_since_when_which_run_and_whether_it_lives() {
        let claim = Claim { run: "k7m2".to_owned(), who: "ada@control, 1".to_owned(), since: 1_700_000_000 };
        let holder = Holder::read("3", &format!("held,{}", claim.text()), "alive");
        assert_eq!(holder.claim.as_ref(), Some(&claim));
        assert_eq!(
            holder.to_string(),
            "ada@control, 1 since 2023-11-14 22:13 UTC, run k7m2 (alive: its process is connected, or a command of it still runs there)"
        );
        assert!(Holder::read("3", "held,a,b%1B%5B2J,zz", "gone").to_string().contains("b\u{fffd}[2J"));
        assert!(Holder::read("9", "odd", "gone").to_string().contains("can't be read"));
        assert!(Holder::read("0", "-", "gone").to_string().contains("nobody"));
    }
}
