//! A run is looked at from elsewhere: `watch`, and `log --follow`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::harness::desk::{Desk, Running, until};
use crate::harness::glass::Glass;

const SLOW: &str = r#"
runbook watch.slow "A slow step" {
  param dir: path
  boundary all "All of it" {
    step first on local { run `echo the first`; undo none "nothing" }
    step slow on local {
      run `echo early; printf 'half %s\n' 'way there'; touch {{ dir }}/began; until test -e {{ dir }}/go; do sleep 0.05; done; echo late; echo bad >&2; grep -q 0 {{ dir }}/go`
      undo none "nothing"
    }
    gate after "Go on?" { timeout 10m then park }
    step last on local { run `true`; undo none "nothing" }
  }
}
"#;

/// It runs elsewhere, in the middle of its slow step.
fn driven(desk: &Desk) -> Running {
    let file = desk.file("watch.runbook", SLOW);
    let dir = format!("dir={}", desk.path("").display());
    let running = desk.start(["run".as_ref(), file.as_os_str(), "-p".as_ref(), dir.as_ref()]);
    until("the step began", || desk.path("began").exists());
    running
}

fn looking(desk: &Desk, args: &[&str]) -> Child {
    desk.command().args(args).spawn().expect("the binary runs")
}

/// What it wrote to both of its streams, and its exit status.
fn seen(child: Child) -> (String, String, i32) {
    let output = child.wait_with_output().expect("it was started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap_or(-1))
}

#[test]
fn another_terminal_sees_the_same_until_the_run_waits_for_a_person() {
    let desk = Desk::new();
    let mut running = driven(&desk);
    let seat = Glass::at(&desk, 80, &["watch", "last"]);
    let screen = seat.sees("│ half way there");
    let told = screen.join("\n");
    assert!(told.contains("1 of 3 done, 1 running, 1 waiting") && told.contains("slow@local"), "{told}");
    desk.file("go", "0");
    let (screen, status) = seat.ends();
    let told = screen.join("\n");
    // Nobody is there to be asked, so its process left.
    assert_eq!((status, running.wait()), (3, 3), "{told}");
    assert!(told.contains("ok  slow@local") && told.contains("waiting  watch.slow") && told.contains("runbook approve"), "{told}");
    assert!(!told.contains("half way"), "the region is gone: {told}");
}

#[test]
fn without_a_terminal_it_is_lines_and_it_ends_as_the_run_ends() {
    let desk = Desk::new();
    let mut running = driven(&desk);
    let child = looking(&desk, &["watch", "last"]);
    desk.file("go", "1");
    let (out, err, status) = seen(child);
    assert_eq!((status, running.wait()), (4, 4), "{err}");
    assert!(out.is_empty() && !err.contains('\u{1b}'), "{err}");
    let failed = err.lines().position(|line| line.contains("failed  slow@local")).unwrap_or_else(|| panic!("{err}"));
    assert!(err.lines().nth(failed).is_some_and(|line| line.starts_with("20")), "with its day: {err}");
    assert!(err.lines().nth(failed + 1).is_some_and(|line| line.contains("│ bad")), "and what it said last: {err}");
    assert!(err.contains("rolled back  watch.slow"), "{err}");
}

#[test]
fn who_looks_on_may_leave_and_the_run_does_not_notice() {
    let desk = Desk::new();
    let mut running = driven(&desk);
    let seat = Glass::at(&desk, 80, &["watch", "last"]);
    seat.sees("half way there");
    let before = desk.events().len();
    let mut seat = seat;
    seat.signal(rexpect::process::Signal::SIGINT);
    let (screen, status) = seat.ends();
    assert_eq!(status, 130, "{screen:#?}");
    assert!(screen.join("\n").contains("the run goes on"), "{screen:#?}");
    assert_eq!(desk.events().len(), before, "nothing was written");
    desk.file("go", "0");
    assert_eq!(running.wait(), 3);
}

#[test]
fn a_run_whose_process_was_killed_is_told_as_one_that_nobody_drives() {
    let desk = Desk::new();
    let mut running = driven(&desk);
    let child = looking(&desk, &["watch", "last"]);
    running.kill();
    let (_, err, status) = seen(child);
    assert_eq!(status, 3, "{err}");
    assert!(err.contains("no process drives it now") && err.contains("runbook resume"), "{err}");
    desk.file("go", "0");
}

#[test]
fn a_run_that_is_over_is_told_at_once() {
    let desk = Desk::new();
    let file = desk.file("done.runbook", "runbook watch.done \"D\" {\n  step one on local { run `true` }\n}\n");
    assert_eq!(desk.runbook(["run".as_ref(), file.as_os_str()]).status, 0);
    let ran = desk.runbook(["watch", "last"]);
    assert!(ran.status == 0 && ran.err.contains("done  watch.done  1 of 1 step done"), "{ran:?}");
}

#[test]
fn a_log_is_followed_to_the_end_in_words_in_json_and_of_one_step() {
    let desk = Desk::new();
    let mut running = driven(&desk);
    let mut step = desk.command().args(["log", "last", "slow", "--follow"]).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut printed = BufReader::new(step.stdout.take().expect("a pipe"));
    let mut line = || {
        let mut line = String::new();
        printed.read_line(&mut line).expect("a line");
        line
    };
    // What was printed before is there, and what comes comes while it runs.
    assert_eq!((line(), line()), ("early\n".to_owned(), "half way there\n".to_owned()));
    let (words, json) = (looking(&desk, &["log", "last", "--follow"]), looking(&desk, &["log", "last", "--follow", "--format", "json"]));
    desk.file("go", "0");
    assert_eq!(line(), "late\n");
    assert_eq!(line(), "", "and no more");
    let (_, err, status) = seen(step);
    assert!(status == 0 && err.contains("bad"), "{err}");
    let (out, err, status) = seen(words);
    assert_eq!(status, 0, "{err}");
    for words in ["begin  slow@local", "ok  slow@local", "gate  after"] {
        assert_eq!(out.matches(words).count(), 1, "{words}: {out}");
    }
    let (out, _, _) = seen(json);
    let numbers: Vec<u64> = out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["seq"].as_u64().expect("a number")).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "each once");
    assert_eq!(running.wait(), 3);
    assert_eq!(numbers.len(), desk.events().len());
}
