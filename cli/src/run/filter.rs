//! Which of the runs a person asks for.

use engine::journal::RunRow;
use engine::plan::model::Plan;
use engine::run::event::Millis;
use engine::run::state::RunState;
use engine::run::verdict;
use engine::value::{Type, Value};
use glob::Pattern;
use jiff::civil::Date;

use crate::clock;
use crate::complaint::Complaint;

/// A run whose journal can't be read.
pub(crate) const UNREADABLE: &str = "unreadable";

/// Every word that a run's state can be.
pub(crate) const STATES: [&str; 12] =
    ["preparing", "running", "waiting", "parked", "rolling_back", "stuck", "done", "failed", "rolled_back", "refused", "ended", UNREADABLE];

#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Empty: any.
    states: Vec<String>,
    runbook: Option<Pattern>,
    host: Option<Pattern>,
    who: Option<Pattern>,
    since: Option<Millis>,
}

impl Filter {
    /// `names`: runbook, host, who.
    ///
    /// # Errors
    /// A pattern or a moment that can't be read.
    pub(crate) fn of(states: Vec<String>, names: [&Option<String>; 3], since: Option<&str>) -> Result<Self, Complaint> {
        let pattern = |name: &Option<String>| name.as_deref().map(read_pattern).transpose();
        let [runbook, host, who] = names;
        let since = since.map(|text| moment(text, clock::now())).transpose()?;
        Ok(Self { states, runbook: pattern(runbook)?, host: pattern(host)?, who: pattern(who)?, since })
    }

    /// As far as the list of runs tells.
    pub(crate) fn may_be(&self, found: &RunRow) -> bool {
        self.since.is_none_or(|since| found.created >= since) && self.runbook.as_ref().is_none_or(|p| p.matches(&found.runbook))
    }

    /// The rest.
    pub(crate) fn wants(&self, plan: &Plan, state: &RunState) -> bool {
        (self.states.is_empty() || self.states.iter().any(|word| word == verdict::word(state)))
            && self.host.as_ref().is_none_or(|host| plan.hosts.iter().any(|h| host.matches(&h.name)))
            && self.who.as_ref().is_none_or(|who| state.hands.iter().any(|hand| who.matches(hand)))
    }

    /// Nobody knows its hosts, or who started it.
    pub(crate) fn wants_unreadable(&self) -> bool {
        (self.states.is_empty() || self.states.iter().any(|word| word == UNREADABLE)) && self.host.is_none() && self.who.is_none()
    }
}

fn read_pattern(text: &str) -> Result<Pattern, Complaint> {
    Pattern::new(text).map_err(|error| Complaint::usage(format!("`{text}` is no pattern: {}", error.msg)).help("a `*` stands for anything"))
}

/// So long ago, or the beginning of a day here.
fn moment(text: &str, now: Millis) -> Result<Millis, Complaint> {
    if let Ok(Value::Duration(seconds)) = Type::Duration.read(text) {
        return Ok(now.saturating_sub(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)));
    }
    let day = text.parse::<Date>().ok().and_then(clock::beginning_of);
    day.ok_or_else(|| Complaint::usage(format!("`--since {text}` is no moment")).help("write `2h`, `7d`, or a day as `2026-03-01`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_so_long_ago_or_a_day() {
        assert_eq!(moment("2h", 10_000_000).expect("a duration"), 2_800_000);
        assert!(moment("2026-03-01", 0).expect("a day") > 1_772_000_000_000);
        for wrong in ["", "yesterday", "2026-13-01", "-1h", "7"] {
            assert!(moment(wrong, 0).is_err(), "{wrong}");
        }
    }
}
