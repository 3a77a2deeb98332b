//! O4: a run goes by the facts that it has read. A resume looks at them again, says what has changed, and asks once.

use crate::harness::desk::Desk;
use crate::harness::seat::Seat;

const TEXT: &str = r#"
runbook facts.change "Go by what was read" {
  param dir: path
  fact release: string on local = `cat {{ dir }}/release`
  fact same: string on local = `echo always`
  fact size: int on local = `wc -c < {{ dir }}/release`
  step before on local { run `echo before {{ release }} >> {{ dir }}/log`; undo none "a word" }
  gate go "Go on?" { timeout 1h then park }
  step after on local { run `echo after {{ release }} >> {{ dir }}/log; test -e {{ dir }}/well`; undo none "a word" }
}
"#;

fn waiting() -> Desk {
    let desk = Desk::new();
    let file = desk.file("facts.runbook", TEXT).display().to_string();
    desk.file("release", "4.1\n");
    let ran = desk.runbook(["run", &file, "-p", &format!("dir={}", desk.path("").display())]);
    assert_eq!((ran.status, desk.word().as_str()), (3, "waiting"), "{ran:?}");
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    desk
}

const ASKED: &str = "go on with what it has read? [y]es, [n]o: ";

#[test]
fn o4_without_a_terminal_a_changed_fact_is_told_and_the_run_goes_by_what_it_has_read() {
    let desk = waiting();
    desk.file("release", "5.0-b1\n");
    desk.file("well", "");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.err.contains("release is 5.0-b1 now, and the run goes by 4.1  on local") && !ran.err.contains("always") && !ran.err.contains("size"),
        "{ran:?}"
    );
    assert_eq!(desk.read("log"), "before 4.1\nafter 4.1\n");
    assert!(desk.runbook(["log", "last"]).out.contains("goes on with the facts that it has read"), "who went on is told");
    // A quantity is another one each time: that stands in the journal alone.
    let seen: Vec<_> = desk.events().into_iter().filter(|e| e["event"] == "FactSeen" && e["changed"] == true).map(|e| e["now"].clone()).collect();
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[test]
fn o4_a_person_says_whether_the_run_goes_on_and_is_asked_once() {
    let desk = waiting();
    desk.file("release", "5.0-b1\n");
    let mut seat = Seat::at(&desk, &["resume", "last"]);
    let page = seat.sees(ASKED);
    assert!(page.contains("release on local was 4.1 and is 5.0-b1 now; this run has changed something there"), "{page}");
    seat.types("no");
    let (rest, status) = seat.ends();
    assert!(status == 3 && rest.contains("the run stands as it stood before") && rest.contains("release on local was 4.1"), "{status} {rest}");
    assert_eq!(desk.read("log"), "before 4.1\n", "nothing ran");
    // It goes on, and what follows fails: the next resume does not ask about the same again.
    let mut seat = Seat::at(&desk, &["resume", "last"]);
    seat.sees(ASKED);
    seat.types("y");
    seat.sees("your choice: ");
    seat.types("p");
    seat.ends();
    assert_eq!(desk.read("log"), "before 4.1\nafter 4.1\n");
    desk.file("well", "");
    let mut seat = Seat::at(&desk, &["resume", "last"]);
    let page = seat.sees("your choice: ");
    assert!(!page.contains(ASKED), "{page}");
    seat.types("r");
    let (rest, status) = seat.ends();
    assert_eq!(status, 0, "{rest}");
    // What can't be read any more has changed as well.
    let desk = waiting();
    std::fs::remove_file(desk.path("release")).expect("it was there");
    let mut seat = Seat::at(&desk, &["resume", "last"]);
    let page = seat.sees(ASKED);
    assert!(page.contains("release on local was 4.1 and can't be read now"), "{page}");
    seat.types("n");
    seat.ends();
}
