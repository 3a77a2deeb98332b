//! How long a host is waited for.

use std::time::Duration;

use tokio::time::Instant;

use super::channel::SILENCE;

/// Until when a lost connection is sought again, and how long a killed group may take between TERM and KILL.
#[derive(Debug, Clone, Copy)]
pub struct When {
    pub deadline: Instant,
    pub grace: Duration,
}

impl When {
    /// Ten seconds of grace.
    #[must_use]
    pub fn within(patience: Duration) -> Self {
        Self { deadline: Instant::now() + patience, grace: Duration::from_secs(10) }
    }

    /// When a job has surely ended or been killed, and its keeper has said so.
    pub(super) fn over(self) -> Instant {
        self.deadline + self.grace + SILENCE
    }
}
