//! What is shown of a plan: one renderer each.

pub mod plan_json;
pub mod plan_mermaid;
pub mod plan_text;
#[cfg(test)]
mod tests;
