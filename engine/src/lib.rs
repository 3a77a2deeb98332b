//! Everything between the tree and the world: check, lint, plan, decide, journal, execute.

pub mod exec;
pub mod plan;
pub mod value;
