//! What is seen, at which width.

use super::*;
use crate::outcome::Exit;
use crate::report::sample::{planned, ready};
use crate::report::usual::{Earlier, Names};

const FLEET: &str = r#"
runbook sample.fleet "A fleet" {
  target web = ["web1", "web2", "web3", "web4", "web5"]
  target db: host = "db1"
  lock "fleet"
  boundary work {
    budget 20m
    step stop on db { run `systemctl stop replication-of-everything`; undo `systemctl start x`; expect 20s }
    step restart on web { run `systemctl restart apache2`; tolerate 2; undo `true`; expect 1m }
    gate go "Really?" { timeout 30m then rollback }
    step start on db { run `systemctl start x`; undo `systemctl stop x` }
  }
}
"#;

/// Events, each so many seconds after the first.
struct Story {
    plan: Plan,
    events: Vec<Event>,
    state: RunState,
    live: Live,
}

impl Story {
    fn new() -> Self {
        let plan = planned(FLEET);
        let (state, live) = (RunState::new(&plan), Live::default());
        let mut story = Self { plan, events: Vec::new(), state, live };
        let kinds = ready(&story.plan);
        let (passed, greeted) = kinds.split_last().expect("they pass");
        greeted.iter().for_each(|kind| story.at(0, kind.clone()));
        for (number, (host, lock)) in (1..).zip(story.plan.lock_places()) {
            story.at(1, EventKind::LockTaken { host, lock, number, over: None, reason: None });
        }
        story.at(2, passed.clone());
        story
    }

    fn at(&mut self, seconds: i64, kind: EventKind) {
        let event = Event { seq: self.state.seq + 1, at: seconds * 1000, kind };
        self.state.apply(&self.plan, &event).unwrap_or_else(|e| panic!("{e}: {event:?}"));
        self.live.take(&event);
        self.events.push(event);
    }

    fn node(&self, path: &str) -> NodeId {
        self.plan.find(path)[0]
    }

    fn begins(&mut self, seconds: i64, path: &str) {
        let node = self.node(path);
        self.at(seconds, EventKind::NodeReached { node, now: seconds * 1000 });
        self.at(seconds, EventKind::StepBegan { node, attempt: 1, epoch: 1 });
    }

    fn ends(&mut self, seconds: i64, path: &str, exit: i32) {
        let node = self.node(path);
        self.at(seconds, EventKind::StepEnded { node, attempt: 1, ended: Exit::Code(exit).into(), captures: Vec::new(), capture_error: None });
    }

    fn seen(&self, seconds: i64, columns: usize, rows: usize) -> String {
        let lines = self.live.lines(&self.plan, &self.state, seconds * 1000, Room { columns, rows });
        assert!(lines.len() <= rows.max(4), "{lines:#?}");
        let lines: Vec<String> = lines.iter().map(|line| line.text().trim_end().to_owned()).collect();
        assert!(lines.iter().all(|line| line.chars().count() <= columns), "{lines:#?}");
        lines.join("\n")
    }
}

fn in_the_middle() -> Story {
    let mut story = Story::new();
    story.begins(3, "stop@db1");
    story.ends(13, "stop@db1", 0);
    for host in ["web1", "web2", "web3", "web4"] {
        story.begins(14, &format!("restart@{host}"));
    }
    story.ends(60, "restart@web1", 0);
    story.ends(61, "restart@web2", 5);
    let node = story.node("restart@web2");
    story.at(61, EventKind::FailureTolerated { node, ends: None, why: "exit status 5".to_owned() });
    story.live.said(story.node("restart@web3"), "waiting for 12 connections to drain");
    story
}

#[test]
fn a_fleet_is_folded_and_what_runs_is_seen_with_what_it_said_last() {
    insta::assert_snapshot!(in_the_middle().seen(75, 80, 12));
}

#[test]
fn at_40_columns_no_line_wraps_and_the_time_comes_first() {
    insta::assert_snapshot!(in_the_middle().seen(75, 40, 12));
}

#[test]
fn where_there_is_little_room_the_rest_is_counted() {
    let seen = in_the_middle().seen(75, 80, 5);
    assert!(seen.contains("more") && seen.contains("lock fleet") && seen.contains("budget"), "{seen}");
}

#[test]
fn a_gate_says_how_long_it_still_waits_and_nothing_is_said_of_an_end() {
    let mut story = in_the_middle();
    story.ends(80, "restart@web3", 0);
    story.ends(81, "restart@web4", 0);
    story.begins(82, "restart@web5");
    story.ends(90, "restart@web5", 0);
    let node = story.node("go");
    story.at(90, EventKind::NodeReached { node, now: 90_000 });
    let gate =
        EventKind::GateOpened { node, opening: 1, question: "Really?".to_owned(), deadline: 1_890_000, evidence: Vec::new(), evidence_hash: String::new() };
    story.at(90, gate);
    let seen = story.seen(150, 80, 12);
    assert!(seen.contains("waits for an answer, 29m left"), "{seen}");
    assert!(!seen.lines().next().expect("a head").contains(" left"), "{seen}");
}

#[test]
fn a_budget_that_is_nearly_spent_is_seen() {
    let story = in_the_middle();
    let seen = |seconds: i64| story.live.lines(&story.plan, &story.state, seconds * 1000, Room { columns: 80, rows: 12 });
    let budget = |seconds| seen(seconds).into_iter().find(|line| line.text().contains("budget")).expect("a budget");
    assert_eq!(budget(14 * 60).text(), "  budget  13m 57s of 20m  work");
    assert_eq!(budget(14 * 60).0[1].0, crate::report::tone::Tone::Plain);
    assert_eq!(budget(17 * 60).0[1].0, crate::report::tone::Tone::Warn);
    assert!(budget(21 * 60).text().contains("spent: 20m 57s of 20m"), "{}", budget(21 * 60).text());
}

#[test]
fn what_earlier_runs_took_counts_more_than_what_was_expected() {
    let mut story = in_the_middle();
    let head = |story: &Story| story.seen(75, 80, 12).lines().next().expect("a head").to_owned();
    // A minute each by `expect`; the fifth has not begun.
    assert!(head(&story).contains("at least 1m left"), "{}", head(&story));
    let names = Names::of(&serde_json::to_vec(&story.plan).expect("JSON")).expect("its nodes");
    story.live.usual = Usual::of([Earlier { nodes: &names, events: &story.events }]);
    assert!(head(&story).contains("at least 46s left"), "{}", head(&story));
}

#[test]
fn what_is_left_takes_longer_when_less_goes_side_by_side() {
    let mut story = Story::new();
    story.begins(3, "stop@db1");
    story.ends(13, "stop@db1", 0);
    for (jobs, left) in [(1, "at least 5m left"), (2, "at least 2m 30s left"), (8, "at least 1m left")] {
        story.state.jobs = jobs;
        let seen = story.seen(14, 80, 12);
        assert!(seen.contains(left), "{jobs}: {seen}");
    }
}
