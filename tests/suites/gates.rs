//! P2, P3: gates and manual steps, answered from elsewhere, too late, twice, or by several people at once.

use std::process::Stdio;

use crate::harness::desk::{Desk, Ran, Running, until};

/// Something before the gate, something behind it. `{gate}` stands for the gate's fields.
const BOOK: &str = r#"
runbook gates.one "Write behind a gate" {
  param dir: path
  boundary all "All of it" {
    step before on local { run `echo before >> {{ dir }}/log`; undo `echo undo-before >> {{ dir }}/log` }
    gate go "Write the rest?" {
      {gate}
    }
    step after on local { run `echo after >> {{ dir }}/log`; undo `echo undo-after >> {{ dir }}/log` }
  }
}
"#;

fn book(desk: &Desk, gate: &str) -> Vec<String> {
    let file = desk.file("gate.runbook", BOOK.replace("{gate}", gate));
    vec!["run".to_owned(), file.display().to_string(), "-p".to_owned(), format!("dir={}", desk.path("").display())]
}

/// A run that waits at its gate, with no process.
fn waiting(gate: &str) -> Desk {
    let desk = Desk::new();
    let ran = desk.runbook(book(&desk, gate));
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(desk.word(), "waiting", "{ran:?}");
    assert_eq!(desk.read("log"), "before\n");
    desk
}

/// A process that stays at the gate.
fn driving(desk: &Desk, gate: &str) -> Running {
    let engine = desk.start(book(desk, gate).into_iter().chain(["--wait".to_owned()]));
    until("the gate is open", || open(desk));
    engine
}

fn open(desk: &Desk) -> bool {
    let ran = desk.runbook(["show", "last", "--format", "json"]);
    serde_json::from_str::<serde_json::Value>(&ran.out).is_ok_and(|shown| shown["gates"][0]["state"] == "open")
}

fn gate(desk: &Desk) -> serde_json::Value {
    let ran = desk.runbook(["show", "last", "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    shown["gates"][0].clone()
}

fn answers(desk: &Desk) -> usize {
    desk.events().iter().filter(|e| e["event"] == "GateAnswered" || e["event"] == "ManualAnswered").count()
}

fn refused(ran: &Ran, status: i32, says: &[&str]) {
    assert_eq!(ran.status, status, "{ran:?}");
    for words in says {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
}

#[test]
fn p2_approved_from_another_process_the_one_that_waits_goes_on() {
    let desk = Desk::new();
    let mut engine = driving(&desk, "timeout 10m then park");
    let approved = desk.runbook(["approve", "last", "go", "--note", "looks well"]);
    assert_eq!(approved.status, 0, "{approved:?}");
    assert!(approved.err.contains("approved") && approved.err.contains("takes the answer up by itself"), "{approved:?}");
    assert_eq!(engine.wait(), 0);
    assert_eq!(desk.read("log"), "before\nafter\n");
    assert_eq!(gate(&desk)["note"], "looks well");
}

#[test]
fn p2_killed_while_it_waits_at_a_gate_a_fresh_process_asks_takes_the_answer_and_goes_on() {
    let desk = Desk::new();
    let mut first = driving(&desk, "timeout 10m then park");
    let deadline = gate(&desk)["deadline"].clone();
    first.kill();
    // It stands open without any process, and a fresh one keeps its deadline.
    assert_eq!(desk.runbook(["resume", "last"]).status, 3);
    assert_eq!((gate(&desk)["state"].as_str(), &gate(&desk)["deadline"]), (Some("open"), &deadline));
    let mut fresh = desk.start(["resume", "last", "--wait"]);
    let said = desk.runbook(["approve", "last", "go"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(fresh.wait(), 0);
    assert_eq!(desk.read("log"), "before\nafter\n");
    assert_eq!((desk.attempts("before@local"), desk.attempts("after@local")), (1, 1));
}

#[test]
fn p2_refused_from_another_process_the_one_that_waits_rolls_back() {
    let desk = Desk::new();
    let mut engine = driving(&desk, "timeout 10m then rollback");
    assert_eq!(desk.runbook(["reject", "last", "go"]).status, 0);
    assert_eq!(engine.wait(), 4);
    assert_eq!(desk.read("log"), "before\nundo-before\n");
}

#[test]
fn p3_the_same_answer_twice_is_accepted_and_changes_nothing_and_a_different_one_is_a_conflict() {
    let desk = waiting("timeout 10m then park");
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    let before = desk.events().len();
    let again = desk.runbook(["approve", "last", "go"]);
    assert_eq!(again.status, 0, "{again:?}");
    assert!(again.err.contains("before") && again.err.contains("nothing has changed"), "{again:?}");
    let other = desk.runbook(["reject", "last", "go"]);
    refused(&other, 1, &["`go` is approved already", "different answer"]);
    assert_eq!(desk.events().len(), before, "neither is an event");
    // And it still holds when the run has gone past it.
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    assert_eq!(desk.runbook(["reject", "last", "go"]).status, 1);
}

#[test]
fn p3_a_different_choice_is_a_conflict_too() {
    let desk = waiting("choices [\"now\", \"later\"]; timeout 10m then park");
    assert_eq!(desk.runbook(["approve", "last", "go", "--choice", "now"]).status, 0);
    assert_eq!(desk.runbook(["approve", "last", "go", "--choice", "now"]).status, 0);
    refused(&desk.runbook(["approve", "last", "go", "--choice", "later"]), 1, &["approved with `now`"]);
    assert_eq!(answers(&desk), 1);
}

#[test]
fn p2_an_answer_after_the_deadline_is_refused_and_a_resume_asks_again() {
    let desk = waiting("timeout 1s then park");
    until("the deadline has passed", || {
        let deadline = gate(&desk)["deadline"].as_i64().expect("a deadline");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_millis();
        now > u128::try_from(deadline).expect("after 1970")
    });
    for command in ["approve", "reject"] {
        refused(&desk.runbook([command, "last", "go"]), 1, &["`go`", "deadline", "runbook resume"]);
    }
    assert_eq!(answers(&desk), 0);
    let resumed = desk.runbook(["resume", "last"]);
    assert_eq!(resumed.status, 3, "{resumed:?}");
    assert_eq!(desk.read("log"), "before\n", "silence was no yes");
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let desk = waiting("timeout 10m then park");
    refused(&desk.runbook(["approve", "last", "gone"]), 2, &["no gate `gone`", "it asks at go"]);
    refused(&desk.runbook(["approve", "nosuchrun", "go"]), 2, &["nosuchrun", "runbook runs"]);
    refused(&desk.runbook(["approve", "last", "before@local"]), 2, &["nothing is asked there"]);
    let nobody = Desk::new();
    refused(&nobody.runbook(["approve", "last", "go"]), 2, &["no run", "runbook run"]);
    assert_eq!(answers(&desk), 0);
    assert!(open(&desk));
}

#[test]
fn a_gate_that_the_run_has_not_come_to_takes_no_answer() {
    let desk = Desk::new();
    desk.file("two.runbook", "runbook gates.two \"Two\" {\n  gate one \"One?\" { timeout 10m then park }\n  gate two \"Two?\" { timeout 10m then park }\n}\n");
    assert_eq!(desk.runbook(["run", "two.runbook"]).status, 3);
    refused(&desk.runbook(["approve", "last", "two"]), 1, &["`two` is not open yet"]);
}

#[test]
fn p2_answer_given_beforehand_passes_the_gate_and_yes_never_does() {
    let desk = Desk::new();
    let args = book(&desk, "timeout 10m then park");
    let ran = desk.runbook(args.iter().map(String::as_str).chain(["--yes"]));
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(desk.read("log"), "before\n");
    let ran = desk.runbook(args.iter().map(String::as_str).chain(["--answer", "go=approve"]));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "before\nbefore\nafter\n");
    let ran = desk.runbook(args.iter().map(String::as_str).chain(["--answer", "go=reject"]));
    assert_eq!(ran.status, 3, "{ran:?}");
}

#[test]
fn p2_a_wrong_word_given_beforehand_is_no_answer_and_is_said_to_be_none() {
    for (fields, wrong) in [
        ("timeout 10m then park", "maybe"),
        ("confirm \"reboot\"; timeout 10m then park", "yes"),
        ("choices [\"now\", \"later\"]; timeout 10m then park", "never"),
    ] {
        let desk = Desk::new();
        let given = format!("go={wrong}");
        let ran = desk.runbook(book(&desk, fields).iter().map(String::as_str).chain(["--answer", &given]));
        assert_ne!(ran.status, 0, "{fields}: {ran:?}");
        assert!(ran.err.contains(&given) && ran.err.contains("not an answer"), "{fields}: {ran:?}");
        assert!(!desk.read("log").contains("after"), "{fields}");
    }
}

#[test]
fn p2_nothing_given_beforehand_passes_a_gate_before_what_can_not_be_taken_back() {
    let desk = Desk::new();
    let file = desk.file(
        "irreversible.runbook",
        "runbook gates.final \"F\" {\n  param dir: path\n  gate go \"Go?\" { confirm \"wipe\"; timeout 10m then park }\n  step wipe on local { run `echo wiped >> {{ dir }}/log`; irreversible \"it is gone\" }\n}\n",
    );
    let dir = format!("dir={}", desk.path("").display());
    let ran = desk.runbook(["run", &file.display().to_string(), "-p", &dir, "--answer", "go=wipe", "--yes"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("irreversible") && ran.err.contains("--answer"), "{ran:?}");
    assert!(open(&desk), "a person can still answer it");
    assert_eq!(desk.read("log"), "");
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
    assert_eq!(desk.read("log"), "wiped\n");
}

#[test]
fn a_choice_is_bound_to_the_gate_s_id_and_used_by_a_later_step() {
    let desk = Desk::new();
    let file = desk.file(
        "choice.runbook",
        "runbook gates.choice \"C\" {\n  param dir: path\n  gate which-way \"Which way?\" { choices [\"left\", \"to the right\"]; timeout 10m then park }\n  step walk on local { run `printf '<%s>' {{ which_way }} > {{ dir }}/log` }\n  step turn on local { when which_way == \"left\"; run `echo turned >> {{ dir }}/log` }\n}\n",
    );
    let dir = format!("dir={}", desk.path("").display());
    let ran = desk.runbook(["run", &file.display().to_string(), "-p", &dir]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("--choice 'to the right'"), "what can be typed can be pasted: {}", ran.err);
    refused(&desk.runbook(["approve", "last", "which-way"]), 2, &["asks for a choice", "`left`", "`to the right`"]);
    refused(&desk.runbook(["approve", "last", "which-way", "--choice", "up"]), 2, &["`up` is no choice", "--choice"]);
    assert_eq!(desk.runbook(["approve", "last", "which-way", "--choice", "to the right"]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
    assert_eq!(desk.read("log"), "<to the right>");
    assert_eq!(desk.stage("turn@local"), "skipped");
    let shown = gate(&desk);
    assert_eq!((shown["choice"].as_str(), shown["state"].as_str()), (Some("to the right"), Some("approved")));
}

#[test]
fn a_choice_for_a_gate_without_choices_is_refused() {
    let desk = waiting("timeout 10m then park");
    refused(&desk.runbook(["approve", "last", "go", "--choice", "now"]), 2, &["no choices"]);
    assert!(open(&desk));
}

#[test]
fn the_confirm_word_passes_the_gate_that_asks_for_it() {
    let desk = Desk::new();
    let ran = desk.runbook(book(&desk, "confirm \"reboot\"; timeout 10m then park").iter().map(String::as_str).chain(["--answer", "go=reboot"]));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "before\nafter\n");
}

/// Both are started before either is waited for. What they say differs, so exactly one of them can win.
#[test]
fn p3_of_two_different_answers_at_once_exactly_one_wins() {
    for _ in 0..5 {
        let desk = waiting("choices [\"now\", \"later\"]; timeout 10m then park");
        let both: Vec<_> = ["now", "later"]
            .map(|choice| desk.command().args(["approve", "last", "go", "--choice", choice]).stdout(Stdio::null()).spawn().expect("it starts"))
            .into();
        let mut statuses: Vec<i32> = both.into_iter().map(|child| child.wait_with_output().expect("it ends").status.code().unwrap_or(-1)).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [0, 1]);
        assert_eq!(answers(&desk), 1);
        assert_eq!(desk.runbook(["verify", "last"]).status, 0);
    }
}

#[test]
fn p3_of_the_same_answer_by_many_at_once_one_is_written_and_all_are_accepted() {
    let desk = Desk::new();
    let mut engine = driving(&desk, "timeout 10m then park");
    let many: Vec<_> = (0..6).map(|_| desk.command().args(["approve", "last", "go"]).spawn().expect("it starts")).collect();
    for child in many {
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(engine.wait(), 0);
    assert_eq!(answers(&desk), 1);
    assert_eq!(desk.read("log"), "before\nafter\n");
}

#[test]
fn a_refused_gate_that_says_end_fails_the_run_and_leaves_what_stands() {
    let desk = waiting("timeout 10m then end");
    assert_eq!(desk.runbook(["reject", "last", "go", "--note", "not today"]).status, 0);
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(desk.word(), "failed");
    assert_eq!(desk.read("log"), "before\n", "nothing is undone by `end`");
    assert!(ran.err.contains("go") && ran.err.contains("before@local"), "it says why, and what stands: {}", ran.err);
    refused(&desk.runbook(["resume", "last"]), 1, &["failed", "runbook show"]);
}

#[test]
fn p2_silence_rolls_back_where_a_process_was_there_at_the_deadline() {
    let desk = Desk::new();
    let ran = desk.runbook(book(&desk, "timeout 2s then rollback").iter().map(String::as_str).chain(["--wait"]));
    assert_eq!(ran.status, 4, "{ran:?}");
    assert!(ran.err.contains("nobody answered in time"), "{ran:?}");
    assert_eq!(desk.read("log"), "before\nundo-before\n");
    assert_eq!(desk.word(), "rolled_back");
}

#[test]
fn p2_silence_while_no_process_was_there_parks_with_the_gate_expired_and_undoes_nothing() {
    let desk = waiting("timeout 1s then rollback");
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(desk.word(), "parked");
    assert_eq!(gate(&desk)["state"], "expired");
    assert!(ran.err.contains("expired"), "{ran:?}");
    assert_eq!(desk.read("log"), "before\n");
}

#[test]
fn a_manual_step_waits_for_its_person_and_the_run_goes_on_behind_it() {
    let desk = Desk::new();
    let file = desk.file(
        "manual.runbook",
        "runbook gates.manual \"M\" {\n  param dir: path\n  manual plug \"Plug it in\" on local {\n    instructions \"Plug the cable into port 3.\"\n    verify `test -e {{ dir }}/plugged`\n    undo none \"a cable\"\n  }\n  step after on local { run `echo after >> {{ dir }}/log` }\n}\n",
    );
    let dir = format!("dir={}", desk.path("").display());
    let ran = desk.runbook(["run", &file.display().to_string(), "-p", &dir]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(desk.word(), "waiting");
    assert!(ran.err.contains("Plug the cable into port 3.") && ran.err.contains("runbook approve"), "it says what to do and what to type: {}", ran.err);
    desk.file("plugged", "");
    assert_eq!(desk.runbook(["approve", "last", "plug"]).status, 0);
    assert_eq!(desk.runbook(["approve", "last", "plug"]).status, 0, "said twice");
    refused(&desk.runbook(["reject", "last", "plug"]), 1, &["plug@local"]);
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "after\n");
    assert_eq!(answers(&desk), 1);
}

#[test]
fn a_manual_step_that_was_said_to_be_done_is_still_verified() {
    let desk = Desk::new();
    let file = desk.file(
        "manual.runbook",
        "runbook gates.manual \"M\" {\n  param dir: path\n  manual plug \"Plug it in\" on local {\n    instructions \"Plug it in.\"\n    verify `test -e {{ dir }}/plugged`\n    undo none \"a cable\"\n  }\n  step after on local { run `echo after >> {{ dir }}/log` }\n}\n",
    );
    let dir = format!("dir={}", desk.path("").display());
    assert_eq!(desk.runbook(["run", &file.display().to_string(), "-p", &dir]).status, 3);
    assert_eq!(desk.runbook(["approve", "last", "plug"]).status, 0);
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(desk.stage("plug@local"), "failed");
    assert_eq!(desk.read("log"), "");
}

#[test]
fn what_a_gate_shows_is_frozen_with_the_question_and_shown_again_later() {
    let desk = Desk::new();
    let file = desk.file(
        "evidence.runbook",
        "runbook gates.evidence \"E\" {\n  param dir: path\n  gate go \"Go on with {{ dir }}?\" {\n    show `cat {{ dir }}/load` on local\n    show `echo to-standard-error >&2; exit 3` on local\n    timeout 10m then park\n  }\n}\n",
    );
    desk.file("load", "load average 0.07\n");
    let dir = format!("dir={}", desk.path("").display());
    let ran = desk.runbook(["run", &file.display().to_string(), "-p", &dir]);
    assert_eq!(ran.status, 3, "{ran:?}");
    for words in ["load average 0.07", "to-standard-error", "runbook approve"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    // The world moves on; what the answer rests on does not.
    desk.file("load", "load average 99\n");
    let shown = desk.runbook(["show", "last"]);
    assert!(shown.out.contains("load average 0.07") && !shown.out.contains("load average 99"), "{}", shown.out);
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
    let shown = desk.runbook(["show", "last"]);
    assert!(shown.out.contains("load average 0.07"), "{}", shown.out);
    let opened = desk.events().into_iter().find(|e| e["event"] == "GateOpened").expect("it was opened");
    assert_eq!(opened["evidence"][0]["output"], "load average 0.07\n");
    assert_eq!(opened["evidence"][1]["exit"]["code"], 3);
    assert_eq!(opened["evidence_hash"].as_str().map(str::len), Some(64));
}

/// What lies at or before a point of no return stands for good.
#[test]
fn r2_behind_a_point_of_no_return_nothing_is_offered_to_be_undone_that_would_not_be() {
    let desk = Desk::new();
    let text = r#"
runbook gates.return "Fail behind a point of no return" {
  step before on local { run `true`; undo `true` }
  gate sure "Sure?" { timeout 10m then park }
  step drop on local { run `true`; irreversible "it is dropped" }
  step fails on local { run `false`; undo `true` }
}
"#;
    let file = desk.file("return.runbook", text).display().to_string();
    assert_eq!(desk.runbook(["run", &file]).status, 3);
    assert!(desk.runbook(["show", "last"]).out.contains("undo 1 change"), "before it, what stands is offered");
    assert_eq!(desk.runbook(["approve", "last", "sure"]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 3);
    let shown = desk.runbook(["show", "last"]).out;
    assert!(shown.contains("undo 1 change") && shown.contains("fails@local"), "{shown}");
    // Of the three only what failed is undone.
    let ran = desk.runbook(["rollback", "last"]);
    assert!(ran.status == 3 && ran.err.contains("stands  before@local, drop@local"), "{ran:?}");
    let shown = desk.runbook(["show", "last"]).out;
    assert!(!shown.contains("runbook rollback"), "{shown}");
}
