//! From a checked program and its inputs to the plan: nodes, edges, commands with slots.

mod asked;
mod call;
mod error;
mod finish;
mod frames;
mod inputs;
mod loops;
mod lower;
pub mod model;
pub mod names;
mod settings;
pub mod shown;
mod step;
pub mod template;
#[cfg(test)]
pub(crate) mod tests;
pub mod window;

use grammar::diagnostic::Diagnostic;

pub use error::PlanError;
pub use frames::typed;
pub use inputs::{Given, Inputs, entered};

use crate::check::Program;
use model::{PLAN_FORMAT, Plan};

/// Draws the plan of a program for what it is given.
///
/// # Errors
/// Everything that is missing, unknown or wrong in the inputs, and everything that can't be known before the run but
/// must be.
pub fn plan(program: &Program, inputs: &Inputs) -> Result<Plan, Vec<Diagnostic>> {
    let Some(runbook) = program.runbook() else { return Err(vec![PlanError::NothingToRun.into()]) };
    let mut lowering = lower::Lowering::new(program, inputs.vars.clone());
    lowering.take_inputs(runbook, inputs);
    // With a value missing, nearly every step would complain as well.
    if lowering.errors.is_empty() {
        lowering.runbook(runbook);
    }
    if !lowering.errors.is_empty() {
        let mut errors = Vec::new();
        for error in lowering.errors {
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        return Err(errors);
    }
    let mut blocks = lowering.blocks;
    let mut nodes = finish::compact(lowering.nodes, &mut blocks);
    finish::mark_gates(&mut nodes);
    let mut plan = Plan {
        format: PLAN_FORMAT,
        runbook: runbook.name.value.clone(),
        title: runbook.title.as_ref().map(|t| t.text.clone()),
        hash: String::new(),
        windows: lowering.windows,
        vars: inputs.vars.clone(),
        hosts: lowering.hosts,
        frames: lowering.frames,
        slots: lowering.slots,
        facts: lowering.facts,
        requires: lowering.requires,
        blocks,
        nodes,
    };
    plan.hash = finish::hash(&plan)
        .map_err(|error| vec![PlanError::NotComputed { at: runbook.name.span, what: "the plan".to_owned(), why: error.to_string() }.into()])?;
    Ok(plan)
}
