//! The keeper: recorded jobs on a target, in POSIX sh alone.

pub mod call;
