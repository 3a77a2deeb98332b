//! Locks as the decider sees them: all or none, before anything begins, kept while parked, given back at the end.

use grammar::source::{Span, Text};

use super::plans::{Builder, command, step};
use super::play::{Fate, Play};
use crate::plan::model::{Condition, FrameId, OnFailure, OnUnreachable, Plan, RequireSpec};
use crate::plan::template::Prose;
use crate::run::Effect;
use crate::run::event::{EventKind, FailureAnswer, Purpose};
use crate::run::state::Phase;
use crate::run::verdict::exit_status;

/// `a` on two hosts, then `b` on one of them.
fn plan() -> Plan {
    let mut builder = Builder::new(&["h", "g", "local"]);
    builder.lock("matomo").boundary("all", OnFailure::Rollback, |b| {
        b.step("a", &["h", "g"], &step()).step("b", &["h"], &step());
    });
    builder.build()
}

fn told(play: &Play<'_>) -> Vec<String> {
    let told = |kind: &EventKind| match kind {
        EventKind::LockTaken { host, .. } => Some(format!("take {host}")),
        EventKind::LockRefused { host, .. } => Some(format!("no {host}")),
        EventKind::LockReleased { host, .. } => Some(format!("free {host}")),
        EventKind::StepBegan { .. } => Some("run".to_owned()),
        EventKind::RunDone | EventKind::RunRefused { .. } | EventKind::RunParked { .. } | EventKind::PreflightFailed { .. } => Some("end".to_owned()),
        _ => None,
    };
    play.kinds().filter_map(told).collect()
}

/// Everything until the lock on `host` is to be taken, which is refused.
fn is_refused(play: &mut Play<'_>, host: &str) {
    while !matches!(play.next(), Some(Effect::TakeLock { host: next, .. }) if next == host) {
        play.step_once();
    }
    play.record(EventKind::LockRefused { host: host.to_owned(), lock: "matomo".to_owned(), why: "is held by others".to_owned() });
}

#[test]
fn locks_are_taken_in_one_order_before_anything_begins_and_given_back_before_the_end() {
    let plan = plan();
    let mut play = Play::new(&plan, &[]);
    assert_eq!(*play.go(), Phase::Done);
    assert_eq!(told(&play), ["take g", "take h", "run", "run", "run", "free g", "free h", "end"]);
}

#[test]
fn o1_locks_are_taken_all_or_none() {
    let plan = plan();
    let mut play = Play::new(&plan, &[]);
    is_refused(&mut play, "h");
    assert!(matches!(play.go(), Phase::Refused { why } if why.contains("h: the lock `matomo` is held by others")), "{:?}", play.state.phase);
    assert_eq!(told(&play), ["take g", "no h", "free g", "end"]);
    assert_eq!(exit_status(&plan, &play.state), 7);
}

#[test]
fn o4_locks_are_kept_while_the_run_is_parked_and_a_refused_resume_gives_nothing_up() {
    let plan = plan();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Fails])]);
    play.at_failure = FailureAnswer::Park;
    assert!(matches!(play.go(), Phase::Parked { .. }));
    assert_eq!(play.state.locks.len(), 2);
    play.start(Purpose::Resume);
    is_refused(&mut play, "h");
    assert!(matches!(play.go(), Phase::Parked { .. }));
    assert_eq!(play.state.locks.keys().map(|(host, _)| host.as_str()).collect::<Vec<_>>(), ["g"], "what was ours stays ours");
    assert_eq!(told(&play).last().map(String::as_str), Some("end"));
    play.start(Purpose::Rollback { to: None });
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(play.state.locks.len(), 0);
}

#[test]
fn o1_a_preflight_that_fails_behind_the_locks_gives_them_back_and_takes_none_again() {
    let mut plan = plan();
    let why = Prose::compile(&Text::verbatim("all is well", Span::default())).expect("it is prose");
    plan.requires =
        vec![RequireSpec { why, frame: FrameId(0), that: Condition::Succeeds(command()), hosts: vec!["h".to_owned()], unreachable: OnUnreachable::Fail }];
    let mut play = Play::new(&plan, &[]);
    while !matches!(play.next(), Some(Effect::AskRequire { .. })) {
        play.step_once();
    }
    play.record(EventKind::RequireFailed { require: 0, host: Some("h".to_owned()), why: "no".to_owned() });
    assert!(matches!(play.go(), Phase::Refused { .. }));
    assert_eq!(told(&play), ["take g", "take h", "free g", "free h", "end"]);
}

#[test]
fn a_holder_that_was_overtaken_starts_nothing_more_and_parks() {
    let plan = plan();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Hangs])]);
    play.go();
    let node = play.node("b@h");
    play.record(EventKind::StepVoided { node, attempt: 1, why: "overtaken".to_owned() });
    play.record(EventKind::LockLost { host: "h".to_owned(), lock: "matomo".to_owned(), why: "bo".to_owned() });
    assert!(matches!(play.go(), Phase::Parked { why } if why.contains("`matomo` on h was taken over") && why.contains("bo")), "{:?}", play.state.phase);
    assert_eq!(play.deeds, ["run a@h", "run a@g", "run b@h"], "nothing was undone, and nothing more began");
    // When it is ours again, the run goes on.
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::Done);
}

#[test]
fn a_rollback_whose_lock_is_lost_parks_in_the_middle_and_goes_on_later() {
    let plan = plan();
    let mut play = Play::new(&plan, &[("b@h", &[Fate::Fails]), ("undo b@h", &[Fate::Hangs])]);
    play.go();
    let node = play.node("b@h");
    play.record(EventKind::UndoVoided { node, attempt: 1, why: "overtaken".to_owned() });
    play.record(EventKind::LockLost { host: "h".to_owned(), lock: "matomo".to_owned(), why: "bo".to_owned() });
    assert!(matches!(play.go(), Phase::Parked { .. }));
    play.start(Purpose::Resume);
    assert_eq!(*play.go(), Phase::RolledBack);
    assert_eq!(play.deeds[3..], ["undo b@h", "undo b@h", "undo a@g", "undo a@h"]);
}

#[test]
fn a_lock_lies_on_this_machine_only_when_the_run_touches_no_other() {
    let mut builder = Builder::new(&["local"]);
    let alone = builder.lock("m").step("a", &["local"], &step()).build();
    assert_eq!(alone.lock_places(), [("local".to_owned(), "m".to_owned())]);
    assert_eq!(plan().lock_places(), [("g".to_owned(), "matomo".to_owned()), ("h".to_owned(), "matomo".to_owned())]);
}
