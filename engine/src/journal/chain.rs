//! The hash chain: each line's hash covers the run, the line and the hash before it (promise J1).

use sha2::{Digest, Sha256};

/// The head of a run that has no events yet.
#[must_use]
pub fn genesis(run: &str) -> String {
    hex(&Sha256::digest(format!("runbook journal 1\n{run}\n")))
}

/// The head after one more line. `body` is the line exactly as it is stored.
#[must_use]
pub fn link(previous: &str, seq: u64, body: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(format!("\n{seq}\n"));
    hash.update(body);
    hex(&hash.finalize())
}

/// SHA-256 of something that a run pins.
#[must_use]
pub fn content_hash(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j1_a_changed_a_moved_and_a_foreign_line_each_give_another_head() {
        let start = genesis("a");
        let one = link(&start, 1, "{}");
        assert_ne!(one, link(&start, 1, "{ }"));
        assert_ne!(one, link(&start, 2, "{}"));
        assert_ne!(one, link(&genesis("b"), 1, "{}"));
        assert_eq!(one, link(&start, 1, "{}"));
        assert_eq!(one.len(), 64);
    }
}
