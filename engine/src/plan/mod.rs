//! From a checked program and its inputs to the plan: nodes, edges, commands with slots.

mod asked;
pub mod by_hand;
mod call;
mod error;
pub mod expected;
mod finish;
mod fleet;
pub mod found;
mod frames;
mod guards;
mod hash;
mod inputs;
mod lock;
mod loops;
mod lower;
pub mod model;
pub mod names;
mod notify;
mod outline;
mod series;
mod settings;
pub mod shown;
mod signers;
mod step;
pub mod template;
#[cfg(test)]
pub(crate) mod tests;
mod transfer;
pub mod window;

use grammar::diagnostic::Diagnostic;

pub use error::PlanError;
pub use frames::{plain, typed};
pub use inputs::{Given, GivenFact, Inputs, entered};
pub use outline::{Later, Outline, outline};
pub use transfer::ProjectFiles;

use crate::check::Program;
use model::Plan;

/// Whether a plan is the one that its hash names.
#[must_use]
pub fn is_as_hashed(plan: &Plan) -> bool {
    hash::hash(plan).is_ok_and(|hash| hash == plan.hash)
}

/// Draws the plan of a program for what it is given.
///
/// # Errors
/// Everything that is missing, unknown or wrong in the inputs, and everything that can't be known before the run but
/// must be; also facts of the top that must be read first, see [`outline`].
pub fn plan(program: &Program, inputs: &Inputs) -> Result<Plan, Vec<Diagnostic>> {
    let outline = outline(program, inputs)?;
    if outline.later.is_empty() { Ok(outline.plan) } else { Err(outline.later.iter().map(|later| later.as_error(&outline.plan)).collect()) }
}
