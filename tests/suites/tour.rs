//! The README's first command: what a newcomer sees.

use crate::harness::desk::{Desk, Ran};

fn tour(desk: &Desk, more: &[&str]) -> Ran {
    let site = format!("folder={}", desk.path("site").display());
    let file = format!("{}/../runbooks/tour/publish.runbook", env!("CARGO_MANIFEST_DIR"));
    desk.runbook(["run", &file, "-p", &site].iter().chain(more))
}

#[test]
fn the_tour_waits_at_its_gate_and_goes_live_when_it_is_approved() {
    let desk = Desk::new();
    let ran = tour(&desk, &[]);
    assert_eq!(ran.status, 3, "without a terminal it waits: {ran:?}");
    assert!(ran.err.starts_with("run "), "{}", ran.err);
    assert_eq!(desk.word(), "waiting");
    assert_eq!(desk.runbook(["approve", "last", "go-live"]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
    assert_eq!(desk.read("site/live/index.html"), "Hello from release 2.0\n");
    assert_eq!(desk.runbook(["verify", "last"]).status, 0);
}

#[test]
fn the_broken_tour_is_rolled_back_and_leaves_the_old_release_live() {
    let desk = Desk::new();
    assert_eq!(tour(&desk, &["--answer", "go-live=yes"]).status, 0);
    let ran = tour(&desk, &["-p", "release=3.0", "-p", "broken=true", "--answer", "go-live=yes"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(desk.word(), "rolled_back");
    assert_eq!(desk.read("site/live/index.html"), "Hello from release 2.0\n");
    assert!(!desk.path("site/releases/3.0").exists());
}

#[test]
fn a_refused_gate_does_what_its_timeout_would() {
    let desk = Desk::new();
    tour(&desk, &[]);
    assert_eq!(desk.runbook(["reject", "last", "go-live"]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 3, "the empty site stands outside the boundary");
    assert_eq!(desk.stage("upload@local"), "undone");
    assert!(!desk.path("site/releases/2.0").exists());
}
