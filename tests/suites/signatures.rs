//! P3: answers that are signed with ssh keys. The system's own ssh-keygen and ssh-agent, and keys made for the test.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::scratch::run;
use crate::harness::seat::Seat;
use crate::harness::signers::{Agent, allowed, key, rewritten};

const BOOK: &str = r#"
runbook signed.gate "Write behind a gate" {
  signers "allowed_signers"
  param dir: path
  boundary all "All of it" {
    step before on local { run `echo before >> {{ dir }}/log`; undo `echo undo-before >> {{ dir }}/log` }
    parallel {
      gate go "Write the rest?" {
        show `cat {{ dir }}/load` on local
        {gate}
        timeout 10m then rollback
      }
      gate other "And is it the day for it?" { timeout 10m then rollback }
    }
    step after on local { run `echo after >> {{ dir }}/log`; undo `echo undo-after >> {{ dir }}/log` }
  }
}
"#;

/// A desk with keys of three people, of whom eve is no signer.
fn team() -> Desk {
    let desk = Desk::new();
    desk.file("load", "load 0.07\n");
    let lines: Vec<String> = ["ada", "bo", "cy"].map(|name| allowed(&desk, name, "")).into();
    key(&desk, "eve");
    desk.file("allowed_signers", lines.concat());
    desk
}

/// Without a key.
fn unsigned(desk: &Desk, gate: &str) -> Vec<String> {
    let file = desk.file("gate.runbook", BOOK.replace("{gate}", gate));
    vec!["run".to_owned(), file.display().to_string(), "-p".to_owned(), format!("dir={}", desk.path("").display())]
}

/// Started by this person.
fn book(desk: &Desk, gate: &str, who: &str) -> Vec<String> {
    [unsigned(desk, gate), vec!["--sign-with".to_owned(), path(desk, who)]].concat()
}

/// A run that ada has started, and that waits at its gates, with no process.
fn waiting(desk: &Desk, gate: &str) {
    let ran = desk.runbook(book(desk, gate, "ada"));
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(desk.word(), "waiting", "{ran:?}");
}

fn path(desk: &Desk, name: &str) -> String {
    desk.home().join(name).display().to_string()
}

fn says(desk: &Desk, verb: &str, gate: &str, who: &str) -> Ran {
    desk.runbook([verb, "last", gate, "--sign-with", &path(desk, who)])
}

fn approved(desk: &Desk, gate: &str, who: &str) {
    let ran = says(desk, "approve", gate, who);
    assert_eq!(ran.status, 0, "{ran:?}");
}

fn refused(ran: &Ran, says: &[&str]) {
    assert_eq!(ran.status, 1, "{ran:?}");
    for words in says {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
}

/// Another process, of this person.
fn driven(desk: &Desk, verb: &str, who: &str) -> Ran {
    desk.runbook([verb, "last", "--sign-with", &path(desk, who)])
}

/// What is signed, and by whom.
fn signatures(desk: &Desk) -> Vec<(String, String)> {
    let said = verified(desk);
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    said["signatures"].as_array().expect("a list").iter().map(|s| (word(&s["of"]), word(&s["by"]))).collect()
}

fn verified(desk: &Desk) -> Value {
    let ran = desk.runbook(["verify", "last", "--format", "json"]);
    let said: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    assert_eq!(ran.status == 0, said["intact"] == true, "{ran:?}");
    said
}

/// `verify` says which event it is, and no process drives or answers the run any more.
fn is_found(desk: &Desk, event: u64, words: &str) {
    let said = verified(desk);
    assert_eq!((said["intact"].as_bool(), said["event"].as_u64()), (Some(false), Some(event)), "{said}");
    assert!(said.to_string().contains(words), "{words}: {said}");
    let before = desk.read("log");
    for ran in [driven(desk, "resume", "ada"), says(desk, "approve", "other", "ada"), desk.runbook(["show", "last"])] {
        refused(&ran, &["does not hold", "runbook verify"]);
    }
    assert_eq!(desk.read("log"), before);
}

fn event(desk: &Desk, name: &str, gate: &str) -> Value {
    let node = |e: &Value| e["node"].clone();
    let events = desk.events();
    let opened = events.iter().find(|e| e["event"] == "GateOpened" && e["question"].as_str().is_some_and(|q| q.starts_with(gate))).expect("it was opened");
    events.iter().rev().find(|e| e["event"] == name && node(e) == node(opened)).unwrap_or_else(|| panic!("no {name}: {events:?}")).clone()
}

#[test]
fn p3_a_signed_yes_passes_the_gate_and_verify_says_whose_key_it_was() {
    let desk = team();
    waiting(&desk, "approvers [\"bo\"]");
    approved(&desk, "go", "bo");
    approved(&desk, "other", "cy");
    // The file, the runbook and the keys may go: the run has what it needs.
    for name in ["allowed_signers", "gate.runbook"] {
        std::fs::remove_file(desk.path(name)).expect("it was there");
    }
    let ran = driven(&desk, "resume", "ada");
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "before\nafter\n");
    let fingerprint = run("ssh-keygen", ["-lf", &format!("{}.pub", path(&desk, "bo"))]);
    let fingerprint = fingerprint.split_whitespace().nth(1).expect("a fingerprint");
    let ran = desk.runbook(["verify", "last"]);
    assert!(ran.status == 0 && ran.out.contains(&format!("the answer at `go` by bo, ED25519 key {fingerprint}")), "{ran:?}");
    let all = [("the start", "ada"), ("the answer at `go`", "bo"), ("the answer at `other`", "cy"), ("the resume", "ada")];
    assert_eq!(signatures(&desk), all.map(|(what, who)| (what.to_owned(), who.to_owned())));
    let page = desk.runbook(["show", "last"]).out;
    assert!(page.contains("signed by bo") && !page.contains("courtesy"), "{page}");
    let shown: Value = serde_json::from_str(&desk.runbook(["show", "last", "--format", "json"]).out).expect("JSON");
    assert_eq!((shown["gates"][0]["by"].as_str(), shown["gates"][0]["signed"].as_bool()), (Some("bo"), Some(true)));
}

#[test]
fn p3_what_is_signed_can_be_checked_with_ssh_keygen_alone_as_the_language_page_says() {
    let desk = team();
    waiting(&desk, "choices [\"now\", \"later\"]");
    let ran = desk.runbook(["approve", "last", "go", "--choice", "later", "--sign-with", &path(&desk, "ada")]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let (opened, answered) = (event(&desk, "GateOpened", "Write"), event(&desk, "GateAnswered", "Write"));
    let signed = &answered["by"]["signed"];
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    let run_id = word(&serde_json::from_str::<Value>(&desk.runbook(["show", "last", "--format", "json"]).out).expect("JSON")["run"]);
    let plan = word(&desk.events()[0]["plan"]);
    let text = format!(
        "runbook gate answer 1\nrun {run_id}\ngate \"go\"\nopening 1\nanswer approved\nchoice \"later\"\nplan {plan}\nevidence {}\ndeadline {}\nhead {}\n",
        word(&opened["evidence_hash"]),
        opened["deadline"],
        word(&signed["head"])
    );
    let (text, signature) = (desk.file("text", text), desk.file("signature", word(&signed["signature"])));
    let check = format!("ssh-keygen -Y verify -f {} -I ada -n runbook -s {} < {}", desk.path("allowed_signers").display(), signature.display(), text.display());
    assert!(run("sh", ["-c", &check]).contains("Good \"runbook\" signature for ada"));
}

#[test]
fn p3_a_yes_without_a_signature_is_refused_and_a_no_is_taken() {
    let desk = team();
    waiting(&desk, "");
    refused(&desk.runbook(["approve", "last", "go"]), &["`go` does not count", "a yes is signed", "--sign-with KEY", "RUNBOOK_SIGNING_KEY"]);
    refused(&says(&desk, "approve", "go", "nobody"), &["signed nothing"]);
    assert_eq!(desk.runbook(["reject", "last", "go"]).status, 0, "it does what silence does");
    let ran = driven(&desk, "resume", "ada");
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(desk.read("log"), "before\nundo-before\n");
}

#[test]
fn p3_a_key_of_nobody_in_the_file_is_refused_and_so_is_one_that_has_expired_and_one_for_other_things() {
    let desk = team();
    let lines = [allowed(&desk, "ada", ""), allowed(&desk, "bo", ",valid-before=\"20200101\""), allowed(&desk, "cy", ",valid-after=\"20990101\"")];
    desk.file("allowed_signers", lines.concat());
    waiting(&desk, "");
    for who in ["eve", "bo", "cy"] {
        refused(&says(&desk, "approve", "go", who), &["is not taken", "allowed_signers"]);
    }
    assert_eq!(signatures(&desk).len(), 1, "the start alone");
    approved(&desk, "go", "ada");
}

#[test]
fn p3_with_signers_approvers_are_principals_whoever_the_os_user_is() {
    let desk = team();
    let user = crate::harness::scratch::user();
    desk.file("allowed_signers", [allowed(&desk, "ada", ""), allowed(&desk, &user, "")].concat());
    waiting(&desk, "approvers [\"ada\"]");
    refused(&says(&desk, "approve", "go", &user), &["it takes a yes of ada", &format!("you are {user}")]);
    let page = desk.runbook(["show", "last"]).out;
    assert!(page.contains("a yes counts of who signs it; ada") && !page.contains("courtesy"), "{page}");
    approved(&desk, "go", "ada");
}

/// The environment names the key, and the agent has the private half of it: only the public one lies on the disk.
#[test]
fn p3_a_key_that_only_an_agent_holds_signs() {
    let desk = team();
    waiting(&desk, "");
    let agent = Agent::start(&desk);
    agent.holds(&path(&desk, "bo"));
    std::fs::remove_file(desk.home().join("bo")).expect("the private half");
    let public = format!("{}.pub", path(&desk, "bo"));
    let mut command = desk.command();
    command.args(["approve", "last", "go"]).env("RUNBOOK_SIGNING_KEY", &public).env("SSH_AUTH_SOCK", &agent.socket);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    drop(agent);
    refused(&desk.runbook(["approve", "last", "other", "--sign-with", &public]), &["signed nothing"]);
    assert_eq!(signatures(&desk)[1].1, "bo");
}

/// Whoever can write to the file can make a chain of it that holds; a signature they can't make.
#[test]
fn p3_an_answer_that_was_forged_in_the_journal_is_found_and_nothing_is_driven_by_it() {
    let changes: [(&str, &str, &str); 4] = [
        ("\"choice\":\"later\"", "\"choice\":\"now\"", "it is no signature of this"),
        ("\"principal\":\"ada\"", "\"principal\":\"bo\"", "it is that of ada, and not of bo"),
        ("BEGIN SSH SIGNATURE-----\\n", "BEGIN SSH SIGNATURE-----\\nAAAA", "event"),
        ("\"head\":\"", "\"head\":\"0", "another run, gate or moment"),
    ];
    for (from, to, says) in changes {
        let desk = team();
        waiting(&desk, "choices [\"now\", \"later\"]");
        let ran = desk.runbook(["approve", "last", "go", "--choice", "later", "--sign-with", &path(&desk, "ada")]);
        assert_eq!(ran.status, 0, "{ran:?}");
        let mut changed = 0;
        rewritten(&desk, |events| {
            for (seq, body) in events.iter_mut().filter(|(_, body)| body.contains("GateAnswered")) {
                assert!(body.contains(from), "{from}: {body}");
                *body = body.replace(from, to);
                changed = *seq;
            }
        });
        is_found(&desk, changed, says);
    }
}

#[test]
fn p3_a_yes_that_was_written_without_a_signature_does_not_fold() {
    let desk = team();
    waiting(&desk, "");
    approved(&desk, "go", "ada");
    rewritten(&desk, |events| {
        for (_, body) in events.iter_mut().filter(|(_, body)| body.contains("GateAnswered")) {
            let mut event: Value = serde_json::from_str(body).expect("an event");
            event["by"] = serde_json::json!({ "person": "ada" });
            *body = event.to_string();
        }
    });
    assert_eq!(verified(&desk)["intact"], false);
    refused(&driven(&desk, "resume", "ada"), &["does not fold"]);
}

/// The signature is good; it is one of something else.
#[test]
fn p3_a_signature_of_another_gate_or_of_another_run_is_found() {
    let desk = team();
    waiting(&desk, "");
    approved(&desk, "go", "ada");
    let answered = event(&desk, "GateAnswered", "Write");
    let other = event(&desk, "GateOpened", "And")["node"].clone();
    let replayed = |seq: u64, node: &Value| {
        let mut event = answered.clone();
        (event["seq"], event["node"]) = (seq.into(), node.clone());
        event.as_object_mut().expect("an object").retain(|key, _| !matches!(key.as_str(), "run" | "path"));
        event.to_string()
    };
    let mut last = 0;
    rewritten(&desk, |events| {
        last = events.len() as u64 + 1;
        events.push((last, replayed(last, &other)));
    });
    is_found(&desk, last, "it is no signature of this");

    let (first, mut last) = (answered["node"].clone(), 0);
    waiting(&desk, "");
    rewritten(&desk, |events| {
        last = events.len() as u64 + 1;
        events.push((last, replayed(last, &first)));
    });
    is_found(&desk, last, "another run, gate or moment");
}

/// Of the newest run, which there may not be yet.
fn both_are_open(desk: &Desk) -> bool {
    let shown: Value = serde_json::from_str(&desk.runbook(["show", "last", "--format", "json"]).out).unwrap_or_default();
    ["go", "other"].iter().all(|id| shown["gates"].as_array().is_some_and(|gates| gates.iter().any(|g| g["id"] == *id && g["state"] == "open")))
}

/// A process that waits at the gate reads what others write: it takes nothing for an answer that is none.
#[test]
fn p3_a_process_that_waits_takes_a_signed_answer_and_leaves_at_a_forged_one() {
    let desk = team();
    let mut engine = desk.start(book(&desk, "", "ada").into_iter().chain(["--wait".to_owned()]));
    until("both gates are open", || both_are_open(&desk));
    approved(&desk, "go", "ada");
    approved(&desk, "other", "bo");
    assert_eq!(engine.wait(), 0);
    assert_eq!(desk.read("log"), "before\nafter\n");

    let mut command = desk.command();
    let mut engine = command.args(book(&desk, "", "ada")).arg("--wait").stdout(Stdio::null()).spawn().expect("it starts");
    until("both gates are open", || both_are_open(&desk));
    let node = event(&desk, "GateOpened", "Write")["node"].clone();
    rewritten(&desk, |events| {
        let signed = serde_json::json!({ "principal": "ada", "head": "0", "signature": "none" });
        let answer = serde_json::json!({ "approved": { "choice": null } });
        let seq = events.len() as u64 + 1;
        let at = serde_json::from_str::<Value>(&events[events.len() - 1].1).expect("an event")["at"].clone();
        let event = serde_json::json!({ "seq": seq, "at": at, "event": "GateAnswered", "node": node, "opening": 1, "answer": answer, "by": { "signed": signed }, "note": null });
        events.push((seq, event.to_string()));
    });
    let status = engine.wait().expect("it ends");
    assert_eq!(status.code(), Some(1));
    assert_eq!(desk.read("log"), "before\nafter\nbefore\n", "nothing ran behind the gate");
}

#[test]
fn p3_at_the_terminal_a_yes_is_signed_with_the_key_of_who_sits_there() {
    let desk = team();
    let args = book(&desk, "approvers [\"bo\"]", "ada");
    let mut seat = Seat::at(&desk, &args.iter().map(String::as_str).collect::<Vec<_>>());
    // The gate that shows nothing is open first.
    seat.sees("And is it the day for it?");
    seat.sees("type `approve` or `reject`");
    seat.types("approve it is");
    seat.sees("a yes counts of who signs it; bo");
    seat.sees("type `approve` or `reject`");
    seat.types("approve");
    seat.sees("it takes a yes of bo, and you are ada");
    approved(&desk, "go", "bo");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    assert!(desk.runbook(["log", "last"]).out.contains("signed by ada: it is"));
    let who: Vec<String> = signatures(&desk).into_iter().map(|(_, who)| who).collect();
    assert_eq!(who, ["ada", "ada", "bo"]);
}

#[test]
fn a_word_given_beforehand_is_no_signature() {
    let desk = team();
    let ran = desk.runbook(book(&desk, "", "ada").into_iter().chain(["--answer".to_owned(), "go=yes".to_owned()]));
    assert!(ran.status == 3 && ran.err.contains("`--answer go=yes` is not used: a yes is signed"), "{ran:?}");
}

#[test]
fn a_file_of_signers_that_lets_a_key_do_too_much_is_told_with_its_line() {
    let desk = team();
    let key = allowed(&desk, "ada", "").replace(" namespaces=\"runbook\"", "");
    desk.file("allowed_signers", format!("# the team\n{key}"));
    let file: PathBuf = desk.file("gate.runbook", BOOK.replace("{gate}", ""));
    let ran = desk.runbook(["lint".as_ref(), file.as_os_str()]);
    let said = format!("{}{}", ran.out, ran.err);
    assert!(
        ran.status == 1 && said.contains("RB0184") && said.contains("line 2: the key of ada may sign anything") && said.contains("namespaces=\"runbook\""),
        "{said}"
    );
    std::fs::remove_file(desk.path("allowed_signers")).expect("it was there");
    let ran = desk.runbook(["lint".as_ref(), file.as_os_str()]);
    let said = format!("{}{}", ran.out, ran.err);
    assert!(ran.status == 1 && said.contains("RB0183") && said.contains("there is no such file"), "{said}");
}

#[test]
fn a_called_runbook_gets_the_signatures_that_it_wants_or_is_not_called() {
    let desk = team();
    desk.file("gate.runbook", BOOK.replace("{gate}", ""));
    let caller = |head: &str| format!("import \"gate.runbook\"\nrunbook the.caller \"Call it\" {{\n  {head}\n  call inner signed.gate(dir: \"/x\")\n}}\n");
    for (head, says) in [("", "this runbook names none"), ("signers \"others\"", "this runbook names others")] {
        desk.file("others", allowed(&desk, "bo", ""));
        let file = desk.file("caller.runbook", caller(head));
        let ran = desk.runbook(["plan".as_ref(), file.as_os_str()]);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(ran.status == 2 && said.contains("RB0185") && said.contains(says), "{said}");
    }
    let file = desk.file("caller.runbook", caller("signers \"allowed_signers\""));
    let ran = desk.runbook(["plan".as_ref(), file.as_os_str()]);
    assert!(ran.status == 0 && ran.out.contains("a yes is signed"), "{ran:?}");
}

#[test]
fn p3_who_starts_resumes_or_rolls_back_a_run_with_signers_signs_for_it() {
    let desk = team();
    for args in [unsigned(&desk, ""), book(&desk, "", "eve")] {
        let ran = desk.runbook(&args);
        assert!(ran.status == 7 && ran.err.contains("whoever starts a run of it is one of them"), "{ran:?}");
    }
    assert!(!desk.runbook(["runs"]).out.contains("signed.gate") && desk.read("log").is_empty());
    waiting(&desk, "");
    approved(&desk, "go", "ada");
    for verb in ["resume", "rollback", "end"] {
        let ran = desk.runbook([verb, "last"]);
        assert!(ran.status == 7 && ran.err.contains("is driven by who signs for it") && ran.err.contains("--sign-with KEY"), "{ran:?}");
        let ran = driven(&desk, verb, "eve");
        assert!(ran.status == 7 && ran.err.contains("does not stand in allowed_signers"), "{ran:?}");
    }
    assert_eq!(desk.read("log"), "before\n");
    assert_eq!(driven(&desk, "rollback", "cy").status, 4);
    let last = signatures(&desk).pop().expect("one");
    assert_eq!((last.0.as_str(), last.1.as_str()), ("the rollback", "cy"));
    assert!(desk.runbook(["log", "last"]).out.contains("signed by cy"));
}

/// All of them are one OS user; each has a key.
#[test]
fn p3_the_second_person_is_a_principal_who_neither_started_nor_resumed_the_run() {
    let desk = team();
    waiting(&desk, "second_person true");
    refused(&says(&desk, "approve", "go", "ada"), &["second person", "you started or resumed this run"]);
    assert_eq!(driven(&desk, "resume", "bo").status, 3);
    for who in ["ada", "bo"] {
        refused(&says(&desk, "approve", "go", who), &["second person", "ada and bo started or resumed this run", &format!("you are {who}")]);
    }
    let page = desk.runbook(["show", "last"]).out;
    assert!(page.contains("a second person, not ada or bo"), "{page}");
    approved(&desk, "go", "cy");
    approved(&desk, "other", "ada");
    assert_eq!(driven(&desk, "resume", "ada").status, 0);
    assert_eq!(desk.read("log"), "before\nafter\n");
}

/// Who hides that they started the run, to be its second person.
#[test]
fn p3_a_start_that_was_forged_in_the_journal_is_found() {
    for (from, to, says) in [
        ("\"principal\":\"ada\"", "\"principal\":\"bo\"", "it is that of ada, and not of bo"),
        ("\"purpose\":\"run\"", "\"purpose\":\"resume\"", "it is no signature of this"),
        ("\"machine\"", "\"takes_locks\":true,\"machine\"", "it is no signature of this"),
    ] {
        let desk = team();
        waiting(&desk, "second_person true");
        let mut changed = 0;
        rewritten(&desk, |events| {
            for (seq, body) in events.iter_mut().filter(|(_, body)| body.contains("DriverStarted")) {
                assert!(body.contains(from), "{from}: {body}");
                *body = body.replace(from, to);
                changed = *seq;
            }
        });
        is_found(&desk, changed, says);
    }
    let desk = team();
    waiting(&desk, "second_person true");
    rewritten(&desk, |events| {
        for (_, body) in events.iter_mut().filter(|(_, body)| body.contains("DriverStarted")) {
            let mut event: Value = serde_json::from_str(body).expect("an event");
            event.as_object_mut().expect("an object").remove("signed");
            *body = event.to_string();
        }
    });
    assert_eq!(verified(&desk)["intact"], false);
    refused(&says(&desk, "approve", "go", "ada"), &["does not fold"]);
}

#[test]
fn p6_a_run_with_signers_takes_no_edit_because_nobody_could_tell_later_whose_it_was() {
    let desk = team();
    waiting(&desk, "");
    let edited = desk.file("edited.runbook", BOOK.replace("{gate}", "").replace("echo after", "echo edited"));
    let before = desk.events().len();
    let ran = desk.runbook(["resume", "last", "--edit", &edited.display().to_string(), "--yes", "--sign-with", &path(&desk, "ada")]);
    assert_ne!(ran.status, 0, "{ran:?}");
    let said = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("this run has signers, and takes no edit: roll it back or end it, and run the edited text"), "{ran:?}");
    assert_eq!(desk.events().len(), before, "nothing was written");
}
