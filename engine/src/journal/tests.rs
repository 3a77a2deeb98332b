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
