//! What a person enters at a manual step: asked for by its type, written down, used by what comes later.

use crate::harness::desk::{Desk, Ran};
use crate::harness::seat::Seat;

const BOOK: &str = r#"
runbook evidence.one "A person counts" {
  param dir: path
  manual count-users "Count the users" on local {
    instructions "Look at the page."
    evidence users: int "How many are on {{ dir }}?"
    evidence ticket: string "Which ticket?"
    evidence note: string? "Anything else?"
    verify `test {{ users }} -lt 100`
    undo none "looking"
  }
  step few on local { when users < 10; run `printf '<%s>' {{ users }} {{ ticket }} > {{ dir }}/log` }
  step many on local { when users >= 10; run `echo many > {{ dir }}/log` }
}
"#;

const TWIN: &str = r#"
runbook: evidence.one
title: A person counts
params: {dir: path}
steps:
  - manual: count-users
    title: Count the users
    on: local
    instructions: Look at the page.
    evidence:
      - {name: users, type: int, ask: "How many are on {{ dir }}?"}
      - {name: ticket, type: string, ask: Which ticket?}
      - {name: note, type: string?, ask: Anything else?}
    verify: test {{ users }} -lt 100
    undo: {none: looking}
  - step: few
    on: local
    when: users < 10
    run: printf '<%s>' {{ users }} {{ ticket }} > {{ dir }}/log
  - step: many
    on: local
    when: users >= 10
    run: echo many > {{ dir }}/log
"#;

fn args(desk: &Desk, command: &str, file: &str, text: &str) -> [String; 4] {
    [command.to_owned(), desk.file(file, text).display().to_string(), "-p".to_owned(), format!("dir={}", desk.path("").display())]
}

fn waiting(file: &str, text: &str) -> Desk {
    let desk = Desk::new();
    let ran = desk.runbook(args(&desk, "run", file, text));
    assert_eq!(ran.status, 3, "{ran:?}");
    for words in ["Look at the page.", "users, a whole number such as 3: How many are on", "ticket", "--evidence users=…"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    desk
}

fn approve(desk: &Desk, evidence: &[&str]) -> Ran {
    desk.runbook(["approve", "last", "count-users"].into_iter().chain(evidence.iter().flat_map(|e| ["--evidence", e])))
}

fn refused(ran: &Ran, status: i32, says: &[&str]) {
    assert_eq!(ran.status, status, "{ran:?}");
    for words in says {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
}

fn manual(desk: &Desk) -> serde_json::Value {
    let shown: serde_json::Value = serde_json::from_str(&desk.runbook(["show", "last", "--format", "json"]).out).expect("JSON");
    shown["steps"][0].clone()
}

fn goes_on_with_what_was_entered(file: &str, text: &str) {
    let desk = waiting(file, text);
    assert_eq!(approve(&desk, &["users=3", "ticket=T1 \"$(touch x)\" ' ü"]).status, 0);
    let shown = manual(&desk)["evidence"].clone();
    assert_eq!((shown[0]["name"].as_str(), shown[0]["type"].as_str(), shown[0]["value"].as_str()), (Some("users"), Some("int"), Some("3")));
    assert_eq!((shown[2]["name"].as_str(), shown[2]["value"].as_str()), (Some("note"), Some("none")));
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "<3><T1 \"$(touch x)\" ' ü>");
    assert_eq!(desk.stage("many@local"), "skipped");
    let page = desk.runbook(["show", "last"]).out;
    assert!(page.contains("users = 3") && page.contains("ticket = T1"), "{page}");
    let answered = desk.events().into_iter().find(|e| e["event"] == "ManualAnswered").expect("it was answered");
    assert_eq!(answered["entered"].as_array().map(Vec::len), Some(3), "{answered}");
}

#[test]
fn what_a_person_enters_is_written_down_and_used_by_later_guards_and_commands() {
    goes_on_with_what_was_entered("native.runbook", BOOK);
}

#[test]
fn the_same_in_yaml_and_both_have_one_plan() {
    goes_on_with_what_was_entered("twin.runbook.yaml", TWIN);
    let desk = Desk::new();
    let hash = |file: &str, text: &str| {
        let ran = desk.runbook(args(&desk, "plan", file, text).iter().map(String::as_str).chain(["--format", "json"]));
        let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        plan["hash"].as_str().expect("a hash").to_owned()
    };
    assert_eq!(hash("native.runbook", BOOK), hash("twin.runbook.yaml", TWIN));
    let page = desk.runbook(args(&desk, "plan", "native.runbook", BOOK)).out;
    assert!(page.contains("enter    users, int: How many are on"), "{page}");
}

#[test]
fn what_is_missing_unknown_unreadable_or_said_twice_is_named_all_at_once_and_nothing_is_written() {
    let desk = waiting("native.runbook", BOOK);
    let before = desk.events().len();
    refused(&approve(&desk, &[]), 2, &["`users` is missing, a whole number", "--evidence users=…", "`ticket` is missing"]);
    refused(
        &approve(&desk, &["users=many", "tikket=T1", "ticket=", "users=4"]),
        2,
        &["`many` is not a whole number", "asks for no `tikket`", "users, ticket, note", "`ticket`", "`users` is given twice"],
    );
    refused(&approve(&desk, &["users"]), 2, &["`--evidence users` has no value", "NAME=VALUE"]);
    assert_eq!(desk.events().len(), before);
    assert_eq!(manual(&desk)["state"], "waiting");
}

#[test]
fn p3_the_same_evidence_twice_changes_nothing_and_other_evidence_is_a_conflict() {
    let desk = waiting("native.runbook", BOOK);
    assert_eq!(approve(&desk, &["users=3", "ticket=T1"]).status, 0);
    let before = desk.events().len();
    let again = approve(&desk, &["users=3", "ticket=T1", "note="]);
    assert_eq!(again.status, 0, "{again:?}");
    assert!(again.err.contains("nothing has changed"), "{again:?}");
    refused(&approve(&desk, &["users=4", "ticket=T1"]), 1, &["users = 3", "different answer"]);
    refused(&desk.runbook(["reject", "last", "count-users"]), 1, &["different answer"]);
    assert_eq!(desk.events().len(), before);
}

#[test]
fn who_could_not_do_it_enters_nothing() {
    let desk = waiting("native.runbook", BOOK);
    assert_eq!(desk.runbook(["reject", "last", "count-users", "--note", "the page is down"]).status, 0);
    assert_eq!(manual(&desk)["state"], "failed");
}

#[test]
fn a_no_from_elsewhere_is_not_asked_for_again_until_its_policy_has_decided() {
    let book = |policy: &str| {
        format!(
            "runbook evidence.no \"N\" {{\n  boundary b \"B\" {{\n    on_failure {policy}\n    step a on local {{ run `echo a >>log`; undo `echo undo-a >>log` }}\n    \
             manual look \"Look\" on local {{\n      instructions \"Look at it.\"\n      undo none \"it only looks\"\n    }}\n  }}\n}}\n"
        )
    };
    for (policy, status, word) in [("rollback", 4, "rolled_back"), ("park", 3, "parked")] {
        let desk = Desk::new();
        desk.file("no.runbook", book(policy));
        assert_eq!(desk.runbook(["run", "no.runbook"]).status, 3);
        assert_eq!(desk.runbook(["reject", "last", "look", "--note", "the page is down"]).status, 0);
        let ran = desk.runbook(["resume", "last"]);
        assert_eq!((ran.status, desk.word().as_str()), (status, word), "{ran:?}");
        assert!(desk.runbook(["log", "last"]).out.contains("the page is down"));
        if policy == "park" {
            assert_eq!(desk.runbook(["resume", "last"]).status, 3);
            assert_eq!(desk.word(), "waiting", "a later resume asks once more");
        }
    }
}

#[test]
fn evidence_that_is_false_by_its_verify_fails_the_step() {
    let desk = waiting("native.runbook", BOOK);
    assert_eq!(approve(&desk, &["users=250", "ticket=T1"]).status, 0);
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(manual(&desk)["state"], "failed");
    assert_eq!(desk.read("log"), "");
}

#[test]
fn a_gate_asks_for_no_evidence() {
    let desk = Desk::new();
    desk.file("gate.runbook", "runbook evidence.gate \"G\" {\n  gate go \"Go?\" { timeout 10m then park }\n}\n");
    assert_eq!(desk.runbook(["run", "gate.runbook"]).status, 3);
    refused(&desk.runbook(["approve", "last", "go", "--evidence", "users=3"]), 2, &["`go` asks for no `users`", "asks for nothing"]);
}

#[test]
fn at_a_terminal_what_can_not_be_read_is_asked_again_with_the_reason() {
    let desk = Desk::new();
    let args = args(&desk, "run", "native.runbook", BOOK);
    let mut seat = Seat::at(&desk, &args.iter().map(String::as_str).collect::<Vec<_>>());
    let page = seat.sees("type `done` or `failed`");
    assert!(page.contains("you are asked for users, ticket, note"), "{page}");
    seat.types("done");
    seat.sees("(a whole number such as 3)");
    seat.types("many");
    seat.sees("`many` is not a whole number");
    seat.types("12");
    seat.sees("Which ticket? (text)");
    seat.types("");
    seat.sees("write something");
    seat.types("T2");
    seat.sees("Anything else? (text, or nothing)");
    seat.types("");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(desk.read("log"), "many\n");
}

/// Each host has a person's answer of its own; elsewhere they are folded.
#[test]
fn on_several_hosts_each_is_asked_for_its_own() {
    let desk = Desk::new();
    let sshd = crate::harness::sshd::Sshd::start(&["one", "two"]);
    let config = sshd.config().display().to_string();
    desk.file(
        "hosts.runbook",
        "runbook evidence.hosts \"H\" {\n  param dir: path\n  target web = [\"one\", \"two\"]\n  manual look on web {\n    instructions \"Look at {{ host }}.\"\n    evidence lamps: int \"How many lamps are red on {{ host }}?\"\n    undo none \"looking\"\n  }\n  step each on web { run `echo {{ host }} {{ lamps }} >> {{ dir }}/{{ host }}` }\n  step all on local { run `echo {{ sum(lamps) }} >> {{ dir }}/log` }\n}\n",
    );
    let dir = format!("dir={}", desk.path("").display());
    let ran = desk.runbook(["run", "hosts.runbook", "-p", &dir, "--ssh-config", &config]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("How many lamps are red on two?"), "{}", ran.err);
    refused(&desk.runbook(["approve", "last", "look", "--evidence", "lamps=1"]), 2, &["2 questions", "look@one"]);
    assert_eq!(desk.runbook(["approve", "last", "look@one", "--evidence", "lamps=1"]).status, 0);
    assert_eq!(desk.runbook(["approve", "last", "look@two", "--evidence", "lamps=4"]).status, 0);
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!((desk.read("one"), desk.read("two"), desk.read("log")), ("one 1\n".into(), "two 4\n".into(), "5\n".into()));
}
