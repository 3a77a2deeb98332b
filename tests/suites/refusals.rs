//! How a run ends, by its exit status; what is refused before anything changed; and the shapes that scripts rely on.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::desk::{Desk, Ran};
use crate::harness::scratch::user;
use crate::harness::sshd::Sshd;

/// Runs a text as a runbook, with `dir` as the desk's folder.
fn run(desk: &Desk, text: &str, more: &[&str]) -> Ran {
    let file = desk.file("book.runbook", text).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    desk.runbook(["run", &file, "-p", &dir].iter().chain(more))
}

fn over_ssh(sshd: &Sshd, target: &str) -> Vec<String> {
    ["--ssh-config", &sshd.config().to_string_lossy(), "--target", target].map(str::to_owned).to_vec()
}

fn words(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

/// A refusal says that nothing has changed, and nothing has.
fn refused(desk: &Desk, ran: &Ran, says: &[&str]) {
    assert_eq!(ran.status, 7, "{ran:?}");
    for words in says {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    assert!(ran.err.contains("nothing has changed anywhere"), "{}", ran.err);
    assert_eq!(desk.word(), "refused");
    assert_eq!(desk.read("log"), "", "nothing has run");
}

const TWO: &str = r#"
runbook ends.two "Two steps" {
  param dir: path
  target there: host = local
  boundary all "All of it" {
    step one on there { run `echo one >> {{ dir }}/log`; undo `echo undo-one >> {{ dir }}/log` }
    step two on there { run `echo two >> {{ dir }}/log{bad}`; undo `{worse}echo undo-two >> {{ dir }}/log` }
  }
}
"#;

fn two(bad: &str, worse: &str) -> String {
    TWO.replace("{bad}", bad).replace("{worse}", worse)
}

#[test]
fn exit_0_done() {
    let desk = Desk::new();
    let ran = run(&desk, &two("", ""), &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.starts_with("run ") && ran.err.contains("\ndone "), "{}", ran.err);
    assert!(ran.out.is_empty(), "{}", ran.out);
    assert_eq!((desk.word().as_str(), desk.read("log").as_str()), ("done", "one\ntwo\n"));
}

#[test]
fn exit_1_a_gate_that_ends_the_run_was_refused() {
    let desk = Desk::new();
    let ran = run(
        &desk,
        "runbook ends.gate \"G\" {\n  param dir: path\n  gate go \"Go?\" { show `echo {{ dir }}` on local; timeout 10m then end }\n}\n",
        &["--answer", "go=reject"],
    );
    assert_eq!(ran.status, 1, "{ran:?}");
    assert_eq!(desk.word(), "failed");
}

#[test]
fn exit_2_wrong_usage() {
    let desk = Desk::new();
    for args in [
        &["run"][..],
        &["run", "--no-such-option", "x"],
        &["frobnicate"],
        &["show", "nosuchrun"],
        &["rollback", "nosuchrun"],
        &["log", "last"],
        &["run", "none.runbook"],
    ] {
        let ran = desk.runbook(args);
        assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
        assert!(!ran.err.is_empty(), "{args:?}");
    }
}

#[test]
fn exit_3_a_failure_outside_any_boundary_parks_and_undoes_nothing() {
    let desk = Desk::new();
    let ran = run(
        &desk,
        "runbook ends.parked \"P\" {\n  param dir: path\n  step one on local { run `echo one >> {{ dir }}/log`; undo `echo undo-one >> {{ dir }}/log` }\n  step two on local { run `echo to the log; echo broken disk >&2; exit 9` }\n}\n",
        &[],
    );
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!((desk.word().as_str(), desk.read("log").as_str()), ("parked", "one\n"));
    // What, where, how it stands, and what to type next.
    for words in ["two@local", "exit status 9", "broken disk", "stands", "one@local", "runbook resume", "runbook rollback", "runbook end", "runbook log"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

#[test]
fn exit_4_rolled_back_and_nothing_of_it_stands() {
    let desk = Desk::new();
    let ran = run(&desk, &two("; exit 9", ""), &[]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(desk.read("log"), "one\ntwo\nundo-two\nundo-one\n");
    assert!(ran.err.contains("nothing of this run stands"), "{}", ran.err);
}

/// R4: it says what is undone, what is not, and what a person would run; the rollback can be tried again.
#[test]
fn exit_5_an_undo_that_fails_is_stuck_until_a_rollback_succeeds() {
    let desk = Desk::new();
    let ran = run(&desk, &two("; exit 9", "test -e {{ dir }}/mended; "), &[]);
    assert_eq!(ran.status, 5, "{ran:?}");
    assert_eq!(desk.word(), "stuck");
    assert_eq!((desk.stage("two@local"), desk.stage("one@local")), ("undo_failed".to_owned(), "succeeded".to_owned()));
    for words in ["two@local", "one@local", "undo-two", "runbook rollback", "runbook end"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    assert_eq!(desk.read("log"), "one\ntwo\n");
    assert_eq!(desk.runbook(["rollback", "last"]).status, 5, "still broken");
    desk.file("mended", "");
    let ran = desk.runbook(["rollback", "last"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(desk.read("log"), "one\ntwo\nundo-two\nundo-one\n");
}

const SCOPE: &str = r#"
action demo.hold(dir: path) "Hold the door" {
  run  `echo held >> {{ dir }}/log`
  undo `echo released >> {{ dir }}/log`
}
runbook ends.scope "A scope" {
  param dir: path
  during demo.hold(dir: dir) on local release {release}
  step one on local { run `echo one >> {{ dir }}/log{bad}` }
}
"#;

/// `release ask` without a terminal: nobody can be asked, so it is kept, and said to be.
#[test]
fn exit_6_done_with_a_scope_kept() {
    let desk = Desk::new();
    let ran = run(&desk, &SCOPE.replace("{release}", "ask").replace("{bad}", ""), &[]);
    assert_eq!(ran.status, 6, "{ran:?}");
    assert_eq!((desk.word().as_str(), desk.read("log").as_str()), ("done", "held\none\n"));
    // Nobody can release it for them yet, so it says what to type.
    assert!(ran.err.contains("kept") && ran.err.contains("held") && ran.err.contains("echo released"), "{}", ran.err);
    assert!(desk.runbook(["show", "last"]).out.contains("echo released"));
    let shown: Value = serde_json::from_str(&desk.runbook(["show", "last", "--format", "json"]).out).expect("JSON");
    let scope = &shown["scopes"][0];
    assert_eq!((scope["state"].as_str(), scope["release"].as_str(), scope["host"].as_str()), (Some("kept"), Some("ask"), Some("local")));
}

#[test]
fn r5_a_scope_is_released_by_its_policy_and_only_by_it() {
    let desk = Desk::new();
    assert_eq!(run(&desk, &SCOPE.replace("{release}", "on_success").replace("{bad}", ""), &[]).status, 0);
    assert_eq!(desk.read("log"), "held\none\nreleased\n");
    let desk = Desk::new();
    let ran = run(&desk, &SCOPE.replace("{release}", "always").replace("{bad}", "; exit 1"), &[]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(desk.read("log"), "held\none\n", "a parked run holds its scopes");
    assert!(ran.err.contains("held  "), "and says so: {}", ran.err);
}

#[test]
fn exit_7_a_requirement_that_does_not_hold() {
    for that in ["1 > 2", "`test -e /nonexistent` on local"] {
        let desk = Desk::new();
        let ran = run(
            &desk,
            &format!(
                "runbook ends.require \"R\" {{\n  param dir: path\n  require \"the moon is full\" {that}\n  step one on local {{ run `echo one >> {{{{ dir }}}}/log` }}\n}}\n"
            ),
            &[],
        );
        refused(&desk, &ran, &["the moon is full"]);
        let again = desk.runbook(["resume", "last"]);
        assert_eq!(again.status, 1, "{again:?}");
        assert!(again.err.contains("refused"), "{again:?}");
    }
}

#[test]
fn exit_7_every_host_that_can_not_be_reached_is_named_at_once() {
    let mut sshd = Sshd::start(&["box1", "box2", "box3"]);
    sshd.stop("box1");
    sshd.stop("box3");
    let desk = Desk::new();
    let more = ["--ssh-config".to_owned(), sshd.config().to_string_lossy().into_owned()];
    let ran = run(
        &desk,
        "runbook ends.hosts \"H\" {\n  param dir: path\n  target all = [\"box1\", \"box2\", \"box3\"]\n  step one on all { run `echo one >> {{ dir }}/log` }\n}\n",
        &words(&more),
    );
    refused(&desk, &ran, &["box1 refuses connections", "box3 refuses connections"]);
    assert!(!ran.err.contains("box2 refuses"), "{}", ran.err);
}

#[test]
fn exit_7_a_changed_host_key_is_never_accepted() {
    let mut sshd = Sshd::start(&["box"]);
    sshd.change_host_key("box");
    let desk = Desk::new();
    let ran = run(&desk, &two("", ""), &words(&over_ssh(&sshd, "there=box")));
    refused(&desk, &ran, &["the host key of box has changed", "ssh-keygen -R"]);
}

#[test]
fn exit_7_a_name_that_is_no_host() {
    let sshd = Sshd::start(&["box"]);
    let desk = Desk::new();
    let ran = run(&desk, &two("", ""), &words(&over_ssh(&sshd, "there=no-such-host.invalid")));
    refused(&desk, &ran, &["no-such-host.invalid"]);
}

/// Scenario 5: an account that may run one command only.
#[test]
fn exit_7_a_host_that_runs_something_else_than_it_is_asked_to() {
    let mut sshd = Sshd::start(&["box"]);
    for forced in ["/bin/true", "/bin/echo this account is for backups only", "/bin/cat"] {
        sshd.force_command("box", forced);
        let desk = Desk::new();
        let ran = run(&desk, &two("", ""), &words(&over_ssh(&sshd, "there=box")));
        refused(&desk, &ran, &["box"]);
    }
}

/// Scenario 4: the step itself would be too late to find out.
#[test]
fn exit_7_a_user_that_commands_can_not_run_as() {
    let desk = Desk::new();
    let text = two("", "").replace("step two on there {", "step two on there { as \"no-such-user\";");
    let ran = run(&desk, &text, &[]);
    refused(&desk, &ran, &["no-such-user", "local"]);
    let sshd = Sshd::start(&["box"]);
    let desk = Desk::new();
    let ran = run(&desk, &text, &words(&over_ssh(&sshd, "there=box")));
    refused(&desk, &ran, &["no-such-user", "box"]);
}

/// O4: a later preflight that fails leaves the run as it stood.
#[test]
fn o4_a_resume_that_reaches_nobody_leaves_the_run_as_it_stood() {
    let mut sshd = Sshd::start(&["box"]);
    let desk = Desk::new();
    let ran = run(
        &desk,
        &two("; test -e {{ dir }}/mended", "").replace("\"All of it\" {", "\"All of it\" {\n    on_failure park"),
        &words(&over_ssh(&sshd, "there=box")),
    );
    assert_eq!(ran.status, 3, "{ran:?}");
    sshd.stop("box");
    let ran = desk.runbook(["resume", "last"]);
    assert!(ran.err.contains("box refuses connections") && ran.err.contains("stands as it stood before"), "{}", ran.err);
    assert_eq!((ran.status, desk.word().as_str()), (3, "parked"), "{ran:?}");
    assert_eq!(desk.read("log"), "one\ntwo\n");
    sshd.start_again("box");
    desk.file("mended", "");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "one\ntwo\ntwo\n");
}

#[test]
fn exit_130_interrupted_without_a_terminal_parks_when_the_step_has_ended() {
    let desk = Desk::new();
    let text = two("", "").replace("run `echo one >> {{ dir }}/log`", "run `touch {{ dir }}/began; sleep 1; echo one >> {{ dir }}/log`");
    let file = desk.file("book.runbook", text).to_string_lossy().into_owned();
    let mut engine = desk.start(["run", &file, "-p", &format!("dir={}", desk.path("").display())]);
    crate::harness::desk::until("the step began", || desk.path("began").exists());
    crate::harness::scratch::run("kill", ["-INT", &engine.0.id().to_string()]);
    assert_eq!(engine.wait(), 130);
    assert_eq!((desk.word().as_str(), desk.read("log").as_str()), ("parked", "one\n"));
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
    assert_eq!(desk.read("log"), "one\ntwo\n");
}

#[test]
fn end_closes_a_parked_run_and_says_what_stands() {
    let desk = Desk::new();
    assert_eq!(run(&desk, &two("; exit 9", "").replace("\"All of it\" {", "\"All of it\" {\n    on_failure park"), &[]).status, 3);
    let ran = desk.runbook(["end", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!((desk.word().as_str(), desk.read("log").as_str()), ("ended", "one\ntwo\n"));
    assert!(ran.err.contains("stands") && ran.err.contains("one@local") && ran.err.contains("two@local"), "{}", ran.err);
    for command in ["resume", "rollback", "end"] {
        let ran = desk.runbook([command, "last"]);
        assert_eq!(ran.status, 1, "{command}: {ran:?}");
        assert!(ran.err.contains("ended") && ran.err.contains("runbook show"), "{command}: {}", ran.err);
    }
}

#[test]
fn end_leaves_scopes_by_their_policy() {
    let desk = Desk::new();
    assert_eq!(run(&desk, &SCOPE.replace("{release}", "always").replace("{bad}", "; exit 1"), &[]).status, 3);
    let ran = desk.runbook(["end", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "held\none\nreleased\n");
}

#[test]
fn r7_rollback_to_a_step_leaves_that_step_and_what_came_before_it() {
    let desk = Desk::new();
    let text = "runbook ends.three \"T\" {\n  param dir: path\n  step one on local { run `echo one >> {{ dir }}/log`; undo `echo undo-one >> {{ dir }}/log` }\n  step two on local { run `echo two >> {{ dir }}/log`; undo `echo undo-two >> {{ dir }}/log` }\n  step three on local { run `echo three >> {{ dir }}/log`; undo `echo undo-three >> {{ dir }}/log` }\n  step bad on local { run `exit 9` }\n}\n";
    assert_eq!(run(&desk, text, &[]).status, 3);
    let ran = desk.runbook(["rollback", "last", "--to", "gone"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("no step `gone`") && ran.err.contains("runbook show"), "{ran:?}");
    let ran = desk.runbook(["rollback", "last", "--to", "one"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(desk.read("log"), "one\ntwo\nthree\nundo-three\nundo-two\n");
    assert!(ran.err.contains("one@local"), "{}", ran.err);
    // From there it goes on, or all the way back.
    let ran = desk.runbook(["rollback", "last"]);
    assert_eq!(desk.read("log"), "one\ntwo\nthree\nundo-three\nundo-two\nundo-one\n");
    assert_eq!(ran.status, 3, "the failed step has no undo, so something may stand: {ran:?}");
    assert!(ran.err.contains("bad@local"), "{}", ran.err);
}

#[test]
fn log_of_a_step_is_what_it_printed_and_private_keeps_none_of_it() {
    let desk = Desk::new();
    let ran = run(
        &desk,
        "runbook ends.log \"L\" {\n  param dir: path\n  step open on local { run `printf 'to-out\\n\\001bytes'; echo to-err >&2; touch {{ dir }}/x` }\n  step closed on local { private true; run `echo hunter-$((1+1))-secret; echo hunter-$((1+1))-secret >&2; touch {{ dir }}/y` }\n  step silent on local { run `true` }\n}\n",
        &["-v"],
    );
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.contains("│ to-out") && !ran.err.contains("hunter-2"), "{}", ran.err);
    let log = desk.runbook(["log", "last", "open"]);
    assert_eq!((log.status, log.out.as_str()), (0, "to-out\n\u{1}bytes"), "{log:?}");
    assert!(log.err.contains("to-err"), "{log:?}");
    let log = desk.runbook(["log", "last", "silent@local"]);
    assert!(log.status == 0 && log.err.contains("printed nothing"), "{log:?}");
    let log = desk.runbook(["log", "last", "closed"]);
    assert!(log.status == 0 && log.out.is_empty() && log.err.contains("private"), "it says why there is nothing: {log:?}");
    let log = desk.runbook(["log", "last", "gone"]);
    assert!(log.status == 2 && log.err.contains("runbook show"), "{log:?}");
}

/// J3: not in the journal, not beside it, and not on the target either.
#[test]
fn j3_what_a_private_step_prints_is_nowhere_on_any_disk() {
    fn holds(folder: &Path, needle: &[u8], found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                holds(&path, needle, found);
            } else if std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|w| w == needle)) {
                found.push(path);
            }
        }
    }
    let sshd = Sshd::start(&["box"]);
    for (needle, private, kept) in [("72616e646f6d", "private true; ", false), ("6f7065", "", true)] {
        let desk = Desk::new();
        // Printed, but not written in the command: the runbook's own text is kept, of course. It parks, so jobs stay.
        let text = format!(
            "runbook ends.private \"P\" {{\n  param dir: path\n  target there: host = local\n  step closed on there {{ {private}run `echo {{{{ dir }}}} | cut -c1-1 | sed 's/./{}/' | tr -d _; exit 3` }}\n}}\n",
            needle.chars().map(|c| format!("{c}_")).collect::<String>()
        );
        let ran = run(&desk, &text, &words(&over_ssh(&sshd, "there=box")));
        assert_eq!(ran.status, 3, "{ran:?}");
        let mut found = Vec::new();
        holds(&desk.state(), needle.as_bytes(), &mut found);
        holds(&sshd.home("box"), needle.as_bytes(), &mut found);
        // Without `private` it is found: the search does search.
        assert_eq!(!found.is_empty(), kept, "{found:?}");
        assert_eq!(ran.err.contains(needle), kept, "{}", ran.err);
    }
}

#[test]
fn runs_and_show_have_the_shapes_that_scripts_rely_on() {
    let desk = Desk::new();
    assert_eq!(desk.runbook(["runs", "--format", "json"]).out.trim(), "[]");
    run(&desk, &two("", ""), &[]);
    let ran = run(&desk, &two("; exit 9", ""), &[]);
    let id = ran.err.lines().next().and_then(|l| l.strip_prefix("run ")).expect("its first line").to_owned();
    let runs: Value = serde_json::from_str(&desk.runbook(["runs", "--format", "json"]).out).expect("JSON");
    let runs = runs.as_array().expect("a list");
    assert_eq!(runs.len(), 2);
    assert_eq!(
        (runs[0]["run"].as_str(), runs[0]["state"].as_str(), runs[1]["state"].as_str()),
        (Some(id.as_str()), Some("rolled_back"), Some("done")),
        "the newest first"
    );
    assert!(runs[0]["started"].as_i64() >= runs[1]["started"].as_i64() && runs[0]["duration"].is_i64() && runs[0]["runbook"] == "ends.two", "{runs:?}");
    let text = desk.runbook(["runs"]).out;
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.starts_with(&id), "{text}");

    let shown = desk.runbook(["show", &id, "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.out).expect("JSON");
    let keys: Vec<&String> = shown.as_object().expect("an object").keys().collect();
    for key in ["run", "runbook", "state", "steps", "gates", "scopes"] {
        assert!(keys.iter().any(|k| *k == key), "{key}: {keys:?}");
    }
    let step = &shown["steps"][1];
    assert_eq!(
        (step["id"].as_str(), step["host"].as_str(), step["state"].as_str(), step["attempts"].as_u64(), step["exit"].as_i64()),
        (Some("two@local"), Some("local"), Some("undone"), Some(1), Some(9))
    );
    // A unique beginning is enough, and an ambiguous one names its runs.
    assert_eq!(desk.runbook(["show", &id[..4], "--format", "json"]).status, 0);
    let text = desk.runbook(["show", &id]);
    assert!(text.out.contains("rolled back") && text.out.contains("two@local") && text.out.contains("head "), "{}", text.out);
}

#[test]
fn events_are_one_object_a_line_on_standard_output_and_nothing_else_is() {
    let desk = Desk::new();
    let ran = run(&desk, &two("; exit 9", ""), &["--events"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    let events: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect();
    let id = ran.err.lines().next().and_then(|l| l.strip_prefix("run ")).expect("its first line").to_owned();
    for (number, event) in (1..).zip(&events) {
        assert_eq!((event["seq"].as_u64(), event["run"].as_str()), (Some(number), Some(id.as_str())), "{event}");
        assert!(event["at"].is_i64() && event["event"].is_string(), "{event}");
    }
    let names: Vec<&str> = events.iter().filter_map(|e| e["event"].as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"RunCreated"), Some(&"RunRolledBack")));
    assert_eq!(events, desk.events(), "what was streamed is what was kept");
    let failed = events.iter().find(|e| e["event"] == "StepEnded" && e["exit"]["code"] == 9).unwrap_or_else(|| panic!("{names:?}"));
    assert_eq!((failed["path"].as_str(), failed["host"].as_str()), (Some("two@local"), Some("local")));
}

#[test]
fn two_spellings_of_one_runbook_run_to_the_same_events() {
    let native = "runbook spelled.once \"S\" {\n  param dir: path\n  boundary all \"All\" {\n    step one \"One\" on local {\n      check `test -e {{ dir }}/no`\n      run `echo one >> {{ dir }}/log`\n      undo `echo undo-one >> {{ dir }}/log`\n    }\n    gate go \"Go?\" { show `echo seen` on local; timeout 10m then rollback }\n    step two on local {\n      retry 1 every 0s\n      run `echo two >> {{ dir }}/log; exit 9`\n      undo none \"nothing\"\n    }\n  }\n}\n";
    let yaml = "runbook: spelled.once\ntitle: S\nparams:\n  dir: path\nsteps:\n- boundary: all\n  title: All\n  steps:\n  - step: one\n    title: One\n    on: local\n    check: test -e {{ dir }}/no\n    run: echo one >> {{ dir }}/log\n    undo: echo undo-one >> {{ dir }}/log\n  - gate: go\n    title: Go?\n    show: {cmd: echo seen, on: local}\n    timeout: {after: 10m, then: rollback}\n  - step: two\n    on: local\n    retry: {times: 1, every: 0s}\n    run: echo two >> {{ dir }}/log; exit 9\n    undo: {none: nothing}\n";
    let desk = Desk::new();
    let dir = format!("dir={}", desk.path("").display());
    let mut told = Vec::new();
    for (file, text) in [("once.runbook", native), ("once.runbook.yaml", yaml)] {
        let file = desk.file(file, text).to_string_lossy().into_owned();
        let ran = desk.runbook(["run", &file, "-p", &dir, "--answer", "go=approve"]);
        assert_eq!(ran.status, 4, "{ran:?}");
        let events: Vec<String> = desk.events().iter().map(|e| format!("{} {} {}", e["event"], e["path"], e["exit"])).collect();
        told.push((events, std::fs::read_to_string(desk.path("log")).expect("a log")));
        std::fs::remove_file(desk.path("log")).expect("the log");
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0].0.len() > 15, "{told:?}");
    assert_eq!(told[0].1, "one\ntwo\ntwo\nundo-one\n");
}

/// A small file system of its own under the state folder. Dropped, it is gone.
struct Small(PathBuf);

impl Small {
    fn mount(at: PathBuf) -> Self {
        crate::harness::scratch::run("mount", ["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", &at.to_string_lossy()]);
        Self(at)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

const FILLS: &str = r#"
runbook ends.full "Fills the disk under its own journal" {
  param dir: path
  param state: path
  step one on local { run `echo one >> {{ dir }}/log; cat /dev/zero > {{ state }}/filler 2>/dev/null || true` }
  step two on local { run `echo two >> {{ dir }}/log` }
}
"#;

#[test]
fn a_full_disk_under_the_journal_stops_the_run_before_its_next_command() {
    let desk = Desk::new();
    if user() != "root" {
        // Files may not grow beyond 200 kB, and the signal for that is ignored: a full disk by another name.
        let file = desk
            .file("book.runbook", FILLS.replace("cat /dev/zero > {{ state }}/filler 2>/dev/null || true", "head -c 4000000 /dev/zero"))
            .to_string_lossy()
            .into_owned();
        let plain = desk.command();
        let mut limited = Command::new("bash");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\""]).arg(plain.get_program()).args(["run", &file]);
        limited.args(["-p", &format!("dir={}", desk.path("").display()), "-p", &format!("state={}", desk.state().display())]);
        limited.env_clear().envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?))));
        let output = limited.output().expect("bash");
        assert_ne!(output.status.code(), Some(0));
        return;
    }
    let _small = Small::mount(desk.state());
    let state = format!("state={}", desk.state().display());
    let ran = run(&desk, FILLS, &["-p", &state]);
    assert_eq!(desk.read("log"), "one\n", "{ran:?}");
    assert_eq!(ran.status, 3, "{ran:?}");
    for words in ["no space is left", &desk.state().to_string_lossy(), "make room", "resume"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    // With room again it goes on from the true outcome, and nothing runs twice.
    std::fs::remove_file(desk.state().join("filler")).expect("the filler");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "one\ntwo\n");
    assert_eq!(desk.runbook(["verify", "last"]).status, 0);
}

#[test]
fn a_disk_that_is_full_from_the_start_refuses_before_anything_is_sent() {
    if user() != "root" {
        return a_full_disk_under_the_journal_stops_the_run_before_its_next_command();
    }
    let desk = Desk::new();
    let _small = Small::mount(desk.state());
    let mut filler = std::fs::File::create(desk.state().join("filler")).expect("a file");
    while std::io::Write::write_all(&mut filler, &[0; 4096]).is_ok() {}
    let ran = run(&desk, &two("", ""), &[]);
    assert_eq!(ran.status, 7, "{ran:?}");
    assert!(ran.err.contains("no space is left"), "{}", ran.err);
    assert_eq!(desk.read("log"), "");
}

/// Whoever looks away ends nothing: not with a pipe that closes, not with a stream that was never open.
#[test]
fn a_closed_standard_output_is_never_fatal() {
    for (redirection, status) in [
        ("--events | head -n 1", 0),
        ("--events -v 2>&1 | head -n 1", 0),
        ("--events >&-", 0),
        ("2>&-", 0),
        ("--events >&- 2>&-", 0),
        ("--events <&- >&- 2>&-", 0),
        ("--events >/dev/full", 0),
        ("2>/dev/full", 0),
    ] {
        let desk = Desk::new();
        let text = two("", "").replace("run `echo one", "run `sleep 0.3; echo one");
        let file = desk.file("book.runbook", text);
        let plain = desk.command();
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &format!("\"$0\" run {} -p dir={} {redirection}; exit ${{PIPESTATUS[0]}}", file.display(), desk.path("").display())])
            .arg(plain.get_program());
        shell.env_clear().envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?)))).current_dir(desk.path(""));
        let output = shell.output().expect("bash");
        assert_eq!(output.status.code(), Some(status), "{redirection}: {output:?}");
        assert_eq!(desk.read("log"), "one\ntwo\n", "{redirection}");
        assert_eq!(desk.runbook(["verify", "last"]).status, 0, "{redirection}: nothing was printed into the journal");
    }
}

#[test]
fn a_pipe_that_closes_is_no_error_of_the_commands_that_only_show() {
    let desk = Desk::new();
    run(&desk, &two("; exit 9", ""), &[]);
    for command in ["log last --format json", "show last", "log last", "runs", "--help", "run --help"] {
        let plain = desk.command();
        let mut shell = Command::new("bash");
        // `true` reads nothing: the pipe is closed before the first line.
        shell.args(["-c", &format!("\"$0\" {command} | true; exit ${{PIPESTATUS[0]}}")]).arg(plain.get_program());
        shell.env_clear().envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?)))).current_dir(desk.path(""));
        let output = shell.output().expect("bash");
        assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{command}: {output:?}");
    }
}
