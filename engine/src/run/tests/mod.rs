//! The decider against a simulated world and an oracle that does not share its code.

mod edits;
mod fleet;
mod locks;
mod oracle;
mod people;
mod plans;
mod play;
mod promises;
mod properties;
mod world;

use super::event::{EventKind, Purpose};

/// A process takes the run.
fn started(epoch: u64, purpose: Purpose) -> EventKind {
    EventKind::DriverStarted { epoch, purpose, operator: "op".to_owned(), pid: 1, machine: "m".to_owned(), takes_locks: false, signed: None }
}
