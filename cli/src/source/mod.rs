//! Source files: the only reading of files before a run.

mod files;
mod found;
mod project;
mod replace;
mod uploads;

pub(crate) use files::{File, Files, Unread};
pub(crate) use found::{Meant, Named, find, runbook_files};
pub(crate) use project::{Project, root_above, root_of};
pub(crate) use replace::replace;
pub(crate) use uploads::Uploads;
