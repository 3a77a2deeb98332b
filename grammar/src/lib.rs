//! The runbook language: text in, a tree with spans out. No I/O, no async.
//!
//! Both spellings, the native one (`*.runbook`) and YAML (`*.runbook.yaml`), are read into the same [`ast::File`].
//! Reading never fails as a whole: it gives as much of the tree as is sound and every mistake it found. A tree is
//! only to be used if no diagnostic beside it is an error.

pub mod ast;
pub mod data;
pub mod diagnostic;
mod expression;
pub mod format;
mod gathered;
pub mod literal;
mod name;
mod native;
mod outline;
mod read;
pub mod source;
mod splice;
pub mod syntax_error;
mod text;
mod weave;
pub mod word;
mod yaml;

pub use outline::{Outline, Unit, outline};
pub use read::{Parsed, Spelling, parse, parse_as, read_utf8, spelling_of};
pub use splice::splice;
pub use yaml::schema;
