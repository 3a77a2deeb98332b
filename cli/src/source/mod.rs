//! Source files: the only reading of files before a run.

mod files;
mod found;
mod project;

pub(crate) use files::{Files, Unread};
pub(crate) use found::{Named, find, runbook_files};
pub(crate) use project::{Project, root_of};
