//! The state folder and the file in it. Tables: `runs` (one line a run), `events` (the chain), `blobs` (what runs
//! pin, by content hash).

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::access::Access;
use super::chain::{content_hash, genesis, link};
use super::{Journal, JournalError};
use crate::run::event::{Event, EventKind, Millis, Pin};

/// The format that this engine writes, in SQLite's `user_version`.
const FORMAT: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE runs (run TEXT PRIMARY KEY, created INTEGER NOT NULL, runbook TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE events (run TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, head TEXT NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID;
    CREATE TABLE blobs (hash TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    PRAGMA user_version = 1;
";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    pub run: String,
    pub created: Millis,
    pub runbook: String,
}

/// An open state folder.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    folder: PathBuf,
}

impl Store {
    /// Opens a state folder and makes it where it is missing, readable by its owner alone. A folder that its group may
    /// write is shared with the group.
    ///
    /// # Errors
    /// The folder can't be used, may be written by everybody, is on a network file system, or was written by a newer engine.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        super::lock::make_private_folder(folder)?;
        super::lock::refuse_network_folder(folder)?;
        let path = folder.join("journal.db");
        let failed = || JournalError::store(path.clone());
        // SQLite's own files beside it take their mode from this one.
        let access = Access::of(folder)?;
        let _alone = access.alone(folder)?;
        access.open(&path, OpenOptions::new().write(true)).map_err(JournalError::folder(&path))?;
        let connection = Connection::open(&path).map_err(failed())?;
        connection.busy_timeout(Duration::from_secs(30)).map_err(failed())?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed())?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed())?;
        // Two flushes less for each command. The log is folded into the file when it has grown a little: whoever opens
        // it next reads it whole.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed())?;
        connection.pragma_update(None, "wal_autocheckpoint", 64).map_err(failed())?;
        let store = Self { connection, folder: folder.to_owned() };
        store.migrate(&path)?;
        Ok(store)
    }

    fn migrate(&self, path: &Path) -> Result<(), JournalError> {
        let version = || -> rusqlite::Result<i64> { self.connection.query_row("PRAGMA user_version", [], |row| row.get(0)) };
        let found = version().map_err(JournalError::store(path))?;
        if found > FORMAT {
            return Err(JournalError::Newer { path: path.to_owned(), found, known: FORMAT });
        }
        if found == 0 {
            let make = || -> rusqlite::Result<()> {
                let transaction = rusqlite::Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
                // Another process may have made it while this one waited.
                if transaction.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? == 0 {
                    transaction.execute_batch(SCHEMA)?;
                }
                transaction.commit()
            };
            make().map_err(JournalError::store(path))?;
        }
        Ok(())
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn failed(&self) -> impl FnOnce(rusqlite::Error) -> JournalError {
        JournalError::store(self.folder.join("journal.db"))
    }

    /// Begins a run: what it pins and its first event, in one commit.
    ///
    /// # Errors
    /// The journal can't be written.
    pub fn create(self, run: &str, runbook: &str, contents: &[(Pin, Vec<u8>)], at: Millis, first: EventKind) -> Result<Journal, JournalError> {
        let event = Event { seq: 1, at, kind: first };
        let body = body_of(run, &event)?;
        let head = link(&genesis(run), 1, &body);
        let write = || -> rusqlite::Result<()> {
            let transaction = rusqlite::Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            transaction.execute("INSERT INTO runs VALUES (?, ?, ?)", params![run, at, runbook])?;
            for (pin, content) in contents {
                transaction.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", params![pin.hash, content])?;
            }
            transaction.execute("INSERT INTO events VALUES (?, 1, ?, ?)", params![run, body, head])?;
            transaction.commit()
        };
        write().map_err(self.failed())?;
        Ok(Journal::new(self, run.to_owned(), 1, head))
    }

    /// Every run, the newest first.
    ///
    /// # Errors
    /// The journal can't be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, JournalError> {
        let read = || -> rusqlite::Result<Vec<RunRow>> {
            let mut query = self.connection.prepare("SELECT run, created, runbook FROM runs ORDER BY created DESC, run")?;
            let rows = query.query_map([], |row| Ok(RunRow { run: row.get(0)?, created: row.get(1)?, runbook: row.get(2)? }))?;
            rows.collect()
        };
        read().map_err(self.failed())
    }

    /// Everything that stands in the journal of a run.
    ///
    /// # Errors
    /// A line can't be read: it is damaged, or a newer engine wrote it.
    pub fn events(&self, run: &str) -> Result<Vec<Event>, JournalError> {
        self.lines_after(run, 0)?.into_iter().map(|(seq, body, _)| event_of(run, seq, &body)).collect()
    }

    /// Number, body and hash of each line behind a number.
    pub(super) fn lines_after(&self, run: &str, seq: u64) -> Result<Vec<(u64, String, String)>, JournalError> {
        let read = || -> rusqlite::Result<Vec<(u64, String, String)>> {
            let mut query = self.connection.prepare_cached("SELECT seq, body, head FROM events WHERE run = ? AND seq > ? ORDER BY seq")?;
            let rows = query.query_map(params![run, seq.cast_signed()], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?, row.get(2)?)))?;
            rows.collect()
        };
        read().map_err(self.failed())
    }

    /// The run that a person means by its id, a unique beginning of it, or `last`.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn find(&self, name: &str) -> Result<String, JournalError> {
        let runs = self.runs()?;
        if name == "last" {
            return runs.first().map(|r| r.run.clone()).ok_or_else(|| JournalError::NoSuchRun { name: name.to_owned() });
        }
        let mut matching: Vec<String> = runs.into_iter().map(|r| r.run).filter(|run| !name.is_empty() && run.starts_with(name)).collect();
        if matching.iter().any(|run| run == name) {
            return Ok(name.to_owned());
        }
        match matching.len() {
            0 => Err(JournalError::NoSuchRun { name: name.to_owned() }),
            1 => Ok(matching.remove(0)),
            _ => Err(JournalError::Ambiguous { name: name.to_owned(), runs: matching }),
        }
    }

    /// Opens the journal of a run by its whole id.
    ///
    /// # Errors
    /// There is no such run.
    pub fn journal(self, run: &str) -> Result<Journal, JournalError> {
        let newest = self
            .connection
            .query_row("SELECT seq, head FROM events WHERE run = ? ORDER BY seq DESC LIMIT 1", [run], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })
            .optional()
            .map_err(self.failed())?;
        let (seq, head) = newest.ok_or_else(|| JournalError::NoSuchRun { name: run.to_owned() })?;
        Ok(Journal::new(self, run.to_owned(), seq.unsigned_abs(), head))
    }

    /// A pinned content, whole and as it was written.
    ///
    /// # Errors
    /// It is missing, or its content is not what its hash says.
    pub fn content(&self, run: &str, hash: &str) -> Result<Vec<u8>, JournalError> {
        let missing = || JournalError::MissingPin { run: run.to_owned(), hash: hash.to_owned() };
        let content: Option<Vec<u8>> =
            self.connection.query_row("SELECT content FROM blobs WHERE hash = ?", [hash], |row| row.get(0)).optional().map_err(self.failed())?;
        content.filter(|content| content_hash(content) == hash).ok_or_else(missing)
    }
}

/// One line as the event that it says.
pub(super) fn event_of(run: &str, seq: u64, body: &str) -> Result<Event, JournalError> {
    serde_json::from_str(body).map_err(|e| JournalError::Unreadable { run: run.to_owned(), seq, why: e.to_string() })
}

/// One event as the line that is stored and hashed.
pub(super) fn body_of(run: &str, event: &Event) -> Result<String, JournalError> {
    serde_json::to_string(event).map_err(|e| JournalError::Unreadable { run: run.to_owned(), seq: event.seq, why: e.to_string() })
}
