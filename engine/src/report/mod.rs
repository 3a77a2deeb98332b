//! Plans, events and states to words, for people and for scripts: one renderer each. Pure: nothing here prints, and no
//! colour is known here.

pub mod history;
pub mod live;
pub mod log_json;
pub mod next;
pub mod plan_commands;
pub mod plan_json;
pub mod plan_mermaid;
mod plan_short;
pub mod plan_text;
pub mod run_json;
pub mod run_text;
#[cfg(test)]
pub(crate) mod sample;
pub mod shown;
pub mod tell;
#[cfg(test)]
mod tests;
pub mod tone;
mod touched;
pub mod usual;
pub mod words;

pub use touched::touched;
