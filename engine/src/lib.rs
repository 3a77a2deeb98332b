//! Everything between the tree and the world: check, lint, plan, decide, journal, execute.

pub mod check;
pub mod exec;
pub mod inventory;
pub mod journal;
pub mod lint;
pub mod lock_name;
pub mod outcome;
pub mod plan;
pub mod report;
pub mod run;
pub mod signers;
pub mod value;
