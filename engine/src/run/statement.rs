//! What a person signs (promise P3): one plain text, made anew from the journal by whoever checks the signature. A word in
//! it that could hold a line break is written as JSON.

use super::edit::Plans;
use super::event::{Answer, Event, EventKind, Millis, Purpose, Signed, Voter};
use crate::plan::model::{NodeId, Plan};

/// An answer at a gate, and all that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub run: String,
    /// The gate's path.
    pub gate: String,
    pub opening: u32,
    /// The plan's hash. The allowed signers are part of it.
    pub plan: String,
    /// SHA-256 of what was shown.
    pub evidence: String,
    pub deadline: Millis,
    /// The journal up to which the signer has seen it: at the opening of the gate, or later.
    pub head: String,
}

impl Statement {
    /// What an answer at this opening of the gate says; none where the gate was not opened so.
    #[must_use]
    pub fn of(run: &str, plan: &Plan, events: &[Event], gate: NodeId, number: u32, head: &str) -> Option<Self> {
        events.iter().rev().find_map(|event| match &event.kind {
            EventKind::GateOpened { node, opening, deadline, evidence_hash, .. } if *node == gate && *opening == number => Some(Self {
                run: run.to_owned(),
                gate: plan.node(gate).path.clone(),
                opening: number,
                plan: plan.hash.clone(),
                evidence: evidence_hash.clone(),
                deadline: *deadline,
                head: head.to_owned(),
            }),
            _ => None,
        })
    }

    /// The text that is signed, in the namespace `runbook`.
    #[must_use]
    pub fn text(&self, answer: &Answer) -> String {
        let (word, choice) = match answer {
            Answer::Approved { choice: None } => ("approved", String::new()),
            Answer::Approved { choice: Some(choice) } => ("approved", format!("choice {}\n", quoted(choice))),
            Answer::Rejected => ("rejected", String::new()),
        };
        let Self { run, gate, opening, plan, evidence, deadline, head } = self;
        let gate = quoted(gate);
        format!(
            "runbook gate answer 1\nrun {run}\ngate {gate}\nopening {opening}\nanswer {word}\n{choice}plan {plan}\nevidence {evidence}\ndeadline {deadline}\nhead {head}\n"
        )
    }
}

/// That a process takes the run: it is started, resumed, rolled back or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub run: String,
    /// The number of the process.
    pub epoch: u64,
    pub takes_locks: bool,
    /// The plan's hash.
    pub plan: String,
    /// The journal up to which the signer has seen it: behind the start before it.
    pub head: String,
}

impl Start {
    /// The text that is signed, in the namespace `runbook`.
    #[must_use]
    pub fn text(&self, plan: &Plan, purpose: &Purpose) -> String {
        let Self { run, epoch, takes_locks, plan: hash, head } = self;
        let to = match purpose {
            Purpose::Rollback { to: Some(node) } => format!("to {}\n", quoted(&plan.node(*node).path)),
            Purpose::Release { scope } => format!("scope {}\n", quoted(&plan.node(*scope).path)),
            Purpose::Run | Purpose::Resume | Purpose::Rollback { to: None } | Purpose::End => String::new(),
        };
        let locks = if *takes_locks { "takes-locks yes\n" } else { "" };
        format!("runbook start 1\nrun {run}\npurpose {}\n{to}epoch {epoch}\n{locks}plan {hash}\nhead {head}\n", word(purpose))
    }
}

fn word(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Run => "run",
        Purpose::Resume => "resume",
        Purpose::Rollback { .. } => "rollback",
        Purpose::End => "end",
        Purpose::Release { .. } => "release",
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A signature that stands in the journal, with what it must be a signature of.
#[derive(Debug)]
pub struct Claim<'a> {
    pub event: &'a Event,
    pub signed: &'a Signed,
    /// Of what it was given, for people: `the answer at go`.
    pub what: String,
    /// The text; none where nothing in the journal before it could have been signed so.
    pub text: Option<String>,
}

/// For people: what it is that was signed.
fn noun(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Run => "start",
        Purpose::Resume => "resume",
        Purpose::Rollback { .. } => "rollback",
        Purpose::End => "end",
        Purpose::Release { .. } => "release",
    }
}

/// Every signature behind an event. `heads`: the head after each event, in their order.
#[must_use]
pub fn claims<'a>(run: &str, plans: &Plans, events: &'a [Event], heads: &[String], after: u64) -> Vec<Claim<'a>> {
    let mut found = Vec::new();
    for (position, event) in events.iter().enumerate().filter(|(_, event)| event.seq > after) {
        let plan = plans.at(event.seq);
        if let EventKind::GateAnswered { node, opening, answer, by: Voter::Signed(signed), .. } = &event.kind {
            // An edit of the runbook has everything shown anew: what came before it is of another plan.
            let edited = events[..position].iter().rposition(|e| matches!(e.kind, EventKind::RunbookEdited { .. })).unwrap_or(0);
            let before = &events[edited..position];
            let opened = before.iter().rposition(|e| matches!(&e.kind, EventKind::GateOpened { node: n, opening: o, .. } if n == node && o == opening));
            // What came before the gate was opened is no view of what it shows.
            let seen = opened.is_some_and(|at| heads[edited + at..position].contains(&signed.head));
            let statement = Statement::of(run, plan, before, *node, *opening, &signed.head).filter(|_| seen);
            let what = format!("the answer at `{}`", plan.node(*node).path);
            found.push(Claim { event, signed, what, text: statement.map(|s| s.text(answer)) });
        }
        if let EventKind::DriverStarted { epoch, purpose, takes_locks, signed: Some(signed), .. } = &event.kind {
            let last = events[..position].iter().rposition(|e| matches!(e.kind, EventKind::DriverStarted { .. }));
            let seen = heads[last.unwrap_or(0)..position].contains(&signed.head);
            let start = Start { run: run.to_owned(), epoch: *epoch, takes_locks: *takes_locks, plan: plan.hash.clone(), head: signed.head.clone() };
            found.push(Claim { event, signed, what: format!("the {}", noun(purpose)), text: seen.then(|| start.text(plan, purpose)) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_each_thing_on_a_line_of_its_own_and_nothing_can_add_a_line() {
        let statement = Statement {
            run: "k7m2p9xq".to_owned(),
            gate: "in \"a\"/go".to_owned(),
            opening: 2,
            plan: "aa".to_owned(),
            evidence: "bb".to_owned(),
            deadline: 1000,
            head: "cc".to_owned(),
        };
        let choice = |choice: Option<&str>| Answer::Approved { choice: choice.map(str::to_owned) };
        assert_eq!(
            statement.text(&choice(None)),
            "runbook gate answer 1\nrun k7m2p9xq\ngate \"in \\\"a\\\"/go\"\nopening 2\nanswer approved\nplan aa\nevidence bb\ndeadline 1000\nhead cc\n"
        );
        assert!(statement.text(&Answer::Rejected).contains("\nanswer rejected\nplan"));
        let forged = statement.text(&choice(Some("a\nplan zz")));
        assert!(forged.contains("answer approved\nchoice \"a\\nplan zz\"\nplan aa\n"), "{forged}");
    }
}
