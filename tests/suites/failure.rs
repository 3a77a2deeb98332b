//! P1: a failure at a real terminal, over SSH: what is told, what can be chosen, and what each choice does.

use crate::harness::desk::Desk;
use crate::harness::scratch::run;
use crate::harness::seat::Seat;
use crate::harness::sshd::Sshd;

/// Its second step fails until it is mended. One step stands outside the boundary.
const FAILING: &str = r#"
runbook fail.over-ssh "Fails until it is mended" {
  window "{days} 00:00-24:00 UTC"
  param dir: path
  target box: host
  step before on box { run `echo before >> {{ dir }}/log`; undo `echo undo-before >> {{ dir }}/log` }
  boundary all "All of it" {
    {ask}
    budget 2h
    step one on box { run `echo one >> {{ dir }}/log`; undo `echo undo-one >> {{ dir }}/log` }
    step two on box {
      run    `echo two >> {{ dir }}/log; echo long ago; for i in $(seq 20); do echo "line $i" >&2; done; echo "the disk is read-only" >&2; test -e {{ dir }}/mended`
      verify `test -e {{ dir }}/mended`
      undo   `echo undo-two >> {{ dir }}/log`
    }
    gate sure "Sure?" { timeout 10m then park }
    step drop on box { run `echo drop >> {{ dir }}/log`; irreversible "it is dropped" }
  }
}
"#;

struct Failing {
    desk: Desk,
    sshd: Sshd,
    config: String,
    ask: &'static str,
}

impl Failing {
    fn new() -> Self {
        Self::asking("")
    }

    fn asking(ask: &'static str) -> Self {
        let sshd = Sshd::start(&["box"]);
        let config = sshd.config().to_string_lossy().into_owned();
        Self { desk: Desk::new(), sshd, config, ask }
    }

    /// Its window is open for two days, whenever that is.
    fn file(&self) -> String {
        let day = |when: &str| run("date", ["-u", "+%a", "-d", when]).trim().to_owned();
        let text = FAILING.replace("{ask}", self.ask).replace("{days}", &format!("{}-{}", day("1 day ago"), day("2 days")));
        self.desk.file("fails.runbook", text).to_string_lossy().into_owned()
    }

    fn run_with(&self, columns: u16, environment: &[(&str, &str)], strip: bool) -> Seat {
        let file = self.file();
        let dir = format!("dir={}", self.desk.path("").display());
        let args = ["run", &file, "-p", &dir, "--target", "box=box", "--ssh-config", &self.config];
        let environment = [&[("TERM", "xterm"), ("PAGER", "cat"), ("SHELL", "/bin/sh")], environment].concat();
        Seat::with(&self.desk, columns, &environment, strip, &args)
    }

    /// At the question, and what stands above it.
    fn at_the_failure(&self) -> (Seat, String) {
        let mut seat = self.run_with(80, &[], true);
        let shown = seat.sees("your choice: ");
        // What was seen while it ran is another matter.
        let page = shown.split("ailed  two@box").last().unwrap_or_default().to_owned();
        (seat, format!("two@box{page}"))
    }

    fn log(&self) -> String {
        self.desk.read("log")
    }

    fn mend(&self) {
        self.desk.file("mended", "");
    }

    /// The journal's word on what was decided: answer, who, why.
    fn decided(&self) -> (String, bool, String) {
        let events = self.desk.events();
        let answered = events.iter().rev().find(|e| e["event"] == "FailureAnswered").expect("it was decided");
        let text = |key: &str| answered[key].as_str().unwrap_or_default().to_owned();
        (text("answer"), answered["by"]["person"].is_string(), text("note"))
    }
}

#[test]
fn p1_a_failure_tells_what_failed_what_changed_what_a_rollback_would_run_and_what_time_is_left() {
    let failing = Failing::new();
    let (mut seat, page) = failing.at_the_failure();
    for words in [
        "two@box",
        "exit status 1",
        "line 20",
        "the disk is read-only",
        "changed so far: before@box, one@box, two@box",
        "the point of no return is not passed: it is drop@box",
        "left in the window",
        "left in the budget of all",
        "rolling back would run",
        "roll back",
        "[r]etry",
        "mark [d]one",
        "[s]kip",
        "s[h]ell on box",
        "whole [o]utput",
        "[p]ark",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("long ago") && !page.contains("line 2\r"), "only the end of its output: {page}");
    let undo = |step: &str| page.find(&format!("echo undo-{step} ")).unwrap_or_else(|| panic!("{step}: {page}"));
    assert!(undo("two") < undo("one"), "in the order in which it would run: {page}");
    assert!(!page.contains("undo-before"), "what stands outside the boundary is not undone: {page}");
    seat.types("p");
    assert_eq!(seat.ends().1, 3);
}

#[test]
fn p1_the_whole_output_is_shown_and_then_it_asks_again() {
    let failing = Failing::new();
    let (mut seat, _) = failing.at_the_failure();
    seat.types("o");
    let shown = seat.sees("your choice: ");
    for words in ["output of two@box", "long ago", "errors of two@box", "line 1\r", "line 20\r"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    seat.types("b");
    let (rest, status) = seat.ends();
    assert_eq!(status, 3, "what stands outside the boundary parks the run: {rest}");
    assert_eq!(failing.log(), "before\none\ntwo\nundo-two\nundo-one\n");
    assert_eq!(failing.decided(), ("roll_back".to_owned(), true, String::new()));
}

#[test]
fn p1_it_is_retried() {
    let failing = Failing::new();
    let (mut seat, _) = failing.at_the_failure();
    failing.mend();
    seat.types("r");
    seat.sees("type `approve` or `reject`");
    assert_eq!(failing.log(), "before\none\ntwo\ntwo\n");
    assert_eq!(failing.decided(), ("retry".to_owned(), true, String::new()));
    seat.types("reject");
    assert_eq!(seat.ends().1, 3);
    assert_eq!((failing.desk.stage("two@box"), failing.desk.attempts("two@box")), ("succeeded".to_owned(), 2));
}

#[test]
fn p5_it_is_marked_done_by_its_own_verify_without_a_reason() {
    let failing = Failing::new();
    let (mut seat, _) = failing.at_the_failure();
    failing.mend();
    seat.types("d");
    seat.sees("type `approve` or `reject`");
    seat.types("reject");
    assert_eq!(seat.ends().1, 3);
    assert_eq!(failing.decided(), ("mark_done".to_owned(), true, "`verify` holds".to_owned()));
    assert_eq!(failing.desk.stage("two@box"), "marked_done");
    assert_eq!(failing.log(), "before\none\ntwo\n");
}

#[test]
fn p1_it_is_skipped_and_still_undone_by_a_later_rollback() {
    let failing = Failing::new();
    let (mut seat, _) = failing.at_the_failure();
    seat.types("s");
    seat.sees("why?");
    seat.types("the disk is replaced tomorrow");
    seat.sees("type `approve` or `reject`");
    seat.types("reject");
    assert_eq!(seat.ends().1, 3);
    assert_eq!(failing.desk.stage("two@box"), "skipped_by_person");
    assert_eq!(failing.decided(), ("skip".to_owned(), true, "the disk is replaced tomorrow".to_owned()));
    assert_eq!(failing.desk.runbook(["rollback", "last"]).status, 4);
    assert_eq!(failing.log(), "before\none\ntwo\nundo-two\nundo-one\nundo-before\n");
}

#[test]
fn p1_it_is_parked() {
    let failing = Failing::new();
    let (mut seat, _) = failing.at_the_failure();
    seat.types("p");
    let (rest, status) = seat.ends();
    assert_eq!(status, 3, "{rest}");
    assert_eq!((failing.desk.word(), failing.decided()), ("parked".to_owned(), ("park".to_owned(), true, String::new())));
    assert_eq!(failing.log(), "before\none\ntwo\n");
}

#[test]
fn p1_the_question_counts_down_on_the_screen_to_the_boundarys_policy() {
    let failing = Failing::asking("ask 3s");
    let mut seat = failing.run_with(80, &[], false);
    seat.sees("  0:03 then roll back; your choice: ");
    // Written over in its place, so that what is typed behind it stays.
    for left in ["0:02", "0:01"] {
        seat.sees(&format!("\u{1b}7\r  {left} \u{1b}8"));
    }
    let (rest, status) = seat.ends();
    assert_eq!(status, 3, "{rest}");
    assert_eq!(failing.log(), "before\none\ntwo\nundo-two\nundo-one\n");
    assert_eq!(failing.decided(), ("roll_back".to_owned(), false, "nobody answered within 3.0s".to_owned()));
}

#[test]
fn p1_what_silence_means_at_a_terminal_can_be_another_thing_than_the_policy() {
    let failing = Failing::asking("ask 1s then park");
    let (seat, page) = failing.at_the_failure();
    assert!(page.contains("then park;"), "{page}");
    assert_eq!(seat.ends().1, 3);
    assert_eq!(failing.log(), "before\none\ntwo\n");
    assert_eq!(failing.decided(), ("park".to_owned(), false, "nobody answered within 1.0s".to_owned()));
}

#[test]
fn p1_whoever_types_something_is_there_and_the_time_begins_anew() {
    let failing = Failing::asking("ask 3s");
    let (mut seat, _) = failing.at_the_failure();
    let began = std::time::Instant::now();
    while began.elapsed() < std::time::Duration::from_secs(5) {
        std::thread::sleep(std::time::Duration::from_millis(700));
        seat.types("");
        seat.sees("your choice: ");
    }
    seat.types("p");
    assert_eq!(seat.ends().1, 3);
    assert_eq!(failing.decided().0, "park");
}

#[test]
fn p1_without_a_terminal_the_policy_decides_at_once() {
    let failing = Failing::asking("ask 10m then park");
    let file = failing.file();
    let dir = format!("dir={}", failing.desk.path("").display());
    let ran = failing.desk.runbook(["run", &file, "-p", &dir, "--target", "box=box", "--ssh-config", &failing.config]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert_eq!(failing.log(), "before\none\ntwo\nundo-two\nundo-one\n");
}

#[test]
fn p1_a_shell_on_the_host_goes_over_the_runs_own_connection_and_then_it_asks_again() {
    let failing = Failing::new();
    let (mut seat, _) = failing.at_the_failure();
    seat.types("h");
    seat.sees("the run waits until you leave it");
    // It is the host's: its home, a login of sshd, a terminal of its own.
    seat.types("echo in-$HOME; echo from-$SSH_CONNECTION; touch $HOME/mended-by-hand; stty size");
    let home = failing.sshd.home("box");
    seat.sees(&format!("in-{}", home.display()));
    seat.sees("from-127.0.0.1");
    seat.sees("24 80");
    seat.types("exit");
    seat.sees("your choice: ");
    assert!(home.join("mended-by-hand").exists());
    let log = std::fs::read_to_string(home.with_file_name("log")).expect("what sshd says");
    assert_eq!(log.matches("Accepted publickey").count(), 1, "no second connection was let in: {log}");
    let events = failing.desk.events();
    let of = |name: &str| events.iter().find(|e| e["event"] == name).unwrap_or_else(|| panic!("{name}: {events:?}")).clone();
    assert!(of("ShellOpened")["by"]["person"].is_string() && of("ShellClosed")["by"]["person"].is_string());
    assert_eq!(of("ShellOpened")["path"], "two@box");
    seat.types("p");
    assert_eq!(seat.ends().1, 3);
    let told = failing.desk.runbook(["log", "last"]).out;
    assert!(told.contains("opened on box") && told.contains("closed, by"), "{told}");
}

#[test]
fn p1_killed_while_a_shell_is_open_a_resume_asks_again() {
    let failing = Failing::new();
    let (mut seat, _) = failing.at_the_failure();
    seat.types("h");
    seat.sees("the run waits until you leave it");
    seat.types("echo here-$((1 + 1))");
    seat.sees("here-2");
    seat.0.process_mut().signal(rexpect::process::Signal::SIGKILL).expect("it runs");
    drop(seat);
    let mut seat = Seat::with(&failing.desk, 80, &[("TERM", "xterm")], true, &["resume", "last"]);
    seat.sees("your choice: ");
    failing.mend();
    seat.types("r");
    seat.sees("type `approve` or `reject`");
    seat.types("reject");
    assert_eq!(seat.ends().1, 3);
    assert_eq!(failing.log(), "before\none\ntwo\ntwo\n");
}

#[test]
fn a_terminal_that_closes_at_a_failure_parks_and_undoes_nothing() {
    let failing = Failing::new();
    let (seat, _) = failing.at_the_failure();
    drop(seat);
    crate::harness::desk::until("the process has gone", || failing.desk.events().iter().any(|e| e["event"] == "DriverLeft"));
    assert_eq!(failing.log(), "before\none\ntwo\n");
    failing.mend();
    let mut seat = Seat::with(&failing.desk, 80, &[("TERM", "xterm")], true, &["resume", "last"]);
    seat.sees("your choice: ");
    seat.types("r");
    seat.sees("type `approve` or `reject`");
    seat.types("reject");
    assert_eq!(seat.ends().1, 3);
}

#[test]
fn p1_at_40_columns_and_without_colours_it_can_be_read() {
    let failing = Failing::new();
    let mut seat = failing.run_with(40, &[("NO_COLOR", "1")], false);
    let page = seat.sees("your choice: ");
    let menu = page.split("rolling back would run").last().unwrap_or_default();
    let wide: Vec<&str> = menu.lines().filter(|line| !line.contains("echo undo-") && line.trim_end().chars().count() > 40).collect();
    assert_eq!(wide, [""; 0], "{page}");
    for choice in ["[r]etry", "mark [d]one", "[s]kip", "s[h]ell on box", "whole [o]utput", "roll [b]ack", "[p]ark"] {
        assert!(menu.contains(choice), "{choice}: {page}");
    }
    // Orders to the cursor are no colours.
    assert!(!["[1m", "[2m", "[1;"].iter().any(|colour| page.contains(&format!("\u{1b}{colour}"))), "{page:?}");
    seat.types("p");
    assert_eq!(seat.ends().1, 3);
}

const TRIED_AGAIN: &str = r#"
runbook mode.set "Set a mode" {
  param dir: path
  boundary b {
    step set on local {
      fact before: string = `cat {{ dir }}/mode`
      run  `echo new >{{ dir }}/mode; [ -e {{ dir }}/tried ] || { touch {{ dir }}/tried; exit 7; }`
      retry 1 every 1s
      undo `printf '%s\n' {{ before }} >{{ dir }}/mode`
    }
    step last on local { run `exit 9`; undo none "it did nothing" }
  }
}
"#;

/// The second attempt finds what the first one has left.
#[test]
fn r1_an_undo_takes_back_to_what_was_before_the_first_attempt_also_after_a_retry() {
    let desk = Desk::new();
    let file = desk.file("mode.runbook", TRIED_AGAIN).display().to_string();
    desk.file("mode", "old\n");
    let ran = desk.runbook(["run", &file, "-p", &format!("dir={}", desk.path("").display())]);
    assert_eq!((ran.status, desk.attempts("set@local")), (4, 2), "{ran:?}");
    assert_eq!(desk.read("mode"), "old\n");
}
