//! Fleets: what is tolerated, what a host that can't be reached means, and what is owed to it.

use super::plans::{Builder, command, step};
use super::play::{Fate, Play};
use crate::plan::model::{OnFailure, OnUnreachable, Plan, Release, UndoSpec, VerifySpec};
use crate::run::event::{EventKind, FailureAnswer, Purpose};
use crate::run::state::{Phase, Stage};
use crate::run::verdict::exit_status;

const WEB: [&str; 4] = ["w1", "w2", "w3", "w4"];

/// `for h in web batch 2 tolerate N`: a boundary with `a` and `b` on each, under a scope; then `after` on local.
fn rolling(tolerate: u32, unreachable: OnUnreachable) -> Plan {
    let mut builder = Builder::new(&["w1", "w2", "w3", "w4", "local"]);
    builder.unreachable = unreachable;
    builder.each(&WEB, 2, Some(tolerate), |b, h| {
        b.scope("held", h, Release::OnSuccess, |b| {
            b.boundary("one", OnFailure::Rollback, |b| {
                b.step("a", &[h], &step()).step("b", &[h], &step());
            });
        });
    });
    builder.unreachable = OnUnreachable::Fail;
    builder.step("after", &["local"], &step());
    builder.build()
}

fn deeds_on<'a>(play: &'a Play<'_>, host: &str) -> Vec<&'a str> {
    let here = format!("@{host}");
    play.deeds.iter().filter_map(|d| d.strip_suffix(&here)).collect()
}

#[test]
fn a_tolerated_failure_ends_its_item_undoes_its_boundary_and_the_run_goes_on_with_status_6() {
    let plan = rolling(1, OnUnreachable::Fail);
    let mut play = Play::new(&plan, &[("b@w2", &[Fate::Fails])]);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(deeds_on(&play, "w2"), ["run held", "run a", "run b", "undo b", "undo a", "undo held"]);
    for host in ["w1", "w3", "w4"] {
        assert_eq!(deeds_on(&play, host), ["run held", "run a", "run b", "undo held"], "{host}");
    }
    assert_eq!(play.deeds.last().map(String::as_str), Some("run after@local"));
    assert_eq!(exit_status(&plan, &play.state), 6);
}

/// The next batch waits until the item that failed is undone.
#[test]
fn what_comes_behind_an_item_waits_until_that_is_undone() {
    let plan = rolling(1, OnUnreachable::Fail);
    let mut play = Play::new(&plan, &[("b@w2", &[Fate::Fails]), ("undo b@w2", &[Fate::Hangs])]);
    play.go();
    assert!(!play.deeds.iter().any(|d| d.ends_with("@w3") || d.ends_with("@w4")), "{:?}", play.deeds);
    assert_eq!(play.stage("b@w1"), &Stage::Succeeded, "the other item of the batch goes on");
}

#[test]
fn at_one_failure_more_than_is_tolerated_nothing_new_begins_and_what_has_begun_finishes() {
    let plan = rolling(1, OnUnreachable::Fail);
    let mut play = Play::new(&plan, &[("a@w1", &[Fate::Fails]), ("a@w3", &[Fate::Hangs]), ("a@w4", &[Fate::Hangs])]);
    play.at_failure = FailureAnswer::Park;
    play.go();
    play.land_as("a@w3", Some(Fate::Fails));
    play.go();
    assert_eq!(play.state.phase, Phase::Running, "w4 is under way");
    play.land("a@w4");
    assert!(matches!(play.go(), Phase::Parked { why } if why == "`a@w3` failed; `for x` stops at the 2nd failed host"), "{:?}", play.state.phase);
    assert_eq!(deeds_on(&play, "w4"), ["run held", "run a"]);
    assert_eq!(deeds_on(&play, "w1"), ["run held", "run a", "undo a", "undo held"]);
    assert_eq!(exit_status(&plan, &play.state), 3);
    // Going on tries the one that stopped the run again, not the one that is tolerated.
    play.start(Purpose::Resume);
    play.at_failure = FailureAnswer::Retry;
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(deeds_on(&play, "w3"), ["run held", "run a", "run a", "run b", "undo held"]);
    assert_eq!(deeds_on(&play, "w1"), ["run held", "run a", "undo a", "undo held"]);
    assert_eq!(exit_status(&plan, &play.state), 6);
}

#[test]
fn a_failure_beyond_what_is_tolerated_follows_its_boundary() {
    let plan = rolling(1, OnUnreachable::Fail);
    let mut play = Play::new(&plan, &[("b@w1", &[Fate::Fails]), ("b@w2", &[Fate::Fails])]);
    assert!(matches!(play.go(), Phase::RolledBack), "{:?}", play.state.phase);
    assert_eq!(deeds_on(&play, "w1"), ["run held", "run a", "run b", "undo b", "undo a", "undo held"]);
    assert_eq!(deeds_on(&play, "w2"), ["run held", "run a", "run b", "undo b", "undo a", "undo held"]);
    assert!(deeds_on(&play, "w3").is_empty());
}

#[test]
fn r8_a_stuck_item_is_never_tolerated_and_no_new_host_begins() {
    let plan = rolling(1, OnUnreachable::Fail);
    let mut play = Play::new(&plan, &[("b@w1", &[Fate::Fails]), ("undo a@w1", &[Fate::Fails])]);
    assert!(matches!(play.go(), Phase::Stuck { why } if why.contains("`a@w1`")), "{:?}", play.state.phase);
    assert_eq!(exit_status(&plan, &play.state), 5);
    assert!(deeds_on(&play, "w3").is_empty() && deeds_on(&play, "w4").is_empty());
    // A resume tries that undo again, and the run goes on.
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(deeds_on(&play, "w1"), ["run held", "run a", "run b", "undo b", "undo a", "undo a", "undo held"]);
    assert_eq!(exit_status(&plan, &play.state), 6);
}

#[test]
fn r5_a_scope_on_success_is_kept_where_a_tolerated_failure_left_something_standing() {
    let mut unsaid = step();
    unsaid.undo = UndoSpec::Unsaid;
    let mut builder = Builder::new(&["w1", "w2", "w3", "w4"]);
    builder.each(&WEB, 2, Some(1), |b, h| {
        b.scope("held", h, Release::OnSuccess, |b| {
            b.step("a", &[h], &unsaid).step("b", &[h], &step());
        });
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("b@w2", &[Fate::Fails])]);
    assert_eq!(*play.go(), Phase::Done);
    assert!(matches!(play.stage("held@w2"), Stage::Kept { .. }));
    assert_eq!(*play.stage("held@w1"), Stage::Undone);
    assert_eq!(deeds_on(&play, "w2"), ["run held", "run a", "run b"], "no boundary lies in it, so nothing is undone");
    assert_eq!(exit_status(&plan, &play.state), 6);
}

#[test]
fn r5_a_scope_around_a_loop_is_kept_on_the_host_where_a_tolerated_failure_stands_and_released_elsewhere() {
    let mut builder = Builder::new(&["w1", "w2"]);
    builder.scope("one", "w1", Release::OnSuccess, |b| {
        b.scope("two", "w2", Release::OnSuccess, |b| {
            b.each(&["w1", "w2"], 1, Some(1), |b, h| {
                b.step("a", &[h], &step());
            });
        });
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@w2", &[Fate::Fails])]);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(*play.stage("one@w1"), Stage::Undone);
    assert!(matches!(play.stage("two@w2"), Stage::Kept { .. }));
}

#[test]
fn a_step_that_tolerates_ends_alone_and_the_next_one_runs_on_its_host_too() {
    let mut builder = Builder::new(&WEB);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.tolerant("a", &WEB, &step(), 1).step("b", &WEB, &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@w3", &[Fate::Fails])]);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(deeds_on(&play, "w3"), ["run a", "run b"]);
    assert_eq!(exit_status(&plan, &play.state), 6);
    // A later failure of the boundary undoes it as well: it may have done half its work (R1).
    let mut play = Play::new(&plan, &[("a@w3", &[Fate::Fails]), ("b@w1", &[Fate::Fails])]);
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(deeds_on(&play, "w3"), ["run a", "undo a"]);
}

#[test]
fn a_loop_that_fails_as_a_whole_is_one_failure_of_the_loop_around_it() {
    let mut builder = Builder::new(&["a1", "a2", "b1", "b2", "local"]);
    builder.each(&["a", "b"], 1, Some(1), |b, rack| {
        let hosts = [format!("{rack}1"), format!("{rack}2")];
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        b.boundary("rack", OnFailure::Rollback, |b| {
            b.step(&format!("begin-{rack}"), &["local"], &step());
            b.each(&hosts, 2, Some(1), |b, h| {
                b.step("x", &[h], &step());
            });
            b.step(&format!("end-{rack}"), &["local"], &step());
        });
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("x@a1", &[Fate::Fails]), ("x@a2", &[Fate::Fails]), ("x@b1", &[Fate::Fails])]);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(deeds_on(&play, "local"), ["run begin-a", "undo begin-a", "run begin-b", "run end-b"]);
    assert_eq!(deeds_on(&play, "a2"), ["run x", "undo x"]);
    assert_eq!(deeds_on(&play, "b1"), ["run x"], "one of rack b is tolerated, and nothing around it fails");
    assert_eq!(exit_status(&plan, &play.state), 6);
}

#[test]
fn a_boundary_that_parks_or_is_past_its_point_of_no_return_is_left_as_it_is_in_an_item_that_failed() {
    let mut forever = step();
    forever.irreversible = Some("gone".to_owned());
    forever.undo = UndoSpec::Unsaid;
    for (policy, first) in [(OnFailure::Park, step()), (OnFailure::Rollback, forever)] {
        let mut builder = Builder::new(&["w1", "w2"]);
        builder.each(&["w1", "w2"], 1, Some(1), |b, h| {
            b.boundary("one", policy, |b| {
                b.step("a", &[h], &first).step("b", &[h], &step());
            });
        });
        let plan = builder.build();
        let mut play = Play::new(&plan, &[("b@w1", &[Fate::Fails])]);
        assert_eq!(*play.go(), Phase::Done);
        assert_eq!(play.deeds, ["run a@w1", "run b@w1", "run a@w2", "run b@w2"]);
        assert_eq!(exit_status(&plan, &play.state), 6);
    }
}

#[test]
fn a_host_that_is_skipped_does_not_refuse_the_run_and_its_item_does_not_begin() {
    let mut builder = Builder::new(&["w1", "w2", "local"]);
    builder.unreachable = OnUnreachable::Skip;
    builder.each(&["w1", "w2"], 1, None, |b, h| {
        b.step(&format!("drain-{h}"), &["local"], &step()).step("a", &[h], &step()).step(&format!("fill-{h}"), &["local"], &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[]);
    play.absent = vec!["w1"];
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds, ["run drain-w2@local", "run a@w2", "run fill-w2@local"], "w1 is not even drained");
    assert!(matches!(play.stage("a@w1"), Stage::Unreachable { .. }));
    assert_eq!(exit_status(&plan, &play.state), 6);
}

#[test]
fn o1_more_hosts_out_of_reach_than_are_tolerated_refuse_the_run_before_anything_begins() {
    let plan = rolling(1, OnUnreachable::Skip);
    let mut play = Play::new(&plan, &[]);
    play.absent = vec!["w2", "w4"];
    assert!(
        matches!(play.go(), Phase::Refused { why } if why == "`for x` stops at the 2nd failed host, and so many can't be reached\nw2: no route\nw4: no route"),
        "{:?}",
        play.state.phase
    );
    assert_eq!(play.deeds, [""; 0]);
    assert_eq!(exit_status(&plan, &play.state), 7);
}

#[test]
fn a_skipped_host_counts_towards_what_is_tolerated() {
    let plan = rolling(1, OnUnreachable::Skip);
    let mut play = Play::new(&plan, &[("a@w1", &[Fate::Fails])]);
    play.absent = vec!["w4"];
    play.at_failure = FailureAnswer::Park;
    assert!(
        matches!(play.go(), Phase::Parked { why } if why.contains("`a@w4` failed; `for x` stops at the 2nd failed host") || why.contains("`held@w4`")),
        "{:?}",
        play.state.phase
    );
    assert!(deeds_on(&play, "w4").is_empty());
    // It is back: a resume takes it in.
    play.absent.clear();
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(deeds_on(&play, "w4"), ["run held", "run a", "run b", "undo held"]);
    assert_eq!(exit_status(&plan, &play.state), 6);
}

#[test]
fn k4_what_began_on_a_host_that_vanished_is_asked_when_it_is_back_and_its_scope_is_released_then() {
    let plan = rolling(1, OnUnreachable::Skip);
    let mut play = Play::new(&plan, &[("b@w2", &[Fate::Away])]);
    let why = match play.go() {
        Phase::Parked { why } => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(why, "w2 is waited for (no route): the release of `held@w2`, the undo of `a@w2`, what became of `b@w2`");
    assert_eq!(deeds_on(&play, "w2"), ["run held", "run a", "run b"]);
    assert_eq!(play.deeds.last().map(String::as_str), Some("run after@local"), "the run went on without it");
    assert_eq!(exit_status(&plan, &play.state), 3);
    // Still away: it parks again, and nothing else happens.
    play.absent = vec!["w2"];
    let before = play.deeds.len();
    play.start(Purpose::Resume);
    assert!(matches!(play.go(), Phase::Parked { .. }));
    assert_eq!(play.deeds.len(), before);
    // Back: the job had ended well; its boundary is undone all the same, since its item had failed.
    play.absent.clear();
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(deeds_on(&play, "w2"), ["run held", "run a", "run b", "undo b", "undo a", "undo held"]);
    assert_eq!(exit_status(&plan, &play.state), 6);
}

#[test]
fn a_postcondition_that_a_lost_host_did_not_answer_is_asked_when_it_is_back() {
    let mut verified = step();
    verified.verify.push(VerifySpec { command: command(), every: 1, within: 0 });
    let mut builder = Builder::new(&["w1", "w2"]);
    builder.unreachable = OnUnreachable::Skip;
    builder.step("a", &["w1", "w2"], &verified).step("b", &["w1", "w2"], &step());
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("verify a@w1", &[Fate::Away])]);
    assert!(matches!(play.go(), Phase::Parked { why } if why == "w1 is waited for (no route): what became of `a@w1`"), "{:?}", play.state.phase);
    assert_eq!(play.deeds, ["run a@w1", "run a@w2", "run b@w2"]);
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(*play.stage("a@w1"), Stage::Succeeded);
    assert_eq!(play.deeds.len(), 3, "what was skipped stays skipped");
    assert_eq!(exit_status(&plan, &play.state), 6);
}

#[test]
fn unreachable_park_parks_before_anything_begins_and_in_the_middle_without_asking() {
    let mut checked = step();
    checked.check = Some(command());
    let mut builder = Builder::new(&["w1", "w2"]);
    builder.unreachable = OnUnreachable::Park;
    builder.each(&["w1", "w2"], 1, Some(1), |b, h| {
        b.step("a", &[h], &step()).step("b", &[h], &checked);
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("b@w1", &[Fate::Away])]);
    play.absent = vec!["w1"];
    assert!(matches!(play.go(), Phase::Parked { why } if why == "w1: no route"), "{:?}", play.state.phase);
    assert_eq!(play.deeds, [""; 0]);
    play.absent.clear();
    play.start(Purpose::Resume);
    assert!(matches!(play.go(), Phase::Parked { why } if why == "`b@w1` waits for w1: no route"), "{:?}", play.state.phase);
    assert_eq!(play.deeds, ["run a@w1"]);
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds, ["run a@w1", "run b@w1", "run a@w2", "run b@w2"]);
    assert_eq!(exit_status(&plan, &play.state), 0);
}

/// What may still run is no failure that has ended: only `unreachable skip` goes on over it.
#[test]
fn what_cannot_be_shown_to_have_ended_is_never_tolerated() {
    let plan = rolling(1, OnUnreachable::Fail);
    let mut play = Play::new(&plan, &[("b@w2", &[Fate::Away])]);
    assert!(matches!(play.go(), Phase::Stuck { why } if why.contains("`b@w2`")), "{:?}", play.state.phase);
    assert!(deeds_on(&play, "w3").is_empty());
}

#[test]
fn an_undo_that_a_lost_host_owes_keeps_a_rollback_parked_and_goes_on_when_it_is_back() {
    let mut builder = Builder::new(&["w1", "w2"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.unreachable = OnUnreachable::Skip;
        b.step("a", &["w1", "w2"], &step());
        b.unreachable = OnUnreachable::Fail;
        b.step("b", &["w2"], &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@w1", &[Fate::Away]), ("b@w2", &[Fate::Fails])]);
    assert!(matches!(play.go(), Phase::Parked { why } if why == "w1 is waited for (no route): what became of `a@w1`"), "{:?}", play.state.phase);
    assert_eq!(play.deeds, ["run a@w1", "run a@w2", "run b@w2", "undo b@w2", "undo a@w2"]);
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(play.deeds.last().map(String::as_str), Some("undo a@w1"));
}

#[test]
fn a_run_goes_on_without_a_dead_host_whose_failure_was_tolerated_also_in_another_process() {
    let mut builder = Builder::new(&["w1", "w2", "local"]);
    let mut checked = step();
    checked.check = Some(command());
    builder.each(&["w1", "w2"], 1, Some(1), |b, h| {
        b.step("a", &[h], &checked);
    });
    builder.step("after", &["local"], &step());
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@w1", &[Fate::Away]), ("after@local", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Park;
    assert!(matches!(play.go(), Phase::Parked { .. }));
    play.absent = vec!["w1"];
    play.at_failure = FailureAnswer::Retry;
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds, ["run a@w2", "run after@local", "run after@local"]);
}

#[test]
fn an_item_that_was_taken_back_has_its_turn_again() {
    let plan = rolling(1, OnUnreachable::Fail);
    let mut play = Play::new(&plan, &[("b@w1", &[Fate::Fails]), ("after@local", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Park;
    assert!(matches!(play.go(), Phase::Parked { .. }));
    play.start(Purpose::Rollback { to: None });
    assert_eq!(*play.go(), Phase::RolledBack);
    assert!(deeds_on(&play, "w2").ends_with(&["undo b", "undo a"]) || deeds_on(&play, "w2").ends_with(&["undo held"]));
}

#[test]
fn r8_a_step_whose_end_cannot_be_shown_is_neither_marked_done_nor_skipped() {
    let mut builder = Builder::new(&["h"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h"], &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@h", &[Fate::Unsettled])]);
    play.at_failure = FailureAnswer::Park;
    play.go();
    let node = play.node("a@h");
    for answer in [FailureAnswer::MarkDone, FailureAnswer::Skip] {
        let said = EventKind::FailureAnswered { node, answer, by: crate::run::event::Actor::Policy, note: None };
        assert!(play.try_record(said).is_err());
    }
}
