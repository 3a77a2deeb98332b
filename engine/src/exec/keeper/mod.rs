//! The keeper: recorded jobs on a target, in POSIX sh alone.
//!
//! `sh/*.sh` is the resident half. It is sent as text over a long-lived channel to a plain `sh`, answers with a frame
//! that carries our nonce, and then serves one request after the other. This module is the other half: requests,
//! frames, what they mean, and what to do when the connection is lost in the middle. Design: `keeper.md`.

pub mod call;
mod channel;
mod client;
mod error;
mod follow;
mod line;
pub mod lock;
mod name;
mod reach;
mod request;
mod stage;
#[cfg(test)]
mod tests;
mod when;

pub use client::{Hello, Keeper, Killed, Locking, Outcome, RunFolder};
pub use error::{Away, KeeperError};
pub use name::AttemptName;
pub use when::When;
