//! R5: a scope that was kept is freed at a person's word, also when its run is over: once, by its own release.

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::sshd::Sshd;

/// Nobody can be asked for the release, so it is kept. `broken` lets the release fail, `slow` lets it wait for `enough`.
const TEXT: &str = r#"
runbook release.kept "Keep a scope" {
  param dir: path
  target there: host
  lock "release"
  during test.held(dir: dir) on there release ask {
    step inside on there { run `echo inside >> {{ dir }}/log`; undo none "a word" }
  }
  GATE
  step last on there { run `echo last >> {{ dir }}/log`; undo none "a word" }
}

action test.held(dir: path) {
  run  `echo hold >> {{ dir }}/log`
  undo ```
    echo release >>{{ dir }}/log
    test ! -e {{ dir }}/broken
    if [ -e {{ dir }}/slow ]; then until [ -e {{ dir }}/enough ]; do sleep 0.1; done; fi
    echo released >>{{ dir }}/log
    ```
}
"#;

const GATE: &str = r#"gate go "Go on?" { timeout 1h then park }"#;
const SCOPE: &str = "test.held@box";

fn kept(sshd: &Sshd, gate: &str, status: i32) -> Desk {
    let desk = Desk::new();
    // A lock is of a machine, and all tests are on this one.
    let text = TEXT.replace("GATE", gate).replace("\"release\"", &format!("\"release.{}\"", desk.path("").display().to_string().replace('/', "-")));
    let file = desk.file("kept.runbook", text).display().to_string();
    let (dir, config) = (format!("dir={}", desk.path("").display()), sshd.config().display().to_string());
    let ran = desk.runbook(["run", &file, "-p", &dir, "--ssh-config", &config, "--target", "there=box"]);
    assert_eq!(ran.status, status, "{ran:?}");
    assert!(ran.err.contains(&format!("held  {SCOPE}")) && !desk.read("log").contains("release"), "{ran:?}");
    desk
}

/// Parked at a gate inside the scope.
fn kept_open(sshd: &Sshd) -> Desk {
    let desk = Desk::new();
    let text = TEXT.replace("  lock \"release\"\n", "").replace("GATE", "").replace("    step inside", &format!("    {GATE}\n    step inside"));
    let text = text.replace("    gate go", "    step first on there { run `echo inside >> {{ dir }}/log`; undo none \"a word\" }\n    gate go");
    let file = desk.file("open.runbook", text).display().to_string();
    let (dir, config) = (format!("dir={}", desk.path("").display()), sshd.config().display().to_string());
    let ran = desk.runbook(["run", &file, "-p", &dir, "--ssh-config", &config, "--target", "there=box"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    desk
}

fn release(desk: &Desk) -> Ran {
    desk.runbook(["release", "last", SCOPE])
}

fn no_job_is_left(sshd: &Sshd) {
    let jobs = std::fs::read_dir(sshd.home("box").join(".local/state/runbook/jobs"));
    assert_eq!(jobs.map_or(0, Iterator::count), 0);
}

#[test]
fn r5_a_kept_scope_of_a_run_that_is_over_is_freed_and_then_nothing_is_held() {
    let sshd = Sshd::start(&["box"]);
    let desk = kept(&sshd, "", 6);
    let shown = desk.runbook(["show", "last"]).out;
    assert!(shown.contains("runbook release ") && shown.contains(SCOPE), "{shown}");
    let ran = release(&desk);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "hold\ninside\nlast\nrelease\nreleased\n");
    assert_eq!((desk.word().as_str(), desk.runbook(["verify", "last"]).status), ("done", 0));
    assert!(!desk.runbook(["show", "last"]).out.contains("runbook release"), "nothing is held any more");
    no_job_is_left(&sshd);
    // Once is enough, and there is nothing else to free.
    let again = release(&desk);
    assert!(again.status == 2 && again.err.contains("is released: only a scope that was kept is freed"), "{again:?}");
    let unknown = desk.runbook(["release", "last", "nope"]);
    assert!(unknown.status == 2 && unknown.err.contains("has no scope `nope`") && unknown.err.contains("it keeps none"), "{unknown:?}");
    // What is over stays so.
    for verb in ["resume", "rollback", "end"] {
        assert_eq!(desk.runbook([verb, "last"]).status, 1, "{verb}");
    }
}

#[test]
fn r5_a_release_that_fails_keeps_the_scope_and_is_tried_again() {
    let sshd = Sshd::start(&["box"]);
    let desk = kept(&sshd, "", 6);
    desk.file("broken", "");
    let ran = release(&desk);
    assert_eq!((ran.status, desk.word().as_str()), (1, "done"), "{ran:?}");
    let shown = desk.runbook(["show", "last"]).out;
    assert!(shown.contains("its release failed: exit status 1"), "{shown}");
    std::fs::remove_file(desk.path("broken")).expect("it was there");
    assert_eq!(release(&desk).status, 0);
    assert_eq!(desk.read("log"), "hold\ninside\nlast\nrelease\nrelease\nreleased\n");
    no_job_is_left(&sshd);
}

#[test]
fn r5_a_release_whose_process_is_killed_goes_on_and_runs_once() {
    let sshd = Sshd::start(&["box"]);
    let desk = kept(&sshd, "", 6);
    desk.file("slow", "");
    let mut engine = desk.start(["release", "last", SCOPE]);
    until("it is being released", || desk.read("log").ends_with("release\n"));
    engine.kill();
    // The run is over: nothing else goes on with it.
    assert_eq!(desk.runbook(["resume", "last"]).status, 1);
    let shown = desk.runbook(["show", "last"]).out;
    assert!(shown.contains("runbook release "), "{shown}");
    desk.file("enough", "");
    let ran = release(&desk);
    assert_eq!((ran.status, desk.word().as_str()), (0, "done"), "{ran:?}");
    assert_eq!(desk.read("log"), "hold\ninside\nlast\nrelease\nreleased\n");
}

#[test]
fn r5_a_host_that_is_gone_changes_nothing_and_is_waited_for_by_nobody() {
    let mut sshd = Sshd::start(&["box"]);
    let desk = kept(&sshd, "", 6);
    sshd.stop("box");
    let ran = release(&desk);
    assert!(ran.status == 1 && ran.err.contains("the run stands as it stood before"), "{ran:?}");
    assert!(desk.runbook(["show", "last"]).out.contains("runbook release "));
    sshd.start_again("box");
    assert_eq!(release(&desk).status, 0);
}

#[test]
fn r5_a_scope_of_a_run_that_waits_is_freed_when_it_is_parked_and_the_run_goes_on() {
    let sshd = Sshd::start(&["box"]);
    let desk = kept(&sshd, GATE, 3);
    // It waits, and is not parked: who goes on with it may still need it.
    let early = release(&desk);
    assert!(early.status == 2 && early.err.contains("when its run stands still"), "{early:?}");
    assert_eq!(desk.runbook(["reject", "last", "go"]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 3);
    assert_eq!(desk.word(), "parked");
    let ran = release(&desk);
    assert_eq!((ran.status, desk.word().as_str()), (3, "parked"), "{ran:?}");
    for (verb, status) in [("resume", 3), ("approve", 0), ("resume", 0)] {
        let args = if verb == "approve" { vec![verb, "last", "go"] } else { vec![verb, "last"] };
        let ran = desk.runbook(args);
        assert_eq!(ran.status, status, "{ran:?}");
    }
    assert_eq!(desk.read("log"), "hold\ninside\nrelease\nreleased\nlast\n");
}

#[test]
fn r5_who_ends_a_run_says_what_becomes_of_a_scope_whatever_its_policy() {
    let sshd = Sshd::start(&["box"]);
    for (option, log, status) in [("--release", "hold\ninside\nrelease\nreleased\n", 0), ("--keep", "hold\ninside\n", 0)] {
        // The scope is still open at a gate in it.
        let desk = kept_open(&sshd);
        let wrong = desk.runbook(["end", "last", option, "nope"]);
        assert!(wrong.status == 2 && wrong.err.contains(&format!("it holds {SCOPE}")), "{wrong:?}");
        let both = desk.runbook(["end", "last", "--keep", "test.held", "--release", SCOPE]);
        assert!(both.status == 2 && both.err.contains("both"), "{both:?}");
        let ran = desk.runbook(["end", "last", option, "test.held"]);
        assert_eq!((ran.status, desk.word().as_str()), (status, "ended"), "{ran:?}");
        assert_eq!(desk.read("log"), log);
        // What was kept is freed later.
        assert_eq!(release(&desk).status, if option == "--keep" { 0 } else { 2 });
        assert!(desk.read("log").ends_with("released\n"));
    }
}
