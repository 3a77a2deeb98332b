//! The time that a question has left, in front of its prompt. It has one width, so that it can be written over while
//! somebody types behind it.
//!
//! No prompt of the crates at hand can be counted down: inquire and dialoguer wait for a key without end, and reedline and
//! rustyline take the terminal into raw mode, where Ctrl-C is a key and no longer a signal to the run.

use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
pub(super) struct Countdown {
    whole: Duration,
    until: Instant,
}

impl Countdown {
    /// Without end where that can't be reckoned.
    pub(super) fn new(whole: Duration) -> Option<Self> {
        Some(Self { whole, until: Instant::now().checked_add(whole)? })
    }

    /// Somebody is there: it begins anew.
    pub(super) fn restart(&mut self) {
        if let Some(until) = Instant::now().checked_add(self.whole) {
            self.until = until;
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// `  9:58 `, as wide as it was when it began.
    pub(super) fn shown(&self) -> String {
        // The second that has begun counts.
        let left = written(self.left() + Duration::from_millis(999));
        format!("  {left:>width$} ", width = written(self.whole).len())
    }
}

fn written(time: Duration) -> String {
    let (minutes, seconds) = (time.as_secs() / 60, time.as_secs() % 60);
    if minutes < 60 { format!("{minutes}:{seconds:02}") } else { format!("{}:{:02}:{seconds:02}", minutes / 60, minutes % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_wide_at_its_end_as_at_its_beginning() {
        let countdown = |whole, left| Countdown { whole: Duration::from_secs(whole), until: Instant::now() + Duration::from_secs(left) };
        assert_eq!(countdown(600, 600).shown(), "  10:00 ");
        assert_eq!(countdown(600, 9).shown(), "   0:09 ");
        assert_eq!(countdown(7200, 61).shown(), "     1:01 ");
        assert!(countdown(600, 0).is_over() && !countdown(600, 9).is_over());
    }
}
