//! K1 to K4: the engine dies with SIGKILL in the middle of a step, and a resume gives each step's effect once.

use crate::harness::desk::{Desk, until};
use crate::harness::sshd::Sshd;

/// Each step says that it began, works for a while, and says that it ended.
const WORK: &str = r#"
runbook crash.work "Three slow steps" {
  param dir: path
  target there: host = local
  boundary all "All of it" {
    step one on there   { run `echo one >> {{ dir }}/log;   touch {{ dir }}/one;   sleep 2; echo end-one >> {{ dir }}/log`;   undo `echo undo-one >> {{ dir }}/log` }
    step two on there   { run `echo two >> {{ dir }}/log;   touch {{ dir }}/two;   sleep 2; echo end-two >> {{ dir }}/log`;   undo `echo undo-two >> {{ dir }}/log` }
    step three on there { run `echo three >> {{ dir }}/log; touch {{ dir }}/three; sleep 2; echo end-three >> {{ dir }}/log`; undo `echo undo-three >> {{ dir }}/log` }
  }
}
"#;

fn kill_in_the_middle_and_resume(desk: &Desk, step: &str, pause: u64, more: &[&str]) {
    let file = desk.file("work.runbook", WORK).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let mut engine = desk.start(["run", &file, "-p", &dir].iter().chain(more));
    until(&format!("`{step}` began"), || desk.path(step).exists());
    engine.kill();
    // With a pause the job ends while nobody watches; without one it is still running.
    std::thread::sleep(std::time::Duration::from_secs(pause));
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "one\nend-one\ntwo\nend-two\nthree\nend-three\n", "killed in `{step}`");
    assert_eq!(desk.runbook(["verify", "last"]).status, 0);
}

#[test]
fn k2_killed_in_the_middle_of_each_step_locally_a_resume_gives_each_effect_once() {
    for (step, pause) in [("one", 0), ("two", 3), ("three", 0)] {
        kill_in_the_middle_and_resume(&Desk::new(), step, pause, &[]);
    }
}

#[test]
fn k2_killed_in_the_middle_of_each_step_over_ssh_a_resume_gives_each_effect_once() {
    let sshd = Sshd::start(&["box"]);
    let config = sshd.config().to_string_lossy().into_owned();
    for (step, pause) in [("one", 0), ("two", 3), ("three", 0)] {
        kill_in_the_middle_and_resume(&Desk::new(), step, pause, &["--ssh-config", &config, "--target", "there=box"]);
    }
}

/// A step that began and whose host lost its memory with the connection may have done anything: it is not "refused".
#[test]
fn k3_a_step_whose_host_forgets_it_with_the_connection_is_unknown_and_never_not_begun() {
    let sshd = Sshd::start(&["box"]);
    let desk = Desk::new();
    let file = desk.file("work.runbook", WORK.replace("\"All of it\" {", "\"All of it\" {\n    on_failure park")).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let config = sshd.config().to_string_lossy().into_owned();
    let mut engine = desk.start(["run", &file, "-p", &dir, "--ssh-config", &config, "--target", "there=box"]);
    until("`two` began", || desk.path("two").exists());
    std::fs::remove_dir_all(sshd.home("box").join(".local/state/runbook/jobs")).expect("its memory");
    sshd.drop_connections("box");
    assert_eq!(engine.wait(), 3);
    assert_eq!(desk.stage("two@box"), "unknown");
    assert!(desk.runbook(["show", "last"]).out.contains("no longer remembers this run"));
}

/// The connection goes, the job goes on, and its result is taken over once.
#[test]
fn k2_a_lost_connection_loses_neither_the_job_nor_its_result() {
    let sshd = Sshd::start(&["box"]);
    let desk = Desk::new();
    let file = desk.file("work.runbook", WORK).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let config = sshd.config().to_string_lossy().into_owned();
    let mut engine = desk.start(["run", &file, "-p", &dir, "--ssh-config", &config, "--target", "there=box"]);
    until("`two` began", || desk.path("two").exists());
    sshd.drop_connections("box");
    assert_eq!(engine.wait(), 0);
    assert_eq!(desk.read("log"), "one\nend-one\ntwo\nend-two\nthree\nend-three\n");
}

/// Killed while it rolls back: the resume goes on rolling back, in reverse.
#[test]
fn r6_killed_in_the_middle_of_an_undo_a_resume_finishes_the_rollback() {
    let desk = Desk::new();
    let text = r#"
runbook crash.undo "A slow way back" {
  param dir: path
  boundary all "All of it" {
    step one on local { run `echo one >> {{ dir }}/log`; undo `echo undo-one >> {{ dir }}/log` }
    step two on local { run `echo two >> {{ dir }}/log`; undo `touch {{ dir }}/undoing; sleep 2; echo undo-two >> {{ dir }}/log` }
    step bad on local { run `exit 7`; undo none "it does nothing" }
  }
}
"#;
    let file = desk.file("undo.runbook", text).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let mut engine = desk.start(["run", &file, "-p", &dir]);
    until("the undo began", || desk.path("undoing").exists());
    engine.kill();
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(desk.read("log"), "one\ntwo\nundo-two\nundo-one\n");
}

/// What ended well while nobody watched is undone by a rollback, and is not told as a failure.
#[test]
fn k4_a_step_that_a_rollback_finds_ended_well_is_not_told_as_failed() {
    let desk = Desk::new();
    let file = desk.file("work.runbook", WORK).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let mut engine = desk.start(["run", &file, "-p", &dir]);
    until("`one` began", || desk.path("one").exists());
    engine.kill();
    let ran = desk.runbook(["rollback", "last"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(desk.read("log"), "one\nend-one\nundo-one\n");
    assert!(!format!("{}{}", ran.out, ran.err).contains("failed"), "{ran:?}");
}

/// The memory of the run is gone with its folder: nothing can be sent there any more, but the run can be closed.
#[test]
fn k3_a_run_whose_job_folder_was_deleted_is_ended_as_it_stands() {
    let desk = Desk::new();
    let file = desk.file("bad.runbook", "runbook gone.folder \"Gone\" {\n  step bad on local { run `exit 7`; undo none \"it does nothing\" }\n}\n");
    assert_eq!(desk.runbook(["run".as_ref(), file.as_os_str()]).status, 3);
    std::fs::remove_dir_all(desk.home().join(".local/state/runbook/jobs")).expect("the job folders");
    assert_eq!(desk.runbook(["resume", "last"]).status, 3);
    let ran = desk.runbook(["end", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.word(), "ended");
}
