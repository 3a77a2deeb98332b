//! Fleets over a real sshd each: hosts that fail, hosts that are gone, what is tolerated, and what is owed when they are
//! back.

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::scratch::kill_by_environment;
use crate::harness::sshd::Sshd;

const WEB: [&str; 4] = ["w1", "w2", "w3", "w4"];

/// One host at a time: a scope, and in it a boundary. What runs there is written down; `bad` fails in its second step.
const ROLLING: &str = r#"
runbook fleet.rolling "One after the other" {
  param dir: path
  param bad: string = "none"
  param most: int   = 1
  target web = ["w1", "w2", "w3", "w4"]
  unreachable skip

  for h in web tolerate most {
    during fleet.held(dir: dir, name: h) on h release always
    boundary one-host {
      step first on h  { run `echo first-{{ h }} >> {{ dir }}/log`; undo `echo undo-first-{{ h }} >> {{ dir }}/log` }
      step second on h { run `echo second-{{ h }} >> {{ dir }}/log; test {{ h }} != {{ bad }}`; undo `echo undo-second-{{ h }} >> {{ dir }}/log` }
    }
  }
  step all on local  { when succeeded("second"); run `echo all-well >> {{ dir }}/log`; undo none "a word" }
  step some on local { when not succeeded("second"); run `echo not-all >> {{ dir }}/log`; undo none "a word" }
}

action fleet.held(dir: path, name: string) {
  run  `echo hold-{{ name }} >> {{ dir }}/log`
  undo `echo release-{{ name }} >> {{ dir }}/log`
}
"#;

struct Fleet {
    desk: Desk,
    sshd: Sshd,
}

impl Fleet {
    fn start(text: &str) -> Self {
        let desk = Desk::new();
        desk.file("fleet.runbook", text);
        Self { desk, sshd: Sshd::start(&WEB) }
    }

    fn args(&self, more: &[&str]) -> Vec<String> {
        let config = self.sshd.config().display().to_string();
        let dir = format!("dir={}", self.desk.path("").display());
        let words = ["run", "fleet.runbook", "--ssh-config", &config, "-p", &dir];
        words.iter().chain(more).map(|w| (*w).to_owned()).collect()
    }

    fn run(&self, more: &[&str]) -> Ran {
        self.desk.runbook(self.args(more))
    }

    fn log(&self) -> Vec<String> {
        self.desk.read("log").lines().map(str::to_owned).collect()
    }

    fn log_of(&self, host: &str) -> Vec<String> {
        let ending = format!("-{host}");
        self.log().iter().filter_map(|line| line.strip_suffix(&ending)).map(str::to_owned).collect()
    }

    fn shown(&self) -> serde_json::Value {
        let ran = self.desk.runbook(["show", "last", "--format", "json"]);
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
    }
}

const WELL: [&str; 4] = ["hold", "first", "second", "release"];

#[test]
fn one_of_four_is_out_of_reach_and_the_run_goes_on_without_it_with_status_6() {
    let mut fleet = Fleet::start(ROLLING);
    fleet.sshd.stop("w3");
    let ran = fleet.run(&[]);
    assert_eq!(ran.status, 6, "{ran:?}");
    for host in ["w1", "w2", "w4"] {
        assert_eq!(fleet.log_of(host), WELL, "{host}");
    }
    assert!(fleet.log_of("w3").is_empty());
    assert_eq!(fleet.log().last().map(String::as_str), Some("not-all"), "`succeeded` sees from outside that one did not");
    assert!(ran.err.contains("3 hosts answer, 1 can't be reached") || ran.err.contains("4 hosts answer, 1 can't be reached"), "{}", ran.err);
    assert!(ran.err.contains("w3 refuses connections"), "{}", ran.err);
    let shown = fleet.shown();
    assert_eq!((shown["state"].as_str(), shown["unreachable"][0]["host"].as_str()), (Some("done"), Some("w3")), "{shown}");
    assert_eq!(fleet.desk.stage("second[w3]@w3"), "left_out");
}

#[test]
fn a_failed_host_is_undone_and_tolerated() {
    let fleet = Fleet::start(ROLLING);
    let ran = fleet.run(&["-p", "bad=w2"]);
    assert_eq!(ran.status, 6, "{ran:?}");
    assert_eq!(fleet.log_of("w2"), ["hold", "first", "second", "undo-second", "undo-first", "release"]);
    assert_eq!(fleet.log_of("w4"), WELL);
    assert!(ran.err.contains("1 of 1 that may fail; `for h` stops at the 2nd failed host"), "{}", ran.err);
    assert_eq!(fleet.shown()["tolerated"][0]["id"], "second[w2]@w2");
}

#[test]
fn one_more_than_is_tolerated_stops_the_run_and_it_goes_on_when_the_host_is_back() {
    let mut fleet = Fleet::start(ROLLING);
    fleet.sshd.stop("w3");
    let ran = fleet.run(&["-p", "bad=w1"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("`for h` stops at the 2nd failed host"), "{}", ran.err);
    assert!(fleet.log_of("w4").is_empty(), "nothing new begins: {:?}", fleet.log());
    // Still away: it stands as it stood.
    assert_eq!(fleet.desk.runbook(["resume", "last"]).status, 3);
    fleet.sshd.start_again("w3");
    let ran = fleet.desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 6, "{ran:?}");
    assert_eq!(fleet.log_of("w3"), WELL);
    assert_eq!(fleet.log_of("w4"), WELL);
    assert_eq!(fleet.log_of("w1"), ["hold", "first", "second", "undo-second", "undo-first", "release"], "what was tolerated stays so");
}

#[test]
fn o1_more_out_of_reach_than_is_tolerated_is_refused_before_anything_changes() {
    let mut fleet = Fleet::start(ROLLING);
    fleet.sshd.stop("w1");
    fleet.sshd.stop("w4");
    let ran = fleet.run(&[]);
    assert_eq!(ran.status, 7, "{ran:?}");
    assert!(ran.err.contains("`for h` stops at the 2nd failed host, and so many can't be reached"), "{}", ran.err);
    assert!(ran.err.contains("w1: w1 refuses connections") && ran.err.contains("w4: w4 refuses connections"), "{}", ran.err);
    assert!(fleet.log().is_empty());
    let ran = fleet.run(&["-p", "most=2"]);
    assert_eq!(ran.status, 6, "{ran:?}");
    assert_eq!((fleet.log_of("w2").len(), fleet.log_of("w3").len()), (4, 4));
}

/// The host goes after its scope was taken and before its step is asked about: the release is owed to it.
#[test]
fn r5_a_release_that_is_owed_to_a_host_keeps_the_run_parked_until_it_is_back() {
    let text = ROLLING.replace(
        "    boundary one-host {\n",
        "    step wait on local { run `touch {{ dir }}/at-{{ h }}; until test -e {{ dir }}/go-{{ h }}; do sleep 0.05; done`; undo none \"waiting\" }\n    step look on h { check `false`; run `true`; timeout 2s; undo none \"looking\" }\n    boundary one-host {\n",
    );
    let mut fleet = Fleet::start(&text);
    for host in ["w1", "w3", "w4"] {
        fleet.desk.file(&format!("go-{host}"), "");
    }
    let mut engine = fleet.desk.start(fleet.args(&[]));
    until("w2 has its turn", || fleet.desk.path("at-w2").exists());
    fleet.sshd.stop("w2");
    fleet.desk.file("go-w2", "");
    assert_eq!(engine.wait(), 3);
    assert_eq!(fleet.log_of("w2"), ["hold"]);
    assert_eq!((fleet.log_of("w3"), fleet.log_of("w4")), (WELL.map(str::to_owned).to_vec(), WELL.map(str::to_owned).to_vec()), "the run went on");
    let shown = fleet.desk.runbook(["show", "last"]);
    assert!(shown.out.contains("w2 is waited for") && shown.out.contains("the release of `fleet.held[w2]@w2`"), "{}", shown.out);
    assert!(shown.out.contains("runbook end") && shown.out.contains("runbook resume"), "{}", shown.out);
    fleet.sshd.start_again("w2");
    let ran = fleet.desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 6, "{ran:?}");
    assert_eq!(fleet.log_of("w2"), ["hold", "release"]);
}

/// The host goes while its step runs. It is sought for the step's timeout and a little more, then skipped; what became of
/// the step is asked when the host is back, and its boundary is undone then.
#[test]
fn k4_what_ran_on_a_host_that_vanished_is_asked_when_it_is_back() {
    let text = ROLLING.replace(
        "run `echo second-{{ h }} >> {{ dir }}/log; test {{ h }} != {{ bad }}`;",
        "run `touch {{ dir }}/in-{{ h }}; until test -e {{ dir }}/go-{{ h }}; do sleep 0.05; done; echo second-{{ h }} >> {{ dir }}/log`; timeout 4s;",
    );
    let mut fleet = Fleet::start(&text);
    for host in ["w1", "w3", "w4"] {
        fleet.desk.file(&format!("go-{host}"), "");
    }
    let mut engine = fleet.desk.start(fleet.args(&[]));
    until("the step runs on w2", || fleet.desk.path("in-w2").exists());
    fleet.sshd.stop("w2");
    fleet.desk.file("go-w2", "");
    assert_eq!(engine.wait(), 3);
    assert_eq!(fleet.desk.stage("second[w2]@w2"), "unsettled", "its end is not known, and not assumed");
    assert_eq!(fleet.log_of("w4"), WELL);
    fleet.sshd.start_again("w2");
    let ran = fleet.desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 6, "{ran:?}");
    assert_eq!(fleet.log_of("w2"), ["hold", "first", "second", "undo-second", "undo-first", "release"]);
}

#[test]
fn unreachable_park_waits_for_the_host_before_anything_begins() {
    let mut fleet = Fleet::start(&ROLLING.replace("unreachable skip", "unreachable park"));
    fleet.sshd.stop("w2");
    let ran = fleet.run(&[]);
    assert_eq!((ran.status, fleet.log().len()), (3, 0), "{ran:?}");
    assert!(ran.err.contains("w2 refuses connections"), "{}", ran.err);
    fleet.sshd.start_again("w2");
    assert_eq!(fleet.desk.runbook(["resume", "last"]).status, 0);
    assert_eq!(fleet.log().last().map(String::as_str), Some("all-well"));
}

#[test]
fn without_a_word_on_it_a_host_out_of_reach_refuses_the_run() {
    let mut fleet = Fleet::start(&ROLLING.replace("  unreachable skip\n", ""));
    fleet.sshd.stop("w2");
    let ran = fleet.run(&["-p", "most=4"]);
    assert_eq!((ran.status, fleet.log().len()), (7, 0), "{ran:?}");
}

/// A host that never comes back: its scope can't be released, and a person's word closes the run.
#[test]
fn a_run_is_closed_without_a_host_that_is_gone_for_good() {
    let mut fleet = Fleet::start(
        &ROLLING
            .replace("    boundary one-host {\n", "    step stop on local { run `test {{ h }} != w2`; undo none \"a look\" }\n    boundary one-host {\n")
            .replace("tolerate most ", ""),
    );
    let ran = fleet.run(&[]);
    assert_eq!(ran.status, 3, "{ran:?}");
    fleet.sshd.stop("w2");
    let ran = fleet.desk.runbook(["end", "last"]);
    assert_eq!(ran.status, 3, "it holds a scope there: {ran:?}");
    assert!(ran.err.contains("--gone w2=REASON"), "{}", ran.err);
    for (given, said) in [("w2", "gives no reason"), ("w2=", "gives no reason"), ("w9=burnt", "has no host `w9`")] {
        let ran = fleet.desk.runbook(["end", "last", "--gone", given]);
        assert_eq!(ran.status, 2, "{ran:?}");
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    let ran = fleet.desk.runbook(["end", "last", "--gone", "w2=its disk burnt"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(fleet.log_of("w2"), ["hold"]);
    let told = fleet.desk.runbook(["log", "last"]);
    assert!(told.out.contains("its disk burnt"), "{}", told.out);
}

/// The memory of the run is gone with its folder on the host. A person says that nothing of it runs there.
#[test]
fn k3_a_host_that_forgot_the_run_is_met_anew_at_a_persons_word() {
    let fleet = Fleet::start(ROLLING);
    let ran = fleet.run(&["-p", "bad=w3", "-p", "most=0"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    std::fs::remove_dir_all(fleet.sshd.home("w4").join(".local/state/runbook/jobs")).expect("the job folders");
    let ran = fleet.desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("no longer remembers this run") && ran.err.contains("--forgotten w4=REASON"), "{}", ran.err);
    let ran = fleet.desk.runbook(["resume", "last", "--forgotten", "w4=reinstalled"]);
    assert!(ran.err.contains("w4 has forgotten this run") && ran.err.contains("reinstalled"), "{}", ran.err);
    assert!(!ran.err.contains("no longer remembers"), "{}", ran.err);
}

/// Its keeper was killed and nothing can tell what it did: only a person's word runs it again.
#[test]
fn k3_a_step_of_which_nothing_is_known_is_tried_again_only_at_a_persons_word() {
    let desk = Desk::new();
    let text = r#"
runbook fleet.lost "Lost" {
  param dir: path
  step once on local { run `echo began >> {{ dir }}/log; touch {{ dir }}/began; until test -e {{ dir }}/go; do sleep 0.05; done`; undo none "a word" }
}
"#;
    let file = desk.file("lost.runbook", text).to_string_lossy().into_owned();
    let dir = format!("dir={}", desk.path("").display());
    let mut engine = desk.start(["run", &file, "-p", &dir]);
    until("it began", || desk.path("began").exists());
    engine.kill();
    kill_by_environment(&format!("HOME={}", desk.home().display()));
    desk.file("go", "");
    for _ in 0..2 {
        let ran = desk.runbook(["resume", "last"]);
        assert_eq!((ran.status, desk.read("log").as_str()), (3, "began\n"), "{ran:?}");
        assert!(ran.err.contains("--retry once@local") && !ran.err.contains("try the failed step again"), "{}", ran.err);
    }
    let ran = desk.runbook(["resume", "last", "--retry", "onse"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    let ran = desk.runbook(["resume", "last", "--retry", "once"]);
    assert_eq!((ran.status, desk.read("log").as_str()), (0, "began\nbegan\n"), "{ran:?}");
}

#[test]
fn both_spellings_of_a_fleet_have_one_plan_and_say_where_it_stops() {
    let desk = Desk::new();
    desk.file(
        "a.runbook",
        "runbook f.x {\n  target web = [\"w1\", \"w2\", \"w3\", \"w4\"]\n  unreachable park\n  for h in web batch 2 tolerate 50% {\n    unreachable skip\n    step a on h { run `true` }\n  }\n  step b on web { tolerate 1; run `true` }\n  step c on web { when succeeded(\"a\") and not succeeded(\"b\"); unreachable fail; run `true` }\n}\n",
    );
    desk.file(
        "b.runbook.yaml",
        "runbook: f.x\ntargets:\n  web: {is: [w1, w2, w3, w4]}\nunreachable: park\nsteps:\n  - for: h\n    in: web\n    batch: 2\n    tolerate: 50%\n    unreachable: skip\n    steps:\n      - {step: a, on: h, run: \"true\"}\n  - {step: b, on: web, tolerate: 1, run: \"true\"}\n  - {step: c, on: web, when: succeeded(\"a\") and not succeeded(\"b\"), unreachable: fail, run: \"true\"}\n",
    );
    let plans = ["a.runbook", "b.runbook.yaml"].map(|file| {
        let ran = desk.runbook(["plan", file, "--format", "json"]);
        assert_eq!(ran.status, 0, "{ran:?}");
        serde_json::from_str::<serde_json::Value>(&ran.out).expect("JSON")
    });
    assert_eq!(plans[0]["hash"], plans[1]["hash"]);
    let stops: Vec<_> =
        plans[0]["tolerances"].as_array().expect("a list").iter().map(|t| (t["of"].as_str(), t["tolerates"].as_u64(), t["stops_at"].as_u64())).collect();
    assert_eq!(stops, [(Some("for h"), Some(2), Some(3)), (Some("b"), Some(1), Some(2))]);
    let nodes = plans[0]["nodes"].as_array().expect("a list");
    let policy = |id: &str| nodes.iter().find(|n| n["id"] == id).map(|n| n["unreachable"].as_str().unwrap_or_default().to_owned());
    assert_eq!(["a[w1]@w1", "b@w1", "c@w1"].map(policy), ["skip", "park", "fail"].map(|p| Some(p.to_owned())));
    let page = desk.runbook(["plan", "a.runbook"]).out;
    assert!(page.contains("2 of 4 hosts may fail: `for h` stops at the 3rd failed host"), "{page}");
    assert!(page.contains("1 of 4 hosts may fail: `b` stops at the 2nd failed host"), "{page}");
}
