//! P2: a gate that leads to many hosts wants to hear how many, wherever it is answered.

use crate::harness::desk::{Desk, Ran};
use crate::harness::seat::Seat;
use crate::harness::sshd::Sshd;

/// A gate that leads to a fleet, and one behind it that leads to one host of it.
const TEXT: &str = r#"
runbook fleet.gates "Restart all" {
  param dir: path
  target web
  target last: host
  gate go "Restart them?" { WORD; timeout 1h then park }
  step restart on web { run `echo {{ host }} >> {{ dir }}/log`; undo none "a restart" }
  gate tell "Tell them?" { timeout 1h then park }
  step tell on last, local { run `echo told {{ host }} >> {{ dir }}/log`; undo none "a word" }
}
"#;

const ELEVEN: [&str; 11] = ["w01", "w02", "w03", "w04", "w05", "w06", "w07", "w08", "w09", "w10", "w11"];
const SAID: &str = "it leads to 11 hosts: w01, w02, w03 and 8 more";

fn book(desk: &Desk, sshd: &Sshd, word: &str, hosts: &[&str], more: &[&str]) -> Vec<String> {
    let file = desk.file("fleet.runbook", TEXT.replace("WORD", word)).display().to_string();
    let (dir, config) = (format!("dir={}", desk.path("").display()), sshd.config().display().to_string());
    let target = format!("web={}", hosts.join(","));
    let words = ["run", &file, "-p", &dir, "--ssh-config", &config, "--target", &target, "--target", "last=w11"];
    words.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn restarted(desk: &Desk) -> usize {
    desk.read("log").lines().filter(|line| line.starts_with('w')).count()
}

fn refused(ran: &Ran) {
    assert!(ran.status == 2 && ran.err.contains(SAID) && ran.err.contains("--hosts N"), "{ran:?}");
}

#[test]
fn p2_a_gate_that_leads_to_more_than_ten_hosts_wants_their_number_and_one_that_leads_to_fewer_does_not() {
    let sshd = Sshd::start(&ELEVEN);
    let desk = Desk::new();
    // Beforehand: a yes without a number is told of, and not used.
    let ran = desk.runbook(book(&desk, &sshd, "", &ELEVEN, &["--answer", "go=yes"]));
    assert!(ran.status == 3 && ran.err.contains(SAID), "{ran:?}");
    // From elsewhere.
    let approve = |more: &[&str]| desk.runbook(["approve", "last", "go"].iter().chain(more));
    refused(&approve(&[]));
    refused(&approve(&["--hosts", "10"]));
    assert_eq!(desk.word(), "waiting");
    let shown = desk.runbook(["show", "last"]).out;
    assert!(shown.contains(SAID) && shown.contains("runbook approve") && shown.contains(" --hosts N"), "{shown}");
    let ran = approve(&["--hosts", "11"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let ran = desk.runbook(["resume", "last"]);
    assert!(ran.status == 3 && restarted(&desk) == 11, "{ran:?}");
    // A number that is given is looked at, also where none is wanted.
    let few = |more: &[&str]| desk.runbook(["approve", "last", "tell"].iter().chain(more));
    let ran = few(&["--hosts", "11"]);
    assert!(ran.status == 2 && ran.err.contains("it leads to 1 host: w11"), "{ran:?}");
    assert_eq!(few(&[]).status, 0);
    assert_eq!(desk.runbook(["resume", "last"]).status, 0);
}

#[test]
fn p2_at_a_terminal_the_number_is_typed_behind_the_word() {
    let sshd = Sshd::start(&ELEVEN);
    for (word, yes) in [("", "approve"), ("confirm \"restart\"", "restart"), ("choices [\"now\", \"later\"]", "now")] {
        let desk = Desk::new();
        let args = book(&desk, &sshd, word, &ELEVEN, &["--answer", "tell=yes"]);
        let mut seat = Seat::at(&desk, &args.iter().map(String::as_str).collect::<Vec<_>>());
        let page = seat.sees("and the number of hosts");
        assert!(page.contains(SAID), "{page}");
        for wrong in [yes.to_owned(), format!("{yes} 12")] {
            seat.types(&wrong);
            seat.sees(&format!("a yes says to how many hosts: {SAID}"));
        }
        assert_eq!(restarted(&desk), 0);
        seat.types(&format!("{yes} 11 all is quiet"));
        let (rest, status) = seat.ends();
        assert!(status == 0 && restarted(&desk) == 11, "{rest}");
        assert!(desk.runbook(["show", "last"]).out.contains("all is quiet"));
    }
}

#[test]
fn p2_beforehand_the_number_stands_behind_the_answer_and_ten_hosts_need_none() {
    let sshd = Sshd::start(&ELEVEN);
    for (hosts, answer) in [(&ELEVEN[..], "go=yes 11"), (&ELEVEN[1..], "go=yes")] {
        let desk = Desk::new();
        let ran = desk.runbook(book(&desk, &sshd, "", hosts, &["--answer", answer, "--answer", "tell=yes"]));
        assert!(ran.status == 0 && restarted(&desk) == hosts.len(), "{ran:?}");
    }
}
