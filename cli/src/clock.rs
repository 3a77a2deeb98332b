//! Moments: now, and as the local clock shows them.

use std::sync::OnceLock;

use engine::run::event::Millis;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) fn now() -> Millis {
    Timestamp::now().as_millisecond()
}

/// The day here.
pub(crate) fn today() -> jiff::civil::Date {
    Timestamp::now().to_zoned(zone().clone()).date()
}

/// When a day begins here.
pub(crate) fn beginning_of(day: jiff::civil::Date) -> Option<Millis> {
    Some(day.to_zoned(zone().clone()).ok()?.timestamp().as_millisecond())
}

/// `14:02:11`
pub(crate) fn time(at: Millis) -> String {
    shown(at, "%H:%M:%S")
}

/// `2026-03-01T14:02:11+01:00`, for what is read elsewhere or later.
pub(crate) fn stamp(at: Millis) -> String {
    shown(at, "%Y-%m-%dT%H:%M:%S%:z")
}

/// `2026-03-01 14:02`
pub(crate) fn date(at: Millis) -> String {
    shown(at, "%Y-%m-%d %H:%M")
}

fn shown(at: Millis, format: &str) -> String {
    match Timestamp::from_millisecond(at) {
        Ok(moment) => moment.to_zoned(zone().clone()).strftime(format).to_string(),
        Err(_) => at.to_string(),
    }
}

fn zone() -> &'static TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| named().or_else(local).unwrap_or_else(|| TimeZone::try_system().unwrap_or(TimeZone::UTC)))
}

/// The zone of this machine. Read as it stands: to learn its name would mean to list every zone there is.
fn local() -> Option<TimeZone> {
    if std::env::var_os("TZ").is_some() {
        return None;
    }
    let rules = std::fs::read("/etc/localtime").ok()?;
    TimeZone::tzif("local", &rules).ok()
}

/// The zone that `TZ` names, from the system's files.
fn named() -> Option<TimeZone> {
    let name = std::env::var("TZ").ok()?;
    let name = name.trim_start_matches(':');
    if name.is_empty() || name == "UTC" {
        return Some(TimeZone::UTC);
    }
    if name.contains("..") {
        return None;
    }
    let path = std::path::Path::new("/usr/share/zoneinfo").join(name);
    std::fs::read(path).ok().and_then(|bytes| TimeZone::tzif(name, &bytes).ok()).or_else(|| TimeZone::posix(name).ok())
}
