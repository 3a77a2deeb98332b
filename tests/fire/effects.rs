//! The effect log: what commands really did, as their targets know it.

use std::collections::BTreeMap;
use std::path::Path;

/// Forward, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Run,
    Undo,
}

/// How a command that began came out, by its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Its last line is missing: it runs, or it was torn off.
    Open,
    Ended,
    Failed,
}

/// A step on a host.
pub type Name = (String, String);

/// One command that ran.
#[derive(Debug, Clone)]
pub struct Deed {
    pub way: Way,
    pub of: Name,
    /// Its process: what tells two attempts apart.
    token: String,
    /// The line at which it began.
    pub began: usize,
    /// The line of its last word.
    pub over: Option<usize>,
    pub came: Came,
    /// What it was given of what another step had printed.
    pub got: Option<String>,
    /// What it needs was not there.
    pub early: bool,
}

impl Deed {
    /// What it prints where it is captured.
    pub fn prints(&self) -> String {
        format!("{}/{}/{}", self.of.0, self.of.1, self.token)
    }
}

#[derive(Debug, Clone, Default)]
pub struct Effects {
    pub deeds: Vec<Deed>,
    pub lines: Vec<String>,
}

impl Effects {
    pub fn read(path: &Path) -> Result<Self, String> {
        Self::of(&std::fs::read_to_string(path).unwrap_or_default())
    }

    /// Lines are `run STEP HOST begin TOKEN`, with `undo` for the way back, and `end` or `fail` behind it; `got=VALUE` and `early`
    /// between them.
    pub fn of(text: &str) -> Result<Self, String> {
        let mut effects = Self { deeds: Vec::new(), lines: text.lines().map(str::to_owned).collect() };
        for (at, line) in effects.lines.iter().enumerate() {
            let words: Vec<&str> = line.split(' ').collect();
            let [way, step, host, moment, token] = words[..] else { return Err(format!("line {} of the effect log is `{line}`", at + 1)) };
            let way = if way == "undo" { Way::Undo } else { Way::Run };
            let of = (step.to_owned(), host.to_owned());
            if moment == "begin" {
                effects.deeds.push(Deed { way, of, token: token.to_owned(), began: at, over: None, came: Came::Open, got: None, early: false });
                continue;
            }
            let mine = effects.deeds.iter_mut().rev().find(|d| d.way == way && d.of == of && d.token == token && d.came == Came::Open);
            let deed = mine.ok_or_else(|| format!("line {}: `{line}` ends what never began", at + 1))?;
            match (moment.strip_prefix("got="), moment) {
                (Some(value), _) => deed.got = Some(value.to_owned()),
                (None, "early") => deed.early = true,
                (None, "end" | "fail") => {}
                (None, _) => return Err(format!("line {}: `{line}`", at + 1)),
            }
            if !matches!(moment, "end" | "fail") {
                continue;
            }
            (deed.came, deed.over) = (if moment == "end" { Came::Ended } else { Came::Failed }, Some(at));
        }
        Ok(effects)
    }

    pub fn of_instance(&self, of: &Name, way: Way) -> Vec<&Deed> {
        self.deeds.iter().filter(|d| d.way == way && d.of == *of).collect()
    }

    pub fn last(&self, of: &Name, way: Way) -> Option<&Deed> {
        self.deeds.iter().rev().find(|d| d.way == way && d.of == *of)
    }

    pub fn has_ended(&self, of: &Name, way: Way) -> bool {
        self.last(of, way).is_some_and(|d| d.came == Came::Ended)
    }
}

/// The files that crossed, as they lie there now: whether each is whole.
pub type Files = BTreeMap<Name, bool>;

/// Attempts whose memory a fault took away: how often, by what they were. Their outcome may be unknown to the engine.
pub type Amnesia = BTreeMap<(Way, Name), usize>;

/// What a job's marks on a target are called after: `s3@box1.run.2`, `s4_box1_@box1.0f3a….undo.1`.
pub fn of_attempt(name: &str) -> Option<(Way, Name)> {
    let way = if name.contains(".undo.") { Way::Undo } else { Way::Run };
    let plain = name.strip_prefix("hold_").unwrap_or(name);
    let step: String = plain.chars().take_while(char::is_ascii_alphanumeric).collect();
    let host = plain.split_once('@')?.1.split('.').next()?;
    Some((way, (step, host.to_owned())))
}

/// The same of a path: `s3@box1`, `s4[box1]@box1`, `hold.c1@local`.
pub fn of_path(path: &str) -> Option<Name> {
    let plain = path.strip_prefix("hold.").unwrap_or(path);
    let step: String = plain.chars().take_while(char::is_ascii_alphanumeric).collect();
    Some((step, plain.rsplit_once('@')?.1.to_owned()))
}
