//! The README's first command: what a newcomer sees.

use crate::harness::desk::{Desk, Ran};
use crate::harness::faults::Piece;
use crate::harness::trial::{End, Trial};
use crate::harness::walk::AtTheDesk;

const PUBLISH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/tour/publish.runbook");

fn tour(desk: &Desk, more: &[&str]) -> Ran {
    let site = format!("folder={}", desk.path("site").display());
    desk.runbook(["run", PUBLISH, "-p", &site].iter().chain(more))
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

#[test]
fn every_runbook_of_the_tree_is_tried_in_the_lab_by_one_command() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let desk = Desk::new();
    let mut tried = 0;
    for folder in ["matomo", "mattermost", "wikitech"] {
        for entry in std::fs::read_dir(format!("{root}/runbooks/{folder}")).expect("the folder") {
            let path = entry.expect("an entry").path();
            let Some(name) = path.file_name().and_then(|n| n.to_str()?.strip_suffix(".runbook")) else { continue };
            if !std::fs::read_to_string(&path).expect("a text").lines().any(|line| line.starts_with("runbook ")) {
                continue;
            }
            let printed =
                std::process::Command::new(format!("{root}/tests/lab/try")).args(["--print", &format!("{folder}/{name}")]).output().expect("bash runs");
            assert!(printed.status.success(), "{folder}/{name}: {printed:?}");
            let words = String::from_utf8_lossy(&printed.stdout).into_owned();
            // The hosts are not up, so nothing is asked of them.
            let words = words.lines().filter(|word| *word != "--ssh-config" && !word.starts_with('/')).map(|word| match word {
                "run" => "plan".to_owned(),
                word if word.starts_with("runbooks/") => format!("{root}/{word}"),
                word => word.to_owned(),
            });
            let planned = desk.runbook(words.collect::<Vec<_>>());
            assert_eq!(planned.status, 0, "{folder}/{name}: {planned:?}");
            tried += 1;
        }
    }
    assert_eq!(tried, 12, "as many as the lab's page lists");
}

#[test]
fn the_tour_with_a_fault_at_each_step_ends_as_its_boundary_says() {
    let desk = Desk::new();
    assert_eq!(tour(&desk, &["--answer", "go-live=yes"]).status, 0);
    // The first step stands outside the boundary: with a site that is there it has nothing to do.
    let args = |file: &str, piece: &Piece| {
        let folder = if piece.id == "lay-out" { "none-yet" } else { "site" };
        let _ = std::fs::remove_dir_all(desk.path("none-yet"));
        ["run", file, "-p", "release=3.0", "-p", &format!("folder={}", desk.path(folder).display())].map(str::to_owned).to_vec()
    };
    // The note of what was live before stays, for whoever asks.
    let look = || {
        let site = desk.path("site").display().to_string();
        crate::harness::scratch::run("sh", ["-c", &format!("cd {site}; find . ! -name before -printf '%p %y %l\\n' | sort; cat live/*")])
    };
    let mut trial = Trial::new(&AtTheDesk, PUBLISH, &args, &look);
    trial.ends = &|piece, _| Some(if piece.id == "lay-out" { End::Parks } else { End::Back });
    trial.run();
}
