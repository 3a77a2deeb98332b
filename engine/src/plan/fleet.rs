//! What a plan says of hosts that fail or can't be reached.

use serde::{Deserialize, Serialize};

/// What becomes of a step when its host can't be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnreachable {
    Skip,
    Park,
    /// The strictest, since it is a failure like any other.
    #[default]
    Fail,
}

impl OnUnreachable {
    /// The check has seen that it is one of the three.
    pub(super) fn written(word: &str) -> Self {
        match word {
            "skip" => Self::Skip,
            "park" => Self::Park,
            _ => Self::Fail,
        }
    }

    /// Nothing was said: it is left out where a plan is written down.
    pub(super) fn is_unsaid(&self) -> bool {
        *self == Self::Fail
    }
}

/// How many of a step's hosts, or of a `for`'s items, may fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tolerance {
    /// The step's id, or `for VAR`, with the items of the loops around it.
    pub of: String,
    /// What is counted: `host`, or `item` where a `for` goes over something else.
    pub noun: String,
    pub parts: u32,
    pub most: u32,
}

impl Tolerance {
    /// The failure that stops the run: the third, where two are tolerated. None: all may fail.
    #[must_use]
    pub fn stops_at(&self) -> Option<u32> {
        (self.most < self.parts).then_some(self.most + 1)
    }

    /// Both together, for a plan.
    #[must_use]
    pub fn said(&self) -> String {
        let plural = if self.parts == 1 { "" } else { "s" };
        let of = format!("{} of {} {}{plural} may fail", self.most.min(self.parts), self.parts, self.noun);
        self.stops().map_or_else(|| format!("{of}: nothing stops it"), |stops| format!("{of}: {stops}"))
    }

    /// `` `for h` stops at the 3rd failed host ``.
    #[must_use]
    pub fn stops(&self) -> Option<String> {
        self.stops_at().map(|nth| format!("`{}` stops at the {} failed {}", self.of, ordinal(nth), self.noun))
    }
}

fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_says_at_which_failure_it_stops() {
        let said = |most, parts| Tolerance { of: "for h".to_owned(), noun: "host".to_owned(), parts, most }.stops();
        assert_eq!(said(0, 4).as_deref(), Some("`for h` stops at the 1st failed host"));
        assert_eq!(said(2, 4).as_deref(), Some("`for h` stops at the 3rd failed host"));
        assert_eq!(said(10, 40).as_deref(), Some("`for h` stops at the 11th failed host"));
        assert_eq!(said(21, 40).as_deref(), Some("`for h` stops at the 22nd failed host"));
        assert_eq!(said(4, 4), None);
    }
}
