//! Names that become file names on a target.

use super::KeeperError;

/// The id of an attempt within its run: node and number, never random (semantics K6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptName(String);

impl AttemptName {
    /// Letters, digits, `.`, `_`, `@` and `-`, not a dot or a dash first, at most 200 bytes.
    ///
    /// # Errors
    /// For any other name.
    pub fn new(name: impl Into<String>) -> Result<Self, KeeperError> {
        let name = name.into();
        if plain(&name) { Ok(Self(name)) } else { Err(KeeperError::BadCall { why: format!("`{name}` can't name an attempt") }) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A word that can be a file name, and a word of a request.
pub(super) fn plain(word: &str) -> bool {
    word.len() <= 200
        && word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-@".contains(c))
}
