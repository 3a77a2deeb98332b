//! The order of versions: numeric parts by number, `alpha beta dev pre rc` before the release, any other suffix
//! after it. `a` and `b` right before a number are alpha and beta, as in `4.0.0-b1`: PHP and Python have it so. `1.4` and
//! `1.4.0` are the same version, a leading `v` does not count.

use std::cmp::Ordering;

/// One part of a version, in the order that parts have at the same place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// By its place in `BEFORE`.
    Before(usize),
    End,
    After(String),
    /// Digits without leading zeros; the longer number is the larger.
    Number(usize, &'a str),
}

/// What comes before the release, in order.
const BEFORE: [&str; 5] = ["alpha", "beta", "dev", "pre", "rc"];

#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (parts(a), parts(b));
    let (numbers_a, suffix_a) = split(&a);
    let (numbers_b, suffix_b) = split(&b);
    numbers_a.cmp(numbers_b).then_with(|| {
        let longest = suffix_a.len().max(suffix_b.len());
        (0..longest)
            .map(|i| suffix_a.get(i).unwrap_or(&Part::End).cmp(suffix_b.get(i).unwrap_or(&Part::End)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    })
}

/// The leading numbers without trailing zeros, and what follows all of them.
fn split<'v, 'a>(parts: &'v [Part<'a>]) -> (&'v [Part<'a>], &'v [Part<'a>]) {
    let numbers = parts.iter().take_while(|part| matches!(part, Part::Number(..))).count();
    let mut kept = numbers;
    while kept > 0 && parts[kept - 1] == Part::Number(0, "") {
        kept -= 1;
    }
    (&parts[..kept], &parts[numbers..])
}

fn parts(version: &str) -> Vec<Part<'_>> {
    let version = version.trim();
    let mut rest = version.strip_prefix(['v', 'V']).filter(|v| v.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(version);
    let mut parts = Vec::new();
    while let Some(first) = rest.chars().next() {
        let length = |same: fn(char) -> bool| rest.find(|c| !same(c)).unwrap_or(rest.len());
        let taken = if first.is_ascii_digit() {
            let length = length(|c| c.is_ascii_digit());
            let digits = rest[..length].trim_start_matches('0');
            parts.push(Part::Number(digits.len(), digits));
            length
        } else if first.is_alphabetic() {
            let length = length(char::is_alphabetic);
            let word = rest[..length].to_lowercase();
            let numbered = rest[length..].starts_with(|c: char| c.is_ascii_digit());
            let word = match word.as_str() {
                "a" if numbered => "alpha".to_owned(),
                "b" if numbered => "beta".to_owned(),
                _ => word,
            };
            parts.push(BEFORE.iter().position(|known| *known == word).map_or(Part::After(word), Part::Before));
            length
        } else {
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_in_the_order_that_people_mean() {
        let ascending = [
            "0.9",
            "1.0-alpha",
            "1.0-a2",
            "1.0-beta",
            "1.0-b1",
            "1.0b2",
            "1.0-dev",
            "1.0-pre",
            "1.0-rc1",
            "1.0-rc2",
            "1.0-rc10",
            "1.0",
            "1.0b",
            "1.0-p1",
            "1.0.1",
            "1.4",
            "1.4.9",
            "1.4.10",
            "1.10",
            "2",
            "10.0",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} against {b}");
            }
        }
    }

    #[test]
    fn trailing_zeros_and_a_leading_v_do_not_count() {
        for (a, b) in [("1.4", "1.4.0"), ("v1.4", "1.4"), ("1.04", "1.4"), ("1.4-rc1", "1.4.0rc1"), ("4.0.0-b1", "4.0.0-beta1")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} against {b}");
        }
    }
}
