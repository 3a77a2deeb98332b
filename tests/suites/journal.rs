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

/// A run that a process has left, with all that its hosts remember, to be cut and resumed.
struct Left {
    desk: Desk,
    whole: std::path::PathBuf,
    jobs: std::path::PathBuf,
    jobs_before: std::path::PathBuf,
    written: String,
    /// Its exit status.
    status: i32,
}

impl Left {
    /// Runs it until it is left with this status.
    fn with(text: &str, status: i32) -> Self {
        let desk = Desk::new();
        let file = desk.file("three.runbook", text);
        let log = format!("log={}", desk.path("log").display());
        let ran = desk.runbook(["run".as_ref(), file.as_os_str(), "-p".as_ref(), log.as_ref()]);
        assert_eq!(ran.status, status, "{ran:?}");
        let (whole, jobs, jobs_before) = (desk.path("whole"), desk.home().join(".local/state/runbook/jobs"), desk.path("jobs"));
        copy(&desk.state(), &whole);
        copy(&jobs, &jobs_before);
        let written = desk.read("log");
        // From now on it can go on.
        desk.file("log.door", "");
        Self { desk, whole, jobs, jobs_before, written, status }
    }

    /// Cuts the journal's log at every so manieth byte, as if the rest had never been written, and resumes: with each cut the
    /// run goes on to this status and these effects, or refuses because its hosts remember more than it does. No command is
    /// sent a second time.
    fn cut_and_resumed(&self, stride: usize, status: i32, effects: &str) {
        let desk = &self.desk;
        let wal = std::fs::read(self.whole.join("journal.db-wal")).expect("a write-ahead log");
        let mut seen = std::collections::BTreeMap::new();
        for cut in (0..=wal.len()).step_by(stride).chain([wal.len()]) {
            std::fs::remove_dir_all(desk.state()).expect("the state folder");
            copy(&self.whole, &desk.state());
            std::fs::remove_dir_all(&self.jobs).expect("the jobs");
            copy(&self.jobs_before, &self.jobs);
            std::fs::write(desk.state().join("journal.db-wal"), &wal[..cut]).expect("the cut log");
            let _ = std::fs::remove_file(desk.state().join("journal.db-shm"));
            std::fs::write(desk.path("log"), &self.written).expect("the log as it was");
            let ran = desk.runbook(["resume", "last"]);
            let after = desk.read("log");
            match ran.status {
                ended if ended == status => {
                    assert_eq!(after, effects, "cut at {cut}: {ran:?}");
                    // Its keeper removes the folder when the engine is gone: not the one that is put there next.
                    until("the job folder is gone", || std::fs::read_dir(&self.jobs).is_ok_and(|mut left| left.next().is_none()));
                }
                // Where the last word of a command is cut off, its host says it again.
                again if again == self.status && !ran.err.contains("older than the run") => assert_eq!(after, self.written, "cut at {cut}: {ran:?}"),
                // The journal is behind: it says so, and nothing was sent.
                3 | 7 => {
                    assert!(ran.err.contains("older than the run"), "cut at {cut}: {ran:?}");
                    assert_eq!(after, self.written, "cut at {cut}: {ran:?}");
                }
                // Not even the run is in it.
                1 | 2 => assert!(ran.err.contains("no run"), "cut at {cut}: {ran:?}"),
                other => panic!("cut at {cut}: exit {other} {ran:?}"),
            }
            *seen.entry(ran.status).or_insert(0) += 1;
        }
        assert!(seen.contains_key(&status), "a whole journal goes on: {seen:?}");
        assert!(seen.len() > 1, "a cut one does not always: {seen:?}");
    }
}

/// J1, K6: the last step refuses, and the run parks with its jobs in place.
#[test]
fn j1_a_journal_cut_anywhere_resumes_and_no_step_takes_effect_twice() {
    let parks = THREE
        .replace("boundary all \"All of it\" {", "boundary all \"All of it\" {\n    on_failure park")
        .replace("step three on local {", "step three on local { require \"the door is open\" `test -e {{ log }}.door` on local;");
    let left = Left::with(&parks, 3);
    assert_eq!(left.written, "one\ntwo\n");
    left.cut_and_resumed(97, 0, "one\ntwo\nthree\n");
}

/// J1, K6, R4: the last step fails, and on the way back an undo does: the run is stuck in the middle of its rollback.
#[test]
fn j1_a_journal_cut_anywhere_in_a_rollback_resumes_and_nothing_is_undone_twice() {
    let stuck = THREE
        .replace("`echo undo-two >> {{ log }}`", "`test -e {{ log }}.door || exit 4; echo undo-two >> {{ log }}`")
        .replace("`echo three >> {{ log }}`", "`echo three >> {{ log }}; exit 3`");
    let left = Left::with(&stuck, 5);
    assert_eq!(left.written, "one\ntwo\nthree\nundo-three\n");
    left.cut_and_resumed(397, 4, "one\ntwo\nthree\nundo-three\nundo-two\nundo-one\n");
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
