//! Proven under fire: runs that are interrupted at random and taken up again. See `tests/fire`.

use std::process::Stdio;

use crate::fire::{Drill, Range, play};
use crate::harness::desk::until;
use crate::harness::sshd::Sshd;

#[expect(clippy::print_stderr, reason = "whoever runs it by hand wants to see how far it is")]
fn say(line: &str) {
    eprintln!("{line}");
}

fn given<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|word| word.parse().ok()).unwrap_or(otherwise)
}

/// K1 to K4, R1, R8, J1: no step's effect twice, none lost, none out of order, no wrong outcome believed, and every
/// journal verifies, whatever is killed, cut, stopped or full.
#[test]
fn a_run_under_fire_ends_with_each_effect_once() {
    let report = play(&Range { interruptions: 40, seed: 1, faults: "quick".to_owned(), workers: 3, in_lab: false, progress: say });
    assert!(report.failed.is_empty(), "{report}");
    assert!(report.interruptions() >= 40, "{report}");
}

/// `tests/fire/run` starts it.
#[test]
#[ignore = "by hand: tests/fire/run"]
fn by_hand() {
    let report = play(&Range {
        interruptions: given("FIRE_INTERRUPTIONS", 100),
        seed: given("FIRE_SEED", 1),
        faults: given("FIRE_FAULTS", "quick".to_owned()),
        workers: given("FIRE_WORKERS", 4),
        in_lab: std::env::var_os("FIRE_LAB").is_some(),
        progress: say,
    });
    say(&report.to_string());
    assert!(report.failed.is_empty(), "{} rounds failed", report.failed.len());
}

/// K6, J1: the journal of a parked run is cut behind each of its events. Its targets remember all of it, so nothing of it
/// runs again: the resume refuses, or goes on from the whole journal.
#[test]
fn k6_a_journal_of_a_parked_run_cut_behind_each_event_is_refused_or_resumed_and_nothing_runs_twice() {
    for seed in [20] {
        let drill = Drill::new(seed, &["local"], None, true);
        let ran = drill.desk.runbook(drill.args());
        assert_eq!(ran.status, 3, "{ran:?}");
        let events = drill.desk.events().len();
        let before = drill.effects().lines.len();
        let snapshot = drill.snapshot();
        let mut refused = 0;
        for event in 1..=events {
            let ran = snapshot.resume_behind(event);
            assert!(!ran.err.contains("panicked"), "behind {event}: {ran:?}");
            drill.holds().unwrap_or_else(|why| panic!("seed {seed}, behind event {event} of {events}: {why}\n{ran:?}"));
            match ran.status {
                3 if drill.effects().lines.len() > before => assert_eq!(drill.effects().deeds.last().map(|d| d.of.0.as_str()), Some("s99"), "{ran:?}"),
                3 | 7 => {
                    refused += 1;
                    assert!(ran.err.contains("older than the run") || ran.err.contains("resume"), "behind {event}: {ran:?}");
                }
                status => panic!("seed {seed}, behind event {event} of {events}: status {status}: {ran:?}"),
            }
            assert_eq!(drill.desk.runbook(["verify", "last"]).status, 0, "behind {event}");
        }
        assert!(refused > events / 2, "{refused} of {events} were refused");
    }
}

/// K6, R4, R7: the same of a rollback, one that was stopped on its way by a person and one that is stuck there. What was undone
/// is not undone again, and what was not is.
#[test]
fn k6_a_journal_of_a_rollback_cut_behind_each_event_is_refused_or_resumed_and_nothing_runs_twice() {
    for is_stuck in [false, true] {
        let drill = if is_stuck { Drill::that_gets_stuck(20, &["local"]) } else { Drill::new(20, &["local"], None, true) };
        assert_eq!(drill.desk.runbook(drill.args()).status, 3);
        let first = drill.first();
        let to = ["--to", &first];
        let back = drill.desk.runbook(["rollback", "last"].iter().chain(if is_stuck { &[][..] } else { &to }));
        assert_eq!(back.status, if is_stuck { 5 } else { 3 }, "{back:?}");
        let events = drill.desk.events().len();
        let before = drill.effects().lines;
        assert!(before.iter().any(|line| line.starts_with("undo ")), "{before:?}");
        let snapshot = drill.snapshot();
        let (mut refused, mut went_on, mut cuts) = (0, 0, 0);
        // Each of the last ones, where most is under way, and every fourth of those before.
        for event in (1..=events).filter(|event| event % 4 == 1 || event + 8 > events) {
            cuts += 1;
            let ran = snapshot.go_on_behind(event, "rollback");
            assert!(!ran.err.contains("panicked"), "behind {event}: {ran:?}");
            drill.holds().unwrap_or_else(|why| panic!("behind event {event} of {events}: {why}\n{ran:?}"));
            let after = drill.effects().lines;
            match ran.status {
                // What a person may not take back stands: then it parks.
                3 | 4 if after != before => went_on += 1,
                // Its host says once more that the undo has failed.
                5 if is_stuck && after == before => {}
                3 | 7 if after == before => {
                    refused += 1;
                    assert!(
                        ran.err.contains("older than the run") || ran.err.contains("resume") || ran.err.contains("another process"),
                        "behind {event}: {ran:?}"
                    );
                }
                status => panic!("behind event {event} of {events}: status {status}: {ran:?}"),
            }
            assert_eq!(drill.desk.runbook(["verify", "last"]).status, 0, "behind {event}");
        }
        assert!(refused > cuts / 4 && went_on > 0, "{refused} of {cuts} were refused, {went_on} went on");
    }
}

/// A run that is over has been forgotten by its targets. A journal that is cut behind the greeting knows their life marks,
/// and nothing runs again; before it nothing is left anywhere that could tell.
#[test]
fn k3_a_journal_of_a_finished_run_cut_behind_each_event_never_runs_anything_again() {
    let drill = Drill::new(5, &["local"], None, false);
    let ran = drill.desk.runbook(drill.args());
    assert_eq!(ran.status, 0, "{ran:?}");
    let events = drill.desk.events();
    let greeted = events.iter().position(|e| e["event"] == "HostGreeted").expect("a greeting") + 1;
    let before = drill.effects().lines;
    let snapshot = drill.snapshot();
    for event in greeted..events.len() {
        let ran = snapshot.resume_behind(event);
        assert_eq!(drill.effects().lines, before, "behind event {event}: {ran:?}");
        assert!(matches!(ran.status, 3 | 7), "behind event {event}: {ran:?}");
        assert!(format!("{}{}", ran.out, ran.err).contains("no longer remembers this run"), "behind event {event}: {ran:?}");
    }
    let ran = snapshot.resume_behind(events.len());
    assert!(ran.err.contains("nothing can follow"), "{ran:?}");
}

/// Kills the engine when some effects stand.
fn kill_in_the_middle(drill: &Drill) {
    let mut engine = drill.desk.start(drill.args());
    let some = drill.steps();
    until("half of the effects stand", || drill.effects().lines.len() >= some);
    engine.kill();
}

/// J5: two processes resume one run at the same moment: one drives it, the other says who does.
#[test]
fn j5_of_two_that_resume_one_run_at_once_one_wins_and_the_other_says_who_holds_it() {
    let mut told = 0;
    for seed in [3, 30, 40] {
        let drill = Drill::new(seed, &["local"], None, false);
        kill_in_the_middle(&drill);
        let resume = || drill.desk.command().args(["resume", "last"]).spawn().expect("the binary runs");
        let both = [resume(), resume()].map(|engine| {
            let pid = engine.id();
            (pid, engine.wait_with_output().expect("it was started"))
        });
        let won: Vec<u32> = both.iter().filter(|(_, output)| output.status.code() == Some(0)).map(|(pid, _)| *pid).collect();
        assert_eq!(won.len(), 1, "seed {seed}: {both:?}");
        let (_, lost) = both.iter().find(|(pid, _)| *pid != won[0]).expect("two were started");
        let said = String::from_utf8_lossy(&lost.stderr);
        // It may come so late that the run is over.
        let names = said.contains("driven by another process") && said.contains(&format!("pid {}", won[0]));
        told += usize::from(names);
        assert!(names || said.contains("nothing can follow"), "seed {seed}: {said}");
        drill.holds().unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        assert_eq!(drill.desk.runbook(["verify", "last"]).status, 0);
    }
    assert!(told > 0, "the other never met the one that drives");
}

/// K6: the state folder is copied, and both copies are driven on at the same moment, one forward, one back. A host takes
/// one of them and fences the other before its first command; where each has one host, neither goes on.
#[test]
fn k6_of_two_copies_of_a_run_that_are_driven_at_once_one_is_fenced_on_every_host_before_its_first_command() {
    let sshd = Sshd::start(&["box1"]);
    for (seed, other) in [(3, "resume"), (30, "rollback"), (40, "rollback")] {
        let drill = Drill::new(seed, &["local", "box1"], Some(sshd.config()), false);
        kill_in_the_middle(&drill);
        let copy = drill.desk.path("copy");
        crate::harness::scratch::run("cp", ["-a".as_ref(), drill.desk.state().as_os_str(), copy.as_os_str()]);
        let start = |mut command: std::process::Command, word| command.args([word, "last"]).stdout(Stdio::null()).spawn().expect("the binary runs");
        let both =
            [start(drill.desk.command(), "resume"), start(drill.elsewhere(&copy), other)].map(|engine| engine.wait_with_output().expect("it was started"));
        let ended = both.iter().filter(|output| matches!(output.status.code(), Some(0 | 4))).count();
        assert!(ended <= 1, "seed {seed}: both went on: {both:?}");
        for output in both.iter().filter(|output| !matches!(output.status.code(), Some(0 | 4))) {
            let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains("another process") || said.contains("older than the run"), "seed {seed}: {said}");
        }
        drill.holds().unwrap_or_else(|why| panic!("seed {seed}: {why}\n{both:?}\n{:#?}", drill.effects().lines));
    }
}
