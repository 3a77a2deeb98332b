//! P1, P2: a person at a real terminal. What is asked can be read, what is typed is understood, nothing is guessed.

use std::process::Stdio;

use rexpect::process::Signal;

use crate::harness::desk::{Desk, until};
use crate::harness::seat::Seat;
use crate::harness::sshd::Sshd;

/// The second step fails until it is mended.
const FAILING: &str = r#"
runbook term.fails "Fails until it is mended" {
  param dir: path
  target there: host = local
  boundary all "All of it" {
    step one on there   { run `echo one >> {{ dir }}/log`; undo `echo undo-one >> {{ dir }}/log` }
    step two on there   { run `echo two >> {{ dir }}/log; test -e {{ dir }}/mended || { echo "the disk is read-only" >&2; exit 3; }`; undo `echo undo-two >> {{ dir }}/log` }
    step three on there { run `echo three >> {{ dir }}/log`; undo `echo undo-three >> {{ dir }}/log` }
  }
}
"#;

const MENU: &str = "your choice: ";

fn failed(desk: &Desk, more: &[&str]) -> Seat {
    let file = desk.file("fails.runbook", FAILING).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let args: Vec<&str> = ["run", &file, "-p", &dir].iter().chain(more).copied().collect();
    let mut seat = Seat::at(desk, &args);
    // All that is needed for an answer stands above the question.
    let shown = seat.sees(MENU);
    for words in ["two@", "exit status 3", "the disk is read-only", "changed so far", "one@", "rolling back would run", "undo-two", "undo-one", "roll back"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    seat
}

fn over_ssh() -> (Sshd, Vec<String>) {
    let sshd = Sshd::start(&["box"]);
    let more = ["--ssh-config", &sshd.config().to_string_lossy(), "--target", "there=box"].map(str::to_owned).to_vec();
    (sshd, more)
}

fn retry(desk: &Desk, more: &[&str]) {
    let mut seat = failed(desk, more);
    seat.types("r");
    seat.sees(MENU);
    desk.file("mended", "");
    seat.types("retry");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(desk.read("log"), "one\ntwo\ntwo\ntwo\nthree\n");
}

fn roll_back(desk: &Desk, more: &[&str]) {
    let mut seat = failed(desk, more);
    seat.types("b");
    let (rest, status) = seat.ends();
    assert_eq!(status, 4, "{rest}");
    assert!(rest.contains("nothing of this run stands"), "{rest}");
    assert_eq!(desk.read("log"), "one\ntwo\nundo-two\nundo-one\n");
}

#[test]
fn p1_a_failed_step_is_retried_until_it_holds() {
    retry(&Desk::new(), &[]);
}

#[test]
fn p1_a_failed_step_is_retried_over_ssh() {
    let (_sshd, more) = over_ssh();
    retry(&Desk::new(), &more.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn p1_a_failed_step_is_rolled_back() {
    roll_back(&Desk::new(), &[]);
}

#[test]
fn p1_a_failed_step_is_rolled_back_over_ssh() {
    let (_sshd, more) = over_ssh();
    roll_back(&Desk::new(), &more.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn p5_a_failed_step_is_marked_done_only_with_a_reason_and_the_record_shows_it() {
    let desk = Desk::new();
    let mut seat = failed(&desk, &[]);
    seat.types("d");
    seat.sees("why is it done?");
    // Without a reason it is not: the question before comes back.
    seat.types("");
    seat.sees(MENU);
    seat.types("d");
    seat.sees("why is it done?");
    seat.types("remounted it by hand");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(desk.stage("two@local"), "marked_done");
    assert_eq!(desk.read("log"), "one\ntwo\nthree\n");
    let shown = desk.runbook(["show", "last"]);
    assert!(shown.out.contains("remounted it by hand"), "{}", shown.out);
    // What its own guards said stands beside the reason.
    assert!(shown.out.contains("neither `verify` nor `check`"), "{}", shown.out);
}

#[test]
fn p1_on_this_machine_the_shell_is_the_persons_own() {
    let desk = Desk::new();
    let shell = desk.file("my-shell", "#!/bin/sh\necho mine with $0\nread word\nexit 7\n");
    std::fs::set_permissions(&shell, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it may be run");
    let file = desk.file("fails.runbook", FAILING).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let mut seat = Seat::with(&desk, 80, &[("TERM", "xterm"), ("SHELL", &shell.to_string_lossy())], true, &["run", &file, "-p", &dir]);
    seat.sees(MENU);
    seat.types("shell");
    seat.sees("mine with");
    seat.types("bye");
    // Its own status says nothing about the step.
    seat.sees(MENU);
    seat.types("p");
    assert_eq!(seat.ends().1, 3);
}

#[test]
fn p1_a_failed_step_is_skipped_with_a_reason() {
    let desk = Desk::new();
    let mut seat = failed(&desk, &[]);
    seat.types("skip");
    seat.sees("why?");
    seat.types("not needed tonight");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(desk.stage("two@local"), "skipped_by_person");
    let shown = desk.runbook(["show", "last"]);
    assert!(shown.out.contains("not needed tonight"), "{}", shown.out);
}

#[test]
fn p1_a_failed_step_is_parked_and_a_resume_at_a_terminal_asks_again() {
    let desk = Desk::new();
    let mut seat = failed(&desk, &[]);
    seat.types("p");
    let (rest, status) = seat.ends();
    assert_eq!(status, 3, "{rest}");
    for words in ["parked", "runbook resume", "runbook rollback", "runbook end", "runbook log"] {
        assert!(rest.contains(words), "{words}: {rest}");
    }
    assert_eq!(desk.word(), "parked");
    assert_eq!(desk.read("log"), "one\ntwo\n");
    desk.file("mended", "");
    let mut seat = Seat::at(&desk, &["resume", "last"]);
    seat.sees(MENU);
    seat.types("r");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(desk.read("log"), "one\ntwo\ntwo\nthree\n");
}

#[test]
fn what_is_not_understood_is_asked_again_and_does_nothing() {
    let desk = Desk::new();
    let mut seat = failed(&desk, &[]);
    for line in ["", "y", "yes", "R", "retry now", "\u{1b}[A", "x"] {
        seat.types(line);
        seat.sees(MENU);
    }
    assert_eq!(desk.read("log"), "one\ntwo\n");
    seat.types("b");
    assert_eq!(seat.ends().1, 4);
}

const GATE: &str = r#"
runbook term.gate "Ask first" {
  param dir: path
  gate go "Reboot {{ dir }}?" {
    show `echo 3 users are logged in` on local
    {fields}
  }
  step act on local { run `echo acted >> {{ dir }}/log` }
}
"#;

fn gate(desk: &Desk, fields: &str) -> Seat {
    let file = desk.file("gate.runbook", GATE.replace("{fields}", fields)).to_string_lossy().into_owned();
    Seat::at(desk, &["run", &file, "-p", &format!("dir={}", desk.path("").display())])
}

#[test]
fn p2_a_gate_shows_its_evidence_and_what_silence_means_and_then_asks() {
    let desk = Desk::new();
    let mut seat = gate(&desk, "timeout 10m then park");
    let shown = seat.sees("type `approve` or `reject`");
    for words in ["go", "Reboot", "3 users are logged in\r\n", "then park"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(desk.read("log"), "");
    seat.types("approve the users know");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(desk.read("log"), "acted\n");
    let answered = desk.events().into_iter().find(|e| e["event"] == "GateAnswered").expect("it was answered");
    assert_eq!(answered["note"], "the users know");
}

#[test]
fn p2_only_the_typed_word_passes_a_gate_that_wants_one() {
    let desk = Desk::new();
    let mut seat = gate(&desk, "confirm \"reboot\"; timeout 10m then park");
    for wrong in ["", "y", "yes", "approve", "Reboot", "rebooting"] {
        seat.sees("type `reboot` or `reject`");
        seat.types(wrong);
        seat.sees(if wrong.is_empty() { "nothing was typed" } else { "is no answer here" });
    }
    seat.sees("type `reboot` or `reject`");
    assert_eq!(desk.read("log"), "");
    seat.types("reboot");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
}

#[test]
fn p2_a_gate_is_refused_at_the_terminal() {
    let desk = Desk::new();
    let mut seat = gate(&desk, "timeout 10m then end");
    seat.sees("type `approve` or `reject`");
    seat.types("reject not tonight");
    let (rest, status) = seat.ends();
    assert_eq!(status, 1, "{rest}");
    assert_eq!(desk.read("log"), "");
}

#[test]
fn p2_a_gate_answered_elsewhere_takes_its_question_back_from_the_terminal() {
    let desk = Desk::new();
    let mut seat = gate(&desk, "choices [\"now\", \"later\"]; timeout 10m then park");
    seat.sees("type `now`, `later` or `reject`");
    assert_eq!(desk.runbook(["approve", "last", "go", "--choice", "later"]).status, 0);
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert!(rest.contains("approved") && rest.contains("later"), "{rest}");
}

#[test]
fn p2_silence_at_the_terminal_does_what_the_gate_says() {
    let desk = Desk::new();
    let mut seat = gate(&desk, "timeout 2s then park");
    seat.sees("type `approve` or `reject`");
    let (rest, status) = seat.ends();
    assert_eq!(status, 3, "{rest}");
    assert!(rest.contains("nobody answered in time"), "{rest}");
}

/// One step that says when it began and when it ended.
const SLOW: &str = r#"
runbook term.slow "A slow step" {
  param dir: path
  boundary all "All of it" {
    step one on local { run `echo one >> {{ dir }}/log; touch {{ dir }}/began; sleep 2; echo end-one >> {{ dir }}/log`; undo `echo undo-one >> {{ dir }}/log` }
    step two on local { run `echo two >> {{ dir }}/log`; undo `echo undo-two >> {{ dir }}/log` }
  }
}
"#;

fn slow(desk: &Desk) -> [String; 4] {
    let file = desk.file("slow.runbook", SLOW).to_string_lossy().into_owned();
    ["run".to_owned(), file, "-p".to_owned(), format!("dir={}", desk.path("").display())]
}

fn in_the_middle(desk: &Desk) -> Seat {
    let args = slow(desk);
    let seat = Seat::at(desk, &args.each_ref().map(String::as_str));
    until("the step began", || desk.path("began").exists());
    seat
}

#[test]
fn ctrl_c_once_lets_the_running_step_finish_and_then_asks() {
    for (answer, status, log) in [("g", 0, "one\nend-one\ntwo\n"), ("p", 130, "one\nend-one\n"), ("b", 4, "one\nend-one\nundo-one\n")] {
        let desk = Desk::new();
        let mut seat = in_the_middle(&desk);
        seat.ctrl_c();
        seat.sees("nothing new begins");
        seat.sees("[g]o on, roll [b]ack, [p]ark?");
        assert_eq!(desk.read("log"), "one\nend-one\n", "it finished, and nothing new began");
        seat.types(answer);
        let (rest, ended) = seat.ends();
        assert_eq!(ended, status, "{answer}: {rest}");
        assert_eq!(desk.read("log"), log, "{answer}");
    }
}

#[test]
fn ctrl_c_twice_leaves_at_once_and_a_resume_finds_the_job() {
    let desk = Desk::new();
    let mut seat = in_the_middle(&desk);
    seat.ctrl_c();
    seat.sees("once more to leave at once");
    seat.ctrl_c();
    let (rest, status) = seat.ends();
    assert_eq!(status, 130, "{rest}");
    assert_eq!(desk.read("log"), "one\n", "it did not wait for the step");
    assert!(rest.contains("runbook resume"), "{rest}");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "one\nend-one\ntwo\n");
}

#[test]
fn ctrl_c_at_a_gate_asks_and_parks_with_the_gate_still_open() {
    let desk = Desk::new();
    let mut seat = gate(&desk, "timeout 10m then park");
    seat.sees("type `approve` or `reject`");
    seat.ctrl_c();
    seat.sees("[g]o on, roll [b]ack, [p]ark?");
    seat.types("p");
    let (rest, status) = seat.ends();
    assert_eq!(status, 130, "{rest}");
    let mut seat = Seat::at(&desk, &["resume", "last"]);
    seat.sees("type `approve` or `reject`");
    seat.types("approve");
    assert_eq!(seat.ends().1, 0);
    assert_eq!(desk.read("log"), "acted\n");
}

#[test]
fn a_closed_terminal_parks_the_run_its_job_goes_on_and_a_resume_ends_well() {
    let desk = Desk::new();
    let args = slow(&desk);
    let plain = desk.command();
    let words: Vec<String> = std::iter::once(plain.get_program().to_string_lossy().into_owned()).chain(args).collect();
    // `script` holds the terminal; killed, it closes it, and the kernel tells who sat there.
    let mut script = desk.command();
    let environment: Vec<_> = script.get_envs().filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned()))).collect();
    let mut holder = std::process::Command::new("script");
    holder.env_clear().envs(environment).current_dir(script.current_dir(desk.path("")).get_current_dir().expect("a folder"));
    holder.args(["-qec", &format!("exec {}", words.join(" ")), "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut holder = holder.spawn().expect("script, of util-linux");
    until("the step began", || desk.path("began").exists());
    holder.kill().expect("it runs");
    holder.wait().expect("it was started");
    until("the process has gone", || desk.events().iter().any(|e| e["event"] == "DriverLeft"));
    assert_eq!(desk.read("log"), "one\n", "it left at once");
    until("the job goes on by itself", || desk.read("log") == "one\nend-one\n");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "one\nend-one\ntwo\n");
}

#[test]
fn sigterm_parks_at_once_too() {
    let desk = Desk::new();
    let mut seat = in_the_middle(&desk);
    seat.0.process_mut().signal(Signal::SIGTERM).expect("it runs");
    let (rest, status) = seat.ends();
    assert_eq!(status, 130, "{rest}");
    assert_eq!(desk.read("log"), "one\n");
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
    assert_eq!(desk.read("log"), "one\nend-one\ntwo\n");
}

#[test]
fn what_is_missing_is_asked_for_at_the_terminal_and_checked_there() {
    let desk = Desk::new();
    let file = desk.file(
        "asks.runbook",
        "runbook term.asks \"A\" {\n  param dir: path\n  param count: int { help \"how many times\" }\n  target there: host\n  step act on there { run `echo {{ count }} >> {{ dir }}/log` }\n}\n",
    );
    let mut seat = Seat::at(&desk, &["run", &file.to_string_lossy(), "-p", &format!("dir={}", desk.path("").display())]);
    seat.sees("count:");
    seat.types("many");
    seat.sees("`many` is not");
    // The line is still there to be mended: four backspaces.
    seat.types("\u{7f}\u{7f}\u{7f}\u{7f}3");
    seat.sees("there:");
    seat.types("local");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(desk.read("log"), "3\n");
}

#[test]
fn who_gives_up_at_the_first_question_has_changed_nothing() {
    let desk = Desk::new();
    let file = desk.file("asks.runbook", "runbook term.asks \"A\" {\n  param word: string\n  step act on local { run `echo {{ word }} >> log` }\n}\n");
    let mut seat = Seat::at(&desk, &["run", &file.to_string_lossy()]);
    seat.sees("word:");
    seat.ctrl_c();
    let (rest, status) = seat.ends();
    assert_eq!(status, 130, "{rest}");
    assert!(rest.contains("nothing has changed anywhere"), "{rest}");
    assert_eq!(desk.runbook(["runs", "--format", "json"]).out.trim(), "[]");
}

#[test]
fn without_colours_and_at_40_columns_it_asks_all_the_same() {
    let desk = Desk::new();
    let file = desk.file("fails.runbook", FAILING).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let mut seat = Seat::with(&desk, 40, &[("NO_COLOR", "1"), ("TERM", "xterm")], false, &["run", &file, "-p", &dir]);
    let shown = seat.sees(MENU);
    assert!(shown.contains("the disk is read-only") && shown.contains("exit status 3"), "{shown}");
    seat.types("p");
    let (rest, status) = seat.ends();
    assert_eq!(status, 3, "{rest}");
    let coloured = format!("{shown}{rest}")
        .match_indices('\u{1b}')
        .map(|(at, _)| at)
        .filter(|at| {
            format!("{shown}{rest}")[*at..]
                .split(|c: char| c.is_alphabetic())
                .next()
                .is_some_and(|s| s.len() < 8 && format!("{shown}{rest}")[*at + s.len()..].starts_with('m'))
        })
        .count();
    assert_eq!(coloured, 0, "{shown}{rest}");
}

#[test]
fn colours_never_reach_a_pipe() {
    let desk = Desk::new();
    let file = desk.file("fails.runbook", FAILING).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let ran = desk.runbook(["run", &file, "-p", &dir]);
    assert!(!ran.err.contains('\u{1b}') && !ran.out.contains('\u{1b}'), "{ran:?}");
    let ran = desk.runbook(["--color", "always", "show", "last"]);
    assert!(ran.out.contains('\u{1b}'), "unless asked for: {ran:?}");
}

#[test]
fn a_manual_step_shows_what_to_do_and_takes_done_or_failed() {
    let text = "runbook term.manual \"M\" {\n  param dir: path\n  manual plug \"Plug it in\" on local {\n    instructions \"Plug the cable into port 3.\"\n    undo none \"a cable\"\n  }\n  step after on local { run `echo after >> {{ dir }}/log` }\n}\n";
    for (typed, status, log) in [("done port 3 it is", 0, "after\n"), ("failed there is no port 3", 3, "")] {
        let desk = Desk::new();
        let file = desk.file("manual.runbook", text);
        let mut seat = Seat::at(&desk, &["run", &file.to_string_lossy(), "-p", &format!("dir={}", desk.path("").display())]);
        let shown = seat.sees("type `done` or `failed`");
        assert!(shown.contains("Plug the cable into port 3.") && shown.contains("plug@local"), "{shown}");
        seat.types("ok");
        seat.sees("is no answer here");
        seat.sees("type `done` or `failed`");
        seat.types(typed);
        if status != 0 {
            let shown = seat.sees(MENU);
            assert!(shown.contains("there is no port 3"), "{shown}");
            seat.types("p");
        }
        let (rest, ended) = seat.ends();
        assert_eq!(ended, status, "{rest}");
        assert_eq!(desk.read("log"), log);
    }
}

#[test]
fn what_was_typed_before_there_was_a_question_answers_nothing() {
    let desk = Desk::new();
    let file = desk.file(
        "early.runbook",
        "runbook term.early \"E\" {\n  param dir: path\n  step one on local { run `touch {{ dir }}/began; sleep 1` }\n  gate go \"Go?\" { timeout 10m then park }\n  step act on local { run `echo acted >> {{ dir }}/log` }\n}\n",
    );
    let mut seat = Seat::at(&desk, &["run", &file.to_string_lossy(), "-p", &format!("dir={}", desk.path("").display())]);
    until("the step began", || desk.path("began").exists());
    seat.types("approve");
    seat.sees("type `approve` or `reject`");
    seat.types("reject");
    let (rest, status) = seat.ends();
    assert_eq!(status, 3, "{rest}");
    assert_eq!(desk.read("log"), "");
}
