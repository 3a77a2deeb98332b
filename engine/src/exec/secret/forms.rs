//! The forms in which a secret is printed: as it is, by line, in base64 wherever it begins, in a URL, in JSON, and as
//! `set -x` shows it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use zeroize::Zeroizing;

/// Shorter pieces are found in every second word.
const SHORTEST: usize = 4;
/// A line of a secret of several is one of its own from this length on.
const LINE: usize = 8;

/// Each once, the longest first.
pub(super) fn forms(secret: &str) -> Vec<Zeroizing<String>> {
    let mut forms = vec![secret.to_owned(), secret.trim().to_owned()];
    forms.extend(secret.lines().map(str::trim).filter(|line| line.len() >= LINE).map(str::to_owned));
    for text in [secret, secret.trim()] {
        forms.extend(in_base64(text.as_bytes()));
        forms.extend(in_a_url(text));
        forms.extend(quoted(text));
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    forms.dedup();
    forms.into_iter().map(Zeroizing::new).collect()
}

/// Whole, broken into lines as `base64` and `openssl` do, and the part that is the same whatever stands before and
/// behind it: `user:secret` is a usual thing to encode.
fn in_base64(secret: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for alphabet in [&STANDARD, &URL_SAFE] {
        let whole = alphabet.encode(secret);
        forms.extend([76, 64].map(|width| wrapped(&whole, width)));
        for before in 0..3 {
            let padded = alphabet.encode([vec![0; before], secret.to_vec()].concat());
            let first = (before * 8).div_ceil(6);
            let last = (before + secret.len()) * 8 / 6;
            forms.extend(padded.get(first..last).map(str::to_owned));
        }
        forms.push(whole.trim_end_matches('=').to_owned());
        forms.push(whole);
    }
    forms
}

fn wrapped(text: &str, width: usize) -> String {
    let lines: Vec<&str> = text.as_bytes().chunks(width).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    lines.join("\n")
}

/// With capital and small digits; as a path leaves its slashes and a form makes `+` of a space.
fn in_a_url(secret: &str) -> Vec<String> {
    let escaped = |kept: &str, upper: bool| {
        secret.bytes().fold(String::new(), |mut out, byte| {
            match char::from(byte) {
                c if c.is_ascii_alphanumeric() || "-._~".contains(c) || kept.contains(c) => out.push(c),
                _ if upper => drop(write!(out, "%{byte:02X}")),
                _ => drop(write!(out, "%{byte:02x}")),
            }
            out
        })
    };
    let mut forms = Vec::new();
    for upper in [true, false] {
        for kept in ["", "/", "!'()*"] {
            let form = escaped(kept, upper);
            forms.push(form.replace("%20", "+"));
            forms.push(form);
        }
    }
    forms
}

/// As JSON has it, as a shell quotes it, and as bash shows it under `set -x`.
fn quoted(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap_or_default();
    let inner = json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned();
    let ansi = secret.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\t', "\\t");
    vec![inner, secret.replace('\'', "'\\''"), secret.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`"), ansi]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_in_every_form_that_programs_print() {
        let secret = "p/w 'q\"\n$é ende";
        let forms = forms(secret);
        let known = |text: &str| forms.iter().any(|form| text.contains(form.as_str()));
        for text in [
            secret.to_owned(),
            format!("{secret}\n"),
            STANDARD.encode(secret),
            STANDARD.encode(format!("user:{secret}")),
            STANDARD.encode(format!("x{secret}\n")),
            URL_SAFE.encode(format!("xy{secret}")),
            "p%2Fw%20%27q%22%0A%24%C3%A9%20ende".to_owned(),
            "p%2fw+%27q%22%0a%24%c3%a9+ende".to_owned(),
            "p/w%20%27q%22%0A%24%C3%A9%20ende".to_owned(),
            serde_json::to_string(secret).expect("JSON"),
            format!("export 'PW={}'", secret.replace('\'', "'\\''")),
            "PW=$'p/w \\'q\"\\n$é ende'".to_owned(),
        ] {
            assert!(known(&text), "{text}: {forms:?}");
        }
        assert!(!known("nothing of it") && forms.windows(2).all(|w| w[0].len() >= w[1].len()));
    }

    #[test]
    fn a_long_secret_is_known_in_broken_base64_and_by_its_lines() {
        let key = format!("-----BEGIN KEY-----\n{}\n{}\n-----END KEY-----\n", "a1B2".repeat(16), "c3D4".repeat(16));
        let known = |text: &str| forms(&key).iter().any(|form| text.contains(form.as_str()));
        assert!(known(&wrapped(&STANDARD.encode(&key), 76)) && known(&wrapped(&STANDARD.encode(&key), 64)));
        assert!(known(&format!("> {}", "c3D4".repeat(16))));
    }
}
