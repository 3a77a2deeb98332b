//! P3: whose yes counts at a gate, and for how long. Real OS users, one state folder of their group.

use std::process::Stdio;

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::seat::Seat;
use crate::harness::sshd::Sshd;
use crate::harness::team::{ADA, BO, CY, Team};

const BOOK: &str = r#"
runbook people.gate "Write behind a gate" {
  param dir: path
  target there: host = local
  boundary all "All of it" {
    step before on there { run `echo before >> {{ dir }}/log`; undo `echo undo-before >> {{ dir }}/log` }
    gate go "Write the rest?" {
      show `cat {{ dir }}/load` on there
      {gate}
      timeout 10m then rollback
    }
    step after on there { run `echo after >> {{ dir }}/log`; undo `echo undo-after >> {{ dir }}/log` }
  }
}
"#;

/// One of them has started the run, and it waits at its gate.
fn waiting(gate: &str) -> Team {
    let team = Team::new();
    team.file("load", "load 0.07\n");
    team.file("log", "");
    let file = team.file("gate.runbook", &BOOK.replace("{gate}", gate));
    let dir = format!("dir={}", team.path("").display());
    let ran = team.runbook(ADA, &["run", &file, "-p", &dir]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(team.read("log"), "before\n", "{ran:?}");
    team
}

fn refused(ran: &Ran, says: &[&str]) {
    assert_eq!(ran.status, 1, "{ran:?}");
    for words in says {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
}

fn approved(team: &Team, user: &str) {
    let ran = team.runbook(user, &["approve", "last", "go"]);
    assert_eq!(ran.status, 0, "{ran:?}");
}

fn done(team: &Team, user: &str) {
    let ran = team.runbook(user, &["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(team.read("log"), "before\nafter\n");
}

#[test]
fn p3_a_second_person_is_another_os_user_than_who_started_the_run() {
    let team = waiting("second_person true");
    refused(&team.runbook(ADA, &["approve", "last", "go"]), &["`go` does not count", "second person", "you started or resumed this run"]);
    // What the environment says of the user is the user's own word.
    let lie = team.command(ADA).args(["approve", "last", "go"]).envs([("USER", BO), ("LOGNAME", BO), ("SUDO_USER", BO)]).output().expect("it runs");
    assert_eq!(lie.status.code(), Some(1), "{}", String::from_utf8_lossy(&lie.stderr));
    let page = team.runbook(BO, &["show", "last"]).out;
    assert!(page.contains(&format!("a second person, not {ADA}")) && page.contains("without signatures a courtesy"), "{page}");
    approved(&team, BO);
    let gate = team.show(CY)["gates"][0].clone();
    assert_eq!((gate["by"].as_str(), gate["second_person"].as_bool()), (Some(BO), Some(true)));
    done(&team, ADA);
}

/// Both log in to the host as the same user, so each can take over what the other began.
fn waiting_over_ssh(gate: &str) -> (Team, Sshd, [String; 2]) {
    let (team, sshd) = (Team::new(), Sshd::start(&["box"]));
    team.file("load", "load 0.07\n");
    team.file("log", "");
    let file = team.file("gate.runbook", &BOOK.replace("{gate}", gate));
    let dir = format!("dir={}", team.path("").display());
    let configs = [ADA, BO].map(|user| team.reaches(user, &sshd));
    let ran = team.runbook(ADA, &["run", &file, "-p", &dir, "--target", "there=box", "--ssh-config", &configs[0]]);
    assert_eq!(ran.status, 3, "{ran:?}");
    (team, sshd, configs)
}

#[test]
fn p3_who_resumed_the_run_is_no_second_person_either() {
    let (team, _sshd, [_, theirs]) = waiting_over_ssh("second_person true");
    let ran = team.runbook(BO, &["resume", "last", "--ssh-config", &theirs]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(team.show(CY)["state"], "waiting");
    for user in [ADA, BO] {
        refused(
            &team.runbook(user, &["approve", "last", "go"]),
            &["second person", &format!("{BO} and {ADA} started or resumed this run"), &format!("you are {user}")],
        );
    }
    approved(&team, CY);
    let ran = team.runbook(BO, &["resume", "last", "--ssh-config", &theirs]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(team.read("log"), "before\nafter\n");
}

#[test]
fn another_user_rolls_back_what_one_has_started() {
    let (team, _sshd, [_, theirs]) = waiting_over_ssh("approvers [\"nobody\"]");
    let ran = team.runbook(BO, &["rollback", "last", "--ssh-config", &theirs]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(team.read("log"), "before\nundo-before\n");
    let log = team.runbook(ADA, &["log", "last"]);
    assert!(log.out.contains(&format!("by {BO}")), "{log:?}");
}

/// On this machine each is somebody else, with other rights and another memory.
#[test]
fn what_ran_here_as_one_user_is_not_taken_over_as_another_and_it_is_said_why() {
    let team = waiting("approvers [\"nobody\"]");
    let ran = team.runbook(BO, &["rollback", "last"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("local") && ran.err.contains(&format!("{ADA} drove this run before")), "{ran:?}");
    assert_eq!(team.read("log"), "before\n");
    assert_eq!(team.runbook(ADA, &["rollback", "last"]).status, 4);
}

#[test]
fn p3_a_yes_counts_of_an_approver_and_of_nobody_else() {
    let team = waiting(&format!("approvers [\"{BO}\", \"nobody\"]"));
    for user in [ADA, CY] {
        refused(&team.runbook(user, &["approve", "last", "go"]), &["`go` does not count", &format!("a yes of {BO} or nobody"), &format!("you are {user}")]);
    }
    assert_eq!(team.show(CY)["gates"][0]["state"], "open");
    approved(&team, BO);
    // Said twice it changes nothing, and a different word is a conflict.
    approved(&team, BO);
    refused(&team.runbook(CY, &["reject", "last", "go"]), &["approved already", "different answer"]);
    done(&team, ADA);
}

#[test]
fn p3_a_no_is_taken_from_anybody_because_it_does_what_silence_does() {
    let team = waiting(&format!("approvers [\"{BO}\"]; second_person true"));
    assert_eq!(team.runbook(CY, &["reject", "last", "go"]).status, 0);
    let ran = team.runbook(ADA, &["resume", "last"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(team.read("log"), "before\nundo-before\n");
}

#[test]
fn p3_an_approver_in_another_shell_lets_the_process_go_on_that_waits() {
    let team = Team::new();
    team.file("load", "");
    team.file("log", "");
    let file = team.file("gate.runbook", &BOOK.replace("{gate}", &format!("approvers [\"{BO}\"]; second_person true")));
    let dir = format!("dir={}", team.path("").display());
    let mut engine = team.start(ADA, &["run", &file, "-p", &dir, "--wait"]);
    until("the gate is open", || {
        let ran = team.runbook(BO, &["show", "last", "--format", "json"]);
        serde_json::from_str::<serde_json::Value>(&ran.out).is_ok_and(|shown| shown["gates"][0]["state"] == "open")
    });
    let said = team.runbook(BO, &["approve", "last", "go"]);
    assert!(said.status == 0 && said.err.contains("takes the answer up by itself"), "{said:?}");
    assert_eq!(engine.wait(), 0);
    assert_eq!(team.read("log"), "before\nafter\n");
}

#[test]
fn p3_of_two_people_who_answer_differently_at_once_exactly_one_wins() {
    for _ in 0..3 {
        let team = waiting("choices [\"now\", \"later\"]; second_person true");
        let both: Vec<_> = [(BO, "now"), (CY, "later")]
            .map(|(user, choice)| team.command(user).args(["approve", "last", "go", "--choice", choice]).stdout(Stdio::null()).spawn().expect("it starts"))
            .into();
        let mut statuses: Vec<i32> = both.into_iter().map(|child| child.wait_with_output().expect("it ends").status.code().unwrap_or(-1)).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [0, 1]);
        assert_eq!(team.runbook(ADA, &["verify", "last"]).status, 0);
    }
}

#[test]
fn p2_a_word_given_beforehand_is_none_of_a_second_person() {
    let team = Team::new();
    team.file("load", "");
    team.file("log", "");
    let file = team.file("gate.runbook", &BOOK.replace("{gate}", "second_person true"));
    let dir = format!("dir={}", team.path("").display());
    let ran = team.runbook(ADA, &["run", &file, "-p", &dir, "--answer", "go=yes", "--yes"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("`--answer go=yes` is not used") && ran.err.contains("second person"), "{ran:?}");
    assert_eq!(team.read("log"), "before\n");
}

#[test]
fn a_state_folder_without_access_says_so_and_a_private_one_stays_private() {
    let team = waiting("second_person true");
    let private = format!("{}/private", team.path("").display());
    std::fs::create_dir(&private).expect("a folder");
    let ran = team.command_in(BO, &private).args(["runs"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.code() == Some(1) && said.contains("you may not write there") && said.contains("2770"), "{said}");
}

fn shown(desk: &Desk) -> serde_json::Value {
    let shown: serde_json::Value = serde_json::from_str(&desk.runbook(["show", "last", "--format", "json"]).out).expect("JSON");
    shown["gates"][0].clone()
}

fn past_its_time(desk: &Desk) {
    until("what was shown is too old", || {
        let until = shown(desk)["valid_until"].as_i64().expect("a time");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_millis();
        now > u128::try_from(until).expect("after 1970")
    });
}

fn alone(gate: &str) -> (Desk, Vec<String>) {
    let desk = Desk::new();
    desk.file("load", "load 0.07\n");
    let file = desk.file("gate.runbook", BOOK.replace("{gate}", gate));
    let args = vec!["run".to_owned(), file.display().to_string(), "-p".to_owned(), format!("dir={}", desk.path("").display())];
    (desk, args)
}

#[test]
fn p2_a_yes_to_what_is_too_old_is_not_taken_and_it_is_shown_anew() {
    let (desk, args) = alone("valid_for 2s");
    assert_eq!(desk.runbook(&args).status, 3);
    let deadline = shown(&desk)["deadline"].clone();
    past_its_time(&desk);
    desk.file("load", "load 9.99\n");
    refused(&desk.runbook(["approve", "last", "go"]), &["is not taken", "counts for 2s", "runbook resume"]);
    assert_eq!(desk.read("log"), "before\n");
    assert_eq!(desk.runbook(["resume", "last"]).status, 3);
    let gate = shown(&desk);
    assert_eq!((gate["state"].as_str(), &gate["deadline"]), (Some("open"), &deadline), "silence still ends when it would have");
    let page = desk.runbook(["show", "last"]).out;
    assert!(page.contains("load 9.99") && page.contains("what it shows counts until"), "{page}");
}

#[test]
fn p2_an_answer_lapses_when_nothing_has_begun_behind_it_in_time() {
    let (desk, args) = alone("valid_for 2s");
    assert_eq!(desk.runbook(&args).status, 3);
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    past_its_time(&desk);
    desk.file("load", "load 9.99\n");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("lapsed") && ran.err.contains("load 9.99"), "{ran:?}");
    assert_eq!((shown(&desk)["state"].as_str(), shown(&desk)["by"].as_str()), (Some("open"), None));
    assert_eq!(desk.read("log"), "before\n");
    assert_eq!(desk.runbook(["reject", "last", "go"]).status, 0, "a no is never too old");
    assert_eq!(desk.runbook(["resume", "last"]).status, 4);
}

#[test]
fn an_answer_that_was_used_in_time_does_not_lapse() {
    let (desk, args) = alone("valid_for 10m");
    assert_eq!(desk.runbook(args.iter().map(String::as_str).chain(["--answer", "go=yes"])).status, 0);
    assert_eq!(desk.read("log"), "before\nafter\n");
}

#[test]
fn at_a_terminal_a_yes_that_is_somebody_elses_is_no_answer_and_theirs_takes_the_question_back() {
    let (desk, args) = alone("approvers [\"nobody\"]");
    let mut seat = Seat::at(&desk, &args.iter().map(String::as_str).collect::<Vec<_>>());
    let page = seat.sees("type `reject`, or wait");
    assert!(page.contains("a yes counts of nobody"), "{page}");
    seat.types("approve");
    seat.sees("`approve` is no answer here: a yes counts of nobody");
    seat.sees("type `reject`, or wait");
    seat.types("reject not today");
    let (rest, status) = seat.ends();
    assert_eq!(status, 4, "{rest}");
    assert_eq!(desk.read("log"), "before\nundo-before\n");
}

#[test]
fn at_a_terminal_what_is_too_old_is_shown_anew() {
    let (desk, args) = alone("valid_for 2s");
    let mut seat = Seat::at(&desk, &args.iter().map(String::as_str).collect::<Vec<_>>());
    seat.sees("load 0.07");
    seat.sees("type `approve` or `reject`");
    past_its_time(&desk);
    desk.file("load", "load 9.99\n");
    seat.types("approve");
    seat.sees("load 9.99");
    seat.sees("type `approve` or `reject`");
    seat.types("approve");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert_eq!(desk.read("log"), "before\nafter\n");
}

const TWIN: &str = r#"
runbook: people.gate
title: Write behind a gate
params: {dir: path}
targets: {there: {type: host, is: "{{ local }}"}}
steps:
  - boundary: all
    title: All of it
    steps:
      - step: before
        on: there
        run: echo before >> {{ dir }}/log
        undo: echo undo-before >> {{ dir }}/log
      - gate: go
        question: Write the rest?
        show: {cmd: "cat {{ dir }}/load", on: there}
        approvers: [ada, bo]
        second_person: true
        valid_for: 30m
        timeout: {after: 10m, then: rollback}
      - step: after
        on: there
        run: echo after >> {{ dir }}/log
        undo: echo undo-after >> {{ dir }}/log
"#;

#[test]
fn both_spellings_of_a_gate_s_people_give_one_plan() {
    let (desk, _) = alone("approvers [\"ada\", \"bo\"]; second_person true; valid_for 30m");
    let twin = desk.file("gate.runbook.yaml", TWIN).display().to_string();
    let hash = |file: &str| {
        let ran = desk.runbook(["plan", file, "-p", "dir=/x", "--format", "json"]);
        let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        assert_eq!(plan["nodes"][1]["approvers"], serde_json::json!(["ada", "bo"]));
        plan["hash"].as_str().expect("a hash").to_owned()
    };
    assert_eq!(hash("gate.runbook"), hash(&twin));
    let page = desk.runbook(["plan", "gate.runbook", "-p", "dir=/x"]).out;
    for words in ["asks     ada, bo", "a second person: nobody who started", "valid    for 30m"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}
