//! What the rules can't know from the text itself.

use jiff::civil::Date;

/// A rule reads them from [`super::Found`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The day on which it is linted. `None`: rules about age say nothing.
    pub today: Option<Date>,
    /// After so many days a `verified` date is stale.
    pub verified_days: u32,
    /// Whether shellcheck is asked, where there is one.
    pub shellcheck: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { today: None, verified_days: 365, shellcheck: false }
    }
}
