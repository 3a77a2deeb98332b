//! From a checked program to the plan: nodes, edges, commands with slots.

pub mod model;
pub mod template;
