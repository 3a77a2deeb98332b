//! The literals of the language, recognised from their text. Both spellings and every later stage read them here:
//!
//! | literal | example | value |
//! |---|---|---|
//! | duration | `90s 15m 2h 5d`, one unit | seconds |
//! | size | `512B 100MB 16GiB`, powers of 1000 or of 1024 | bytes |
//! | percent | `15%`, `0.5%` | the number before the sign |
//! | date | `2021-09-13` | |
//! | date-time | `2021-09-13T10:00:00Z` | |
//! | number | `5`, `1.5` | |
//! | bool | `true`, `false` | |

/// What a literal is, by its form alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    Duration,
    Size,
    Percent,
    Date,
    DateTime,
    Int,
    Float,
    Bool,
}

/// Seconds of a duration. `None` if it is none or doesn't fit.
#[must_use]
pub fn duration(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return None,
    };
    number.checked_mul(seconds)
}

/// Bytes of a size. `None` if it is none or doesn't fit.
#[must_use]
pub fn size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let (base, power) = match unit {
        "B" => (1, 0),
        "kB" | "KB" => (1000, 1),
        "MB" => (1000, 2),
        "GB" => (1000, 3),
        "TB" => (1000, 4),
        "PB" => (1000, 5),
        "KiB" => (1024, 1),
        "MiB" => (1024, 2),
        "GiB" => (1024, 3),
        "TiB" => (1024, 4),
        "PiB" => (1024, 5),
        _ => return None,
    };
    number.checked_mul(u64::pow(base, power))
}

/// The number before the `%`: `15.0` for `15%`.
#[must_use]
pub fn percent(text: &str) -> Option<f64> {
    let number = text.strip_suffix('%')?;
    if is_int(number) || is_float(number) { number.parse().ok() } else { None }
}

/// Is this `YYYY-MM-DD`, a day that the calendar has?
#[must_use]
pub fn date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)) else {
        return false;
    };
    (1..=days_in(year, month)).contains(&day)
}

/// Is this `YYYY-MM-DDThh:mm`, with or without `:ss`, a fraction, and `Z` or `+hh:mm`?
#[must_use]
pub fn datetime(text: &str) -> bool {
    let Some((day, time)) = text.split_once('T') else { return false };
    date(day) && time_length(time) == Some(time.len())
}

/// Digits alone.
#[must_use]
pub fn is_int(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Digits, a point, digits.
#[must_use]
pub fn is_float(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, rest)| is_int(whole) && is_int(rest))
}

/// The kind of a text that is one literal and nothing else; a number may have a minus.
#[must_use]
pub fn kind(text: &str) -> Option<LiteralKind> {
    if let Some(number) = text.strip_prefix('-') {
        return match kind(number) {
            Some(kind @ (LiteralKind::Int | LiteralKind::Float)) if !number.starts_with('-') => Some(kind),
            _ => None,
        };
    }
    token(text).and_then(|(kind, length)| (length == text.len()).then_some(kind))
}

/// The literal at the start of `text` and its length in bytes. It must end where a word ends: `5days` holds none.
#[must_use]
pub fn token(text: &str) -> Option<(LiteralKind, usize)> {
    for word in ["true", "false"] {
        if text.starts_with(word) && ends_at(text, word.len()) {
            return Some((LiteralKind::Bool, word.len()));
        }
    }
    let whole = leading_digits(text);
    if whole == 0 {
        return None;
    }
    if let Some(found) = date_token(text) {
        return Some(found);
    }
    let mut end = whole;
    let mut kind = LiteralKind::Int;
    if text[end..].starts_with('.') {
        let fraction = leading_digits(&text[end + 1..]);
        if fraction > 0 {
            end += 1 + fraction;
            kind = LiteralKind::Float;
        }
    }
    if text[end..].starts_with('%') && ends_at(text, end + 1) && !text[end + 1..].starts_with(['(', '.']) {
        return Some((LiteralKind::Percent, end + 1));
    }
    if ends_at(text, end) {
        return Some((kind, end));
    }
    let unit = text[end..].bytes().take_while(u8::is_ascii_alphabetic).count();
    let literal = &text[..end + unit];
    if !ends_at(text, literal.len()) {
        None
    } else if duration(literal).is_some() {
        Some((LiteralKind::Duration, literal.len()))
    } else if size(literal).is_some() {
        Some((LiteralKind::Size, literal.len()))
    } else {
        None
    }
}

fn date_token(text: &str) -> Option<(LiteralKind, usize)> {
    if !text.get(..10).is_some_and(date) {
        return None;
    }
    if let Some(time) = text[10..].strip_prefix('T') {
        let length = 11 + time_length(time)?;
        return ends_at(text, length).then_some((LiteralKind::DateTime, length));
    }
    // `2021-09-13-1` is neither a date nor a sum that anybody means.
    (ends_at(text, 10) && !text[10..].starts_with('-')).then_some((LiteralKind::Date, 10))
}

/// The length of `hh:mm[:ss[.fraction]][Z|±hh:mm]` at the start.
fn time_length(text: &str) -> Option<usize> {
    let clock = |at: usize, limit: u32| digits(text, at, at + 2).filter(|n| *n < limit);
    let colon = |at: usize| text.as_bytes().get(at) == Some(&b':');
    clock(0, 24)?;
    if !colon(2) {
        return None;
    }
    clock(3, 60)?;
    let mut end = 5;
    if colon(5) {
        clock(6, 61)?;
        end = 8;
        if text.as_bytes().get(8) == Some(&b'.') {
            end = 9 + Some(leading_digits(&text[9..])).filter(|n| *n > 0)?;
        }
    }
    match text.as_bytes().get(end) {
        Some(b'Z') => end += 1,
        Some(b'+' | b'-') if colon(end + 3) && clock(end + 1, 24).is_some() && clock(end + 4, 60).is_some() => end += 6,
        _ => {}
    }
    Some(end)
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let (number, unit) = text.split_at(leading_digits(text));
    Some((number.parse().ok()?, unit))
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn digits(text: &str, from: usize, to: usize) -> Option<u32> {
    text.get(from..to).filter(|t| is_int(t))?.parse().ok()
}

fn ends_at(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_')
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_one_unit_and_is_told_in_seconds() {
        assert_eq!(duration("90s"), Some(90));
        assert_eq!(duration("15m"), Some(900));
        assert_eq!(duration("2h"), Some(7200));
        assert_eq!(duration("5d"), Some(432_000));
        for wrong in ["", "m", "5", "1h30m", "250ms", "5 m", "-5m", "99999999999999999999s", "999999999999999999d"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_size_counts_by_1000_or_by_1024_as_its_unit_says() {
        assert_eq!(size("100MB"), Some(100_000_000));
        assert_eq!(size("16GiB"), Some(16 << 30));
        assert_eq!(size("512B"), Some(512));
        for wrong in ["", "5", "5M", "5mb", "1.5GB", "99999999PiB"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_percent_is_a_number_with_its_sign() {
        assert_eq!(percent("15%"), Some(15.0));
        assert_eq!(percent("0.5%"), Some(0.5));
        for wrong in ["%", "15", "inf%", "-1%", "1e3%"] {
            assert_eq!(percent(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_date_is_a_day_that_the_calendar_has() {
        assert!(date("2021-09-13") && date("2024-02-29") && date("2000-02-29"));
        for wrong in ["2023-02-29", "1900-02-29", "2021-13-01", "2021-00-01", "2021-01-00", "2021-9-13", "+021-01-01", "2021-09-1é"] {
            assert!(!date(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_date_time_may_leave_out_seconds_and_zone() {
        for right in ["2021-09-13T10:00", "2021-09-13T10:00:59", "2021-09-13T10:00:00.25Z", "2021-09-13T10:00+02:00"] {
            assert!(datetime(right), "{right}");
        }
        for wrong in ["2021-09-13", "2021-09-13T", "2021-09-13T25:00", "2021-09-13T10:0", "2021-09-13T10:00:00.Z", "2021-09-13T10:00+02"] {
            assert!(!datetime(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_literal_is_found_at_the_start_of_an_expression_and_ends_where_its_word_ends() {
        use LiteralKind::{Bool, Date, DateTime, Duration, Float, Int, Percent, Size};
        for (text, expected) in [
            ("5m)", Some((Duration, 2))),
            ("16GiB and x", Some((Size, 5))),
            ("2021-09-13]", Some((Date, 10))),
            ("2021-09-13T10:00:00Z,", Some((DateTime, 20))),
            ("2021-09-13-1", Some((Int, 4))),
            ("20%]", Some((Percent, 3))),
            ("5%x", Some((Int, 1))),
            ("5 % x", Some((Int, 1))),
            ("1.5 ", Some((Float, 3))),
            ("1.x", Some((Int, 1))),
            ("true)", Some((Bool, 4))),
            ("trueish", None),
            ("5days", None),
            ("5é", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(token(text), expected, "{text}");
        }
    }

    #[test]
    fn only_a_number_may_have_a_minus() {
        assert_eq!(kind("-5"), Some(LiteralKind::Int));
        assert_eq!(kind("-1.5"), Some(LiteralKind::Float));
        for none in ["-5m", "--5", "-", "-true", "web"] {
            assert_eq!(kind(none), None, "{none}");
        }
    }
}
