//! Promises of the semantics page, by letter and number, on plans small enough to read.

use super::plans::{Builder, command, step};
use super::play::{Fate, Play};
use crate::plan::model::{GateThen, OnFailure, Plan, Release, SlotId, UndoSpec};
use crate::run::event::{Actor, Answer, EventKind, FailureAnswer, InterruptAnswer, Purpose, Refusal, Voter};
use crate::run::state::{Phase, Stage};
use crate::run::verdict::exit_status;
use crate::value::Value;

/// `a`, then a boundary with `b` and `c`.
fn plan_with_boundary() -> Plan {
    let mut builder = Builder::new(&["h"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h"], &step()).step("b", &["h"], &step()).step("c", &["h"], &step());
    });
    builder.build()
}

#[test]
fn o1_a_host_that_does_not_answer_refuses_the_run_before_anything_begins_and_all_of_them_are_named() {
    let mut builder = Builder::new(&["h", "i", "j"]);
    builder.step("a", &["h", "i", "j"], &step());
    let plan = builder.build();
    let mut play = Play::new(&plan, &[]);
    for host in ["h", "j"] {
        play.record(EventKind::HostRefused { host: host.to_owned(), why: "no route".to_owned(), how: Refusal::Unfit });
    }
    assert!(matches!(play.go(), Phase::Refused { why } if why == "h: no route\nj: no route"), "{:?}", play.state.phase);
    assert_eq!(play.deeds, [""; 0]);
    assert_eq!(exit_status(&plan, &play.state), 7);
}

#[test]
fn o2_a_step_begins_when_what_it_comes_after_is_done() {
    let plan = plan_with_boundary();
    let mut play = Play::new(&plan, &[]);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds, ["run a@h", "run b@h", "run c@h"]);
    assert_eq!(exit_status(&plan, &play.state), 0);
}

#[test]
fn o3_two_branches_change_one_host_at_once_only_where_a_parallel_says_so() {
    let mut builder = Builder::new(&["h"]);
    builder.parallel(vec![
        Box::new(|b: &mut Builder| {
            b.step("a", &["h"], &step());
        }),
        Box::new(|b: &mut Builder| {
            b.step("b", &["h"], &step());
        }),
    ]);
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@h", &[Fate::Hangs]), ("b@h", &[Fate::Hangs])]);
    play.go();
    assert_eq!(play.deeds, ["run a@h", "run b@h"], "both run, side by side");
}

#[test]
fn r1_a_failure_undoes_what_began_in_reverse_the_failed_step_included() {
    let plan = plan_with_boundary();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Fails])]);
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(play.deeds, ["run a@h", "run b@h", "undo b@h", "undo a@h"]);
    assert_eq!(exit_status(&plan, &play.state), 4);
}

#[test]
fn r1_a_step_that_was_satisfied_is_never_undone() {
    let mut checked = step();
    checked.check = Some(command());
    let mut builder = Builder::new(&["h"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h"], &checked).step("b", &["h"], &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@h", &[Fate::Satisfied]), ("b@h", &[Fate::Fails])]);
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(play.deeds, ["run b@h", "undo b@h"]);
}

#[test]
fn r1_a_step_whose_retry_was_satisfied_is_undone_because_its_first_attempt_began() {
    let mut checked = step();
    checked.check = Some(command());
    let mut builder = Builder::new(&["h"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h"], &checked).step("b", &["h"], &step());
    });
    let plan = builder.build();
    // The check does not hold, the attempt fails, a person retries, the check holds.
    let mut play = Play::new(&plan, &[("a@h", &[Fate::Hangs, Fate::Fails, Fate::Satisfied]), ("b@h", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Retry;
    for _ in 0..40 {
        if *play.stage("a@h") == Stage::Satisfied {
            play.at_failure = FailureAnswer::RollBack;
        }
        if play.state.phase == Phase::RolledBack {
            break;
        }
        play.step_once();
    }
    assert_eq!(play.deeds, ["run a@h", "run b@h", "undo b@h", "undo a@h"]);
}

#[test]
fn r2_after_an_irreversible_step_a_failure_parks_and_a_person_rolls_back_down_to_it_only() {
    let mut forever = step();
    forever.irreversible = Some("gone".to_owned());
    forever.undo = UndoSpec::Unsaid;
    let mut builder = Builder::new(&["h"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h"], &step()).step("gone", &["h"], &forever).step("b", &["h"], &step()).step("c", &["h"], &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("c@h", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Park;
    assert!(matches!(play.go(), Phase::Parked { .. }));
    play.start(Purpose::Rollback { to: None });
    assert!(matches!(play.go(), Phase::Parked { why } if why.contains("`gone@h`") && why.contains("`a@h`")), "{:?}", play.state.phase);
    assert_eq!(play.deeds[4..], ["undo c@h", "undo b@h"], "what stands at or before the point of no return stays");
}

#[test]
fn r2_a_gate_that_says_rollback_parks_past_the_point_of_no_return() {
    let mut forever = step();
    forever.irreversible = Some("gone".to_owned());
    forever.undo = UndoSpec::Unsaid;
    let mut builder = Builder::new(&["h"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("gone", &["h"], &forever).step("a", &["h"], &step()).gate("go", GateThen::Rollback).step("b", &["h"], &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[]);
    play.gate = Some(Answer::Rejected);
    assert!(matches!(play.go(), Phase::Parked { why } if why.contains("point of no return")), "{:?}", play.state.phase);
    assert_eq!(play.deeds, ["run gone@h", "run a@h"]);
}

#[test]
fn what_a_person_enters_is_whole_and_of_its_type_or_no_answer() {
    let mut builder = Builder::new(&["h"]);
    builder.manual("look", "h", UndoSpec::Unsaid);
    let plan = builder.build();
    let mut play = Play::new(&plan, &[]);
    let (node, slot) = (play.node("look@h"), plan.nodes[0].evidence()[0].slot);
    while *play.stage("look@h") != Stage::AwaitingPerson {
        play.step_once();
    }
    let answer = |done, entered| EventKind::ManualAnswered { node, done, by: Actor::Policy, note: None, entered };
    let other = SlotId(slot.0 + 1);
    for wrong in [
        answer(true, vec![]),
        answer(true, vec![(slot, Value::String("three".to_owned()))]),
        answer(true, vec![(other, Value::Int(3))]),
        answer(true, vec![(slot, Value::Int(3)), (slot, Value::Int(4))]),
        answer(false, vec![(slot, Value::Int(3))]),
    ] {
        assert!(play.try_record(wrong.clone()).is_err(), "{wrong:?}");
    }
    play.record(answer(true, vec![(slot, Value::Int(3))]));
    assert_eq!(play.state.slots[&slot]["h"], Value::Int(3));
    assert_eq!(*play.stage("look@h"), Stage::Succeeded);
}

#[test]
fn r3_a_failure_outside_any_boundary_parks_and_releases_nothing() {
    let mut builder = Builder::new(&["h"]);
    builder.scope("held", "h", Release::Always, |b| {
        b.step("a", &["h"], &step()).step("b", &["h"], &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Park;
    assert!(matches!(play.go(), Phase::Parked { .. }));
    assert_eq!(play.deeds, ["run held@h", "run a@h", "run b@h"]);
    assert_eq!(exit_status(&plan, &play.state), 3);
}

#[test]
fn r3_after_the_outermost_boundary_is_undone_scopes_are_left_and_the_run_is_rolled_back() {
    let mut builder = Builder::new(&["h"]);
    builder.scope("held", "h", Release::OnSuccess, |b| {
        b.boundary("all", OnFailure::Rollback, |b| {
            b.step("a", &["h"], &step()).step("b", &["h"], &step());
        });
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Fails])]);
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(play.deeds, ["run held@h", "run a@h", "run b@h", "undo b@h", "undo a@h", "undo held@h"]);
}

#[test]
fn r3_what_stands_outside_the_boundary_parks_the_run_and_is_named() {
    let mut builder = Builder::new(&["h"]);
    builder.step("before", &["h"], &step());
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h"], &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@h", &[Fate::Fails])]);
    assert!(matches!(play.go(), Phase::Parked { why } if why.contains("`before@h`")));
    // Going on runs the boundary again, and only that.
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds, ["run before@h", "run a@h", "undo a@h", "run a@h"]);
}

#[test]
fn r4_an_undo_that_fails_makes_the_run_stuck_and_can_be_tried_again() {
    let plan = plan_with_boundary();
    let mut play = Play::new(&plan, &[("c@h", &[Fate::Fails]), ("undo b@h", &[Fate::Fails])]);
    assert!(matches!(play.go(), Phase::Stuck { why } if why.contains("`b@h`")));
    assert_eq!(exit_status(&plan, &play.state), 5);
    assert_eq!(play.deeds[3..], ["undo c@h", "undo b@h"], "`a` is not undone before `b` is");
    play.start(Purpose::Rollback { to: None });
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(play.deeds[5..], ["undo b@h", "undo a@h"]);
}

#[test]
fn r5_a_release_that_fails_never_causes_a_rollback_and_leaves_the_run_stuck() {
    let mut builder = Builder::new(&["h"]);
    builder.scope("outer", "h", Release::Always, |b| {
        b.scope("inner", "h", Release::Always, |b| {
            b.step("a", &["h"], &step());
        });
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("undo inner@h", &[Fate::Fails])]);
    assert!(matches!(play.go(), Phase::Stuck { why } if why.contains("`inner@h`")));
    assert!(!play.deeds.contains(&"undo a@h".to_owned()));
}

#[test]
fn r5_a_scope_that_somebody_else_held_is_never_released() {
    let mut builder = Builder::new(&["h"]);
    builder.scope("held", "h", Release::Always, |b| {
        b.step("a", &["h"], &step());
    });
    let mut plan = builder.build();
    for node in &mut plan.nodes {
        if let crate::plan::model::NodeKind::Enter { step, .. } = &mut node.kind {
            step.check = Some(command());
        }
    }
    let mut play = Play::new(&plan, &[("held@h", &[Fate::Satisfied])]);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds, ["run a@h"]);
}

#[test]
fn r5_a_scope_on_success_is_kept_when_what_it_covers_stands_half_done() {
    let mut unsaid = step();
    unsaid.undo = UndoSpec::Unsaid;
    let mut builder = Builder::new(&["h"]);
    builder.scope("held", "h", Release::OnSuccess, |b| {
        b.step("a", &["h"], &unsaid).step("b", &["h"], &step());
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Park;
    play.go();
    play.start(Purpose::End);
    assert_eq!(*play.go(), Phase::Ended);
    assert!(matches!(play.stage("held@h"), Stage::Kept { .. }));
}

#[test]
fn r7_rollback_to_a_step_keeps_that_step_and_what_came_before() {
    let mut builder = Builder::new(&["h"]);
    builder.step("a", &["h"], &step()).step("b", &["h"], &step()).step("c", &["h"], &step()).step("d", &["h"], &step());
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("d@h", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Park;
    play.go();
    let b = play.node("b@h");
    play.start(Purpose::Rollback { to: Some(b) });
    assert!(matches!(play.go(), Phase::Parked { why } if why.contains("`b@h`")));
    assert_eq!(play.deeds[4..], ["undo d@h", "undo c@h"]);
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds[6..], ["run c@h", "run d@h"]);
}

#[test]
fn r8_unwinding_waits_until_nothing_of_the_boundary_is_in_flight() {
    let mut builder = Builder::new(&["h", "i"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h"], &step());
        b.parallel(vec![
            Box::new(|b: &mut Builder| {
                b.step("slow", &["h"], &step());
            }),
            Box::new(|b: &mut Builder| {
                b.step("bad", &["i"], &step());
            }),
        ]);
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("slow@h", &[Fate::Hangs]), ("bad@i", &[Fate::Fails])]);
    play.go();
    assert!(!play.deeds.iter().any(|d| d.starts_with("undo")), "{:?}", play.deeds);
    play.land("slow@h");
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(play.deeds[3..].iter().filter(|d| d.starts_with("undo")).count(), 3);
    assert_eq!(play.deeds.last().map(String::as_str), Some("undo a@h"));
}

#[test]
fn r8_a_job_whose_end_cannot_be_shown_is_never_undone_over() {
    let plan = plan_with_boundary();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Unsettled])]);
    assert!(matches!(play.go(), Phase::Stuck { why } if why.contains("`b@h`")));
    assert_eq!(play.deeds, ["run a@h", "run b@h"]);
}

#[test]
fn k4_a_lost_attempt_that_nothing_can_tell_about_is_a_persons() {
    let mut builder = Builder::new(&["h"]);
    builder.step("a", &["h"], &step());
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@h", &[Fate::Lost])]);
    play.at_failure = FailureAnswer::Park;
    assert!(matches!(play.go(), Phase::Parked { .. }));
    assert_eq!(play.deeds, ["run a@h"], "it is never sent again by itself");
}

#[test]
fn k6_a_job_that_the_journal_does_not_know_refuses_the_run() {
    let plan = plan_with_boundary();
    let mut play = Play::new(&plan, &[]);
    let identity = crate::outcome::Identity { machine_id: "h".to_owned(), boot_id: "1".to_owned(), life: "h".to_owned(), bash: true, sums: true };
    play.record(EventKind::HostGreeted { host: "h".to_owned(), identity, claims: vec!["b@h.run.1".to_owned()] });
    assert!(matches!(play.go(), Phase::Refused { why } if why.contains("older than the run")));
    assert_eq!(exit_status(&plan, &play.state), 7);
}

/// A copied or restored journal that knows of nothing there must not say that nothing stands.
#[test]
fn k6_a_host_that_has_seen_the_run_driven_further_refuses_a_rollback_that_needs_nothing_of_it() {
    let plan = plan_with_boundary();
    let mut play = Play::new(&plan, &[]);
    play.start(Purpose::Rollback { to: None });
    play.record(EventKind::HostRefused { host: "h".to_owned(), why: "epoch 2".to_owned(), how: crate::run::event::Refusal::Fenced });
    let before = play.state.phase.clone();
    assert!(!matches!(play.go(), Phase::RolledBack), "{before:?}");
    assert!(!play.state.driven);
}

#[test]
fn o4_another_machine_behind_a_name_refuses_a_resume_and_changes_nothing() {
    let plan = plan_with_boundary();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Park;
    play.go();
    play.start(Purpose::Resume);
    let identity = crate::outcome::Identity { machine_id: "other".to_owned(), boot_id: "1".to_owned(), life: "h".to_owned(), bash: true, sums: true };
    play.record(EventKind::HostGreeted { host: "h".to_owned(), identity, claims: Vec::new() });
    assert!(matches!(play.go(), Phase::Parked { .. }), "it stands as it stood");
    assert_eq!(play.deeds.len(), 2);
}

fn plan_with_gate(then: GateThen) -> Plan {
    let mut builder = Builder::new(&["h"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h"], &step()).gate("go", then).step("b", &["h"], &step());
    });
    builder.build()
}

#[test]
fn p2_an_answer_after_the_deadline_is_refused_whoever_is_alive() {
    let plan = plan_with_gate(GateThen::Park);
    let mut play = Play::new(&plan, &[]);
    play.gate = None;
    play.go();
    let node = play.node("go");
    let late = crate::run::event::Event {
        seq: play.state.seq + 1,
        at: 101,
        kind: EventKind::GateAnswered { node, opening: 1, answer: Answer::Approved { choice: None }, by: Voter::Policy, note: None },
    };
    assert!(play.state.apply(&plan, &late).is_err());
}

#[test]
fn p2_then_rollback_acts_only_in_a_process_that_was_alive_at_the_deadline() {
    for (live, undone) in [(true, true), (false, false)] {
        let plan = plan_with_gate(GateThen::Rollback);
        let mut play = Play::new(&plan, &[]);
        play.gate = None;
        play.go();
        let node = play.node("go");
        play.record(EventKind::GateExpired { node, opening: 1, live });
        play.go();
        assert_eq!(play.deeds.contains(&"undo a@h".to_owned()), undone);
        assert_eq!(play.state.phase == Phase::RolledBack, undone);
    }
}

#[test]
fn p2_a_refusal_does_what_silence_does() {
    let plan = plan_with_gate(GateThen::End);
    let mut play = Play::new(&plan, &[]);
    play.gate = Some(Answer::Rejected);
    assert!(matches!(play.go(), Phase::Failed { .. }));
    assert_eq!(exit_status(&plan, &play.state), 1);
}

#[test]
fn p3_a_second_answer_is_no_event() {
    let plan = plan_with_gate(GateThen::Park);
    let mut play = Play::new(&plan, &[]);
    play.go();
    let node = play.node("go");
    let again = EventKind::GateAnswered { node, opening: 1, answer: Answer::Rejected, by: Voter::Policy, note: None };
    assert!(play.try_record(again).is_err());
}

#[test]
fn an_interrupt_starts_nothing_new_and_never_a_rollback_by_itself() {
    let plan = plan_with_boundary();
    let mut play = Play::new(&plan, &[("a@h", &[Fate::Hangs])]);
    play.go();
    play.record(EventKind::Interrupted);
    play.go();
    play.land("a@h");
    play.at_interrupt = InterruptAnswer::Park;
    assert!(matches!(play.go(), Phase::Parked { .. }));
    assert_eq!(play.deeds, ["run a@h"]);
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds, ["run a@h", "run b@h", "run c@h"]);
}

#[test]
fn k4_a_lost_attempt_is_undone_by_a_rollback() {
    let plan = plan_with_boundary();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Lost])]);
    play.at_failure = FailureAnswer::Park;
    assert!(matches!(play.go(), Phase::Parked { .. }));
    play.start(Purpose::Rollback { to: None });
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(play.deeds, ["run a@h", "run b@h", "undo b@h", "undo a@h"]);
}

#[test]
fn r2_a_boundary_around_the_one_that_failed_parks_too_past_its_own_point_of_no_return() {
    let mut forever = step();
    forever.irreversible = Some("gone".to_owned());
    forever.undo = UndoSpec::Unsaid;
    let mut builder = Builder::new(&["h"]);
    builder.boundary("outer", OnFailure::Rollback, |b| {
        b.step("gone", &["h"], &forever).step("a", &["h"], &step());
        b.boundary("inner", OnFailure::Rollback, |b| {
            b.step("b", &["h"], &step());
        });
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Fails])]);
    assert!(matches!(play.go(), Phase::Parked { .. }));
    assert_eq!(play.deeds, ["run gone@h", "run a@h", "run b@h", "undo b@h"], "only the boundary that failed is undone by itself");
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds[4..], ["run b@h"]);
}

#[test]
fn r5_a_scope_is_not_released_over_a_job_whose_end_cannot_be_shown() {
    let mut builder = Builder::new(&["h"]);
    builder.scope("outer", "h", Release::Always, |b| {
        b.scope("held", "h", Release::Always, |b| {
            b.step("a", &["h"], &step());
        });
    });
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("a@h", &[Fate::Unsettled, Fate::Unsettled])]);
    play.at_failure = FailureAnswer::Park;
    assert!(matches!(play.go(), Phase::Parked { .. }));
    play.start(Purpose::End);
    assert!(matches!(play.go(), Phase::Stuck { why } if why.contains("`a@h`")));
    assert_eq!(play.deeds, ["run outer@h", "run held@h", "run a@h"]);
}

#[test]
fn r7_what_an_unfinished_rollback_undid_runs_again_though_a_later_one_stopped_short_of_it() {
    let mut builder = Builder::new(&["h"]);
    builder.step("a", &["h"], &step()).step("b", &["h"], &step()).step("c", &["h"], &step()).step("d", &["h"], &step());
    let plan = builder.build();
    let mut play = Play::new(&plan, &[("d@h", &[Fate::Fails]), ("undo b@h", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Park;
    play.go();
    play.start(Purpose::Rollback { to: None });
    assert!(matches!(play.go(), Phase::Stuck { .. }));
    let c = play.node("c@h");
    play.start(Purpose::Rollback { to: Some(c) });
    assert!(matches!(play.go(), Phase::Parked { .. }));
    // What became of `b`, whose undo failed, only its own guards or a person can tell.
    play.start(Purpose::Resume);
    play.at_failure = FailureAnswer::MarkDone;
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(play.deeds[7..], ["run c@h", "run d@h"]);
}

#[test]
fn o4_a_run_is_ended_without_a_host_on_which_nothing_is_held_or_under_way() {
    for (scope, ended) in [(false, true), (true, false)] {
        let mut builder = Builder::new(&["h"]);
        if scope {
            builder.scope("held", "h", Release::Always, |b| {
                b.step("a", &["h"], &step());
            });
        } else {
            builder.step("a", &["h"], &step());
        }
        let plan = builder.build();
        let mut play = Play::new(&plan, &[("a@h", &[Fate::Fails])]);
        play.at_failure = FailureAnswer::Park;
        play.go();
        play.start(Purpose::End);
        play.record(EventKind::HostRefused { host: "h".to_owned(), why: "its memory is lost".to_owned(), how: Refusal::Unfit });
        assert_eq!(*play.go() == Phase::Ended, ended);
    }
}
