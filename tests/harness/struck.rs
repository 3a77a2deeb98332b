//! A long step that is struck in its middle: the network is cut, the host restarts, or the engine is killed.

use std::process::Stdio;
use std::time::Duration;

use super::desk::{Desk, Ran, until};
use super::lab::Lab;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// The host can't be reached for a while; its job goes on.
    Cut,
    /// The host restarts, and its job is gone.
    Reboot,
    /// SIGKILL for the engine; the job goes on.
    Kill,
}

/// What a run that waits at its gate goes on with.
pub fn past(desk: &Desk, gate: &str) -> [String; 2] {
    assert_eq!(desk.word(), "waiting", "at {gate}");
    assert_eq!(desk.runbook(["approve", "last", gate]).status, 0);
    ["resume", "last"].map(str::to_owned)
}

pub const ALL: [Strike; 3] = [Strike::Cut, Strike::Reboot, Strike::Kill];

/// The step, and how it is seen that it is at work.
pub struct Long<'a> {
    pub path: &'a str,
    pub host: &'a str,
    /// Holds while its command works.
    pub works: &'a str,
    /// Where it goes no further: the name of a gate, or `nothing`.
    pub until: &'a str,
    /// Of what is asked, what more than a yes is wanted.
    pub answers: &'a [(&'a str, &'a [&'a str])],
}

/// From where the run begins or goes on, through the strike to wherever it comes by itself, and then, where nobody can tell
/// what became of the step, by a person's word to try it again.
pub fn strike(lab: &Lab, desk: &Desk, begin: &[String], long: &Long<'_>, strike: Strike) -> Ran {
    let again = ["resume", "last"].map(str::to_owned);
    let mut engine = lab.runbook_command(desk, begin).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the engine");
    until("the step is at work", || lab.tries(&["ssh", long.host, long.works]));
    match strike {
        Strike::Cut => {
            lab.run(&["cut", long.host]);
            // Longer than ssh waits for a sign of life.
            std::thread::sleep(Duration::from_secs(25));
            lab.run(&["heal", long.host]);
        }
        Strike::Reboot => {
            lab.run(&["reboot", long.host]);
        }
        // The command is a shell around it: the engine itself is named by its journal.
        Strike::Kill => {
            let pid = desk.events().iter().rev().find(|e| e["event"] == "DriverStarted").and_then(|e| e["pid"].as_u64()).expect("it drives");
            super::scratch::run("sudo", ["-n", "kill", "-9", &pid.to_string()]);
        }
    }
    let _ = engine.wait();
    until("the host answers", || lab.tries(&["ssh", long.host, "true"]));
    // A host that shuts down starts nothing more: the way back got stuck there, and is tried again when it is up.
    if desk.word() == "stuck" {
        assert_eq!(strike, Strike::Reboot, "{:?}", desk.runbook(["show", "last"]));
        return lab.runbook(desk, &["rollback", "last"].map(str::to_owned));
    }
    // By itself it may have come to its end.
    if ["done", "rolled_back"].contains(&desk.word().as_str()) {
        return desk.runbook(["show", "last"]);
    }
    let ran = lab.walk_with(desk, &again, long.until, long.answers);
    if desk.word() != "parked" {
        return ran;
    }
    assert_eq!(strike, Strike::Reboot, "only a job that is gone leaves nobody to tell of it: {ran:?}");
    let by_hand = ["resume", "last", "--retry", long.path].map(str::to_owned);
    lab.walk_with(desk, &by_hand, long.until, long.answers)
}
