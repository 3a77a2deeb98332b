//! A secret's text: whoever wants to read it has to say so, and it is wiped from memory when nobody holds it any more.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Shorter ones can't be masked: they would be found in every second word.
const SHORTEST: usize = 4;
/// A key is shorter; what is longer is a file.
const LONGEST: usize = 64 << 10;

/// Text that is shown as `***` wherever it is printed.
#[derive(Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself, for what is sent to a program and never shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// Why it can't be used as a secret. Nothing of its text is in the answer.
    #[must_use]
    pub fn refusal(&self) -> Option<&'static str> {
        let text = self.reveal();
        if text.is_empty() {
            Some("it is empty")
        } else if text.contains('\0') {
            Some("it holds a NUL byte, which no program can be given")
        } else if text.chars().count() < SHORTEST {
            Some("it has less than 4 characters, and would be masked in every second word")
        } else if text.len() > LONGEST {
            Some("it is longer than 64 KiB: upload it as a file")
        } else {
            None
        }
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl Eq for SecretText {}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_masked_is_refused() {
        for (text, fine) in [("", false), ("abc", false), ("abcd", true), ("a\0bcd", false), ("päßß", true)] {
            assert_eq!(SecretText::new(text).refusal().is_none(), fine, "{text}");
        }
        assert!(SecretText::new("x".repeat(LONGEST + 1)).refusal().is_some());
    }
}
