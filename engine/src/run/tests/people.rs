//! P2 and P3 on plans small enough to read: whose yes counts, and for how long.

use super::plans::{Builder, command, step};
use super::play::Play;
use crate::outcome::Identity;
use crate::plan::model::{GateSpec, GateThen, OnFailure, Plan, ShowSpec};
use crate::run::event::{Actor, Answer, EventKind, FailureAnswer, Purpose, Signed, Voter};
use crate::run::state::{Phase, Stage};

/// `a`, the gate `go` that shows `h`, then `b`.
fn plan_with(change: impl FnOnce(&mut GateSpec)) -> Plan {
    let mut builder = Builder::new(&["h"]);
    builder.boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h"], &step());
        b.gate_with("go", GateThen::Rollback, |gate| {
            gate.show = vec![ShowSpec { command: command(), host: "h".to_owned() }];
            change(gate);
        });
        b.step("b", &["h"], &step());
    });
    builder.build()
}

fn yes() -> Answer {
    Answer::Approved { choice: None }
}

fn at_the_gate(plan: &Plan) -> Play<'_> {
    let mut play = Play::new(plan, &[]);
    play.gate = None;
    play.go();
    assert!(matches!(play.stage("go"), Stage::Open { .. }));
    play
}

fn says(play: &mut Play<'_>, who: &str, answer: Answer) -> bool {
    let (node, by) = (play.node("go"), Voter::Person(who.to_owned()));
    let opening = play.state.node(node).openings;
    play.try_record(EventKind::GateAnswered { node, opening, answer, by, note: None }).is_ok()
}

#[test]
fn p3_a_yes_of_somebody_else_never_folds() {
    let plan = plan_with(|gate| gate.approvers = vec!["ada".to_owned(), "op".to_owned()]);
    let mut play = at_the_gate(&plan);
    assert!(!says(&mut play, "bo", yes()));
    assert!(says(&mut play, "op", yes()));

    let plan = plan_with(|gate| gate.second_person = true);
    let mut play = at_the_gate(&plan);
    assert!(!says(&mut play, "op", yes()), "`op` started it");
    assert!(says(&mut play, "ada", yes()));

    let plan = plan_with(|gate| (gate.second_person, gate.approvers) = (true, vec!["op".to_owned()]));
    let mut play = at_the_gate(&plan);
    assert!(!says(&mut play, "op", yes()) && !says(&mut play, "ada", yes()), "both must be so");
    assert!(says(&mut play, "op", Answer::Rejected), "a no is anybody's");
}

#[test]
fn p3_where_signers_are_named_a_yes_is_signed_and_a_no_is_anybodys() {
    let plan = plan_with(|gate| (gate.signed, gate.approvers) = (true, vec!["ada".to_owned()]));
    let mut play = at_the_gate(&plan);
    assert!(!says(&mut play, "ada", yes()), "an OS user of the same name");
    let node = play.node("go");
    let signed = |principal: &str| {
        let signed = Signed { principal: principal.to_owned(), head: String::new(), signature: String::new() };
        EventKind::GateAnswered { node, opening: 1, answer: yes(), by: Voter::Signed(Box::new(signed)), note: None }
    };
    assert!(play.try_record(signed("bo")).is_err(), "no approver");
    assert!(play.could(&EventKind::GateAnswered { node, opening: 1, answer: Answer::Rejected, by: Voter::Person("cy".to_owned()), note: None }));
    assert!(play.try_record(signed("ada")).is_ok());
}

#[test]
fn p3_a_gate_that_was_refused_is_neither_skipped_nor_marked_done() {
    let plan = plan_with(|_| {});
    let mut play = at_the_gate(&plan);
    assert!(says(&mut play, "ada", Answer::Rejected));
    let node = play.node("go");
    let said = |answer| EventKind::FailureAnswered { node, answer, by: Actor::Person("op".to_owned()), note: Some("in a hurry".to_owned()) };
    assert!(!play.could(&said(FailureAnswer::Skip)) && !play.could(&said(FailureAnswer::MarkDone)));
    assert!(play.could(&said(FailureAnswer::RollBack)));
}

#[test]
fn p3_the_policy_is_no_person() {
    let plan = plan_with(|gate| gate.second_person = true);
    let mut play = at_the_gate(&plan);
    let node = play.node("go");
    assert!(play.try_record(EventKind::GateAnswered { node, opening: 1, answer: yes(), by: Voter::Policy, note: None }).is_err());
}

#[test]
fn p2_an_answer_lapses_when_a_shown_host_has_rebooted_before_it_was_used() {
    let plan = plan_with(|_| {});
    let mut play = at_the_gate(&plan);
    assert!(says(&mut play, "ada", yes()));
    play.start(Purpose::Resume);
    let identity = Identity { machine_id: "h".to_owned(), boot_id: "2".to_owned(), life: "h".to_owned(), bash: true, sums: true };
    play.record(EventKind::HostGreeted { host: "h".to_owned(), identity, claims: Vec::new() });
    play.go();
    assert!(matches!(play.stage("go"), Stage::Open { opening: 2, .. }), "{:?}", play.stage("go"));
    assert_eq!(play.deeds, ["run a@h"]);
    // What was shown of the new boot counts.
    assert!(says(&mut play, "ada", yes()));
    assert_eq!(*play.go(), Phase::Done);
}

#[test]
fn p2_an_answer_that_was_used_does_not_lapse() {
    let plan = plan_with(|gate| gate.valid_for = Some(1));
    let mut play = at_the_gate(&plan);
    assert!(says(&mut play, "ada", yes()));
    let node = play.node("go");
    let lapsed = EventKind::GateLapsed { node, opening: 1, why: String::new() };
    assert!(play.could(&lapsed), "nothing has begun yet");
    assert_eq!(*play.go(), Phase::Done);
    assert!(play.try_record(lapsed).is_err());
}

#[test]
fn p2_what_was_guarded_behind_a_lapsed_answer_starts_over() {
    let plan = plan_with(|_| {});
    let mut play = at_the_gate(&plan);
    assert!(says(&mut play, "ada", yes()));
    play.step_once();
    assert!(matches!(play.stage("b@h"), Stage::Guarding { .. }), "{:?}", play.stage("b@h"));
    let node = play.node("go");
    play.record(EventKind::GateLapsed { node, opening: 1, why: String::new() });
    assert_eq!((play.stage("b@h"), play.stage("go")), (&Stage::Pending, &Stage::Pending));
    play.go();
    assert_eq!(play.deeds, ["run a@h"], "it is asked again first");
}
