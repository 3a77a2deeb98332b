//! What one sees while a run goes on: at a terminal a live region below lines that stay, whatever its width.

use std::process::Stdio;

use rexpect::process::Signal;

use crate::harness::desk::{Desk, until};
use crate::harness::glass::Glass;
use crate::harness::sshd::Sshd;

/// The second step says something, and waits until it may end.
const SLOW: &str = r#"
action live.held(dir: path) {
  run `echo held > {{ dir }}/held`
  undo `rm -f {{ dir }}/held`
}

runbook live.slow "A slow step" {
  param dir: path
  boundary all "All of it" {
    budget 1h
    step first on local { run `true`; undo none "nothing" }
    during live.held(dir: dir) on local release always {
      step slow on local {
        run `echo begun; printf 'half %s\n' 'way there'; touch {{ dir }}/began; until test -e {{ dir }}/go; do sleep 0.05; done; grep -q 0 {{ dir }}/go`
        undo none "nothing"
      }
    }
    step last on local { run `true`; undo none "nothing" }
  }
}
"#;

fn args(desk: &Desk, text: &str) -> [String; 4] {
    let file = desk.file("live.runbook", text).to_string_lossy().into_owned();
    ["run".to_owned(), file, "-p".to_owned(), format!("dir={}", desk.path("").display())]
}

fn slow(desk: &Desk, columns: u16, more: &[&str]) -> Glass {
    let args = args(desk, SLOW);
    Glass::at(desk, columns, &args.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>())
}

/// The lines that tell of a step that runs: its name, and how long it has run.
fn running(screen: &[String], step: &str) -> usize {
    screen.iter().filter(|line| line.starts_with("  ") && line.contains(step) && !line.contains("ok ")).count()
}

/// Lines that begin with what turns.
fn heads(screen: &[String]) -> usize {
    screen.iter().filter(|line| is_head(line)).count()
}

fn is_head(line: &str) -> bool {
    line.starts_with(|c| ('\u{2800}'..='\u{28ff}').contains(&c))
}

#[test]
fn a_running_step_is_seen_with_its_last_line_what_is_held_and_what_is_spent_and_then_the_region_is_gone() {
    let desk = Desk::new();
    let seat = slow(&desk, 80, &[]);
    let screen = seat.sees("half way there");
    let told = screen.join("\n");
    for words in ["1 of 3 done, 1 running, 1 waiting", "slow@local", "│ half way there", "held    ", "live.held", "budget  ", "of 1h"] {
        assert!(told.contains(words), "{words}:\n{told}");
    }
    assert!(!told.contains("begun"), "the last line alone:\n{told}");
    // What has ended stands above, to stay.
    let ended = screen.iter().position(|line| line.contains("ok  first@local")).expect("it has ended");
    assert!(ended < screen.iter().position(|line| line.contains("half way")).expect("it runs"), "{told}");
    desk.file("go", "0");
    let (screen, status) = seat.ends();
    assert_eq!(status, 0, "{screen:#?}");
    let told = screen.join("\n");
    assert!(!told.contains("half way") && heads(&screen) == 0 && !told.contains("budget"), "the region is gone:\n{told}");
    for words in ["run ", "ok  first@local", "ok  slow@local", "released", "ok  last@local", "done  live.slow"] {
        assert_eq!(told.matches(words).count(), 1, "{words}:\n{told}");
    }
}

#[test]
fn at_40_columns_nothing_wraps_and_nothing_is_left_behind() {
    let desk = Desk::new();
    let seat = slow(&desk, 40, &[]);
    let screen = seat.sees("half way there");
    assert!(heads(&screen) == 1 && running(&screen, "slow@local") == 1, "{screen:#?}");
    // It is drawn many times, and stays one.
    seat.shows("a second has passed", |screen| screen.iter().any(|line| line.contains("slow@local") && line.contains(" 1s")));
    let screen = seat.screen();
    assert!(heads(&screen) == 1 && running(&screen, "slow@local") == 1, "{screen:#?}");
    desk.file("go", "0");
    let (screen, status) = seat.ends();
    assert_eq!((status, heads(&screen)), (0, 0), "{screen:#?}");
}

#[test]
fn a_terminal_that_is_made_narrower_and_wider_has_one_region_and_loses_no_line() {
    let desk = Desk::new();
    let seat = slow(&desk, 100, &[]);
    seat.sees("half way there");
    for columns in [40, 60, 100, 30, 80] {
        seat.resize(columns);
        let fits = |line: &String| line.chars().count() < usize::from(columns);
        let head = |screen: &[String]| screen.iter().position(|line| is_head(line));
        let screen = seat.shows("it is drawn for the new width", |screen| {
            let is_two_lines = screen.iter().any(|line| line.contains("1 of 3 done") && !is_head(line));
            head(screen).is_some_and(|at| screen[at..].iter().all(fits)) && is_two_lines == (columns < 70)
        });
        assert!(heads(&screen) == 1 && running(&screen, "slow@local") == 1, "{columns}: {screen:#?}");
        assert!(screen.iter().filter(|line| line.contains("ok  first")).count() == 1, "{columns}: {screen:#?}");
    }
    desk.file("go", "0");
    let (screen, status) = seat.ends();
    assert_eq!((status, heads(&screen)), (0, 0), "{screen:#?}");
}

#[test]
fn a_question_has_the_end_of_the_screen_for_itself_and_then_the_region_is_back() {
    let desk = Desk::new();
    let text = r#"
runbook live.asks "It asks" {
  param dir: path
  parallel {
    step slow on local { run `printf 'half %s\n' 'way there'; until test -e {{ dir }}/go; do sleep 0.05; done` }
    gate go "Really?" { timeout 10m then park }
  }
}
"#;
    let words = args(&desk, text);
    let mut seat = Glass::at(&desk, 80, &words.each_ref().map(String::as_str));
    let is_prompt = |screen: &[String]| screen.last().is_some_and(|line| line.contains("type `approve`"));
    let screen = seat.shows("the question is the last line", is_prompt);
    assert!(!screen.join("\n").contains("half way there"), "{screen:#?}");
    // It stays so, though the step goes on.
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(is_prompt(&seat.screen()) && heads(&seat.screen()) == 0, "{:#?}", seat.screen());
    seat.types("approve");
    let screen = seat.sees("half way there");
    assert!(heads(&screen) == 1 && screen.iter().any(|line| line.contains("approved  go")), "{screen:#?}");
    desk.file("go", "");
    let (screen, status) = seat.ends();
    assert_eq!((status, heads(&screen)), (0, 0), "{screen:#?}");
}

#[test]
fn a_fleet_is_folded_into_one_line_and_those_that_still_run() {
    let desk = Desk::new();
    let names = ["web1", "web2", "web3", "web4", "web5"];
    let sshd = Sshd::start(&names);
    let text = r#"
runbook live.fleet "A fleet" {
  param dir: path
  target web = ["web1", "web2", "web3", "web4", "web5"]
  step restart on web {
    run `case {{ host }} in web2) exit 9;; web3|web4) printf 'draining %s\n' {{ host }}; until test -e {{ dir }}/go; do sleep 0.05; done;; esac`
    tolerate 2
    unreachable fail
  }
  step after on web { run `true`; tolerate 2; unreachable fail }
}
"#;
    let words = args(&desk, text);
    let config = sshd.config().to_string_lossy().into_owned();
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--ssh-config", &config]).collect();
    let seat = Glass::at(&desk, 100, &words);
    let screen = seat.sees("2 ok, 2 running, 1 failed: web2");
    let told =
        seat.shows("both say something", |screen| ["web3", "web4"].iter().all(|h| screen.iter().any(|l| l.contains(&format!("│ draining {h}"))))).join("\n");
    assert_eq!(told.matches("restart  2 ok").count(), 1, "{told}");
    assert!(screen.iter().any(|line| line.contains("failed  restart@web2")), "what failed stays above: {screen:#?}");
    desk.file("go", "");
    let (screen, status) = seat.ends();
    assert_eq!((status, heads(&screen)), (6, 0), "{screen:#?}");
}

#[test]
fn without_colours_the_region_has_none() {
    let desk = Desk::new();
    let words = args(&desk, SLOW);
    let seat = Glass::with(&desk, 80, &[("NO_COLOR", "1")], &words.each_ref().map(String::as_str));
    seat.sees("half way there");
    let written = seat.written();
    let colours =
        written.match_indices("\u{1b}[").filter(|(at, _)| written[at + 2..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'));
    assert_eq!(colours.count(), 0, "{written:?}");
    desk.file("go", "0");
    assert_eq!(seat.ends().1, 0);
}

#[test]
fn for_a_screen_reader_nothing_is_drawn_over_and_each_event_is_a_line() {
    for (environment, option) in [(&[][..], &["--plain"][..]), (&[("RUNBOOK_PLAIN", "1")][..], &[][..])] {
        let desk = Desk::new();
        let words = args(&desk, SLOW);
        let words: Vec<&str> = words.iter().map(String::as_str).chain(option.iter().copied()).collect();
        let seat = Glass::with(&desk, 40, environment, &words);
        until("it waits", || desk.path("began").exists());
        desk.file("go", "0");
        let written = seat.written();
        let (screen, status) = seat.ends();
        assert_eq!(status, 0, "{screen:#?}");
        assert!(!written.contains('\u{1b}') && !written.replace("\r\n", "").contains('\r'), "{written:?}");
        assert!(written.contains("begin  slow@local") && !written.contains('│'), "{written:?}");
    }
}

#[test]
fn a_question_is_answered_on_a_plain_terminal_too() {
    let desk = Desk::new();
    let words = args(&desk, SLOW);
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--plain"]).collect();
    let mut seat = Glass::at(&desk, 80, &words);
    desk.file("go", "3");
    seat.sees("[r]etry");
    desk.file("go", "0");
    seat.types("r");
    let (screen, status) = seat.ends();
    assert_eq!(status, 0, "{screen:#?}");
}

#[test]
fn a_hangup_parks_the_run_at_once_and_a_resume_finds_all_of_it() {
    let desk = Desk::new();
    let mut seat = slow(&desk, 80, &[]);
    seat.sees("half way there");
    seat.signal(Signal::SIGHUP);
    let (screen, status) = seat.ends();
    assert_eq!((status, heads(&screen)), (130, 0), "{screen:#?}");
    assert!(screen.join("\n").contains("runbook resume"), "{screen:#?}");
    assert!(desk.path("held").exists(), "nothing was let go");
    desk.file("go", "0");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(!desk.path("held").exists() && desk.attempts("slow@local") == 1, "{ran:?}");
}

#[test]
fn a_log_of_ci_has_a_day_and_a_time_on_every_event_and_cuts_nothing() {
    let desk = Desk::new();
    let long = "x".repeat(200);
    let text = format!("runbook live.ci \"CI\" {{\n  step one on local {{ run `true {long}` }}\n  step two on local {{ run `echo {long} >&2; exit 4` }}\n}}\n");
    let file = desk.file("ci.runbook", text);
    let output = desk.command().args(["run".as_ref(), file.as_os_str()]).stderr(Stdio::piped()).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_stamped = |line: &str| {
        line.len() > 25
            && line[..25].chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>().replace('-', "+") == "0000+00+00T00:00:00+00:00"
    };
    for words in ["begin  one@local", "ok  one@local", "failed  two@local"] {
        let line = told.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {told}"));
        assert!(is_stamped(line), "{line}");
    }
    assert_eq!(told.matches(&format!("true {long}")).count(), 1, "{told}");
    assert!(told.contains(&format!("│ {long}")) && !told.contains('\u{1b}') && !told.contains('\r'), "{told}");
}

#[test]
fn a_budget_is_warned_of_when_four_fifths_of_it_are_spent_and_asks_when_it_is_spent() {
    let desk = Desk::new();
    let text = SLOW.replace("budget 1h", "budget 4s");
    let words = args(&desk, &text);
    let mut seat = Glass::at(&desk, 80, &words.each_ref().map(String::as_str));
    seat.sees("half way there");
    let screen = seat.sees("of the 4s of `all` are spent");
    assert!(!screen.join("\n").contains("the 4s of `all` are all spent"), "the warning comes first: {screen:#?}");
    seat.sees("the 4s of `all` are all spent");
    desk.file("go", "0");
    seat.sees("[g]o on");
    seat.types("g");
    let (screen, status) = seat.ends();
    assert_eq!(status, 0, "{screen:#?}");
    let names: Vec<String> = desk.events().iter().map(|e| e["event"].as_str().unwrap_or_default().to_owned()).collect();
    let at = |name: &str| names.iter().position(|n| n == name).unwrap_or_else(|| panic!("{name}: {names:?}"));
    assert!(at("BudgetWarned") < at("BudgetSpent"), "{names:?}");
    assert_eq!(names.iter().filter(|n| n.starts_with("Budget")).count(), 2, "each is said once: {names:?}");
}
