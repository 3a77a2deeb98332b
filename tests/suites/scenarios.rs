//! Scenarios in which several things go wrong at once; the table in `docs/keeper.md` says where each of the fifteen stands.

use std::fs;

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::scratch::{run, search_path, which};
use crate::harness::seat::Seat;
use crate::harness::sshd::Sshd;

/// `runbook run` of this text with the desk's folder as `dir`.
fn args(desk: &Desk, text: &str, more: &[&str]) -> Vec<String> {
    let file = desk.file("book.runbook", text).display().to_string();
    let dir = format!("dir={}", desk.path("").display());
    ["run", &file, "-p", &dir].iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn lines(desk: &Desk) -> Vec<String> {
    desk.read("log").lines().map(str::to_owned).collect()
}

/// A command that SIGTERM does not end, of another user, with a child of the same kind.
const DEAF: &str = r#"
runbook scenario.deaf "A command that does not listen" {
  param dir: path
  target there: host = local
  boundary all "All of it" {
    step deaf on there {
      as "nobody"
      shell "sh"
      timeout 2s
      run ```
        trap '' TERM
        sh -c 'trap "" TERM; sleep 3133; sleep 3134' &
        sleep 3133
        sleep 3134
        ```
      undo ```
        left=0
        for at in /proc/[0-9]*/cmdline; do
          case $(tr '\0' ' ' <"$at" 2>/dev/null) in "sleep 313"*) left=$((left+1)) ;; esac
        done
        echo "undo, and $left left" >>{{ dir }}/log
        ```
    }
  }
}
"#;

/// `mark`: three digits by which its processes are told from those of other tests.
fn nothing_is_left_when_the_undo_begins(desk: &Desk, mark: &str, more: &[&str]) {
    desk.file("log", "");
    let work = desk.path("");
    run("chmod", ["-R".as_ref(), "a+rwX".as_ref(), work.as_path()]);
    run("chmod", ["a+x".as_ref(), work.parent().expect("the desk")]);
    let ran = desk.runbook(args(desk, &DEAF.replace("313", mark), more));
    assert_eq!(ran.status, 4, "{ran:?}");
    assert!(ran.err.contains("timed out"), "{ran:?}");
    assert_eq!(lines(desk), ["undo, and 0 left"]);
}

#[test]
fn scenario_3_a_deaf_command_of_another_user_is_gone_before_its_undo_begins() {
    nothing_is_left_when_the_undo_begins(&Desk::new(), "313", &[]);
}

/// The target's tools, the shell and `kill` among them, are those of busybox.
#[test]
fn scenario_3_the_same_where_there_is_only_busybox() {
    let desk = Desk::new();
    let bin = desk.path("bin");
    fs::create_dir_all(&bin).expect("a folder of programs");
    let listed = run("busybox", ["--list"]);
    for tool in listed.lines().filter(|tool| !tool.is_empty() && *tool != "busybox") {
        std::os::unix::fs::symlink(which("busybox"), bin.join(tool)).expect("a link");
    }
    let sshd = Sshd::start_with_path(&["box"], &format!("{}:{}", bin.display(), search_path()));
    let config = sshd.config().display().to_string();
    nothing_is_left_when_the_undo_begins(&desk, "414", &["--ssh-config", &config, "--target", "there=box"]);
}

/// More than memory would hold, printed as fast as a pipe takes it. `RUNBOOK_OUTPUT_GB=10` asks for more than CI does.
#[test]
fn scenario_7_output_without_end_is_cut_and_costs_no_memory() {
    let desk = Desk::new();
    let size: u64 = std::env::var("RUNBOOK_OUTPUT_GB").ok().and_then(|number| number.parse().ok()).unwrap_or(1);
    let text = r#"
runbook scenario.flood "More than anybody wants" {
  param dir: path
  step flood on local {
    timeout 10m
    run `echo first; touch {{ dir }}/began; head -c SIZEG /dev/zero | tr '\0' x; echo last; echo ended >> {{ dir }}/log`
    undo none "it only prints"
  }
}
"#;
    let mut engine = desk.start(args(&desk, &text.replace("SIZE", &size.to_string()), &[]));
    let (ended, most) = engine.measured();
    assert_eq!(ended, 0);
    assert_eq!(lines(&desk), ["ended"], "the limit never reaches the command");
    assert!(most > 0 && most < 64 << 10, "{most} KiB");
    let told = desk.runbook(["log", "last"]);
    assert!(told.out.contains("its output is not kept whole: it is over the limit"), "{told:?}");
}

/// While one branch has failed and the other still works, a person leaves.
#[test]
fn scenario_9_left_while_a_branch_has_failed_a_rollback_settles_and_then_undoes_once_in_reverse() {
    let desk = Desk::new();
    let text = r#"
runbook scenario.branches "One branch fails while the other works" {
  param dir: path
  on local
  boundary all "All of it" {
    step zero { run `echo zero >> {{ dir }}/log`; undo `echo undo-zero >> {{ dir }}/log` }
    parallel {
      step slow { run `echo slow >> {{ dir }}/log; sleep 8; echo end-slow >> {{ dir }}/log`; undo `echo undo-slow >> {{ dir }}/log` }
      step bad  { run `until grep -q slow {{ dir }}/log; do sleep 0.1; done; echo bad >> {{ dir }}/log; exit 7`; undo `echo undo-bad >> {{ dir }}/log` }
      step last { after [slow]; run `echo last >> {{ dir }}/log`; undo `echo undo-last >> {{ dir }}/log` }
    }
  }
}
"#;
    let words = args(&desk, text, &[]);
    let mut seat = Seat::at(&desk, &words.iter().map(String::as_str).collect::<Vec<_>>());
    seat.sees("exit status 7");
    seat.ctrl_c();
    seat.sees("once more to leave at once");
    seat.ctrl_c();
    let (rest, status) = seat.ends();
    assert_eq!(status, 130, "{rest}");
    assert_eq!(lines(&desk), ["zero", "slow", "bad"], "nothing is undone while something works");
    // A resume without a terminal would try the failed step once more.
    let ran = desk.runbook(["rollback", "last"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    let log = lines(&desk);
    assert_eq!(log[..4], ["zero", "slow", "bad", "end-slow"], "it settled first");
    let mut branches = log[4..6].to_vec();
    branches.sort();
    assert_eq!((branches, &log[6..]), (vec!["undo-bad".to_owned(), "undo-slow".to_owned()], &["undo-zero".to_owned()][..]), "{log:?}");
}

const HOSTS: [&str; 6] = ["w1", "w2", "w3", "w4", "w5", "w6"];

/// Two hosts at a time; one failure is tolerated; a scope that is kept where something stands half done.
const ROLLING: &str = r#"
runbook scenario.rolling "Two at a time" {
  param dir: path
  param bad: list(string) = []
  param stuck: string = "none"
  param half: string = "none"
  target web = ["w1", "w2", "w3", "w4", "w5", "w6"]
  for h in web batch 2 tolerate 1 {
    during scenario.held(dir: dir, name: h) on h release on_success {
      boundary one-host "One host" {
        step first on h { run `echo first-{{ h }} >> {{ dir }}/log`; undo `echo undo-first-{{ h }} >> {{ dir }}/log; test {{ h }} != {{ stuck }}` }
        step second on h {
          env { BAD = bad | join(" ") }
          run `echo second-{{ h }} >> {{ dir }}/log; case " $BAD " in *" "{{ h }}" "*) exit 9 ;; esac`
          undo `echo undo-second-{{ h }} >> {{ dir }}/log`
        }
      }
      step third on h { run `test {{ h }} != {{ half }}`; undo none "it only looks" }
    }
  }
}

action scenario.held(dir: path, name: string) {
  run  `echo hold-{{ name }} >> {{ dir }}/log`
  undo `echo release-{{ name }} >> {{ dir }}/log`
}
"#;

fn rolling(more: &[&str]) -> (Desk, Ran, impl Fn(&Desk, &str) -> Vec<String>) {
    let desk = Desk::new();
    let sshd = Sshd::start(&HOSTS);
    let config = sshd.config().display().to_string();
    let ran = desk.runbook(args(&desk, ROLLING, &[&["--ssh-config", &config], more].concat()));
    let of = |desk: &Desk, host: &str| {
        let ending = format!("-{host}");
        lines(desk).iter().filter_map(|line| line.strip_suffix(&ending)).map(str::to_owned).collect()
    };
    (desk, ran, of)
}

const WELL: [&str; 4] = ["hold", "first", "second", "release"];
const UNDONE: [&str; 6] = ["hold", "first", "second", "undo-second", "undo-first", "release"];

#[test]
fn scenario_11_one_host_fails_behind_its_boundary_its_scope_is_kept_and_the_others_are_done() {
    let (desk, ran, of) = rolling(&["-p", "half=w3"]);
    assert_eq!(ran.status, 6, "{ran:?}");
    for host in HOSTS {
        let wanted: &[&str] = if host == "w3" { &WELL[..3] } else { &WELL };
        assert_eq!(of(&desk, host), wanted, "{host}");
    }
    assert!(format!("{}{}", ran.out, ran.err).contains("kept"), "{ran:?}");
}

#[test]
fn scenario_11_one_host_fails_in_its_boundary_all_of_it_is_undone_and_nothing_is_held() {
    let (desk, ran, of) = rolling(&["-p", "bad=w3"]);
    assert_eq!(ran.status, 6, "{ran:?}");
    for host in HOSTS {
        let wanted: &[&str] = if host == "w3" { &UNDONE } else { &WELL };
        assert_eq!(of(&desk, host), wanted, "{host}");
    }
}

#[test]
fn scenario_11_the_second_host_that_fails_stops_the_run() {
    let (desk, ran, of) = rolling(&["-p", "bad=w1,w3"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(of(&desk, "w1"), UNDONE);
    assert_eq!(of(&desk, "w3"), UNDONE[..5], "a parked run holds its scopes");
    assert_eq!(of(&desk, "w2"), WELL);
    assert!(WELL.starts_with(&of(&desk, "w4").iter().map(String::as_str).collect::<Vec<_>>()), "as far as it had come: {:?}", lines(&desk));
    assert!(of(&desk, "w5").is_empty() && of(&desk, "w6").is_empty(), "{:?}", lines(&desk));
}

#[test]
fn scenario_11_an_undo_that_fails_leaves_the_run_stuck_and_no_other_host_begins() {
    let (desk, ran, of) = rolling(&["-p", "bad=w1", "-p", "stuck=w1"]);
    assert_eq!(ran.status, 5, "{ran:?}");
    assert_eq!(of(&desk, "w1"), UNDONE[..5], "tried, and not well; and held on");
    assert!(WELL.starts_with(&of(&desk, "w2").iter().map(String::as_str).collect::<Vec<_>>()), "as far as it had come: {:?}", lines(&desk));
    for host in &HOSTS[2..] {
        assert!(of(&desk, host).is_empty(), "{:?}", lines(&desk));
    }
}

/// The machine's clock jumps over the deadline of a gate at which a living process waits.
#[test]
fn scenario_12_a_clock_that_jumps_over_the_deadline_parks_and_undoes_nothing() {
    let desk = Desk::new();
    let text = r#"
runbook scenario.clock "A gate with a deadline" {
  param dir: path
  on local
  boundary all "All of it" {
    step before { run `echo before >> {{ dir }}/log`; undo `echo undo-before >> {{ dir }}/log` }
    gate go "Go on?" { timeout 30m then rollback }
    step after { run `echo after >> {{ dir }}/log`; undo `echo undo-after >> {{ dir }}/log` }
  }
}
"#;
    let clock = desk.file("clock", "+0\n");
    let library = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"];
    let library = library.into_iter().find(|path| fs::exists(path).unwrap_or(false)).expect("libfaketime, which tests/install.sh installs");
    let mut words = args(&desk, text, &[]);
    words.insert(1, "--wait".to_owned());
    let mut engine = desk.command();
    engine
        .args(&words)
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let mut engine = crate::harness::desk::Running(engine.spawn().expect("the binary runs"));
    until("the gate is open", || desk.read("log") == "before\n" && desk.word() == "waiting");
    fs::write(&clock, "+2h\n").expect("the clock");
    assert_eq!(engine.wait(), 3);
    assert_eq!(lines(&desk), ["before"], "a rollback was promised after half an hour, and no such has passed");
    assert_eq!(desk.word(), "parked");
}
