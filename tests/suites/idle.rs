//! Connections without work are let go and opened again, and then the same machine must answer. Seen by the processes and
//! the logins of a real sshd, and by the ssh masters here.

use std::path::PathBuf;

use crate::harness::desk::{Desk, Ran, Running, until};
use crate::harness::scratch::is_running;
use crate::harness::sshd::Sshd;

/// Work on a host before a gate, and behind it.
const GATE: &str = r#"
runbook idle.gate "Wait in the middle" {
  param dir: path
  target there: host
  LOCK
  step before on there { run `echo before >> {{ dir }}/log` }
  gate go "Go on?" { timeout 1h then park }
  step after on there { run `echo after >> {{ dir }}/log` }
}
"#;

/// Work on one host, then long work on another, then on the first again.
const LONG: &str = r#"
runbook idle.long "Two hosts in turn" {
  param dir: path
  target first: host
  target second: host
  step before on first { run `echo before >> {{ dir }}/log` }
  step long on second { run `until [ -e {{ dir }}/enough ]; do sleep 0.1; done; echo long >> {{ dir }}/log` }
  step after on first { run `echo after >> {{ dir }}/log` }
}
"#;

const TAKES_A_LOCK: &str = "lock \"idle\"";

fn book(desk: &Desk, sshd: &Sshd, text: &str, targets: &[&str], more: &[&str]) -> Vec<String> {
    let file = desk.file("idle.runbook", text.replace("LOCK\n", "\n")).display().to_string();
    let dir = format!("dir={}", desk.path("").display());
    let mut args = vec!["run".to_owned(), file, "-p".to_owned(), dir, "--ssh-config".to_owned(), sshd.config().display().to_string()];
    args.extend(targets.iter().flat_map(|target| ["--target".to_owned(), (*target).to_owned()]));
    args.extend(more.iter().map(|word| (*word).to_owned()));
    args
}

/// A process that stays at the gate.
fn at_the_gate(desk: &Desk, sshd: &Sshd, text: &str, host: &str, idle: &str) -> Running {
    let engine = desk.start(book(desk, sshd, text, &[&format!("there={host}")], &["--wait", "--idle", idle]));
    desk.until_it_is("waiting");
    engine
}

fn approve(desk: &Desk) {
    let ran = desk.runbook(["approve", "last", "go"]);
    assert_eq!(ran.status, 0, "{ran:?}");
}

/// The folders of the control sockets of an engine: it holds each of them open.
fn sockets(engine: &Running) -> Vec<PathBuf> {
    let open = std::fs::read_dir(format!("/proc/{}/fd", engine.0.id())).into_iter().flatten().flatten();
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.len() == "rb-".len() + 16 && name.as_encoded_bytes().starts_with(b"rb-"));
    open.filter_map(|fd| std::fs::read_link(fd.path()).ok()).filter(named).collect()
}

#[test]
fn a_connection_is_closed_while_a_run_waits_at_a_gate_and_the_next_step_opens_it_again() {
    let sshd = Sshd::start(&["box"]);
    let desk = Desk::new();
    let mut engine = at_the_gate(&desk, &sshd, GATE, "box", "1s");
    let socket = sockets(&engine).pop().expect("a control socket").display().to_string();
    assert!(is_running(&socket), "its master");
    until("the connection is closed", || sshd.connections("box") == 0);
    until("its master is gone", || !is_running(&socket));
    assert!(sockets(&engine).is_empty());
    assert_eq!(sshd.logins("box"), 1);
    approve(&desk);
    assert_eq!(engine.wait(), 0);
    assert_eq!(desk.read("log"), "before\nafter\n");
    assert_eq!(sshd.logins("box"), 2, "it was opened once more");
}

#[test]
fn a_connection_is_closed_while_another_host_works_and_the_one_with_a_job_in_flight_is_not() {
    let sshd = Sshd::start(&["one", "two"]);
    let desk = Desk::new();
    let mut engine = desk.start(book(&desk, &sshd, LONG, &["first=one", "second=two"], &["--idle", "1s"]));
    until("the idle one is closed", || desk.read("log") == "before\n" && sshd.connections("one") == 0);
    assert_eq!(sshd.connections("two"), 1, "a job is in flight there");
    desk.file("enough", "");
    assert_eq!(engine.wait(), 0);
    assert_eq!(desk.read("log"), "before\nlong\nafter\n");
    assert_eq!((sshd.logins("one"), sshd.logins("two")), (2, 1));
}

#[test]
fn a_connection_stays_with_idle_0s_and_where_the_run_holds_a_lock() {
    let sshd = Sshd::start(&["never", "locked", "idle"]);
    let (never, locked, idle) = (Desk::new(), Desk::new(), Desk::new());
    let with_lock = GATE.replace("LOCK", TAKES_A_LOCK).replace("\"idle\"", &format!("\"idle.{}\"", std::process::id()));
    let mut engines = [at_the_gate(&never, &sshd, GATE, "never", "0s"), at_the_gate(&locked, &sshd, &with_lock, "locked", "1s")];
    // The clock of this test: a run that came to its gate later has let its connection go.
    let mut clock = at_the_gate(&idle, &sshd, GATE, "idle", "1s");
    until("the idle one is closed", || sshd.connections("idle") == 0);
    assert_eq!((sshd.connections("never"), sshd.connections("locked")), (1, 1));
    for (desk, engine) in [&never, &locked].into_iter().zip(&mut engines) {
        approve(desk);
        assert_eq!(engine.wait(), 0);
        assert_eq!(desk.read("log"), "before\nafter\n");
    }
    assert_eq!((sshd.logins("never"), sshd.logins("locked")), (1, 1));
    approve(&idle);
    assert_eq!(clock.wait(), 0);
}

#[test]
fn o4_another_machine_behind_a_name_that_is_reached_again_is_refused_and_the_step_goes_on_later() {
    let mut sshd = Sshd::start(&["box"]);
    let desk = Desk::new();
    let mut engine = at_the_gate(&desk, &sshd, GATE, "box", "1s");
    until("the connection is closed", || sshd.connections("box") == 0);
    sshd.be_machine("box", Some("0123456789abcdef0123456789abcdef"));
    approve(&desk);
    assert_eq!(engine.wait(), 3, "it parks");
    assert_eq!(desk.read("log"), "before\n", "nothing ran on the stranger");
    assert_eq!(desk.word(), "parked");
    assert_eq!(desk.stage("before@box"), "succeeded");
    assert_eq!(desk.stage("after@box"), "unreachable");
    let says_so = |ran: &Ran, status: i32| {
        let said = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.status, status, "{said}");
        assert!(said.contains("box: another machine answers: its id is 0123456789abcdef0123456789abcdef and was "), "{said}");
    };
    says_so(&desk.runbook(["show", "last"]), 0);
    // A resume says the same, and changes nothing.
    says_so(&desk.runbook(["resume", "last"]), 3);
    assert_eq!((desk.read("log").as_str(), desk.word().as_str()), ("before\n", "parked"));
    // So it does of a machine that remembers nothing.
    let (jobs, elsewhere) = (sshd.home("box").join(".local/state/runbook/jobs"), sshd.home("box").join("elsewhere"));
    std::fs::rename(&jobs, &elsewhere).expect("its memory");
    says_so(&desk.runbook(["resume", "last"]), 3);
    std::fs::remove_dir_all(&jobs).unwrap_or_default();
    std::fs::rename(&elsewhere, &jobs).expect("its memory");
    sshd.be_machine("box", None);
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "before\nafter\n");
}

#[test]
fn what_a_killed_engine_left_in_tmp_is_swept_up_by_the_next_one_and_what_a_living_one_uses_is_not() {
    let sshd = Sshd::start(&["box", "other"]);
    let (killed, lives) = (Desk::new(), Desk::new());
    let mut engine = at_the_gate(&killed, &sshd, GATE, "box", "0s");
    let mut living = at_the_gate(&lives, &sshd, GATE, "other", "0s");
    let (left, used) = (sockets(&engine), sockets(&living));
    assert!(left.len() == 1 && used.len() == 1 && left[0].exists(), "{left:?} {used:?}");
    engine.kill();
    let ran = killed.runbook(["resume", "last"]);
    assert_eq!(ran.status, 3, "it waits at its gate again: {ran:?}");
    assert!(!left[0].exists(), "{left:?}");
    assert!(used[0].exists(), "{used:?}");
    approve(&lives);
    assert_eq!(living.wait(), 0);
    assert!(!used[0].exists(), "{used:?}");
}
