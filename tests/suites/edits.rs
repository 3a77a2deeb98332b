//! P6: the text of a run that has begun is edited, and the run goes on by it. Over SSH, and where a person is asked at a
//! real terminal.

use std::os::unix::fs::PermissionsExt;

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::seat::Seat;
use crate::harness::sshd::Sshd;

/// Its second step does its work, and its postcondition is wrong.
const TEXT: &str = r#"
runbook edit.me "Edited on its way" {
  param dir: path
  target box: host
  boundary all "All of it" {
    step one on box { run `echo one >> {{ dir }}/log`; undo `echo undo-one >> {{ dir }}/log` }
    step two on box {
      run    `echo two >> {{ dir }}/log`
      verify `test -e {{ dir }}/never`
      undo   `echo undo-two >> {{ dir }}/log`
    }
    step three on box { run `echo three >> {{ dir }}/log`; undo `echo undo-three >> {{ dir }}/log` }
  }
}
"#;

struct Edits {
    desk: Desk,
    _sshd: Sshd,
    config: String,
}

impl Edits {
    fn new() -> Self {
        let sshd = Sshd::start(&["box"]);
        let config = sshd.config().to_string_lossy().into_owned();
        Self { desk: Desk::new(), _sshd: sshd, config }
    }

    /// The text of the run, with something in it replaced.
    fn write(&self, name: &str, changes: &[(&str, &str)]) -> String {
        let text = changes.iter().fold(TEXT.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        self.desk.file(name, text).to_string_lossy().into_owned()
    }

    fn args(&self, file: &str) -> Vec<String> {
        let dir = format!("dir={}", self.desk.path("").display());
        ["run", file, "-p", &dir, "--target", "box=box", "--ssh-config", &self.config].map(str::to_owned).to_vec()
    }

    /// Parked, with one and two begun and two failed.
    fn parked() -> Self {
        let edits = Self::new();
        let file = edits.write("me.runbook", &[("boundary all \"All of it\" {", "boundary all \"All of it\" {\n    on_failure park")]);
        let ran = edits.desk.runbook(edits.args(&file));
        assert_eq!(ran.status, 3, "{ran:?}");
        assert_eq!(edits.log(), "one\ntwo\n");
        edits
    }

    fn resume(&self, changes: &[(&str, &str)]) -> Ran {
        let changes = [&[("boundary all \"All of it\" {", "boundary all \"All of it\" {\n    on_failure park")], changes].concat();
        let file = self.write("edited.runbook", &changes);
        self.desk.runbook(["resume", "last", "--edit", &file, "--yes"])
    }

    fn log(&self) -> String {
        self.desk.read("log")
    }

    /// An editor that puts one word for another.
    fn editor(&self, from: &str, to: &str) -> String {
        let editor = self.desk.file("editor", format!("#!/bin/sh\nsed -i 's|{from}|{to}|' \"$1\"\n"));
        std::fs::set_permissions(&editor, PermissionsExt::from_mode(0o755)).expect("it may be run");
        editor.to_string_lossy().into_owned()
    }

    fn at_the_failure(&self, editor: &str) -> Seat {
        let file = self.write("me.runbook", &[]);
        let args = self.args(&file);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut seat = Seat::with(&self.desk, 80, &[("TERM", "xterm"), ("EDITOR", editor), ("VISUAL", "")], true, &args);
        seat.sees("your choice: ");
        seat
    }

    fn edited(&self) -> serde_json::Value {
        self.desk.events().into_iter().rev().find(|e| e["event"] == "RunbookEdited").expect("it was edited")
    }
}

#[test]
fn p6_a_mended_postcondition_lets_the_run_go_on_and_nothing_runs_twice() {
    let edits = Edits::parked();
    let ran = edits.resume(&[("/never`", "/log`")]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.contains("changed two@box: verify"), "{ran:?}");
    // Without a terminal a resume tries what had failed once more: the step, not its check alone.
    assert_eq!(edits.log(), "one\ntwo\ntwo\nthree\n");
    let edited = edits.edited();
    assert!(edited["by"]["person"].is_string() && edited["changed"][0] == "two@box", "{edited}");
    let pinned: Vec<&str> = edited["pins"].as_array().expect("pins").iter().filter_map(|pin| pin["role"].as_str()).collect();
    assert!(pinned.contains(&"plan") && pinned.contains(&"source"), "{pinned:?}");
    assert_eq!(edits.desk.runbook(["verify", "last"]).status, 0);
    let told = edits.desk.runbook(["log", "last"]).out;
    assert!(told.contains("edited") && told.contains("changed: two@box"), "{told}");
}

#[test]
fn p6_what_comes_later_may_be_another_and_the_run_goes_by_the_new_plan() {
    let edits = Edits::parked();
    let ran = edits.resume(&[
        ("/never`", "/log`"),
        ("echo three", "echo three-edited"),
        ("undo-three >> {{ dir }}/log` }\n", "undo-three >> {{ dir }}/log` }\n    step four on box { run `echo four >> {{ dir }}/log`; undo `true` }\n"),
    ]);
    assert_eq!(ran.status, 0, "{ran:?}");
    for words in ["changed three@box: run", "new     four@box"] {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
    assert!(edits.log().ends_with("three-edited\nfour\n"), "{}", edits.log());
    assert_eq!(edits.desk.stage("four@box"), "succeeded");
}

/// What it is, the edit, what the refusal says.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

#[test]
fn p6_what_is_not_allowed_is_refused_with_its_place_and_the_reason_and_nothing_changes() {
    let edits = Edits::parked();
    let events = edits.desk.events().len();
    let cases: [Case; 6] = [
        ("what ran", &[("echo two", "echo zwei")], &["edited.runbook:9: two@box", "`run` may not change"]),
        (
            "a step before one that began",
            &[("    step two", "    step early on box { run `true`; undo `true` }\n    step two")],
            &["early@box", "may not come before `two@box`"],
        ),
        (
            "taken out",
            &[("    step one on box { run `echo one >> {{ dir }}/log`; undo `echo undo-one >> {{ dir }}/log` }\n", "")],
            &["one@box", "its undo is owed"],
        ),
        (
            "across a boundary",
            &[("    step one", "    boundary inner { step one"), ("undo-one >> {{ dir }}/log` }", "undo-one >> {{ dir }}/log` } }")],
            &["one@box", "may not move", "boundary inner"],
        ),
        ("another runbook", &[("runbook edit.me", "runbook edit.other")], &["edit.me"]),
        ("a mistake", &[("step three on box", "step three on nowhere")], &["nowhere"]),
    ];
    for (what, changes, says) in cases {
        let ran = edits.resume(changes);
        assert_eq!(ran.status, 2, "{what}: {ran:?}");
        for words in says {
            assert!(ran.err.contains(words), "{what}: {words}: {}", ran.err);
        }
    }
    assert_eq!(edits.desk.events().len(), events, "nothing was written");
    assert_eq!(edits.log(), "one\ntwo\n");
}

#[test]
fn p6_an_edit_is_confirmed_and_without_a_terminal_it_says_what_to_pass() {
    let edits = Edits::parked();
    let file = edits.write("edited.runbook", &[("boundary all \"All of it\" {", "boundary all \"All of it\" {\n    on_failure park"), ("/never`", "/log`")]);
    let ran = edits.desk.runbook(["resume", "last", "--edit", &file]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("--yes") && ran.err.contains("changed two@box: verify"), "{ran:?}");
    for (typed, status) in [("n", 3), ("y", 0)] {
        let mut seat = Seat::at(&edits.desk, &["resume", "last", "--edit", &file, "--note", "it was wrong"]);
        let shown = seat.sees("go on with it?");
        assert!(shown.contains("changed two@box: verify"), "{shown}");
        seat.types(typed);
        if status == 0 {
            seat.sees("your choice: ");
            // It has done its work, and now its postcondition says so.
            seat.types("d");
        }
        let (rest, ended) = seat.ends();
        assert_eq!(ended, status, "{rest}");
    }
    assert_eq!(edits.log(), "one\ntwo\nthree\n");
    assert_eq!(edits.edited()["note"], "it was wrong");
}

#[test]
fn p6_a_stuck_run_goes_on_with_an_edited_undo() {
    let edits = Edits::new();
    let file = edits.write("me.runbook", &[("undo   `echo undo-two", "undo   `exit 9; echo undo-two")]);
    let ran = edits.desk.runbook(edits.args(&file));
    assert_eq!(ran.status, 5, "{ran:?}");
    let mended = edits.write("edited.runbook", &[]);
    let ran = edits.desk.runbook(["resume", "last", "--edit", &mended, "--yes"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(edits.log(), "one\ntwo\nundo-two\nundo-one\n");
}

#[test]
fn p6_an_edit_voids_the_answer_to_a_gate_that_was_not_passed() {
    let text = "runbook edit.gate \"G\" {\n  param dir: path\n  step one on local { run `echo one >> {{ dir }}/log`; undo `true` }\n  gate go \"Go?\" { timeout 10m then park }\n  step act on local { run `echo {word} >> {{ dir }}/log`; undo `true` }\n}\n";
    let desk = Desk::new();
    let file = desk.file("gate.runbook", text.replace("{word}", "acted")).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    assert_eq!(desk.runbook(["run", &file, "-p", &dir]).status, 3);
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    desk.file("gate.runbook", text.replace("{word}", "edited"));
    let ran = desk.runbook(["resume", "last", "--edit", &file, "--yes"]);
    assert_eq!(ran.status, 3, "it is asked again: {ran:?}");
    assert!(ran.err.contains("asked   go is asked again"), "{ran:?}");
    assert_eq!((desk.stage("act@local").as_str(), desk.read("log").as_str()), ("pending", "one\n"));
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
    assert_eq!(desk.read("log"), "one\nedited\n");
}

#[test]
fn p1_at_a_failure_the_runbook_is_edited_and_the_run_goes_on() {
    let edits = Edits::new();
    let editor = edits.editor("/never`", "/log`");
    let mut seat = edits.at_the_failure(&editor);
    seat.types("e");
    let shown = seat.sees("go on with it?");
    assert!(shown.contains("changed two@box: verify"), "{shown}");
    seat.types("y");
    seat.sees("why?");
    seat.types("never was a typo");
    // The failed step is asked about again, by the new text.
    seat.sees("your choice: ");
    seat.types("d");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(edits.log(), "one\ntwo\nthree\n");
    assert_eq!(edits.edited()["note"], "never was a typo");
    assert!(edits.desk.read("me.runbook").contains("/log`\n      undo"), "the person's own file was edited");
}

#[test]
fn p1_an_edit_that_is_refused_is_made_again_or_given_up_and_the_run_stands_as_before() {
    let edits = Edits::new();
    let editor = edits.editor("echo two", "echo zwei");
    let mut seat = edits.at_the_failure(&editor);
    seat.types("e");
    let shown = seat.sees("[e]dit again, or [g]ive it up");
    assert!(shown.contains("`run` may not change"), "{shown}");
    edits.editor("echo zwei", "echo two");
    seat.types("e");
    let shown = seat.sees("go on with it?");
    assert!(shown.contains("it changes nothing"), "{shown}");
    seat.types("g");
    seat.sees("your choice: ");
    seat.types("b");
    let (rest, status) = seat.ends();
    assert_eq!(status, 4, "{rest}");
    assert_eq!(edits.log(), "one\ntwo\nundo-two\nundo-one\n");
    assert!(edits.desk.events().iter().all(|e| e["event"] != "RunbookEdited"));
}

#[test]
fn p6_killed_in_the_middle_of_an_edit_a_resume_goes_on_as_it_was() {
    let edits = Edits::new();
    let editor = edits.editor("/never`", "/log`");
    let mut seat = edits.at_the_failure(&editor);
    seat.types("e");
    seat.sees("go on with it?");
    seat.0.process_mut().signal(rexpect::process::Signal::SIGKILL).expect("it runs");
    drop(seat);
    let mut seat = Seat::at(&edits.desk, &["resume", "last"]);
    seat.sees("your choice: ");
    seat.types("b");
    assert_eq!(seat.ends().1, 4);
    assert_eq!(edits.log(), "one\ntwo\nundo-two\nundo-one\n");
    assert_eq!(edits.desk.runbook(["verify", "last"]).status, 0);
}

#[test]
fn p6_a_terminal_that_closes_while_a_text_is_edited_leaves_the_run_to_a_resume() {
    let edits = Edits::new();
    let editor = edits.editor("/never`", "/log`");
    let mut seat = edits.at_the_failure(&editor);
    seat.types("e");
    seat.sees("go on with it?");
    drop(seat);
    until("nobody drives it", || edits.desk.runbook(["resume", "last"]).status != 1);
    assert!(edits.desk.events().iter().all(|e| e["event"] != "RunbookEdited"));
}

#[test]
fn p4_before_a_step_the_runbook_is_edited_and_the_step_is_asked_about_as_it_is_then() {
    let edits = Edits::new();
    let editor = edits.editor("echo one", "echo eins");
    let file = edits.write("me.runbook", &[("/never`", "/log`")]);
    let mut args = edits.args(&file);
    args.push("--step".to_owned());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut seat = Seat::with(&edits.desk, 80, &[("TERM", "xterm"), ("EDITOR", &editor)], true, &args);
    seat.sees("your choice: ");
    seat.types("e");
    seat.sees("go on with it?");
    seat.types("y");
    seat.sees("why?");
    seat.types("");
    let page = seat.sees("your choice: ");
    assert!(page.contains("echo eins >> "), "{page}");
    assert_eq!(edits.log(), "");
    seat.types("a");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(edits.log(), "eins\ntwo\nthree\n");
}
