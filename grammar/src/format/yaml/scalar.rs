//! How a text is written as a YAML scalar: plain where that reads back to the same and to no other reader as something
//! else, in quotes where it must be, on lines of its own where it has several.

use super::shape::{Role, Scalar};
use crate::format::origin::Written;
use crate::yaml::scalar_at;

/// On one line, in a block or between brackets. `None` for a text of several lines that belongs on lines of its own.
pub(super) fn on_one_line(scalar: &Scalar, flow: bool) -> Option<String> {
    let text = &scalar.text;
    if text.contains('\n') && fits_literal(text) || scalar.written == Written::Block && fits_literal(text) {
        return None;
    }
    Some(if is_plain(text, scalar.role, flow) { text.clone() } else { quoted(text) })
}

/// Is it a command that would need quotes between brackets?
pub(super) fn suffers_in_flow(scalar: &Scalar) -> bool {
    scalar.role == Role::Command && !is_plain(&scalar.text, scalar.role, true)
}

/// Does it read as the same text without quotes, here and with any reader of YAML?
fn is_plain(text: &str, role: Role, flow: bool) -> bool {
    let is_safe = |c: char| !c.is_control() && !matches!(c, '\u{feff}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let trimmed = !text.is_empty() && text.trim() == text && text.chars().all(is_safe);
    let typed = if role == Role::Typed { is_null(text) } else { is_typed(text) };
    let (document, path): (_, &[usize]) = if flow { (format!("k: [{text}, {{l: {text}}}]"), &[0, 1, 0]) } else { (format!("k:\n  - l: {text}\n"), &[0, 0, 0]) };
    trimmed && !typed && !text.starts_with(['"', '\'']) && scalar_at(&document, path).as_deref() == Some(text) && (!flow || is_first(&document, text))
}

/// An item of brackets, too, not only a value.
fn is_first(document: &str, text: &str) -> bool {
    scalar_at(document, &[0, 0]).as_deref() == Some(text)
}

/// In the quotes that need fewer escapes.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| !c.is_control() && !matches!(c, '\u{feff}' | '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}');
    let needs_escapes = !text.chars().all(plain);
    let of = |marks: &[char]| text.matches(marks).count();
    if of(&['"', '\\']) >= of(&['\'']).max(1) && !needs_escapes {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut written = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            c if plain(c) => written.push(c),
            c if u32::from(c) <= 0xff => written.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => written.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    written.push('"');
    written
}

/// The lines below `key: |`, each indented so far.
pub(super) fn literal(text: &str, indent: usize) -> Vec<String> {
    let indent = " ".repeat(indent);
    text.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") }).collect()
}

/// Can lines below `|` hold it? Asked of the reader, since a first line that is indented and the like are not simple.
pub(super) fn fits_literal(text: &str) -> bool {
    let lines = format!("k:\n  - l: |\n{}\n", literal(text, 6).join("\n"));
    let plain = |c: char| c == '\n' || c == '\t' || !c.is_control() && !matches!(c, '\u{feff}' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}');
    // A last line of blanks alone would be taken for the gap below.
    let ends = !text.rsplit('\n').next().unwrap_or_default().trim().is_empty();
    ends && text.chars().all(plain) && scalar_at(&lines, &[0, 0, 0]).as_deref() == Some(text)
}

/// The lines below `key: >`, if the text was written on several lines and is wide.
pub(super) fn folded(scalar: &Scalar, indent: usize, width: usize) -> Option<Vec<String>> {
    if scalar.written != Written::Folded || scalar.text.contains('\n') || scalar.text.chars().count() + indent <= width {
        return None;
    }
    let mut lines: Vec<String> = Vec::new();
    for word in scalar.text.split(' ') {
        match lines.last_mut() {
            Some(line) if indent + line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let lines: Vec<_> = lines.into_iter().map(|line| format!("{}{line}", " ".repeat(indent))).collect();
    let document = format!("k:\n  - l: >\n{}\n", lines.iter().map(|line| format!("      {}", line.trim_start())).collect::<Vec<_>>().join("\n"));
    (scalar_at(&document, &[0, 0, 0]).as_deref() == Some(&scalar.text)).then_some(lines)
}

/// What YAML 1.1 or 1.2 takes for nothing.
fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// What some reader of YAML takes for something else than a text.
pub(super) fn is_typed(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let is_bool = matches!(word.as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    is_null(text) || is_bool || matches!(text, "=" | "<<") || is_number(&word) || is_time(text)
}

/// Integers of all bases, with `_` and in parts of sixty, and floating-point numbers.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    if matches!(unsigned, ".inf" | ".nan") {
        return true;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return !digits.is_empty() && digits.chars().all(|c| c == '_' || c.is_digit(radix));
        }
    }
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let is_mantissa = mantissa.bytes().any(|b| b.is_ascii_digit()) && mantissa.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.' | b':'));
    is_mantissa && mantissa.matches('.').count() <= 1 && !mantissa.starts_with('_') && !exponent.is_empty() && digits(exponent)
}

/// `2021-09-13`, with or without a time.
fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>| part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    digits(parts.next()) && digits(parts.next()) && parts.next().is_some_and(|day| day.starts_with(|c: char| c.is_ascii_digit()))
}
