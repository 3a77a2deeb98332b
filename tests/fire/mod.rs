//! Runs under fire: a seed makes a runbook and a plan of faults; the run is interrupted, taken up again until it ends,
//! and what its commands really did is held against what the generator knows of it.

mod book;
mod dice;
mod drill;
mod effects;
mod fault;
mod freight;
mod lab;
mod line;
mod oracle;
mod person;
mod place;
mod processes;
mod range;
mod round;
mod text;

pub use drill::Drill;
pub use range::{Range, play};
