//! The pure heart: events, the state folded from them, and what to do next. No clock, no I/O, no randomness: time
//! enters as events, and the driver answers effects with events. `run`, `resume`, `rollback` and every rehearsal
//! drive the same [`decide`].

pub mod approver;
pub mod behind;
pub mod budget;
mod clear;
pub mod decide;
pub mod edit;
pub mod effect;
pub mod event;
mod exclusion;
pub mod facts;
pub mod fleet;
pub mod fold;
mod forward;
pub mod gate;
pub mod hook;
mod in_flight;
mod lock;
mod meaning;
mod preflight;
pub mod release;
pub mod retry;
pub mod state;
pub mod statement;
mod stepping;
#[cfg(test)]
mod tests;
pub mod unwind;
pub mod verdict;
mod view;

pub use decide::decide;
pub use effect::Effect;
pub(crate) use preflight::policy as policy_of_host;
