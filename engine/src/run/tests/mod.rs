//! The decider against a simulated world and an oracle that does not share its code.

mod edits;
mod fleet;
mod locks;
mod oracle;
mod people;
mod plans;
mod play;
mod promises;
mod properties;
mod world;
