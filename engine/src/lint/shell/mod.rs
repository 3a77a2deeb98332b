//! Commands, as rules look at them: every command of a program is taken apart once, and all rules about commands share
//! that.
//!
//! A rule walks [`Found::commands`](super::Found) and asks their [`Facts`]: simple commands with their words, pipelines,
//! statements, what the shell puts in. The shell's tree is known in `read` alone.

mod asks;
mod changes;
mod facts;
mod pipes;
mod read;
mod said;
mod secrets;
mod services;
mod variables;
mod written;

pub(super) use asks::asks;
pub(super) use changes::change;
pub(super) use facts::{At, Chain, Expansion, Facts, From, Joint, Kind, Layer, Pipeline, Simple, Site, Way, What};
pub(super) use pipes::lost;
pub(super) use said::{Owner, Role, Said, commands};
pub(super) use secrets::{is_secret_name, looks_secret, secrets};
pub(super) use services::{SAID, Verb, does, only_looks, service_verb};
pub(super) use variables::{Origin, is_number, origin};
pub(super) use written::{flag, has_flag, literal, operands};

#[cfg(test)]
mod corpus;
#[cfg(test)]
pub(super) mod tests;
