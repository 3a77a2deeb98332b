//! Ids of runs: short enough to read over a phone, without letters that look alike.

use std::io;

const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
const LENGTH: usize = 8;

/// A new id.
///
/// # Errors
/// The system has no randomness.
pub(crate) fn new() -> io::Result<String> {
    let mut id = String::with_capacity(LENGTH);
    while id.len() < LENGTH {
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
        // 248 is the largest multiple of 31 in a byte: what lies above would favour the first letters.
        let letters = bytes.iter().filter(|b| **b < 248).map(|b| char::from(ALPHABET[usize::from(*b) % ALPHABET.len()]));
        id.extend(letters.take(LENGTH - id.len()));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_eight_letters_that_do_not_look_alike() -> io::Result<()> {
        let ids: std::collections::BTreeSet<String> = (0..200).map(|_| new()).collect::<io::Result<_>>()?;
        assert_eq!(ids.len(), 200);
        assert!(ids.iter().all(|id| id.len() == 8 && id.bytes().all(|b| ALPHABET.contains(&b))));
        assert!(ids.iter().all(|id| !id.contains(['0', '1', 'i', 'l', 'o'])));
        Ok(())
    }
}
