//! Runs on this machine: where they are kept, how one is opened, driven and answered.

pub(crate) mod answer;
pub(crate) mod closing;
pub(crate) mod drive;
pub(crate) mod filter;
pub(crate) mod follow;
pub(crate) mod id;
pub(crate) mod look;
pub(crate) mod open;
pub(crate) mod person;
pub(crate) mod remembered;
pub(crate) mod signing;
pub(crate) mod usual;
