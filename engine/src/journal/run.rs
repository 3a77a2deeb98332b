//! The journal of one run.

use rusqlite::{TransactionBehavior, params};

use super::JournalError;
use super::chain::{genesis, link};
use super::store::{Store, body_of, event_of};
use crate::run::event::{Event, EventKind, Millis, Pin};

/// Proof that something is on disk (promise K1). Only an append makes one, and only with one of these can a command be
/// sent: nobody else can make one up.
///
/// ```compile_fail
/// let proof = engine::journal::Durable(1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Durable<T>(T);

impl<T> Durable<T> {
    #[must_use]
    pub fn get(&self) -> &T {
        &self.0
    }
}

/// An open journal: where it ends, as far as this process knows.
#[derive(Debug)]
pub struct Journal {
    store: Store,
    run: String,
    seq: u64,
    head: String,
    seen: i64,
}

impl Journal {
    pub(super) fn new(store: Store, run: String, seq: u64, head: String) -> Self {
        Self { store, run, seq, head, seen: 0 }
    }

    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The hash of the last line: whoever holds it can show any change before it.
    #[must_use]
    pub fn head(&self) -> &str {
        &self.head
    }

    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Appends events in one commit and returns when they are on disk.
    ///
    /// # Errors
    /// [`JournalError::Behind`] when someone else appended first: read on, fold, decide again.
    /// [`JournalError::Full`] when there is no room: nothing was written.
    pub fn append(&mut self, kinds: Vec<(Millis, EventKind)>) -> Result<Vec<Durable<Event>>, JournalError> {
        self.append_pinning(&[], kinds)
    }

    /// The same, with contents that these events pin, in one commit.
    ///
    /// # Errors
    /// As above; then the contents were not written either.
    pub fn append_pinning(&mut self, contents: &[(Pin, Vec<u8>)], kinds: Vec<(Millis, EventKind)>) -> Result<Vec<Durable<Event>>, JournalError> {
        let mut head = self.head.clone();
        let mut lines = Vec::with_capacity(kinds.len());
        for (seq, (at, kind)) in (self.seq + 1..).zip(kinds) {
            let event = Event { seq, at, kind };
            let body = body_of(&self.run, &event)?;
            head = link(&head, seq, &body);
            lines.push((event, body, head.clone()));
        }
        let write = || -> rusqlite::Result<bool> {
            let transaction = rusqlite::Transaction::new_unchecked(&self.store.connection, TransactionBehavior::Immediate)?;
            let newest: (i64, String) = transaction
                .query_row("SELECT seq, head FROM events WHERE run = ? ORDER BY seq DESC LIMIT 1", [&self.run], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if newest.0.unsigned_abs() != self.seq || newest.1 != self.head {
                return Ok(false);
            }
            for (pin, content) in contents {
                transaction.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", params![pin.hash, content])?;
            }
            {
                let mut insert = transaction.prepare_cached("INSERT INTO events VALUES (?, ?, ?, ?)")?;
                for (event, body, head) in &lines {
                    insert.execute(params![self.run, event.seq.cast_signed(), body, head])?;
                }
            }
            transaction.commit()?;
            Ok(true)
        };
        if !write().map_err(self.store.failed())? {
            return Err(JournalError::Behind);
        }
        self.seq += lines.len() as u64;
        self.head = head;
        Ok(lines.into_iter().map(|(event, _, _)| Durable(event)).collect())
    }

    /// Everything after `seq`, whoever wrote it. What was not known yet stays unknown: see [`Self::catch_up`].
    ///
    /// # Errors
    /// A line can't be read: it is damaged, or a newer engine wrote it.
    pub fn events_after(&self, seq: u64) -> Result<Vec<Event>, JournalError> {
        self.lines_after(seq)?.into_iter().map(|(number, body, _)| event_of(&self.run, number, &body)).collect()
    }

    /// Reads everything; this journal then ends where the file ends.
    ///
    /// # Errors
    /// A line can't be read: it is damaged, or a newer engine wrote it.
    pub fn catch_up(&mut self) -> Result<Vec<Event>, JournalError> {
        self.seq = 0;
        self.read_on()
    }

    /// Reads what was written since; this journal then ends where the file ends.
    ///
    /// # Errors
    /// A line can't be read: it is damaged, or a newer engine wrote it.
    pub fn read_on(&mut self) -> Result<Vec<Event>, JournalError> {
        let mut events = Vec::new();
        for (number, body, head) in self.lines_after(self.seq)? {
            events.push(event_of(&self.run, number, &body)?);
            self.seq = number;
            self.head = head;
        }
        Ok(events)
    }

    /// The head after each line, in their order.
    ///
    /// # Errors
    /// The journal can't be read.
    pub fn heads(&self) -> Result<Vec<String>, JournalError> {
        Ok(self.lines_after(0)?.into_iter().map(|(_, _, head)| head).collect())
    }

    fn lines_after(&self, seq: u64) -> Result<Vec<(u64, String, String)>, JournalError> {
        self.store.lines_after(&self.run, seq)
    }

    /// Whether another connection has written since this was last asked. About 2 µs.
    ///
    /// # Errors
    /// The journal can't be read.
    pub fn was_written_to(&mut self) -> Result<bool, JournalError> {
        let version: i64 = self.store.connection.query_row("PRAGMA data_version", [], |row| row.get(0)).map_err(self.store.failed())?;
        Ok(std::mem::replace(&mut self.seen, version) != version)
    }

    /// Checks every line against the one before it.
    ///
    /// # Errors
    /// The journal can't be read at all; what is wrong inside it is the result.
    pub fn verify(&self) -> Result<Result<String, Broken>, JournalError> {
        let mut head = genesis(&self.run);
        for (expected, (seq, body, stored)) in (1..).zip(self.lines_after(0)?) {
            if seq != expected {
                return Ok(Err(Broken { seq: expected, why: format!("event {expected} is missing; the next one is {seq}") }));
            }
            head = link(&head, seq, &body);
            if head != stored {
                return Ok(Err(Broken { seq, why: "its content does not give the hash that was written with it".to_owned() }));
            }
            if let Err(why) = serde_json::from_str::<Event>(&body) {
                return Ok(Err(Broken { seq, why: why.to_string() }));
            }
        }
        Ok(Ok(head))
    }
}

/// Where a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the chain breaks at event {seq}: {why}")]
pub struct Broken {
    pub seq: u64,
    pub why: String,
}
