//! Windows of time: `Mon-Thu 08:00-16:00 UTC`. Days by comma and range (all of them when none is named), times by comma,
//! a zone by its IANA name. A time that ends before it begins lasts into the next day.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Clone)]
pub struct Window {
    days: Vec<Weekday>,
    /// Minutes of the day.
    times: Vec<(u32, u32)>,
    zone: TimeZone,
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Window {
    /// # Errors
    /// What of the text is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (days, times, zone) = match words.as_slice() {
            [days, times, zone] => (read_days(days)?, *times, *zone),
            [times, zone] => (DAYS.iter().map(|d| d.1).collect(), *times, *zone),
            [_] => return Err("the zone is missing, as in `08:00-16:00 UTC`".to_owned()),
            _ => return Err("it has days, times and a zone".to_owned()),
        };
        let times = times.split(',').map(read_times).collect::<Result<_, _>>()?;
        let zone = if zone == "UTC" { TimeZone::UTC } else { TimeZone::get(zone).map_err(|_| format!("`{zone}` is no time zone"))? };
        Ok(Self { days, times, zone })
    }

    /// The seconds for which it is open at a time, at most. `None` where one stretch meets another: that is not reckoned.
    pub(crate) fn longest(&self) -> Option<u64> {
        const DAY: u32 = 24 * 60;
        let meet = self.times.iter().any(|(_, to)| self.times.iter().any(|(from, _)| from % DAY == to % DAY));
        let minutes = self.times.iter().map(|(from, to)| if from < to { to - from } else { to + DAY - from }).max()?;
        (!meet).then_some(u64::from(minutes) * 60)
    }

    /// Seconds from a moment until it closes; none when it is closed, or stays open for a week.
    #[must_use]
    pub fn left(&self, now: i64) -> Option<u64> {
        const MINUTE: i64 = 60_000;
        let next = now - now.rem_euclid(MINUTE) + MINUTE;
        let closed = (0..7 * 24 * 60).map(|minutes| next + minutes * MINUTE).find(|at| !self.contains(*at))?;
        self.contains(now).then(|| u64::try_from((closed - now) / 1000).unwrap_or(0))
    }

    /// Whether a moment, in milliseconds since the Unix epoch, lies in it. The end does not.
    #[must_use]
    pub fn contains(&self, now: i64) -> bool {
        let Ok(now) = Timestamp::from_millisecond(now) else { return false };
        let local = now.to_zoned(self.zone.clone());
        let minute = u32::try_from(local.hour()).unwrap_or(0) * 60 + u32::try_from(local.minute()).unwrap_or(0);
        let yesterday = local.datetime().checked_sub(SignedDuration::from_hours(24)).map(|d| d.weekday());
        self.times.iter().any(|(from, to)| {
            let today = self.days.contains(&local.weekday());
            if from < to {
                return today && (*from..*to).contains(&minute);
            }
            today && minute >= *from || minute < *to && yesterday.as_ref().is_ok_and(|d| self.days.contains(d))
        })
    }
}

fn read_day(text: &str) -> Result<usize, String> {
    let short: String = text.to_lowercase().chars().take(3).collect();
    let whole = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let found = DAYS.iter().position(|(name, _)| *name == short).filter(|i| text.len() == 3 || whole[*i] == text.to_lowercase());
    found.ok_or_else(|| format!("`{text}` is no day of the week"))
}

fn read_days(text: &str) -> Result<Vec<Weekday>, String> {
    let mut days = Vec::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (read_day(from)?, read_day(to)?);
        let count = (to + 7 - from) % 7;
        days.extend((0..=count).map(|i| DAYS[(from + i) % 7].1));
    }
    Ok(days)
}

fn read_times(text: &str) -> Result<(u32, u32), String> {
    let (from, to) = text.split_once('-').ok_or_else(|| format!("`{text}` is no span of time"))?;
    let (from, to) = (read_minute(from)?, read_minute(to)?);
    if from == to || from == 24 * 60 { Err(format!("`{text}` is empty")) } else { Ok((from, to)) }
}

fn read_minute(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no time of day");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    if hour.len() != 2 || minute.len() != 2 {
        return Err(wrong());
    }
    let (hour, minute): (u32, u32) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    if hour < 24 && minute < 60 || (hour, minute) == (24, 0) { Ok(hour * 60 + minute) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("a timestamp").as_millisecond()
    }

    #[test]
    fn a_window_holds_its_beginning_and_not_its_end() {
        let window = Window::parse("Mon-Thu 08:00-16:00 UTC").expect("a window");
        assert!(window.contains(at("2026-11-19T08:00:00Z")), "a Thursday");
        assert!(window.contains(at("2026-11-19T15:59:59Z")));
        assert!(!window.contains(at("2026-11-19T16:00:00Z")));
        assert!(!window.contains(at("2026-11-20T09:00:00Z")), "a Friday");
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let window = Window::parse("Fri 22:00-04:00 UTC").expect("a window");
        assert!(window.contains(at("2026-11-20T23:00:00Z")));
        assert!(window.contains(at("2026-11-21T03:59:00Z")));
        assert!(!window.contains(at("2026-11-20T03:00:00Z")));
    }

    #[test]
    fn it_says_how_long_it_stays_open() {
        let window = Window::parse("Mon-Thu 08:00-16:00 UTC").expect("a window");
        assert_eq!(window.left(at("2026-11-19T15:58:30Z")), Some(90));
        assert_eq!(window.left(at("2026-11-19T16:00:00Z")), None);
        let always = Window::parse("00:00-12:00,12:00-24:00 UTC").expect("a window");
        assert_eq!(always.left(at("2026-11-19T16:00:00Z")), None);
    }

    #[test]
    fn days_and_times_may_be_lists_and_a_week_wraps() {
        let window = Window::parse("Sat-Mon,Wed 08:00-09:00,20:00-24:00 UTC").expect("a window");
        assert!(window.contains(at("2026-11-22T08:30:00Z")), "a Sunday");
        assert!(window.contains(at("2026-11-18T23:59:00Z")), "a Wednesday");
        assert!(!window.contains(at("2026-11-17T08:30:00Z")), "a Tuesday");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (text, word) in [
            ("Mon-Foo 08:00-16:00 UTC", "Foo"),
            ("8:00-16:00 UTC", "8:00"),
            ("08:00-16:00", "zone"),
            ("Mon 08:00-08:00 UTC", "empty"),
            ("Mon 08:00-16:00 Mars/Base", "Mars/Base"),
        ] {
            let why = Window::parse(text).expect_err("no window");
            assert!(why.contains(word), "{why}");
        }
    }
}
