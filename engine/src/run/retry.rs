//! When a failed step gets a new attempt by its own `retry`.

use super::state::{Failure, NodeState, Stage};
use crate::outcome::Exit;
use crate::plan::model::{Node, RetryOn};

/// Whether the step's `retry` covers how it failed and has an attempt left.
#[must_use]
pub fn retry_is_left(plan: &Node, node: &NodeState) -> bool {
    let Some(retry) = plan.spec().and_then(|s| s.retry.as_ref()) else { return false };
    if node.failures == 0 || node.failures > retry.times {
        return false;
    }
    match &node.stage {
        Stage::Failed { why, .. } => retry.on.is_empty() || retry.on.iter().any(|on| covers(*on, why)),
        // `check` said not done, and nothing of it is alive.
        Stage::Lost { .. } => true,
        _ => false,
    }
}

fn covers(on: RetryOn, why: &Failure) -> bool {
    let Failure::Exit(exit) = why else { return false };
    match (on, exit) {
        (RetryOn::Code(wanted), Exit::Code(code)) => wanted == *code,
        (RetryOn::Signal, Exit::Signal(_)) => true,
        (RetryOn::Timeout, Exit::TimedOut { settled: true }) => true,
        _ => false,
    }
}

/// Seconds before the next attempt.
#[must_use]
pub fn retry_wait(plan: &Node, node: &NodeState) -> u64 {
    let Some(retry) = plan.spec().and_then(|s| s.retry.as_ref()) else { return 0 };
    let grown = retry.every as f64 * retry.backoff.max(1.0).powi(i32::try_from(node.failures.saturating_sub(1)).unwrap_or(i32::MAX));
    // A day is the longest wait that makes sense; a saturating cast keeps a silly backoff from overflowing.
    (grown as u64).min(86_400)
}
