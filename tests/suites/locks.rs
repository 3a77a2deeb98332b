//! `lock "name"`: of two runs that want the same, from whatever machine and account, one goes on.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::harness::desk::{Desk, Ran, Running, until};
use crate::harness::scratch::run;
use crate::harness::sshd::Sshd;
use crate::harness::team::{ADA, BO, Team};

const FOLDER: &str = "/var/tmp/runbook.locks";

/// A lock's name of one test, since the folder is the whole machine's. Dropped, its marks are gone.
struct Name(String);

impl Name {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        Self(format!("test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    fn marks(&self) -> Vec<String> {
        let names = std::fs::read_dir(FOLDER).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.strip_prefix(&self.0).is_some_and(|rest| rest.starts_with('.'))).collect()
    }

    /// What the highest mark says.
    fn says(&self) -> String {
        let number = |name: &String| name.rsplit('.').next().and_then(|n| n.parse::<u64>().ok());
        let highest = self.marks().into_iter().filter(|name| number(name).is_some()).max_by_key(number);
        highest.map(|name| std::fs::read_link(format!("{FOLDER}/{name}")).expect("a mark").to_string_lossy().into_owned()).unwrap_or_default()
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        for mark in self.marks() {
            run("sudo", ["-n", "rm", "-f", &format!("{FOLDER}/{mark}")]);
        }
    }
}

/// The first step waits for a file; a gate stands behind it, unless it is answered beforehand.
const BOOK: &str = r#"
runbook locks.one "One at a time" {
  lock "{lock}"
  param dir: path
  param me: string
  target there: host = local
  boundary all "All of it" {
    step one on there { run `echo one-{{ me }} >> {{ dir }}/log; until [ -e {{ dir }}/go-{{ me }} ]; do sleep 0.05; done`; undo `echo undo-one-{{ me }} >> {{ dir }}/log` }
    gate go "Go on?" { timeout 10m then park }
    step two on {two} { run `echo two-{{ me }} >> {{ dir }}/log`; undo `echo undo-two-{{ me }} >> {{ dir }}/log` }
  }
}
"#;

/// Two control machines: each has a state folder of its own. What runs there writes into one log.
struct Two {
    ada: Desk,
    bo: Desk,
    sshd: Sshd,
    lock: Name,
    two: &'static str,
}

impl Two {
    fn new() -> Self {
        Self { ada: Desk::new(), bo: Desk::new(), sshd: Sshd::start(&["box", "other"]), lock: Name::new(), two: "there" }
    }

    fn args(&self, who: &Desk, me: &str, more: &[&str]) -> Vec<String> {
        let file = who.file("lock.runbook", BOOK.replace("{lock}", &self.lock.0).replace("{two}", self.two)).display().to_string();
        let dir = format!("dir={}", self.ada.path("").display());
        let config = self.sshd.config().display().to_string();
        let mut args: Vec<String> =
            ["run", &file, "-p", &dir, "-p", &format!("me={me}"), "--target", "there=box", "--ssh-config", &config].map(str::to_owned).into();
        args.extend(more.iter().map(|m| (*m).to_owned()));
        args
    }

    /// May end its first step at once.
    fn go(&self, me: &str) {
        self.ada.file(&format!("go-{me}"), "");
    }

    fn log(&self) -> String {
        self.ada.read("log")
    }

    /// Ada's run waits at its gate, without a process.
    fn ada_waits(&self) -> String {
        self.go("ada");
        let ran = self.ada.runbook(self.args(&self.ada, "ada", &[]));
        assert_eq!(ran.status, 3, "{ran:?}");
        id(&ran)
    }

    fn ada_is_in_the_middle(&self, more: &[&str]) -> Running {
        let engine = self.ada.start(self.args(&self.ada, "ada", more));
        until("the first step runs", || self.log().contains("one-ada"));
        engine
    }
}

fn id(ran: &Ran) -> String {
    ran.err.lines().find_map(|l| l.strip_prefix("run ")).expect("the run's id").to_owned()
}

fn refused(ran: &Ran, says: &[&str]) {
    assert_eq!(ran.status, 7, "{ran:?}");
    for words in says {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

#[test]
fn a_run_that_waits_keeps_its_lock_and_another_machine_is_told_who_has_it_and_what_to_type() {
    let two = Two::new();
    let run = two.ada_waits();
    let ran = two.bo.runbook(two.args(&two.bo, "bo", &[]));
    let user = crate::harness::scratch::user();
    refused(
        &ran,
        &[&format!("the lock `{}` is held by {user}@", two.lock.0), " since ", &format!("run {run}"), "parked, or its process died", "--take-lock REASON"],
    );
    assert_eq!(two.log(), "one-ada\n", "nothing of it has run");
    let shown: serde_json::Value = serde_json::from_str(&two.ada.runbook(["show", "last", "--format", "json"]).out).expect("JSON");
    assert_eq!((shown["locks"][0]["lock"].as_str(), shown["locks"][0]["host"].as_str()), (Some(two.lock.0.as_str()), Some("box")));
    assert!(two.ada.runbook(["show", "last"]).out.contains(&format!("{} on box", two.lock.0)));
    assert!(two.ada.runbook(["runs"]).out.contains(&format!("holds {}", two.lock.0)));
    // Ada goes on, and then it is free.
    assert_eq!(two.ada.runbook(["approve", "last", "go"]).status, 0);
    assert_eq!(two.ada.runbook(["resume", "last"]).status, 0);
    two.go("bo");
    let ran = two.bo.runbook(two.args(&two.bo, "bo", &["--answer", "go=yes"]));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(two.log(), "one-ada\ntwo-ada\none-bo\ntwo-bo\n");
    assert!(two.lock.says().starts_with("free,"), "{:?}", two.lock.marks());
    assert!(!two.ada.runbook(["runs"]).out.contains("holds"));
}

#[test]
fn a_run_that_works_is_shown_as_alive() {
    let two = Two::new();
    let mut engine = two.ada_is_in_the_middle(&["--answer", "go=yes"]);
    refused(&two.bo.runbook(two.args(&two.bo, "bo", &[])), &["alive: its process is connected"]);
    two.go("ada");
    assert_eq!(engine.wait(), 0);
}

#[test]
fn a_killed_holder_keeps_the_lock_until_a_resume_has_ended_its_run() {
    let two = Two::new();
    let mut engine = two.ada_is_in_the_middle(&["--answer", "go=yes"]);
    engine.kill();
    refused(&two.bo.runbook(two.args(&two.bo, "bo", &[])), &["a command of it still runs there"]);
    two.go("ada");
    until("nothing of it lives there", || {
        let ran = two.bo.runbook(two.args(&two.bo, "bo", &[]));
        refused(&ran, &["is held by", "--take-lock REASON"]);
        ran.err.contains("parked, or its process died")
    });
    let ran = two.ada.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    two.go("bo");
    assert_eq!(two.bo.runbook(two.args(&two.bo, "bo", &["--answer", "go=yes"])).status, 0);
    assert_eq!(two.log(), "one-ada\ntwo-ada\none-bo\ntwo-bo\n");
}

#[test]
fn a_take_over_wants_a_reason_stands_in_the_journal_and_keeps_the_other_run_from_going_on() {
    let two = Two::new();
    let run = two.ada_waits();
    two.go("bo");
    let none = two.bo.runbook(two.args(&two.bo, "bo", &["--take-lock", ""]));
    assert_eq!(none.status, 2, "{none:?}");
    let ran = two.bo.runbook(two.args(&two.bo, "bo", &["--take-lock", "ada is asleep"]));
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("took over") && ran.err.contains("ada is asleep") && ran.err.contains(&format!("run {run}")), "{}", ran.err);
    let taken = two.bo.events().into_iter().find(|e| e["event"] == "LockTaken").expect("it is recorded");
    assert_eq!(taken["reason"], "ada is asleep");
    assert!(two.lock.marks().iter().any(|m| m.ends_with(".1")), "nothing of the other's is deleted: {:?}", two.lock.marks());
    // The other stands as it stood, and says who has it.
    assert_eq!(two.ada.runbook(["approve", "last", "go"]).status, 0);
    let resumed = two.ada.runbook(["resume", "last"]);
    assert_eq!(resumed.status, 3, "{resumed:?}");
    assert!(resumed.err.contains("is held by") && resumed.err.contains(&format!("run {}", id(&ran))), "{}", resumed.err);
    assert_eq!(two.log(), "one-ada\none-bo\n");
    // Given back, it can be had again.
    assert_eq!(two.bo.runbook(["rollback", "last"]).status, 4);
    let resumed = two.ada.runbook(["resume", "last"]);
    assert_eq!(resumed.status, 0, "{resumed:?}");
    assert_eq!(two.log(), "one-ada\none-bo\nundo-one-bo\ntwo-ada\n");
}

#[test]
fn a_resume_takes_its_lock_back_with_a_reason() {
    let two = Two::new();
    two.ada_waits();
    two.go("bo");
    assert_eq!(two.bo.runbook(two.args(&two.bo, "bo", &["--take-lock", "ada is asleep"])).status, 3);
    assert_eq!(two.ada.runbook(["approve", "last", "go"]).status, 0);
    let resumed = two.ada.runbook(["resume", "last", "--take-lock", "bo is done"]);
    assert_eq!(resumed.status, 0, "{resumed:?}");
    assert!(two.ada.events().iter().any(|e| e["event"] == "LockTaken" && e["reason"] == "bo is done"));
    assert_eq!(two.log(), "one-ada\none-bo\ntwo-ada\n");
}

/// In the middle of a step, stopped or not, the holder is overtaken.
fn overtaken(two: &Two, stopped: bool) {
    let mut engine = two.ada_is_in_the_middle(&["--answer", "go=yes"]);
    let signal = |name: &str| run("kill", [name, &engine.0.id().to_string()]);
    if stopped {
        signal("-STOP");
    }
    two.go("bo");
    assert_eq!(two.bo.runbook(two.args(&two.bo, "bo", &["--take-lock", "now"])).status, 3);
    two.go("ada");
    if stopped {
        signal("-CONT");
    }
    assert_eq!(engine.wait(), 3);
    assert_eq!(two.log(), "one-ada\none-bo\n", "what had begun ended, and nothing more began");
    let page = two.ada.runbook(["show", "last"]).out;
    assert!(page.contains("was taken over") && page.contains("--take-lock REASON"), "{page}");
    assert_eq!(two.ada.word(), "parked");
    let events = two.ada.events();
    assert!(events.iter().any(|e| e["event"] == "LockLost"), "{events:?}");
}

#[test]
fn a_holder_that_was_overtaken_starts_no_further_command_and_parks() {
    overtaken(&Two::new(), false);
}

#[test]
fn a_holder_that_was_stopped_meanwhile_looks_before_its_next_command() {
    overtaken(&Two::new(), true);
}

/// A command on this machine has no lock beside it: the hosts that have one are asked.
#[test]
fn a_command_that_runs_here_is_not_started_either_when_the_lock_there_was_lost() {
    overtaken(&Two { two: "local", ..Two::new() }, false);
}

#[test]
fn of_two_runs_that_start_at_once_one_gets_all_its_locks_and_the_other_none() {
    for _ in 0..3 {
        let two = Two::new();
        for me in ["ada", "bo"] {
            two.go(me);
        }
        let both: Vec<_> = [(&two.ada, "ada"), (&two.bo, "bo")].map(|(who, me)| who.command().args(two.args(who, me, &[])).spawn().expect("it starts")).into();
        let mut statuses: Vec<i32> = both.into_iter().map(|child| child.wait_with_output().expect("it ends").status.code().unwrap_or(-1)).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [3, 7], "one waits at its gate, the other was refused");
        assert_eq!(two.log().lines().count(), 1, "{}", two.log());
    }
}

#[test]
fn a_run_that_is_refused_for_another_reason_gives_its_lock_back() {
    let (desk, lock) = (Desk::new(), Name::new());
    let book = |that: &str| {
        format!("runbook locks.refused \"R\" {{\n  lock \"{}\"\n  require \"it holds\" `{that}` on local\n  step s on local {{ run `true` }}\n}}\n", lock.0)
    };
    desk.file("refused.runbook", book("false"));
    assert_eq!(desk.runbook(["run", "refused.runbook"]).status, 7);
    assert!(lock.says().starts_with("free,"), "{}", lock.says());
    desk.file("refused.runbook", book("true"));
    assert_eq!(desk.runbook(["run", "refused.runbook"]).status, 0);
    assert!(lock.says().starts_with("free,"), "{}", lock.says());
}

#[test]
fn a_run_that_is_ended_by_hand_gives_its_lock_back() {
    let two = Two::new();
    two.ada_waits();
    assert_eq!(two.ada.runbook(["reject", "last", "go"]).status, 0);
    assert_eq!(two.ada.runbook(["resume", "last"]).status, 3);
    assert!(two.lock.says().starts_with("held,"));
    assert_eq!(two.ada.runbook(["end", "last"]).status, 0);
    assert!(two.lock.says().starts_with("free,"), "{}", two.lock.says());
}

/// Each has a home, and a state folder that the other can't enter. Only the folder of all accounts keeps them apart.
#[test]
fn two_accounts_with_two_state_folders_exclude_each_other_on_one_host() {
    let (team, lock) = (Team::new(), Name::new());
    let book = format!(
        "runbook locks.accounts \"A\" {{\n  lock \"{}\"\n  gate go \"Go on?\" {{ timeout 10m then park }}\n  step s on local {{ run `true` }}\n}}\n",
        lock.0
    );
    let file = team.file("accounts.runbook", &book);
    let own = |user: &str, args: &[&str]| {
        let state = team.home(user) + "/state";
        let output = team.command_in(user, &state).args(args).output().expect("it runs");
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, said) = own(ADA, &["run", &file]);
    assert_eq!(status, 3, "{said}");
    let (status, said) = own(BO, &["run", &file]);
    assert!(status == 7 && said.contains(&format!("is held by {ADA}@")), "{said}");
    let (status, said) = own(BO, &["run", &file, "--take-lock", "she is away"]);
    assert!(status == 3 && said.contains("took over"), "{said}");
    // Not even so can one take the other's mark away.
    assert!(lock.marks().iter().any(|m| m.ends_with(".1")), "{:?}", lock.marks());
    assert_eq!(own(ADA, &["approve", "last", "go"]).0, 0);
    let (status, said) = own(ADA, &["resume", "last"]);
    assert!(status == 3 && said.contains(&format!("is held by {BO}@")), "{said}");
    assert_eq!(own(BO, &["end", "last"]).0, 0);
    assert_eq!(own(ADA, &["resume", "last"]).0, 0);
}

#[test]
fn a_lock_is_named_by_values_of_the_run_and_both_spellings_give_one_plan() {
    let desk = Desk::new();
    desk.file("lock.runbook", "runbook locks.named \"N\" {\n  lock \"db-{{ cluster }}\"\n  lock \"web\"\n  param cluster: string\n  target db = [\"db1\", \"db2\"]\n  step s on db { run `true` }\n  step l on local { run `true` }\n}\n");
    desk.file(
        "lock.runbook.yaml",
        "runbook: locks.named\ntitle: N\nlock: [\"db-{{ cluster }}\", web]\nparams: {cluster: string}\ntargets: {db: {is: [db1, db2]}}\nsteps:\n  - step: s\n    on: db\n    run: \"true\"\n  - step: l\n    on: local\n    run: \"true\"\n",
    );
    let plan = |file: &str, cluster: &str| -> serde_json::Value {
        let ran = desk.runbook(["plan", file, "-p", &format!("cluster={cluster}"), "--format", "json"]);
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
    };
    let (native, yaml) = (plan("lock.runbook", "x1"), plan("lock.runbook.yaml", "x1"));
    assert_eq!(native["hash"], yaml["hash"]);
    assert_ne!(native["hash"], plan("lock.runbook", "x2")["hash"]);
    assert_eq!(native["locks"], serde_json::json!([{"name": "db-x1", "hosts": ["db1", "db2"]}, {"name": "web", "hosts": ["db1", "db2"]}]));
    let page = desk.runbook(["plan", "lock.runbook", "-p", "cluster=x1"]).out;
    assert!(page.contains("lock db-x1 on db1, db2"), "{page}");
    let long = desk.runbook(["plan", "lock.runbook", "-p", &format!("cluster={}", "x".repeat(250))]);
    assert!(long.status == 2 && long.err.contains("RB0166") && long.err.contains("too long"), "{long:?}");
}
