//! Appends by several at once, and files that this engine must not touch.

use super::{Journal, JournalError, Store};
use crate::run::event::EventKind;

fn created() -> EventKind {
    EventKind::RunCreated { runbook: "test".to_owned(), plan: String::new(), pins: Vec::new(), engine: String::new(), operator: "op".to_owned(), jobs: 1 }
}

fn two_journals_of_one_run() -> (tempfile::TempDir, Journal, Journal) {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || Store::open(folder.path()).expect("a store");
    let one = open().create("aaaa", "test", &[], 1, created()).expect("a run");
    let mut other = open().journal("aaaa").expect("the same run");
    assert_eq!(other.catch_up().expect("it reads").len(), 1);
    (folder, one, other)
}

#[test]
fn j1_of_two_appends_at_one_moment_one_wins_and_the_other_reads_what_it_wrote() {
    let (_folder, mut one, mut other) = two_journals_of_one_run();
    assert_eq!(one.append(vec![(2, EventKind::Interrupted)]).expect("the first wins").len(), 1);
    assert!(matches!(other.append(vec![(2, EventKind::PreflightPassed)]), Err(JournalError::Behind)));
    assert_eq!(other.catch_up().expect("it reads")[1].kind, EventKind::Interrupted);
    other.append(vec![(3, EventKind::PreflightPassed)]).expect("now it follows");
    assert_eq!(one.verify().expect("it reads").as_deref(), Ok(other.head()));
}

#[test]
fn another_process_that_wrote_is_noticed() {
    let (_folder, mut one, mut other) = two_journals_of_one_run();
    one.was_written_to().expect("it reads");
    assert!(!one.was_written_to().expect("it reads"));
    other.append(vec![(2, EventKind::Interrupted)]).expect("it writes");
    assert!(one.was_written_to().expect("it reads"));
}

#[test]
fn a_file_of_a_newer_engine_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Store::open(folder.path()).expect("a store"));
    let path = folder.path().join("journal.db");
    let newer = rusqlite::Connection::open(&path).expect("the file");
    newer.pragma_update(None, "user_version", 99).expect("it can be changed");
    drop(newer);
    assert!(matches!(Store::open(folder.path()), Err(JournalError::Newer { found: 99, known: 1, .. })));
}

#[test]
fn a_run_is_found_by_any_beginning_that_is_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    for (run, at) in [("abcd", 1), ("abxy", 2)] {
        Store::open(folder.path()).expect("a store").create(run, "test", &[], at, created()).expect("a run");
    }
    let store = Store::open(folder.path()).expect("a store");
    assert_eq!(store.find("abc").expect("one"), "abcd");
    assert_eq!(store.find("last").expect("the newest"), "abxy");
    assert!(matches!(store.find("ab"), Err(JournalError::Ambiguous { runs, .. }) if runs.len() == 2));
    assert!(matches!(store.find("zz"), Err(JournalError::NoSuchRun { .. })));
}

/// The log is cut at every byte. What is left is always a whole beginning of the run, with an unbroken chain; that every
/// beginning can be taken over is the decider's property test.
#[test]
fn j1_a_log_cut_at_every_byte_leaves_a_whole_beginning_of_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    drop(Store::open(folder.path()).expect("a store"));
    let whole = rusqlite::Connection::open(path("journal.db")).expect("the file");
    whole.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("the tables lie in the file itself");
    drop(whole);
    let mut journal = Store::open(folder.path()).expect("a store").create("aaaa", "test", &[], 1, created()).expect("a run");
    for at in 2..6 {
        journal.append(vec![(at, EventKind::Interrupted), (at, EventKind::PreflightPassed)]).expect("it writes");
    }
    let events = journal.events_after(0).expect("it reads");
    drop(journal);

    let log = std::fs::OpenOptions::new().write(true).open(path("journal.db-wal")).expect("a write-ahead log");
    let mut lengths = std::collections::BTreeSet::new();
    for cut in (0..=log.metadata().expect("its length").len()).rev() {
        log.set_len(cut).expect("it can be cut");
        let Ok(journal) = Store::open(folder.path()).expect("a cut log is no damage").journal("aaaa") else {
            lengths.insert(0);
            continue;
        };
        let left = journal.events_after(0).expect("it reads");
        assert_eq!(left, events[..left.len()], "cut at {cut}");
        assert!(journal.verify().expect("it reads").is_ok(), "cut at {cut}");
        lengths.insert(left.len());
    }
    assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [0, 1, 3, 5, 7, 9], "each commit is there as a whole or not at all");
}
