//! What earlier runs tell: the list of them, and how long their steps usually take.

use serde_json::Value;

use crate::harness::desk::Desk;
use crate::harness::glass::Glass;
use crate::harness::scratch::run as run_program;
use crate::harness::sshd::Sshd;

fn text(name: &str, target: &str, exit: u8) -> String {
    format!(
        "runbook {name} \"Some steps\" {{\n  target there: host = {target}\n  step one on there {{ run `true` }}\n  step two on there {{ run `exit {exit}` }}\n}}\n"
    )
}

fn run(desk: &Desk, name: &str, exit: u8) -> i32 {
    let file = desk.file("a.runbook", text(name, "local", exit));
    desk.runbook(["run".as_ref(), file.as_os_str()]).status
}

fn listed(desk: &Desk, filters: &[&str]) -> Vec<Value> {
    let ran = desk.runbook(["runs", "--format", "json"].iter().chain(filters));
    assert_eq!(ran.status, 0, "{filters:?}: {ran:?}");
    serde_json::from_str(&ran.out).expect("a list")
}

#[test]
fn runs_are_found_by_state_name_host_person_and_day() {
    let desk = Desk::new();
    assert_eq!((run(&desk, "first.one", 0), run(&desk, "first.two", 3), run(&desk, "second.one", 0)), (0, 3, 0));
    let sshd = Sshd::start(&["box"]);
    let file = desk.file("b.runbook", text("remote.one", "\"box\"", 0));
    assert_eq!(desk.runbook(["run".as_ref(), file.as_os_str(), "--ssh-config".as_ref(), sshd.config().as_os_str()]).status, 0);
    let me = listed(&desk, &[])[0]["who"].as_str().expect("who").to_owned();
    let day = "2026-01-01";
    for (filters, found) in [
        (vec![], vec!["remote.one", "second.one", "first.two", "first.one"]),
        (vec!["--state", "parked"], vec!["first.two"]),
        (vec!["--state", "parked,done"], vec!["remote.one", "second.one", "first.two", "first.one"]),
        (vec!["--runbook", "first.*"], vec!["first.two", "first.one"]),
        (vec!["--runbook", "first"], vec![]),
        (vec!["--host", "box"], vec!["remote.one"]),
        (vec!["--host", "loc*", "--limit", "2"], vec!["second.one", "first.two"]),
        (vec!["--who", &me, "--limit", "1"], vec!["remote.one"]),
        (vec!["--who", "nobody-here"], vec![]),
        (vec!["--since", "1h", "--runbook", "*.one", "--state", "done", "--host", "local"], vec!["second.one", "first.one"]),
        (vec!["--since", day], vec!["remote.one", "second.one", "first.two", "first.one"]),
        (vec!["--since", "0s"], vec![]),
    ] {
        let names: Vec<String> = listed(&desk, &filters).iter().map(|r| r["runbook"].as_str().unwrap_or_default().to_owned()).collect();
        assert_eq!(names, found, "{filters:?}");
    }
    for (wrong, says) in
        [(["--since", "yesterday"], "2026-03-01"), (["--state", "finished"], "rolled_back"), (["--runbook", "a["], "pattern"), (["--limit", "0"], "0")]
    {
        let ran = desk.runbook(["runs"].iter().chain(&wrong));
        assert!(ran.status == 2 && ran.err.contains(says), "{wrong:?}: {ran:?}");
    }
    let none = desk.runbook(["runs", "--state", "stuck"]);
    assert!(none.out.is_empty() && none.err.contains("no run is like that"), "{none:?}");
}

#[test]
fn a_run_whose_journal_can_not_be_read_is_listed_and_hides_no_other() {
    let desk = Desk::new();
    assert_eq!((run(&desk, "a.good", 0), run(&desk, "a.bad", 0)), (0, 0));
    let bad = listed(&desk, &["--runbook", "a.bad"])[0]["run"].as_str().expect("an id").to_owned();
    let broken = format!("update events set body = '{{}}' where run = '{bad}' and seq = 3");
    run_program("sqlite3", [desk.state().join("journal.db").as_os_str(), broken.as_ref()]);
    let states: Vec<Value> = listed(&desk, &[]).iter().map(|r| r["state"].clone()).collect();
    assert_eq!(states, ["unreadable", "done"]);
    assert_eq!(listed(&desk, &["--state", "unreadable"]).len(), 1);
    // It is no reason to know nothing of the other.
    assert!(desk.runbook(["plan".as_ref(), desk.file("c.runbook", text("a.good", "local", 0)).as_os_str()]).out.contains("usually"));
}

#[test]
fn plan_and_show_tell_how_long_a_step_usually_takes() {
    let desk = Desk::new();
    let file = desk.file("a.runbook", text("a.b", "local", 3));
    let plan = |format: &str| desk.runbook(["plan".as_ref(), file.as_os_str(), "--format".as_ref(), format.as_ref()]).out;
    assert!(!plan("text").contains("usually"), "nothing has run yet");
    assert!(!desk.state().join("journal.db").exists(), "a plan makes nothing");
    assert_eq!(run(&desk, "a.b", 3), 3);
    let shown = plan("text");
    let (one, two) = shown.split_once("2. two").expect("two steps");
    assert!(one.contains("usually") && !two.contains("usually"), "what failed says nothing: {shown}");
    assert!(two.contains("Expected to take") && two.contains("by what its last runs took"), "{shown}");
    let json: Value = serde_json::from_str(&plan("json")).expect("JSON");
    assert!(json["nodes"][0]["usually"].is_i64() && json["nodes"][1]["usually"].is_null(), "{json}");
    // Of a run of its own it says what others took.
    assert!(!desk.runbook(["show", "last"]).out.contains("usually"));
    assert_eq!(run(&desk, "a.b", 0), 0);
    assert!(desk.runbook(["show", "last"]).out.contains("usually"));
    let json: Value = serde_json::from_str(&desk.runbook(["show", "last", "--format", "json"]).out).expect("JSON");
    assert!(json["steps"][0]["usually"].is_i64() && json["steps"][0]["took"].is_i64(), "{json}");
}

#[test]
fn the_list_of_runs_fits_a_narrow_terminal_and_is_a_line_a_run_elsewhere() {
    let desk = Desk::new();
    assert_eq!((run(&desk, "a.runbook-with-quite-a-long-name", 0), run(&desk, "a.short", 3)), (0, 3));
    for columns in [40, 80] {
        let (screen, status) = Glass::at(&desk, columns, &["runs"]).ends();
        let whole = screen.join(" ");
        assert_eq!(status, 0, "{screen:#?}");
        assert!(screen.iter().all(|line| line.chars().count() <= usize::from(columns)), "{screen:#?}");
        // What is copied is never broken.
        let ids = listed(&desk, &[]).iter().filter(|r| screen.iter().any(|line| line.starts_with(r["run"].as_str().expect("an id")))).count();
        assert!(ids == 2 && whole.contains("parked") && whole.contains("done"), "{screen:#?}");
        assert_eq!(whole.contains(':'), columns == 80, "there is room for times or not: {screen:#?}");
    }
    let piped = desk.runbook(["runs"]).out;
    assert_eq!(piped.lines().count(), 2, "{piped}");
    assert!(piped.lines().all(|line| line == line.trim_end()) && piped.contains("a.runbook-with-quite-a-long-name"), "{piped}");
}
