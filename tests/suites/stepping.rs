//! P4: a person at a real terminal steps through a run, over SSH.

use crate::harness::desk::Desk;
use crate::harness::seat::Seat;
use crate::harness::sshd::Sshd;

/// Two hosts, a scope, a step that is as wanted already, a boundary.
const STEPS: &str = r#"
runbook step.through "Step through it" {
  param dir: path
  target web = ["one", "two"]
  target first: host = web[0]
  target second: host = web[1]
  boundary all "All of it" {
    step there "It is there" on first { check `true`; run `echo there >> {{ dir }}/log`; undo none "it was there" }
    step a "The first" on web {
      as     "{user}"
      run    `echo a-{{ host }} >> {{ dir }}/log; echo said by a`
      verify `test -e {{ dir }}/log`
      undo   `echo undo-a-{{ host }} >> {{ dir }}/log`
    }
    step b on second { run `echo b >> {{ dir }}/log`; undo `echo undo-b >> {{ dir }}/log` }
  }
}
"#;

struct Steps {
    desk: Desk,
    sshd: Sshd,
    config: String,
}

impl Steps {
    fn new() -> Self {
        let sshd = Sshd::start(&["one", "two"]);
        let config = sshd.config().to_string_lossy().into_owned();
        Self { desk: Desk::new(), sshd, config }
    }

    fn run(&self, more: &[&str]) -> Seat {
        self.run_with(&[], more)
    }

    fn run_with(&self, environment: &[(&str, &str)], more: &[&str]) -> Seat {
        let file = self.desk.file("steps.runbook", STEPS.replace("{user}", &crate::harness::scratch::user())).to_string_lossy().into_owned();
        let dir = format!("dir={}", self.desk.path("").display());
        let args: Vec<&str> = ["run", &file, "-p", &dir, "--ssh-config", &self.config].iter().chain(more).copied().collect();
        let environment = [&[("TERM", "xterm")], environment].concat();
        Seat::with(&self.desk, 80, &environment, true, &args)
    }

    fn log(&self) -> String {
        self.desk.read("log")
    }

    /// Who said what before which step, as the journal has it.
    fn answers(&self) -> Vec<(String, String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let answered = self.desk.events().into_iter().filter(|e| e["event"] == "StepAnswered");
        answered.inspect(|e| assert!(e["by"]["person"].is_string(), "{e}")).map(|e| (text(&e["path"]), text(&e["answer"]), text(&e["note"]))).collect()
    }
}

/// The page before the next step.
fn asked(seat: &mut Seat, path: &str) -> String {
    let page = seat.sees("your choice: ");
    assert!(page.contains(path), "{path}: {page}");
    page
}

#[test]
fn p4_before_each_step_it_shows_what_would_run_where_as_whom_what_undoes_it_and_what_comes_next() {
    let steps = Steps::new();
    let mut seat = steps.run(&["--step"]);
    let page = asked(&mut seat, "a@one");
    // What is as wanted already sends nothing, so nobody is asked.
    assert!(page.contains("already"), "{page}");
    let user = crate::harness::scratch::user();
    for words in ["The first", &format!("one as {user}"), "echo a-one >> ", "echo undo-a-one >> ", "a@two", "b@two"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(steps.log(), "", "nothing has run");
    seat.types("r");
    // One host after the other, though they could go side by side.
    let page = asked(&mut seat, "a@two");
    assert!(page.contains("echo a-two >> "), "{page}");
    assert_eq!(steps.log(), "a-one\n");
    seat.types("run");
    asked(&mut seat, "b@two");
    seat.types("r");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(steps.log(), "a-one\na-two\nb\n");
    let run = |path: &str| (path.to_owned(), "run".to_owned(), String::new());
    assert_eq!(steps.answers(), [run("a@one"), run("a@two"), run("b@two")]);
}

#[test]
fn p4_the_rest_runs_without_asking() {
    let steps = Steps::new();
    let mut seat = steps.run(&["--step"]);
    asked(&mut seat, "a@one");
    seat.types("a");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(steps.log().lines().count(), 3, "{}", steps.log());
    assert_eq!(steps.answers(), [("a@one".to_owned(), "run_the_rest".to_owned(), String::new())]);
}

#[test]
fn p4_a_step_is_skipped_with_a_reason_and_nothing_of_it_runs() {
    let steps = Steps::new();
    let mut seat = steps.run(&["--step"]);
    asked(&mut seat, "a@one");
    seat.types("skip");
    seat.sees("why?");
    seat.types("");
    seat.sees("a reason is needed");
    seat.types("it is drained");
    asked(&mut seat, "a@two");
    seat.types("a");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(steps.log(), "a-two\nb\n");
    assert_eq!(steps.desk.stage("a@one"), "skipped_by_person");
    assert_eq!(steps.desk.attempts("a@one"), 0);
    let shown = steps.desk.runbook(["show", "last"]).out;
    assert!(shown.contains("it is drained"), "{shown}");
    let told = steps.desk.runbook(["log", "last"]).out;
    assert!(told.contains("skipped") && told.contains("it is drained"), "{told}");
}

#[test]
fn p5_a_step_is_marked_done_by_its_own_verify_and_else_only_with_a_reason() {
    let steps = Steps::new();
    let mut seat = steps.run(&["--step"]);
    asked(&mut seat, "a@one");
    // Its `verify` does not hold, so a reason is wanted; without one the question comes back.
    seat.types("d");
    let said = seat.sees("why is it done?");
    assert!(said.contains("`verify` does not hold"), "{said}");
    seat.types("");
    asked(&mut seat, "a@one");
    steps.desk.file("log", "by hand\n");
    seat.types("d");
    // Now it does, so it is enough.
    asked(&mut seat, "a@two");
    seat.types("a");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(steps.log(), "by hand\na-two\nb\n");
    assert_eq!(steps.desk.stage("a@one"), "marked_done");
    assert_eq!(steps.answers()[0], ("a@one".to_owned(), "mark_done".to_owned(), "`verify` holds".to_owned()));
}

#[test]
fn p4_what_the_last_command_printed_is_shown_and_then_it_asks_again() {
    let steps = Steps::new();
    let mut seat = steps.run_with(&[("PAGER", "cat")], &["--step"]);
    let page = asked(&mut seat, "a@one");
    assert!(!page.contains("[o]utput"), "nothing has run yet: {page}");
    seat.types("r");
    asked(&mut seat, "a@two");
    seat.types("o");
    let shown = seat.sees("your choice: ");
    assert!(shown.contains("output of a@one") && shown.contains("said by a"), "{shown}");
    seat.types("p");
    assert_eq!(seat.ends().1, 3);
}

#[test]
fn p4_a_shell_on_the_host_of_a_step_is_opened_before_it_runs() {
    let steps = Steps::new();
    let mut seat = steps.run(&["--step"]);
    asked(&mut seat, "a@one");
    seat.types("h");
    seat.sees("the run waits until you leave it");
    seat.types("echo in-$HOME");
    seat.sees(&format!("in-{}", steps.sshd.home("one").display()));
    seat.types("exit");
    asked(&mut seat, "a@one");
    assert_eq!(steps.log(), "", "nothing of the step ran meanwhile");
    seat.types("p");
    assert_eq!(seat.ends().1, 3);
    let events = steps.desk.events();
    for name in ["ShellOpened", "ShellClosed"] {
        assert!(events.iter().any(|e| e["event"] == name && e["path"] == "a@one" && e["by"]["person"].is_string()), "{name}: {events:?}");
    }
}

#[test]
fn p4_a_roll_back_before_a_step_undoes_what_ran_in_its_boundary() {
    let steps = Steps::new();
    let mut seat = steps.run(&["--step"]);
    asked(&mut seat, "a@one");
    seat.types("r");
    asked(&mut seat, "a@two");
    seat.types("b");
    let (rest, status) = seat.ends();
    assert_eq!(status, 4, "{rest}");
    assert_eq!(steps.log(), "a-one\nundo-a-one\n");
    assert_eq!(steps.desk.word(), "rolled_back");
}

#[test]
fn p4_a_run_that_is_parked_before_a_step_goes_on_there_and_a_resume_asks_only_when_told_to() {
    let steps = Steps::new();
    let mut seat = steps.run(&["--step"]);
    asked(&mut seat, "a@one");
    seat.types("r");
    asked(&mut seat, "a@two");
    seat.types("p");
    let (rest, status) = seat.ends();
    assert_eq!(status, 3, "{rest}");
    assert!(rest.contains("parked before `a@two`"), "{rest}");
    let mut seat = Seat::at(&steps.desk, &["resume", "last", "--step"]);
    asked(&mut seat, "a@two");
    seat.types("r");
    asked(&mut seat, "b@two");
    seat.types("p");
    assert_eq!(seat.ends().1, 3);
    let seat = Seat::at(&steps.desk, &["resume", "last"]);
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(steps.log(), "a-one\na-two\nb\n");
}

#[test]
fn p4_ctrl_c_before_a_step_asks_and_going_on_comes_back_to_it() {
    let steps = Steps::new();
    let mut seat = steps.run(&["--step"]);
    asked(&mut seat, "a@one");
    seat.ctrl_c();
    seat.sees("[g]o on, roll [b]ack, [p]ark?");
    seat.types("g");
    asked(&mut seat, "a@one");
    seat.ctrl_c();
    seat.sees("[g]o on, roll [b]ack, [p]ark?");
    seat.types("p");
    let (rest, status) = seat.ends();
    assert_eq!(status, 130, "{rest}");
    assert_eq!(steps.log(), "");
}

#[test]
fn p4_without_a_terminal_step_says_what_to_pass_instead_and_nothing_runs() {
    let steps = Steps::new();
    let file = steps.desk.file("steps.runbook", STEPS.replace("{user}", &crate::harness::scratch::user())).to_string_lossy().into_owned();
    let dir = format!("dir={}", steps.desk.path("").display());
    let ran = steps.desk.runbook(["run", &file, "-p", &dir, "--ssh-config", &steps.config, "--step"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("--yes") && ran.err.contains("terminal"), "{ran:?}");
    assert_eq!(steps.desk.runbook(["runs", "--format", "json"]).out.trim(), "[]");
    let ran = steps.desk.runbook(["run", &file, "-p", &dir, "--ssh-config", &steps.config, "--step", "--yes"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(steps.log().lines().count(), 3);
}

#[test]
fn p4_yes_to_every_step_answers_no_gate() {
    let desk = Desk::new();
    let file = desk.file("gate.runbook", "runbook step.gate \"G\" {\n  gate go \"Go?\" { timeout 10m then park }\n  step act on local { run `true` }\n}\n");
    let mut seat = Seat::at(&desk, &["run", &file.to_string_lossy(), "--step", "--yes"]);
    seat.sees("type `approve` or `reject`");
    seat.types("reject");
    assert_eq!(seat.ends().1, 3);
    assert_eq!(desk.attempts("act@local"), 0);
}

#[test]
fn p4_a_scope_is_taken_and_released_step_by_step_and_may_be_kept() {
    let text = "action held(dir: path) \"Hold it\" { run `echo take >> {{ dir }}/log`\n undo `echo give >> {{ dir }}/log` }\nrunbook step.scope \"S\" {\n  param dir: path\n  during held(dir: dir) on local release always {\n    step act on local { run `echo act >> {{ dir }}/log` }\n  }\n}\n";
    for (typed, log, state, status) in [("r", "take\nact\ngive\n", "released", 0), ("s", "take\nact\n", "kept", 6)] {
        let desk = Desk::new();
        let file = desk.file("scope.runbook", text).to_string_lossy().into_owned();
        let mut seat = Seat::at(&desk, &["run", &file, "-p", &format!("dir={}", desk.path("").display()), "--step"]);
        asked(&mut seat, "echo take >> ");
        seat.types("r");
        asked(&mut seat, "act@local");
        seat.types("r");
        let page = seat.sees("your choice: ");
        assert!(page.contains("release") && page.contains("echo give >> "), "{page}");
        seat.types(typed);
        if typed == "s" {
            seat.sees("why?");
            seat.types("the next run needs it");
        }
        let (rest, ended) = seat.ends();
        assert_eq!(ended, status, "{rest}");
        assert_eq!(desk.read("log"), log);
        let shown: serde_json::Value = serde_json::from_str(&desk.runbook(["show", "last", "--format", "json"]).out).expect("JSON");
        assert_eq!(shown["scopes"][0]["state"], state, "{shown}");
    }
}

#[test]
fn p4_at_40_columns_and_without_colours_all_of_it_can_be_read() {
    let steps = Steps::new();
    let file = steps.desk.file("steps.runbook", STEPS.replace("{user}", &crate::harness::scratch::user())).to_string_lossy().into_owned();
    let dir = format!("dir={}", steps.desk.path("").display());
    let args = ["run", &file, "-p", &dir, "--ssh-config", &steps.config, "--step"];
    let mut seat = Seat::with(&steps.desk, 40, &[("NO_COLOR", "1"), ("TERM", "xterm")], false, &args);
    let page = asked(&mut seat, "a@one");
    let last: Vec<&str> = page.lines().rev().take(5).map(str::trim_end).collect();
    // Its one sign that is no ASCII is read as three.
    assert!(last.iter().all(|line| line.replace("\u{e2}\u{80}\u{a6}", "~").chars().count() <= 40), "{last:?}");
    for choice in ["[r]un", "[s]kip", "mark [d]one", "roll [b]ack", "[p]ark"] {
        assert!(last.iter().any(|line| line.contains(choice)), "{choice}: {last:?}");
    }
    // Orders to the cursor are no colours.
    assert!(!page.contains("\u{1b}[1m") && !page.contains("\u{1b}[1;"), "{page:?}");
    seat.types("p");
    assert_eq!(seat.ends().1, 3);
}
