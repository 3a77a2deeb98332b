//! A long step that is struck in its middle: the network is cut, the host restarts, its disk is full, the engine is killed,
//! or its terminal is closed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::desk::{Desk, Ran, until};
use super::lab::Lab;
use super::walk::{Answers, resume};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// The host can't be reached for a while; its job goes on.
    Cut,
    /// The host restarts, and its job is gone.
    Reboot,
    /// SIGKILL for the engine; the job goes on.
    Kill,
    /// The engine's terminal is closed; the job goes on.
    Hangup,
    /// Nothing more can be written on the host, until somebody has made room.
    Full,
}

impl Strike {
    /// Whether the job goes on without us.
    pub fn spares_the_job(self) -> bool {
        matches!(self, Self::Cut | Self::Kill | Self::Hangup)
    }
}

/// What a run that waits at its gate goes on with.
pub fn past(desk: &Desk, gate: &str) -> Vec<String> {
    assert_eq!(desk.word(), "waiting", "at {gate}");
    assert_eq!(desk.runbook(["approve", "last", gate]).status, 0);
    resume()
}

pub const ALL: [Strike; 4] = [Strike::Cut, Strike::Reboot, Strike::Kill, Strike::Hangup];
pub const AND_FULL: [Strike; 5] = [Strike::Cut, Strike::Reboot, Strike::Kill, Strike::Hangup, Strike::Full];

/// The step, and how it is seen that it is at work.
pub struct Long<'a> {
    pub path: &'a str,
    pub host: &'a str,
    /// Holds while its command works.
    pub works: &'a str,
    /// Where it goes no further: the name of a gate, or `nothing`.
    pub until: &'a str,
    pub answers: Answers<'a>,
}

/// Once the engine has gone of its own accord, or after a minute all the same.
fn made_room(lab: &Lab, host: &str, engine: &mut std::process::Child) {
    let began = Instant::now();
    while engine.try_wait().expect("it was started").is_none() && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(200));
    }
    lab.run(&["resize", host, "2g"]);
}

/// From where the run begins or goes on, through the strike to wherever it comes by itself, and then, where nobody can tell
/// what became of the step, by a person's word to try it again.
pub fn strike(lab: &Lab, desk: &Desk, begin: &[String], long: &Long<'_>, strike: Strike) -> Ran {
    let mut engine = lab.runbook_command(desk, begin).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the engine");
    until("the step is at work", || lab.tries(&["ssh", long.host, long.works]));
    // The command is a shell around it: the engine itself is named by its journal.
    let signal = |signal: &str| {
        let pid = desk.events().iter().rev().find(|e| e["event"] == "DriverStarted").and_then(|e| e["pid"].as_u64()).expect("it drives");
        super::scratch::run("sudo", ["-n", "kill", signal, &pid.to_string()]);
    };
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
        Strike::Kill => signal("-KILL"),
        Strike::Hangup => signal("-HUP"),
        Strike::Full => {
            lab.run(&["resize", long.host, "full"]);
            made_room(lab, long.host, &mut engine);
        }
    }
    let _ = engine.wait();
    until("the host answers", || lab.tries(&["ssh", long.host, "true"]));
    // A host that shuts down starts nothing more, and a full one neither: the way back got stuck there, and is tried again.
    if desk.word() == "stuck" {
        assert!(!strike.spares_the_job(), "{:?}", desk.runbook(["show", "last"]));
        return lab.runbook(desk, &["rollback", "last"].map(str::to_owned));
    }
    // By itself it may have come to its end.
    if ["done", "rolled_back"].contains(&desk.word().as_str()) {
        return desk.runbook(["show", "last"]);
    }
    let ran = lab.walk_with(desk, &resume(), long.until, long.answers);
    if desk.word() != "parked" {
        return ran;
    }
    assert!(!strike.spares_the_job(), "only a job that is gone leaves nobody to tell of it: {ran:?}");
    let by_hand = ["resume", "last", "--retry", long.path].map(str::to_owned);
    lab.walk_with(desk, &by_hand, long.until, long.answers)
}
