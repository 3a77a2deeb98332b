//! Secrets while a process drives a run (promise J3): they are in its memory and in the pipes to its hosts, and nowhere
//! else. What commands print is masked before anything sees it.

mod forms;
mod mask;

pub(crate) use mask::{MASK, Masker, Masks};
