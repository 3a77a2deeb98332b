//! A called runbook on real hosts: its steps run, fail, are undone and found again as if they stood in the caller.

use crate::harness::desk::{Desk, until};
use crate::harness::sshd::Sshd;

const NATIVE: &str = r#"
import "site/mode.runbook"
runbook calls.main "Set both modes" {
  param dir: path
  param last: string = "quiet"
  target box: host = local
  boundary all "Both or none" {
    call first site.mode(mode: "loud", log: "{{ dir }}/log")
    call second site.mode(mode: last, log: "{{ dir }}/log", box: local) { when last != "none" }
  }
}
"#;

const YAML: &str = r#"
import: [site/mode.runbook]
runbook: calls.main
title: Set both modes
params:
  dir: path
  last: {type: string, default: quiet}
targets:
  box: {type: host, is: "{{ local }}"}
steps:
  - boundary: all
    title: Both or none
    steps:
      - call: first
        runbook: site.mode
        with: {mode: loud, log: "{{ dir }}/log"}
      - call: second
        runbook: site.mode
        with: {mode: "{{ last }}", log: "{{ dir }}/log", box: "{{ local }}"}
        when: last != "none"
"#;

const CALLED: &str = r#"
action site.hold(log: path) "Hold" { run `echo hold >> {{ log }}`; undo `echo free >> {{ log }}` }
runbook site.mode "Set the mode to {{ mode }}" {
  param mode: string
  param log: path
  target box: host
  fact user: string on box = `id -un`
  require "it is writable" `touch {{ log }}` on box
  require "there is somebody" user != ""
  during site.hold(log: log) on box release always
  step set on box {
    run  `[ {{ mode }} != broken ] || exit 9; [ {{ mode }} != slow ] || { touch {{ log }}.slow; sleep 2; }; echo {{ mode }} by {{ user }} | sed 's/by .*/by somebody/' >> {{ log }}`
    undo `echo not {{ mode }} >> {{ log }}`
  }
}
"#;

fn desk() -> Desk {
    let desk = Desk::new();
    desk.file("site/mode.runbook", CALLED);
    desk.file("main.runbook", NATIVE);
    desk.file("main.runbook.yaml", YAML);
    desk
}

fn dir(desk: &Desk) -> String {
    format!("dir={}", desk.path("").display())
}

const BOTH: &str = "hold\nloud by somebody\nfree\nhold\nquiet by somebody\nfree\n";

#[test]
fn a_called_runbook_runs_with_its_facts_requirements_and_scopes_in_both_spellings() {
    for file in ["main.runbook", "main.runbook.yaml"] {
        let desk = desk();
        let ran = desk.runbook(["run", file, "-p", &dir(&desk)]);
        assert_eq!(ran.status, 0, "{ran:?}");
        assert_eq!(desk.read("log"), BOTH);
        for step in ["first/set@local", "second/set@local"] {
            assert_eq!(desk.stage(step), "succeeded");
        }
        assert!(desk.runbook(["show", "last"]).out.contains("first/site.hold@local"), "scopes are shown by their path");
        assert_eq!(desk.runbook(["log", "last", "second/set"]).status, 0);
    }
    let desk = desk();
    let hash = |file: &str| {
        let ran = desk.runbook(["plan", file, "-p", &dir(&desk), "--format", "json"]);
        let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        assert_eq!(plan["calls"][1]["id"], "second");
        plan["hash"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(hash("main.runbook"), hash("main.runbook.yaml"));
}

#[test]
fn a_failure_in_a_called_runbook_is_rolled_back_by_the_boundary_around_the_call() {
    let desk = desk();
    let ran = desk.runbook(["run", "main.runbook", "-p", &dir(&desk), "-p", "last=broken"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(desk.read("log"), "hold\nloud by somebody\nfree\nhold\nnot broken\nfree\nnot loud\n");
    assert!(ran.err.contains("second/set@local"), "{}", ran.err);
}

#[test]
fn a_call_whose_when_is_false_skips_all_of_the_called_runbook() {
    let desk = desk();
    let ran = desk.runbook(["run", "main.runbook", "-p", &dir(&desk), "-p", "last=none"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "hold\nloud by somebody\nfree\n");
    assert_eq!(desk.stage("second/set@local"), "skipped");
}

#[test]
fn k2_killed_in_a_called_runbook_over_ssh_a_resume_gives_each_effect_once() {
    let sshd = Sshd::start(&["box1"]);
    let desk = desk();
    let config = sshd.config().to_string_lossy().into_owned();
    let mut engine = desk.start(["run", "main.runbook", "-p", &dir(&desk), "-p", "last=slow", "--ssh-config", &config, "--target", "box=box1"]);
    until("the second call is in its step", || desk.path("log.slow").exists());
    engine.kill();
    // What it was called from is not needed any more.
    desk.file("site/mode.runbook", "nothing of sense");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), BOTH.replace("quiet", "slow"));
    assert_eq!(desk.attempts("second/set@local"), 1);
    assert_eq!(desk.attempts("first/set@box1"), 1);
}

#[test]
fn a_gate_of_a_called_runbook_is_answered_by_its_path() {
    let desk = Desk::new();
    desk.file(
        "main.runbook",
        "runbook low \"Low\" {\n gate go \"Go?\" { timeout 10m then park }\n}\nrunbook calls.gates \"Gates\" {\n call one low\n call two low\n}\n",
    );
    let ran = desk.runbook(["run", "main.runbook#calls.gates", "--answer", "one/go=yes"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("runbook approve") && ran.err.contains("two/go"), "{}", ran.err);
    assert_eq!(desk.runbook(["approve", "last", "two/go"]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
}

#[test]
fn a_run_does_not_start_outside_the_window_of_a_runbook_that_it_calls() {
    let desk = Desk::new();
    let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).strftime("%a").to_string();
    let other = if today == "Mon" || today == "Sun" || today == "Tue" { "Thu" } else { "Mon" };
    let text = format!(
        "runbook low \"Low\" {{\n window \"{other} 08:00-09:00 UTC\"\n step s on local {{ run `true` }}\n}}\nrunbook calls.late \"Late\" {{ call one low }}\n"
    );
    desk.file("main.runbook", text);
    let ran = desk.runbook(["run", "main.runbook", "--runbook", "calls.late"]);
    assert_eq!(ran.status, 7, "{ran:?}");
    assert!(ran.err.contains(other) && ran.err.contains("--outside-window"), "{}", ran.err);
    assert_eq!(desk.runbook(["run", "main.runbook#calls.late", "--outside-window", "a test"]).status, 0);
}

#[test]
fn a_mistake_in_a_called_runbook_is_told_with_its_own_file_and_nothing_runs() {
    let desk = desk();
    desk.file("site/mode.runbook", CALLED.replace("{{ mode }} by", "{{ mod }} by"));
    let ran = desk.runbook(["run", "main.runbook", "-p", &dir(&desk)]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("site/mode.runbook:") && ran.err.contains("did you mean `mode`?"), "{}", ran.err);
    assert_eq!(desk.read("log"), "");
}
