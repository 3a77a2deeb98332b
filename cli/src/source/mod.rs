//! Source files: the only reading of files before a run.

mod files;
mod found;
mod project;
mod replace;
mod stdin;
mod uploads;

pub(crate) use files::{Files, Unread};
pub(crate) use found::{Meant, Named, find, runbook_files};
pub(crate) use project::{Project, root_above, root_of};
pub(crate) use replace::{put, replace};
pub(crate) use stdin::standard_input;
pub(crate) use uploads::Uploads;
