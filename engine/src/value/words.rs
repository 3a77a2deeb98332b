//! Values as words of a command, and as a person reads them.

use thiserror::Error;

use super::Value;

/// A value that no command can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WordError {
    #[error("it is none")]
    None,
    #[error("it holds a NUL byte, which no program can be given")]
    Nul,
    #[error("it has one value a host: choose one, as in `lag[host]`, or fold them with `min`, `max`, `sum`, `all` or `any`")]
    PerHost,
    #[error("it is a secret, and a command is seen by everyone on its host: use `env` or `stdin`")]
    Secret,
    #[error("it is a list inside a list")]
    NestedList,
}

impl Value {
    /// The words that this value is in a command: a duration in whole seconds, a size in bytes, a list as several.
    ///
    /// # Errors
    /// When a command can't be given the value.
    pub fn to_shell_words(&self) -> Result<Vec<String>, WordError> {
        match self {
            Self::List(items) => items.iter().map(Self::to_shell_word).collect(),
            single => single.to_shell_word().map(|word| vec![word]),
        }
    }

    fn to_shell_word(&self) -> Result<String, WordError> {
        let word = match self {
            Self::None | Self::Json(serde_json::Value::Null) => return Err(WordError::None),
            Self::PerHost(_) => return Err(WordError::PerHost),
            Self::Secret(_) => return Err(WordError::Secret),
            Self::List(_) => return Err(WordError::NestedList),
            Self::Duration(n) | Self::Size(n) => n.to_string(),
            Self::Percent(n) => n.to_string(),
            other => other.display(),
        };
        if word.contains('\0') { Err(WordError::Nul) } else { Ok(word) }
    }

    /// The value as a person writes it: `30s`, `100MB`, `a, b`. A secret is `***`.
    #[must_use]
    pub fn display(&self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::String(text) | Self::Version(text) | Self::Date(text) | Self::DateTime(text) => text.clone(),
            Self::Int(n) => n.to_string(),
            Self::Float(n) => n.to_string(),
            Self::Bool(yes) => yes.to_string(),
            Self::Duration(n) => in_unit(*n, &[("d", 86_400), ("h", 3600), ("m", 60)], "s"),
            Self::Size(n) => in_unit(*n, &[("GiB", 1 << 30), ("GB", 1_000_000_000), ("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10), ("KB", 1_000)], "B"),
            Self::Percent(n) => format!("{n}%"),
            Self::Json(serde_json::Value::String(text)) => text.clone(),
            Self::Json(value) => value.to_string(),
            Self::List(items) => items.iter().map(Self::display).collect::<Vec<_>>().join(", "),
            Self::PerHost(hosts) => hosts.iter().map(|(host, value)| format!("{host}: {}", value.display())).collect::<Vec<_>>().join(", "),
            Self::Secret(_) => "***".to_owned(),
        }
    }
}

/// The number in the largest unit that leaves no rest.
fn in_unit(number: u64, units: &[(&str, u64)], smallest: &str) -> String {
    match units.iter().find(|(_, factor)| number > 0 && number.is_multiple_of(*factor)) {
        Some((unit, factor)) => format!("{}{unit}", number / factor),
        None => format!("{number}{smallest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{SecretText, Type};

    #[test]
    fn in_a_command_a_value_is_what_programs_expect() {
        for (value, words) in [
            (Value::Duration(5400), vec!["5400"]),
            (Value::Size(100_000_000), vec!["100000000"]),
            (Value::Bool(true), vec!["true"]),
            (Value::Date("2021-09-13".into()), vec!["2021-09-13"]),
            (Value::List(vec![Value::Int(1), Value::String("a b".into())]), vec!["1", "a b"]),
            (Value::Json(serde_json::json!({"a": [1, 2]})), vec![r#"{"a":[1,2]}"#]),
            (Value::Float(0.5), vec!["0.5"]),
            (Value::String(String::new()), vec![""]),
        ] {
            assert_eq!(value.to_shell_words(), Ok(words.into_iter().map(str::to_owned).collect()), "{value:?}");
        }
    }

    #[test]
    fn none_a_nul_a_secret_and_a_value_a_host_are_no_words() {
        for value in [Value::None, Value::String("a\0b".into()), Value::Secret(SecretText::new("x")), Value::PerHost([].into())] {
            assert!(value.to_shell_words().is_err(), "{value:?}");
        }
    }

    #[test]
    fn a_shown_value_reads_back_as_the_same_value() {
        for (kind, value) in [
            (Type::Duration, Value::Duration(90)),
            (Type::Duration, Value::Duration(7200)),
            (Type::Duration, Value::Duration(0)),
            (Type::Size, Value::Size(17_179_869_184)),
            (Type::Size, Value::Size(1500)),
            (Type::Percent, Value::Percent(12.5)),
        ] {
            assert_eq!(kind.read(&value.display()), Ok(value));
        }
    }

    #[test]
    fn a_secret_is_masked_and_never_serialized() {
        let secret = Value::Secret(SecretText::new("hunter2"));
        assert!(!secret.display().contains("hunter2") && !format!("{secret:?}").contains("hunter2"));
        assert!(serde_json::to_string(&secret).is_err());
    }
}
