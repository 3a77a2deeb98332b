//! The runbook language: text in, a tree with spans out. No I/O, no async.
//!
//! Both spellings, the native one (`*.runbook`) and YAML (`*.runbook.yaml`), are read into the same [`ast::File`].

pub mod ast;
pub mod diagnostic;
pub mod source;
