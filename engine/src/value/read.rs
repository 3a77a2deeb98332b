//! Values as they are written: a literal, an answer, what a command printed.

use thiserror::Error;

use super::{SecretText, Type, Value};

/// Text that is not what its declared type asks for. The text of a secret is never in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{found}` is not {expected}")]
pub struct ReadError {
    pub found: String,
    pub expected: Type,
    /// What to write instead, where that can be told.
    pub help: Option<String>,
}

const DURATIONS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
const SIZES: [(&str, u64); 7] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1)];

impl Type {
    /// Reads one value as it is written.
    ///
    /// # Errors
    /// When the text is not of this type. A list is not written as text; what a command prints is read by `read_output`.
    pub fn read(&self, text: &str) -> Result<Value, ReadError> {
        let plain = || Value::String(text.to_owned());
        let value = match self {
            Self::String => (!text.contains('\0')).then(plain),
            Self::Secret => (!text.contains('\0')).then(|| Value::Secret(SecretText::new(text))),
            Self::Int => text.parse().ok().map(Value::Int),
            Self::Float => text.parse().ok().filter(|n: &f64| n.is_finite()).map(Value::Float),
            Self::Bool => text.parse().ok().map(Value::Bool),
            Self::Duration => with_unit(text, &DURATIONS).map(Value::Duration),
            Self::Size => with_unit(text, &SIZES).map(Value::Size),
            Self::Percent => text.strip_suffix('%').filter(|n| is_decimal(n)).and_then(|n| n.parse().ok()).map(Value::Percent),
            Self::Path => is_path(text).then(plain),
            Self::Url => is_url(text).then(plain),
            Self::Host => is_host(text).then(plain),
            Self::Version => is_version(text).then(|| Value::Version(text.to_owned())),
            Self::Date => is_date(text).then(|| Value::Date(text.to_owned())),
            Self::DateTime => is_datetime(text).then(|| Value::DateTime(text.to_owned())),
            Self::Json => serde_json::from_str(text).ok().map(Value::Json),
            Self::List(_) => None,
            Self::Optional(of) => return of.read(text),
        };
        value.ok_or_else(|| self.refuse(text))
    }

    /// Reads what a command printed: one last line break is not part of the value, a list is read by lines.
    ///
    /// # Errors
    /// When the output, or a line of it, is not of this type.
    pub fn read_output(&self, output: &str) -> Result<Value, ReadError> {
        let text = output.strip_suffix('\n').unwrap_or(output);
        match self {
            Self::Optional(of) if text.is_empty() && **of != Self::String => Ok(Value::None),
            Self::Optional(of) => of.read_output(output),
            Self::List(_) if output.is_empty() => Ok(Value::List(Vec::new())),
            Self::List(of) => text.split('\n').map(|line| of.read(line)).collect::<Result<_, _>>().map(Value::List),
            other => other.read(text),
        }
    }

    fn refuse(&self, text: &str) -> ReadError {
        let help = match self {
            _ if text.contains('\0') => Some("it holds a NUL byte, which no program can be given".to_owned()),
            Self::Duration if text.parse::<u64>().is_ok() => Some(format!("say the unit: `{text}s`, `{text}m`, `{text}h` or `{text}d`")),
            Self::Size if text.parse::<u64>().is_ok() => Some(format!("say the unit: `{text}MB`, `{text}MiB`, …")),
            Self::Percent if is_decimal(text) => Some(format!("write `{text}%`")),
            Self::Path | Self::Host if text.starts_with('-') => Some("a program would read the leading `-` as an option".to_owned()),
            Self::Path if text.is_empty() => Some("an empty path names nothing".to_owned()),
            _ => None,
        };
        let found = if *self == Self::Secret { "***".to_owned() } else { shortened(text) };
        ReadError { found, expected: self.clone(), help }
    }
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None if line.len() < text.len() => format!("{line}…"),
        None => line.to_owned(),
    }
}

/// A whole number and one unit; `None` also when it would not fit.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (unit, factor) = units.iter().find(|(unit, _)| text.ends_with(unit))?;
    let digits = &text[..text.len() - unit.len()];
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten()?;
    number.checked_mul(*factor).filter(|n| i64::try_from(*n).is_ok())
}

fn is_decimal(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    [whole, part].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && !text.contains('\0')
}

fn is_url(text: &str) -> bool {
    let clean = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    text.split_once("://").is_some_and(|(scheme, rest)| {
        clean
            && !rest.is_empty()
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && text.chars().all(|c| c.is_alphanumeric() || ".-_:%[]@".contains(c))
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric()) && text.chars().all(|c| c.is_alphanumeric() || ".-_+~:".contains(c))
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_datetime(text: &str) -> bool {
    text.contains(['T', ' ']) && (text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_read_by_its_declared_type() {
        for (kind, text, value) in [
            (Type::Duration, "90s", Value::Duration(90)),
            (Type::Duration, "5d", Value::Duration(432_000)),
            (Type::Size, "100MB", Value::Size(100_000_000)),
            (Type::Size, "16GiB", Value::Size(17_179_869_184)),
            (Type::Size, "7B", Value::Size(7)),
            (Type::Percent, "12.5%", Value::Percent(12.5)),
            (Type::Version, "1.10", Value::Version("1.10".into())),
            (Type::String, "no", Value::String("no".into())),
            (Type::Date, "2021-09-13", Value::Date("2021-09-13".into())),
            (Type::DateTime, "2021-09-13T08:00:00Z", Value::DateTime("2021-09-13T08:00:00Z".into())),
            (Type::Host, "db1108.eqiad.wmnet", Value::String("db1108.eqiad.wmnet".into())),
            (Type::Json, r#"{"a":1}"#, Value::Json(serde_json::json!({"a": 1}))),
            (Type::Int, "-3", Value::Int(-3)),
        ] {
            assert_eq!(kind.read(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn text_of_another_type_is_refused() {
        for (kind, text) in [
            (Type::Duration, "90"),
            (Type::Duration, "1h30m"),
            (Type::Duration, "-5s"),
            (Type::Duration, "99999999999999999999s"),
            (Type::Size, "1.5GB"),
            (Type::Bool, "yes"),
            (Type::Bool, "True"),
            (Type::Path, "-rf"),
            (Type::Path, ""),
            (Type::Host, "-oProxyCommand=x"),
            (Type::Host, "a b"),
            (Type::Host, "a;b"),
            (Type::Date, "2021-13-01"),
            (Type::Url, "example.org"),
            (Type::Percent, "20"),
            (Type::Float, "NaN"),
            (Type::List(Box::new(Type::Int)), "1"),
        ] {
            assert!(kind.read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_refusal_speaks_the_words_of_the_language() {
        let error = Type::Duration.read("90").expect_err("no unit");
        assert_eq!(error.to_string(), "`90` is not a duration such as 30s");
        assert!(error.help.is_some_and(|help| help.contains("`90s`")));
        assert!(!Type::Secret.read("hun\0ter").expect_err("NUL").to_string().contains("hun"));
    }

    #[test]
    fn what_a_command_prints_loses_one_line_break_and_a_list_is_its_lines() {
        assert_eq!(Type::String.read_output("a\n\n"), Ok(Value::String("a\n".into())));
        assert_eq!(Type::Int.read_output("3\n"), Ok(Value::Int(3)));
        let list = Type::List(Box::new(Type::Int));
        assert_eq!(list.read_output("1\n2\n"), Ok(Value::List(vec![Value::Int(1), Value::Int(2)])));
        assert_eq!(list.read_output(""), Ok(Value::List(Vec::new())));
        assert!(list.read_output("1\n\n2\n").is_err());
    }
}
