//! A runbook on standard input.

use std::io::Read as _;

use grammar::source::{Source, SourceId};

use crate::complaint::Complaint;

use super::files::MOST;

/// Reads all of it. `name` is what it goes by; its end says the spelling.
///
/// # Errors
/// It can't be read, or is not UTF-8.
pub(crate) fn standard_input(name: &str) -> Result<Source, Complaint> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MOST).read_to_end(&mut bytes);
    read.map_err(|error| Complaint::usage(format!("standard input can't be read: {error}")))?;
    grammar::read_utf8(SourceId(0), name, bytes).map_err(|diagnostic| Complaint::usage(format!("standard input: {}", diagnostic.message)))
}
