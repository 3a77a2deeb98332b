//! The options of a run that a resume needs again; they are pinned in its journal, so that nobody has to repeat them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use engine::exec::driver::Options;
use engine::journal::chain::content_hash;
use engine::plan::model::SlotId;
use engine::run::event::{Pin, Role};
use engine::value::{SecretText, Type, Value};
use serde::{Deserialize, Serialize};

use super::open::{Opened, pins};
use crate::complaint::Complaint;
use crate::inputs::secrets;

const NAME: &str = "options";

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Remembered {
    pub(crate) ssh_config: Option<PathBuf>,
    /// By gate path.
    pub(crate) answers: BTreeMap<String, String>,
    /// Where whoever started it stood.
    pub(crate) here: PathBuf,
    /// Seconds after which a connection without work is let go; 0 for never.
    pub(crate) idle: Option<u64>,
}

/// Without a word on it.
const IDLE: u64 = 60;

impl Remembered {
    pub(crate) fn pin(&self) -> (Pin, Vec<u8>) {
        // Strings and paths that came from the command line: those that are no UTF-8 were refused there.
        let content = serde_json::to_vec(self).unwrap_or_default();
        (Pin { role: Role::Params, name: NAME.to_owned(), hash: content_hash(&content) }, content)
    }

    /// What the run was started with; nothing where it pinned nothing.
    ///
    /// # Errors
    /// The pin is there and can't be read.
    pub(crate) fn of(opened: &Opened) -> Result<Self, Complaint> {
        let Some(pin) = pins(&opened.events).filter(|p| p.role == Role::Params && p.name == NAME).last() else { return Ok(Self::default()) };
        let content = opened.journal.store().content(&opened.run, &pin.hash)?;
        Ok(serde_json::from_slice(&content).unwrap_or_default())
    }

    pub(crate) fn options(self, wait: bool, outside_window: Option<String>, secrets: Vec<(SlotId, SecretText)>) -> Options {
        Options {
            ssh_config: self.ssh_config,
            answers: self.answers,
            here: self.here,
            secrets,
            hidden_env: secrets::variables(),
            outside_window,
            wait,
            idle: Some(self.idle.unwrap_or(IDLE)).filter(|idle| *idle > 0).map(Duration::from_secs),
            ..Options::default()
        }
    }
}

/// `--idle DURATION`, in seconds.
///
/// # Errors
/// It is none.
pub(crate) fn idle(text: &str) -> Result<u64, String> {
    match Type::Duration.read(text) {
        Ok(Value::Duration(seconds)) => Ok(seconds),
        Ok(_) => Err("it is no duration".to_owned()),
        Err(why) => Err(why.help.unwrap_or_else(|| "write a number and its unit, such as `90s` or `5m`".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pinned_reads_back_and_unknown_keys_do_not_hurt() -> serde_json::Result<()> {
        let remembered = Remembered {
            ssh_config: Some("/etc/ssh/lab".into()),
            answers: BTreeMap::from([("go".to_owned(), "yes".to_owned())]),
            here: "/home/ada".into(),
            idle: Some(5),
        };
        let (pin, content) = remembered.pin();
        assert_eq!(pin.role, Role::Params);
        assert_eq!(serde_json::from_slice::<Remembered>(&content)?, remembered);
        assert_eq!(serde_json::from_str::<Remembered>("{\"later\": 1}")?, Remembered::default());
        Ok(())
    }
}
