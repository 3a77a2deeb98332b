//! The record: durable before effect, chained, and taken up from any cut.

use std::path::Path;

use crate::harness::desk::{Desk, until};

const THREE: &str = r#"
runbook cut.three "Three steps and a way back" {
  param log: path
  boundary all "All of it" {
    step one on local   { run `echo one >> {{ log }}`;   undo `echo undo-one >> {{ log }}` }
    step two on local   { run `echo two >> {{ log }}`;   undo `echo undo-two >> {{ log }}` }
    step three on local { run `echo three >> {{ log }}`; undo `echo undo-three >> {{ log }}` }
  }
}
"#;

/// With links as links: a keeper's marks are links.
fn copy(from: &Path, to: &Path) {
    crate::harness::scratch::run("cp", ["-a".as_ref(), from.as_os_str(), to.as_os_str()]);
}

/// J1, K6: the journal's log is cut at every byte (every 97th where the run is long). What is left is a whole journal
/// of an earlier moment; a resume goes on from it, or refuses because the targets remember more than it does. No step
/// ever takes effect twice.
#[test]
fn j1_a_journal_cut_anywhere_resumes_and_no_step_takes_effect_twice() {
    let desk = Desk::new();
    let file = desk
        .file("three.runbook", THREE.replace("step three on local {", "step three on local { require \"the door is open\" `test -e {{ log }}.door` on local;"));
    let log = format!("log={}", desk.path("log").display());
    // The last step refuses, and outside a terminal the boundary would roll back: park instead, so that jobs stay.
    let text =
        std::fs::read_to_string(&file).expect("it was written").replace("boundary all \"All of it\" {", "boundary all \"All of it\" {\n    on_failure park");
    std::fs::write(&file, text).expect("it can be written");
    assert_eq!(desk.runbook(["run".as_ref(), file.as_os_str(), "-p".as_ref(), log.as_ref()]).status, 3);
    let whole = desk.path("whole");
    copy(&desk.state(), &whole);
    let jobs = desk.home().join(".local/state/runbook/jobs");
    let jobs_before = desk.path("jobs");
    copy(&jobs, &jobs_before);
    let written = desk.read("log");
    assert_eq!(written, "one\ntwo\n");
    desk.file("log.door", "");

    let wal = std::fs::read(whole.join("journal.db-wal")).expect("a write-ahead log");
    let mut seen = std::collections::BTreeMap::new();
    let stride = 97;
    for cut in (0..=wal.len()).step_by(stride).chain([wal.len()]) {
        std::fs::remove_dir_all(desk.state()).expect("the state folder");
        copy(&whole, &desk.state());
        std::fs::remove_dir_all(&jobs).expect("the jobs");
        copy(&jobs_before, &jobs);
        std::fs::write(desk.state().join("journal.db-wal"), &wal[..cut]).expect("the cut log");
        let _ = std::fs::remove_file(desk.state().join("journal.db-shm"));
        std::fs::write(desk.path("log"), &written).expect("the log as it was");
        let ran = desk.runbook(["resume", "last"]);
        let after = desk.read("log");
        for word in ["one", "two", "three"] {
            assert!(after.lines().filter(|l| *l == word).count() <= 1, "cut at {cut}: {after:?} {ran:?}");
        }
        match ran.status {
            0 => {
                assert_eq!(after, "one\ntwo\nthree\n", "cut at {cut}");
                // Its keeper removes the folder when the engine is gone: not the one that is put there next.
                until("the job folder is gone", || std::fs::read_dir(&jobs).is_ok_and(|mut left| left.next().is_none()));
            }
            // The journal is behind: it says so, and nothing was sent.
            3 | 7 => assert!(ran.err.contains("older than the run"), "cut at {cut}: {ran:?}"),
            // Not even the run is in it.
            1 | 2 => assert!(ran.err.contains("no run"), "cut at {cut}: {ran:?}"),
            other => panic!("cut at {cut}: exit {other} {ran:?}"),
        }
        *seen.entry(ran.status).or_insert(0) += 1;
    }
    assert!(seen.contains_key(&0), "a whole journal goes on: {seen:?}");
    assert!(seen.len() > 1, "a cut one does not always: {seen:?}");
}

/// J1: whoever can write to the file can change it, but not without being seen.
#[test]
fn j1_a_changed_a_missing_and_a_moved_line_are_found_and_named() {
    let changes = [
        ("update events set body = replace(body, '\"attempt\":1', '\"attempt\":2') where body like '%StepBegan%'", "breaks at event"),
        ("delete from events where seq = 5", "breaks at event 5"),
        (
            "update events set seq = seq + 1000 where seq = 5; update events set seq = 5 where seq = 6; update events set seq = 6 where seq = 1005",
            "breaks at event 5",
        ),
        ("update blobs set content = x'00'", "not in the journal as it was written"),
    ];
    for (change, said) in changes {
        let desk = Desk::new();
        let file = desk.file("three.runbook", THREE);
        let log = format!("log={}", desk.path("log").display());
        assert_eq!(desk.runbook(["run".as_ref(), file.as_os_str(), "-p".as_ref(), log.as_ref()]).status, 0);
        assert_eq!(desk.runbook(["verify", "last"]).status, 0);
        crate::harness::scratch::run("sqlite3", [desk.state().join("journal.db").as_os_str(), change.as_ref()]);
        let ran = desk.runbook(["verify", "last"]);
        assert_eq!(ran.status, 1, "{change}: {ran:?}");
        assert!(format!("{}{}", ran.out, ran.err).contains(said), "{change}: {ran:?}");
    }
}

/// J2: plan, source, params and options are pinned: a resume needs none of the files, and a changed file changes nothing.
#[test]
fn j2_a_resume_needs_no_source_and_does_what_was_planned() {
    let desk = Desk::new();
    let text = "runbook pinned.run \"Pinned\" {\n  param log: path\n  gate go \"Go on?\" { timeout 1h then park }\n  step write on local { run `echo planned >> {{ log }}` }\n}\n";
    let log = format!("log={}", desk.path("log").display());
    for change in [None, Some(text.replace("planned", "changed"))] {
        let file = desk.file("pinned.runbook", text);
        assert_eq!(desk.runbook(["run".as_ref(), file.as_os_str(), "-p".as_ref(), log.as_ref()]).status, 3);
        match change {
            Some(changed) => std::fs::write(&file, changed).expect("it can be changed"),
            None => std::fs::remove_file(&file).expect("it can be removed"),
        }
        assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
        let ran = desk.runbook(["resume", "last"]);
        assert_eq!(ran.status, 0, "{ran:?}");
    }
    assert_eq!(desk.read("log"), "planned\nplanned\n");
}

/// J5: one driver a run; the other is told who drives.
#[test]
fn j5_two_engines_do_not_drive_one_run() {
    let desk = Desk::new();
    let file = desk.file("slow.runbook", "runbook slow.one \"Slow\" {\n  param dir: path\n  step wait on local { run `touch {{ dir }}/began; sleep 3` }\n}\n");
    let dir = format!("dir={}", desk.path("").display());
    let mut first = desk.start(["run".as_ref(), file.as_os_str(), "-p".as_ref(), dir.as_ref()]);
    until("the step began", || desk.path("began").exists());
    let second = desk.runbook(["resume", "last"]);
    assert_ne!(second.status, 0);
    assert!(second.err.contains("driven by another process"), "{second:?}");
    assert_eq!(first.wait(), 0);
}

/// J4 cuts what is kept; the beginning of a value is another value, and nothing may go on with it.
#[test]
fn j4_what_was_cut_is_never_taken_for_a_value() {
    let desk = Desk::new();
    let text = r#"
runbook cut.capture "More than is kept" {
  step long on local { run `head -c 70000000 /dev/zero | tr '\0' x`; capture out: string; undo none "it prints" }
  step use on local  { run `true {{ out }}`; undo none "it does nothing" }
}
"#;
    let file = desk.file("capture.runbook", text);
    let ran = desk.runbook(["run".as_ref(), file.as_os_str()]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.out.contains("not kept whole") || ran.err.contains("not kept whole"), "{ran:?}");

    let text = r#"
runbook cut.fact "More than is read" {
  fact long: string on local = `head -c 3000000 /dev/zero | tr '\0' x`
  step use on local { run `true {{ long }}`; undo none "it does nothing" }
}
"#;
    let file = desk.file("fact.runbook", text);
    let ran = desk.runbook(["run".as_ref(), file.as_os_str()]);
    assert_eq!(ran.status, 7, "{ran:?}");
}
