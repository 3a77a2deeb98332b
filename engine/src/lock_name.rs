//! How a lock is called in the folder of a host's locks, and how words are written there: any text, as one plain word.

use std::fmt::Write as _;

/// A name in a folder has 255 bytes at most; a number, and more behind it, must fit.
const LONGEST: usize = 200;

/// The name of a lock in that folder; any name can be written so, unless it is too long.
#[must_use]
pub fn in_folder(name: &str) -> Option<String> {
    let plain = encoded(name);
    // A hidden file would not be found again.
    let plain = plain.strip_prefix('.').map_or(plain.clone(), |rest| format!("%2E{rest}"));
    (!plain.is_empty() && plain.len() <= LONGEST).then_some(plain)
}

/// Only what a shell, a file name and a frame take as it is.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@') {
            out.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok()).and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(hex.unwrap_or(*first));
        rest = if hex.is_some() { &tail[2..] } else { tail };
    }
    // Somebody else's mark may say anything; it must not move a reader's cursor.
    String::from_utf8_lossy(&bytes).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_can_be_a_lock_and_no_two_are_one() {
        let names = ["matomo", "a b", "a%20b", "../x", "..", ".hidden", "x/y", "ü", "a,b", "a=b", "a.1", "*", "-rf", "\n"];
        let written: std::collections::BTreeSet<String> = names.iter().filter_map(|n| in_folder(n)).collect();
        assert_eq!(written.len(), names.len());
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-@%".contains(c);
        assert!(written.iter().all(|w| !w.starts_with('.') && w.chars().all(plain)), "{written:?}");
        assert_eq!(in_folder(&"x".repeat(201)), None);
        assert_eq!(in_folder(""), None);
    }
}
