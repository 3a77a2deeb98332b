//! Secrets in a stream of bytes, wherever its pieces end: what may be the beginning of one is held until it is known.

use std::sync::Arc;

use aho_corasick::AhoCorasick;
use zeroize::Zeroizing;

use super::forms::forms;
use crate::value::SecretText;

/// What stands where a secret stood.
pub(crate) const MASK: &str = "***";

/// Every form of the secrets that are known.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    patterns: Vec<Zeroizing<String>>,
    /// `None`: there is nothing to mask.
    automaton: Option<AhoCorasick>,
    longest: usize,
}

impl Masks {
    pub(crate) fn of<'s>(secrets: impl IntoIterator<Item = &'s SecretText>) -> Self {
        let mut patterns: Vec<Zeroizing<String>> = secrets.into_iter().flat_map(|secret| forms(secret.reveal())).collect();
        patterns.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        patterns.dedup();
        let longest = patterns.first().map_or(0, |first| first.len());
        // It can fail only for more patterns than a run has secrets.
        let automaton = if patterns.is_empty() { None } else { AhoCorasick::new(patterns.iter().map(|p| p.as_bytes())).ok() };
        Self { patterns, automaton, longest }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The longest first.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|pattern| pattern.as_str())
    }

    /// A whole text, masked.
    pub(crate) fn text(self: &Arc<Self>, text: &str) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        let mut masker = Masker::new(self);
        let mut out = Vec::with_capacity(text.len());
        masker.take(text.as_bytes(), &mut out);
        masker.end(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// How much of the end may be the beginning of a secret.
    fn begun(&self, bytes: &[u8]) -> usize {
        let most = self.longest.saturating_sub(1).min(bytes.len());
        let begins = |end: &[u8]| self.patterns.iter().any(|p| p.len() > end.len() && p.as_bytes().starts_with(end));
        (1..=most).rev().find(|length| begins(&bytes[bytes.len() - length..])).unwrap_or(0)
    }
}

/// One stream.
#[derive(Debug)]
pub(crate) struct Masker {
    masks: Arc<Masks>,
    /// What is not passed on yet, and which of its bytes are a secret's. An overlap of two is one.
    held: Zeroizing<Vec<u8>>,
    secret: Vec<bool>,
    in_mask: bool,
    found: bool,
}

impl Masker {
    pub(crate) fn new(masks: &Arc<Masks>) -> Self {
        Self { masks: Arc::clone(masks), held: Zeroizing::default(), secret: Vec::new(), in_mask: false, found: false }
    }

    /// Whether a secret was in it so far.
    pub(crate) fn has_found(&self) -> bool {
        self.found
    }

    /// Takes bytes in, and passes on what is known to be none, or masked.
    pub(crate) fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let Some(automaton) = &self.masks.automaton else {
            out.extend_from_slice(bytes);
            return;
        };
        self.held.extend_from_slice(bytes);
        self.secret.resize(self.held.len(), false);
        for found in automaton.find_overlapping_iter(self.held.as_slice()) {
            self.secret[found.range()].fill(true);
            self.found = true;
        }
        let sure = self.held.len() - self.masks.begun(&self.held);
        self.pass(sure, out);
    }

    /// The stream is over: what looked like a beginning was none.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) {
        self.pass(self.held.len(), out);
    }

    fn pass(&mut self, count: usize, out: &mut Vec<u8>) {
        let bytes: Zeroizing<Vec<u8>> = Zeroizing::new(self.held.drain(..count).collect());
        for (byte, secret) in bytes.iter().zip(self.secret.drain(..count)) {
            match (secret, self.in_mask) {
                (false, _) => out.push(*byte),
                (true, false) => out.extend_from_slice(MASK.as_bytes()),
                (true, true) => {}
            }
            self.in_mask = secret;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masks(secrets: &[&str]) -> Arc<Masks> {
        let secrets: Vec<SecretText> = secrets.iter().map(|s| SecretText::new(*s)).collect();
        Arc::new(Masks::of(&secrets))
    }

    fn streamed(masks: &Arc<Masks>, pieces: &[&[u8]]) -> String {
        let (mut masker, mut out) = (Masker::new(masks), Vec::new());
        pieces.iter().for_each(|piece| masker.take(piece, &mut out));
        masker.end(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn a_secret_is_masked_wherever_the_pieces_end() {
        let masks = masks(&["hunter22", "hunter22-longer", "s3cr'et\nline two"]);
        for (text, wanted) in [
            ("a hunter22 b", "a *** b"),
            ("hunter2hunter22", "hunter2***"),
            ("hunter22-longer hunter22-longe", "*** ***-longe"),
            ("x s3cr'et\nline two y", "x *** y"),
            ("hunte", "hunte"),
            ("aHVudGVyMjI= and hunter2", "*** and hunter2"),
        ] {
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(streamed(&masks, &bytes), wanted, "{text}");
            assert_eq!(streamed(&masks, &[text.as_bytes()]), wanted, "{text}");
            assert_eq!(masks.text(text), wanted);
        }
    }

    #[test]
    fn two_that_overlap_are_masked_together_and_nothing_is_held_without_need() {
        let masks = masks(&["abcdefgh", "fghijklm"]);
        assert_eq!(streamed(&masks, &[b"-abcdef", b"ghijklm-"]), "-***-");
        assert_eq!(streamed(&masks, &[b"-abcdefgh", b"ij-"]), "-***ij-");
        let (mut masker, mut out) = (Masker::new(&masks), Vec::new());
        masker.take(b"password: ", &mut out);
        assert_eq!(out, b"password: ", "a prompt without a line end comes at once");
        assert!(!masker.has_found());
        assert!(Arc::new(Masks::default()).is_empty() && Arc::new(Masks::default()).text("x") == "x");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_form_of_a_secret_passes_and_all_else_does(
            secret in "[ -{}~\n]{4,40}",
            parts in prop::collection::vec(("[. \n]{0,5}", 0..4_usize), 0..6),
            cuts in prop::collection::vec(1..9_usize, 1..40),
        ) {
            use base64::Engine as _;
            prop_assume!(SecretText::new(secret.as_str()).refusal().is_none() && secret.trim().len() >= 4);
            let masks = masks(&[&secret]);
            let shown = |which: usize| match which {
                0 => secret.clone(),
                1 => base64::engine::general_purpose::STANDARD.encode(&secret),
                2 => serde_json::to_string(&secret).unwrap_or_default(),
                _ => String::new(),
            };
            let text: String = parts.iter().map(|(plain, which)| format!("|{plain}|{}|", shown(*which))).collect();
            let (mut pieces, mut rest) = (Vec::new(), text.as_bytes());
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            let out = streamed(&masks, &pieces);
            prop_assert!(!out.contains(&secret));
            prop_assert_eq!(&out, &masks.text(&text), "however it is cut");
            prop_assert_eq!(out.matches('|').count(), text.matches('|').count(), "nothing else is lost");
        }
    }
}
