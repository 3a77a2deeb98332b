//! Somebody who says yes to whatever a run asks, as the command itself tells how, or no to one thing.

use super::desk::{Desk, Ran};
use super::lab::Lab;

/// Where `runbook` is typed.
pub trait Typist {
    fn types(&self, desk: &Desk, args: &[String]) -> Ran;
    /// The hosts as they were at first, where nothing takes back what a run has done.
    fn resets(&self);
}

impl Typist for Lab {
    fn types(&self, desk: &Desk, args: &[String]) -> Ran {
        self.runbook(desk, args)
    }

    fn resets(&self) {
        self.run(&["reset", "all"]);
    }
}

/// At the desk itself: each run makes its own beginning.
pub struct AtTheDesk;

impl Typist for AtTheDesk {
    fn types(&self, desk: &Desk, args: &[String]) -> Ran {
        desk.runbook(args)
    }

    fn resets(&self) {}
}

/// Of what is asked, what more than a yes is wanted: its name, and what `approve` is given.
pub type Answers<'a> = &'a [(&'a str, &'a [&'a str])];

pub fn resume() -> Vec<String> {
    ["resume", "last"].map(str::to_owned).to_vec()
}

/// What a gate or a manual step is called, without its item and its host.
fn name(path: &str) -> &str {
    let id = path.rsplit('/').next().unwrap_or(path);
    id.split(['@', '[']).next().unwrap_or(id)
}

/// What a run waits for, by what it says is typed next.
fn asked(ran: &Ran) -> Vec<String> {
    let told = format!("{}{}", ran.out, ran.err);
    told.lines().filter_map(|line| line.trim().strip_prefix("runbook approve ")?.split_whitespace().nth(1)).map(str::to_owned).collect()
}

/// Runs it, says yes and resumes, until it ends or this is waited for.
pub fn walk(typist: &dyn Typist, desk: &Desk, args: &[String], until: &str, answers: Answers<'_>) -> Ran {
    let mut ran = typist.types(desk, args);
    for _ in 0..20 {
        let asked = asked(&ran);
        if asked.is_empty() || asked.iter().any(|path| name(path) == until) {
            return ran;
        }
        for path in asked {
            let more = answers.iter().find(|(id, _)| name(&path) == *id).map_or(&[][..], |(_, more)| more);
            let said = desk.runbook(["approve", "last", &path].iter().chain(more));
            assert_eq!(said.status, 0, "{said:?}");
        }
        ran = typist.types(desk, &resume());
    }
    panic!("it asks for ever: {ran:?}");
}

/// The same, but with a no to this, whatever comes then.
pub fn walk_and_refuse(typist: &dyn Typist, desk: &Desk, args: &[String], refused: &str, answers: Answers<'_>) -> Ran {
    let waits = walk(typist, desk, args, refused, answers);
    let paths: Vec<String> = asked(&waits).into_iter().filter(|path| name(path) == refused).collect();
    assert!(!paths.is_empty(), "{refused} is not asked: {waits:?}");
    for path in paths {
        let said = desk.runbook(["reject", "last", &path, "--note", "a test refuses it"]);
        assert_eq!(said.status, 0, "{said:?}");
    }
    typist.types(desk, &resume())
}
