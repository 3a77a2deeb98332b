//! A call as the text that the command's shell reads: values are quoted here, and only here.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::{KeeperError, call::Call, call::Shell, name::plain};

/// A request line with all that follows it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) nonce: String,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// 128 random bits: what a frame must carry to be believed.
pub(super) fn nonce() -> Result<String, KeeperError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| KeeperError::BadCall { why: format!("no randomness: {error}") })?;
    Ok(bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

/// `VERB NONCE ATT LIFE 1 2 3 4 5 6 .`
pub(super) fn line(verb: &str, attempt: &str, life: &str, words: &[&str]) -> Result<Request, KeeperError> {
    let nonce = nonce()?;
    let mut text = format!("{verb} {nonce} {attempt} {life}");
    for at in 0..6 {
        let word = words.get(at).copied().unwrap_or("-");
        if word.is_empty() || word.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(KeeperError::BadCall { why: format!("`{word}` can't be a word of a request") });
        }
        text.push(' ');
        text.push_str(word);
    }
    text.push_str(" .\n");
    Ok(Request { nonce, bytes: text.into_bytes().into() })
}

/// A command. `epoch` only for recorded jobs. `grace`: seconds between TERM and KILL.
pub(super) fn command(verb: &str, attempt: &str, life: &str, epoch: u64, grace: u32, call: &Call) -> Result<Request, KeeperError> {
    let user = call.user.as_deref().unwrap_or("-");
    if user != "-" && !plain(user.trim_end_matches('$')) {
        return Err(KeeperError::BadCall { why: format!("`{user}` is not a user name") });
    }
    let seconds = call.timeout.as_millis().div_ceil(1000).to_string();
    // Room for the line that is ours; the engine cuts to the byte.
    let blocks = (call.output_limit.saturating_add(128).div_ceil(512) + 1).to_string();
    let shell = match call.shell {
        Shell::Bash => "bash",
        Shell::Sh => "sh",
    };
    let head = line(verb, attempt, life, &[&seconds, &format!("{grace}:{epoch}"), &blocks, user, shell])?;
    let nonce = head.nonce;
    let end = format!("#RB-END {nonce}\n");
    let mut text = body(call, &nonce)?;
    text.push_str(&end);
    let mut data = Zeroizing::new(String::new());
    if let Some(stdin) = call.stdin.as_deref().filter(|bytes| !bytes.is_empty() && !call.staged) {
        data = escaped(stdin).into();
        data.push('\n');
        data.push_str(&end);
    }
    let mut masks = Zeroizing::new(String::new());
    for mask in &call.masks {
        masks.push_str(&octal(mask.as_bytes()));
        masks.push('\n');
    }
    if !masks.is_empty() {
        masks.push_str(&end);
    }
    let input = if call.staged { "staged".to_owned() } else { data.len().to_string() };
    let sizes = format!("{}:{input}:{}:{}", text.len(), masks.len(), call.masks.iter().map(|m| m.len()).max().unwrap_or(0));
    // The sixth word takes the place of its dash.
    let mut bytes = head.bytes;
    let dash = bytes.len() - "- .\n".len();
    bytes.truncate(dash);
    for part in [&format!("{sizes} .\n"), &*text, &*data, &*masks] {
        bytes.extend_from_slice(part.as_bytes());
    }
    Ok(Request { nonce, bytes })
}

/// So many bytes of input for an attempt that has not begun, behind so many others. The bytes follow.
pub(super) fn stage(attempt: &str, life: &str, epoch: u64, at: u64, bytes: &[u8]) -> Result<Request, KeeperError> {
    let mut request = line("stage", attempt, life, &[&epoch.to_string(), &at.to_string(), &bytes.len().to_string()])?;
    request.bytes.extend_from_slice(bytes);
    Ok(request)
}

/// What the command's shell runs: its folder, the proof that it was reached, its input, its values, itself. The script
/// is one compound command, so it is parsed whole before anything of it runs; its first line stays the first.
fn body(call: &Call, nonce: &str) -> Result<Zeroizing<String>, KeeperError> {
    let mut text = Zeroizing::new(String::new());
    let cwd = call.cwd.as_deref().unwrap_or("/");
    let _ = writeln!(text, "unset rb_b rb_l; cd -- {} || exit 126", quoted(cwd)?.as_str());
    // Into the claim (3), or it does not begin; sudo leaves nothing open but the streams.
    let (to, or) = if call.user.is_some() { ("", "") } else { (" >&3", " || exit 125\nexec 3>&-") };
    let _ = writeln!(text, "printf 'RB %s reached\\n' '{nonce}'{to}{or}");
    if call.hush {
        text.push_str("exec 2>/dev/null\n");
    }
    if !call.staged && call.stdin.as_ref().is_none_or(Vec::is_empty) {
        text.push_str("exec </dev/null\n");
    }
    for (name, value) in &call.env {
        let _ = writeln!(text, "export {}={}", variable(name)?, quoted(value)?.as_str());
    }
    for (name, value) in &call.values {
        let _ = writeln!(text, "{}={}", variable(name)?, quoted(value)?.as_str());
    }
    text.push_str("set -eu\n");
    if call.pipefail && call.shell == Shell::Bash {
        text.push_str("set -o pipefail\n");
    }
    without_nul("the script", &call.script)?;
    let _ = write!(text, "{{ :; {}\n\n}}\n", call.script);
    Ok(text)
}

/// In single quotes, which nothing but a single quote ends.
fn quoted(value: &str) -> Result<Zeroizing<String>, KeeperError> {
    without_nul("a value", value)?;
    let mut quoted = Zeroizing::new(String::with_capacity(value.len() + 2));
    quoted.push('\'');
    for (at, part) in value.split('\'').enumerate() {
        quoted.push_str(if at == 0 { "" } else { r"'\''" });
        quoted.push_str(part);
    }
    quoted.push('\'');
    Ok(quoted)
}

/// `\163\063`: what the target's filter compares.
fn octal(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 4));
    for byte in bytes {
        let _ = write!(text, "\\{byte:03o}");
    }
    text
}

fn variable(name: &str) -> Result<&str, KeeperError> {
    let legal = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if legal { Ok(name) } else { Err(KeeperError::BadCall { why: format!("`{name}` is not a variable's name") }) }
}

fn without_nul(what: &str, text: &str) -> Result<(), KeeperError> {
    if text.contains('\0') { Err(KeeperError::BadCall { why: format!("{what} has a NUL byte in it, which no shell can hold") }) } else { Ok(()) }
}

/// Any bytes, as one line for `printf %b`.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str(r"\\"),
            b'\n' => text.push_str(r"\n"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\0{byte:03o}");
            }
        }
    }
    text
}
