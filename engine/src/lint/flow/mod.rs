//! What rules about the graph share: the ways through a runbook, what its names may stand for, what its conditions come
//! to.

pub(super) mod fleet;
pub(super) mod hosts;
pub(super) mod names;
pub(super) mod pairs;
pub(super) mod paths;
pub(super) mod texts;
pub(super) mod truth;
pub(super) mod worst_case;
pub(super) mod written;
